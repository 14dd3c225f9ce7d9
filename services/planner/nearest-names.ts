const MAX_SHOWN = 3;

/** The names most like `wanted`, best first: by spelling, by shared words, or by containing it. */
export function nearestNames(wanted: string, names: Iterable<string>): readonly string[] {
  const low = wanted.toLowerCase();
  const words = wordsOf(wanted);
  return [...names]
    .map((name) => ({ name, score: likeness(low, words, name) }))
    .filter(({ score }) => score >= 0.5)
    .sort((a, b) => b.score - a.score || a.name.localeCompare(b.name))
    .slice(0, MAX_SHOWN)
    .map(({ name }) => name);
}

/** ` Did you mean "a" or "b"?`, or nothing. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const near = nearestNames(wanted, names).map((name) => `"${name}"`);
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
}

function likeness(low: string, words: ReadonlySet<string>, name: string): number {
  const other = name.toLowerCase();
  const otherWords = wordsOf(name);
  const shared = [...words].filter((word) => otherWords.has(word)).length;
  const overlap = shared / Math.max(1, Math.max(words.size, otherWords.size));
  const last = other.slice(other.lastIndexOf('/') + 1);
  const lowLast = low.slice(low.lastIndexOf('/') + 1);
  return Math.max(overlap, spelling(low, other), last === lowLast ? 1 : spelling(lowLast, last));
}

function wordsOf(name: string): ReadonlySet<string> {
  const split = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return new Set(split.split(/[^a-z0-9]+/).filter((word) => word !== ''));
}

/** 1 for equal texts, 0 for nothing in common: edit distance over the longer length. */
function spelling(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  if (longest === 0 || Math.abs(a.length - b.length) > longest / 2) return 0;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return 1 - (row[b.length] ?? longest) / longest;
}
