import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { JsonValue } from '../../../common/json.ts';
import { errorFixture, fixtureAnswer, fixtureBody } from '../../support/fake-llm/fixture.ts';
import type { DialectSetup } from './set-up-dialect.ts';

/** What the vendor words as an error, and by which status. */
export function errorCases({
  under,
  dialect,
  closers,
  start,
  gatewayAt,
  failure,
  itUnless,
}: DialectSetup): void {
  describe(`${dialect}: errors`, () => {
    const kinds = [
      ['bad-request', FAILURE.llmBadRequest, false],
      ['unauthorized', FAILURE.llmAuthentication, false],
      ['forbidden', FAILURE.llmAuthentication, false],
      ['model-not-found', FAILURE.llmBadRequest, false],
      ['quota', FAILURE.llmQuotaExceeded, false],
      ['rate-limited', FAILURE.llmRateLimited, true],
      ['context-too-long', FAILURE.llmContextTooLong, false],
      ['server-error', FAILURE.llmUnavailable, true],
      ['overloaded', FAILURE.llmUnavailable, true],
    ] as const;
    for (const [kind, type, allowed] of kinds) {
      itUnless(kind, `${kind} as the vendor words it → ${type}`, async () => {
        const { complete, server, outcomes } = await start(errorFixture(dialect, kind));
        const error = await failure(complete());
        expect({ type: error.type, allowed: error.retry.allowed }).toEqual({ type, allowed });
        expect(error.message).toContain(dialect);
        expect(error.message).toContain(wordsOf(fixtureBody(dialect, `error-${kind}`)));
        expect(server.journal).toHaveLength(1);
        expect(outcomes).toEqual([{ outcome: type, usage: null }]);
      });
    }

    const statuses = [
      [402, FAILURE.llmQuotaExceeded, false],
      [408, FAILURE.llmTimeout, true],
      [409, FAILURE.llmUnavailable, true],
      [413, FAILURE.llmContextTooLong, false],
      [418, FAILURE.llmBadRequest, false],
      [422, FAILURE.llmBadRequest, false],
      [429, FAILURE.llmRateLimited, true],
      [500, FAILURE.llmUnavailable, true],
      [502, FAILURE.llmUnavailable, true],
      [503, FAILURE.llmUnavailable, true],
      [504, FAILURE.llmUnavailable, true],
      [529, FAILURE.llmUnavailable, true],
    ] as const;
    it.each(statuses)('status %i → %s, and one request only', async (status, type, allowed) => {
      const body = under.errorBody('It did not work.');
      const { complete, server } = await start({ kind: 'answer', status, body });
      const error = await failure(complete());
      expect({ type: error.type, ...error.retry }).toEqual({ type, allowed, afterMs: null });
      expect(error.message).toContain(`${status}: It did not work.`);
      expect(server.journal).toHaveLength(1);
    });

    it('error page of a proxy that says "timed out" → still the status it has', async () => {
      const page = '<html><h1>502</h1>upstream request timed out</html>';
      const headers = { 'content-type': 'text/html' };
      const { complete } = await start({ kind: 'answer', status: 502, headers, body: page });
      const error = await failure(complete());
      expect(error.type).toBe(FAILURE.llmUnavailable);
      expect(error.message).toContain('upstream request timed out');
    });

    itUnless(
      'keys',
      'two keys of which one is bad → the other serves, the bad one is out',
      async () => {
        const server = await under.startServer();
        closers.push(() => server.close());
        server.script(fixtureAnswer(dialect, 'text'));
        const config = under.config(server.url);
        const { complete } = gatewayAt(config, ['a-bad-key-9876543210', config.apiKey ?? '']);
        expect((await complete()).routing?.attempts.map(({ outcome }) => outcome)).toEqual([
          FAILURE.llmAuthentication,
          'ok',
        ]);
        expect((await complete()).routing?.attempts.map(({ outcome }) => outcome)).toEqual(['ok']);
        expect(server.journal).toHaveLength(3);
      },
    );
  });
}

/** The vendor's sentence inside an error fixture. */
function wordsOf(fixture: JsonValue): string {
  const { error } = (fixture as { body: { error: string | { message: string } } }).body;
  return typeof error === 'string' ? error.replace(/\s+/g, ' ') : error.message.slice(0, 60);
}
