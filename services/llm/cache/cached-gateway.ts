import { hash } from 'node:crypto';
import { canonicalJson } from '../../../common/canonical-json.ts';
import type { JsonValue } from '../../../common/json.ts';
import type { LlmRequest, LlmResponse } from '../../../common/llm.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { cacheAddress, cachePrefix } from '../../cache/cache-key.ts';
import type { LayeredCache } from '../../cache/layered-cache.ts';
import type { SemanticCache, SemanticPlace } from '../../cache/semantic/semantic-cache.ts';
import type { CallOptions, LlmGateway } from '../gateway.ts';
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

export interface CachedGatewayDeps {
  readonly gateway: LlmGateway;
  /** For requests that are equal. */
  readonly exact: Pick<LayeredCache<LlmResponse>, 'getOrLoad'>;
  /** For single questions that mean the same; `null`: none. */
  readonly semantic: SemanticCache<LlmResponse> | null;
}

/**
 * A gateway that does not ask a model twice what has one answer: calls at temperature 0 without
 * tools. Never across tenants, models, prompts or settings; all else goes to the model as before.
 */
export function createCachedGateway({ gateway, exact, semantic }: CachedGatewayDeps): LlmGateway {
  async function once(request: LlmRequest, options: CallOptions): Promise<LlmResponse> {
    const model = gateway.configured();
    const parts = [model, options.model ?? null, request as unknown as JsonValue];
    const { value, hit } = await exact.getOrLoad(
      cacheAddress(tenantOf(options), KIND, parts),
      (signal) => gateway.complete(request, { ...options, signal }),
      { signal: options.signal },
    );
    return hit ? { ...value, usage: NO_USAGE } : value;
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
