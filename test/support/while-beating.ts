import { Context } from '@temporalio/activity';

const EVERY_MS = 1_000;

/**
 * The work of a fake activity that may wait. It beats as the engine's own do: one that is silent for
 * ten seconds, as on a machine that is busy, is taken for lost and begun a second time.
 */
export async function whileBeating<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
