import { pino } from 'pino';
import { FAILURE } from '../../../common/failures.ts';
import type { FailureType } from '../../../common/failures.ts';
import type { ChainDeps } from '../../../services/llm/attempt-chain.ts';
import { createCredentials } from '../../../services/llm/credentials.ts';
import { createLocalRateLimiter } from '../../../services/llm/limits/rate-limiter.ts';
import { createRetryBudget } from '../../../services/llm/retry-budget.ts';
import { createRouteHealths } from '../../../services/llm/route-health.ts';
import { modelFacts } from '../../../services/llm/router/model-facts.ts';
import type { Route } from '../../../services/llm/router/route.ts';
import { ServiceError } from '../../../services/errors.ts';

/** `route('openai/gpt-5', { … })`. */
export function route(id: string, over: Partial<Route> = {}): Route {
  const [provider = '', model = ''] = id.split('/');
  return {
    id,
    provider,
    dialect: 'openai',
    model,
    baseUrl: null,
    apiKeys: [`key-of-${provider}`],
    timeoutMs: 1_000,
    facts: modelFacts(model),
    price: { kind: 'unknown' },
    limits: null,
    equivalent: null,
    batchOnly: false,
    serviceTier: null,
    ...over,
  };
}

export interface FakeChain {
  readonly deps: ChainDeps;
  readonly switches: string[];
  nowMs: number;
}

export function chainDeps(routes: readonly Route[], over: Partial<ChainDeps> = {}): FakeChain {
  const fake = { nowMs: 1_000_000, switches: [] as string[] };
  const nowMs = () => fake.nowMs;
  const deps: ChainDeps = {
    credentials: createCredentials(routes),
    limiter: createLocalRateLimiter({ nowMs }),
    breakers: null,
    healths: createRouteHealths(),
    budget: createRetryBudget(),
    log: pino({ level: 'silent' }),
    nowMs,
    onSwitch: ({ id }, why) => void fake.switches.push(`${id} ${why}`),
    ...over,
  };
  return Object.assign(fake, { deps });
}

const RETRIED: readonly FailureType[] = [
  FAILURE.llmUnavailable,
  FAILURE.llmTimeout,
  FAILURE.llmRateLimited,
];

export function failure(type: FailureType, afterMs: number | null = null): ServiceError {
  const retry = { allowed: RETRIED.includes(type), afterMs };
  return new ServiceError(type, `It failed with ${type}.`, { retry });
}
