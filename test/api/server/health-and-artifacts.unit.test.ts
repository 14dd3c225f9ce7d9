// Proves what health, metrics and artifacts answer.
import { describe, expect, it } from 'vitest';
import { serve } from '../support/serve.ts';

describe('health and artifacts', () => {
  it('an artifact → a download in a safe type, whatever its tool called it', async () => {
    const { ask } = serve();
    const answer = await ask('GET', '/v1/artifacts/a1');
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="a1"',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    expect((await ask('GET', '/v1/artifacts/a2')).status).toBe(404);
  });

  it('health with something needed down → ready is 503, health tells all, live is 200', async () => {
    const down = {
      name: 'temporal',
      state: 'down' as const,
      needed: true,
      detail: null,
      problem: 'gone',
      remedy: 'start it',
    };
    const { ask } = serve({ health: { check: async () => [down] } });
    expect((await ask('GET', '/health/live')).status).toBe(200);
    const ready = await ask('GET', '/health/ready');
    expect([ready.status, ready.body]).toEqual([503, { status: 'down' }]);
    expect((await ask('GET', '/health')).body).toEqual({ status: 'down', components: [down] });
  });

  it('metrics → Prometheus text', async () => {
    const answer = await serve().ask('GET', '/metrics');
    expect([answer.headers['content-type'], answer.text]).toEqual([
      'text/plain; version=0.0.4',
      'up 1\n',
    ]);
  });
});
