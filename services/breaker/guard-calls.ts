import type { BreakerOutcome } from '../../common/breaker.ts';
import { FAILURE } from '../../common/failures.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { Breakers } from './breakers.ts';

type CallTool<Context> = (input: CallToolInput, context: Context) => Promise<ToolResult>;

/** Another way to the answer, where the server does not give it; `null`: there is none. */
export type Otherwise<Context> = (
  input: CallToolInput,
  context: Context,
  why: string,
) => Promise<ToolResult | null>;

/** While a breaker does not say when it may be asked again, ms. */
const RETRY_AFTER_MS = 1_000;

const OUTCOMES: Readonly<Record<string, BreakerOutcome>> = {
  [FAILURE.toolUnavailable]: 'failed',
  [FAILURE.toolTimeout]: 'failed',
  [FAILURE.toolBadAnswer]: 'failed',
};

/**
 * The same call with its server's breaker in front, for calls that are no activity of their own and
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
    const name = input.tool.slice(0, input.tool.indexOf('/'));
    const { tenantId } = input.tenant;
    const admission = await breakers.admit({ tenantId, kind: 'mcp', name });
    if (admission.kind === 'diverted') {
      const answer = await otherwise(
        input,
        context,
        `the breaker of mcp ${name} is ${admission.state.kind}`,
      );
      if (answer !== null) return answer;
      throw diverted(name, admission.retryAtMs);
    }
    const startedMs = performance.now();
    const ended = (outcome: BreakerOutcome | null, incident: string | null): Promise<void> =>
      admission.ended({ outcome, latencyMs: performance.now() - startedMs, incident });
    try {
      const result = await call(input, context);
      await ended('ok', null);
      return result;
    } catch (error) {
      const known = isServiceError(error) ? error : null;
      const outcome = known === null ? null : (OUTCOMES[known.type] ?? null);
      await ended(outcome, known?.incident ?? null);
      const answer = outcome === null ? null : await otherwise(input, context, String(error));
      if (answer !== null) return answer;
      throw error;
    }
  };
}

function diverted(server: string, retryAtMs: number | null): ServiceError {
  const afterMs = Math.max(RETRY_AFTER_MS, (retryAtMs ?? 0) - Date.now());
  return new ServiceError(
    FAILURE.circuitOpen,
    `The breaker of mcp ${server} does not let the call through. The call was not made; it is tried again in ${afterMs} ms.`,
    { retry: { allowed: true, afterMs } },
  );
}
