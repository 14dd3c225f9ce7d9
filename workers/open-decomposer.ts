import { createMemoryCache } from '../services/cache/memory-cache.ts';
import type { Config } from '../services/config.ts';
import type { Decomposed, Decomposer } from '../services/discovery/model-decomposer.ts';
import { createModelDecomposer } from '../services/discovery/model-decomposer.ts';
import type { LlmGateway } from '../services/llm/gateway.ts';
import type { Metrics } from '../services/telemetry/metrics.ts';

const KEPT = {
  maxBytes: 4 * 1024 * 1024,
  maxEntries: 2_000,
  ttlMs: 24 * 3_600_000,
  sizeOf: (steps: Decomposed['steps']): number => 2 * JSON.stringify(steps).length,
};

/** Who splits goals into steps for the planner; `undefined`: rules do. */
export function openDecomposer(deps: {
  readonly config: Pick<Config, 'decompose'>;
  readonly gateway: Pick<LlmGateway, 'complete'>;
  readonly metrics: Metrics;
}): Decomposer | undefined {
  const { config, gateway, metrics } = deps;
  if (config.decompose === 'rules') return undefined;
  const cache = createMemoryCache({ name: 'goal-steps', ...KEPT, metrics });
  return createModelDecomposer({ gateway, cache });
}
