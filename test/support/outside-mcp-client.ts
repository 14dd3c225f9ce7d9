// An MCP client that knows nothing of Ostinato, as a process of its own: the official SDKs and nothing
// else. A JSON line for each question on standard input, a line for its answer on standard output.
//   node outside-mcp-client.ts '{"era":"legacy","url":"http://…/mcp","headers":{}}'
//   node outside-mcp-client.ts '{"era":"modern","command":"node","args":[…],"env":{}}'
// legacy: the 1.x line of the SDK, which stays at revision 2025-11-25; modern: 2.x at 2026-07-28.
// Tasks of 2026-07-28 are an extension that the SDK does not have: those requests go over its transport
// as the extension writes them.
import { createInterface } from 'node:readline';
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernHttp,
} from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as LegacyHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport as LegacyTransport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

const REVISION = '2026-07-28';
const META = 'io.modelcontextprotocol';
const INFO = { name: 'outside', version: '1.0.0' };

interface Given {
  readonly era: 'legacy' | 'modern';
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly command?: string;
  readonly args?: string[];
  readonly env?: Record<string, string>;
}

interface Call {
  readonly name: string;
  readonly arguments: Record<string, unknown>;
}

type Answers = Record<string, (argument: never) => Promise<unknown>>;

const given = JSON.parse(process.argv[2] ?? '{}') as Given;
const { url, headers = {}, command = '', args = [], env = {} } = given;
const http = { requestInit: { headers } };
const stdio = { command, args, env, stderr: 'inherit' as const };

async function legacy(): Promise<Answers> {
  const client = new LegacyClient(INFO);
  const transport = url === undefined ? new LegacyStdio(stdio) : new LegacyHttp(new URL(url), http);
  await client.connect(transport as LegacyTransport);
  const { tasks } = client.experimental;
  return {
    list: async () => (await client.listTools()).tools,
    call: (call: Call) => heard((options) => client.callTool({ ...call }, undefined, options)),
    async startTask(call: Call) {
      const stream = tasks.callToolStream({ ...call }, CallToolResultSchema, { task: {} });
      for await (const message of stream) {
        if (message.type === 'taskCreated') return message.task;
        if (message.type === 'error') throw message.error;
      }
      throw new Error('There came no task.');
    },
    getTask: (taskId: string) => tasks.getTask(taskId),
    cancelTask: (taskId: string) => tasks.cancelTask(taskId),
    taskResult: (taskId: string) => tasks.getTaskResult(taskId, CallToolResultSchema),
    close: () => client.close(),
  };
}

interface Task {
  readonly status: string;
  readonly pollIntervalMs: number;
  readonly result?: unknown;
}

async function modern(): Promise<Answers> {
  const client = new ModernClient(INFO, { versionNegotiation: { mode: { pin: REVISION } } });
  const transport = url === undefined ? new ModernStdio(stdio) : new ModernHttp(new URL(url), http);
  await client.connect(transport);
  const request = requestOver(transport);
  const getTask = async (taskId: string) => (await request('tasks/get', { taskId })) as Task;
  return {
    list: async () => (await client.listTools()).tools,
    call: (call: Call) => heard((options) => client.callTool({ ...call }, options)),
    startTask: (call: Call) => request('tools/call', { ...call }),
    getTask,
    cancelTask: (taskId: string) => request('tasks/cancel', { taskId }),
    async taskResult(taskId: string) {
      for (;;) {
        const { status, result, pollIntervalMs } = await getTask(taskId);
        if (status !== 'working') return result;
        await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
      }
    },
    close: () => client.close(),
  };
}

/** Requests that the SDK's client has no method for, over the transport that it uses. */
function requestOver(transport: ModernHttp | ModernStdio) {
  const waiting = new Map<unknown, PromiseWithResolvers<unknown>>();
  const toClient = transport.onmessage;
  transport.onmessage = (message) => {
    const asked = 'id' in message ? waiting.get(message.id) : undefined;
    if (asked === undefined) toClient?.(message);
    else if ('error' in message) {
      const { message: text, code } = message.error;
      asked.reject(Object.assign(new Error(text), { code }));
    } else if ('result' in message) asked.resolve(message.result);
  };
  return async (method: string, params: object): Promise<unknown> => {
    const id = `own-${waiting.size + 1}`;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    const _meta = {
      [`${META}/protocolVersion`]: REVISION,
      [`${META}/clientInfo`]: INFO,
      [`${META}/clientCapabilities`]: { extensions: { [`${META}/tasks`]: {} } },
    };
    await transport.send({ jsonrpc: '2.0', id, method, params: { ...params, _meta } });
    return answer.promise;
  };
}

/** A call's result, with the progress that came before it. */
async function heard(
  call: (options: { onprogress: (update: unknown) => void }) => Promise<unknown>,
): Promise<unknown> {
  const progress: unknown[] = [];
  const result = await call({ onprogress: (update) => progress.push(update) });
  return { result, progress };
}

const answers = await (given.era === 'legacy' ? legacy() : modern());
const say = (line: object): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
say({ ready: true });
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, ask, argument } = JSON.parse(line) as Record<'id' | 'ask', string> & {
    readonly argument: never;
  };
  const answer = answers[ask]?.(argument) ?? Promise.reject(new Error(`Unknown: ${ask}`));
  answer.then(
    (value) => say({ id, value: value ?? null }),
    ({ message, code }: { message: string; code?: number }) =>
      say({ id, error: { message, code } }),
  );
});
lines.on('close', () => {
  void answers['close']?.(undefined as never).finally(() => process.exit(0));
});
