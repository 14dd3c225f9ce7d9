// Proves which name is taken for the one that was meant.
import { describe, expect, it } from 'vitest';
import { nearestName } from '../../common/nearest-name.ts';

describe('nearestName', () => {
  it.each([
    ['flies', ['files', 'memory'], 'files'],
    ['raed_file', ['read_file', 'write_file'], 'read_file'],
    ['Memory', ['memory'], 'memory'],
    ['comand', ['command', 'cwd'], 'command'],
    ['git', ['github', 'memory'], null],
    ['x', ['files'], null],
    ['files', [], null],
    ['ab', ['ba', 'abc'], 'ba'],
  ])('%s among %j → %s', (wanted, names, expected) => {
    expect(nearestName(wanted, names)).toBe(expected);
  });
});
