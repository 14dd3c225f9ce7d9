// Proves that a model splits goals through a real dialect against a local server: its steps come back
// in order, the same goal is not asked twice, an unusable answer is paid for and no answer, and after
// a failure the next goals do not wait for a model until the pause is over.
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { TenantId } from '../../../common/tenant.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { createMemoryCache } from '../../../services/cache/memory-cache.ts';
import type { Decomposer } from '../../../services/discovery/model-decomposer.ts';
import { createModelDecomposer } from '../../../services/discovery/model-decomposer.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import type { FakeLlm, Scripted } from '../../support/fake-llm/fake-llm-server.ts';
import { fixtureAnswer, fixtureBody } from '../../support/fake-llm/fixture.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';

const apiKey = 'test-key-0123456789';
const GOAL = 'Make a PDF report of what people read this week, with a word cloud';
let server: FakeLlm;
let decomposer: Decomposer;
let nowMs = 0;

beforeEach(async () => {
  server = await startFakeOpenAi({ apiKey });
  const metrics = createMetrics();
  const gateway = createLlmGateway({
    routes: [
      routeOfConfig({
        name: 'openai',
        dialect: 'openai',
        model: 'some-model',
        apiKey,
        baseUrl: `${server.url}/v1`,
        timeoutMs: 20_000,
      }),
    ],
    rules: { preset: 'configured' },
    metrics,
    log: pino({ level: 'silent' }),
  });
  const cache = createMemoryCache<readonly string[] | null>({
    ...{ name: 'test', maxBytes: 100_000, maxEntries: 10, ttlMs: 60_000 },
    ...{ sizeOf: () => 100, metrics },
  });
  nowMs = 0;
  decomposer = createModelDecomposer({ gateway, cache, nowMs: () => nowMs });
});
afterEach(() => server.close());

/** The recorded tool call with another name and other arguments. */
function listed(args: JsonObject): Scripted {
  const rewrite = (value: JsonValue): JsonValue => {
    if (value === 'weather_now') return 'list_steps';
    if (value === '{"city":"Oslo","days":2}') return JSON.stringify(args);
    if (Array.isArray(value)) return value.map(rewrite);
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, rewrite(held)]));
  };
  return { kind: 'answer', status: 200, body: rewrite(fixtureBody('openai', 'tool-call')) };
}

const decompose = (
  goal: string,
  { tenantId = DEFAULT_TENANT_ID, signal = new AbortController().signal } = {},
) => decomposer.decompose(goal, { signal, tenantId });

describe('a model that splits goals', () => {
  it('steps → each once, in order, with what they cost; the goal went as data', async () => {
    server.script(
      listed({ steps: ['get the trends', ' make a\nword cloud ', '', 'get the trends'] }),
    );
    const { steps, usage, routing } = await decompose(GOAL);
    expect(steps).toEqual(['get the trends', 'make a word cloud']);
    expect(usage?.outputTokens).toBeGreaterThan(0);
    expect(routing).not.toBeNull();
    expect(JSON.stringify(server.journal[0]?.body)).toMatch(/goal: data [0-9a-f]{8}/);
  });

  it('the same goal again → the same steps, and nobody is asked; another tenant asks anew', async () => {
    server.script(listed({ steps: ['read', 'write'] }));
    await decompose(GOAL);
    expect(await decompose(GOAL)).toEqual({ steps: ['read', 'write'], usage: null, routing: null });
    expect(server.journal).toHaveLength(1);
    await decompose(GOAL, { tenantId: 'other' as TenantId });
    expect(server.journal).toHaveLength(2);
  });

  it.each([
    ['talk instead of steps', () => fixtureAnswer('openai', 'text')],
    ['steps that are no list', () => listed({ steps: 'all' })],
    ['no step', () => listed({ steps: [] })],
  ])('%s → no steps, at its cost, and not kept', async (_what, scripted) => {
    server.script(scripted(), listed({ steps: ['read', 'write'] }));
    const { steps, usage } = await decompose(GOAL);
    expect(steps).toBeNull();
    expect(usage?.outputTokens).toBeGreaterThan(0);
    expect((await decompose(GOAL)).steps).toEqual(['read', 'write']);
  });

  it('the model fails → an error, and nobody is asked until the pause is over', async () => {
    server.script({ kind: 'answer', status: 400, body: {} }, listed({ steps: ['read', 'write'] }));
    await expect(decompose(GOAL)).rejects.toThrow();
    nowMs = 59_000;
    await expect(decompose('another goal')).rejects.toThrow('in the last 60 s');
    expect(server.journal).toHaveLength(1);
    nowMs = 60_000;
    expect((await decompose('another goal')).steps).toEqual(['read', 'write']);
  });

  it('the run is cancelled meanwhile → its reason, and the next goal is asked for', async () => {
    server.script({ kind: 'hang' }, listed({ steps: ['read', 'write'] }));
    const stop = new AbortController();
    const asked = decompose(GOAL, { signal: stop.signal });
    await expect.poll(() => server.journal.length).toBe(1);
    stop.abort(new Error('cancelled by a test'));
    await expect(asked).rejects.toThrow('cancelled by a test');
    expect((await decompose('another goal')).steps).toEqual(['read', 'write']);
  });
});
