import { artifactIdsIn } from '../../common/artifact-values.ts';
import { dependenciesOf } from '../../common/order-steps.ts';
import { leaveBatches } from '../../common/optimise/leave-batches.ts';
import type { Plan, PlanStep, StepId } from '../../common/plan.ts';
import { resolveArgs } from '../../common/resolve-args.ts';
import type { TenantContext } from '../../common/tenant.ts';
import type { ToolResult } from '../../common/tool.ts';
import type { LayeredCache } from '../cache/layered-cache.ts';
import { isServiceError } from '../errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ToolRegistry } from './find-callable.ts';
import { findServer, findTool } from './find-callable.ts';
import { resultAddress } from './result-cache.ts';

type Tenant = Pick<TenantContext, 'tenantId'>;

/** Reads of a plan that need no call, since the cache of results holds what they ask. */
export interface KnownAnswers {
  /** The plan with `known` at such steps. What cannot be looked up is left for its call. */
  fill(tenant: Tenant, plan: Plan): Promise<Plan>;
}

/** A step starts at once or asks again: an answer gets this much older than the cache allows. */
const USABLE_MS = 5_000;
/** Answers lie in the history twice, in the plan and in the result: long ones come by a call. */
const MAX_ANSWER_CHARS = 4_000;
const MAX_PLAN_CHARS = 64_000;

export function createKnownAnswers(deps: {
  readonly registry: ToolRegistry;
  /** From `createResultCache`. */
  readonly cache: Pick<LayeredCache<ToolResult>, 'peek'>;
  readonly metrics: Pick<Metrics, 'toolCall'>;
  /** @default `Date.now` */
  readonly nowMs?: () => number;
}): KnownAnswers {
  const { registry, cache, metrics, nowMs = Date.now } = deps;

  async function find(tenant: Tenant, step: PlanStep): Promise<ToolResult | null> {
    const args = resolveArgs(step.args, new Map());
    if (artifactIdsIn(args).length > 0) return null;
    const tool = await findTool(registry, tenant.tenantId, step.tool);
    if (tool.effect !== 'read') return null;
    const server = await findServer(registry, tool, { tenant, fingerprint: step.fingerprint });
    const result = await cache.peek(resultAddress({ input: { tenant }, tool, server, args }));
    if (result === null || result.isError) return null;
    return JSON.stringify(result).length <= MAX_ANSWER_CHARS ? result : null;
  }

  return {
    async fill(tenant, plan) {
      const startMs = performance.now();
      const firsts = startingBatches(plan);
      const found = await Promise.all(
        plan.steps.map(async (step) =>
          mayBeKnown(step, firsts) ? find(tenant, step).catch(ifRefused) : null,
        ),
      );
      let chars = 0;
      const untilMs = nowMs() + USABLE_MS;
      const steps = plan.steps.map((step, at): PlanStep => {
        const result = found[at] ?? null;
        if (result === null) return step;
        chars += JSON.stringify(result).length;
        if (chars > MAX_PLAN_CHARS) return step;
        const [server = ''] = step.tool.split('/', 1);
        metrics.toolCall({ server, outcome: 'cached', durationMs: performance.now() - startMs });
        return { ...step, known: { result, untilMs } };
      });
      return { steps: leaveBatches(steps) };
    },
  };
}

/** Steps that call for several and wait for nothing. */
function startingBatches({ steps }: Plan): ReadonlySet<StepId> {
  const isFirst = (step: PlanStep) =>
    step.callsFor !== undefined && dependenciesOf(step).length === 0;
  return new Set(steps.filter(isFirst).map(({ id }) => id));
}

/** Nothing in the plan comes before it, so that nothing of the plan can change what it reads. */
function mayBeKnown(step: PlanStep, firsts: ReadonlySet<StepId>): boolean {
  const isPlainRead = step.effect === 'read' && step.action === undefined;
  const isOwnCall = step.sameAs === undefined && step.forEach === undefined;
  return (
    isPlainRead &&
    isOwnCall &&
    dependenciesOf(step).every((id) => firsts.has(id) && id === step.partOf)
  );
}

/** The step's own call says what is wrong with it. */
function ifRefused(error: unknown): null {
  if (isServiceError(error)) return null;
  throw error;
}
