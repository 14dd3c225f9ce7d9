import { FAILURE } from '../../common/failures.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import { admitAll, isIllness } from './admit-all.ts';
import type { Breakers } from './breakers.ts';
import { toolTargets } from './tool-targets.ts';

type CallTool<Context> = (input: CallToolInput, context: Context) => Promise<ToolResult>;

/** Another way to the answer, where the server does not give it; `null`: there is none. */
export type Otherwise<Context> = (
  input: CallToolInput,
  context: Context,
  why: string,
) => Promise<ToolResult | null>;

/** While a breaker does not say when it may be asked again, ms. */
const RETRY_AFTER_MS = 1_000;

/** An error that is none of ours says nothing of the server. */
const UNKNOWN = 'Unknown';

/**
 * The same call with the breakers of its server and tool in front, for calls that are no activity of their own and
 * so meet no interceptor. What the server does not answer is asked of `otherwise`.
 *
 * @throws ServiceError (CircuitOpen), to be retried, where the call was not made.
 */
export function guardCalls<Context>(
  breakers: Pick<Breakers, 'admit'>,
  call: CallTool<Context>,
  otherwise: Otherwise<Context> = () => Promise.resolve(null),
): CallTool<Context> {
  return async (input, context) => {
    const admission = await admitAll(breakers, toolTargets(input));
    if (admission.kind === 'diverted') {
      const { target, state, retryAtMs } = admission;
      const breaker = `the breaker of ${target.kind} ${target.name}`;
      const answer = await otherwise(input, context, `${breaker} is ${state.kind}`);
      if (answer !== null) return answer;
      throw diverted(breaker, retryAtMs);
    }
    const startedMs = performance.now();
    const ended = (failure: string | null, incident: string | null): Promise<void> =>
      admission.ended({ failure, latencyMs: performance.now() - startedMs, incident });
    try {
      const result = await call(input, context);
      await ended(null, null);
      return result;
    } catch (error) {
      const failure = isServiceError(error) ? error.type : UNKNOWN;
      await ended(failure, isServiceError(error) ? error.incident : null);
      const answer = isIllness(failure) ? await otherwise(input, context, String(error)) : null;
      if (answer !== null) return answer;
      throw error;
    }
  };
}

function diverted(breaker: string, retryAtMs: number | null): ServiceError {
  const afterMs = Math.max(RETRY_AFTER_MS, (retryAtMs ?? 0) - Date.now());
  return new ServiceError(
    FAILURE.circuitOpen,
    `${capital(breaker)} does not let the call through. The call was not made; it is tried again in ${afterMs} ms.`,
    { retry: { allowed: true, afterMs } },
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
