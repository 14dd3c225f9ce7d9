// Proves how tables are laid out, and when output is coloured.
import { describe, expect, it } from 'vitest';
import { wantsColor } from '../../../../client/cli/view/style.ts';
import { tableLines } from '../../../../client/cli/view/table.ts';
import { PLAIN } from './support.ts';

describe('tableLines', () => {
  it('rows → aligned columns; the flexible one takes what is left', () => {
    const rows = [
      { name: 'a', text: 'x'.repeat(200) },
      { name: 'longer', text: 'short' },
    ];
    const lines = tableLines(
      rows,
      [
        { title: 'NAME', text: ({ name }) => name },
        { title: 'TEXT', text: ({ text }) => text, isFlexible: true },
      ],
      { style: PLAIN, width: 40 },
    );
    expect(lines).toEqual(['NAME    TEXT', `a       ${'x'.repeat(29)}…`, 'longer  short']);
  });
});

describe('wantsColor', () => {
  it.each([
    [{}, true, true, true],
    [{}, false, true, false],
    [{ NO_COLOR: '1' }, true, true, false],
    [{ NO_COLOR: '' }, true, true, true],
    [{ TERM: 'dumb' }, true, true, false],
    [{}, true, false, false],
    [{ FORCE_COLOR: '1' }, false, true, true],
    [{ FORCE_COLOR: '0' }, false, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, true, false],
  ])('%o, terminal %s, flag %s → %s', (env, isTty, flag, wanted) => {
    expect(wantsColor({ env, isTty, flag })).toBe(wanted);
  });
});
