import { describe, expect, it } from 'vitest';
import { fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import type { DialectSetup } from './set-up-dialect.ts';
import { spoken } from './spoken.ts';

/** What an answer becomes. */
export function answerCases({ under, dialect, start, itUnless }: DialectSetup): void {
  describe(`${dialect}: answers`, () => {
    it('text answer → one text part, stop, usage apart by kind, who served it', async () => {
      const { complete, outcomes } = await start(fixtureAnswer(dialect, 'text'));
      const { model } = under.config('http://127.0.0.1');
      const { parts, ...rest } = await complete();
      expect({ parts: spoken(parts), ...rest }).toEqual({
        parts: [{ kind: 'text', text: 'It rains in Oslo.' }],
        finish: { unified: 'stop', raw: under.raw.text },
        usage: under.usage,
        servedBy: { provider: dialect, model },
        routing: {
          preset: 'configured',
          attempts: [
            {
              route: `${dialect}/${model}`,
              outcome: 'ok',
              why: 'in the order configured',
              durationMs: expect.any(Number),
            },
          ],
          excluded: [],
        },
      });
      expect(outcomes).toEqual([{ outcome: 'ok', usage: under.usage }]);
    });

    it('answer without usage → null, not 0', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'no-usage'));
      expect((await complete()).usage).toEqual({
        inputTokens: null,
        cacheReadTokens: null,
        cacheWriteTokens: null,
        outputTokens: null,
        reasoningTokens: null,
        costUsd: under.usage.costUsd,
      });
    });

    it('tool call → its name and arguments, finish tool-calls', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'tool-call'));
      const { parts, finish } = await complete();
      expect(parts).toMatchObject([
        { kind: 'tool-call', name: 'weather_now', args: { city: 'Oslo', days: 2 } },
      ]);
      expect(finish).toEqual({ unified: 'tool-calls', raw: under.raw.toolCall });
    });

    it('three calls in one turn → three parts in order with different ids, no arguments → {}', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'parallel-tool-calls'));
      const { parts } = await complete();
      expect(parts).toMatchObject([
        { kind: 'text', text: 'Both at once.' },
        { kind: 'tool-call', name: 'weather_now', args: { city: 'Oslo' } },
        { kind: 'tool-call', name: 'weather_now', args: { city: 'Rome' } },
        { kind: 'tool-call', name: 'ping', args: {} },
      ]);
      const ids = parts.flatMap((part) => (part.kind === 'tool-call' ? [part.callId] : []));
      expect(new Set(ids).size).toBe(3);
    });

    it('answer cut by the token limit → finish length, the text kept', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'length'));
      const { parts, finish } = await complete();
      expect(parts).toEqual([{ kind: 'text', text: 'It rains in' }]);
      expect(finish).toEqual({ unified: 'length', raw: under.raw.length });
    });

    itUnless('refusal', 'refusal → finish refusal, no error', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'refusal'));
      expect((await complete()).finish.unified).toBe('refusal');
    });
  });
}
