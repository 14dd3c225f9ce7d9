import { unwatchFile, watchFile } from 'node:fs';
import type { Logger } from 'pino';
import type { LlmGateway } from './gateway.ts';
import type { Routing } from './router/find-routes.ts';
import { routingChanges } from './router/routing-changes.ts';

/** How often the file is looked at, ms. */
const LOOK_EVERY_MS = 1_000;

/**
 * A gateway whose providers file may change while it runs: calls under way end as they began, the next
 * ones go by the new file. A file that is wrong changes nothing, and the log says what is wrong in it.
 *
 * @param deps.create makes a gateway; called once now, and once for each new version of the file.
 */
export function reloadGateway(deps: {
  readonly path: string;
  readonly routing: Routing;
  /** Reads the file again. @throws ServiceError (BadInput) naming what is wrong in it. */
  readonly read: () => Promise<Routing>;
  readonly create: (routing: Routing) => LlmGateway;
  readonly log: Logger;
}): {
  readonly gateway: LlmGateway;
  /** Reads the file at once, changed or not. Never throws: the log says what came of it. */
  reload(): Promise<void>;
  close(): void;
} {
  const { path, log } = deps;
  let { routing } = deps;
  let current = deps.create(routing);
  let reading: Promise<void> = Promise.resolve();
  const reload = async (): Promise<void> => {
    try {
      const read = await deps.read();
      const changes = routingChanges(routing, read);
      if (changes === null) {
        log.info({ path }, 'the providers file was read again: nothing in it has changed');
        return;
      }
      routing = read;
      current = deps.create(routing);
      log.info({ path, ...changes }, 'the providers file has changed, and holds from now on');
    } catch (error) {
      log.error({ err: error, path }, 'the providers file is wrong: the old one holds');
    }
  };
  const readAgain = (): Promise<void> => (reading = reading.then(reload));
  const look = (): void => void readAgain();
  watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, look);
  return {
    gateway: {
      configured: () => current.configured(),
      complete: (request, options) => current.complete(request, options),
      stream: (request, options) => current.stream(request, options),
      embed: (request, options) => current.embed(request, options),
      providers: {
        list: (...args) => current.providers.list(...args),
        suggest: (...args) => current.providers.suggest(...args),
        history: (...args) => current.providers.history(...args),
        enable: (...args) => current.providers.enable(...args),
      },
    },
    reload: readAgain,
    close: () => unwatchFile(path, look),
  };
}
