import type { OstinatoConnection, RunHandle } from '../index.ts';
import type { CliContext } from './context.ts';
import type { ExitCode } from './exit-code.ts';
import { EXIT } from './exit-code.ts';
import { follow } from './follow.ts';
import { placesOf } from './places.ts';
import { longestWayLines } from './view/longest-way.ts';
import { hasWorked, runEnding, stepsOf } from './view/run-ending.ts';

/**
 * Shows a run that was just started until it ends. Ctrl-C asks it to end, a second one leaves it.
 *
 * @param isExplained says at the end which steps decided how long it took.
 * @param isLines with `--json`: each event is a line, instead of one document at the end.
 */
export async function attendRun(
  context: CliContext,
  connection: OstinatoConnection,
  handle: RunHandle<unknown>,
  isLines: boolean,
  isExplained = false,
): Promise<ExitCode> {
  const { runId } = handle;
  const leave = new AbortController();
  let say: (line: string) => void = () => undefined;
  let interrupts = 0;
  const line = (event: unknown): void => context.process.out(`${JSON.stringify(event)}\n`);
  const stopListening = context.process.onInterrupt(() => {
    interrupts += 1;
    if (interrupts > 1) return leave.abort();
    say('Asking the run to end. Ctrl-C again leaves it running.');
    handle
      .cancel('Cancelled from the terminal.')
      .catch((error: unknown) => say((error as Error).message));
  });
  try {
    const ended = await follow(context, connection, runId, {
      signal: leave.signal,
      ...(context.isJson && isLines ? { onEvent: line } : {}),
      onReady: (print) => {
        say = print;
      },
    });
    if (ended === null) {
      context.process.err(`Left it to itself. Follow it with "ostinato runs watch ${runId}".\n`);
      return EXIT.failed;
    }
    const links = placesOf(context.services, connection, ended);
    if (context.isJson && isLines) line({ kind: 'ended', run: { ...ended, links } });
    else if (context.isJson) context.printJson({ ...ended, links });
    else context.print(...runEnding(ended, links, context.style));
    if (isExplained) context.print(...longestWayLines(stepsOf(ended)));
    return hasWorked(ended) ? EXIT.worked : EXIT.failed;
  } finally {
    stopListening();
  }
}
