/** Shorter ones are exact. */
const MAY_CHANGE = /\d{16}|[eE]\+?\d{3}/;

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * `JSON.parse` for what tools are called with. A whole number of more digits than a double holds would
 * become another one without a word, and so another customer's; it is refused.
 *
 * @throws RangeError that says so, and as `JSON.parse` does.
 */
export function parseExactJson(text: string): unknown {
  if (!MAY_CHANGE.test(text)) return JSON.parse(text) as unknown;
  const check: Reviver = (_key, value, { source }) => {
    if (typeof value === 'number' && source !== undefined) refuseChanged(source, value);
    return value;
  };
  return JSON.parse(text, check as (key: string, value: unknown) => unknown) as unknown;
}

function refuseChanged(source: string, value: number): void {
  // Programs write the shortest number that stands for the same double.
  const isKept =
    Number.isFinite(value) &&
    (!/^-?\d+$/.test(source) || String(value) === source || BigInt(source) === BigInt(value));
  if (isKept) return;
  throw new RangeError(
    `the number ${source.slice(0, 40)} would become ${value}. Write it as text, in quotes`,
  );
}
