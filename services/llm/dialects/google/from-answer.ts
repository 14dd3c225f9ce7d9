import { z } from 'zod';
import type { LlmPart, LlmResponse } from '../../../../common/llm.ts';
import { BadToolArgs, countingBadArgs } from '../../bad-tool-args.ts';
import { finishAnswer } from '../../finish-answer.ts';
import { newCallId } from '../../new-call-id.ts';
import { parseToolArgs } from '../../parse-tool-args.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { seal } from '../own-opaque.ts';
import { parseAnswer } from '../parse-answer.ts';
import { geminiUsage, toGeminiUsage } from './to-gemini-usage.ts';

const part = z.object({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  functionCall: z
    .object({ id: z.string().optional(), name: z.string(), args: z.unknown().optional() })
    .optional(),
});
export const geminiAnswer = z.object({
  candidates: z
    .array(
      z.object({
        content: z.object({ parts: z.array(part).optional() }).optional(),
        finishReason: z.string().optional(),
        finishMessage: z.string().optional(),
      }),
    )
    .optional(),
  promptFeedback: z.object({ blockReason: z.string().optional() }).optional(),
  usageMetadata: geminiUsage.optional(),
});

const REFUSALS = /SAFETY|BLOCKLIST|PROHIBITED_CONTENT|SPII|RECITATION|BLOCKED/;

export function fromGeminiAnswer(
  answer: unknown,
  owner: OpaqueOwner,
): Omit<LlmResponse, 'servedBy'> {
  const { candidates, promptFeedback, usageMetadata } = parseAnswer(geminiAnswer, answer);
  const candidate = candidates?.[0];
  const blocked = promptFeedback?.blockReason;
  const raw =
    candidate?.finishReason ?? (blocked === undefined ? 'none given' : `BLOCKED_${blocked}`);
  const usage = toGeminiUsage(usageMetadata);
  return countingBadArgs(usage, () =>
    finishAnswer({
      parts: (candidate?.content?.parts ?? []).flatMap((one) => toPart(one, owner)),
      unified: unifyGemini(raw, candidate?.finishMessage),
      raw,
      usage,
    }),
  );
}

/** @throws BadToolArgs for a call that Gemini itself could not read. */
export function unifyGemini(
  raw: string,
  said: string | undefined,
): LlmResponse['finish']['unified'] {
  if (raw === 'MALFORMED_FUNCTION_CALL') {
    throw new BadToolArgs('The model made a tool call that Gemini could not read', said ?? raw);
  }
  if (raw === 'STOP') return 'stop';
  if (raw === 'MAX_TOKENS') return 'length';
  return REFUSALS.test(raw) ? 'refusal' : 'other';
}

function toPart(
  { text, thought, thoughtSignature, functionCall }: z.infer<typeof part>,
  owner: OpaqueOwner,
): LlmPart[] {
  if (functionCall !== undefined) {
    const { name } = functionCall;
    return [
      {
        kind: 'tool-call',
        callId: functionCall.id || newCallId(),
        name,
        args: parseToolArgs(name, functionCall.args),
        ...(thoughtSignature === undefined ? {} : { opaque: seal(owner, thoughtSignature) }),
      },
    ];
  }
  if (text === undefined || text === '') return [];
  return [{ kind: thought === true ? 'reasoning' : 'text', text }];
}
