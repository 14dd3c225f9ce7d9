const HIDDEN = '[hidden]';
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;
const MAX_CHARS = 8_000;

/** Names whose value is a secret wherever it stands. `inputTokens` and `tokenCount` are not. */
const SECRET_NAME =
  /authori[sz]ation|passw(or)?d|passphrase|secret|credential|cookie|api[-_]?keys?$|(access|private|signing|encryption|session)[-_]?key|(^|[-_a-z])token$|bearer|^key$|^pwd$|^auth$|connection[-_]?string|database[-_]?url|redis[-_]?url/i;
/** Holders whose values may all be secrets: what they are called stays, what they hold does not. */
const SECRET_HOLDER = /^(env|environment|headers|cookies|requestheaders)$/i;
const HARMLESS_HEADER =
  /^(accept|accept-encoding|content-type|content-length|user-agent|host|date|retry-after(-ms)?|mcp-protocol-version|x-request-id)$/i;

const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${HIDDEN}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s/@"']+@/gi, `$1:${HIDDEN}@`],
  [
    /([?&](?:api[-_]?key|key|token|access[-_]token|auth|secret|password|sig|signature)=)[^&\s"'\\]+/gi,
    `$1${HIDDEN}`,
  ],
  [
    /\b(?:sk-[\w-]{16,}|AIza[\w-]{30,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[A-Z0-9]{16}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)/g,
    HIDDEN,
  ],
];

/** Takes secrets out of a text by their form: bearer tokens, passwords in URLs, known key shapes. */
export function redactText(text: string): string {
  return SECRET_TEXT.reduce((kept, [form, instead]) => kept.replace(form, instead), text);
}

/**
 * A copy of anything that may be logged without its secrets, by name and by form, and bounded in
 * depth and size. Errors become plain objects with their own fields and causes.
 */
export function redact(value: unknown): unknown {
  return copy(value, 0, new Set());
}

function copy(value: unknown, depth: number, above: Set<object>): unknown {
  if (typeof value === 'string') return redactText(shorten(value));
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (above.has(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[deeper]';
  above.add(value);
  const copied = copyObject(value, depth, above);
  above.delete(value);
  return copied;
}

function copyObject(value: object, depth: number, above: Set<object>): unknown {
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => copy(item, depth + 1, above));
    return value.length > MAX_ITEMS ? [...items, `[${value.length - MAX_ITEMS} more]`] : items;
  }
  if (value instanceof Map) return copyObject(Object.fromEntries(value), depth, above);
  if (value instanceof Set) return copyObject([...value], depth, above);
  if (isHeaders(value)) return hold(Object.fromEntries(value.entries()));
  const fields = Object.entries(value).map(([name, held]) => [
    name,
    copyField(name, held, depth, above),
  ]);
  const plain = Object.fromEntries(fields) as Record<string, unknown>;
  if (!(value instanceof Error)) return plain;
  return {
    type: value.name,
    message: redactText(shorten(value.message)),
    stack: value.stack === undefined ? undefined : redactText(shorten(value.stack)),
    ...(value.cause === undefined ? {} : { cause: copy(value.cause, depth + 1, above) }),
    ...plain,
  };
}

function copyField(name: string, held: unknown, depth: number, above: Set<object>): unknown {
  if (SECRET_NAME.test(name) && isSecret(held)) return HIDDEN;
  if (SECRET_HOLDER.test(name) && typeof held === 'object' && held !== null) {
    return hold(isHeaders(held) ? Object.fromEntries(held.entries()) : held);
  }
  return copy(held, depth + 1, above);
}

/** A flag or a number under a telling name (`hasPassword: true`) gives nothing away. */
function isSecret(held: unknown): boolean {
  return held !== null && held !== undefined && typeof held !== 'boolean';
}

/** Raw headers may also be a list, `[name, value, name, value]`: nothing of it is kept. */
function hold(holder: object): unknown {
  if (Array.isArray(holder)) return HIDDEN;
  return Object.fromEntries(
    Object.entries(holder).map(([name, held]) => [
      name,
      HARMLESS_HEADER.test(name) && typeof held === 'string' ? redactText(held) : HIDDEN,
    ]),
  );
}

function isHeaders(value: object): value is Headers {
  return value instanceof Headers;
}

function shorten(text: string): string {
  return text.length <= MAX_CHARS
    ? text
    : `${text.slice(0, MAX_CHARS)}… [${text.length - MAX_CHARS} more characters]`;
}
