import type { Logger } from 'pino';
import { FAILURE } from '../../common/failures.ts';
import type { LlmRequest, LlmResponse, LlmUsage } from '../../common/llm.ts';
import { ServiceError } from '../errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { completeToolResults } from './complete-tool-results.ts';
import { createAnthropicDialect } from './dialects/anthropic.ts';
import { createGoogleDialect } from './dialects/google.ts';
import { createOllamaDialect } from './dialects/ollama.ts';
import { createOpenAiDialect } from './dialects/openai.ts';
import type { LlmDialect } from './llm-dialect.ts';
import type { LlmDialectName, LlmProviderConfig } from './llm-provider-config.ts';
import { toServiceError } from './to-service-error.ts';
import { withDeadline } from './with-deadline.ts';

export interface LlmGateway {
  /** Who would serve a call; `null` where no provider is configured. */
  configured(): { readonly provider: string; readonly model: string } | null;
  /**
   * One attempt at one provider: retries belong to the caller.
   *
   * @throws ServiceError of an `llm…` type; the reason of `signal` where that was aborted.
   */
  complete(request: LlmRequest, options: { readonly signal: AbortSignal }): Promise<LlmResponse>;
}

const DIALECTS: Readonly<Record<LlmDialectName, (config: LlmProviderConfig) => LlmDialect>> = {
  openai: createOpenAiDialect,
  anthropic: createAnthropicDialect,
  google: createGoogleDialect,
  ollama: createOllamaDialect,
};

/** The first provider serves every call. */
export function createLlmGateway(deps: {
  readonly providers: readonly LlmProviderConfig[];
  readonly metrics: Pick<Metrics, 'llmCall'>;
  readonly log: Logger;
}): LlmGateway {
  const [config] = deps.providers;
  const dialect = config === undefined ? null : DIALECTS[config.dialect](config);
  return {
    configured: () =>
      config === undefined ? null : { provider: config.name, model: config.model },
    async complete(request, { signal }) {
      if (config === undefined || dialect === null) throw noProvider();
      const servedBy = { provider: config.name, model: config.model };
      const startedMs = performance.now();
      const note = (outcome: string, usage: LlmUsage | null) =>
        deps.metrics.llmCall({
          ...servedBy,
          outcome,
          durationMs: performance.now() - startedMs,
          usage,
        });
      const whole = { ...request, messages: completeToolResults(request.messages) };
      try {
        const answer = await withDeadline(signal, config.timeoutMs, (limited) =>
          dialect.complete(whole, limited),
        );
        note('ok', answer.usage);
        return { ...answer, servedBy };
      } catch (error) {
        if (signal.aborted) {
          note('cancelled', null);
          throw signal.reason;
        }
        const { timeoutMs } = config;
        const failure = toServiceError(error, { ...servedBy, timeoutMs, nowMs: Date.now() });
        note(failure.type, null);
        const { type, retry, message } = failure;
        deps.log.warn({ ...servedBy, type, retry }, message);
        throw failure;
      }
    },
  };
}

function noProvider(): ServiceError {
  return new ServiceError(
    FAILURE.unavailable,
    'No model provider is configured. Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or start Ollama with a model.',
  );
}
