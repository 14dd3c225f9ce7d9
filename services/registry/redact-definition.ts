import type { ServerAuth } from '../mcp/auth/server-auth.ts';
import type { ServerDefinition } from './server-definition.ts';

const SECRET_NAME =
  /authorization|api[-_.]?key|access[-_.]?key|token|secret|passw|credential|cookie|private[-_.]?key|session/i;
const MASK = '***';

/**
 * The definition as it may be shown: secrets that were written into it are masked. A value that is
 * only a reference to the environment, such as `Bearer ${GITHUB_TOKEN}`, is no secret and stays.
 */
export function redactDefinition(definition: ServerDefinition): ServerDefinition {
  const { transport } = definition;
  return {
    ...definition,
    transport:
      transport.kind === 'stdio'
        ? {
            ...transport,
            args: redactArgs(transport.args),
            env: redactValues(transport.env),
          }
        : {
            ...transport,
            url: redactUrl(transport.url),
            headers: redactValues(transport.headers),
            ...(transport.auth === undefined ? {} : { auth: redactAuth(transport.auth) }),
          },
  };
}

function redactAuth(auth: ServerAuth): ServerAuth {
  const { clientSecret, privateKey } = auth;
  return {
    ...auth,
    ...(clientSecret === undefined ? {} : { clientSecret: redactValue(clientSecret) }),
    ...(privateKey === undefined ? {} : { privateKey: redactValue(privateKey) }),
  };
}

function redactValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) ? redactValue(value) : redactUrl(value),
    ]),
  );
}

/** The scheme before a credential (`Bearer `) stays, since it says how the server is asked. */
function redactValue(value: string): string {
  const [, scheme = '', credential = value] =
    /^((?:Bearer|Basic|Token|ApiKey) )?(.*)$/is.exec(value) ?? [];
  const written = credential.replace(/\$\{[A-Za-z_][A-Za-z0-9_]*\}/g, '').trim();
  return written === '' ? value : scheme + MASK;
}

/** `--api-key=x` and `--api-key x`. */
function redactArgs(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const [, option, value] = /^(-{1,2}[^=\s]+)=(.*)$/s.exec(arg) ?? [];
    if (option !== undefined && value !== undefined && SECRET_NAME.test(option)) {
      return `${option}=${redactValue(value)}`;
    }
    const before = args[index - 1] ?? '';
    const isValue = before.startsWith('-') && !before.includes('=') && !arg.startsWith('-');
    return isValue && SECRET_NAME.test(before) ? redactValue(arg) : redactUrl(arg);
  });
}

/** Password and secret parameters of a URL; other text stays as it is. */
function redactUrl(text: string): string {
  return text
    .replace(
      /^([a-z][a-z0-9+.-]*:\/\/)([^/?#@]*)@/i,
      (_whole, scheme: string, userInfo: string) => {
        const [user = '', ...password] = userInfo.split(':');
        return `${scheme}${password.length === 0 ? user : `${user}:${redactValue(password.join(':'))}`}@`;
      },
    )
    .replace(/([?&])([^=&#]+)=([^&#]*)/g, (whole, mark: string, name: string, value: string) =>
      SECRET_NAME.test(name) || /^(key|sig|signature)$/i.test(name)
        ? `${mark}${name}=${redactValue(value)}`
        : whole,
    );
}
