import type { Logger } from 'pino';
import type { BreakerHistory } from '../services/breaker/history/breaker-history.ts';
import { createBreakerHistory } from '../services/breaker/history/breaker-history.ts';
import type { OpenBreakers } from '../services/breaker/open-breakers.ts';
import { openBreakers } from '../services/breaker/open-breakers.ts';
import type { BreakerSettingsStore } from '../services/breaker/settings/breaker-settings.ts';
import { createBreakerSettings } from '../services/breaker/settings/breaker-settings.ts';
import type { BreakerRules } from '../services/breaker/settings/parse-breakers-file.ts';
import { readBreakersFile } from '../services/breaker/settings/parse-breakers-file.ts';
import { createPresetOf } from '../services/breaker/settings/preset-of.ts';
import type { ConfigFile } from '../services/config-file.ts';
import { openConfigFile } from '../services/config-file.ts';
import type { Config } from '../services/config.ts';
import type { Database } from '../services/database/database.ts';
import type { Registry } from '../services/registry/registry.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';

export interface BreakerParts {
  readonly breakers: OpenBreakers;
  readonly breakerHistory: BreakerHistory;
  readonly breakerSettings: BreakerSettingsStore;
  readonly breakersFile: ConfigFile<BreakerRules>;
}

/**
 * The breakers, how they went, and what operators have set of them.
 *
 * @throws ServiceError (BadInput) where the breakers file is wrong.
 */
export async function openBreakerParts(deps: {
  readonly config: Config;
  readonly database: Pick<Database, 'db'>;
  readonly registry: Pick<Registry, 'getServer'>;
  readonly metrics: Pick<Metrics, 'breakerDecision' | 'breakerTransition' | 'breakerPhases'>;
  readonly log: Logger;
}): Promise<BreakerParts> {
  const { config, metrics, log } = deps;
  const { file: path } = config.breakers;
  const read = () => readBreakersFile(path);
  const breakersFile = await openConfigFile({ what: 'the breakers file', path, read, log });
  const breakerSettings = createBreakerSettings({
    db: deps.database.db,
    rules: breakersFile.value,
    mode: config.breakers.mode,
    presetOf: createPresetOf(deps.registry),
    log,
  });
  const breakerHistory = createBreakerHistory({ db: deps.database.db, log });
  const breakers = openBreakers({
    redisUrl: config.redisUrl,
    settings: breakerSettings.of,
    onDecision: ({ kind }, decision) => metrics.breakerDecision(kind, decision),
    onTransition(target, transition) {
      breakerHistory.record(target, transition);
      metrics.breakerTransition(target.kind, transition.to);
    },
    log,
  });
  metrics.breakerPhases(() => breakers.breakers.phases());
  return { breakers, breakerHistory, breakerSettings, breakersFile };
}
