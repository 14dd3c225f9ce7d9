import type { Content, GenerationConfig, Part, Tool } from '@google/genai';
import type { LlmMessage, LlmPart, LlmRequest } from '../../../../common/llm.ts';
import type { ModelLimit } from '../../learned-limits.ts';
import type { OpaqueOwner } from '../own-opaque.ts';
import { ownData } from '../own-opaque.ts';
import { toGeminiSchema } from './to-gemini-schema.ts';

const MODE = { auto: 'AUTO', required: 'ANY', none: 'NONE' } as const;

/** Gemini 3 and later refuse a call without its signature; this one stands for "made elsewhere". */
const NO_SIGNATURE = 'skip_thought_signature_validator';

/** The body of `generateContent` and `streamGenerateContent`. */
export interface GeminiRequest {
  readonly contents: readonly Content[];
  systemInstruction?: Content;
  tools?: readonly Tool[];
  toolConfig?: {
    readonly functionCallingConfig: { readonly mode: (typeof MODE)['auto' | 'required' | 'none'] };
  };
  readonly generationConfig: GenerationConfig;
}

export function toGeminiRequest(
  request: LlmRequest,
  limits: ReadonlySet<ModelLimit>,
  owner: OpaqueOwner | null,
): GeminiRequest {
  const system = request.messages
    .flatMap((message) => (message.from === 'system' ? [message.text] : []))
    .join('\n\n');
  const generationConfig: GenerationConfig = { maxOutputTokens: request.maxOutputTokens };
  const body: GeminiRequest = { contents: toContents(request.messages, owner), generationConfig };
  if (system !== '') body.systemInstruction = { role: 'user', parts: [{ text: system }] };
  if (request.temperature !== null && !limits.has('no-temperature')) {
    generationConfig.temperature = request.temperature;
  }
  if (request.stop !== undefined && request.stop.length > 0) {
    generationConfig.stopSequences = [...request.stop];
  }
  if (request.output !== undefined) {
    generationConfig.responseMimeType = 'application/json';
    generationConfig.responseJsonSchema = toGeminiSchema(request.output.schema);
  }
  if (request.tools.length > 0) {
    body.tools = [
      {
        functionDeclarations: request.tools.map((tool) => ({
          name: tool.name,
          description: tool.description,
          parametersJsonSchema: toGeminiSchema(tool.inputSchema),
        })),
      },
    ];
    body.toolConfig = { functionCallingConfig: { mode: MODE[request.toolChoice] } };
  }
  return body;
}

function toContents(messages: readonly LlmMessage[], owner: OpaqueOwner | null): Content[] {
  const contents: Content[] = [];
  for (const message of messages) {
    const role = message.from === 'model' ? 'model' : 'user';
    const parts = toParts(message, owner);
    const last = contents.at(-1);
    // Results of parallel calls must stand in one content.
    if (last?.role === role) {
      last.parts?.push(...parts);
    } else if (parts.length > 0) {
      contents.push({ role, parts });
    }
  }
  return contents;
}

function toParts(message: LlmMessage, owner: OpaqueOwner | null): Part[] {
  switch (message.from) {
    case 'system':
      return [];
    case 'user':
      return [
        ...(message.images ?? []).map(({ mediaType, data }): Part => {
          return { inlineData: { mimeType: mediaType, data } };
        }),
        ...(message.text === '' ? [] : [{ text: message.text }]),
      ];
    case 'model':
      return toModelParts(message.parts, owner);
    case 'tool':
      return [
        {
          functionResponse: {
            id: message.callId,
            name: message.name,
            response: message.isError ? { error: message.text } : { output: message.text },
          },
        },
      ];
  }
}

/** Of parallel calls only the first carries a signature, so only the first needs a stand-in. */
function toModelParts(parts: readonly LlmPart[], owner: OpaqueOwner | null): Part[] {
  const signed = parts.some(
    (part) => part.kind === 'tool-call' && ownData(part.opaque, owner) !== null,
  );
  let first = true;
  return parts.flatMap((part): Part[] => {
    if (part.kind === 'text') return part.text === '' ? [] : [{ text: part.text }];
    if (part.kind === 'reasoning') return [];
    const signature = ownData(part.opaque, owner) ?? (first && !signed ? NO_SIGNATURE : null);
    first = false;
    return [
      {
        functionCall: { id: part.callId, name: part.name, args: { ...part.args } },
        ...(signature === null ? {} : { thoughtSignature: signature }),
      },
    ];
  });
}
