import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import { z } from 'zod';

/** What a person's login gave, as it is sealed and kept. */
export interface StoredGrant {
  /** The address the tokens are for: they never go to another one. */
  readonly serverUrl: string;
  readonly client: StoredOAuthClientInformation;
  readonly tokens: StoredOAuthTokens;
  /** When the access token ends, ms since the epoch; `null`: not known. */
  readonly expiresAtMs: number | null;
  /** When it was got, ms since the epoch. */
  readonly sinceMs: number;
  /** All scopes that were ever asked for in it; what was not given then is not asked for again. */
  readonly requestedScope: string | null;
  readonly resourceMetadataUrl: string | null;
}

/** Written by ourselves and authenticated; what is checked is that it is of this version. */
export const storedGrantSchema = z.looseObject({
  serverUrl: z.string(),
  client: z.looseObject({ client_id: z.string() }),
  tokens: z.looseObject({ access_token: z.string(), token_type: z.string() }),
  expiresAtMs: z.number().nullable(),
  sinceMs: z.number(),
  requestedScope: z.string().nullable(),
  resourceMetadataUrl: z.string().nullable(),
}) as unknown as z.ZodType<StoredGrant>;

export function expiryOf(tokens: StoredOAuthTokens, nowMs: number): number | null {
  return tokens.expires_in === undefined ? null : nowMs + tokens.expires_in * 1_000;
}
