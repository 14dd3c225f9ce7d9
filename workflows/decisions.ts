// Runs in the workflow sandbox: what waits for a person, and what they decide.
import { ApplicationFailure } from '@temporalio/common';
import { condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { PendingDecision } from '../common/approval.ts';
import type { DecisionsState } from '../common/carried-run.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { FAILURE } from '../common/failures.ts';
import type { JsonObject } from '../common/json.ts';
import type { TenantContext } from '../common/tenant.ts';
import type { Decision, DecisionBook, Question } from './decision-book.ts';
import { createDecisionBook, takesAhead } from './decision-book.ts';
import { decisionProblem } from './decision-problem.ts';
import type { DecideRequest } from './definitions.ts';
import { decideUpdate } from './definitions.ts';
import { takeSettled } from './take-settled.ts';

export interface Decisions {
  /**
   * Waits for a person. The same question again, after the run continued as new, keeps its id and
   * its end.
   *
   * @param withdrawn why the question is asked no more, which ends it. @default it stays
   * @returns `null` when one of them became true before anyone decided.
   */
  ask(
    question: Question,
    timeoutMs: number,
    isLeaving: () => boolean,
    withdrawn?: () => string | null,
  ): Promise<Decision | null>;
  pending(): readonly PendingDecision[];
  /** By idempotency key: arguments of calls that were approved and wait on with what came of them. */
  readonly approved: Map<string, JsonObject>;
  /** The plan has ended: nobody is asked again what was asked before the run left. */
  forgetLeft(): void;
  /** For a run that continues as new. */
  state(): DecisionsState;
}

export interface DecisionsOptions {
  readonly tenant: TenantContext;
  /** @throws when the tool would not take them. */
  readonly checkArgs: (question: PendingDecision, args: JsonObject) => Promise<void>;
  readonly onChange: () => void;
  readonly from?: DecisionsState | undefined;
}

export function createDecisions(options: DecisionsOptions): Decisions {
  const { from, onChange } = options;
  const book = createDecisionBook(from, onChange);
  const { open, verdicts } = book;
  let asked = from?.asked ?? 0;
  const approved = new Map((from?.approved ?? []).map(({ key, args }) => [key, args]));
  const settled = takeSettled(book, from?.settled);
  takeVerdicts(book, options);
  return {
    approved,
    async ask(question, timeoutMs, isLeaving, withdrawn = () => null) {
      const before = book.askedBefore(question);
      if (before !== null && before.verdict !== null) return before.verdict;
      if (settled.take(question)) return { verdict: 'settled' };
      const entry = before?.entry ?? newEntry(question, (asked += 1), timeoutMs);
      const { id } = entry;
      book.enter(entry);
      // Bounded by what was given, however the clock jumps.
      const leftMs = Math.min(timeoutMs, Math.max(1, entry.expiresAtMs - Date.now()));
      try {
        const inTime = await condition(
          () => verdicts.has(id) || isLeaving() || withdrawn() !== null,
          leftMs,
        );
        if (inTime && !verdicts.has(id)) return null;
        if (!inTime) book.close(id, 'nobody decided in time', { verdict: 'expired' });
        return verdicts.get(id) ?? { verdict: 'expired' };
      } finally {
        verdicts.delete(id);
        // There is nothing left to decide.
        const why = withdrawn() ?? 'the step was stopped';
        if (isLeaving()) book.leave(id);
        else book.close(id, why, { verdict: 'expired' });
      }
    },
    pending: () => [...open.values()],
    forgetLeft() {
      approved.clear();
      book.forgetLeft();
    },
    state: () => ({
      ...{ asked, ...book.state() },
      ...(approved.size === 0
        ? {}
        : { approved: [...approved].map(([key, args]) => ({ key, args })) }),
      ...(settled.keys.size === 0 ? {} : { settled: [...settled.keys] }),
    }),
  };
}

function takeVerdicts(book: DecisionBook, { tenant, checkArgs }: DecisionsOptions): void {
  const { open, carried, decided } = book;
  const checking = new Set<string>();
  /** Late, double and foreign decisions are refused before they get into the history. */
  const validator = (request: DecideRequest): void => {
    const problem = decisionProblem(book, tenant, request);
    if (problem !== null) throw new Error(problem);
    if (!checking.has(request.id)) return;
    throw new Error(`Decision "${request.id}" is being made by someone else.`);
  };
  const handler = async ({ id, actor, decision }: DecideRequest) => {
    checking.add(id);
    try {
      // A step that has not asked again yet finds the decision when it does.
      const isAhead = !open.has(id) && carried.has(id) && takesAhead();
      if (!isAhead) await condition(() => open.has(id) || decided.has(id));
      const entry = open.get(id) ?? carried.get(id);
      if (entry !== undefined && decision.verdict === 'approve' && decision.args !== undefined) {
        await checkArgs(entry, decision.args);
      }
      if (!open.has(id) && !carried.has(id))
        throw new Error(`it came too late: ${decided.get(id)}`);
    } catch (error) {
      // Thrown as anything else it would fail the workflow's task, which is then done again.
      const message = `Decision "${id}" was not taken: ${describeFailure(error)}`;
      throw ApplicationFailure.nonRetryable(message, FAILURE.badInput);
    } finally {
      checking.delete(id);
    }
    book.close(id, `${decision.verdict} by ${actor}`, { ...decision, by: actor });
    return { accepted: true };
  };
  setHandler(decideUpdate, handler, { validator });
}

function newEntry(question: Question, number: number, timeoutMs: number): PendingDecision {
  const run = workflowInfo().workflowId.replace(/^t:.*?:run:/, '');
  const askedAtMs = Date.now();
  const id = `${run}~${question.step}~${number}`;
  return { ...question, id, askedAtMs, expiresAtMs: askedAtMs + timeoutMs };
}
