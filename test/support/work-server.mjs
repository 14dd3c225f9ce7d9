// An MCP server over stdio whose tools write what they do to a journal file, line by line and
// synced: what really happened, whoever asks later. Usage: work-server.mjs [JOURNAL]; without a
// journal it only takes the time.
import { appendFileSync, openSync, fsyncSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const [, , file] = process.argv;
const journal = file === undefined ? null : openSync(file, 'a');

/** @param {string} line */
function write(line) {
  if (journal === null) return;
  appendFileSync(journal, `${line}\n`);
  fsyncSync(journal);
}

const input = z.object({
  name: z.string().describe('what to write to the journal'),
  ms: z.number().int().min(0).default(0).describe('how long it takes'),
});
const output = z.object({ name: z.string() });

/** @param {{ name: string, ms: number }} args */
async function work({ name, ms }) {
  write(`begin ${name}`);
  await new Promise((resolve) => setTimeout(resolve, ms));
  write(`end ${name}`);
  return {
    content: [{ type: /** @type {const} */ ('text'), text: `did ${name}` }],
    structuredContent: { name },
  };
}

serveStdio(() => {
  const server = new McpServer({ name: 'journal', version: '1.0.0' });
  server.registerTool(
    'do_work',
    {
      description: 'Does a piece of work that must not be done twice.',
      inputSchema: input,
      outputSchema: output,
    },
    work,
  );
  server.registerTool(
    'look_up',
    {
      description: 'Looks something up; changes nothing.',
      inputSchema: input,
      outputSchema: output,
      annotations: { readOnlyHint: true },
    },
    work,
  );
  return server;
});
