import { authProblems } from './check-auth.ts';
import type { ServerDefinition } from './server-definition.ts';

export interface DefinitionProblem {
  /** As it is written in a servers file: `url`, `headers.Authorization`, `timeoutMs`. */
  readonly field: string;
  readonly message: string;
}

const MAX_TIMEOUT_MS = 60 * 60 * 1000;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const EFFECTS = ['read', 'keyed', 'non-idempotent', 'compensable'];
/** Expanded when connecting; here it stands for any text. */
const REFERENCE = /\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}/g;
const SCHEMES = {
  http: ['http:', 'https:'],
  sse: ['http:', 'https:'],
  websocket: ['ws:', 'wss:'],
} as const;

/** Everything in a definition that could not work, each with the value and what would do. */
export function definitionProblems(definition: ServerDefinition): readonly DefinitionProblem[] {
  const { transport } = definition;
  return [
    ...(transport.kind === 'stdio' ? stdioProblems(transport) : remoteProblems(transport)),
    ...timeoutProblem('timeoutMs', definition.callTimeoutMs),
    ...timeoutProblem('connectTimeoutMs', definition.connectTimeoutMs),
    ...Object.entries(definition.effects).flatMap(([tool, effect]) =>
      EFFECTS.includes(effect)
        ? []
        : [
            {
              field: `effects.${tool}`,
              message: `is ${JSON.stringify(effect)}; it must be one of ${EFFECTS.join(', ')}`,
            },
          ],
    ),
  ];
}

type Transport = ServerDefinition['transport'];

function stdioProblems(transport: Extract<Transport, { kind: 'stdio' }>): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  if (transport.command.trim() === '') {
    problems.push({ field: 'command', message: 'is empty; give the program to start' });
  }
  for (const [name, value] of Object.entries(transport.env)) {
    if (!ENV_NAME.test(name)) {
      problems.push({ field: `env.${name}`, message: 'is no name for an environment variable' });
    } else if (value.includes('\0')) {
      problems.push({ field: `env.${name}`, message: 'holds the character U+0000' });
    }
  }
  return problems;
}

function remoteProblems(transport: Exclude<Transport, { kind: 'stdio' }>): DefinitionProblem[] {
  const problems: DefinitionProblem[] = [];
  const urlProblem = checkUrl(transport.url, transport.kind);
  if (urlProblem !== null) problems.push({ field: 'url', message: urlProblem });
  for (const [name, value] of Object.entries(transport.headers)) {
    if (!HEADER_NAME.test(name)) {
      problems.push({ field: `headers.${name}`, message: 'is no name for an HTTP header' });
    } else if (/[\r\n\0]/.test(value)) {
      problems.push({
        field: `headers.${name}`,
        message: 'holds a line break or U+0000, which a header cannot',
      });
    }
  }
  return [...problems, ...authProblems(transport)];
}

function checkUrl(url: string, kind: keyof typeof SCHEMES): string | null {
  // A URL that begins with a reference is known only when connecting.
  if (/^\s*\$\{/.test(url)) return null;
  const text = url.replace(REFERENCE, '1');
  const schemes: readonly string[] = SCHEMES[kind];
  const wanted = `it must be a URL that begins with ${schemes.map((one) => `${one}//`).join(' or ')}`;
  if (!URL.canParse(text)) return `is ${JSON.stringify(url)}; ${wanted}`;
  return schemes.includes(new URL(text).protocol)
    ? null
    : `is ${JSON.stringify(url)}, which does not fit the transport "${kind}"; ${wanted}`;
}

function timeoutProblem(field: string, value: number): DefinitionProblem[] {
  if (Number.isInteger(value) && value >= 1 && value <= MAX_TIMEOUT_MS) return [];
  return [
    {
      field,
      message: `is ${value}; it must be a whole number of milliseconds from 1 to ${MAX_TIMEOUT_MS}`,
    },
  ];
}
