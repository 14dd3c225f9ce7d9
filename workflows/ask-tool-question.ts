// Runs in the workflow sandbox: puts to a person what a tool asks.
import { ApplicationFailure } from '@temporalio/common';
import { answersOf } from '../common/answers-of.ts';
import type { AskedCall } from '../common/carried-run.ts';
import { FAILURE } from '../common/failures.ts';
import type { JsonObject } from '../common/json.ts';
import type { PlanStep } from '../common/plan.ts';
import type { CallToolOutcome, ToolResult } from '../common/tool.ts';
import type { ToolAnswer, ToolAnswers, ToolQuestion } from '../common/tool-question.ts';
import { askPerson } from './approve-step.ts';
import type { Decision } from './decision-book.ts';
import type { PlanRun } from './execute-plan.ts';
import { updateStep } from './run-state.ts';
import type { AskInCall } from './tool-questions.ts';

export interface AskingCall {
  readonly step: PlanStep;
  /** The step, or the item of its list. */
  readonly place: string;
  readonly args: JsonObject;
  /** A person has changed the arguments. */
  readonly isEdited: boolean;
  readonly run: PlanRun;
  /** Its idempotency key. */
  readonly key: string;
}

/** A tool that asks more often than this is taken to never come to an end. */
const MAX_ROUNDS = 10;

/**
 * Makes a call as often as its tool asks something first, each time with the answers.
 *
 * @param call makes it once
 * @returns `null` when the run is to continue as new first, or a message came: nobody has answered.
 */
export async function callUntilAnswered(
  asking: AskingCall,
  call: (answered: ToolAnswers | undefined) => Promise<CallToolOutcome>,
): Promise<ToolResult | null> {
  const { args, isEdited, key, run, step } = asking;
  const { asked } = run.control.questions;
  for (;;) {
    const before = asked.get(key);
    const answered = before === undefined ? undefined : await answersFor(asking, before);
    if (answered === null) return null;
    asked.delete(key);
    const outcome = await call(answered);
    if (!('asks' in outcome)) return outcome;
    const rounds = (before?.rounds ?? 0) + 1;
    if (rounds > MAX_ROUNDS) {
      const why = `Tool "${step.tool}" asked ${MAX_ROUNDS} times, was answered, and asks again: it is not called once more.`;
      throw ApplicationFailure.nonRetryable(why, FAILURE.toolBadAnswer);
    }
    asked.set(key, { key, asks: outcome.asks, rounds, ...(isEdited ? { args } : {}) });
  }
}

/** For a server that asks in the middle of a call and waits, as those of the older era do. */
export function askInCall(asking: AskingCall): AskInCall {
  const { step, place, args, run, key } = asking;
  const withdrawn = (): string | null =>
    run.control.questions.isInFlight(key) ? null : 'the call has ended';
  return async (question, timeoutMs): Promise<ToolAnswer> => {
    const about = { kind: 'question', reason: reasonOf(step), args, key } as const;
    const decision = await askPerson(
      step,
      place,
      run,
      { ...about, questions: [question] },
      // The run leaves when the call has ended, and the call ends when it is answered.
      { timeoutMs, isLeaving: () => false, withdrawn },
    );
    return answersFrom(decision, [question])[question.name] ?? { action: 'decline' };
  };
}

async function answersFor(
  { step, place, args, run, key }: AskingCall,
  { asks }: AskedCall,
): Promise<ToolAnswers | null> {
  const { questions, state } = asks;
  updateStep(run.state, step.id, { state: 'waiting', startedAtMs: null });
  const about = { kind: 'question', reason: reasonOf(step), args, key } as const;
  const decision = await askPerson(step, place, run, { ...about, questions });
  updateStep(run.state, step.id, { state: 'running', startedAtMs: Date.now() });
  if (decision !== null) return { answers: answersFrom(decision, questions), state };
  if (!run.control.isLeaving()) run.control.questions.asked.delete(key);
  return null;
}

function answersFrom(decision: Decision | null, questions: readonly ToolQuestion[]) {
  return answersOf(questions, decision?.verdict === 'answer' ? decision.values : null);
}

function reasonOf({ tool }: PlanStep): string {
  return `${tool} asks before it goes on.`;
}
