// An MCP server that lets nobody in without a token of its authorization server: the official SDK's
// server of both eras behind a check of the bearer token (RFC 6750, 9728).
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { AuthorizationServer } from './authorization-server.ts';

export interface ProtectedServer {
  readonly url: string;
  /** Tools that were called, oldest first. */
  readonly called: string[];
  /** Tokens that came, whether they held or not. */
  readonly tokens: string[];
  /** How often it answered 401 or 403. */
  refused: number;
  /** The authorization server that its metadata names. */
  issuer: string;
  /** Whose tokens it takes. */
  judge: Pick<AuthorizationServer, 'scopeOf'>;
  close(): Promise<void>;
}

const BASE_SCOPE = 'mcp:read';
/** Scope that a tool wants beside the base. */
const SCOPES: Readonly<Record<string, string>> = { write: 'mcp:write' };

export async function startProtectedServer(
  authorization: AuthorizationServer,
): Promise<ProtectedServer> {
  const called: string[] = [];
  const tokens: string[] = [];
  const handler = createMcpHandler(() => createTools(called));
  const node = toNodeHandler(handler);
  const server = createServer((request, response) => {
    void (async () => {
      const origin = `http://${request.headers.host ?? ''}`;
      if (request.url?.startsWith('/.well-known/oauth-protected-resource') === true) {
        response.writeHead(200, { 'content-type': 'application/json' });
        const metadata = { resource: `${origin}/mcp`, authorization_servers: [self.issuer] };
        return response.end(JSON.stringify(metadata));
      }
      const [, token = ''] = /^Bearer (.*)$/.exec(request.headers.authorization ?? '') ?? [];
      if (token !== '') tokens.push(token);
      const body = await text(request);
      const asked = (body === '' ? {} : JSON.parse(body)) as {
        method?: string;
        params?: { name?: string };
      };
      const scope = self.judge.scopeOf(token);
      const wanted = asked.method === 'tools/call' ? SCOPES[asked.params?.name ?? ''] : undefined;
      const isEnough = wanted === undefined || scope?.split(' ').includes(wanted) === true;
      if (scope !== null && isEnough) {
        return node(request as Parameters<typeof node>[0], response, asked);
      }
      self.refused += 1;
      const error = scope === null ? 'invalid_token' : 'insufficient_scope';
      const challenge = `Bearer error="${error}", scope="${wanted ?? BASE_SCOPE}", resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
      response.writeHead(scope === null ? 401 : 403, { 'www-authenticate': challenge });
      return response.end();
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: ProtectedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    called,
    tokens,
    refused: 0,
    issuer: authorization.issuer,
    judge: authorization,
    async close() {
      await handler.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

function createTools(called: string[]): McpServer {
  const server = new McpServer(
    { name: 'protected', version: '1.0.0' },
    { capabilities: { tools: {} } },
  );
  for (const name of ['read', 'write']) {
    server.registerTool(name, { inputSchema: z.object({}) }, () => {
      called.push(name);
      return { content: [{ type: 'text', text: `${name} is done` }] };
    });
  }
  return server;
}
