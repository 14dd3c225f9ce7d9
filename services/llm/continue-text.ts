import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { LlmPart, LlmRequest } from '../../common/llm.ts';
import type { Route } from './router/route.ts';

/** Whether a route goes on with text that another one began: known of few models, so it must be said. */
export function canContinue({ facts }: Route, beginning: string): boolean {
  return beginning.trim() !== '' && facts.can?.includes('prefill') === true;
}

/** The request with the beginning of its answer, without white space at its end, which is refused. */
export function withBeginning(request: LlmRequest, beginning: string): LlmRequest {
  const text = beginning.trimEnd();
  const begun = { from: 'model', parts: [{ kind: 'text', text }] } as const;
  return { ...request, messages: [...request.messages, begun] };
}

/** The rest of an answer: its end gives the whole of it. */
export async function* continued(
  events: AsyncIterable<LlmStreamEvent>,
  beginning: string,
): AsyncGenerator<LlmStreamEvent> {
  // The white space that was not sent is there already, and the model may write it again.
  let spaced = beginning.trimEnd().length < beginning.length;
  for await (const event of events) {
    if (event.kind === 'text' && spaced) {
      const text = event.text.trimStart();
      if (text === '') continue;
      spaced = false;
      yield { ...event, text };
    } else if (event.kind === 'finish') {
      const parts = joined(beginning, event.response.parts);
      yield { ...event, response: { ...event.response, parts } };
    } else yield event;
  }
}

function joined(beginning: string, parts: readonly LlmPart[]): readonly LlmPart[] {
  const at = parts.findIndex(({ kind }) => kind === 'text');
  const first = parts[at];
  if (first?.kind !== 'text') return [{ kind: 'text', text: beginning }, ...parts];
  const rest = beginning.trimEnd() === beginning ? first.text : first.text.trimStart();
  return parts.with(at, { kind: 'text', text: beginning + rest });
}
