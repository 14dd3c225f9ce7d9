const MAX_RETRY_AFTER_MS = 60_000;

/**
 * How long the provider asks us to wait, ms, at most 60 s; `null` where it does not say or says
 * nonsense. `retry-after-ms` goes before `retry-after`, which holds seconds or an HTTP date; Gemini
 * writes it into the body instead, as `"retryDelay": "34s"`.
 */
export function retryAfterMs(headers: Headers, body: string, nowMs: number): number | null {
  const candidates = [
    fromNumber(headers.get('retry-after-ms'), 1),
    fromNumber(headers.get('retry-after'), 1000),
    fromDate(headers.get('retry-after'), nowMs),
    fromNumber(/"retryDelay"\s*:\s*"([\d.]+)s"/.exec(body)?.[1] ?? null, 1000),
  ];
  const found = candidates.find((value) => value !== null) ?? null;
  return found === null ? null : Math.min(Math.ceil(found), MAX_RETRY_AFTER_MS);
}

function fromNumber(text: string | null, unitMs: number): number | null {
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return null;
  return Number(text) * unitMs;
}

function fromDate(text: string | null, nowMs: number): number | null {
  // A bare number parses as a year.
  if (text === null || !/[a-z]/i.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
