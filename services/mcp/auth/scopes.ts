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
