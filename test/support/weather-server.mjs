// An MCP server over stdio that answers for one city, or for a list of them at once; it writes each
// call to a journal file, a line of JSON each. It knows nothing of Atlantis, and has trouble with a
// list that names Mordor. Usage: weather-server.mjs JOURNAL
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const [, , journal = ''] = process.argv;
const report = z.object({ city: z.string(), degrees: z.number(), unit: z.string() });
const unit = z.enum(['C', 'F']).default('C');

/** One city takes longer than many, so that no measured time speaks against asking for many. */
const ONE_MS = 100;

/** @param {string} city @param {string} scale */
const weatherIn = (city, scale) => ({ city, degrees: city.length * 3, unit: scale });
/** @param {string} tool @param {object} args */
const note = (tool, args) => appendFileSync(journal, `${JSON.stringify({ tool, args })}\n`);

serveStdio(() => {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  server.registerTool(
    'get_weather',
    {
      description: 'Says what the weather is like in a city.',
      inputSchema: z.object({ city: z.string(), unit }),
      outputSchema: report,
      annotations: { readOnlyHint: true },
    },
    async (args) => {
      note('get_weather', args);
      await new Promise((resolve) => setTimeout(resolve, ONE_MS));
      const found = weatherIn(args.city, args.unit);
      return {
        content: [{ type: 'text', text: JSON.stringify(found) }],
        structuredContent: found,
      };
    },
  );
  server.registerTool(
    'get_weather_many',
    {
      description: 'Says what the weather is like in several cities.',
      inputSchema: z.object({ cities: z.array(z.string()).max(100), unit }),
      outputSchema: z.object({ reports: z.array(report.nullable()) }),
      annotations: { readOnlyHint: true },
    },
    (args) => {
      note('get_weather_many', args);
      if (args.cities.includes('Mordor')) {
        return { isError: true, content: [{ type: 'text', text: 'No road leads there.' }] };
      }
      const reports = args.cities.map((city) =>
        city === 'Atlantis' ? null : weatherIn(city, args.unit),
      );
      return {
        content: [{ type: 'text', text: JSON.stringify({ reports }) }],
        structuredContent: { reports },
      };
    },
  );
  return server;
});
