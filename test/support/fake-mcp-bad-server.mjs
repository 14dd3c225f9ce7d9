// @ts-nocheck: what it sends is wrong on purpose, and types would be in the way.
//
// A hand-written MCP server on stdio that misbehaves on request: `node fake-mcp-bad-server.mjs MODE`.
// It uses no SDK, so that what it sends is exactly what is written here.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const mode = process.argv[2] ?? 'good';
const cancelled = [];
const tools = new Map(
  [
    'echo',
    'meta',
    'die',
    'huge',
    'slow',
    'wait',
    'cancelled',
    'kinds',
    'grow',
    'spawn',
    'fail',
    'nonsense',
  ].map((name) => [name, { name, description: `Does ${name}.`, inputSchema: { type: 'object' } }]),
);

const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });

if (mode === 'exits') {
  process.stderr.write('fatal: no licence key\n');
  process.exit(3);
}
if (mode === 'floods') {
  const line = `${'garbage '.repeat(1000)}\n`;
  const flood = () => {
    while (process.stdout.write(line));
    process.stdout.once('drain', flood);
  };
  flood();
}
if (mode === 'garbage') process.stdout.write('Welcome to my server!\n');
if (mode === 'chatty') process.stdout.write('Listening...\n{"not":"mcp"}\n\n');
if (mode === 'long-stderr') process.stderr.write(`${'x'.repeat(100_000)}\nshort\n`);
if (mode === 'stubborn') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1_000);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (['garbage', 'floods', 'hangs'].includes(mode)) return;
  const { id, method, params } = JSON.parse(line);
  if (method === 'notifications/cancelled') cancelled.push(params.requestId);
  if (id === undefined) return;
  if (method === 'server/discover') {
    if (mode === 'dies-on-discover') process.exit(1);
    if (mode === 'silent-on-discover') return;
    send({ id, error: { code: -32601, message: 'Method not found' } });
  } else if (method === 'initialize') {
    if (mode === 'hangs-in-initialize') return;
    send({
      id,
      result: {
        protocolVersion: mode === 'odd-version' ? '1999-01-01' : params.protocolVersion,
        capabilities: mode === 'no-tools' ? {} : { tools: { listChanged: true } },
        serverInfo: { name: 'bad-server', version: '1.2.3' },
        instructions: 'Handle with care.',
      },
    });
  } else if (method === 'tools/list') {
    send({ id, result: listPage(params?.cursor) });
  } else if (method === 'tools/call') {
    call(id, params);
  } else {
    send({ id, error: { code: -32601, message: 'Method not found' } });
  }
});

function listPage(cursor) {
  const page = Number(cursor ?? 0);
  const tool = { name: `tool-${page}`, inputSchema: { type: 'object' } };
  if (mode === 'endless-pages') return { tools: [tool], nextCursor: String(page + 1) };
  if (mode === 'circular-pages')
    return {
      tools: [tool, { ...tool, name: `${tool.name}-${Math.random()}` }].slice(1),
      nextCursor: page === 0 ? '1' : '1',
    };
  if (mode === 'same-name-twice') return { tools: [tool, tool] };
  if (mode === 'three-pages')
    return page < 2 ? { tools: [tool], nextCursor: String(page + 1) } : { tools: [tool] };
  if (mode === 'many-tools') {
    return {
      tools: Array.from({ length: 600 }, (_, index) => ({ ...tool, name: `tool-${index}` })),
    };
  }
  return { tools: [...tools.values()] };
}

const handlers = {
  echo: (id, { message }) => send({ id, result: text(message) }),
  meta: (id, _args, meta) => send({ id, result: text(JSON.stringify(meta ?? null)) }),
  die: () => {
    process.stderr.write('out of memory\n');
    process.exit(7);
  },
  huge: (id, { bytes, idFirst = true }) => huge(id, bytes, idFirst),
  slow: (id, { steps, everyMs }, meta) => {
    let done = 0;
    const timer = setInterval(() => {
      done += 1;
      if (done > steps) {
        clearInterval(timer);
        send({ id, result: text('done') });
        return;
      }
      send({
        method: 'notifications/progress',
        params: {
          progressToken: meta.progressToken,
          progress: done,
          total: steps,
          message: `step ${done}`,
        },
      });
    }, everyMs);
  },
  wait: () => {},
  cancelled: (id) => send({ id, result: text(JSON.stringify(cancelled)) }),
  kinds: (id) => send({ id, result: KINDS }),
  grow: (id) => {
    tools.set('grown', { name: 'grown', description: 'New.', inputSchema: { type: 'object' } });
    send({ method: 'notifications/tools/list_changed' });
    send({ id, result: text('grown') });
  },
  spawn: (id) => {
    const child = spawn(
      process.execPath,
      ['-e', 'process.on("SIGTERM",()=>{});setInterval(()=>{},1000)'],
      {
        stdio: 'inherit',
      },
    );
    child.once('spawn', () => send({ id, result: text(child.pid) }));
  },
  fail: (id, { code, message }) => send({ id, error: { code, message } }),
  nonsense: (id) => send({ id, result: { content: 'not an array' } }),
};

function call(id, { name, arguments: args = {}, _meta: meta }) {
  const handler = handlers[name];
  if (handler === undefined)
    send({ id, error: { code: -32602, message: `Unknown tool: ${name}` } });
  else handler(id, args, meta);
}

function huge(id, bytes, idFirst) {
  const result = `"result":{"content":[{"type":"text","text":"${'y'.repeat(bytes)}"}]}`;
  const ends = `"jsonrpc":"2.0","id":${id}`;
  process.stdout.write(idFirst ? `{${ends},${result}}\n` : `{${result},${ends}}\n`);
}

const KINDS = {
  isError: false,
  structuredContent: { answer: 42 },
  content: [
    { type: 'text', text: 'plain' },
    { type: 'image', mimeType: 'image/png', data: Buffer.from('picture').toString('base64') },
    { type: 'audio', mimeType: 'audio/wav', data: Buffer.from('sound').toString('base64') },
    { type: 'resource_link', uri: 'file:///a.txt', name: 'a.txt' },
    {
      type: 'resource',
      resource: { uri: 'file:///b.txt', mimeType: 'text/plain', text: 'inside' },
    },
    {
      type: 'resource',
      resource: {
        uri: 'file:///c.bin',
        mimeType: 'application/octet-stream',
        blob: Buffer.from('blob').toString('base64'),
      },
    },
  ],
};
