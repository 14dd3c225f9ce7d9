// Proves that a run can be watched while it happens: the whole engine with real Temporal and real
// Redis, the HTTP API and the client library, and a model that writes when the test lets it. Readers
// that are slow, come late or break off; attempts that are replaced; a Redis that is lost; a worker
// that is killed. Through all of it the end of the run comes.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import { runCli } from '../../client/cli/run-cli.ts';
import type { ApiAddress, ConversationEvent, StreamedRunEvent } from '../../client/index.ts';
import {
  conversationState,
  runPlan,
  sendMessage,
  startAgent,
  streamConversation,
  streamRun,
} from '../../client/index.ts';
import type { LiveEvent } from '../../common/live-event.ts';
import { openStreams } from '../../services/streams/open-streams.ts';
import { fakeServices } from '../api/support/fake-services.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';
import type { FakeLlm } from '../support/fake-llm/fake-llm-server.ts';
import { startFakeOpenAi } from '../support/fake-llm/openai.ts';
import { streamText, VENDORS } from '../support/fake-llm/streams.ts';
import type { RedisServer } from '../support/redis.ts';
import { startRedis } from '../support/redis.ts';
import { startStandaloneProcess, WHOLE_PROCESS_TIMEOUT_MS } from '../support/standalone.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const KEY = 'sk-test-0123456789';
const { openai } = VENDORS;

let dir: string;
let redis: RedisServer;
let model: FakeLlm;
let engine: Engine;
let server: FastifyInstance;
let api: ApiAddress;
let env: Record<string, string>;
let closeStreams: () => Promise<void>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-live-'));
  redis = await startRedis();
  model = await startFakeOpenAi({ apiKey: KEY });
  env = {
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: `${model.url}/v1`,
    OSTINATO_MODEL: 'gpt-test',
    REDIS_URL: redis.url,
  };
  engine = await startEngine(
    {
      work: {
        command: process.execPath,
        args: [join(ROOT, 'test/support/work-server.mjs'), join(dir, 'journal.log')],
        effects: { look_up: 'read' },
      },
    },
    env,
  );
  // As another process has it: its own connection to Redis.
  const live = openStreams({ redisUrl: redis.url, log: pino({ level: 'silent' }) });
  closeStreams = () => live.close();
  server = createServer({ ...fakeServices({ connection: engine.ostinato }), live });
  api = { url: await server.listen({ host: '127.0.0.1', port: 0 }) };
});

afterAll(async () => {
  await server?.close();
  await closeStreams?.();
  await engine?.stop();
  await model?.close();
  await redis?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** An answer in pieces, each of which waits until it is let go. */
function answerInPieces(...pieces: readonly string[]) {
  const gates = pieces.map(() => Promise.withResolvers<void>());
  async function* flow() {
    for (const [at, piece] of pieces.entries()) {
      await gates[at]?.promise;
      yield streamText('openai', openai.text([piece]));
    }
    yield streamText('openai', openai.finish('text')) + openai.end;
  }
  return {
    script: { kind: 'flow', pieces: flow() } as const,
    letGo: (count = pieces.length) => gates.slice(0, count).forEach((gate) => gate.resolve()),
  };
}

const liveOf = (events: readonly StreamedRunEvent[]): readonly LiveEvent[] =>
  events.flatMap((event) => (event.kind === 'live' ? [event.event] : []));

/** What stands on a reader's screen: what is void is wiped away. */
function screen(events: readonly StreamedRunEvent[]): string {
  let text = '';
  for (const event of liveOf(events)) {
    if (event.kind === 'superseded') text = '';
    if (event.kind === 'text') text += event.text;
  }
  return text;
}

/** Reads a run to its end into `seen`. */
function watch(runId: string, offset?: string) {
  const seen: StreamedRunEvent[] = [];
  const ended = (async () => {
    const options = offset === undefined ? {} : { offset };
    for await (const event of streamRun(api, runId, options)) seen.push(event);
    return seen;
  })();
  return { seen, ended };
}

describe('a model that is writing', () => {
  it('its words come before it has ended; a reader that takes nothing holds up neither run nor reader', async () => {
    const answer = answerInPieces('It ', 'is ', 'done.');
    model.script(answer.script);
    const run = await startAgent(engine.ostinato, { goal: 'Say something' });
    const slow = streamRun(api, run.runId);
    await slow.next();
    const fast = watch(run.runId);
    answer.letGo(1);
    await waitFor('the first word', () => screen(fast.seen) === 'It ');
    answer.letGo();
    expect(await run.result()).toMatchObject({ outcome: 'answered', answer: 'It is done.' });
    const all = await fast.ended;
    expect(screen(all)).toBe('It is done.');
    expect(all.at(-1)).toMatchObject({ kind: 'ended', run: { outcome: 'answered' } });
    const late: StreamedRunEvent[] = [];
    for await (const event of slow) late.push(event);
    expect(screen(late)).toBe('It is done.');
    expect(late.at(-1)?.kind).toBe('ended');
  });

  it('a reader that breaks off and comes back with its place → the rest, nothing twice', async () => {
    const answer = answerInPieces('one ', 'two ', 'three');
    model.script(answer.script);
    const run = await startAgent(engine.ostinato, { goal: 'Count' });
    answer.letGo(2);
    const first: StreamedRunEvent[] = [];
    for await (const event of streamRun(api, run.runId)) {
      first.push(event);
      if (screen(first) === 'one two ') break;
    }
    answer.letGo();
    await run.result();
    const rest = await watch(run.runId, first.at(-1)?.place ?? '').ended;
    expect(screen(first) + screen(rest)).toBe('one two three');
    const revisions = [...first, ...rest].flatMap((event) =>
      event.kind === 'progress' ? [event.progress.revision] : [],
    );
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it('its stream breaks and Temporal tries again → what was written is void, then written anew', async () => {
    const half = streamText('openai', openai.text(['half an ans']));
    model.script({ kind: 'stream', text: half, then: 'cut' }, answerOf('whole'));
    const run = await startAgent(engine.ostinato, { goal: 'Try twice' });
    const all = await watch(run.runId).ended;
    expect(liveOf(all)).toMatchObject([
      { kind: 'text', attempt: 1, text: 'half an ans' },
      { kind: 'superseded', attempt: 2, voids: 1, source: 'turn:1' },
      { kind: 'text', attempt: 2, text: 'whole' },
    ]);
    expect(all.at(-1)).toMatchObject({ kind: 'ended', run: { outcome: 'answered' } });
  });
});

describe('a plan that is being written', () => {
  it('a read that needs nothing → at work before the plan is there, and called once', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const steps = [
      { id: 'early', tool: 'work/look_up', args: { name: 'early' } },
      { id: 'write', tool: 'work/do_work', args: { name: 'write' }, after: ['early'] },
      { id: 'after', tool: 'work/look_up', args: { name: 'after' } },
    ];
    const json = JSON.stringify({ steps });
    const cut = json.indexOf('{"id":"after"');
    async function* flow() {
      const [start = null] = openai.call('make_plan', '');
      yield streamText('openai', [start, argumentsOf(json.slice(0, cut))]);
      await gates[0].promise;
      yield streamText('openai', [argumentsOf(json.slice(cut))]);
      await gates[1].promise;
      yield streamText('openai', openai.finish('call')) + openai.end;
    }
    model.script({ kind: 'flow', pieces: flow() }, answerOf('Done.'));
    const run = await startAgent(engine.ostinato, { goal: 'Look something up and do work' });
    await waitFor('the early read', async () => (await journal()).includes('end early'));
    gates[0].resolve();
    const reader = watch(run.runId);
    await waitFor('the plan', () =>
      liveOf(reader.seen).some((event) => event.kind === 'planned' && event.step === 'after'),
    );
    // The write may not begin before the plan was checked, nor what is written after it.
    expect(await journal()).toEqual(['begin early', 'end early']);
    gates[1].resolve();
    expect(await run.result()).toMatchObject({ outcome: 'answered', toolCalls: 3 });
    const lines = await journal();
    for (const name of ['early', 'write', 'after']) {
      expect(lines.filter((line) => line === `begin ${name}`)).toHaveLength(1);
    }
  });
});

describe('tools at work', () => {
  it('a plan → each call begins and ends, in order of its steps', async () => {
    const plan = {
      steps: [
        { id: 'a', tool: 'work/look_up', args: { name: 'a' } },
        { id: 'b', tool: 'work/look_up', args: { name: '${a.name}!' } },
      ],
    };
    const run = await runPlan(engine.ostinato, { plan });
    const all = await watch(run.runId).ended;
    expect(
      liveOf(all).map((event) => ('source' in event ? [event.kind, event.source] : [])),
    ).toEqual([
      ['call-started', 'step:a'],
      ['call-ended', 'step:a'],
      ['call-started', 'step:b'],
      ['call-ended', 'step:b'],
    ]);
  });
});

describe('a conversation', () => {
  it('two messages → both answers, word by word; who comes back goes on where it was', async () => {
    const leave = new AbortController();
    const first = answerInPieces('Hello ', 'you.');
    model.script(first.script, answerOf('Me again.'));
    const conversationId = 'talk-1';
    const hello = await sendMessage(engine.ostinato, {
      conversationId,
      text: 'Hello',
      messageId: 'm-1',
    });
    const seen: ConversationEvent[] = [];
    const options = { signal: leave.signal };
    for await (const event of streamConversation(api, conversationId, options)) {
      seen.push(event);
      if (seen.length === 1) first.letGo(1);
      if (event.kind === 'live') break;
    }
    first.letGo();
    await hello.result();
    const again = await sendMessage(engine.ostinato, {
      conversationId,
      text: 'Again',
      messageId: 'm-2',
    });
    await again.result();
    const offset = seen.at(-1)?.place ?? '';
    for await (const event of streamConversation(api, conversationId, { ...options, offset })) {
      seen.push(event);
      if (event.kind === 'ended' && event.runId === 'm-2') leave.abort();
    }
    const words = seen.flatMap((event) =>
      event.kind === 'live' && event.event.kind === 'text'
        ? [`${event.runId}: ${event.event.text}`]
        : [],
    );
    expect(words).toEqual(['m-1: Hello ', 'm-1: you.', 'm-2: Me again.']);
    expect(seen.flatMap(({ kind, runId }) => (kind === 'message' ? [runId] : []))).toEqual([
      'm-1',
      'm-2',
    ]);
    expect(seen.flatMap((event) => (event.kind === 'ended' ? [event.run.outcome] : []))).toEqual([
      'answered',
      'answered',
    ]);
    await expect(conversationState(engine.ostinato, conversationId)).resolves.toEqual({
      answered: ['m-1', 'm-2'],
      answering: null,
      waiting: [],
    });
    const unknown = await fetch(`${api.url}/v1/conversations/nobody/events`);
    expect(unknown.status).toBe(404);
  });
});

describe('the command', () => {
  it('ostinato send → the answer word by word, a line an event, and the run as the last one', async () => {
    model.script(answerOf('From the terminal.'));
    const args = ['send', 'talk-2', 'Hello', '--message-id', 'cli-1', '--json', '--follow'];
    const { code, out } = await ostinato(args);
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as StreamedRunEvent);
    expect(code).toBe(0);
    expect(screen(lines)).toBe('From the terminal.');
    expect(lines.at(-1)).toMatchObject({
      kind: 'ended',
      run: { runId: 'cli-1', outcome: 'answered' },
    });
  });
});

describe('ostinato conversations watch', () => {
  /** The command in this process, until `isEnough` of what it printed: then Ctrl-C. */
  async function watched(args: readonly string[], isEnough: (out: string) => boolean) {
    const text = { out: '', err: '' };
    let interrupt = (): void => undefined;
    let isListening = false;
    const code = runCli(
      ['conversations', 'watch', ...args, '--api', api.url],
      {
        env: { OSTINATO_DATA_DIR: dir },
        out: (chunk) => (text.out += chunk),
        err: (chunk) => (text.err += chunk),
        isTty: false,
        width: () => 200,
        height: () => 50,
        stdin: async function* () {},
        onInterrupt(callback) {
          interrupt = callback;
          isListening = true;
          return () => (isListening = false);
        },
      },
      '0',
    );
    await waitFor('what is printed', () => isEnough(text.out));
    interrupt();
    return { code: await code, ...text, isListening };
  }
  const eventsOf = (out: string) =>
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ConversationEvent);

  it('--json → its words and its end, a line an event; Ctrl-C ends it; --after goes on from there', async () => {
    const conversationId = 'talk-3';
    const say = (text: string, messageId: string) =>
      sendMessage(engine.ostinato, { conversationId, text, messageId });
    const first = answerInPieces('One ', 'answer.');
    model.script(first.script);
    const hello = await say('Hello', 'w-1');
    const watching = watched([conversationId, '--json'], (out) => out.includes('"kind":"ended"'));
    first.letGo();
    const seen = await watching;
    await hello.result();
    expect(seen).toMatchObject({
      code: 0,
      err: 'Conversation talk-3 goes on.\n',
      isListening: false,
    });
    const events = eventsOf(seen.out);
    expect(events[0]).toMatchObject({ kind: 'message', runId: 'w-1' });
    expect(screen(events as StreamedRunEvent[])).toBe('One answer.');
    model.script(answerOf('Another.'));
    await (await say('Again', 'w-2')).result();
    const after = ['--after', events.at(-1)?.place ?? ''];
    const later = await watched([conversationId, '--json', ...after], (out) =>
      out.includes('"kind":"ended"'),
    );
    const more = eventsOf(later.out);
    expect(new Set(more.map(({ runId }) => runId))).toEqual(new Set(['w-2']));
    expect(more.at(-1)).toMatchObject({ kind: 'ended', run: { outcome: 'answered' } });
  });

  it('for people → each message with its answer', async () => {
    const conversationId = 'talk-4';
    const first = answerInPieces('For you.');
    model.script(first.script);
    await sendMessage(engine.ostinato, { conversationId, text: 'Hello', messageId: 'p-1' });
    const watching = watched([conversationId], (out) => out.includes('For you.'));
    first.letGo();
    const { out, code } = await watching;
    expect(code).toBe(0);
    expect(out).toContain('Message p-1');
    expect(out).toContain('Answer\nFor you.');
  });

  it('nobody has said anything in it → says so, and how to begin', async () => {
    const { code, err } = await watched(['nobody'], () => true);
    expect(code).not.toBe(0);
    expect(err).toContain('ostinato send nobody');
  });
});

describe('who may read', () => {
  it('a run of another tenant → there is none, also of its side channel', async () => {
    const other = { ...engine.ostinato.tenant, tenantId: 'other' as never };
    const theirs = { ...engine.ostinato, tenant: other };
    const plan = { steps: [{ id: 'a', tool: 'work/look_up', args: { name: 'a' } }] };
    const { runId } = await runPlan(theirs, { plan });
    for (const only of ['', '?only=live']) {
      const response = await fetch(`${api.url}/v1/runs/${runId}/events${only}`);
      expect(response.status).toBe(404);
    }
    await expect(watch(runId).ended).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('Redis is lost in the middle of an answer', () => {
  it('the run does not notice; its end comes; the next run is live again', async () => {
    const answer = answerInPieces('before ', 'after');
    model.script(answer.script);
    const run = await startAgent(engine.ostinato, { goal: 'Go on' });
    const reader = watch(run.runId);
    answer.letGo(1);
    await waitFor('the first word', () => screen(reader.seen) === 'before ');
    await redis.kill();
    answer.letGo();
    const all = await reader.ended;
    expect(all.at(-1)).toMatchObject({
      kind: 'ended',
      run: { result: { answer: 'before after' } },
    });
    await redis.start();
    await waitFor('a run that is live again', async () => {
      model.script(answerOf('here'));
      const next = await startAgent(engine.ostinato, { goal: 'Say it again' });
      return screen(await watch(next.runId).ended) === 'here';
    });
  });
});

describe('a worker is killed while its model writes', () => {
  it(
    'the next one begins anew: what was written is void, and the answer is the last one',
    async () => {
      await engine.stopWorkers();
      const worker = () =>
        startStandaloneProcess({
          dataDir: join(dir, 'data'),
          temporalAddress: engine.temporalAddress,
          env,
        });
      const first = await worker();
      const never = answerInPieces('lost words', 'never');
      model.script(never.script, answerOf('The answer.'));
      const run = await startAgent(engine.ostinato, { goal: 'Survive' });
      const reader = watch(run.runId);
      never.letGo(1);
      await waitFor('the words', () => screen(reader.seen) === 'lost words');
      await first.kill();
      const second = await worker();
      const all = await reader.ended;
      await second.stop();
      expect(screen(all)).toBe('The answer.');
      expect(liveOf(all)).toContainEqual(expect.objectContaining({ kind: 'superseded', voids: 1 }));
      expect(all.at(-1)).toMatchObject({ kind: 'ended', run: { outcome: 'answered' } });
    },
    WHOLE_PROCESS_TIMEOUT_MS,
  );
});

function ostinato(
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string }> {
  const command = join(ROOT, 'client', 'cli', 'ostinato.mjs');
  const { PATH, HOME } = process.env;
  return new Promise((resolve) => {
    const options = {
      cwd: dir,
      env: { PATH, HOME, TEMPORAL_ADDRESS: engine.temporalAddress, OSTINATO_URL: api.url },
    };
    execFile(process.execPath, [command, ...args], options, (error, out) => {
      resolve({ code: error === null ? 0 : Number(error.code), out });
    });
  });
}

async function journal(): Promise<readonly string[]> {
  const text = await readFile(join(dir, 'journal.log'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

function argumentsOf(text: string) {
  const tool_calls = [{ index: 0, function: { arguments: text } }];
  const choices = [{ index: 0, delta: { tool_calls }, finish_reason: null }];
  return { id: 'c', object: 'chat.completion.chunk', choices };
}

function answerOf(text: string) {
  const frames = [...openai.text([text]), ...openai.finish('text')];
  return { kind: 'stream', text: streamText('openai', frames) + openai.end, then: 'end' } as const;
}
