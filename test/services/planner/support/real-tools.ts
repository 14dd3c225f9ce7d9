import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pino from 'pino';
import type { HeldResult } from '../../../../common/artifact-values.ts';
import type { JsonObject } from '../../../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { ServerName, ToolId, ToolResult } from '../../../../common/tool.ts';
import { startDeskTools } from '../../../../examples/servers/desk-tools.ts';
import { createMcpConnections } from '../../../../services/mcp/connections.ts';
import type { ListedTool } from '../../../../services/mcp/listed-tool.ts';
import type { McpAnswer } from '../../../../services/mcp/mcp-call.ts';
import type { McpTarget } from '../../../../services/mcp/mcp-target.ts';
import type { ServerTransport } from '../../../../services/mcp/server-transport.ts';
import { toToolResult } from '../../../../services/mcp/to-tool-result.ts';
import type { RegisteredTool } from '../../../../services/registry/registry.ts';
import { memoryArtifacts } from './memory-artifacts.ts';
import { registeredTool } from './tools.ts';

const STDIO = {
  filesystem: ['server-filesystem', process.cwd()],
  memory: ['server-memory'],
  everything: ['server-everything', 'stdio'],
  thinking: ['server-sequential-thinking'],
} as const;

export interface RealServers {
  readonly tools: readonly RegisteredTool[];
  call(id: ToolId, args: JsonObject): Promise<ToolResult>;
  /** Ends all of them. */
  close(): Promise<void>;
}

/** The demo's servers themselves, on this repository, with a memory of their own. */
export async function startRealServers(): Promise<RealServers> {
  const dir = await mkdtemp(join(tmpdir(), 'planner-'));
  const connections = createMcpConnections({ log: pino({ level: 'silent' }), env: process.env });
  const desk = await startDeskTools();
  const targets = new Map(
    [...stdioTransports(dir), ['desk-tools', webSocket(desk.url)] as const].map(
      ([name, transport]): [string, McpTarget] => [
        name,
        {
          tenantId: DEFAULT_TENANT_ID,
          server: name as ServerName,
          transport,
          connectTimeoutMs: 30_000,
          protocol: 'auto',
        },
      ],
    ),
  );
  const close = async () => {
    await connections.close();
    await desk.close();
    await rm(dir, { recursive: true });
  };
  const targetOf = (server: string) => {
    const target = targets.get(server);
    if (target === undefined) throw new Error(`There is no server ${server}.`);
    return target;
  };
  try {
    const lists = await Promise.all(
      [...targets].map(async ([name, target]) => {
        const { tools } = await connections.listTools(target);
        return tools.map((tool) => toRegistered(name, tool));
      }),
    );
    return {
      tools: lists.flat(),
      async call(id, args) {
        const [server = '', tool = ''] = id.split('/');
        const answer = await connections.call(targetOf(server), {
          tool,
          args,
          timeoutMs: 30_000,
          maxTotalTimeoutMs: 30_000,
          idempotencyKey: null,
          retrySafe: false,
          signal: new AbortController().signal,
          onProgress: () => undefined,
        });
        return wholeResult(answer);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function toRegistered(server: string, tool: ListedTool): RegisteredTool {
  return registeredTool(`${server}/${tool.name}`, {
    description: tool.description,
    title: tool.title ?? undefined,
    inputSchema: tool.inputSchema,
    outputSchema: tool.outputSchema ?? undefined,
  });
}

function stdioTransports(dir: string): readonly (readonly [string, ServerTransport])[] {
  return Object.entries(STDIO).map(([name, [pkg, ...args]]) => [
    name,
    {
      kind: 'stdio',
      command: process.execPath,
      args: [serverPath(pkg), ...args],
      env: { MEMORY_FILE_PATH: join(dir, 'memory.jsonl') },
      cwd: null,
    },
  ]);
}

function webSocket(url: string): ServerTransport {
  return { kind: 'websocket', url, headers: {} };
}

function serverPath(name: string): string {
  const require = createRequire(import.meta.url);
  return join(
    dirname(require.resolve(`@modelcontextprotocol/${name}/package.json`)),
    'dist/index.js',
  );
}

/** As plans see a result, but that a long one is not an artifact: the pages read here grow. */
async function wholeResult(answer: McpAnswer): Promise<ToolResult> {
  const artifacts = memoryArtifacts();
  const result = await toToolResult(DEFAULT_TENANT_ID, answer, artifacts);
  if (result.artifact === null) return result;
  const { body } = await artifacts.get(DEFAULT_TENANT_ID, result.artifact.artifactId);
  const held = JSON.parse(new TextDecoder().decode(body)) as HeldResult;
  return { ...result, ...held, artifact: null };
}
