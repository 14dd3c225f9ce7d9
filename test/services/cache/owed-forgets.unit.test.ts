// Proves that a forget that the store could not be told of stays owed until it was told, and that one
// that was asked for while another was being told is not taken as told.
import { describe, expect, it } from 'vitest';
import { createOwedForgets } from '../../../services/cache/owed-forgets.ts';

describe('createOwedForgets', () => {
  it('store answers → nothing is owed', async () => {
    const owed = createOwedForgets(() => Promise.resolve(true));
    await owed.forget('a');
    expect(owed.size()).toBe(0);
    expect(await owed.settle('a')).toBe(true);
  });

  it('store is away → owed to its scope only, until it is told', async () => {
    let away = true;
    const told: string[] = [];
    const owed = createOwedForgets((scope) => {
      if (!away) told.push(scope);
      return Promise.resolve(away ? null : true);
    });
    await owed.forget('a');
    expect(await owed.settle('a')).toBe(false);
    expect(await owed.settle('b')).toBe(true);
    away = false;
    expect(await owed.settle('a')).toBe(true);
    expect(told).toEqual(['a']);
    expect(owed.size()).toBe(0);
  });

  it('asked again while it is being told, and that telling fails → still owed', async () => {
    const first = Promise.withResolvers<true>();
    const answers = [first.promise, Promise.resolve(null)];
    const owed = createOwedForgets(() => answers.shift() ?? Promise.resolve(null));
    const telling = owed.forget('a');
    await owed.forget('a');
    first.resolve(true);
    await telling;
    expect(owed.size()).toBe(1);
    owed.close();
    expect(owed.size()).toBe(0);
  });
});
