// Proves what an attempt says beside the history: pieces of text joined, order kept, what is void said
// first, progress of servers thinned out. The clock is Vitest's.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LiveEvent } from '../../../common/live-event.ts';
import { createLiveWriter } from '../../../services/streams/live-writer.ts';

let said: LiveEvent[] = [];

beforeEach(() => {
  said = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const writer = (attempt = 1) =>
  createLiveWriter((event) => said.push(event), { source: 'turn:1', attempt });
const texts = () => said.map((event) => ('text' in event ? event.text : event.kind));

describe('what an attempt says', () => {
  it('pieces that follow each other closely → one event; the next ones another', () => {
    const live = writer();
    for (const piece of ['The ', 'sum ', 'is ']) live.write('text', piece);
    vi.advanceTimersByTime(30);
    live.write('text', '42.');
    live.end();
    expect(texts()).toEqual(['The sum is ', '42.']);
  });

  it('a thought between words → in order, kept apart', () => {
    const live = writer();
    live.write('text', 'a');
    live.write('reasoning', 'hm');
    live.write('text', 'b');
    live.planned('read', 'files/read');
    live.end();
    expect(said.map(({ kind }) => kind)).toEqual(['text', 'reasoning', 'text', 'planned']);
  });

  it('a text of a million characters at once → events of 2,000', () => {
    const live = writer();
    live.write('text', 'x'.repeat(1_000_001));
    live.end();
    expect(Math.max(...texts().map((text) => text.length))).toBeLessThanOrEqual(2_000);
    expect(texts().join('')).toHaveLength(1_000_001);
  });

  it('a second attempt → says first that the first one is void', () => {
    writer(2).end();
    expect(said).toEqual([
      { kind: 'superseded', source: 'turn:1', attempt: 2, voids: 1, why: expect.any(String) },
    ]);
  });

  it('another model begins anew → what this attempt wrote is void, after it was written', () => {
    const live = writer();
    live.write('text', 'half an ans');
    live.restarted('The stream broke.');
    live.write('text', 'whole');
    live.end();
    expect(said).toMatchObject([
      { text: 'half an ans' },
      { voids: 1, attempt: 1 },
      { text: 'whole' },
    ]);
  });

  it('a server tells its progress a thousand times a second → five times', () => {
    const live = writer();
    for (let ms = 0; ms < 1_000; ms += 1) {
      live.callProgress({ progress: ms, total: 1_000, message: null });
      vi.advanceTimersByTime(1);
    }
    expect(said).toHaveLength(5);
  });
});
