import type { Logger } from 'pino';
import type { ConfigFile } from '../config-file.ts';
import { openConfigFile } from '../config-file.ts';
import type { LlmGateway } from './gateway.ts';
import type { Routing } from './router/find-routes.ts';
import { routingChanges } from './router/routing-changes.ts';

/**
 * A gateway whose providers file may change while it runs: calls under way end as they began, the next
 * ones go by the new file.
 *
 * @param deps.create makes a gateway; called once now, and once for each new version of the file.
 * @throws ServiceError (BadInput) naming what is wrong in the file, the first time.
 */
export async function reloadGateway(deps: {
  /** `null`: the environment says it all. */
  readonly path: string | null;
  readonly read: () => Promise<Routing>;
  readonly create: (routing: Routing) => LlmGateway;
  readonly log: Logger;
}): Promise<{ readonly gateway: LlmGateway; readonly routing: ConfigFile<Routing> }> {
  const { path, read, create, log } = deps;
  const routing = await openConfigFile({
    ...{ what: 'the providers file', path, read, log },
    changes: routingChanges,
    onChange: (changed) => void (current = create(changed)),
  });
  let current = create(routing.value());
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
    routing,
  };
}
