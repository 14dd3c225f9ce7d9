import { limitResetMs } from './limit-reset.ts';

const MAX_RETRY_AFTER_MS = 60_000;

/**
 * How long the provider asks us to wait, ms, at most 60 s; `null` where it does not say or says
 * nonsense. `retry-after-ms` goes before `retry-after`, which holds seconds or an HTTP date; Gemini
 * writes it into the body instead, as `"retryDelay": "34s"`. Where none of them is there, the headers
 * that tell when the limits themselves come back.
 */
export function retryAfterMs(headers: Headers, body: string, nowMs: number): number | null {
  const candidates = [
    () => fromNumber(headers.get('retry-after-ms'), 1),
    () => fromNumber(headers.get('retry-after'), 1000),
    () => fromDate(headers.get('retry-after'), nowMs),
    () => fromNumber(/"retryDelay"\s*:\s*"([\d.]+)s"/.exec(body)?.[1] ?? null, 1000),
    () => limitResetMs(headers, nowMs),
  ];
  for (const candidate of candidates) {
    const found = candidate();
    if (found !== null) return Math.min(Math.ceil(found), MAX_RETRY_AFTER_MS);
  }
  return null;
}

function fromNumber(text: string | null, unitMs: number): number | null {
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return null;
  return Number(text) * unitMs;
}

function fromDate(text: string | null, nowMs: number): number | null {
  // Without a time of day it is no HTTP date, though `Date.parse` makes a year of "wait 5".
  if (text === null || !/\d:\d\d:\d\d/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
