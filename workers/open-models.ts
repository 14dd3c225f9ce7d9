import type { Logger } from 'pino';
import type { Breakers } from '../services/breaker/breakers.ts';
import type { Config } from '../services/config.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';
import { openGateway } from '../services/llm/open-gateway.ts';
import type { UsageLog } from '../services/llm/usage/usage-log.ts';
import type { SchemaValidator } from '../services/schema/schema-validator.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';
import type { GoalAnswers } from '../services/planner/model/answer-like-goal.ts';
import { openAnswerCache } from './open-answer-cache.ts';

/**
 * The gateway that the environment configures, behind the cache of answers that it asks for.
 *
 * @throws ServiceError (BadInput) naming what is wrong in it.
 */
export async function openModels(deps: {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly metrics: Metrics;
  readonly breakers: Pick<Breakers, 'admit' | 'state'>;
  readonly validator: Pick<SchemaValidator, 'validate'>;
  readonly usage: UsageLog;
  readonly log: Logger;
}): Promise<{
  readonly gateway: LlmGateway;
  /** Answers to goals that mean the same; `null`: none are kept. */
  readonly goalAnswers: GoalAnswers | null;
  /** What the model that is asked first holds, tokens; `null`: not known. */
  readonly windowTokens: number | null;
  /** Reads the providers file again, where there is one. Never throws. */
  reload(): Promise<void>;
  close(): Promise<void>;
}> {
  const { config, env, metrics, breakers, validator, usage } = deps;
  const log = deps.log.child({ part: 'llm' });
  const models = await openGateway({
    env,
    redisUrl: config.redisUrl,
    metrics,
    breakers,
    validator,
    usage,
    probeEveryMs: config.probeEveryMs,
    log,
  });
  const answers = await openAnswerCache({ config, metrics, log, gateway: models.gateway });
  return {
    gateway: answers.gateway,
    goalAnswers: answers.goalAnswers,
    windowTokens: models.windowTokens,
    reload: models.reload,
    async close() {
      await answers.close();
      await models.close();
    },
  };
}
