interface Reset {
  /** The part of the limit that is left, 0 to 1; 0 where the provider does not say. */
  readonly left: number;
  readonly inMs: number;
}

/** OpenAI and those that speak like it put the time left there, as `6m0s`. */
const OPENAI_KINDS = ['requests', 'tokens'];
/** Anthropic puts a moment there (RFC 3339). */
const ANTHROPIC_KINDS = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

/**
 * When the limit of which least is left is whole again, ms from now; of limits that are equally used
 * up, the last. `null`: the headers tell of no limit.
 */
export function limitResetMs(headers: Headers, nowMs: number): number | null {
  const resets = [
    ...OPENAI_KINDS.map((kind) =>
      resetOf((what) => headers.get(`x-ratelimit-${what}-${kind}`), spanMs),
    ),
    ...ANTHROPIC_KINDS.map((kind) =>
      resetOf(
        (what) => headers.get(`anthropic-ratelimit-${kind}-${what}`),
        (text) => untilMs(text, nowMs),
      ),
    ),
  ].filter((reset) => reset !== null);
  return resets.sort((a, b) => a.left - b.left || b.inMs - a.inMs)[0]?.inMs ?? null;
}

function resetOf(
  header: (what: 'limit' | 'remaining' | 'reset') => string | null,
  toMs: (text: string) => number | null,
): Reset | null {
  const inMs = toMs(header('reset') ?? '');
  if (inMs === null) return null;
  const left = Number(header('remaining')) / Number(header('limit'));
  return { left: Number.isFinite(left) ? left : 0, inMs };
}

const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;

/** `1d2h6m0.5s`, `120ms`, or seconds without a unit. */
function spanMs(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * UNIT_MS.s;
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return null;
  let sumMs = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(ms|[dhms])/g)) {
    sumMs += Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  return sumMs;
}

/** A moment (`2026-11-24T12:00:20Z`). */
function untilMs(text: string, nowMs: number): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
