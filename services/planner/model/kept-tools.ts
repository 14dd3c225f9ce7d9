import type { JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { LlmMessage } from '../../../common/llm.ts';
import { listedTools } from '../../context/tool-listing.ts';
import { FIND_TOOLS, MAKE_PLAN } from './planner-tools.ts';

/** Plans after which a tool that was neither found again nor used is dropped. */
const UNUSED_PLANS = 3;

/**
 * Which of the tools that a conversation was shown are worth showing again, latest first: those that
 * the last three plans used or were made after finding. By the names that model and lists use.
 */
export function keptTools(stored: readonly LlmMessage[]): readonly string[] {
  const touched = new Map<string, number>();
  let plans = 0;
  const touch = (name: string) => {
    touched.delete(name);
    touched.set(name, plans);
  };
  for (const message of stored) {
    for (const name of listedIn(message)) touch(name);
    for (const steps of plansOf(message)) {
      plans += 1;
      for (const name of toolsOf(steps)) touch(name);
    }
  }
  return [...touched]
    .filter(([, at]) => plans - at < UNUSED_PLANS)
    .map(([name]) => name)
    .toReversed();
}

/** Names of the tools that a message of the planner lists; what results say is not one. */
export function listedIn(message: LlmMessage): readonly string[] {
  const isOurs =
    message.from === 'user' || (message.from === 'tool' && message.name === FIND_TOOLS);
  return isOurs ? listedTools(message.text) : [];
}

function plansOf(message: LlmMessage): readonly (JsonValue | undefined)[] {
  if (message.from !== 'model') return [];
  return message.parts.flatMap((part) =>
    part.kind === 'tool-call' && part.name === MAKE_PLAN ? [part.args['steps']] : [],
  );
}

function toolsOf(steps: JsonValue | undefined): readonly string[] {
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: JsonValue) =>
    isJsonObject(step) && typeof step['tool'] === 'string' ? [step['tool']] : [],
  );
}
