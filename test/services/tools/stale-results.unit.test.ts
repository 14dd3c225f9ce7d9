// Proves when the last result of a reading tool may stand in: only where its server's operator said so,
// for the same call, while it is young enough, and never one from before an effect.
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import type { CallToolInput, ToolId, ToolResult } from '../../../common/tool.ts';
import { createLastValues } from '../../../services/cache/last-values.ts';
import { parseResult } from '../../../services/tools/parse-result.ts';
import { resultScope } from '../../../services/tools/result-cache.ts';
import { createStaleResults } from '../../../services/tools/stale-results.ts';
import { TENANT, textResult } from '../../support/plans.ts';
import { registeredTool } from '../planner/support/tools.ts';

const server = {
  name: 'main',
  definition: { transport: { kind: 'http', url: 'x' }, enabled: true },
};

function setUp(staleMs: number | null, effect: 'read' | 'keyed' = 'read') {
  const clock = { nowMs: 1_000 };
  const tool = registeredTool('main/find', { inputSchema: {} }, { effect });
  const last = createLastValues<ToolResult>({
    shared: null,
    parse: parseResult,
    keeps: ({ isError }) => !isError,
    keepMs: 86_400_000,
    maxBytes: 1_000_000,
    log: pino({ level: 'silent' }),
    nowMs: () => clock.nowMs,
  });
  const stale = createStaleResults({
    registry: {
      findTool: () => Promise.resolve(tool),
      getServer: () => Promise.resolve(server as never),
      listTools: () => Promise.resolve([]),
    },
    artifacts: {} as never,
    validator: { validate: () => Promise.resolve([]) },
    last,
    staleMs: () => Promise.resolve(staleMs),
  });
  const inputOf = (args: JsonObject): CallToolInput => ({
    tenant: TENANT,
    tool: 'main/find' as ToolId,
    args,
    idempotencyKey: 'k',
    fingerprint: null,
    timeoutMs: 1_000,
    maxTotalTimeoutMs: 1_000,
  });
  const load = (args: JsonObject, result: ToolResult) =>
    stale.load({ input: inputOf(args), tool, server: server as never, args }, () =>
      Promise.resolve(result),
    );
  const answer = (args: JsonObject) => stale.answer(inputOf(args), 'main is away');
  return { clock, load, answer, forget: () => stale.forget(resultScope(tool.tenantId)) };
}

describe('createStaleResults', () => {
  it('same call later → the last result with its age; another call, or too late → null', async () => {
    const { clock, load, answer } = setUp(60_000);
    await load({ q: 1 }, textResult('one'));
    clock.nowMs += 42_000;
    expect(await answer({ q: 1 })).toMatchObject({
      content: [{ text: 'one' }],
      degraded: [{ kind: 'stale-cache', ageMs: 42_000, why: 'main is away' }],
    });
    expect(await answer({ q: 2 })).toBeNull();
    clock.nowMs += 20_000;
    expect(await answer({ q: 1 })).toBeNull();
  });

  it('nobody said that it may, or the tool acts → null', async () => {
    const silent = setUp(null);
    await silent.load({}, textResult('one'));
    expect(await silent.answer({})).toBeNull();
    const acting = setUp(60_000, 'keyed');
    await acting.load({}, textResult('one'));
    expect(await acting.answer({})).toBeNull();
  });

  it('an effect since, or a refusal → nothing that was kept before stands in', async () => {
    const { load, answer, forget } = setUp(60_000);
    await load({}, textResult('no', true));
    expect(await answer({})).toBeNull();
    await load({}, textResult('one'));
    forget();
    expect(await answer({})).toBeNull();
  });
});
