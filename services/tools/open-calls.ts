import type { Logger } from 'pino';
import type { Breakers } from '../breaker/breakers.ts';
import { guardCalls } from '../breaker/guard-calls.ts';
import type { EffectLedger } from '../ledger/effect-ledger.ts';
import type { Registry } from '../registry/registry.ts';
import type { Rules } from '../rules/rules.ts';
import type { AlternatePaths } from './alternate-paths.ts';
import { createAlternatePaths } from './alternate-paths.ts';
import type { StaleResults } from './stale-results.ts';
import type { ToolCaller } from './tool-caller.ts';

export interface OpenCalls {
  readonly alternates: AlternatePaths;
  /** Tools with breakers and alternate paths in front, for calls that are no activities. */
  readonly calls: ToolCaller;
}

/** What stands in front of the tools. */
export function openCalls(deps: {
  readonly rules: Pick<Rules, 'active'>;
  readonly registry: Pick<Registry, 'findTool'>;
  readonly tools: ToolCaller;
  readonly ledger: Pick<EffectLedger, 'mayHaveActed'>;
  readonly breakers: Pick<Breakers, 'admit'>;
  readonly stale?: Pick<StaleResults, 'answer'>;
  readonly log: Logger;
}): OpenCalls {
  const alternates = createAlternatePaths({ ...deps, log: deps.log.child({ part: 'alternates' }) });
  return {
    alternates,
    calls: { call: guardCalls(deps.breakers, deps.tools.call, alternates.answer) },
  };
}
