// Proves what the routes of tools do and answer.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../../services/errors.ts';
import { fakeServices } from '../support/fake-services.ts';
import { serve } from '../support/serve.ts';

describe('tools', () => {
  it('list, read, change, approve, remove → what the registry says', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/tools')).body).toMatchObject({
      catalogueVersion: 1,
      tools: [{ id: 'files/read', effect: 'read' }],
    });
    expect((await ask('GET', '/v1/tools/files/read')).body).not.toHaveProperty('tenantId');
    const near = await ask('GET', '/v1/tools/files/raed');
    expect(near.status).toBe(404);
    expect(near.text).toContain('Did you mean \\"files/read\\"?');
    const changed = await ask('PATCH', '/v1/tools/files/read', { enabled: false });
    expect(changed.body).toMatchObject({ enabled: false });
    expect((await ask('PATCH', '/v1/tools/files/read', {})).status).toBe(400);
    expect((await ask('POST', '/v1/tools/files/read/approve')).status).toBe(200);
    const old = await ask('POST', '/v1/tools/files/read/approve', { fingerprint: 'f0' });
    expect(old.status).toBe(409);
    expect((await ask('DELETE', '/v1/tools/files/read')).status).toBe(204);
    expect((await ask('DELETE', '/v1/tools/files/read')).status).toBe(404);
  });

  it('a call → the tool by its id or model name, under a key of the tenant', async () => {
    const { ask, services } = serve();
    const byName = await ask('POST', '/v1/tools/call', { tool: 'files_read', args: { path: 'x' } });
    expect([byName.status, byName.body]).toMatchObject([200, { structured: { ok: true } }]);
    await ask('POST', '/v1/tools/call', { tool: 'files/read' }, { 'idempotency-key': 'k1' });
    expect(services.calls).toMatchObject([
      { tool: 'files/read', args: { path: 'x' }, fingerprint: null },
      { tool: 'files/read', args: {}, idempotencyKey: 'api:default:k1' },
    ]);
  });

  it.each([
    [FAILURE.toolUnavailable, 503, '5'],
    [FAILURE.toolTimeout, 504, undefined],
    [FAILURE.toolBadArguments, 400, undefined],
    [FAILURE.toolDisabled, 409, undefined],
    [FAILURE.toolOutcomeUnknown, 409, undefined],
    [FAILURE.payloadTooLarge, 413, undefined],
    [FAILURE.llmRateLimited, 429, '5'],
  ] as const)(
    'a call that fails with %s → %i, retry-after %s',
    async (type, status, retryAfter) => {
      const call = async (): Promise<never> => {
        throw new ServiceError(type, 'It did not work.');
      };
      const answer = await serve({ tools: { call } }).ask('POST', '/v1/tools/call', {
        tool: 'a/b',
      });
      expect(answer.status).toBe(status);
      expect(answer.headers['retry-after']).toBe(retryAfter);
      expect(answer.body).toMatchObject({ error: { type, message: 'It did not work.' } });
    },
  );

  it('search → the tools with their scores; without a query → 400', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/search?q=read&k=3')).body).toMatchObject({
      hits: [{ tool: { id: 'files/read' }, score: 0.5 }],
    });
    expect((await ask('GET', '/v1/search')).status).toBe(400);
    expect((await ask('GET', '/v1/search?q=x&k=1000')).status).toBe(400);
  });

  it('search with filters, one or many of each → what the search is limited to', async () => {
    const asked: unknown[] = [];
    const { ask, services } = serve({
      index: {
        ...fakeServices().index,
        find: async (...request) => {
          asked.push(request);
          return { hits: [], confidence: 0, fits: false, evidence: null };
        },
      },
    });
    services.servers.set('gone', { name: 'gone', status: 'unreachable' } as never);
    const path = '/v1/search?q=a%20file&server=files&effect=read&effect=keyed&tag=x&tag=y&k=7';
    expect((await ask('GET', `${path}&reachable=true`)).body).toEqual({
      ...{ hits: [], confidence: 0, fits: false, evidence: null },
    });
    const limits = { k: 7, servers: ['files'], effects: ['read', 'keyed'], tags: ['x', 'y'] };
    expect(asked).toEqual([['default', 'a file', { ...limits, skipServers: ['gone'] }]]);
    for (const wrong of ['effect=none', 'server=A B', 'k=0', 'reachable=maybe', 'what=1']) {
      expect((await ask('GET', `/v1/search?q=x&${wrong}`)).status, wrong).toBe(400);
    }
  });
});
