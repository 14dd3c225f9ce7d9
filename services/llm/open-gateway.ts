import type { Logger } from 'pino';
import type { Breakers } from '../breaker/breakers.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { LlmGateway } from './gateway.ts';
import { OPERATOR } from '../net/outbound-policy.ts';
import { createOutboundFetch } from '../net/outbound.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import { createAnswerCheck } from './check-answer.ts';
import type { Credentials } from './credentials.ts';
import { createCredentials } from './credentials.ts';
import { createLlmGateway } from './gateway.ts';
import { probeRoutes } from './probe-routes.ts';
import { reloadGateway } from './reload-gateway.ts';
import { createRouteHealths } from './route-health.ts';
import type { Routing } from './router/find-routes.ts';
import { openRateLimiter } from './limits/open-rate-limiter.ts';
import type { UsageLog } from './usage/usage-log.ts';
import { findRoutes } from './router/find-routes.ts';

/**
 * The gateway that the environment configures; where it names a providers file, the gateway goes by the
 * file as it is then.
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
  /** Between two looks for routes that nobody calls, to ask them something; 0: they are not asked. */
  readonly probeEveryMs: number;
  readonly log: Logger;
}): Promise<{
  readonly gateway: LlmGateway;
  /** What the model that is asked first holds, tokens; `null`: not known. */
  readonly windowTokens: number | null;
  /** Reads the providers file again, where there is one. Never throws. */
  reload(): Promise<void>;
  close(): Promise<void>;
}> {
  const { env, metrics, breakers, usage, log } = deps;
  const fetch = createOutboundFetch(OPERATOR);
  const read = () => findRoutes(env, { fetch });
  const check = createAnswerCheck(deps.validator);
  const limits = openRateLimiter({ redisUrl: deps.redisUrl, log });
  const { limiter, keys } = limits;
  const healths = createRouteHealths();
  const noted: UsageLog = {
    ...usage,
    record(attempt) {
      usage.record(attempt);
      metrics.routeSuccess(attempt.route, healths.success(attempt.route) ?? 0);
    },
  };
  let credentials: Credentials | null = null;
  const create = (by: Routing): LlmGateway => {
    credentials = createCredentials(by.routes, {
      ...{ shared: keys, before: credentials },
      onDisabled(provider, { id }, { type, message }) {
        metrics.llmKeyDisabled({ provider, why: type });
        log.error({ credential: id, type }, message);
      },
    });
    const known = { credentials, healths, usage: noted };
    return createLlmGateway({ ...by, ...known, metrics, log, breakers, limiter, check });
  };
  const path = env['OSTINATO_PROVIDERS_FILE']?.trim() || null;
  const { gateway, routing } = await reloadGateway({ path, read, create, log });
  const { probeEveryMs } = deps;
  const probes = probeEveryMs === 0 ? null : probeRoutes({ gateway, everyMs: probeEveryMs, log });
  return {
    gateway,
    windowTokens: routing.value().routes[0]?.facts.contextTokens ?? null,
    reload: routing.reload,
    async close() {
      routing.close();
      await probes?.close();
      limits.close();
    },
  };
}
