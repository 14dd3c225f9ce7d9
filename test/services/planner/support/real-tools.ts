import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pino from 'pino';
import type { JsonObject } from '../../../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { ServerName } from '../../../../common/tool.ts';
import { startDeskTools } from '../../../../examples/servers/desk-tools.ts';
import { createMcpConnections } from '../../../../services/mcp/connections.ts';
import type { ServerTransport } from '../../../../services/mcp/server-transport.ts';
import type { RegisteredTool } from '../../../../services/registry/registry.ts';
import { registeredTool } from './tools.ts';

const STDIO = {
  filesystem: ['server-filesystem', process.cwd()],
  memory: ['server-memory'],
  everything: ['server-everything', 'stdio'],
  thinking: ['server-sequential-thinking'],
} as const;

/** What the demo's servers list, from the servers themselves. They are gone when this returns. */
export async function listRealTools(): Promise<readonly RegisteredTool[]> {
  const connections = createMcpConnections({
    log: pino({ level: 'silent' }),
    env: { ...process.env, MEMORY_FILE_PATH: join(tmpdir(), 'planner-test-memory.jsonl') },
  });
  const desk = await startDeskTools();
  try {
    const transports: [string, ServerTransport][] = [
      ...Object.entries(STDIO).map(([name, [pkg, ...args]]): [string, ServerTransport] => [
        name,
        {
          kind: 'stdio',
          command: process.execPath,
          args: [serverPath(pkg), ...args],
          env: {},
          cwd: null,
        },
      ]),
      ['desk-tools', { kind: 'websocket', url: desk.url, headers: {} }],
    ];
    const lists = await Promise.all(
      transports.map(async ([name, transport]) => {
        const { tools } = await connections.listTools({
          tenantId: DEFAULT_TENANT_ID,
          server: name as ServerName,
          transport,
          connectTimeoutMs: 30_000,
          protocol: 'auto',
        });
        return tools.map((tool) =>
          registeredTool(`${name}/${tool.name}`, {
            description: tool.description,
            title: tool.title ?? undefined,
            inputSchema: tool.inputSchema,
            outputSchema: (tool.outputSchema ?? undefined) as JsonObject | undefined,
          }),
        );
      }),
    );
    return lists.flat();
  } finally {
    await connections.close();
    await desk.close();
  }
}

function serverPath(name: string): string {
  const require = createRequire(import.meta.url);
  return join(
    dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)),
    'dist/index.js',
  );
}
