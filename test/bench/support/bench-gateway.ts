import { pino } from 'pino';
import { openBreakers } from '../../../services/breaker/open-breakers.ts';
import type { LlmGateway } from '../../../services/llm/gateway.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import { benchRoute } from './bench-route.ts';

/** A gateway as a worker has it, with metrics and breakers, before one local provider. */
export function benchGateway(url: string): { gateway: LlmGateway; close(): Promise<void> } {
  const log = pino({ level: 'silent' });
  const breakers = openBreakers({ redisUrl: null, log });
  const gateway = createLlmGateway({
    routes: [benchRoute('local', url, { timeoutMs: 30_000 })],
    rules: { preset: 'configured' },
    metrics: createMetrics(),
    breakers: breakers.breakers,
    log,
  });
  return { gateway, close: () => breakers.close() };
}
