/** `JSON.stringify` writes half of a surrogate pair, and nothing else, as `\ud…`. */
const HALF_PAIR = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/**
 * The JSON of a call. A text that was cut within a letter would make providers refuse the call, and
 * every later one with the same history: its half becomes U+FFFD.
 */
export function bodyText(body: unknown): string {
  const json = JSON.stringify(body);
  return json.includes('\\ud') ? json.replaceAll(HALF_PAIR, '$1\uFFFD') : json;
}
