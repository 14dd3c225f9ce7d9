import { FAILURE } from '../../common/failures.ts';
import { McpError } from './mcp-error.ts';
import type { ServerAuth } from './auth/server-auth.ts';
import type { ServerTransport } from './server-transport.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Puts the environment's values in place of `${NAME}` and `${NAME:-default}`.
 *
 * @param env `null`: the definition is a stranger's word, who gets no value of ours.
 * @throws McpError (BadInput) naming the variable and the field that wants it. Values are never in
 *   the message.
 */
export function expandTransport(
  transport: ServerTransport,
  env: Environment | null,
  server: string,
): ServerTransport {
  const expand = (text: string, field: string): string =>
    text.replace(REFERENCE, (_whole, name: string, fallback: string | undefined) => {
      const value = env?.[name] ?? fallback;
      if (value !== undefined) return value;
      throw new McpError(
        FAILURE.badInput,
        `Server "${server}" needs the environment variable ${name} (in ${field}), and ${why(env, name)}`,
        { sent: false },
      );
    });
  const expandAll = (values: Readonly<Record<string, string>>, field: string) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, expand(value, `${field}.${key}`)]),
    );
  if (transport.kind !== 'stdio') {
    return {
      kind: transport.kind,
      url: expand(transport.url, 'url'),
      headers: expandAll(transport.headers, 'headers'),
      ...(transport.auth === undefined
        ? {}
        : { auth: expandAll({ ...transport.auth }, 'auth') as unknown as ServerAuth }),
    };
  }
  return {
    kind: 'stdio',
    command: expand(transport.command, 'command'),
    args: transport.args.map((arg, index) => expand(arg, `args[${index}]`)),
    env: expandAll(transport.env, 'env'),
    cwd: transport.cwd === null ? null : expand(transport.cwd, 'cwd'),
  };
}

function why(env: Environment | null, name: string): string {
  return env === null
    ? 'variables are not read for a server that was registered over the network. Give the value ' +
        'itself, or put the server into the servers file of the workers.'
    : `it is not set. Set ${name}, or give a default: \${${name}:-…}.`;
}

const MIN_SECRET_CHARS = 6;

/**
 * Puts `[redacted]` in place of every value that came from a variable into the child's environment
 * or the headers: what a server prints may end in logs and histories.
 */
export function redactor(
  given: ServerTransport,
  expanded: ServerTransport,
): (text: string) => string {
  const before = valuesOf(given);
  const secrets = Object.entries(valuesOf(expanded))
    .filter(([key, value]) => value !== before[key] && value.length >= MIN_SECRET_CHARS)
    .flatMap(([, value]) => [value, value.replace(/^(?:Bearer|Basic)\s+/i, '')])
    .filter((secret) => secret.length >= MIN_SECRET_CHARS);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text);
}

function valuesOf(transport: ServerTransport): Readonly<Record<string, string>> {
  return transport.kind === 'stdio' ? transport.env : transport.headers;
}
