import { z } from 'zod';
import type { Api } from '../api.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import type { HealthComponent } from '../health/health-component.ts';
import { overallStatus } from '../health/health-component.ts';
import { errorAnswers } from '../schemas/error-answers.ts';

const tags = ['health'];
const status = z.enum(['ok', 'degraded', 'down']);

const componentSchema: z.ZodType<HealthComponent> = z
  .object({
    name: z.string(),
    state: z.enum(['ok', 'degraded', 'down', 'off']),
    needed: z.boolean(),
    detail: z.string().nullable(),
    problem: z.string().nullable(),
    remedy: z.string().nullable(),
  })
  .meta({ id: 'HealthComponent' });

export function registerHealth(api: Api, deps: ResolvedApiDeps): void {
  api.get(
    '/health/live',
    {
      schema: {
        tags,
        summary: 'Whether the process answers; needs no key',
        security: [],
        response: { 200: z.object({ status: z.literal('ok') }) },
      },
    },
    () => ({ status: 'ok' as const }),
  );
  api.get(
    '/health/ready',
    {
      schema: {
        tags,
        summary: 'Whether runs can work: 200 or 503; needs no key',
        security: [],
        response: { 200: z.object({ status }), 503: z.object({ status }) },
      },
    },
    async (_request, reply) => {
      const overall = overallStatus(await deps.health.check());
      return reply.code(overall === 'down' ? 503 : 200).send({ status: overall });
    },
  );
  api.get(
    '/health',
    {
      schema: {
        tags,
        summary: 'Every component: its state, what is wrong and what to do',
        response: {
          200: z.object({ status, components: z.array(componentSchema) }),
          ...errorAnswers(),
        },
      },
    },
    async () => {
      const components = await deps.health.check();
      return { status: overallStatus(components), components: [...components] };
    },
  );
  api.get(
    '/metrics',
    { schema: { tags, summary: 'Prometheus metrics', produces: ['text/plain'] } },
    async (_request, reply) =>
      reply.header('content-type', deps.metrics.contentType).send(await deps.metrics.text()),
  );
}
