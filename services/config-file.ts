import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';

/** A file of settings that may change while the process runs. */
export interface ConfigFile<Value> {
  /** What holds now. */
  value(): Value;
  /** Reads the file at once, changed or not. Never throws: the log says what came of it. */
  reload(): Promise<void>;
  close(): void;
}

export interface ConfigFileOptions<Value> {
  /** For the log: `the breakers file`. */
  readonly what: string;
  /** `null`: there is no file, and what is read first holds for good. */
  readonly path: string | null;
  /** @throws an error that names what is wrong in it. */
  readonly read: () => Promise<Value>;
  /** What is different, for the log and without secrets; `null`: nothing. @default only whether it is */
  readonly changes?: (before: Value, after: Value) => object | null;
  /** Takes over what was read; where it throws, the old one holds. @default nobody needs to know */
  readonly onChange?: (value: Value, before: Value) => unknown;
  /** How often the file is looked at, ms. @default 1000 */
  readonly lookEveryMs?: number;
  readonly log: Logger;
}

/**
 * Reads a file of settings now, again whenever it has changed, and when it is asked to. A file that is
 * wrong changes nothing, and the log says what is wrong in it.
 *
 * @throws what `read` throws, the first time.
 */
export async function openConfigFile<Value>(
  options: ConfigFileOptions<Value>,
): Promise<ConfigFile<Value>> {
  const { what, path, read, changes = whether, onChange, lookEveryMs = 1_000, log } = options;
  // Before the file is read: what is written in between is then seen as a change.
  let stamp = await stampOf(path);
  let value = await read();
  let reading: Promise<void> = Promise.resolve();
  const readAgain = async (): Promise<void> => {
    try {
      const after = await read();
      const changed = changes(value, after);
      if (changed === null) {
        log.info({ path }, `${what} was read again: nothing in it has changed`);
        return;
      }
      await onChange?.(after, value);
      value = after;
      log.info({ path, ...changed }, `${what} has changed, and holds from now on`);
    } catch (error) {
      log.error({ err: error, path }, `${what} is wrong: the old one holds`);
    }
  };
  const reload = (): Promise<void> => (reading = reading.then(readAgain));
  if (path === null) {
    return { value: () => value, reload: () => Promise.resolve(), close: () => undefined };
  }
  const look = async (): Promise<void> => {
    const now = await stampOf(path);
    if (now === stamp) return;
    stamp = now;
    await reload();
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return { value: () => value, reload, close: () => clearInterval(timer) };
}

/** Another one where the file was written to, replaced or taken away. */
async function stampOf(path: string | null): Promise<string | null> {
  if (path === null) return null;
  const found = await stat(path, { bigint: true }).catch(() => null);
  return found && `${found.ino}/${found.size}/${found.mtimeNs}`;
}

function whether(before: unknown, after: unknown): object | null {
  return isDeepStrictEqual(before, after) ? null : {};
}
