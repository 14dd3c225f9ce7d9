import type { StepObservation } from '../../../common/agent.ts';
import type { LlmMessage } from '../../../common/llm.ts';
import { resultText } from '../../../common/result-value.ts';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import { ruleHints } from '../../../common/rules/rule-hints.ts';
import type { ToolDescriptor } from '../../../common/tool.ts';
import { dataBlock } from '../../context/data-block.ts';
import { describeTool } from './describe-tool.ts';
import { MAKE_PLAN } from './planner-tools.ts';

const MAX_RESULT_CHARS = 12_000;
const MAX_ALL_CHARS = 60_000;

type Described = Pick<
  ToolDescriptor,
  'id' | 'modelName' | 'description' | 'inputSchema' | 'outputSchema'
>;

/** The first message of a run: the goal, then the tools that a search for it found. */
export function goalMessage(
  goal: string,
  tools: readonly Described[],
  stepsLeft: number,
  rules: readonly CompositionRule[] = [],
): LlmMessage {
  return {
    from: 'user',
    text: `${goal}\n\n${stepsText(stepsLeft)}\n\n${toolsText(tools, rules)}`,
  };
}

/** The tools, and what the operator has said of using them together: plans that break it are refused. */
export function toolsText(
  tools: readonly Described[],
  rules: readonly CompositionRule[] = [],
): string {
  if (tools.length === 0) return 'No registered tool was found for this.';
  const found = dataBlock('Tools found for this', tools.map(describeTool).join('\n'));
  const hints = ruleHints(rules, tools);
  if (hints.length === 0) return found;
  return [found, '', 'Rules for these tools:', ...hints.map((hint) => `- ${hint}`)].join('\n');
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

/** What the last plan brought, as the answer to the call that made it. */
export function resultsMessage(
  observations: readonly StepObservation[],
  callId: string | null,
  stepsLeft: number,
): LlmMessage {
  const share = Math.floor(MAX_ALL_CHARS / Math.max(1, observations.length));
  const limit = Math.min(MAX_RESULT_CHARS, Math.max(200, share));
  const results = observations.map((observation) => describeStep(observation, limit));
  const done = observations.filter(({ step }) => step.state === 'done').map(({ step }) => step.id);
  const doneText =
    done.length === 0 ? '' : `\n\nDone already, so do not plan it again: ${done.join(', ')}.`;
  const text = `${results.join('\n\n')}${doneText}\n\n${stepsText(stepsLeft)}`;
  if (callId === null) return { from: 'user', text };
  return { from: 'tool', callId, name: MAKE_PLAN, text, isError: false };
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

function describeStep({ step, result }: StepObservation, limit: number): string {
  const other = result?.degraded?.at(-1);
  const by = other === undefined ? '' : `, answered by ${other.tool} instead`;
  const head = `Step ${step.id} (${step.tool}): ${step.state}${by}${result?.isError === true ? ', and the tool refused' : ''}`;
  const why = step.problem === null ? '' : `\n${dataBlock('reason', cut(step.problem, limit))}`;
  if (result === null) return head + why;
  const text = resultText(result).trim();
  const structured = result.structured === null ? '' : JSON.stringify(result.structured);
  const others = result.content.flatMap((block) =>
    block.kind === 'image' || block.kind === 'audio' ? [`(${block.kind}, ${block.mediaType})`] : [],
  );
  // Servers repeat structured content as text; once is enough.
  const body =
    structured !== '' && (text === '' || isSameJson(text, structured)) ? structured : text;
  const whole =
    result.artifact === null
      ? ''
      : ` The answer has ${result.artifact.bytes} bytes; this is its beginning.`;
  const shown = [body, ...others].filter((part) => part !== '').join('\n') || '(empty)';
  return `${head}${why}${whole}\n${dataBlock('result', cut(shown, limit))}`;
}

function isSameJson(text: string, structured: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === structured;
  } catch {
    return false;
  }
}

function cut(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${text.slice(0, limit)}\n… (${text.length - limit} more characters were cut)`;
}

function stepsText(stepsLeft: number): string {
  return stepsLeft > 0
    ? `You may run ${stepsLeft} more steps in this run.`
    : 'No more steps can be run: answer now with what you have.';
}
