import type { Logger } from 'pino';
import { openSharedStore } from '../services/cache/open-shared-store.ts';
import { createLayeredCache } from '../services/cache/layered-cache.ts';
import type { RedisClient } from '../services/cache/connect-redis.ts';
import { createSemanticCache } from '../services/cache/semantic/semantic-cache.ts';
import { createSemanticLog } from '../services/cache/semantic/semantic-log.ts';
import type { Config } from '../services/config.ts';
import { createMiniLmEmbedder } from '../services/embeddings/mini-lm-embedder.ts';
import { alikeAnswers } from '../services/llm/cache/alike-answers.ts';
import { isWholeAnswer, textOf } from '../services/llm/cache/cacheable-request.ts';
import {
  answerTtlMs,
  createCachedGateway,
  createLastAnswers,
} from '../services/llm/cache/cached-gateway.ts';
import { parseResponse } from '../services/llm/cache/parse-response.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';
import type { GoalAnswers } from '../services/planner/model/answer-like-goal.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';

const MIB = 1024 * 1024;

export interface AnswerCacheDeps {
  readonly config: Pick<Config, 'answerCache' | 'modelDir' | 'redisUrl'>;
  readonly gateway: LlmGateway;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export interface AnswerCache {
  readonly gateway: LlmGateway;
  /** For the first turns of agents, where the configuration asks for that; `null`: never. */
  readonly goalAnswers: GoalAnswers | null;
  close(): Promise<void>;
}

/** The gateway with the cache of answers that the configuration asks for: none by default. */
export async function openAnswerCache(deps: AnswerCacheDeps): Promise<AnswerCache> {
  const { config, gateway, metrics, log } = deps;
  const { mode, maxWrong, staleMs, turns } = config.answerCache;
  if (mode === 'off') return { gateway, goalAnswers: null, close: () => Promise.resolve() };
  const shared = await openSharedStore(config.redisUrl);
  const exact = createLayeredCache({
    name: 'model-answers',
    ...{ metrics, log, shared: shared.store },
    parse: parseResponse,
    ttlMs: answerTtlMs,
    maxBytes: 64 * MIB,
    maxEntries: 10_000,
    // A character takes two bytes at worst.
    sizeOf: (response) => JSON.stringify(response).length * 2,
  });
  const last =
    staleMs === 0 ? null : createLastAnswers({ shared: shared.store, maxAgeMs: staleMs, log });
  const embedder = mode === 'semantic' ? createMiniLmEmbedder(config) : null;
  const semantic =
    embedder &&
    createSemanticCache({
      ...{ embedder, maxWrong, metrics, log },
      alike: (a, b) => alikeAnswers(embedder, textOf(a), textOf(b)),
      keep: isWholeAnswer,
      ...(shared.client === null ? {} : { shared: sharedLog(shared.client, metrics, log) }),
    });
  return {
    gateway: createCachedGateway({ gateway, exact, semantic, ...(last && { last }) }),
    goalAnswers: turns ? semantic : null,
    async close() {
      exact.close();
      shared.close();
      await embedder?.close();
    },
  };
}

/** What one worker learned of like questions, the others know too. */
function sharedLog(redis: RedisClient, metrics: Metrics, log: Logger) {
  const onError = (): void => metrics.cacheEvent('model-answers/semantic', 'error');
  return { log: createSemanticLog(redis, { onError, log }), parse: parseResponse };
}
