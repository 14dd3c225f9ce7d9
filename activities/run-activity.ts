import { cancellationSignal, Context } from '@temporalio/activity';
import { toFailure } from './failure.ts';

/** A cancellation arrives with the answer to a beat, so this bounds how late it is noticed. */
const BEAT_EVERY_MS = 600;

/**
 * Runs the body of an activity: beats while it works, so that a dead worker is noticed and a
 * cancellation arrives, and maps its error once.
 *
 * @param body gets the signal that a cancelled run raises.
 * @param place of the tool call that it makes; `null`: none
 */
export async function runActivity<Result>(
  body: (signal: AbortSignal) => Promise<Result>,
  place: string | null = null,
): Promise<Result> {
  const context = Context.current();
  // A local activity has nobody to beat for.
  const beat = context.info.isLocal
    ? undefined
    : setInterval(() => context.heartbeat(), BEAT_EVERY_MS);
  try {
    return await body(cancellationSignal());
  } catch (error) {
    // A body that was told to stop may fail in any way: the reason is the cancellation.
    if (cancellationSignal().aborted) throw cancellationSignal().reason ?? error;
    const sinceMs = context.info.scheduledTimestampMs;
    throw toFailure(error, place === null ? null : { place, sinceMs });
  } finally {
    clearInterval(beat);
  }
}
