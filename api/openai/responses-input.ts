import { z } from 'zod';
import type { LlmMessage, LlmOpaque, LlmPart } from '../../common/llm.ts';
import { unpackOpaque } from './carried-opaque.ts';
import { badInput, toArgs, toImage } from './request-parts.ts';

const textPart = z.looseObject({
  type: z.enum(['input_text', 'output_text']),
  text: z.string(),
});
const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });
const imagePart = z.looseObject({ type: z.literal('input_image'), image_url: z.string() });
const content = z.discriminatedUnion('type', [textPart, refusalPart, imagePart]);
const message = z.looseObject({
  type: z.literal('message').optional(),
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(content)]),
});
const summary = z.looseObject({ text: z.string() });

/** One item of the input: a message, a call, its result, or reasoning that comes back. */
export const inputItem = z.union([
  message,
  z.looseObject({
    type: z.literal('function_call'),
    call_id: z.string().min(1),
    name: z.string().min(1),
    arguments: z.string(),
  }),
  z.looseObject({
    type: z.literal('function_call_output'),
    call_id: z.string().min(1),
    output: z.union([z.string(), z.array(textPart)]),
  }),
  z.looseObject({
    type: z.literal('reasoning'),
    summary: z.array(summary).nullish(),
    encrypted_content: z.string().nullish(),
  }),
]);
export type InputItem = z.infer<typeof inputItem>;

/** What the model said in a row, in one message or several items, becomes one turn of it. */
export function toMessages(items: readonly InputItem[]): LlmMessage[] {
  const names = new Map<string, string>();
  const ofCalls = opaqueOfCalls(items);
  const messages: LlmMessage[] = [];
  let parts: LlmPart[] = [];
  const endTurn = (): void => {
    if (parts.length > 0) messages.push({ from: 'model', parts });
    parts = [];
  };
  for (const item of items) {
    switch (item.type) {
      case 'function_call': {
        const { call_id: callId, name } = item;
        const opaque = ofCalls.get(callId);
        names.set(callId, name);
        const args = toArgs(item);
        parts.push({ kind: 'tool-call', callId, name, args, ...(opaque ? { opaque } : {}) });
        break;
      }
      case 'function_call_output': {
        endTurn();
        const callId = item.call_id;
        const name = names.get(callId);
        if (name === undefined) throw badInput(`No call "${callId}" stands before its output.`);
        messages.push({ from: 'tool', callId, name, text: wordsOf(item.output), isError: false });
        break;
      }
      case 'reasoning':
        parts.push(...toReasoning(item));
        break;
      default:
        if (item.role === 'assistant') {
          const text = wordsOf(item.content);
          if (text !== '') parts.push({ kind: 'text', text });
        } else {
          endTurn();
          messages.push(toMessage(item));
        }
    }
  }
  endTurn();
  return messages;
}

function opaqueOfCalls(items: readonly InputItem[]): ReadonlyMap<string, LlmOpaque> {
  const found = new Map<string, LlmOpaque>();
  for (const item of items) {
    const carried = item.type === 'reasoning' ? unpackOpaque(item.encrypted_content ?? '') : null;
    if (carried !== null && carried.callId !== null) found.set(carried.callId, carried.opaque);
  }
  return found;
}

function toReasoning(item: Extract<InputItem, { type: 'reasoning' }>): LlmPart[] {
  const text = (item.summary ?? []).map((part) => part.text).join('\n');
  const carried = unpackOpaque(item.encrypted_content ?? '');
  const opaque = carried?.callId === null ? carried.opaque : null;
  if (text === '' && opaque === null) return [];
  return [{ kind: 'reasoning', text, ...(opaque === null ? {} : { opaque }) }];
}

function toMessage({ role, content: given }: z.infer<typeof message>): LlmMessage {
  const text = wordsOf(given);
  if (role !== 'user') return { from: 'system', text };
  const parts = typeof given === 'string' ? [] : given;
  const images = parts.flatMap((part) =>
    part.type === 'input_image' ? [toImage(part.image_url)] : [],
  );
  return { from: 'user', text, ...(images.length === 0 ? {} : { images }) };
}

function wordsOf(given: string | readonly z.infer<typeof content>[]): string {
  if (typeof given === 'string') return given;
  return given
    .map((part) => {
      if (part.type === 'input_image') return '';
      return part.type === 'refusal' ? part.refusal : part.text;
    })
    .join('');
}
