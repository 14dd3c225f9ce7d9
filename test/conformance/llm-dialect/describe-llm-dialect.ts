// What every dialect of the model gateway must do, whatever its wire format. Each case talks through
// the whole gateway and the vendor's SDK to a local server that speaks the vendor's format, is as
// strict as the vendor about requests, answers from fixtures and keeps a journal.
import { expect, it } from 'vitest';
import { fixtureAnswer, hasFixture } from '../../support/fake-llm/fixture.ts';
import type { DialectUnderTest } from './dialect-under-test.ts';
import { answerCases } from './answer-cases.ts';
import { requestCases } from './request-cases.ts';
import { errorCases } from './error-cases.ts';
import { waitCases } from './wait-cases.ts';
import { badAnswerCases } from './bad-answer-cases.ts';
import { connectionCases } from './connection-cases.ts';
import { streamCases } from './stream-cases.ts';
import { setUpDialect } from './set-up-dialect.ts';

export function describeLlmDialect(under: DialectUnderTest): void {
  const setup = setUpDialect(under);
  const { dialect, start, cases, isExempt } = setup;
  answerCases(setup);
  requestCases(setup);
  errorCases(setup);
  waitCases(setup);
  badAnswerCases(setup);
  connectionCases(setup);
  streamCases(setup);

  const hasStopWords = !isExempt('stop-words');
  it(`${dialect}: image, schema and stop words → a request that the server takes`, async () => {
    const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
    const image = { mediaType: 'image/png', data: 'iVBORw0KGgo=' };
    await complete({
      messages: [{ from: 'user', text: 'What is it?', images: [image] }],
      output: { name: 'thing', schema: { type: 'object', properties: {} } },
      stop: ['END'],
      cacheKey: 'default:thing',
    });
    const sent = JSON.stringify(server.journal[0]?.body);
    const stop = hasStopWords ? ['END'] : [];
    for (const part of [image.data, '"type":"object"', ...stop]) expect(sent).toContain(part);
  });

  const named = ['quota', 'context-too-long'].filter((kind) => !isExempt(kind));
  it(`${dialect}: fixtures → every case that is not exempt has one`, () => {
    for (const kind of named) expect(hasFixture(dialect, `error-${kind}`)).toBe(true);
  });

  it(`${dialect}: exemptions → each is of a case that there is, and says why`, () => {
    for (const [name, why] of Object.entries(under.exempt)) {
      expect(cases).toContain(name);
      expect(why).toMatch(/\w+ \w+ \w+/);
    }
  });
}
