import { hash } from 'node:crypto';
import type { Logger } from 'pino';
import { canonicalJson } from '../../../common/canonical-json.ts';
import type { JsonValue } from '../../../common/json.ts';
import type { LlmRequest, LlmResponse } from '../../../common/llm.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { cacheAddress, cachePrefix } from '../../cache/cache-key.ts';
import type { LayeredCache } from '../../cache/layered-cache.ts';
import type { SemanticCache, SemanticPlace } from '../../cache/semantic/semantic-cache.ts';
import type { LastValues } from '../../cache/last-values.ts';
import { createLastValues } from '../../cache/last-values.ts';
import type { CacheAddress, SharedStore } from '../../cache/shared-store.ts';
import { staleWords } from '../../../common/degraded.ts';
import { isServiceError } from '../../errors.ts';
import type { CallOptions, LlmGateway } from '../gateway.ts';
import { parseResponse } from './parse-response.ts';
import { isDeterministic, isWholeAnswer, questionOf } from './cacheable-request.ts';

const KIND = 'model-answer';
/** Answers from a cache used nothing. */
const NO_USAGE = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
};

export interface LastAnswers {
  readonly values: LastValues<LlmResponse>;
  readonly maxAgeMs: number;
}

export interface CachedGatewayDeps {
  readonly gateway: LlmGateway;
  /** For requests that are equal. */
  readonly exact: Pick<LayeredCache<LlmResponse>, 'getOrLoad'>;
  /** Answers past their time, for when no model gives one. @default none stands in */
  readonly last?: LastAnswers;
  /** For single questions that mean the same; `null`: none. */
  readonly semantic: SemanticCache<LlmResponse> | null;
}

/**
 * A gateway that does not ask a model twice what has one answer: calls at temperature 0 without
 * tools. Never across tenants, models, prompts or settings; all else goes to the model as before.
 */
export function createCachedGateway(deps: CachedGatewayDeps): LlmGateway {
  const { gateway, exact, semantic, last } = deps;

  async function once(request: LlmRequest, options: CallOptions): Promise<LlmResponse> {
    const parts = [gateway.configured(), options.model ?? null, request as unknown as JsonValue];
    const address = cacheAddress(tenantOf(options), KIND, parts);
    const load = (signal: AbortSignal): Promise<LlmResponse> => {
      const ask = () => gateway.complete(request, { ...options, signal });
      return last === undefined ? ask() : last.values.load(address, ask);
    };
    try {
      const { value, hit } = await exact.getOrLoad(address, load, { signal: options.signal });
      return hit ? { ...value, usage: NO_USAGE } : value;
    } catch (error) {
      options.signal.throwIfAborted();
      const old =
        isServiceError(error) && error.retry.allowed ? await oldAnswer(last, address) : null;
      if (old === null) throw error;
      return old;
    }
  }

  return {
    ...gateway,
    async complete(request, options) {
      if (!isDeterministic(request)) return gateway.complete(request, options);
      const question = questionOf(request);
      if (semantic === null || question === null) return once(request, options);
      const place = placeOf(request, options, gateway.configured());
      const { value, hit } = await semantic.getOrLoad(place, question, () =>
        once(request, options),
      );
      return hit ? { ...value, usage: NO_USAGE } : value;
    },
  };
}

/** One hour; an answer that was cut off, refused or failed is not kept. */
export function answerTtlMs(response: LlmResponse): number {
  return isWholeAnswer(response) ? 3_600_000 : 0;
}

/** Kept for when no model answers: whole answers, for a day. */
export function createLastAnswers(options: {
  readonly shared: SharedStore | null;
  readonly maxAgeMs: number;
  readonly log: Logger;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}): LastAnswers {
  const { maxAgeMs, ...rest } = options;
  const values = createLastValues<LlmResponse>({
    ...rest,
    parse: parseResponse,
    keeps: isWholeAnswer,
    keepMs: maxAgeMs,
    maxBytes: 32 * 1024 * 1024,
  });
  return { values, maxAgeMs };
}

async function oldAnswer(
  last: LastAnswers | undefined,
  address: CacheAddress,
): Promise<LlmResponse | null> {
  const found = await last?.values.find(address, last.maxAgeMs);
  if (found === null || found === undefined) return null;
  const { servedBy } = found.value;
  const attempts = [
    {
      route: `${servedBy.provider}/${servedBy.model}`,
      outcome: 'ok' as const,
      why: 'no model answered: its earlier answer to the same call stands in',
      durationMs: 0,
    },
  ];
  const degraded = [staleWords(found.ageMs)];
  return {
    ...found.value,
    usage: NO_USAGE,
    routing: { preset: 'configured', attempts, excluded: [], degraded },
  };
}

function placeOf(
  request: LlmRequest,
  options: CallOptions,
  model: ReturnType<LlmGateway['configured']>,
): SemanticPlace {
  // All of the request but the question: whatever else it asks for must be equal.
  const messages = request.messages.filter(({ from }) => from === 'system');
  const settings = [model, options.model ?? null, { ...request, messages }];
  const owner = cachePrefix(tenantOf(options), KIND);
  const digest = hash('sha256', canonicalJson(settings as unknown as JsonValue), 'base64url');
  return { owner, partition: owner + digest };
}

function tenantOf(options: CallOptions) {
  return options.tenantId ?? DEFAULT_TENANT_ID;
}
