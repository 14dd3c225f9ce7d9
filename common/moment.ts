/**
 * A moment as people write it: ISO 8601 with a zone, since a time without one is another moment on
 * another machine.
 *
 * @returns ms since the epoch; `null`: the text is none.
 */
export function parseMoment(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT.*(?:Z|[+-]\d\d:?\d\d)$/i.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
