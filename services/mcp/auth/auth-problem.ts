import {
  AuthorizationServerMismatchError,
  InsecureTokenEndpointError,
  IssuerMismatchError,
  OAuthError,
  OAuthErrorCode,
  RegistrationRejectedError,
} from '@modelcontextprotocol/client';
import { FAILURE } from '../../../common/failures.ts';
import { refusalWithin } from '../../net/outbound.ts';
import { isMcpError, McpError } from '../mcp-error.ts';
import { networkProblem } from '../network-problem.ts';

const MAX_WORDS = 300;

/** What a failure to get tokens is about. */
export interface AuthSubject {
  readonly server: string;
  /** Never shown, also where the other side repeats them. */
  readonly secrets: readonly (string | undefined)[];
}

/** Somebody has to log in: no attempt will do before that. */
export function loginNeeded(server: string, why: string, or = ''): McpError {
  return new McpError(
    FAILURE.toolLoginNeeded,
    `Server "${server}" ${why}. A person has to log in once: ostinato servers login ${server}${or}.`,
    { sent: false },
  );
}

/** The server keeps refusing though all it asked for was got. */
export function stillRefused(server: string, what: string, remedy: string): McpError {
  const message = `Server "${server}" ${what}. ${remedy}`;
  return new McpError(FAILURE.toolUnavailable, message, { sent: false });
}

/** The one table from the SDK's errors of authorisation to ours. */
export function toAuthProblem(error: unknown, { server, secrets }: AuthSubject): McpError {
  if (isMcpError(error)) return error;
  const problem = (type: typeof FAILURE.badInput | typeof FAILURE.toolUnavailable, text: string) =>
    new McpError(type, `Server "${server}" gives no access: ${scrub(text, secrets)}`, {
      sent: false,
      cause: withoutSecrets(error, secrets),
    });
  const refusal = refusalWithin(error);
  if (refusal !== null) return problem(FAILURE.badInput, refusal.message);
  if (isForGood(error)) return problem(FAILURE.badInput, wordsOf(error));
  if (error instanceof OAuthError && error.code !== OAuthErrorCode.ServerError) {
    const remedy =
      error.code === OAuthErrorCode.InvalidClient ||
      error.code === OAuthErrorCode.UnauthorizedClient
        ? ' Check "clientId" and "clientSecret" of its "auth".'
        : '';
    const said = `its authorization server answered ${error.code} (${wordsOf(error)}).${remedy}`;
    return problem(FAILURE.badInput, said);
  }
  const why = networkProblem(error) ?? wordsOf(error);
  return new McpError(
    FAILURE.toolUnavailable,
    `Server "${server}" gives no access now: its authorization server could not be asked (${scrub(why, secrets)}).`,
    {
      sent: false,
      retry: { allowed: true, afterMs: null },
      cause: withoutSecrets(error, secrets),
    },
  );
}

/** Whether the refresh token is worth nothing any more. */
export function isGrantOver(error: unknown): boolean {
  const over: readonly string[] = [
    OAuthErrorCode.InvalidGrant,
    OAuthErrorCode.InvalidClient,
    OAuthErrorCode.UnauthorizedClient,
  ];
  return error instanceof OAuthError && over.includes(error.code);
}

function isForGood(error: unknown): boolean {
  return (
    error instanceof AuthorizationServerMismatchError ||
    error instanceof InsecureTokenEndpointError ||
    error instanceof IssuerMismatchError ||
    error instanceof RegistrationRejectedError ||
    // Metadata or an answer of another form than the specification's.
    (error instanceof Error && error.name === 'ZodError') ||
    (error instanceof Error && /does not match expected|does not support/.test(error.message))
  );
}

function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // They are a stranger's, and end on terminals.
  return message
    .slice(0, MAX_WORDS)
    .replace(/\p{Cc}/gu, ' ')
    .replace(/[.\s]+$/, '');
}

function scrub(text: string, secrets: AuthSubject['secrets']): string {
  return secrets.reduce<string>(
    (clean, secret) =>
      secret === undefined || secret.length < 6 ? clean : clean.replaceAll(secret, '[redacted]'),
    text,
  );
}

/** Causes are logged with their stacks, which begin with the message. */
function withoutSecrets(error: unknown, secrets: AuthSubject['secrets']): unknown {
  if (!(error instanceof Error)) return undefined;
  return secrets.some((secret) => secret !== undefined && String(error.stack).includes(secret))
    ? undefined
    : error;
}
