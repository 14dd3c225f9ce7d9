import { policyOf } from '../client/policy.ts';
import { approvalRule } from '../common/approval.ts';
import { FAILURE } from '../common/failures.ts';
import { needsApproval } from '../common/rules/needs-approval.ts';
import type { CallToolInput } from '../common/tool.ts';
import { ServiceError } from '../services/errors.ts';
import type { ApiDeps, ApiToolCaller } from './api-deps.ts';

export type DirectCallDeps = Pick<ApiDeps, 'connection' | 'registry' | 'rules' | 'tools'>;

/**
 * Calls that are part of no run. A run waits for the person who has to approve a call; here nobody
 * could be asked, so such a call is refused instead of being a way around that person.
 */
export function directCalls(deps: DirectCallDeps): ApiToolCaller {
  return {
    async call(input, context) {
      const why = await whyApproved(deps, input);
      if (why === null) return deps.tools.call(input, context);
      throw new ServiceError(
        FAILURE.denied,
        `"${input.tool}" was not called: a person has to approve it (${why}), and nobody is asked about a single call. Make it a step of a plan (run_plan, or "ostinato run --plan FILE"), where it waits for the decision.`,
      );
    },
  };
}

/** By whose word a person decides before this call; `null`: nobody has to. */
async function whyApproved(
  { connection, registry, rules }: DirectCallDeps,
  { tenant, tool }: CallToolInput,
): Promise<string | null> {
  const rule = needsApproval(await rules.active(tenant.tenantId), tool);
  if (rule !== null) return `${rule.name}: ${rule.reason}`;
  const { policy } = policyOf({ ...connection, tenant }, undefined);
  const approvals = policy?.approvals ?? [];
  if (approvals.length === 0) return null;
  const known = await registry.findTool(tenant.tenantId, tool);
  // What is not there is refused as such by the call.
  if (known === null) return null;
  const call = { tool, effect: known.effect, tenantId: tenant.tenantId, spentUsd: 0 };
  const found = approvalRule(approvals, call);
  return found === null ? null : (found.reason ?? `the policy for ${found.tool ?? 'such calls'}`);
}
