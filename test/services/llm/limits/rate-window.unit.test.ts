// Proves the sliding window: no minute, wherever it begins, holds more than the limit; nearly all of
// the limit can be used; and what was reserved too much comes back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRateWindow,
  SLOTS,
  SLOT_MS,
  WINDOW_MS,
} from '../../../../services/llm/limits/rate-window.ts';

const limits = { requestsPerMinute: 10, tokensPerMinute: 1_000 };

describe('createRateWindow', () => {
  it('any arrivals → never over the limit in any minute', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gapMs: fc.nat(9_000), tokens: fc.nat(400) }), { maxLength: 200 }),
        (arrivals) => {
          const window = createRateWindow();
          const granted: { atMs: number; tokens: number }[] = [];
          let nowMs = 1_000_000;
          for (const { gapMs, tokens } of arrivals) {
            nowMs += gapMs;
            if (window.reserve(limits, tokens, nowMs).kind === 'granted')
              granted.push({ atMs: nowMs, tokens });
          }
          for (const { atMs } of granted) {
            const minute = granted.filter((one) => one.atMs >= atMs && one.atMs < atMs + WINDOW_MS);
            expect(minute.length).toBeLessThanOrEqual(10);
            expect(minute.reduce((sum, one) => sum + one.tokens, 0)).toBeLessThanOrEqual(1_000);
          }
        },
      ),
    );
  });

  it('denied → granted at the time that it names, and not a slot before', () => {
    const window = createRateWindow();
    for (let call = 0; call < 10; call += 1) window.reserve(limits, 1, 5_000);
    const denied = window.reserve(limits, 1, 30_000);
    expect(denied).toEqual({ kind: 'denied', waitMs: (20 + SLOTS) * SLOT_MS - 30_000 });
    const atMs = 30_000 + (denied.kind === 'denied' ? (denied.waitMs ?? 0) : 0);
    expect(window.reserve(limits, 1, atMs - SLOT_MS).kind).toBe('denied');
    expect(window.reserve(limits, 1, atMs).kind).toBe('granted');
  });

  it('settled for less → the rest can be reserved again', () => {
    const window = createRateWindow();
    const first = window.reserve(limits, 1_000, 0);
    expect(window.reserve(limits, 500, 10).kind).toBe('denied');
    window.settle(first.kind === 'granted' ? first.slot : -1, -600, 20);
    expect(window.reserve(limits, 500, 30).kind).toBe('granted');
  });

  it('more tokens than a minute has → never, which is not a wait', () => {
    expect(createRateWindow().reserve(limits, 1_001, 0)).toEqual({ kind: 'denied', waitMs: null });
  });
});
