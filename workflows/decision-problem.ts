// Runs in the workflow sandbox: whether a person's decision is to be taken.
import { answerProblem } from '../common/answer-problem.ts';
import type { ApprovalVerdict, PendingDecision } from '../common/approval.ts';
import { isJsonObject } from '../common/json.ts';
import type { TenantContext } from '../common/tenant.ts';
import type { DecisionBook } from './decision-book.ts';
import type { DecideRequest } from './definitions.ts';

/** Why it is refused before it gets into the history; `null`: it may be taken. */
export function decisionProblem(
  asked: Pick<DecisionBook, 'open' | 'carried' | 'decided'>,
  { tenantId }: TenantContext,
  request: DecideRequest,
): string | null {
  if (!isWellFormed(request)) {
    return '"decide" takes {id, tenantId, actor, decision}, with decision {verdict: "approve", args?}, {verdict: "deny", reason} or {verdict: "answer", values}.';
  }
  const { id, decision } = request;
  if (request.tenantId !== tenantId) {
    return `Decision "${id}" is not one of tenant "${request.tenantId}".`;
  }
  const how = asked.decided.get(id);
  if (how !== undefined) return `Decision "${id}" has been made already: ${how}.`;
  const entry = asked.open.get(id) ?? asked.carried.get(id);
  if (entry === undefined) return `Nothing waits for decision "${id}" in this run.`;
  return unfitting(entry, decision);
}

function isWellFormed(request: DecideRequest): boolean {
  const { id, tenantId, actor, decision } = request ?? {};
  return (
    [id, tenantId, actor].every((each) => typeof each === 'string') && isVerdict(decision ?? {})
  );
}

function isVerdict(decision: Partial<ApprovalVerdict>): boolean {
  switch (decision.verdict) {
    case 'approve':
      return decision.args === undefined || isJsonObject(decision.args);
    case 'deny':
      return typeof decision.reason === 'string';
    case 'answer':
      return isJsonObject(decision.values);
    default:
      return false;
  }
}

function unfitting(entry: PendingDecision, decision: ApprovalVerdict): string | null {
  const { id, kind, key, questions = [] } = entry;
  if (kind === 'outcome-unknown') {
    return `"${id}" is about a call whose end is unknown: decide on "${key}" with "ostinato effects".`;
  }
  if (decision.verdict === 'deny') return null;
  if (kind === 'approval') {
    return decision.verdict === 'approve'
      ? null
      : `"${id}" is a call that waits for approval: approve or deny it.`;
  }
  if (decision.verdict === 'approve') return `"${id}" is a question: answer it, or deny it.`;
  const problem = answerProblem(questions, decision.values);
  return problem === null ? null : `"${id}" was not answered: ${problem}`;
}
