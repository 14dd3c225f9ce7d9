import { z } from 'zod';
import type { LlmOpaque } from '../../common/llm.ts';

/** What a provider wants back, in the one field that clients of this format hand back unread. */
const carried = z.object({
  dialect: z.string(),
  provider: z.string().optional(),
  data: z.string(),
  /** It belongs to this call and not to words of reasoning. */
  callId: z.string().optional(),
});

export function packOpaque(opaque: LlmOpaque, callId?: string): string {
  return Buffer.from(JSON.stringify({ ...opaque, callId })).toString('base64');
}

/** `null`: it was made elsewhere, and nobody here can read it. */
export function unpackOpaque(
  packed: string,
): { readonly opaque: LlmOpaque; readonly callId: string | null } | null {
  try {
    const json: unknown = JSON.parse(Buffer.from(packed, 'base64').toString('utf8'));
    const { dialect, provider, data, callId } = carried.parse(json);
    const opaque = { dialect, data, ...(provider === undefined ? {} : { provider }) };
    return { opaque, callId: callId ?? null };
  } catch {
    return null;
  }
}
