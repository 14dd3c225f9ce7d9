// Proves how a tool that asks a person something is called again, and that its answers stay its own.
import { describe, expect, it } from 'vitest';
import { ToolAsked } from '../../../../services/tools/tool-asked.ts';
import type { Handler } from '../support/tool-world.ts';
import { failing, text, useToolWorld } from '../support/tool-world.ts';

const world = useToolWorld();

describe('a tool that asks a person something', () => {
  const SEATS = {
    name: 'seats',
    mode: 'url',
    message: 'Well?',
    url: 'https://a.example/',
  } as const;
  const ANSWERS = { seats: { action: 'accept' } } as const;
  /** Asks first, with a state that tells the calls apart; answers when it was answered. */
  const asksFirst =
    (stateChars = 1): Handler =>
    async ({ asking }) =>
      asking?.answers === null
        ? { questions: [SEATS], state: String(world.calls.length).repeat(stateChars) }
        : text(`got ${JSON.stringify(asking?.answers)}`);
  const asked = (call: Promise<unknown>): Promise<ToolAsked> =>
    call.then(
      () => expect.unreachable('it asks'),
      (error: unknown) => {
        expect(error).toBeInstanceOf(ToolAsked);
        return error as ToolAsked;
      },
    );

  it.each(['read', 'keyed', 'non-idempotent', 'compensable'])(
    '%s: it asks, and is called again with the answers under the same key → one effect',
    async (tool) => {
      world.answer = asksFirst();
      const { asks } = await asked(world.call(tool, { mayAsk: true }));
      expect(asks).toEqual({ questions: [SEATS], state: '1' });
      expect(await world.unknownKeys()).toEqual([]);
      const again = { mayAsk: true, answered: { answers: ANSWERS, state: asks.state } };
      const result = await world.call(tool, again);
      expect(result.content).toMatchObject([{ text: 'got {"seats":{"action":"accept"}}' }]);
      expect(world.calls.map(({ asking }) => asking)).toEqual([
        { ask: null, answers: null, state: null },
        { ask: null, answers: ANSWERS, state: '1' },
      ]);
      if (tool === 'read') return;
      // An attempt whose answer was lost, or one that comes late without answers.
      expect(await world.call(tool, again)).toEqual(result);
      expect(await world.call(tool, { mayAsk: true })).toEqual(result);
      expect(world.calls).toHaveLength(2);
    },
  );

  it('the answered call is lost on its way → unknown, as any other', async () => {
    world.answer = asksFirst();
    await asked(world.call('non-idempotent', { mayAsk: true }));
    world.answer = failing('Tool.Unavailable', true);
    const answered = { answers: ANSWERS, state: '1' };
    await expect(world.call('non-idempotent', { mayAsk: true, answered })).rejects.toMatchObject({
      type: 'Tool.OutcomeUnknown',
    });
    expect(await world.unknownKeys()).toHaveLength(1);
  });

  it('its state is long → by reference in the history, and whole for the server', async () => {
    world.answer = asksFirst(5_000);
    const { asks } = await asked(world.call('keyed', { mayAsk: true }));
    expect(asks.state).toMatchObject({ bytes: 5_000, mediaType: 'text/plain; charset=utf-8' });
    await world.call('keyed', { mayAsk: true, answered: { answers: ANSWERS, state: asks.state } });
    expect(world.calls.at(-1)?.asking?.state).toBe('1'.repeat(5_000));
  });

  it('equal reads at once → each is asked for itself, and no answer is kept', async () => {
    world.answer = asksFirst();
    const states = await Promise.all(
      ['a', 'b', 'c'].map(async (idempotencyKey) => {
        const { asks } = await asked(world.call('read', { mayAsk: true, idempotencyKey }));
        return asks.state;
      }),
    );
    expect(new Set(states).size).toBe(3);
    await world.call('read', { mayAsk: true, answered: { answers: ANSWERS, state: '1' } });
    world.answer = async () => text('asked nobody');
    expect((await world.call('read')).content).toMatchObject([{ text: 'asked nobody' }]);
  });

  it('a read that asked in the middle → its answer is for that call alone', async () => {
    world.answer = async ({ asking }) => {
      const answer = await asking?.ask?.(SEATS);
      return text(answer?.action ?? 'nobody to ask');
    };
    const ask = async () => ({ action: 'accept' }) as const;
    const own = await world.call('read', { mayAsk: true }, { ask });
    expect(own.content).toMatchObject([{ text: 'accept' }]);
    expect((await world.call('read')).content).toMatchObject([{ text: 'nobody to ask' }]);
    expect(world.calls).toHaveLength(2);
  });
});
