/** RFC 6749, 3.3: scopes are of these characters, with one space between two. */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const MAX_CHARACTERS = 4_096;

/** Whether a text, which may be a stranger's, is a list of scopes. */
export function areScopes(text: string): boolean {
  return text.length <= MAX_CHARACTERS && SCOPES.test(text);
}

/** Scopes of all texts, each once; `null`: there is none. */
export function unionOfScopes(...texts: readonly (string | null | undefined)[]): string | null {
  const all = new Set(texts.flatMap((text) => scopesOf(text)));
  return all.size === 0 ? null : [...all].join(' ');
}

/** Whether every scope of `wanted` is in `had`. */
export function coversScopes(had: string | null, wanted: string | null): boolean {
  const known = new Set(scopesOf(had));
  return scopesOf(wanted).every((scope) => known.has(scope));
}

function scopesOf(text: string | null | undefined): readonly string[] {
  return (text ?? '').split(' ').filter((scope) => scope !== '');
}
