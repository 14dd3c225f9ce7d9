import type { LlmRequest, LlmResponse } from '../../../common/llm.ts';

/** A call whose answer depends on its words alone: no tools, no randomness. */
export function isDeterministic({ temperature, tools }: LlmRequest): boolean {
  return temperature === 0 && tools.length === 0;
}

/**
 * What is asked, where the call is one question to a model and no turn of an agent: instructions,
 * then one message of a user; `null` otherwise.
 */
export function questionOf({ role, messages }: LlmRequest): string | null {
  if (role === 'planner') return null;
  const [question, ...more] = messages.filter(({ from }) => from !== 'system');
  if (question?.from !== 'user' || more.length > 0) return null;
  // What a picture shows is not in the words.
  return 'images' in question && (question.images ?? []).length > 0 ? null : question.text;
}

/** A whole answer in words. What was cut off, refused, is empty or calls a tool is not kept. */
export function isWholeAnswer(response: LlmResponse): boolean {
  const { finish, parts } = response;
  const isSpoken = parts.every(({ kind }) => kind !== 'tool-call') && textOf(response) !== '';
  return finish.unified === 'stop' && isSpoken;
}

export function textOf({ parts }: LlmResponse): string {
  return parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}
