// A hand-written MCP server on stdio that writes down what reached it: `node journal-server.ts FILE`.
// Every request is a line `{kind: 'request', …}`, every effect a line `{kind: 'effect', …}`, each on
// the disk before the answer leaves. `pay` acts each time; `pay-once` acts once a key; `look` never.
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const KEY = 'io.ostinato/idempotency-key';

interface Entry {
  readonly kind: 'request' | 'effect';
  readonly tool: string;
  readonly key: string | null;
  readonly args?: unknown;
  readonly receipt?: string;
}

interface CallParams {
  readonly name: string;
  readonly arguments: unknown;
  readonly _meta?: Readonly<Record<string, string>>;
}

const file = process.argv[2] ?? '';
const journal = openSync(file, 'a');
const schema = {
  type: 'object',
  properties: { amount: { type: 'number' } },
  required: ['amount'],
};
const tools = ['pay', 'pay-once', 'look', 'refuse', 'drop'].map((name) => ({
  name,
  description: `Does ${name}.`,
  inputSchema: schema,
}));

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function write(line: Entry): void {
  writeSync(journal, `${JSON.stringify(line)}\n`);
  fsyncSync(journal);
}

function effects(key: string | null): readonly Entry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
    .filter((line) => line.kind === 'effect' && line.key === key);
}

function call(id: number, { name, arguments: args, _meta: meta }: CallParams): void {
  const key = meta?.[KEY] ?? null;
  write({ kind: 'request', tool: name, key, args });
  if (name === 'drop') process.exit(1);
  if (name === 'refuse') {
    send({ id, error: { code: -32602, message: 'amount must be even' } });
    return;
  }
  const before = name === 'pay-once' ? effects(key)[0] : undefined;
  const receipt = before?.receipt ?? `receipt-${Math.random().toString(36).slice(2)}`;
  if (name !== 'look' && before === undefined) write({ kind: 'effect', tool: name, key, receipt });
  send({ id, result: { content: [{ type: 'text', text: receipt }] } });
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, method, params } = JSON.parse(line) as {
      readonly id?: number;
      readonly method: string;
      readonly params: CallParams & { readonly protocolVersion: string };
    };
    if (id === undefined) return;
    if (method === 'initialize') {
      const result = {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'journal', version: '1.0.0' },
      };
      send({ id, result });
    } else if (method === 'tools/list') {
      send({ id, result: { tools } });
    } else if (method === 'tools/call') {
      call(id, params);
    } else {
      send({ id, error: { code: -32601, message: 'Method not found' } });
    }
  })
  .on('close', () => closeSync(journal));
