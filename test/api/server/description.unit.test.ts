// Proves what the description of the interface says of the routes.
import { describe, expect, it } from 'vitest';
import { serve } from '../support/serve.ts';

describe('the description', () => {
  it('what every route refuses before its handler → in its description, in the form it has there', async () => {
    const { body } = await serve().ask('GET', '/docs/json');
    type Answers = Record<string, { content?: Record<string, { schema?: { $ref?: string } }> }>;
    const { paths } = body as { paths: Record<string, Record<string, { responses: Answers }>> };
    const answers = (path: string, method: string) => paths[path]?.[method]?.responses ?? {};
    expect(Object.keys(answers('/v1/servers/{name}', 'put'))).toEqual(
      expect.arrayContaining(['400', '401', '413', '414', '415']),
    );
    const { '400': refused } = answers('/v1/chat/completions', 'post');
    expect(refused?.content?.['application/json']?.schema?.$ref).toMatch(/OpenAiError$/);
    const lines = answers('/v1/batches/{id}/results', 'get');
    expect(Object.keys(lines['200']?.content ?? {})).toEqual(['application/x-ndjson']);
    expect(Object.keys(lines['404']?.content ?? {})).toEqual(['application/json']);
  });

  it('the description → OpenAPI 3.1 with every route, its errors and its schemas', async () => {
    const { ask } = serve();
    const { body } = await ask('GET', '/docs/json');
    const { openapi, paths, components } = body as {
      openapi: string;
      paths: Record<string, Record<string, { responses: object }>>;
      components: { schemas: object };
    };
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).sort()).toEqual([
      '/health',
      '/health/live',
      '/health/ready',
      '/metrics',
      '/v1/approvals',
      '/v1/approvals/{id}',
      '/v1/artifacts/{id}',
      '/v1/batches',
      '/v1/batches/{id}',
      '/v1/batches/{id}/cancel',
      '/v1/batches/{id}/events',
      '/v1/batches/{id}/items',
      '/v1/batches/{id}/results',
      '/v1/batches/{id}/resume',
      '/v1/breakers',
      '/v1/breakers/history',
      '/v1/breakers/{kind}/{name}',
      '/v1/breakers/{kind}/{name}/history',
      '/v1/breakers/{kind}/{name}/isolate',
      '/v1/breakers/{kind}/{name}/release',
      '/v1/breakers/{kind}/{name}/settings',
      '/v1/chat/completions',
      '/v1/conversations/{id}/events',
      '/v1/conversations/{id}/messages',
      '/v1/effects',
      '/v1/effects/decide',
      '/v1/embeddings',
      '/v1/models',
      '/v1/plans/explain',
      '/v1/providers',
      '/v1/providers/suggestions',
      '/v1/providers/{id}/health',
      '/v1/providers/{name}/enable',
      '/v1/responses',
      '/v1/rules',
      '/v1/rules/import',
      '/v1/rules/suggestions',
      '/v1/rules/suggestions/{id}/accept',
      '/v1/rules/suggestions/{id}/dismiss',
      '/v1/rules/{name}',
      '/v1/runs',
      '/v1/runs/{id}',
      '/v1/runs/{id}/cancel',
      '/v1/runs/{id}/events',
      '/v1/runs/{id}/messages',
      '/v1/runs/{id}/pause',
      '/v1/runs/{id}/resume',
      '/v1/runs/{id}/signals/{name}',
      '/v1/schedules',
      '/v1/schedules/{id}',
      '/v1/schedules/{id}/backfill',
      '/v1/schedules/{id}/pause',
      '/v1/schedules/{id}/resume',
      '/v1/schedules/{id}/trigger',
      '/v1/search',
      '/v1/servers',
      '/v1/servers/import',
      '/v1/servers/{name}',
      '/v1/servers/{name}/login',
      '/v1/servers/{name}/login/finish',
      '/v1/servers/{name}/refresh',
      '/v1/servers/{name}/test',
      '/v1/tools',
      '/v1/tools/call',
      '/v1/tools/find',
      '/v1/tools/{server}/{tool}',
      '/v1/tools/{server}/{tool}/approve',
    ]);
    expect(paths['/v1/runs']?.['post']?.responses).toHaveProperty('422');
    expect(components.schemas).toHaveProperty('Run');
    expect(components.schemas).toHaveProperty('ModelChoice');
    expect((await ask('GET', '/docs')).headers['content-type']).toContain('text/html');
  });
});
