import type { Logger } from 'pino';
import { NO_USAGE } from '../../../common/add-usage.ts';
import type { LlmRouting } from '../../../common/llm-routing.ts';
import type { LlmMessage, LlmRequest, LlmResponse, LlmUsage } from '../../../common/llm.ts';
import { summariseByModel } from '../../context/summarise-by-model.ts';
import { summariseByRules } from '../../context/summarise-by-rules.ts';

export interface Summary {
  readonly text: string;
  readonly usage: LlmUsage;
  readonly routing: readonly LlmRouting[];
}

/** Puts messages into at most `maxTokens` tokens. */
export type Summarise = (messages: readonly LlmMessage[], maxTokens: number) => Promise<Summary>;

export interface SummariseDeps {
  readonly by: 'model' | 'rules';
  readonly ask: (request: LlmRequest) => Promise<LlmResponse>;
  readonly signal: AbortSignal;
  /** Longest transcript that the model is sent. */
  readonly maxPromptTokens: number;
  readonly log: Logger;
}

/** By the model, or by rules where that is asked for or the model has none to give. */
export function createSummarise(deps: SummariseDeps): Summarise {
  const { by, ask, signal, maxPromptTokens, log } = deps;
  const byRules = (messages: readonly LlmMessage[], maxTokens: number): Summary => {
    return { text: summariseByRules(messages, maxTokens), usage: NO_USAGE, routing: [] };
  };
  return async (messages, maxTokens) => {
    if (by === 'rules') return byRules(messages, maxTokens);
    try {
      const { text, response } = await summariseByModel(ask, messages, {
        maxTokens,
        maxPromptTokens,
      });
      const { usage, routing } = response;
      if (text === null) log.warn({ finish: response.finish }, 'the model made no summary');
      return {
        text: text ?? summariseByRules(messages, maxTokens),
        usage,
        routing: routing === undefined ? [] : [routing],
      };
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ problem: String(error) }, 'the model made no summary');
      return byRules(messages, maxTokens);
    }
  };
}
