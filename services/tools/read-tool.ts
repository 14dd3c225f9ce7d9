import type { ToolResult } from '../../common/tool.ts';
import type { ReadyCall } from './call-server.ts';
import { keepAnswer, sendToServer } from './call-server.ts';
import { enterLimits } from './enter-limits.ts';
import { PersonalAnswer, sharable } from './personal-answer.ts';
import { resultAddress } from './result-cache.ts';
import type { ToolCallContext, ToolCallerDeps } from './tool-caller.ts';

export interface ReadAnswer {
  readonly value: ToolResult;
  /** Nothing was asked of the server for it. */
  readonly hit: boolean;
}

type ReadDeps = Pick<
  ToolCallerDeps,
  'cache' | 'stale' | 'artifacts' | 'connections' | 'limiter' | 'tenantLimits'
>;

/**
 * Calls a tool that changes nothing, or gives what is known of the same call.
 *
 * @throws ToolAsked, McpError and as stores do
 */
export async function readTool(
  deps: ReadDeps,
  ready: ReadyCall,
  { signal, cache }: ToolCallContext,
): Promise<ReadAnswer> {
  const alone = async (): Promise<ReadAnswer> => ({
    value: await askServer(deps, ready, signal),
    hit: false,
  });
  // What a person says is the answer to this call and no other.
  if (ready.input.answered !== undefined) return alone();
  const load = (loading: AbortSignal): Promise<ToolResult> => loadResult(deps, ready, loading);
  try {
    if (cache === 'bypass') return { value: await load(signal), hit: false };
    return await deps.cache.getOrLoad(resultAddress(ready), load, { signal });
  } catch (error) {
    if (!(error instanceof PersonalAnswer)) throw error;
    return error.owner === ready ? { value: error.forOwner(), hit: false } : alone();
  }
}

function loadResult(deps: ReadDeps, ready: ReadyCall, signal: AbortSignal): Promise<ToolResult> {
  const ask = (): Promise<ToolResult> => sharable(ready, () => askServer(deps, ready, signal));
  return deps.stale === undefined ? ask() : deps.stale.load(ready, ask);
}

async function askServer(
  deps: ReadDeps,
  ready: ReadyCall,
  signal: AbortSignal,
): Promise<ToolResult> {
  const leave = await enterLimits(deps, ready);
  try {
    return await keepAnswer(
      deps.artifacts,
      ready,
      await sendToServer(deps.connections, ready, signal),
    );
  } finally {
    leave();
  }
}
