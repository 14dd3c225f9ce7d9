// Proves that a reader of a run is not told what an attempt says that has been replaced.
import { describe, expect, it } from 'vitest';
import { createLiveFilter } from '../../client/live-filter.ts';
import type { LiveEvent, LiveItem } from '../../common/live-event.ts';

const item = (event: LiveEvent): LiveItem => ({ kind: 'event', offset: '1-1', event });
const word = (source: string, attempt: number, text: string) =>
  item({ kind: 'text', source, attempt, text });

describe('events of attempts', () => {
  it('the second one began → what the first still says is left out, other sources are not', () => {
    const filter = createLiveFilter();
    const told = [
      word('turn:1', 1, 'a'),
      item({ kind: 'superseded', source: 'turn:1', attempt: 2, voids: 1, why: 'gone' }),
      word('turn:1', 1, 'late'),
      word('turn:2', 1, 'other'),
      word('turn:1', 2, 'b'),
    ].flatMap((each) => filter(each) ?? []);
    expect(told).toMatchObject([
      { event: { text: 'a' } },
      { event: { kind: 'superseded' } },
      { event: { text: 'other' } },
      { event: { text: 'b' } },
    ]);
  });

  it('events that were dropped → lost, as those that were missed', () => {
    const filter = createLiveFilter();
    expect(filter(item({ kind: 'dropped', events: 7 }))).toEqual({ kind: 'lost', events: 7 });
    expect(filter({ kind: 'lost', events: null })).toEqual({ kind: 'lost', events: null });
  });
});
