// Proves that HTTP answers are counted and cut at the limit: a body as a whole, an event stream event
// by event. By responses made in memory.
import { describe, expect, it } from 'vitest';
import { currentCall, newCallRecord } from '../../../services/mcp/call-record.ts';
import { limitResponses, retryAfterMs } from '../../../services/mcp/limit-response.ts';

function respond(type: string, chunks: readonly string[], init: ResponseInit = {}) {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  return async () => new Response(body, { headers: { 'content-type': type }, ...init });
}

describe('limitResponses', () => {
  it('a body within the limit → unchanged, its bytes counted', async () => {
    const record = newCallRecord();
    const text = await currentCall.run(record, async () => {
      const response = await limitResponses(respond('application/json', ['{"a":', '1}']), 7)('x:');
      return response.text();
    });
    expect(text).toBe('{"a":1}');
    expect(record.bytes).toBe(7);
  });

  it('a body over the limit → fails, and the call is told the size', async () => {
    const record = newCallRecord();
    const dropped: number[] = [];
    record.dropAnswer = (bytes) => dropped.push(bytes);
    const reading = currentCall.run(record, async () => {
      const response = await limitResponses(respond('application/json', ['12345', '678']), 7)('x:');
      return response.text();
    });
    await expect(reading).rejects.toThrow('more than 7 bytes');
    expect(dropped).toEqual([8]);
  });

  it('many small events, together over the limit → pass', async () => {
    const events = Array.from({ length: 100 }, (_, index) => `data: ${index}\n\n`);
    const response = await limitResponses(respond('text/event-stream', events), 20)('x:');
    expect((await response.text()).length).toBeGreaterThan(800);
  });

  it.each(['\n\n', '\r\n\r\n'])(
    'one event over the limit, after one that ended with %j → fails',
    async (end) => {
      const chunks = [`data: ok${end}data: 1`, '2'.repeat(30)];
      const response = await limitResponses(
        respond('text/event-stream; charset=utf-8', chunks),
        25,
      )('x:');
      await expect(response.text()).rejects.toThrow('more than 25 bytes');
    },
  );

  it('a refusal with Retry-After → the wait is noted', async () => {
    const record = newCallRecord();
    const init = { status: 503, headers: { 'retry-after': '3' } };
    await currentCall.run(record, () => limitResponses(respond('', [], init), 10)('x:'));
    expect(record.retryAfterMs).toBe(3_000);
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-11-24T00:00:00Z');
  it.each([
    [null, null],
    ['5', 5_000],
    ['0.5', 500],
    ['Tue, 24 Nov 2026 00:00:10 GMT', 10_000],
    ['Mon, 23 Nov 2026 00:00:00 GMT', 0],
    ['86400', 60_000],
    ['soon', null],
  ])('%s → %s', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});
