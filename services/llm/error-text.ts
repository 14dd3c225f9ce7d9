const MAX_CHARS = 500;

/** The sentence for people in an error body: each vendor nests it elsewhere. */
export function errorText(body: string): string {
  const text = (messageIn(parse(body)) ?? body).replace(/\s+/g, ' ').trim();
  if (text === '') return 'no explanation';
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function messageIn(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return messageIn(value[0]);
  if (typeof value !== 'object' || value === null) return null;
  if ('error' in value) return messageIn(value.error);
  if ('message' in value) return messageIn(value.message);
  return 'detail' in value ? messageIn(value.detail) : null;
}
