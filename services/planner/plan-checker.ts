import { FAILURE } from '../../common/failures.ts';
import type { Plan } from '../../common/plan.ts';
import type { TenantId } from '../../common/tenant.ts';
import { ServiceError } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import { checkPlan } from './check-plan.ts';
import type { PlanProblem } from './plan-problem.ts';
import { createToolLookup } from './tool-lookup.ts';

const MAX_REPORTED = 25;

export interface PlanChecker {
  /** Checks a plan as written. Throws `Plan.Invalid` with all its problems, one a line, and as `problems`. */
  check(tenantId: TenantId, written: unknown): Promise<Plan>;
}

export function createPlanChecker(deps: {
  readonly registry: Pick<Registry, 'findTool' | 'findToolByModelName' | 'listTools' | 'getServer'>;
  readonly validator: Pick<SchemaValidator, 'validate'>;
  /** @default 200 */
  readonly maxSteps?: number;
}): PlanChecker {
  return {
    async check(tenantId, written) {
      const checked = await checkPlan(written, createToolLookup(deps.registry, tenantId), deps);
      if ('plan' in checked) return checked.plan;
      const { problems } = checked;
      const error = new ServiceError(FAILURE.planInvalid, listProblems(problems));
      throw Object.assign(error, { problems });
    },
  };
}

/** `The plan has 2 problems:` and a line for each. */
export function listProblems(problems: readonly PlanProblem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.slice(0, MAX_REPORTED).map(({ message }) => `- ${message}`);
  const more = problems.length - lines.length;
  if (more > 0) lines.push(`- and ${more} more`);
  return [`The plan has ${count}:`, ...lines].join('\n');
}
