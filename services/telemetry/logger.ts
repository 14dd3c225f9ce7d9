import type { Bindings, DestinationStream, Logger } from 'pino';
import { destination as openDestination, pino } from 'pino';
import { prettyLine } from './pretty-line.ts';
import { redact, redactText } from './redact.ts';

/** Levels as in `Config.logLevel`. */
export interface LoggerOptions {
  readonly level: string;
  /** One readable line an entry instead of JSON. */
  readonly pretty: boolean;
  /** Who writes, in every entry. */
  readonly name: string;
  /** @default standard error, so that standard output stays free for results. */
  readonly destination?: DestinationStream;
}

/** Logs without secrets: whatever is given to it goes through `redact` first. */
export function createLogger(options: LoggerOptions): Logger {
  const output = options.destination ?? openDestination({ dest: 2, sync: true });
  const logger = pino(
    {
      level: options.level,
      name: options.name,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      // `redact` turns errors into plain objects, so pino's own serializer must not look at them.
      serializers: { err: (error: unknown) => error },
      formatters: {
        level: (label) => ({ level: label }),
        log: (entry) => redact(entry) as Record<string, unknown>,
      },
      // The last guard, over the whole line: also the message and what it was put together from.
      hooks: { streamWrite: (line) => redactText(line) },
    },
    options.pretty ? { write: (line: string) => output.write(prettyLine(line)) } : output,
  );
  return guardBindings(logger);
}

/** Pino writes the bindings of a child as they are; children inherit these two methods. */
function guardBindings(logger: Logger): Logger {
  const { child, setBindings } = logger;
  return Object.assign(logger, {
    child(this: Logger, bindings: Bindings, ...rest: readonly unknown[]) {
      return Reflect.apply(child, this, [redact(bindings), ...rest]) as Logger;
    },
    setBindings(this: Logger, bindings: Bindings) {
      Reflect.apply(setBindings, this, [redact(bindings)]);
    },
  });
}
