// Targets and calls for tests of MCP connections, with short limits.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import type { McpCall } from '../../services/mcp/mcp-call.ts';
import type { McpTarget } from '../../services/mcp/mcp-target.ts';
import type { ServerTransport } from '../../services/mcp/server-transport.ts';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

export const silent = pino({ level: 'silent' });

export function targetOf(
  server: string,
  transport: ServerTransport,
  other: Partial<McpTarget> = {},
): McpTarget {
  return {
    tenantId: DEFAULT_TENANT_ID,
    server: server as ServerName,
    transport,
    connectTimeoutMs: 15_000,
    protocol: 'auto',
    ...other,
  };
}

export function nodeServer(...args: readonly string[]): ServerTransport {
  return { kind: 'stdio', command: process.execPath, args, env: {}, cwd: null };
}

/** `fake-mcp-bad-server.mjs` in one of its modes. */
export function badServer(mode = 'good', other: Partial<McpTarget> = {}): McpTarget {
  return targetOf('bad', nodeServer(join(here, 'fake-mcp-bad-server.mjs'), mode), other);
}

/** Path of the program of a published server package. */
export function serverProgram(name: string): string {
  const manifest = require.resolve(`@modelcontextprotocol/server-${name}/package.json`);
  return join(dirname(manifest), 'dist', 'index.js');
}

export function remote(
  kind: 'http' | 'sse' | 'websocket',
  url: string,
  headers: Readonly<Record<string, string>> = {},
): ServerTransport {
  return { kind, url, headers };
}

export function callOf(
  tool: string,
  args: McpCall['args'] = {},
  other: Partial<McpCall> = {},
): McpCall {
  return {
    tool,
    args,
    timeoutMs: 10_000,
    maxTotalTimeoutMs: 20_000,
    idempotencyKey: null,
    retrySafe: true,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...other,
  };
}
