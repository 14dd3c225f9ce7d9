import { setTimeout as wait } from 'node:timers/promises';
import type { OstinatoConnection } from '../index.ts';
import { describeRun, isClientError } from '../index.ts';
import type { CliContext } from './context.ts';

const LOOK_EVERY_MS = 200;
const SAID_AFTER_LOOKS = 5;

/**
 * A message's run begins when the messages before it are answered.
 * @returns `false`: Ctrl-C ended the wait.
 */
export async function untilStarted(
  { process }: CliContext,
  connection: OstinatoConnection,
  runId: string,
): Promise<boolean> {
  const leave = new AbortController();
  const stopListening = process.onInterrupt(() => leave.abort());
  try {
    for (let looks = 1; !leave.signal.aborted; looks += 1) {
      try {
        await describeRun(connection, runId);
        return true;
      } catch (error) {
        if (!isClientError(error) || error.code !== 'not-found') throw error;
      }
      if (looks === SAID_AFTER_LOOKS) {
        process.err('Other messages of this conversation are answered first.\n');
      }
      await wait(LOOK_EVERY_MS, undefined, { signal: leave.signal }).catch(() => undefined);
    }
    process.err(`Left it to itself. Its answer will be "ostinato runs show ${runId}".\n`);
    return false;
  } finally {
    stopListening();
  }
}
