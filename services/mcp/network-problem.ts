const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at this address (ECONNREFUSED)',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  ENOTFOUND: 'the host name is not known (ENOTFOUND)',
  EAI_AGAIN: 'the host name could not be looked up (EAI_AGAIN)',
  EHOSTUNREACH: 'the host cannot be reached (EHOSTUNREACH)',
  ENETUNREACH: 'the network cannot be reached (ENETUNREACH)',
  ETIMEDOUT: 'the connection attempt timed out (ETIMEDOUT)',
  UND_ERR_CONNECT_TIMEOUT: 'the connection attempt timed out',
  UND_ERR_SOCKET: 'the server closed the connection',
};

/** Codes of a connection that was never made: no byte reached the server. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The system's or undici's code, wherever it is in the chain of causes. */
export function networkCode(error: unknown): string | null {
  let at: unknown = error;
  for (let depth = 0; depth < 6 && at instanceof Error; depth += 1) {
    const { code } = at as { readonly code?: unknown };
    if (typeof code === 'string' && (code in WORDS || /^E[A-Z]+$/.test(code))) return code;
    if (at instanceof AggregateError) return networkCode(at.errors[0]);
    at = at.cause;
  }
  return null;
}

/** The problem in words, or `null` when it is not one of the network. */
export function networkProblem(error: unknown): string | null {
  const code = networkCode(error);
  return code === null ? null : (WORDS[code] ?? `the connection failed (${code})`);
}

/** Whether it is certain that the server saw nothing of the request. */
export function neverConnected(error: unknown): boolean {
  const code = networkCode(error);
  return code !== null && NEVER_CONNECTED.has(code);
}
