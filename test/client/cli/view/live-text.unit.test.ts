// Proves how words of a model are shown while they come in.
import { describe, expect, it } from 'vitest';
import type { LiveEvent } from '../../../../common/live-event.ts';
import { createLiveText } from '../../../../client/cli/view/live-text.ts';
import { createStyle } from '../../../../client/cli/view/style.ts';

describe('createLiveText', () => {
  const style = createStyle(false);
  const from = { source: 'turn:1', attempt: 1 };
  const shown = (...events: readonly LiveEvent[]): readonly string[] => {
    const live = createLiveText();
    for (const event of events) live.take(event);
    return live.lines({ style, width: 24 });
  };

  it('words of a model → wrapped to the terminal, without what would move the cursor', () => {
    const text = 'The largest file is \u001b[2Jnode.tar and it has 40 MB';
    expect(shown({ kind: 'text', ...from, text })).toEqual([
      '│ The largest file is',
      '│ node.tar and it has',
      '│ 40 MB',
    ]);
  });

  it('much text → its last six lines', () => {
    const text = Array.from({ length: 50 }, (_, n) => `line ${n}`).join('\n');
    const lines = shown({ kind: 'text', ...from, text });
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toBe('│ line 49');
  });

  it('a plan that is being written → its steps', () => {
    expect(shown({ kind: 'planned', ...from, step: 'read', tool: 'files/read' })).toEqual([
      '│ ○ read files/read',
    ]);
  });

  it('void, the next turn, or a tool at work → what was written is gone', () => {
    const words = { kind: 'text', ...from, text: 'old' } as const;
    expect(shown(words, { kind: 'superseded', ...from, voids: 1, why: 'gone' })).toEqual([]);
    expect(shown(words, { ...words, source: 'turn:2', text: 'new' })).toEqual(['│ new']);
    const call = { kind: 'call-started', source: 'step:a', attempt: 1, tool: 'a/b' } as const;
    expect(shown(words, call)).toEqual([]);
  });
});
