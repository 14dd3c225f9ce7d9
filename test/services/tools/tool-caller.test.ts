// Proves what happens to one call on its way to a tool: who is refused and in which words, what the
// server gets, what is cached, and what each kind of failure means for each effect class. Registry
// and connection are small stand-ins, so that every failure can be had; validator, ledger, cache
// and artifact store are real.
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailureType } from '../../../common/failures.ts';
import type { JsonObject } from '../../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { CallToolInput, EffectClass, ServerName, ToolId } from '../../../common/tool.ts';
import type { ArtifactStore } from '../../../services/artifacts/artifact-store.ts';
import { createArtifactStore } from '../../../services/artifacts/artifact-store.ts';
import type { Database } from '../../../services/database/database.ts';
import { openDatabase } from '../../../services/database/open-database.ts';
import type { ServiceError } from '../../../services/errors.ts';
import type { EffectLedger } from '../../../services/ledger/effect-ledger.ts';
import { createEffectLedger } from '../../../services/ledger/effect-ledger.ts';
import type { McpAnswer, McpAskingCall, McpAsks, McpCall } from '../../../services/mcp/mcp-call.ts';
import type { McpConnections } from '../../../services/mcp/mcp-connections.ts';
import { McpError } from '../../../services/mcp/mcp-error.ts';
import type { RegisteredServer, RegisteredTool } from '../../../services/registry/registry.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../services/registry/server-definition.ts';
import type { SchemaValidator } from '../../../services/schema/schema-validator.ts';
import { createSchemaValidator } from '../../../services/schema/schema-validator.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { createResultCache } from '../../../services/tools/result-cache.ts';
import { ToolAsked } from '../../../services/tools/tool-asked.ts';
import type { ToolCallContext, ToolCallerDeps } from '../../../services/tools/tool-caller.ts';
import { createToolCaller } from '../../../services/tools/tool-caller.ts';

let database: Database;
let validator: SchemaValidator;
let artifacts: ArtifactStore;
let ledger: EffectLedger;

beforeAll(async () => {
  database = await openDatabase({ kind: 'pglite', dir: null });
  validator = createSchemaValidator();
  artifacts = createArtifactStore(database);
  ledger = createEffectLedger(database);
});
afterAll(async () => {
  await validator.close();
  await database.close();
});

type Handler = (call: McpCall & Partial<McpAskingCall>) => Promise<McpAnswer | McpAsks>;

/** Each test has its own server, tools and keys. */
interface World {
  readonly tools: Map<string, RegisteredTool>;
  readonly calls: (McpCall & Partial<McpAskingCall>)[];
  readonly tenants: TenantId[];
  serverEnabled: boolean;
  answer: Handler;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly logged: string[];
  readonly deps: ToolCallerDeps;
  call(
    tool: string,
    other?: Partial<CallToolInput>,
    context?: Partial<ToolCallContext>,
  ): ReturnType<ReturnType<typeof createToolCaller>['call']>;
}

let world: World;
let worlds = 0;
beforeEach(() => {
  worlds += 1;
  world = newWorld();
});

const text = (value: string): McpAnswer => ({
  isError: false,
  content: [{ type: 'text', text: value }],
  structured: null,
  bytes: value.length,
});

function newWorld(): World {
  const key = `world-${worlds}/step/1`;
  const metrics = createMetrics();
  const logged: string[] = [];
  const made = {
    tools: new Map<string, RegisteredTool>(),
    calls: [] as (McpCall & Partial<McpAskingCall>)[],
    tenants: [] as TenantId[],
    serverEnabled: true,
    answer: (() => Promise.resolve(text(`answer ${made.calls.length}`))) as Handler,
    metrics,
    logged,
  };
  for (const effect of ['read', 'keyed', 'non-idempotent', 'compensable'] as const) {
    addTool(made.tools, effect, { effect });
  }
  const deps: ToolCallerDeps = {
    registry: {
      findTool: async (_, id) => made.tools.get(id) ?? null,
      listTools: async () => [...made.tools.values()].filter(({ status }) => status !== 'gone'),
      getServer: async () => serverOf(made.serverEnabled),
    },
    connections: {
      call: ((target, call) => {
        made.calls.push(call);
        made.tenants.push(target.tenantId);
        return made.answer(call);
      }) as McpConnections['call'],
    },
    ...{ artifacts, ledger, validator, metrics },
    cache: createResultCache({ metrics, log: pino({ level: 'silent' }), shared: null }),
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
  };
  const caller = createToolCaller(deps);
  return Object.assign(made, {
    deps,
    call(tool: string, other: Partial<CallToolInput> = {}, context: Partial<ToolCallContext> = {}) {
      const input = { ...inputOf(tool, key), ...other };
      return caller.call(input, { signal: new AbortController().signal, attempt: 1, ...context });
    },
  });
}

function inputOf(tool: string, idempotencyKey: string): CallToolInput {
  return {
    tenant: { tenantId: DEFAULT_TENANT_ID, actor: 'test', scopes: [] },
    tool: `bank/${tool}` as ToolId,
    args: { to: 'alice' },
    idempotencyKey,
    fingerprint: null,
    timeoutMs: 1_000,
    maxTotalTimeoutMs: 2_000,
  };
}

function addTool(
  tools: Map<string, RegisteredTool>,
  name: string,
  other: Partial<RegisteredTool> & { readonly effect: EffectClass },
): void {
  tools.set(`bank/${name}`, {
    tenantId: DEFAULT_TENANT_ID,
    id: `bank/${name}` as ToolId,
    server: 'bank' as ServerName,
    name: `own_${name}`,
    modelName: `bank_${name}`,
    title: null,
    description: '',
    inputSchema: {
      type: 'object',
      properties: { to: { type: 'string' }, note: { type: 'string' } },
      required: ['to'],
      additionalProperties: false,
    },
    outputSchema: null,
    fingerprint: `f-${name}`,
    enabled: true,
    status: 'active',
    tags: [],
    warnings: [],
    lastSeenMs: 0,
    ...other,
  });
}

function serverOf(enabled: boolean): RegisteredServer {
  return {
    tenantId: DEFAULT_TENANT_ID,
    name: 'bank' as ServerName,
    definition: {
      ...SERVER_DEFINITION_DEFAULTS,
      enabled,
      transport: { kind: 'http', url: 'http://bank.test/mcp', headers: {} },
    },
    trust: 'operator',
    status: 'ready',
    problem: null,
    lastSeenMs: null,
    era: null,
    serverInfo: null,
    instructions: null,
    warnings: [],
    toolCount: 1,
    version: 1,
  };
}

function failing(type: FailureType, sent: boolean, retry = true): Handler {
  return () =>
    Promise.reject(
      new McpError(type, 'The line was cut.', { sent, retry: { allowed: retry, afterMs: null } }),
    );
}

const replaceTool = (name: string, other: Partial<RegisteredTool>): void => {
  const tool = world.tools.get(`bank/${name}`) as RegisteredTool;
  world.tools.set(tool.id, { ...tool, ...other });
};

async function unknownKeys(): Promise<readonly string[]> {
  const all = await ledger.listUnknown(DEFAULT_TENANT_ID);
  return all.map(({ key }) => key).filter((key) => key.startsWith(`world-${worlds}/`));
}

async function outcomes(): Promise<readonly string[]> {
  const lines = (await world.metrics.text()).split('\n');
  return lines
    .filter((line) => line.startsWith('ostinato_tool_call_duration_seconds_count'))
    .map((line) => line.replace(/.*server="(.*)",outcome="(.*)"} (\d+)/, '$1 $2 $3'));
}

describe('look-up', () => {
  it('unknown tool → not called, names the nearest', async () => {
    const call = world.call('kyed');
    await expect(call).rejects.toMatchObject({
      type: 'Tool.NotFound',
      message: expect.stringMatching(
        /^There is no tool "bank\/kyed"\. Did you mean "bank\/keyed"/,
      ) as string,
      retry: { allowed: false },
    });
    expect(world.calls).toEqual([]);
    expect(await outcomes()).toEqual(['none Tool.NotFound 1']);
  });

  it('nothing alike, or nothing at all → says so', async () => {
    const other = { tool: 'weather/forecast' as ToolId };
    await expect(world.call('', other)).rejects.toThrow('4 other tools are registered');
    world.tools.clear();
    await expect(world.call('', other)).rejects.toThrow('No tool is registered: add a server');
  });

  it.each<[string, Partial<RegisteredTool>, string, RegExp]>([
    ['gone', { status: 'gone' }, 'Tool.NotFound', /no longer offers "bank\/read"/],
    ['disabled', { enabled: false }, 'Tool.Disabled', /"bank\/read" is disabled/],
    ['changed', { status: 'changed' }, 'Tool.DefinitionChanged', /approve it/],
    ['another definition', { fingerprint: 'f2' }, 'Tool.DefinitionChanged', /Plan again/],
  ])('tool that is %s → refused by name with the remedy', async (_, other, type, words) => {
    replaceTool('read', other);
    const call = world.call('read', { fingerprint: 'f-read' });
    await expect(call).rejects.toMatchObject({ type, message: expect.stringMatching(words) });
    expect(world.calls).toEqual([]);
  });

  it('server disabled → refused by the server’s name', async () => {
    world.serverEnabled = false;
    await expect(world.call('read')).rejects.toMatchObject({
      type: 'Tool.Disabled',
      message: expect.stringContaining('server "bank", which is disabled'),
    });
  });
});

describe('arguments', () => {
  it('valid → the server gets them under the tool’s own name, with limits and progress', async () => {
    let progress = 0;
    world.answer = (call) => {
      call.onProgress({ progress: 1, total: null, message: null });
      return Promise.resolve(text('ok'));
    };
    await world.call('keyed', {}, { onProgress: () => (progress += 1) });
    expect(world.calls[0]).toMatchObject({
      tool: 'own_keyed',
      args: { to: 'alice' },
      timeoutMs: 1_000,
      maxTotalTimeoutMs: 2_000,
    });
    expect(progress).toBe(1);
  });

  it.each<[string, JsonObject, string]>([
    ['wrong type', { to: 5 }, '"to" must be a string (received 5).'],
    ['missing', {}, '"to" is required (a string) but missing (received nothing).'],
    ['unknown', { to: 'a', tone: 1 }, '"tone" is not known; known are to, note (received 1).'],
  ])('%s → not called, path and value are named', async (_, args, words) => {
    await expect(world.call('non-idempotent', { args })).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: `Tool "bank/non-idempotent" was not called, since its arguments are wrong. ${words}`,
      retry: { allowed: false },
    });
    expect(world.calls).toEqual([]);
    expect(await unknownKeys()).toEqual([]);
    await world.call('non-idempotent');
    expect(world.calls).toHaveLength(1);
  });

  it('schema that hangs → refused, not called', async () => {
    replaceTool('read', { inputSchema: { properties: { to: { pattern: '^(a+)+$' } } } });
    await expect(world.call('read', { args: { to: `${'a'.repeat(40)}!` } })).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: expect.stringContaining('The schema was refused'),
    });
    expect(world.calls).toEqual([]);
  });

  it('values that lie in artifacts → put in', async () => {
    const whole = { content: [{ kind: 'text', text: 'long' }], structured: { who: ['bob'] } };
    const { artifactId } = await artifacts.put(DEFAULT_TENANT_ID, {
      mediaType: 'application/json',
      body: Buffer.from(JSON.stringify(whole)),
    });
    await world.call('read', {
      args: {
        to: { $artifact: artifactId, path: 'who[0]' },
        note: { $concat: ['it says: ', { $artifact: artifactId, path: '$text' }] },
      },
    });
    expect(world.calls[0]?.args).toEqual({ to: 'bob', note: 'it says: long' });
  });

  it('path that is not in the artifact, or an artifact that is no result → refused by name', async () => {
    const put = (mediaType: string, body: string) =>
      artifacts.put(DEFAULT_TENANT_ID, { mediaType, body: Buffer.from(body) });
    const result = await put('application/json', '{"content":[],"structured":{"a":1}}');
    const image = await put('image/png', 'not json');
    const refer = (artifactId: string, path: string) =>
      world.call('read', { args: { to: { $artifact: artifactId, path } } });
    await expect(refer(result.artifactId, 'who')).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: expect.stringContaining('does not exist'),
    });
    await expect(refer(image.artifactId, '')).rejects.toMatchObject({
      type: 'Tool.BadArguments',
      message: expect.stringContaining('image/png, 8 bytes'),
    });
    await expect(refer('no-such', '')).rejects.toMatchObject({ type: 'NotFound' });
  });
});

describe('reads', () => {
  it('asked twice → the server is asked once; without key, and may be sent again', async () => {
    expect(await world.call('read')).toEqual(await world.call('read'));
    expect(world.calls).toHaveLength(1);
    expect(world.calls[0]).toMatchObject({ idempotencyKey: null, retrySafe: true });
    expect(await outcomes()).toEqual(['bank ok 1', 'bank cached 1']);
  });

  it('many ask at once → the server is asked once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => world.call('read')));
    expect(world.calls).toHaveLength(1);
  });

  it('bypass → the server is asked', async () => {
    await world.call('read');
    await world.call('read', {}, { cache: 'bypass' });
    expect(world.calls).toHaveLength(2);
  });

  it('other arguments, tenant or definition → the server is asked', async () => {
    await world.call('read');
    await world.call('read', { args: { to: 'bob' } });
    await world.call('read', {
      tenant: { tenantId: 'other' as TenantId, actor: 'test', scopes: [] },
    });
    replaceTool('read', { fingerprint: 'f2' });
    await world.call('read');
    expect(world.calls).toHaveLength(4);
    expect(world.tenants[2]).toBe('other');
  });

  it('refused → the same refusal for a moment; then the server is asked', async () => {
    world.answer = () => Promise.resolve({ ...text('no'), isError: true });
    await world.call('read');
    expect(await world.call('read')).toMatchObject({ isError: true });
    expect(world.calls).toHaveLength(1);
    await world.call('non-idempotent');
    world.answer = () => Promise.resolve(text('yes'));
    expect(await world.call('read')).toMatchObject({ isError: false });
  });

  it('result that holds an artifact → not kept', async () => {
    const answers: readonly McpAnswer[] = [
      text('x'.repeat(50_000)),
      {
        ...text(''),
        content: [{ type: 'image', mimeType: 'image/png', data: 'AAAA' }],
      },
    ];
    for (const answer of answers) {
      world.calls.length = 0;
      world.answer = () => Promise.resolve(answer);
      await world.call('read');
      const again = await world.call('read');
      expect(again.isError).toBe(answer.isError);
      expect(world.calls).toHaveLength(2);
    }
  });

  it('something was changed since, well or badly → the server is asked', async () => {
    await world.call('read');
    await world.call('non-idempotent');
    await world.call('read');
    expect(world.calls).toHaveLength(3);
    world.answer = failing('Tool.Timeout', true);
    await expect(
      world.call('compensable', { idempotencyKey: `world-${worlds}/b` }),
    ).rejects.toThrow();
    world.answer = () => Promise.resolve(text('new'));
    await world.call('read');
    expect(world.calls).toHaveLength(5);
  });

  it('read that began before a change and ends after it → not kept', async () => {
    const old = Promise.withResolvers<McpAnswer>();
    world.answer = (call) => (call.tool === 'own_read' ? old.promise : Promise.resolve(text('ok')));
    const reading = world.call('read');
    await expect.poll(() => world.calls.length).toBe(1);
    await world.call('non-idempotent');
    old.resolve(text('old'));
    await reading;
    world.answer = () => Promise.resolve(text('new'));
    expect((await world.call('read')).content).toEqual([{ kind: 'text', text: 'new' }]);
  });

  it('server fails → its error as it is, to be retried, and nothing is kept', async () => {
    world.answer = failing('Tool.Timeout', true);
    await expect(world.call('read')).rejects.toMatchObject({
      type: 'Tool.Timeout',
      retry: { allowed: true },
    });
    world.answer = () => Promise.resolve(text('ok'));
    expect((await world.call('read')).isError).toBe(false);
    expect(await outcomes()).toEqual(['bank Tool.Timeout 1', 'bank ok 1']);
  });

  it('one of two callers is stopped → the other gets its answer', async () => {
    const answer = Promise.withResolvers<McpAnswer>();
    world.answer = () => answer.promise;
    const stop = new AbortController();
    const stopped = world.call('read', {}, { signal: stop.signal });
    const other = world.call('read');
    await expect.poll(() => world.calls.length).toBe(1);
    stop.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    answer.resolve(text('ok'));
    expect((await other).content).toEqual([{ kind: 'text', text: 'ok' }]);
  });
});

describe.each(['non-idempotent', 'compensable'] as const)('effects: %s', (effect) => {
  it('answered → not called again under the key, error results alike', async () => {
    world.answer = () => Promise.resolve({ ...text('no funds'), isError: true });
    const first = await world.call(effect);
    expect(first).toMatchObject({ isError: true });
    expect(await world.call(effect, {}, { attempt: 2 })).toEqual(first);
    expect(world.calls).toHaveLength(1);
    expect(world.calls[0]).toMatchObject({
      idempotencyKey: `world-${worlds}/step/1`,
      retrySafe: false,
    });
  });

  it('answered, then the tool is disabled → a later attempt still gets the answer', async () => {
    const first = await world.call(effect);
    replaceTool(effect, { enabled: false, fingerprint: 'f2' });
    expect(await world.call(effect, { fingerprint: `f-${effect}` })).toEqual(first);
  });

  it('not sent → the error as it is, and the next attempt sends', async () => {
    world.answer = failing('Tool.Unavailable', false);
    await expect(world.call(effect)).rejects.toMatchObject({
      type: 'Tool.Unavailable',
      retry: { allowed: true },
    });
    world.answer = () => Promise.resolve(text('paid'));
    expect((await world.call(effect, {}, { attempt: 2 })).content).toEqual([
      { kind: 'text', text: 'paid' },
    ]);
    expect(await unknownKeys()).toEqual([]);
  });

  it.each(['Tool.Timeout', 'Tool.Unavailable'] as const)(
    '%s after it was sent → outcome unknown, named, listed, not retried, not sent again',
    async (type) => {
      world.answer = failing(type, true);
      const key = `world-${worlds}/step/1`;
      await expect(world.call(effect)).rejects.toMatchObject({
        type: 'Tool.OutcomeUnknown',
        message: expect.stringMatching(
          new RegExp(`"bank/${effect}".*key "${key}".*may or may not have acted: The line was cut`),
        ),
        retry: { allowed: false },
      });
      expect(await unknownKeys()).toEqual([key]);
      world.answer = () => Promise.resolve(text('paid twice'));
      await expect(world.call(effect)).rejects.toMatchObject({ type: 'Tool.OutcomeUnknown' });
      expect(world.calls).toHaveLength(1);
      expect(await outcomes()).toEqual(['bank Tool.OutcomeUnknown 2']);
    },
  );

  it('error of no known kind after it was sent → outcome unknown', async () => {
    world.answer = () => Promise.reject(new TypeError('x is not a function'));
    await expect(world.call(effect)).rejects.toMatchObject({ type: 'Tool.OutcomeUnknown' });
  });

  it('answer that cannot be used → its own error, says that it ran; not sent again', async () => {
    world.answer = failing('PayloadTooLarge', true, false);
    await expect(world.call(effect)).rejects.toMatchObject({
      type: 'PayloadTooLarge',
      message: expect.stringContaining('It ran and may have acted'),
      retry: { allowed: false },
    });
    await expect(world.call(effect)).rejects.toMatchObject({ type: 'Tool.OutcomeUnknown' });
    expect(world.calls).toHaveLength(1);
  });

  it('stopped while the server is at work → the reason as it is; listed as unknown', async () => {
    const stop = new AbortController();
    world.answer = (call) =>
      new Promise((_, reject) => {
        call.signal.addEventListener('abort', () => reject(call.signal.reason as Error));
        stop.abort(new Error('the run was cancelled'));
      });
    await expect(world.call(effect, {}, { signal: stop.signal })).rejects.toThrow(
      'the run was cancelled',
    );
    expect(await unknownKeys()).toHaveLength(1);
    expect(await outcomes()).toEqual(['bank cancelled 1']);
  });

  it('stopped before it was sent → not sent, and may be later', async () => {
    const signal = AbortSignal.abort(new Error('the run was cancelled'));
    await expect(world.call(effect, {}, { signal })).rejects.toThrow('the run was cancelled');
    expect(world.calls).toEqual([]);
    await world.call(effect);
    expect(world.calls).toHaveLength(1);
  });

  it('stopped after it was written down and before it was sent → not sent, and may be later', async () => {
    const stop = new AbortController();
    const failpoint = (point: string): void => {
      if (point === 'after-sent') stop.abort(new Error('the run was cancelled'));
    };
    world.answer = () => Promise.reject(new Error('called all the same'));
    const stopped = createToolCaller({ ...world.deps, failpoint }).call(
      inputOf(effect, `world-${worlds}/step/1`),
      { signal: stop.signal, attempt: 1 },
    );
    await expect(stopped).rejects.toThrow('the run was cancelled');
    expect(world.calls).toEqual([]);
    world.answer = () => Promise.resolve(text('done'));
    await world.call(effect);
    expect(world.calls).toHaveLength(1);
  });

  it('two attempts at once → the server is called once', async () => {
    const ends = await Promise.allSettled([world.call(effect), world.call(effect)]);
    expect(world.calls).toHaveLength(1);
    for (const end of ends) {
      if (end.status === 'fulfilled') continue;
      expect((end.reason as ServiceError).retry.allowed).toBe(false);
    }
  });

  it('large answer → an artifact, in the ledger too', async () => {
    const long = 'x'.repeat(100_000);
    world.answer = () => Promise.resolve(text(long));
    const first = await world.call(effect);
    expect(first.artifact?.bytes).toBeGreaterThan(100_000);
    expect(await world.call(effect)).toEqual(first);
    const { body } = await artifacts.get(DEFAULT_TENANT_ID, first.artifact?.artifactId ?? '');
    expect(Buffer.from(body).toString()).toContain(long);
  });
});

describe('effects: keyed', () => {
  it('cut off after it was sent → the error as it is, and the retry sends the same key', async () => {
    world.answer = failing('Tool.Unavailable', true);
    await expect(world.call('keyed')).rejects.toMatchObject({
      type: 'Tool.Unavailable',
      retry: { allowed: true },
    });
    world.answer = () => Promise.resolve(text('paid'));
    const paid = await world.call('keyed', {}, { attempt: 2 });
    expect(paid.content).toEqual([{ kind: 'text', text: 'paid' }]);
    expect(await world.call('keyed', {}, { attempt: 3 })).toEqual(paid);
    const key = `world-${worlds}/step/1`;
    expect(world.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([key, key]);
    expect(world.calls.every(({ retrySafe }) => retrySafe)).toBe(true);
    expect(await unknownKeys()).toEqual([]);
  });

  it('same key for other arguments once done → refused', async () => {
    await world.call('keyed');
    await expect(world.call('keyed', { args: { to: 'bob' } })).rejects.toMatchObject({
      type: 'Conflict',
    });
    expect(world.calls).toHaveLength(1);
  });
});

describe('when the database fails', () => {
  it('before sending → not sent', async () => {
    const down = () => Promise.reject(new Error('database down'));
    const caller = createToolCaller({ ...world.deps, ledger: { ...ledger, begin: down } });
    const call = caller.call(inputOf('non-idempotent', `world-${worlds}/step/1`), {
      signal: new AbortController().signal,
      attempt: 1,
    });
    await expect(call).rejects.toThrow('database down');
    expect(world.calls).toEqual([]);
  });

  it('after the answer → the answer is given, logged as not recorded, and never sent again', async () => {
    const down = () => Promise.reject(new Error('database down'));
    const caller = createToolCaller({ ...world.deps, ledger: { ...ledger, done: down } });
    const input = inputOf('non-idempotent', `world-${worlds}/step/1`);
    const context = { signal: new AbortController().signal, attempt: 1 };
    expect(await caller.call(input, context)).toMatchObject({ isError: false });
    expect(world.logged.join()).toContain('done call not recorded');
    await expect(world.call('non-idempotent')).rejects.toMatchObject({
      type: 'Tool.OutcomeUnknown',
    });
    expect(world.calls).toHaveLength(1);
  });
});

it('failed call → logged with tool and key, without its arguments', async () => {
  world.answer = failing('Tool.Timeout', true);
  await expect(world.call('keyed', { args: { to: 'canary-5512' } })).rejects.toThrow();
  const line = world.logged.join('\n');
  expect(line).toContain('"tool":"bank/keyed"');
  expect(line).toContain(`"idempotencyKey":"world-${worlds}/step/1"`);
  expect(line).not.toContain('canary-5512');
});

describe('in the place of a call that failed', () => {
  it('that one was never sent → called; it may have been → refused, and nothing is sent', async () => {
    world.answer = failing('Tool.Unavailable', false);
    const key = `world-${worlds}/a/1`;
    await world.call('non-idempotent', { idempotencyKey: key }).catch(() => undefined);
    world.answer = () => Promise.resolve(text('spare'));
    const spare = await world.call('read', { insteadOf: key });
    expect(spare.content).toEqual([{ kind: 'text', text: 'spare' }]);

    world.answer = failing('Tool.Unavailable', true);
    const lost = `world-${worlds}/b/1`;
    await world.call('keyed', { idempotencyKey: lost }).catch(() => undefined);
    const before = world.calls.length;
    await expect(world.call('read', { insteadOf: lost })).rejects.toMatchObject({
      type: 'Conflict',
      retry: { allowed: false },
    });
    expect(world.calls).toHaveLength(before);
  });
});

describe('a tool that asks a person something', () => {
  const SEATS = {
    name: 'seats',
    mode: 'url',
    message: 'Well?',
    url: 'https://a.example/',
  } as const;
  const ANSWERS = { seats: { action: 'accept' } } as const;
  /** Asks first, with a state that tells the calls apart; answers when it was answered. */
  const asksFirst =
    (stateChars = 1): Handler =>
    async ({ asking }) =>
      asking?.answers === null
        ? { questions: [SEATS], state: String(world.calls.length).repeat(stateChars) }
        : text(`got ${JSON.stringify(asking?.answers)}`);
  const asked = (call: Promise<unknown>): Promise<ToolAsked> =>
    call.then(
      () => expect.unreachable('it asks'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(ToolAsked);
        return error as ToolAsked;
      },
    );

  it.each(['read', 'keyed', 'non-idempotent', 'compensable'])(
    '%s: it asks, and is called again with the answers under the same key → one effect',
    async (tool) => {
      world.answer = asksFirst();
      const { asks } = await asked(world.call(tool, { mayAsk: true }));
      expect(asks).toEqual({ questions: [SEATS], state: '1' });
      expect(await unknownKeys()).toEqual([]);
      const again = { mayAsk: true, answered: { answers: ANSWERS, state: asks.state } };
      const result = await world.call(tool, again);
      expect(result.content).toMatchObject([{ text: 'got {"seats":{"action":"accept"}}' }]);
      expect(world.calls.map(({ asking }) => asking)).toEqual([
        { ask: null, answers: null, state: null },
        { ask: null, answers: ANSWERS, state: '1' },
      ]);
      if (tool === 'read') return;
      // An attempt whose answer was lost, or one that comes late without answers.
      expect(await world.call(tool, again)).toEqual(result);
      expect(await world.call(tool, { mayAsk: true })).toEqual(result);
      expect(world.calls).toHaveLength(2);
    },
  );

  it('the answered call is lost on its way → unknown, as any other', async () => {
    world.answer = asksFirst();
    await asked(world.call('non-idempotent', { mayAsk: true }));
    world.answer = failing('Tool.Unavailable', true);
    const answered = { answers: ANSWERS, state: '1' };
    await expect(world.call('non-idempotent', { mayAsk: true, answered })).rejects.toMatchObject({
      type: 'Tool.OutcomeUnknown',
    });
    expect(await unknownKeys()).toHaveLength(1);
  });

  it('its state is long → by reference in the history, and whole for the server', async () => {
    world.answer = asksFirst(5_000);
    const { asks } = await asked(world.call('keyed', { mayAsk: true }));
    expect(asks.state).toMatchObject({ bytes: 5_000, mediaType: 'text/plain; charset=utf-8' });
    await world.call('keyed', { mayAsk: true, answered: { answers: ANSWERS, state: asks.state } });
    expect(world.calls.at(-1)?.asking?.state).toBe('1'.repeat(5_000));
  });

  it('equal reads at once → each is asked for itself, and no answer is kept', async () => {
    world.answer = asksFirst();
    const states = await Promise.all(
      ['a', 'b', 'c'].map(async (idempotencyKey) => {
        const { asks } = await asked(world.call('read', { mayAsk: true, idempotencyKey }));
        return asks.state;
      }),
    );
    expect(new Set(states).size).toBe(3);
    await world.call('read', { mayAsk: true, answered: { answers: ANSWERS, state: '1' } });
    world.answer = async () => text('asked nobody');
    expect((await world.call('read')).content).toMatchObject([{ text: 'asked nobody' }]);
  });

  it('a read that asked in the middle → its answer is for that call alone', async () => {
    world.answer = async ({ asking }) => {
      const answer = await asking?.ask?.(SEATS);
      return text(answer?.action ?? 'nobody to ask');
    };
    const ask = async () => ({ action: 'accept' }) as const;
    const own = await world.call('read', { mayAsk: true }, { ask });
    expect(own.content).toMatchObject([{ text: 'accept' }]);
    expect((await world.call('read')).content).toMatchObject([{ text: 'nobody to ask' }]);
    expect(world.calls).toHaveLength(2);
  });
});
