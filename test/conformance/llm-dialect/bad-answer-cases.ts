import { describe, expect, it } from 'vitest';
import { addUsage } from '../../../common/add-usage.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { JsonValue } from '../../../common/json.ts';
import { fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import type { DialectSetup } from './set-up-dialect.ts';
import { spoken } from './spoken.ts';

/** Answers that came and are none. */
export function badAnswerCases({ dialect, start, failure, isExempt }: DialectSetup): void {
  describe(`${dialect}: errors`, () => {
    const keepsBrokenText = !isExempt('bad-tool-arguments-text');
    it('broken tool arguments twice → Llm.BadAnswer with the text', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'bad-tool-arguments'));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmBadAnswer, retry: { allowed: false } });
      if (keepsBrokenText) expect(error.message).toContain('{"city": "Oslo", "days": ');
      expect(server.journal).toHaveLength(2);
    });

    it('broken tool arguments, then a good call → the good one, after one request more; both are paid for', async () => {
      const { complete, server } = await start(
        fixtureAnswer(dialect, 'bad-tool-arguments'),
        fixtureAnswer(dialect, 'tool-call'),
      );
      const { parts, usage } = await complete();
      expect(spoken(parts)).toMatchObject([{ kind: 'tool-call', args: { city: 'Oslo', days: 2 } }]);
      expect(server.journal).toHaveLength(2);
      expect(JSON.stringify(server.journal[1]?.body)).toContain('Make the call again');
      const alone = await start(fixtureAnswer(dialect, 'tool-call'));
      const { usage: once } = await alone.complete();
      expect(once.outputTokens).toBe(58);
      expect(usage).toEqual(addUsage(once, once));
    });

    it('answer with nothing in it → Llm.BadAnswer', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'empty'));
      expect((await failure(complete())).type).toBe(FAILURE.llmBadAnswer);
    });

    const strange: readonly (readonly [string, JsonValue | string])[] = [
      ['an HTML page', '<html>Log in</html>'],
      ['half of a JSON text', '{"choices": [{"mess'],
      ['JSON of another form', { hello: 'world' }],
      ['an empty body', ''],
      ['a JSON number', 7],
    ];
    it.each(strange)('200 with %s → Llm.BadAnswer', async (_what, body) => {
      const { complete } = await start({ kind: 'answer', status: 200, body });
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmBadAnswer, retry: { allowed: false } });
    });
  });
}
