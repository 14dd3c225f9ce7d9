// Proves the side channel inside one process: every reader gets everything, at its own pace, from the
// offset that it names; who is too slow is told how much it lost; tenants see nothing of each other.
import { describe, expect, it } from 'vitest';
import type { LiveEvent, LiveItem, LiveOffset } from '../../../common/live-event.ts';
import { createMemoryStreams } from '../../../services/streams/memory-streams.ts';

const run = { tenantId: 'acme', runId: 'r1' };
const word = (text: string): LiveEvent => ({ kind: 'text', source: 'turn:1', attempt: 1, text });
const words = (items: readonly LiveItem[]) =>
  items.map((item) =>
    item.kind === 'lost' ? `lost ${item.events}` : 'text' in item.event ? item.event.text : '?',
  );

function offsetOf(item: LiveItem | undefined): LiveOffset {
  if (item?.kind !== 'event') throw new Error('no event');
  return item.offset;
}

describe('a side channel in one process', () => {
  it('two readers → both get all of it, also what was said before they came', async () => {
    const streams = createMemoryStreams();
    streams.publish(run, word('a'));
    const readers = [streams.open(run, null), streams.open(run, null)];
    streams.publish(run, word('b'));
    for (const reader of readers) expect(words(await reader.next(0))).toEqual(['a', 'b']);
  });

  it('nothing there → waits until something comes', async () => {
    const streams = createMemoryStreams();
    const page = streams.open(run, null).next(60_000);
    streams.publish(run, word('a'));
    expect(words(await page)).toEqual(['a']);
  });

  it('nothing comes, or the reader leaves → an empty page', async () => {
    const reader = createMemoryStreams().open(run, null);
    expect(await reader.next(1)).toEqual([]);
    const leave = new AbortController();
    const page = reader.next(60_000, leave.signal);
    leave.abort();
    expect(await page).toEqual([]);
  });

  it('goes on from an offset → exactly what followed', async () => {
    const streams = createMemoryStreams();
    for (const text of ['a', 'b', 'c']) streams.publish(run, word(text));
    const [, second] = await streams.open(run, null).next(0);
    const reader = streams.open(run, offsetOf(second));
    expect(words(await reader.next(0))).toEqual(['c']);
    expect(await reader.next(0)).toEqual([]);
  });

  it('slower than what is kept → told how many it lost, then the newest', async () => {
    const streams = createMemoryStreams({ maxEvents: 3 });
    const reader = streams.open(run, null);
    streams.publish(run, word('0'));
    await reader.next(0);
    for (const text of ['1', '2', '3', '4', '5']) streams.publish(run, word(text));
    expect(words(await reader.next(0))).toEqual(['lost 2', '3', '4', '5']);
  });

  it('an offset of another life of the channel → told so, then all there is', async () => {
    const streams = createMemoryStreams();
    streams.publish(run, word('a'));
    for (const offset of ['1-1', '999999999999999-7'] as const) {
      expect(words(await streams.open(run, offset).next(0))).toEqual(['lost null', 'a']);
    }
  });

  it('a channel that was pushed out by others → begins another epoch', async () => {
    const streams = createMemoryStreams({ maxChannels: 1, nowMs: () => 5 });
    const reader = streams.open(run, null);
    streams.publish(run, word('a'));
    await reader.next(0);
    streams.publish({ ...run, runId: 'other' }, word('x'));
    streams.publish(run, word('b'));
    expect(words(await reader.next(0))).toEqual(['lost null', 'b']);
  });

  it('much text → the channel stays small', async () => {
    const streams = createMemoryStreams();
    for (let n = 0; n < 1_000; n += 1) streams.publish(run, word('x'.repeat(2_000)));
    const items = await streams.open(run, null).next(0);
    let chars = 0;
    const reader = streams.open(run, null);
    for (let page = items; page.length > 0; page = await reader.next(0)) {
      chars += words(page).join('').length;
    }
    expect(chars).toBeLessThan(1_500_000);
  });

  it('the same run id of another tenant, and ids that look like keys → nothing is seen', async () => {
    const streams = createMemoryStreams();
    streams.publish({ tenantId: 'a', runId: 'b:c' }, word('secret'));
    for (const other of [
      { tenantId: 'x', runId: 'b:c' },
      { tenantId: 'a:b', runId: 'c' },
    ]) {
      expect(await streams.open(other, null).next(0)).toEqual([]);
    }
  });
});
