import { FAILURE } from '../../common/failures.ts';
import type { FailureType } from '../../common/failures.ts';
import type { BreakerOutcome } from '../../common/breaker.ts';
import type { LlmUsage } from '../../common/llm.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { CallFacts, ChainDeps } from './attempt-chain.ts';
import type { ChainWait } from './chain-error.ts';
import type { Credential } from './credentials.ts';
import type { Route } from './router/route.ts';

export type RouteGuard =
  | {
      readonly kind: 'open';
      /** Once, with how the attempt ended; `null`: it was cancelled. */
      ended(outcome: 'ok' | FailureType | null, usage: LlmUsage | null): Promise<void>;
    }
  | {
      readonly kind: 'refused';
      /** What the refusal holds for. */
      readonly scope: 'route' | 'key';
      readonly why: string;
      /** `null`: waiting does not help. */
      readonly wait: ChainWait | null;
    };

/** What says that a provider is ill; all else says nothing. */
const OUTCOMES: Readonly<Record<string, BreakerOutcome>> = {
  ok: 'ok',
  [FAILURE.llmUnavailable]: 'failed',
  [FAILURE.llmTimeout]: 'failed',
  [FAILURE.llmRateLimited]: 'rate-limited',
};

const NO_FACTS: CallFacts = { role: 'worker', can: [], isBatch: false };

/** While part of the calls is let through, the next draw may be a better one. */
const PARTIAL_RETRY_MS = 1_000;

/** Asks the breaker of the route and reserves of the key's limits, before anything is sent. */
export async function guardRoute(
  { breakers, limiter, nowMs, onEnd }: Pick<ChainDeps, 'breakers' | 'limiter' | 'nowMs' | 'onEnd'>,
  call: { readonly tenantId: TenantId; readonly tokens: number; readonly about?: CallFacts },
  route: Route,
  credential: Credential,
): Promise<RouteGuard> {
  const key = `${credential.id}/${route.model}`;
  const limits = route.limits;
  const reserved = limits === null ? null : await limiter.reserve(key, limits, call.tokens);
  if (reserved?.kind === 'denied') {
    const { waitMs } = reserved;
    const why =
      waitMs === null
        ? `the call needs up to ${call.tokens} tokens, the key has ${limits?.tokensPerMinute} a minute`
        : `the key's limit is used up for ${waitMs} ms`;
    const wait = waitMs === null ? null : { type: FAILURE.llmRateLimited, ms: waitMs };
    return { kind: 'refused', scope: 'key', why, wait };
  }
  const target = { tenantId: call.tenantId, kind: 'provider', name: route.id } as const;
  const admission = breakers === null ? null : await breakers.admit(target);
  const settle = async (used: number): Promise<void> => {
    if (reserved?.kind === 'granted') await limiter.settle(key, reserved.slot, used - call.tokens);
  };
  if (admission?.kind === 'diverted') {
    await settle(0);
    const { state, retryAtMs } = admission;
    const waitMs = retryAtMs === null ? PARTIAL_RETRY_MS : Math.max(0, retryAtMs - nowMs());
    const wait = { type: FAILURE.circuitOpen, ms: waitMs };
    return { kind: 'refused', scope: 'route', why: `its breaker is ${state.kind}`, wait };
  }
  const startedMs = performance.now();
  return {
    kind: 'open',
    async ended(outcome, usage) {
      await settle(tokensOf(usage) ?? (outcome === 'ok' ? call.tokens : 0));
      const latencyMs = performance.now() - startedMs;
      const { tenantId, tokens, about = NO_FACTS } = call;
      if (outcome !== null) onEnd?.({ tenantId, route, about, tokens, outcome, latencyMs, usage });
      const said = outcome === null ? null : (OUTCOMES[outcome] ?? null);
      await admission?.ended({ outcome: said, latencyMs, tokens: tokensOf(usage) ?? 0 });
    },
  };
}

/** All that a provider's limit counts; `null` where it did not say. */
function tokensOf(usage: LlmUsage | null): number | null {
  if (usage === null || usage.inputTokens === null || usage.outputTokens === null) return null;
  const cached = (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  return usage.inputTokens + cached + usage.outputTokens;
}
