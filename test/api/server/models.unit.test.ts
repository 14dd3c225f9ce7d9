// Proves what the routes of providers and of the history of models do and answer.
import { describe, expect, it } from 'vitest';
import { ROUTE } from '../support/fake-services.ts';
import { serve } from '../support/serve.ts';

describe('history of models', () => {
  it('suggestions, and how a model did → given; another model → 404 names those there are', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/providers/suggestions?days=7')).body).toMatchObject({
      suggestions: [{ instead: 'openai/n' }],
    });
    expect((await ask('GET', '/v1/providers/openai%2Fm/health?hours=2')).body).toMatchObject({
      route: { id: 'openai/m' },
      history: [{ state: 'healthy', calls: 1 }],
    });
    const missing = await ask('GET', '/v1/providers/openai%2Fx/health');
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('There are: openai/m.');
    expect((await ask('GET', '/v1/providers/suggestions?days=400')).status).toBe(400);
  });
});

describe('providers', () => {
  it('listed → each route with its health; enabling one that is not there → 404 names those', async () => {
    const { ask } = serve();
    expect((await ask('GET', '/v1/providers')).body).toEqual({ routes: [ROUTE] });
    expect((await ask('POST', '/v1/providers/openai/enable', {})).body).toEqual({ enabled: true });
    const missing = await ask('POST', '/v1/providers/opnai/enable', {});
    expect([missing.status, missing.body]).toMatchObject([
      404,
      { error: { message: 'There is no provider "opnai". There are: openai.' } },
    ]);
  });
});
