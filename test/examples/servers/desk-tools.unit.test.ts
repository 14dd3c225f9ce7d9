// Proves that the computations behind the example server are right at their edges. Pure functions.
import { describe, expect, it } from 'vitest';
import { addToDate, daysBetween } from '../../../examples/servers/desk-tools/dates.ts';
import { formatTable } from '../../../examples/servers/desk-tools/format-table.ts';
import { queryJson } from '../../../examples/servers/desk-tools/query-json.ts';
import { summarizeNumbers } from '../../../examples/servers/desk-tools/summarize-numbers.ts';
import { textStatistics } from '../../../examples/servers/desk-tools/text-statistics.ts';
import { convertUnits } from '../../../examples/servers/desk-tools/units.ts';

const period = (given: Partial<{ days: number; months: number; years: number }>) => ({
  days: 0,
  months: 0,
  years: 0,
  ...given,
});

describe('dates', () => {
  it.each([
    ['2024-01-31', period({ months: 1 }), '2024-02-29', 'Thursday'],
    ['2023-01-31', period({ months: 1 }), '2023-02-28', 'Tuesday'],
    ['2024-02-29', period({ years: 1 }), '2025-02-28', 'Friday'],
    ['2026-12-31', period({ days: 1 }), '2027-01-01', 'Friday'],
    ['2026-03-01', period({ days: -1 }), '2026-02-28', 'Saturday'],
    ['2026-03-31', period({ months: -13 }), '2025-02-28', 'Friday'],
  ])('%s plus %j → %s, a %s', (date, given, expected, weekday) => {
    expect(addToDate(date, given)).toEqual({ date: expected, weekday });
  });

  it.each([
    ['2026-11-20', '2026-11-30', 10, 6],
    ['2026-11-30', '2026-11-20', -10, 6],
    ['2026-11-21', '2026-11-22', 1, 0],
    ['2026-03-28', '2026-03-30', 2, 1],
    ['2026-01-01', '2026-01-01', 0, 0],
  ])('from %s to %s → %i days, %i of them working days', (from, to, days, workingDays) => {
    expect(daysBetween(from, to)).toMatchObject({ days, workingDays });
  });

  it('a day that does not exist → refused', () => {
    expect(() => addToDate('2026-02-30', period({}))).toThrow(/2026-02-30/);
  });
});

describe('units', () => {
  it.each([
    [26.2, 'mi', 'km', 42.1648128],
    [-40, 'C', 'F', -40],
    [0, 'K', 'C', -273.15],
    [1, 'GiB', 'MB', 1073.741824],
    [90, 'km/h', 'm/s', 25],
  ])('%f %s in %s → %f', (value, from, to, expected) => {
    expect(convertUnits(value, from, to).value).toBeCloseTo(expected, 9);
  });

  it('length to temperature → refused', () => {
    expect(() => convertUnits(1, 'km', 'C')).toThrow(/different things/);
  });
});

describe('queryJson', () => {
  const json = JSON.stringify({ items: [{ name: 'a', 'odd key': 1 }, { name: 'b' }], n: null });
  it.each([
    ['items[*].name', ['a', 'b']],
    ['$.items[1].name', ['b']],
    ['items[0]["odd key"]', [1]],
    ['n', [null]],
    ['items[9].name', []],
    ['n.deeper', []],
    ['constructor', []],
  ])('%s → %j', (path, matches) => {
    expect(queryJson(json, path)).toEqual({ count: matches.length, matches });
  });

  it('a wrong path → says where', () => {
    expect(() => queryJson(json, 'items[?]')).toThrow(/wrong at "\[\?\]"/);
  });

  it('no JSON → says so', () => {
    expect(() => queryJson('{', 'a')).toThrow(/not JSON/);
  });
});

describe('formatTable', () => {
  const rows = [
    { a: 1, b: 'x|y' },
    { a: null, c: { d: [1] } },
  ];
  it('Markdown → bars escaped, gaps empty', () => {
    expect(formatTable(rows, undefined, 'markdown')).toEqual({
      table: '| a | b | c |\n| --- | --- | --- |\n| 1 | x\\|y |  |\n|  |  | {"d":[1]} |',
      rows: 2,
      columns: ['a', 'b', 'c'],
    });
  });

  it('CSV → quotes doubled', () => {
    expect(formatTable([{ a: 'x,"y"' }], ['a', 'b'], 'csv').table).toBe('a,b\n"x,""y""",');
  });

  it('text → columns aligned', () => {
    expect(formatTable([{ name: 'long name', n: 1 }], undefined, 'text').table).toBe(
      'name       n\nlong name  1',
    );
  });
});

describe('numbers and text', () => {
  it('an even count → the median lies between', () => {
    expect(summarizeNumbers([4, 1, 3, 2])).toMatchObject({
      median: 2.5,
      mean: 2.5,
      min: 1,
      max: 4,
    });
    expect(summarizeNumbers([7])).toMatchObject({ median: 7, standardDeviation: 0 });
  });

  it('letters of other scripts, hyphens, a final line break → counted as a reader would', () => {
    const statistics = textStatistics('Über well-known Wörter.\nZweite Zeile! Zweite?\n', 1);
    expect(statistics).toMatchObject({ words: 6, lines: 2, sentences: 3 });
    expect(statistics.topWords).toEqual([{ word: 'zweite', count: 2 }]);
  });

  it('nothing → zeros', () => {
    expect(textStatistics('', 5)).toMatchObject({
      characters: 0,
      words: 0,
      lines: 0,
      sentences: 0,
    });
  });
});
