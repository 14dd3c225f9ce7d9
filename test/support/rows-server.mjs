// An MCP server over stdio with one read-only tool whose answers are as long as asked for.
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

serveStdio(() => {
  const server = new McpServer({ name: 'rows', version: '1.0.0' });
  server.registerTool(
    'list_rows',
    {
      description: 'Lists the first rows of a table.',
      inputSchema: z.object({ table: z.string(), count: z.number().int().min(1) }),
      annotations: { readOnlyHint: true },
    },
    ({ table, count }) => {
      const rows = Array.from({ length: count }, (_, at) => `${table} row ${at} is ${at * 3}`);
      return { content: [{ type: 'text', text: rows.join('\n') }] };
    },
  );
  return server;
});
