import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmStreamEvent } from '../../../common/llm-stream.ts';
import { errorFixture, fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import { VENDORS, streamText } from '../../support/fake-llm/streams.ts';
import { waitFor } from '../../support/wait-for.ts';
import { REQUEST } from './request.ts';
import type { DialectSetup } from './set-up-dialect.ts';
import { spoken } from './spoken.ts';

/** Answers that come in pieces. */
export function streamCases({ under, dialect, closers, start, gatewayAt }: DialectSetup): void {
  describe(`${dialect}: streams`, () => {
    const vendor = VENDORS[dialect];
    const beginning = streamText(dialect, vendor.text(['It rains ', 'in Oslo.']));
    const whole = beginning + streamText(dialect, vendor.finish('text')) + vendor.end;
    async function open(text: string, then: 'end' | 'hang' | 'cut', timeoutMs = 20_000) {
      const server = await under.startServer();
      closers.push(() => server.close());
      server.script({ kind: 'stream', text, then });
      const { gateway, outcomes } = gatewayAt({ ...under.config(server.url), timeoutMs });
      const controller = new AbortController();
      const events = gateway.stream(REQUEST, { signal: controller.signal });
      return { server, events, controller, outcomes };
    }
    async function read(events: AsyncIterable<LlmStreamEvent>) {
      const seen: LlmStreamEvent[] = [];
      for await (const event of events) seen.push(event);
      return seen;
    }

    it('text stream → deltas, then the answer that a whole one gives', async () => {
      const { events, outcomes } = await open(whole, 'end');
      const seen = await read(events);
      const texts = seen.flatMap((event) => (event.kind === 'text' ? [event.text] : []));
      expect(texts).toEqual(['It rains ', 'in Oslo.']);
      const { complete } = await start(fixtureAnswer(dialect, 'text'));
      const { routing, parts, ...expected } = await complete();
      expect(routing?.attempts).toHaveLength(1);
      const response = { ...expected, parts: spoken(parts) };
      expect(seen.at(-1)).toMatchObject({ kind: 'finish', response });
      expect(outcomes).toMatchObject([{ outcome: 'ok', usage: expected.usage }]);
    });

    it('error status → the same error as without streaming', async () => {
      const { gateway } = await start(errorFixture(dialect, 'rate-limited'));
      const events = gateway.stream(REQUEST, { signal: new AbortController().signal });
      const error = await read(events).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ type: FAILURE.llmRateLimited, retry: { allowed: true } });
    });

    // A frame up to its text.
    const half = streamText(dialect, vendor.text(['❄'])).split('❄')[0] ?? '';
    it.each([
      ['cut', 'a stream', beginning],
      ['end', 'a stream', beginning],
      ['cut', 'a frame', beginning + half],
      ['end', 'a frame', beginning + half],
    ] as const)(
      'connection that does %s in the middle of %s → the text so far, then Llm.Unavailable',
      async (then, _where, written) => {
        const { events } = await open(written, then);
        let text = '';
        const reading = (async () => {
          for await (const event of events) if (event.kind === 'text') text += event.text;
        })();
        await expect(reading).rejects.toMatchObject({
          type: FAILURE.llmUnavailable,
          retry: { allowed: true },
        });
        expect(text).toBe('It rains in Oslo.');
      },
    );

    it('silence in the middle → Llm.Timeout, the socket closed', async () => {
      const { events, server } = await open(beginning, 'hang', 300);
      const error = await read(events).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ type: FAILURE.llmTimeout });
      await waitFor('the socket to close', () => server.abandoned() === 1);
    });

    it('cancelled in the middle → the reason itself, the socket closed', async () => {
      const { events, server, controller, outcomes } = await open(beginning, 'hang');
      const reason = new Error('The run was cancelled.');
      const reading = (async () => {
        for await (const event of events) if (event.kind === 'text') controller.abort(reason);
      })();
      await expect(reading).rejects.toBe(reason);
      await waitFor('the socket to close', () => server.abandoned() === 1);
      expect(outcomes).toEqual([{ outcome: 'cancelled', usage: null }]);
    });

    it('reader that leaves → the socket closed', async () => {
      const { events, server, outcomes } = await open(beginning, 'hang');
      for await (const event of events) if (event.kind === 'text') break;
      await waitFor('the socket to close', () => server.abandoned() === 1);
      expect(outcomes).toEqual([{ outcome: 'cancelled', usage: null }]);
    });
  });
}
