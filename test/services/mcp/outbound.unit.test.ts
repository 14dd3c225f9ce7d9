// Proves that no MCP transport connects to where a cloud serves its credentials.
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { ServerName } from '../../../common/tool.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';

describe('an MCP server at a metadata address', () => {
  it.each([
    ['http', 'http://169.254.169.254/mcp'],
    ['sse', 'http://[::ffff:169.254.169.254]/sse'],
    ['websocket', 'ws://169.254.169.254/mcp'],
    ['websocket', 'ws://[fd00:ec2::254]/mcp'],
  ] as const)('%s, %s → refused', async (kind, url) => {
    const connections = createMcpConnections({ log: pino({ level: 'silent' }), env: {} });
    const listing = connections.listTools({
      tenantId: DEFAULT_TENANT_ID,
      server: 'cloud' as ServerName,
      transport: { kind, url, headers: {} },
      connectTimeoutMs: 5_000,
      protocol: 'auto',
    });
    const message = expect.stringContaining('serves credentials') as string;
    // The SDK keeps of an error under SSE no more than its message.
    const kept = kind === 'sse' ? {} : { type: 'BadInput', retry: { allowed: false } };
    await expect(listing).rejects.toMatchObject({ message, ...kept });
    await connections.close();
  });
});
