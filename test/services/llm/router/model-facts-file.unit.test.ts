// Proves that every row of the checked-in facts about models says where it is from and of when it is, and
// holds what can be true. Dates are compared with each other, never with the clock.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CAPABILITIES, modelFacts } from '../../../../services/llm/router/model-facts.ts';
import facts from '../../../../services/llm/router/model-facts.json' with { type: 'json' };

/** A row that was not looked at for longer than the file is taken out or looked at again. */
const MOST_DAYS_BEHIND = 366;
const DAY_MS = 86_400_000;

/** Who says so, by name and version or address: more than a word. */
const source = z.string().regex(/\S+\s+\S+/);
const date = z.iso.date();
const tokens = z.int().min(1).nullable();
const row = z
  .strictObject({
    contextTokens: tokens,
    outputTokens: tokens,
    can: z.array(z.enum(CAPABILITIES)).min(1).nullable(),
    quality: z.number().min(0).max(1),
    // Of a row that is from elsewhere, or of another day, than the rest.
    source: source.optional(),
    date: date.optional(),
  })
  .refine(
    ({ contextTokens, outputTokens }) =>
      outputTokens === null || contextTokens === null || outputTokens <= contextTokens,
    'more tokens of answer than of both',
  );
const file = z
  .strictObject({ source, date, models: z.record(z.string().regex(/^[a-z0-9][a-z0-9.:-]*$/), row) })
  .superRefine(({ date: of, models }, check) => {
    for (const [model, { date: own = of }] of Object.entries(models)) {
      const behind = (Date.parse(of) - Date.parse(own)) / DAY_MS;
      if (behind >= 0 && behind <= MOST_DAYS_BEHIND) continue;
      const message = `of ${own}: it must be at most ${MOST_DAYS_BEHIND} days before the file, and not after it`;
      check.addIssue({ code: 'custom', path: ['models', model, 'date'], message });
    }
  });

const problems = (value: unknown): readonly string[] =>
  (file.safeParse(value).error?.issues ?? []).map(({ path }) => path.join('.'));

const [[name, first] = ['', null]] = Object.entries(facts.models);
const withRow = (change: object) => ({ ...facts, models: { [name]: { ...first, ...change } } });

describe('model-facts.json', () => {
  it('the file → source and date for every row, and no row that cannot be', () => {
    expect(problems(facts)).toEqual([]);
    expect(Object.keys(facts.models).length).toBeGreaterThan(20);
  });

  it.each(Object.keys(facts.models))('%s → found by its name and by a dated one of it', (model) => {
    const { contextTokens, quality } = facts.models[model as keyof typeof facts.models];
    expect(modelFacts(model)).toMatchObject({ contextTokens, quality });
    expect(modelFacts(`${model}-20270101`)).toMatchObject({ contextTokens, quality });
  });

  it.each([
    ['no source', { ...facts, source: undefined }, 'source'],
    ['a source of one word', { ...facts, source: 'known' }, 'source'],
    ['no date', { ...facts, date: undefined }, 'date'],
    ['a date that is none', { ...facts, date: '2026-02-30' }, 'date'],
    ['a row of two years before', withRow({ date: '2024-11-25' }), `models.${name}.date`],
    ['a row of after the file', withRow({ date: '2099-01-01' }), `models.${name}.date`],
    [
      'a row of elsewhere that does not say where',
      withRow({ source: '' }),
      `models.${name}.source`,
    ],
    ['an ability that there is not', withRow({ can: ['telepathy'] }), `models.${name}.can.0`],
    ['more answer than window', withRow({ contextTokens: 1 }), `models.${name}`],
  ])('%s → told', (_what, wrong, problem) => expect(problems(wrong)).toEqual([problem]));
});
