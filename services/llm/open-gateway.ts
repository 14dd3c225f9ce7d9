import type { Logger } from 'pino';
import type { Breakers } from '../breaker/breakers.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { LlmGateway } from './gateway.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import { createAnswerCheck } from './check-answer.ts';
import { createLlmGateway } from './gateway.ts';
import { openRateLimiter } from './limits/open-rate-limiter.ts';
import type { UsageLog } from './usage/usage-log.ts';
import { findRoutes } from './router/find-routes.ts';

/**
 * The gateway that the environment configures.
 *
 * @throws ServiceError (BadInput) naming what is wrong in it.
 */
export async function openGateway(deps: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly redisUrl: string | null;
  readonly metrics: Metrics;
  readonly breakers: Pick<Breakers, 'admit' | 'state'>;
  /** Judges the answers of a cascade. */
  readonly validator: Pick<SchemaValidator, 'validate'>;
  readonly usage: UsageLog;
  readonly log: Logger;
}): Promise<{
  readonly gateway: LlmGateway;
  /** What the model that is asked first holds, tokens; `null`: not known. */
  readonly windowTokens: number | null;
  close(): void;
}> {
  const { metrics, breakers, usage, log } = deps;
  const routing = await findRoutes(deps.env, { fetch });
  const check = createAnswerCheck(deps.validator);
  const { limiter, close } = openRateLimiter({ redisUrl: deps.redisUrl, log });
  const windowTokens = routing.routes[0]?.facts.contextTokens ?? null;
  const gateway = createLlmGateway({ ...routing, metrics, log, breakers, limiter, check, usage });
  return { gateway, windowTokens, close };
}
