import type { GoalSteps } from '../../../common/agent.ts';
import type { LlmMessage } from '../../../common/llm.ts';
import { MAKE_PLAN } from './planner-tools.ts';

/** The first message of a run: the goal, then the tools that a search for it found. */
export function goalMessage(
  goal: string,
  listing: string,
  stepsLeft: number,
  { by, steps }: GoalSteps,
): LlmMessage {
  const text = `${goal}\n\n${stepsText(stepsLeft)}\n\n${listing}`;
  // Rules say the same again; what a model said is kept.
  return { from: 'user', text, ...(by === 'model' ? { steps } : {}) };
}

/** What was said to the agent while it was at work. */
export function saidMeanwhile(messages: readonly string[]): LlmMessage {
  const text = messages.join('\n\n');
  return {
    from: 'user',
    text: `${text}\n\n(Said while you were at work. It may change the goal; what is done stays done.)`,
  };
}

/** A plan that was left for another request: every call needs a result. */
export function leftMessage(callId: string): LlmMessage {
  const text = 'The run was stopped before this plan had ended. What its steps did is not known.';
  return { from: 'tool', callId, name: MAKE_PLAN, text, isError: true };
}

/** The call whose plan has run since: the last one that nothing has answered. */
export function openPlanCall(transcript: readonly LlmMessage[]): string | null {
  const answered = new Set(
    transcript.flatMap((message) => (message.from === 'tool' ? [message.callId] : [])),
  );
  for (const message of transcript.toReversed()) {
    if (message.from === 'user') return null;
    if (message.from !== 'model') continue;
    for (const part of message.parts) {
      const isPlan = part.kind === 'tool-call' && part.name === MAKE_PLAN;
      if (isPlan && !answered.has(part.callId)) return part.callId;
    }
  }
  return null;
}

/** What the planner may still do. */
export function stepsText(stepsLeft: number): string {
  return stepsLeft > 0
    ? `You may run ${stepsLeft} more steps in this run.`
    : 'No more steps can be run: answer now with what you have.';
}
