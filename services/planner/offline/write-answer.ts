import type { StepObservation } from '../../../common/agent.ts';
import { resultText } from '../../../common/result-value.ts';
import type { ToolResult } from '../../../common/tool.ts';
import { OFFLINE_NOTICE } from './write-question.ts';

const MAX_CHARS = 400;
const MAX_LINES = 8;

/** What each step brought, in the words of the tools; failures are said as such. */
export function writeAnswer(observations: readonly StepObservation[]): string {
  const done = observations.filter(isDone).length;
  const head =
    done === observations.length
      ? done === 1
        ? 'The step is done.'
        : `All ${done} steps are done.`
      : `${done} of ${observations.length} steps are done; see below for the others.`;
  const lines = observations.flatMap((observation, at) => describe(observation, at + 1));
  return [`${OFFLINE_NOTICE} ${head}`, '', ...lines].join('\n');
}

export function isDone({ step, result }: StepObservation): boolean {
  return step.state === 'done' && result?.isError !== true;
}

function describe(observation: StepObservation, number: number): readonly string[] {
  const { step, result } = observation;
  const title = `${number}. ${step.title} (${step.tool})`;
  if (step.state === 'done' && result !== null) {
    const verdict = result.isError ? 'the tool refused' : null;
    return [verdict === null ? `${title}:` : `${title}: ${verdict}:`, ...indent(excerpt(result))];
  }
  const reason = step.problem ?? 'no reason was given';
  const text = result === null ? [] : indent(excerpt(result));
  return [`${title}: ${step.state}: ${reason}`, ...text];
}

/** The beginning of the answer as it is, and how much more there is. */
function excerpt(result: ToolResult): string {
  const text = resultText(result).trim() || otherContent(result);
  const lines = text.split('\n').slice(0, MAX_LINES).join('\n');
  const shown = lines.slice(0, MAX_CHARS);
  if (result.artifact !== null) {
    return `${shown}… (the whole answer is artifact ${result.artifact.artifactId}, ${result.artifact.bytes} bytes)`;
  }
  return shown.length === text.length ? text : `${shown}… (${text.length} characters in all)`;
}

function otherContent(result: ToolResult): string {
  const blocks = result.content.map((block) => {
    switch (block.kind) {
      case 'text':
        return block.text;
      case 'image':
      case 'audio': {
        const { artifactId, bytes } = block.artifact;
        return `${block.kind} (${block.mediaType}, ${bytes} bytes, artifact ${artifactId})`;
      }
      case 'resource':
      case 'resource-link':
        return `${block.kind} ${block.uri}`;
    }
  });
  if (blocks.length > 0) return blocks.join('\n');
  return result.structured === null ? '(an empty answer)' : JSON.stringify(result.structured);
}

function indent(text: string): readonly string[] {
  return text.split('\n').map((line) => `   ${line}`);
}
