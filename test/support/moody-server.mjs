// An MCP server over stdio that writes what it is asked to a journal file, a line each. `pay` says no
// the first time that it hears of a name, and yes from then on; `note` always says yes.
// Usage: moody-server.mjs JOURNAL
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

const [, , journal = ''] = process.argv;
const inputSchema = z.object({ name: z.string().describe('what the work is called') });
const heard = new Set();

serveStdio(() => {
  const server = new McpServer({ name: 'moody', version: '1.0.0' });
  server.registerTool('note', { description: 'Writes a note.', inputSchema }, ({ name }) => {
    appendFileSync(journal, `note ${name}\n`);
    return { content: [{ type: 'text', text: `noted ${name}` }] };
  });
  server.registerTool('pay', { description: 'Pays an invoice.', inputSchema }, ({ name }) => {
    appendFileSync(journal, `pay ${name}\n`);
    const isFirst = !heard.has(name);
    heard.add(name);
    const text = isFirst ? `not in the mood to pay ${name}` : `paid ${name}`;
    return { isError: isFirst, content: [{ type: 'text', text }] };
  });
  return server;
});
