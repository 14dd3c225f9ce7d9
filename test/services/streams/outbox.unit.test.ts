// Proves that who publishes never waits and that nothing is lost silently: order, bounds, and what is
// told after a channel could not be reached. What sends is scripted; the clock is Vitest's.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutbox } from '../../../services/streams/outbox.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const event = (text: string) => ({ kind: 'text', source: 's', attempt: 1, text }) as const;
const textOf = (json: string) => {
  const parsed = JSON.parse(json) as { text?: string; events?: number };
  return parsed.text ?? `dropped ${parsed.events}`;
};

function outbox() {
  const sent = new Map<string, string[]>();
  let isAway = false;
  const box = createOutbox(async (key, events) => {
    if (isAway) return false;
    sent.set(key, [...(sent.get(key) ?? []), ...events.map(textOf)]);
    return true;
  });
  return { box, sent, away: (value: boolean) => (isAway = value) };
}

describe('events that wait to be sent', () => {
  it('of several channels → each in order', async () => {
    const { box, sent } = outbox();
    for (const text of ['1', '2', '3']) for (const key of ['a', 'b']) box.add(key, event(text));
    await vi.advanceTimersByTimeAsync(20);
    expect([...sent]).toEqual([
      ['a', ['1', '2', '3']],
      ['b', ['1', '2', '3']],
    ]);
  });

  it('the channel is away, then back → how many were lost, before what comes next', async () => {
    const { box, sent, away } = outbox();
    away(true);
    for (const text of ['1', '2']) box.add('a', event(text));
    await vi.advanceTimersByTimeAsync(20);
    box.add('a', event('3'));
    await vi.advanceTimersByTimeAsync(20);
    away(false);
    box.add('a', event('4'));
    await vi.advanceTimersByTimeAsync(20);
    expect(sent.get('a')).toEqual(['dropped 3', '4']);
  });

  it('more than fits → the rest is left out and counted', async () => {
    const { box, sent } = outbox();
    for (let n = 0; n < 6_000; n += 1) box.add('a', event('x'));
    await vi.advanceTimersByTimeAsync(20);
    expect(sent.get('a')?.filter((text) => text === 'x')).toHaveLength(5_000);
    box.add('a', event('last'));
    await vi.advanceTimersByTimeAsync(20);
    expect(sent.get('a')).toContain('dropped 1000');
    expect(sent.get('a')?.at(-1)).toBe('last');
  });

  it('closed → what waits is sent, what comes later is not', async () => {
    const { box, sent } = outbox();
    box.add('a', event('1'));
    await box.close();
    box.add('a', event('2'));
    await vi.advanceTimersByTimeAsync(100);
    expect(sent.get('a')).toEqual(['1']);
  });
});
