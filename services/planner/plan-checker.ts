import { FAILURE } from '../../common/failures.ts';
import type { PlanExplanation } from '../../common/optimise/plan-explanation.ts';
import { explainPlan } from '../../common/optimise/plan-explanation.ts';
import type { Plan } from '../../common/plan.ts';
import type { TenantId } from '../../common/tenant.ts';
import { ServiceError } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import type { KnownAnswers } from '../tools/known-answers.ts';
import type { ToolDurations } from '../tools/tool-durations.ts';
import type { GoodPlan } from './check-plan.ts';
import { checkPlan } from './check-plan.ts';
import type { PlanProblem } from './plan-problem.ts';
import type { RuleSource } from './tool-lookup.ts';
import { createToolLookup } from './tool-lookup.ts';

const MAX_REPORTED = 25;

export interface PlanChecker {
  /** Checks a plan as written. Throws `Plan.Invalid` with all its problems, one a line, and as `problems`. */
  check(tenantId: TenantId, written: unknown): Promise<Plan>;
  /** How the plan would run and why, without running it. Throws as `check` does. */
  explain(tenantId: TenantId, written: unknown): Promise<PlanExplanation>;
}

export function createPlanChecker(deps: {
  readonly registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listTools' | 'getServer'>;
  readonly validator: Pick<SchemaValidator, 'validate'>;
  /** @default nothing is known of how long tools take */
  readonly durations?: Pick<ToolDurations, 'expected'>;
  /** @default none */
  readonly rules?: RuleSource;
  /** Answers that make calls needless. @default none */
  readonly known?: KnownAnswers;
  /** @default 200 */
  readonly maxSteps?: number;
}): PlanChecker {
  const checked = async (tenantId: TenantId, written: unknown) => {
    const lookup = createToolLookup(deps.registry, tenantId, deps.durations, deps.rules);
    const found = await checkPlan(written, lookup, deps);
    if ('plan' in found) return found;
    const { problems } = found;
    const error = new ServiceError(FAILURE.planInvalid, listProblems(problems));
    throw Object.assign(error, { problems });
  };
  return {
    check: async (tenantId, written) => (await checked(tenantId, written)).plan,
    async explain(tenantId, written) {
      const found = await checked(tenantId, written);
      const filled = await deps.known?.fill({ tenantId }, found.plan);
      return explainAll({ ...found, optimised: { ...found.optimised, ...filled } });
    },
  };
}

function explainAll({ optimised, inner }: Omit<GoodPlan, 'plan'>): PlanExplanation {
  return explainPlan(
    optimised,
    new Map([...inner].map(([id, plan]) => [id, explainAll(plan)] as const)),
  );
}

/** `The plan has 2 problems:` and a line for each. */
export function listProblems(problems: readonly PlanProblem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.slice(0, MAX_REPORTED).map(({ message }) => `- ${message}`);
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`- and ${more} more`);
  return [`The plan has ${count}:`, ...lines].join('\n');
}
