// Runs in the workflow sandbox: whether a call may be made, where a person has a say.
import type { PendingDecision } from '../common/approval.ts';
import { approvalRule } from '../common/approval.ts';
import type { JsonObject } from '../common/json.ts';
import type { PlanStep } from '../common/plan.ts';
import type { Decision } from './decision-book.ts';
import type { PlanRun } from './execute-plan.ts';
import { updateStep } from './run-state.ts';

export type Approval =
  | { readonly kind: 'go'; readonly args: JsonObject }
  | { readonly kind: 'denied'; readonly problem: string }
  /** The run is about to continue as new: the step waits on there. */
  | { readonly kind: 'held' };

const DEFAULT_TIMEOUT_MS = 24 * 3_600_000;
const MAX_SHOWN_ARGS = 10_000;

/** @param place the step, or the item of its list. Asks for approval where a rule wants it; else the call may be made as it is. */
export async function approveStep(
  step: PlanStep,
  place: string,
  args: JsonObject,
  run: PlanRun,
): Promise<Approval> {
  const reason = whyAsk(step, run);
  if (reason === null) return { kind: 'go', args };
  updateStep(run.state, step.id, { state: 'waiting', startedAtMs: null });
  const decision = await askPerson(step, place, run, { kind: 'approval', args, reason, key: null });
  updateStep(run.state, step.id, { state: 'running', startedAtMs: Date.now() });
  if (decision === null) return { kind: 'held' };
  switch (decision.verdict) {
    case 'approve':
      return { kind: 'go', args: decision.args ?? args };
    case 'deny':
      return { kind: 'denied', problem: `Denied by ${decision.by}: ${decision.reason}` };
    default:
      return { kind: 'denied', problem: 'Denied, since nobody approved it in time.' };
  }
}

type About = Pick<PendingDecision, 'kind' | 'reason' | 'key' | 'questions'> & {
  readonly args: JsonObject;
};

export interface AskOptions {
  /** @default as the run's policy says */
  readonly timeoutMs?: number;
  /** @default when the run is about to continue as new */
  readonly isLeaving?: () => boolean;
  /** Why nobody is asked any more. @default a message came, where nothing is lost by that */
  readonly withdrawn?: () => string | null;
}

/** @returns `null` when nobody has decided and it is asked no more, or only after the run has continued as new. */
export function askPerson(
  step: PlanStep,
  place: string,
  { control, deadlineMs }: PlanRun,
  about: About,
  options: AskOptions = {},
): Promise<Decision | null> {
  const { id, tool, effect } = step;
  const title = place === id ? step.title : `${step.title} (${place})`;
  const args = JSON.stringify(about.args).length > MAX_SHOWN_ARGS ? null : about.args;
  const longestMs = Math.min(
    control.policy.approvalTimeoutMs ?? DEFAULT_TIMEOUT_MS,
    options.timeoutMs ?? Infinity,
  );
  const timeoutMs = Math.max(1, Math.min(longestMs, deadlineMs - Date.now()));
  const question = { ...about, args, step: id, tool, title, effect };
  // A step that may have acted, alone or for earlier items, is not left without an answer.
  const mayBeLeft = about.kind !== 'outcome-unknown' && place === id;
  const byMessage = (): string | null =>
    mayBeLeft && control.withdrawsApprovals() ? 'a new message came first' : null;
  const { isLeaving = control.isLeaving, withdrawn = byMessage } = options;
  return control.decisions.ask(question, timeoutMs, isLeaving, withdrawn);
}

/** Why a person decides before the call; `null`: nobody does. */
export function whyAsk(step: PlanStep, { control, tenant, budget }: PlanRun): string | null {
  if (step.approval !== undefined) return step.approval;
  const rule = approvalRule(control.policy.approvals ?? [], {
    tool: step.tool,
    effect: step.effect,
    tenantId: tenant.tenantId,
    spentUsd: budget.state().spent.costUsd,
  });
  return rule === null ? null : (rule.reason ?? describeRule(rule));
}

function describeRule(rule: NonNullable<ReturnType<typeof approvalRule>>): string {
  const parts = [
    ...(rule.tool === undefined ? [] : [`calls of ${rule.tool}`]),
    ...(rule.effects === undefined ? [] : [`effects that are ${rule.effects.join(' or ')}`]),
    ...(rule.spentUsd === undefined ? [] : [`calls after ${rule.spentUsd} US dollars`]),
  ];
  return `The run's policy asks a person about ${parts.join(', ') || 'every call'}.`;
}
