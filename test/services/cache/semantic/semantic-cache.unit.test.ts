// Proves that the semantic cache hits what means the same once it has learned that this is safe, that
// it never hits across partitions, numbers or names, and that it goes back on what turned out wrong.
// The embedder is a stand-in: a text's vector is its words', so that likeness is what the test says.
import pino from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SemanticCacheOptions } from '../../../../services/cache/semantic/semantic-cache.ts';
import { createSemanticCache } from '../../../../services/cache/semantic/semantic-cache.ts';
import type { Embedder } from '../../../../services/embeddings/embedder.ts';

const SIZE = 64;
const embedder: Embedder = {
  id: 'words',
  dimensions: SIZE,
  embed: (texts) => Promise.resolve(texts.map(embed)),
  close: () => Promise.resolve(),
};

function embed(text: string): Float32Array {
  const vector = new Float32Array(SIZE);
  for (const word of text.toLowerCase().split(/\W+/)) {
    const place = [...word].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) % SIZE, 7);
    vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

const PLACE = { owner: 'acme', partition: 'acme/prompt' };
let loads = 0;
let clockMs = 0;
beforeEach(() => {
  loads = 0;
  clockMs = 0;
});

function cacheOf(options: Partial<SemanticCacheOptions<string>> = {}) {
  const cache = createSemanticCache<string>({
    embedder,
    alike: (a, b) => a === b,
    maxWrong: 0.05,
    random: () => 0.5,
    metrics: { cacheHit: () => undefined, cacheMiss: () => undefined },
    log: pino({ level: 'silent' }),
    nowMs: () => clockMs,
    ...options,
  });
  const get = (text: string, value: string, place = PLACE) =>
    cache.getOrLoad(place, text, () => {
      loads += 1;
      return Promise.resolve(value);
    });
  return { get, teach: () => teach(get) };
}

/** Pairs that differ by one word that means nothing: each teaches that such a hit is right. */
async function teach(get: (text: string, value: string) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < 80; n += 1) {
    const subject = [...String(n)].map((digit) => 'abcdefghij'[Number(digit)]).join('q');
    await get(`explain topic${subject} thoroughly now`, subject);
    await get(`explain topic${subject} thoroughly`, subject);
  }
}

describe('createSemanticCache', () => {
  it('nothing learned yet → near questions are loaded', async () => {
    const { get } = cacheOf();
    await get('explain gravity thoroughly now', 'g');
    expect(await get('explain gravity thoroughly', 'g')).toEqual({ value: 'g', hit: false });
    expect(loads).toBe(2);
  });

  it('learned → a near question is a hit; equal ones always are', async () => {
    const { get, teach: learn } = cacheOf();
    await learn();
    await get('explain gravity thoroughly now', 'g');
    expect(await get('explain gravity thoroughly', 'other')).toEqual({ value: 'g', hit: true });
    expect(await get('explain gravity thoroughly now', 'other')).toEqual({ value: 'g', hit: true });
  });

  it('another number, name or partition → never a hit', async () => {
    const { get, teach: learn } = cacheOf();
    await learn();
    await get('explain law 1 of gravity thoroughly now', 'one');
    expect(await get('explain law 2 of gravity thoroughly now', 'two')).toMatchObject({
      hit: false,
    });
    await get('explain the weather in Paris thoroughly now', 'p');
    const other = await get('explain the weather in London thoroughly now', 'l');
    expect(other).toEqual({ value: 'l', hit: false });
    const elsewhere = { owner: 'acme', partition: 'acme/other prompt' };
    await get('explain gravity thoroughly now', 'g');
    expect((await get('explain gravity thoroughly now', 'x', elsewhere)).value).toBe('x');
  });

  it('another tenant → has learned nothing, and shares nothing', async () => {
    const { get, teach: learn } = cacheOf();
    await learn();
    const other = { owner: 'other', partition: 'other/prompt' };
    await get('explain gravity thoroughly now', 'g', other);
    expect(await get('explain gravity thoroughly', 'x', other)).toEqual({ value: 'x', hit: false });
  });

  it('near questions whose answers differ → no hits are learned', async () => {
    const { get } = cacheOf();
    for (let n = 0; n < 160; n += 1) {
      const subject = [...String(n >> 1)].map((digit) => 'abcdefghij'[Number(digit)]).join('q');
      await get(`explain topic${subject} thoroughly${n % 2 === 0 ? ' now' : ''}`, String(n));
    }
    await get('explain gravity thoroughly now', 'g');
    expect(await get('explain gravity thoroughly', 'x')).toEqual({ value: 'x', hit: false });
  });

  it('a hit is explored → loaded all the same, and the fresh value given', async () => {
    let draw = 0.5;
    const { get, teach: learn } = cacheOf({ random: () => draw });
    await learn();
    await get('explain gravity thoroughly now', 'g');
    draw = 0;
    expect(await get('explain gravity thoroughly', 'fresh')).toEqual({
      value: 'fresh',
      hit: false,
    });
  });

  it('older than its time, or not to be kept → loaded', async () => {
    const { get, teach: learn } = cacheOf({ ttlMs: 1_000, keep: (value) => value !== 'cut off' });
    await learn();
    await get('explain gravity thoroughly now', 'g');
    clockMs += 1_001;
    expect(await get('explain gravity thoroughly now', 'new')).toEqual({
      value: 'new',
      hit: false,
    });
    await get('explain magnetism thoroughly now', 'cut off');
    expect((await get('explain magnetism thoroughly now', 'whole')).value).toBe('whole');
  });

  it('load fails → its error, and nothing is kept', async () => {
    const { get } = cacheOf();
    const cache = createSemanticCache<string>({
      embedder,
      alike: () => true,
      metrics: { cacheHit: () => undefined, cacheMiss: () => undefined },
      log: pino({ level: 'silent' }),
    });
    await expect(
      cache.getOrLoad(PLACE, 'explain', () => Promise.reject(new Error('down'))),
    ).rejects.toThrow('down');
    expect((await get('explain', 'v')).hit).toBe(false);
  });
});
