import type {
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
} from '@modelcontextprotocol/client';
import { z } from 'zod';

/** A login that waits for the person, as it is sealed and handed out. */
export interface PendingLogin {
  readonly state: string;
  readonly codeVerifier: string;
  readonly redirectUrl: string;
  readonly serverUrl: string;
  readonly client: StoredOAuthClientInformation;
  readonly discovery: OAuthDiscoveryState;
  /** As they were asked for. */
  readonly scope: string | null;
  readonly resource: string | null;
  readonly resourceMetadataUrl: string | null;
  readonly expiresAtMs: number;
}

/** Written by ourselves and authenticated; what is checked is that it is of this version. */
export const pendingLoginSchema = z.looseObject({
  state: z.string().min(1),
  codeVerifier: z.string(),
  redirectUrl: z.string(),
  serverUrl: z.string(),
  client: z.looseObject({ client_id: z.string() }),
  discovery: z.looseObject({ authorizationServerUrl: z.string() }),
  scope: z.string().nullable(),
  resource: z.string().nullable(),
  resourceMetadataUrl: z.string().nullable(),
  expiresAtMs: z.number(),
}) as unknown as z.ZodType<PendingLogin>;
