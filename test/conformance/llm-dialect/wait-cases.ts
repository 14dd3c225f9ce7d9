import { describe, expect, it } from 'vitest';
import type { DialectSetup } from './set-up-dialect.ts';

/** How long a provider asks to wait, in every form of saying so. */
export function waitCases({ under, dialect, start, failure }: DialectSetup): void {
  describe(`${dialect}: errors`, () => {
    const inAMinute = () => new Date(Date.now() + 30_000).toUTCString();
    const forms: readonly (readonly [
      string,
      () => Record<string, string>,
      readonly [number, number] | null,
    ])[] = [
      ['retry-after-ms', () => ({ 'retry-after-ms': '1500' }), [1500, 1500]],
      ['retry-after in seconds', () => ({ 'retry-after': '7' }), [7000, 7000]],
      ['both', () => ({ 'retry-after-ms': '1500', 'retry-after': '7' }), [1500, 1500]],
      ['retry-after as a date', () => ({ 'retry-after': inAMinute() }), [25_000, 30_000]],
      ['a date in the past', () => ({ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }), [0, 0]],
      ['an hour', () => ({ 'retry-after': '3600' }), [60_000, 60_000]],
      ['a number beyond all bounds', () => ({ 'retry-after': '9'.repeat(400) }), [60_000, 60_000]],
      ['nonsense', () => ({ 'retry-after': 'soon' }), null],
      ['nonsense with a number', () => ({ 'retry-after': 'wait 5' }), null],
      ['a negative number', () => ({ 'retry-after': '-5' }), null],
      ['the reset of a limit', () => ({ 'x-ratelimit-reset-tokens': '6.5s' }), [6500, 6500]],
      [
        'the reset of a limit as a moment',
        () => ({
          'anthropic-ratelimit-tokens-reset': new Date(Date.now() + 30_000).toISOString(),
        }),
        [25_000, 30_000],
      ],
    ];
    it.each([408, 409, 500, 503, 529])('%i with retry-after → the wait', async (status) => {
      const body = under.errorBody('Not now.');
      const headers = { 'retry-after': '7' };
      const { complete } = await start({ kind: 'answer', status, headers, body });
      expect((await failure(complete())).retry).toEqual({ allowed: true, afterMs: 7000 });
    });

    it('429 with a wait in the body (RetryInfo) → the wait', async () => {
      const retryInfo = {
        '@type': 'type.googleapis.com/google.rpc.RetryInfo',
        retryDelay: '34.5s',
      };
      const body = { error: { message: 'Slow down.', details: [retryInfo] } };
      const { complete } = await start({ kind: 'answer', status: 429, body });
      expect((await failure(complete())).retry).toEqual({ allowed: true, afterMs: 34_500 });
    });

    it.each([400, 401, 402, 403, 404, 413, 422])(
      '%i with retry-after → not retried all the same',
      async (status) => {
        const body = under.errorBody('No.');
        const headers = { 'retry-after': '7' };
        const { complete } = await start({ kind: 'answer', status, headers, body });
        expect((await failure(complete())).retry).toEqual({ allowed: false, afterMs: null });
      },
    );

    it.each(forms)('429 with %s → the wait, at most 60 s', async (_form, headers, expected) => {
      const body = under.errorBody('Slow down.');
      const { complete } = await start({ kind: 'answer', status: 429, headers: headers(), body });
      const { afterMs } = (await failure(complete())).retry;
      if (expected === null) expect(afterMs).toBeNull();
      else {
        expect(afterMs).toBeGreaterThanOrEqual(expected[0]);
        expect(afterMs).toBeLessThanOrEqual(expected[1]);
      }
    });
  });
}
