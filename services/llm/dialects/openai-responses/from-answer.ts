import { z } from 'zod';
import type { LlmPart } from '../../../../common/llm.ts';
import { countingBadArgs } from '../../bad-tool-args.ts';
import { finishAnswer } from '../../finish-answer.ts';
import type { ServiceTier } from '../../llm-provider-config.ts';
import type { DialectAnswer } from '../../llm-dialect.ts';
import { newCallId } from '../../new-call-id.ts';
import { parseToolArgs } from '../../parse-tool-args.ts';
import { streamError } from '../../wire/stream-error.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { parseAnswer } from '../parse-answer.ts';
import type { ResponseItem } from './response-shape.ts';
import { responseEnd, responseItem, responsesEnd, sealReasoning } from './response-shape.ts';

const answerShape = responseEnd.extend({ output: z.array(responseItem) });

/**
 * @param tier that was asked for. @default the usual one
 * @throws ProviderHttpError for a response that failed after it was accepted.
 */
export function fromResponsesAnswer(
  answer: unknown,
  owner: OpaqueOwner,
  tier: ServiceTier | null = null,
): DialectAnswer {
  const parsed = parseAnswer(answerShape, answer);
  if (parsed.status === 'failed') throw streamError({ error: parsed.error });
  const end = responsesEnd(parsed, tier);
  const refused = parsed.output.some(
    ({ content }) => content?.some(({ refusal }) => refusal) ?? false,
  );
  const parts = countingBadArgs(end.usage, () =>
    parsed.output.flatMap((item) => toParts(item, owner)),
  );
  return finishAnswer({ ...end, parts, unified: refused ? 'refusal' : end.unified });
}

function toParts(item: ResponseItem, owner: OpaqueOwner): LlmPart[] {
  const { type, content, summary, name, call_id } = item;
  if (type === 'message') {
    const text = (content ?? []).map((block) => block.text ?? block.refusal ?? '').join('');
    return text === '' ? [] : [{ kind: 'text', text }];
  }
  if (type === 'reasoning') {
    const text = [...(summary ?? []), ...(content ?? [])].map((part) => part.text ?? '').join('\n');
    const opaque = sealReasoning(item, owner);
    if (text === '' && opaque === null) return [];
    return [{ kind: 'reasoning', text, ...(opaque === null ? {} : { opaque }) }];
  }
  if (type !== 'function_call' || !name) return [];
  const args = parseToolArgs(name, item.arguments);
  return [{ kind: 'tool-call', callId: call_id || newCallId(), name, args }];
}
