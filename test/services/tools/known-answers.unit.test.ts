// Proves which steps of a plan are given the answer that the cache of results holds, so that no call
// is made. The cache is real; registry and tools are small stand-ins.
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Plan, PlanStep } from '../../../common/plan.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { ServerName, ToolId, ToolResult } from '../../../common/tool.ts';
import type { RegisteredServer, RegisteredTool } from '../../../services/registry/registry.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { createKnownAnswers } from '../../../services/tools/known-answers.ts';
import { createResultCache, resultAddress } from '../../../services/tools/result-cache.ts';
import { after, literal, output, plan, step, textResult } from '../../support/plans.ts';

const tenant = { tenantId: DEFAULT_TENANT_ID };
const server = {
  name: 'shop' as ServerName,
  definition: { enabled: true, transport: { kind: 'stdio', command: 'shop', args: [], env: {} } },
} as unknown as RegisteredServer;
const tool = {
  id: 'shop/price' as ToolId,
  server: 'shop',
  effect: 'read',
  enabled: true,
  status: 'active',
  fingerprint: 'f1',
} as unknown as RegisteredTool;

let shown: RegisteredTool;
let cache: ReturnType<typeof createResultCache>;
let fill: (...steps: readonly PlanStep[]) => Promise<Plan>;

beforeEach(() => {
  shown = tool;
  const metrics = createMetrics();
  cache = createResultCache({ metrics, log: pino({ level: 'silent' }), shared: null });
  const registry = {
    findTool: async () => shown,
    listTools: async () => [shown],
    getServer: async () => server,
  };
  const known = createKnownAnswers({ registry, cache, metrics, nowMs: () => 1_000 });
  fill = (...steps) => known.fill(tenant, plan(...steps));
});

const keep = (sku: string, result: ToolResult = textResult(`price of ${sku}`)) =>
  cache.getOrLoad(
    resultAddress({ input: { tenant }, tool, server, args: { sku } }),
    async () => result,
  );
const ask = (id: string, given: Partial<PlanStep> = {}) =>
  step(id, { tool: tool.id, fingerprint: 'f1', args: { sku: literal(id) }, ...given });
const knownIn = ({ steps }: Plan) =>
  steps.filter(({ known }) => known !== undefined).map(({ id }) => id);

describe('known answers', () => {
  it('a read that was asked before → its answer, for five seconds; others are left', async () => {
    await keep('a');
    const filled = await fill(ask('a'), ask('b'));
    expect(filled.steps[0]?.known).toEqual({ result: textResult('price of a'), untilMs: 6_000 });
    expect(filled.steps[1]).toEqual(ask('b'));
  });

  it('a step that waits for another, maps, acts or takes an answer → is left for its time', async () => {
    for (const sku of ['a', 'b', 'c', 'd', 'e', 'f']) await keep(sku);
    const filled = await fill(
      ask('a', { effect: 'keyed' }),
      ask('b', after('a')),
      ask('c', { args: { sku: output('a') } }),
      ask('d', { forEach: { items: literal('x'), maxParallel: 1 } }),
      ask('e', { sameAs: 'a' as never }),
      ask('f', { action: { kind: 'value' } }),
    );
    expect(knownIn(filled)).toEqual([]);
  });

  it('an error, a long answer, or more than a plan may hold → is called', async () => {
    await keep('error', textResult('sold out', true));
    await keep('long', textResult('x'.repeat(4_000)));
    const many = Array.from({ length: 30 }, (_, n) => `m${n}`);
    for (const sku of many) await keep(sku, textResult('y'.repeat(3_000)));
    expect(knownIn(await fill(ask('error'), ask('long')))).toEqual([]);
    expect(knownIn(await fill(...many.map((sku) => ask(sku))))).toHaveLength(20);
  });

  it.each([
    ['disabled', { enabled: false }],
    ['changed', { status: 'changed' as const }],
    ['gone', { status: 'gone' as const }],
    ['another than the plan was made for', { fingerprint: 'f2' }],
    ['no read any more', { effect: 'keyed' as const }],
  ])('the tool is %s → the call says so', async (_, change) => {
    await keep('a');
    shown = { ...tool, ...change };
    expect(knownIn(await fill(ask('a')))).toEqual([]);
  });

  it('another argument, or what was forgotten → is called', async () => {
    await keep('a');
    expect(knownIn(await fill(ask('b')))).toEqual([]);
    await cache.forget('');
    expect(knownIn(await fill(ask('a')))).toEqual([]);
  });
});
