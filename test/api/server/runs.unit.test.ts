// Proves what the routes of runs and plans do and answer.
import { describe, expect, it } from 'vitest';
import { serve } from '../support/serve.ts';

const PLAN = { steps: [{ id: 'a', tool: 'files/read', args: { path: 'x' } }] };

describe('runs', () => {
  it('a goal → 202 with the run, where it is, and one workflow started for the tenant', async () => {
    const { ask, services } = serve();
    const answer = await ask('POST', '/v1/runs', { goal: 'do it', limits: { maxTurns: 2 } });
    expect(answer.status).toBe(202);
    const { runId, workflowId, links } = answer.body as {
      runId: string;
      workflowId: string;
      links: object;
    };
    expect(workflowId).toBe(`t:default:run:${runId}`);
    expect(answer.headers['location']).toBe(`/v1/runs/${runId}`);
    expect(links).toEqual({
      self: `/v1/runs/${runId}`,
      events: `/v1/runs/${runId}/events`,
      temporalUi: `http://127.0.0.1:8233/namespaces/default/workflows/t%3Adefault%3Arun%3A${runId}`,
    });
    expect(services.starts).toHaveLength(1);
    expect(services.starts[0]?.input).toMatchObject({
      goal: 'do it',
      tenant: { tenantId: 'default', actor: 'api' },
      limits: { maxTurns: 2, maxToolCalls: 100 },
    });
  });

  it('a plan → runs as it was checked', async () => {
    const { ask, services } = serve();
    expect((await ask('POST', '/v1/runs', { plan: PLAN })).status).toBe(202);
    expect(services.starts[0]?.input).toMatchObject({ plan: { steps: [] }, written: null });
  });

  it('a plan to be explained → how it would run, and nothing is started', async () => {
    const { ask, services } = serve();
    const answer = await ask('POST', '/v1/plans/explain', { plan: PLAN });
    expect([answer.status, answer.body]).toMatchObject([200, { dropped: ['dead'], depth: 0 }]);
    expect(services.starts).toHaveLength(0);
  });

  it('a wrong plan → 400 with every problem, and nothing is started', async () => {
    const { ask, services } = serve();
    services.planProblems = [
      { kind: 'unknown-tool', step: 'a', field: 'tool', message: 'is not registered' },
      { kind: 'cycle', step: null, field: null, message: 'goes in a circle' },
    ];
    const answer = await ask('POST', '/v1/runs', { plan: PLAN });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: {
        type: 'Plan.Invalid',
        problems: [
          { path: 'plan.steps.a.tool', message: 'is not registered' },
          { path: 'plan', message: 'goes in a circle' },
        ],
      },
    });
    expect(services.starts).toHaveLength(0);
  });

  it.each([
    [{}, 'give either "goal"'],
    [{ goal: 'x', plan: PLAN }, 'give either "goal"'],
    [{ goal: ' ' }, 'goal is empty'],
    [{ gaol: 'x' }, 'there is no field "gaol"; did you mean "goal"?'],
    [{ goal: 'x', limits: { maxTurns: 0 } }, 'limits.maxTurns is at least 1 (received 0)'],
    [{ goal: 'x', tenantId: 'b' }, 'there is no field "tenantId"'],
    [{ goal: 'x', runId: 't:b:run:1' }, 'runId takes 1 to 64 letters'],
    [{ plan: PLAN, conversationId: 'c' }, 'a plan has no conversation'],
    [{ plan: { steps: [] } }, 'plan.steps is empty'],
  ])('the body %j → 400 that says %s', async (body, said) => {
    const { ask, services } = serve();
    const answer = await ask('POST', '/v1/runs', body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(JSON.stringify(said).slice(1, -1));
    expect(services.starts).toHaveLength(0);
  });

  it('one Idempotency-Key twice → one run; with another body → 422', async () => {
    const { ask, services } = serve();
    const key = { 'idempotency-key': 'order-17' };
    const first = await ask('POST', '/v1/runs', { goal: 'a' }, key);
    const second = await ask('POST', '/v1/runs', { goal: 'a' }, key);
    const other = await ask('POST', '/v1/runs', { goal: 'b' }, key);
    expect([first.status, second.status, other.status]).toEqual([202, 202, 422]);
    expect(second.body).toEqual(first.body);
    expect(other.body).toMatchObject({ error: { type: 'IdempotencyKeyReused' } });
    expect(services.starts).toHaveLength(1);
  });

  it('one key twice with a plan that the registry refuses by now → still the first run', async () => {
    const { ask, services } = serve();
    const key = { 'idempotency-key': 'nightly' };
    const first = await ask('POST', '/v1/runs', { plan: PLAN }, key);
    services.planProblems = [{ step: 'a', field: 'tool', message: 'is gone' }];
    const second = await ask('POST', '/v1/runs', { plan: PLAN }, key);
    expect(second.status).toBe(202);
    expect(second.body).toEqual(first.body);
  });

  it('a run id that belongs to another request → 409', async () => {
    const { ask } = serve();
    await ask('POST', '/v1/runs', { goal: 'a', runId: 'mine' });
    const answer = await ask('POST', '/v1/runs', { goal: 'b', runId: 'mine' });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('belongs to another request');
  });

  it('a run that does not exist → 404 for reading, cancelling and following', async () => {
    const { ask } = serve();
    for (const [method, url] of [
      ['GET', '/v1/runs/none'],
      ['POST', '/v1/runs/none/cancel'],
      ['GET', '/v1/runs/none/events'],
    ] as const) {
      expect([url, (await ask(method, url)).status]).toEqual([url, 404]);
    }
  });

  it('list, show and cancel of an open run → its summary, its links, 202', async () => {
    const { ask } = serve();
    await ask('POST', '/v1/runs', { goal: 'a', runId: 'r1' });
    expect((await ask('GET', '/v1/runs?limit=5')).body).toMatchObject({ runs: [{ runId: 'r1' }] });
    expect((await ask('GET', '/v1/runs/r1')).body).toMatchObject({
      status: 'running',
      progress: null,
      links: { events: '/v1/runs/r1/events' },
    });
    const cancelled = await ask('POST', '/v1/runs/r1/cancel', { reason: 'wrong' });
    expect([cancelled.status, cancelled.body]).toEqual([202, { runId: 'r1', accepted: true }]);
  });

  it('a filter that would change the query → 400', async () => {
    const { ask } = serve();
    const answer = await ask('GET', `/v1/runs?agent=${encodeURIComponent("a' OR 1=1 --")}`);
    expect(answer.status).toBe(400);
  });
});
