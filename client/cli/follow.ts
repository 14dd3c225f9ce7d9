import type { OstinatoConnection, RunDetail } from '../index.ts';
import { followRun, liveFromApi } from '../index.ts';
import type { CliContext } from './context.ts';
import { createRunPrinter } from './view/run-printer.ts';

/**
 * Shows a run until it ends, with the words of its model as they are written. With `--json`, `onEvent` gets what happens instead.
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
  const { style, isJson, process, services } = context;
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Words of models come through the API; without one, the run is shown all the same.
  const api = { url: services.apiUrl, key: services.apiKey ?? undefined };
  const live = liveFromApi(api, runId, signal);
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
    for await (const event of followRun(connection, runId, { signal, live })) {
      switch (event.kind) {
        case 'progress':
          printer?.show(event.progress);
          options.onEvent?.(event);
          break;
        case 'live':
          printer?.live(event.event);
          options.onEvent?.(event);
          break;
        case 'lost':
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
    stop.abort();
    printer?.end();
  }
}
