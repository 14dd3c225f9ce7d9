import { describe, expect, it } from 'vitest';
import type { LlmMessage } from '../../../common/llm.ts';
import { fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import { REQUEST } from './request.ts';
import type { DialectSetup } from './set-up-dialect.ts';

/** What is sent. */
export function requestCases({ under, dialect, start, isExempt, itUnless }: DialectSetup): void {
  describe(`${dialect}: requests`, () => {
    it('request → system, tools, choice and limit as the server reads them', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete({ toolChoice: 'auto' });
      const sent = under.sent(server.journal[0]?.body ?? null);
      expect(sent).toMatchObject({
        system: 'Answer briefly.',
        toolNames: ['weather_now', 'ping'],
        maxOutputTokens: 512,
        temperature: 'not sent',
        turns: ['Does it rain in Oslo?'],
      });
    });

    it('same request twice → the same bytes, so that prompt caches hold', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete();
      await complete();
      expect(JSON.stringify(server.journal[1]?.body)).toBe(JSON.stringify(server.journal[0]?.body));
    });

    for (const choice of ['auto', 'required', 'none'] as const) {
      const hasField = !isExempt(`tool-choice-${choice}`);
      it(`tool choice ${choice} → as the format says it`, async () => {
        const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
        await complete({ toolChoice: choice });
        const { toolChoice, toolNames } = under.sent(server.journal[0]?.body ?? null);
        if (hasField) expect(toolChoice).toBe(choice);
        else if (choice === 'none') expect(toolNames).toEqual([]);
        else expect(toolChoice).toBe('not sent');
      });
    }

    it('no tools → none sent, and no choice', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete({ tools: [], toolChoice: 'required' });
      const { toolNames, toolChoice } = under.sent(server.journal[0]?.body ?? null);
      expect({ toolNames, toolChoice }).toEqual({ toolNames: [], toolChoice: 'not sent' });
    });

    itUnless('temperature', 'temperature → sent', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      await complete({ temperature: 0.2 });
      expect(under.sent(server.journal[0]?.body ?? null).temperature).toBe(0.2);
    });

    it('calls and their results given back → a transcript the server takes', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'parallel-tool-calls'));
      const { parts } = await complete();
      const results = parts.flatMap((part, index): LlmMessage[] =>
        part.kind === 'tool-call'
          ? [
              {
                from: 'tool',
                callId: part.callId,
                name: part.name,
                text: `r${index}`,
                isError: index === 3,
              },
            ]
          : [],
      );
      server.script(fixtureAnswer(dialect, 'text'));
      await complete({ messages: [...REQUEST.messages, { from: 'model', parts }, ...results] });
      expect(under.sent(server.journal[1]?.body ?? null).turns).toEqual([
        'Does it rain in Oslo?',
        'Both at once.',
        'call:weather_now',
        'call:weather_now',
        'call:ping',
        expect.stringMatching(/r1$/),
        expect.stringMatching(/r2$/),
        expect.stringMatching(/r3$/),
      ]);
    });

    it('transcript of another provider, one call without result → taken, the gap filled', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      const call = (callId: string, name: string) =>
        ({
          kind: 'tool-call',
          callId,
          name,
          args: { city: 'Oslo' },
          opaque: { dialect: 'else', data: 'x' },
        }) as const;
      await complete({
        messages: [
          ...REQUEST.messages,
          { from: 'model', parts: [call('a:1', 'weather_now'), call('a:2', 'ping')] },
          { from: 'tool', callId: 'a:1', name: 'weather_now', text: 'rain', isError: false },
          { from: 'user', text: 'And now?' },
        ],
      });
      const { turns } = under.sent(server.journal[0]?.body ?? null);
      expect(turns).toEqual([
        'Does it rain in Oslo?',
        'call:weather_now',
        'call:ping',
        expect.stringMatching(/rain$/),
        expect.stringContaining('interrupted'),
        'And now?',
      ]);
    });
  });
}
