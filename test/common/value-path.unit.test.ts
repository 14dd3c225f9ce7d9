// Proves how a path is read and followed, and what is said where it ends.
import { describe, expect, it } from 'vitest';
import { parsePath, valueAt } from '../../common/value-path.ts';

describe('parsePath', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a.b', ['a', 'b']],
    ['a[0].b', ['a', '0', 'b']],
    ['[2][3]', ['2', '3']],
    ['["a.b"].c', ['a.b', 'c']],
    ['0.name', ['0', 'name']],
  ])('%s → its keys', (path, keys) => {
    expect(parsePath(path)).toEqual(keys);
  });

  it.each(['.a', 'a..b', 'a[', 'a[x]', 'a.', '["x'])('%s → no path', (path) => {
    expect(parsePath(path)).toBeNull();
  });
});

describe('valueAt', () => {
  const root = { items: [{ name: 'x', none: null }], count: 1 };

  it('a path that exists → its value, null included', () => {
    expect(valueAt(root, 'items[0].name')).toEqual({ found: true, value: 'x' });
    expect(valueAt(root, 'items[0].none')).toEqual({ found: true, value: null });
    expect(valueAt(root, '')).toEqual({ found: true, value: root });
  });

  it('a path that ends early → where it ended and what is there', () => {
    expect(valueAt(root, 'items[0].nome')).toEqual({
      found: false,
      at: 'items.0',
      keys: ['name', 'none'],
    });
    expect(valueAt(root, 'items[3]')).toEqual({ found: false, at: 'items', keys: ['0 to 0'] });
    expect(valueAt(root, 'count.x')).toEqual({ found: false, at: 'count', keys: [] });
  });

  it('a name of the prototype → not found', () => {
    expect(valueAt(root, 'constructor').found).toBe(false);
    expect(valueAt(root, '__proto__').found).toBe(false);
  });
});
