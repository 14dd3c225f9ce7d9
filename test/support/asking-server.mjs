// An MCP server over stdio, of both eras, whose tools ask a person something first. What they do is
// written to a journal file, a line of JSON each. Usage: asking-server.mjs JOURNAL
import { appendFileSync } from 'node:fs';
import { acceptedContent, inputRequired, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const [, , journal = ''] = process.argv;
/** @param {object} line */
const note = (line) => appendFileSync(journal, `${JSON.stringify(line)}\n`);
/** @param {string} text */
const said = (text) => ({ content: [{ type: /** @type {const} */ ('text'), text }] });

/** @type {Exclude<Parameters<typeof inputRequired.elicit>[0]['requestedSchema'], { '~standard': unknown }>} */
const requestedSchema = {
  type: 'object',
  properties: {
    seats: { type: 'integer', minimum: 1, maximum: 9 },
    window: { type: 'boolean', default: true },
    class: { type: 'string', enum: ['first', 'second'], default: 'second' },
  },
  required: ['seats'],
};

serveStdio(() => {
  const server = new McpServer({ name: 'asking', version: '1.0.0' });
  server.registerTool(
    'book',
    {
      description: 'Books seats to a city, and asks how many.',
      inputSchema: z.object({ city: z.string(), stateChars: z.number().default(10) }),
      outputSchema: z.object({ booked: z.string() }),
    },
    async ({ city, stateChars }, { mcpReq }) => {
      const { inputResponses } = mcpReq;
      note({ city, state: String(mcpReq.requestState() ?? '').length, inputResponses });
      if (inputResponses === undefined) {
        return inputRequired({
          inputRequests: {
            seats: inputRequired.elicit({ message: `How many to ${city}?`, requestedSchema }),
          },
          requestState: 's'.repeat(stateChars),
        });
      }
      const answer = acceptedContent(inputResponses, 'seats');
      const booked = answer === undefined ? 'nothing' : JSON.stringify(answer);
      return { ...said(`booked ${booked}`), structuredContent: { booked } };
    },
  );
  server.registerTool(
    'pay',
    { description: 'Wants a link opened.', inputSchema: z.object({}) },
    async (_args, { mcpReq }) => {
      const { inputResponses } = mcpReq;
      if (inputResponses !== undefined) return said(JSON.stringify(inputResponses));
      const url = 'https://pay.example/1';
      return inputRequired({
        inputRequests: { paid: inputRequired.elicitUrl({ message: 'Pay there.', url }) },
      });
    },
  );
  return server;
});
