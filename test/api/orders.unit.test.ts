// Proves what the routes about people's decisions answer: a real server without a port, a ledger in
// memory, and a Temporal that runs nothing (the workflows' side is in test/workflows/).
import { afterEach, describe, expect, it } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { createServer } from '../../api/server.ts';
import type { ToolId } from '../../common/tool.ts';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../../services/errors.ts';
import { fakeServices } from './support/fake-services.ts';

const open: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

function serve() {
  const resolved: unknown[] = [];
  const unknown = {
    key: 't:default:run:r1/pay/1',
    tool: 'bank/pay' as ToolId,
    reason: 'it was stopped',
    createdAtMs: 1,
    updatedAtMs: 2,
  };
  const services = fakeServices({
    ledger: {
      listUnknown: async (tenantId) => (tenantId === 'default' ? [unknown] : []),
      async resolve(...given) {
        if (given[1] !== unknown.key) throw new ServiceError(FAILURE.conflict, 'not unknown');
        resolved.push(given);
      },
    },
  });
  const server = createServer(services);
  open.push(server);
  const ask = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const response = await server.inject({
      method,
      url,
      headers: { host: '127.0.0.1:8484' },
      ...(payload === undefined ? {} : { payload }),
    });
    return { status: response.statusCode, body: response.json<object>() };
  };
  return { ask, resolved, unknown };
}

describe('effects', () => {
  it('listed → those of the tenant', async () => {
    const { ask, unknown } = serve();
    expect(await ask('GET', '/v1/effects')).toEqual({ status: 200, body: { effects: [unknown] } });
  });

  it('done, with its answer → in the ledger as a result; its run has ended', async () => {
    const { ask, resolved, unknown } = serve();
    const body = { key: unknown.key, decision: 'done', result: 'no. 17' };
    const answer = await ask('POST', '/v1/effects/decide', body);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ accepted: true, runTold: false });
    expect(resolved).toEqual([
      [
        'default',
        unknown.key,
        'done',
        expect.objectContaining({ content: [{ kind: 'text', text: 'no. 17' }] }),
      ],
    ]);
  });

  it.each([
    [{ key: 'other', decision: 'retry' }, 409],
    [{ key: 'other', decision: 'done' }, 400],
    [{ key: 'other', decision: 'maybe' }, 400],
    [{ decision: 'abort' }, 400],
  ])('%j → %i', async (body, status) => {
    const { ask, resolved } = serve();
    expect((await ask('POST', '/v1/effects/decide', body)).status).toBe(status);
    expect(resolved).toEqual([]);
  });
});

describe('approvals and orders', () => {
  it.each([
    ['/v1/approvals/r1~pay~1', { verdict: 'approve' }, 404],
    ['/v1/approvals/r1~pay~1', { verdict: 'deny' }, 400],
    ['/v1/approvals/nonsense', { verdict: 'approve' }, 400],
    ['/v1/approvals/r1~pay~1', { verdict: 'approve', args: [1] }, 400],
    ['/v1/runs/none/pause', undefined, 404],
    ['/v1/runs/none/resume', undefined, 404],
    ['/v1/runs/none/messages', { text: 'hello' }, 404],
    ['/v1/runs/none/messages', { text: ' ' }, 400],
    ['/v1/runs/none/signals/paid', { amount: 12 }, 404],
    ['/v1/runs/none/signals/paid', undefined, 404],
    ['/v1/runs/none/signals/a%20b', {}, 400],
  ])('POST %s %j → %i', async (url, body, status) => {
    expect((await serve().ask('POST', url, body)).status).toBe(status);
  });

  it('a policy with an unknown field → refused, naming it', async () => {
    const body = { goal: 'x', policy: { approvals: [{ tools: 'bank/*' }] } };
    const answer = await serve().ask('POST', '/v1/runs', body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain('policy.approvals');
  });
});
