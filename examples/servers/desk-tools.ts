// An MCP server of your own, over WebSocket: seven tools that only compute.
//
//   npx node examples/servers/desk-tools.ts --port 8900
import { parseArgs } from 'node:util';
import type { CallToolResult, ToolAnnotations } from '@modelcontextprotocol/server';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { WebSocketServing } from '../../sdk/index.ts';
import { serveWebSocket } from '../../sdk/index.ts';
import { addToDate, daysBetween } from './desk-tools/dates.ts';
import { formatTable } from './desk-tools/format-table.ts';
import { queryJson } from './desk-tools/query-json.ts';
import { summarizeNumbers } from './desk-tools/summarize-numbers.ts';
import { textStatistics } from './desk-tools/text-statistics.ts';
import { convertUnits, UNITS } from './desk-tools/units.ts';

const READ_ONLY: ToolAnnotations = {
  readOnlyHint: true,
  idempotentHint: true,
  openWorldHint: false,
};

const day = z.iso.date().describe('A calendar day, for example 2026-12-31.');
const wholeNumber = z.number().int().min(-100_000).max(100_000).default(0);

/** A new server for each connection. */
export function createDeskTools(): McpServer {
  const server = new McpServer({ name: 'desk-tools', version: '1.0.0' });
  registerTextTools(server);
  registerDateTools(server);
  registerNumberTools(server);
  return server;
}

/** @param port 0 takes any free one */
export function startDeskTools(port = 0): Promise<WebSocketServing> {
  return serveWebSocket(createDeskTools, { port });
}

function registerTextTools(server: McpServer): void {
  server.registerTool(
    'text_statistics',
    {
      title: 'Text statistics',
      description:
        'Counts the characters, words, lines and sentences of a text, its reading time and its most frequent words.',
      inputSchema: z.object({
        text: z.string().describe('The text to measure.'),
        top: z
          .number()
          .int()
          .min(0)
          .max(100)
          .default(5)
          .describe('How many frequent words to name.'),
      }),
      outputSchema: z.object({
        characters: z.number(),
        words: z.number(),
        lines: z.number(),
        sentences: z.number(),
        readingMinutes: z.number(),
        topWords: z.array(z.object({ word: z.string(), count: z.number() })),
      }),
      annotations: READ_ONLY,
    },
    ({ text, top }) => answer(() => textStatistics(text, top)),
  );
  server.registerTool(
    'query_json',
    {
      title: 'Query JSON',
      description:
        'Picks values out of a JSON document by a path such as items[0].name or items[*].price, where * stands for every entry.',
      inputSchema: z.object({
        json: z.string().describe('The JSON document, as text.'),
        path: z.string().describe('The path to the values, for example items[*].name.'),
      }),
      outputSchema: z.object({ count: z.number(), matches: z.array(z.unknown()) }),
      annotations: READ_ONLY,
    },
    ({ json, path }) => answer(() => queryJson(json, path)),
  );
  server.registerTool(
    'format_table',
    {
      title: 'Format a table',
      description: 'Writes a list of records as a table in Markdown, CSV or aligned plain text.',
      inputSchema: z.object({
        rows: z.array(z.record(z.string(), z.unknown())).max(10_000).describe('The records.'),
        columns: z
          .array(z.string())
          .optional()
          .describe('Fields to show, in this order; all by default.'),
        format: z.enum(['markdown', 'csv', 'text']).default('markdown'),
      }),
      outputSchema: z.object({ table: z.string(), rows: z.number(), columns: z.array(z.string()) }),
      annotations: READ_ONLY,
    },
    ({ rows, columns, format }) => answer(() => formatTable(rows, columns, format)),
  );
}

function registerDateTools(server: McpServer): void {
  server.registerTool(
    'add_to_date',
    {
      title: 'Add to a date',
      description:
        'Adds days, months and years to a calendar day and names the weekday it falls on.',
      inputSchema: z.object({
        date: day,
        days: wholeNumber,
        months: wholeNumber,
        years: wholeNumber,
      }),
      outputSchema: z.object({ date: z.string(), weekday: z.string() }),
      annotations: READ_ONLY,
    },
    ({ date, ...period }) => answer(() => addToDate(date, period)),
  );
  server.registerTool(
    'days_between',
    {
      title: 'Days between two dates',
      description: 'Counts the days, weeks and working days from one calendar day to another.',
      inputSchema: z.object({ from: day, to: day }),
      outputSchema: z.object({ days: z.number(), weeks: z.number(), workingDays: z.number() }),
      annotations: READ_ONLY,
    },
    ({ from, to }) => answer(() => daysBetween(from, to)),
  );
}

function registerNumberTools(server: McpServer): void {
  const unit = z.enum(UNITS as [string, ...string[]]);
  server.registerTool(
    'convert_units',
    {
      title: 'Convert units',
      description:
        'Converts a value between units of length, mass, time, data size, volume, speed or temperature.',
      inputSchema: z.object({
        value: z.number().describe('The value to convert.'),
        from: unit.describe('The unit of the value, for example km.'),
        to: unit.describe('The unit wanted, for example mi.'),
      }),
      outputSchema: z.object({ value: z.number(), unit: z.string(), kind: z.string() }),
      annotations: READ_ONLY,
    },
    ({ value, from, to }) => answer(() => convertUnits(value, from, to)),
  );
  server.registerTool(
    'summarize_numbers',
    {
      title: 'Summarize numbers',
      description:
        'Computes count, sum, mean, median, minimum, maximum and standard deviation of numbers.',
      inputSchema: z.object({
        numbers: z.array(z.number()).min(1).max(100_000).describe('The numbers.'),
      }),
      outputSchema: z.object({
        count: z.number(),
        sum: z.number(),
        mean: z.number(),
        median: z.number(),
        min: z.number(),
        max: z.number(),
        standardDeviation: z.number(),
      }),
      annotations: READ_ONLY,
    },
    ({ numbers }) => answer(() => summarizeNumbers(numbers)),
  );
}

/** Structured, with the same as text for clients that read only text; a refusal is an answer too. */
function answer(compute: () => object): CallToolResult {
  try {
    const structuredContent = compute() as Record<string, unknown>;
    return {
      content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
      structuredContent,
    };
  } catch (error) {
    return { isError: true, content: [{ type: 'text', text: (error as Error).message }] };
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    console.error(`--port takes a whole number from 0 to 65535, not "${values.port}".`);
    process.exit(2);
  }
  const serving = await startDeskTools(port);
  console.log(`desk-tools listens on ${serving.url}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void serving.close().then(() => process.exit(0)));
  }
}
