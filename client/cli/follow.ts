import type { OstinatoConnection, RunDetail } from '../index.ts';
import { followRun } from '../index.ts';
import type { CliContext } from './context.ts';
import { createRunPrinter } from './view/run-printer.ts';

/**
 * Shows a run until it ends. With `--json`, `onEvent` gets what happens instead.
 * @returns the ended run; `null` when `signal` was raised before.
 */
export async function follow(
  context: CliContext,
  connection: OstinatoConnection,
  runId: string,
  options: {
    readonly signal: AbortSignal;
    readonly onEvent?: (event: unknown) => void;
    /** Gets a function that prints a line without disturbing the view. */
    readonly onReady?: (say: (line: string) => void) => void;
  },
): Promise<RunDetail | null> {
  const { style, isJson, process } = context;
  const printer = isJson
    ? null
    : createRunPrinter({
        write: process.out,
        style,
        isTty: process.isTty,
        width: process.width,
        height: process.height,
      });
  options.onReady?.((line) => (printer === null ? process.err(`${line}\n`) : printer.say(line)));
  try {
    for await (const event of followRun(connection, runId, { signal: options.signal })) {
      switch (event.kind) {
        case 'progress':
          printer?.show(event.progress);
          options.onEvent?.(event);
          break;
        case 'waiting':
          printer?.say(style.warn(`Waiting: ${event.reason}`));
          options.onEvent?.(event);
          break;
        case 'ended':
          return event.run;
      }
    }
    return null;
  } finally {
    printer?.end();
  }
}
