// Proves where a goal is cut into clauses, what never is, and which words tie one to those before.
import { describe, expect, it } from 'vitest';
import { splitGoal } from '../../../../../services/planner/offline/goal/split-goal.ts';

const cut = (goal: string) =>
  splitGoal(goal).map(({ text, waitsFor }) =>
    waitsFor === 'nothing' ? text : `${waitsFor}: ${text}`,
  );

describe('splitGoal', () => {
  it.each([
    ['Read a.md and b.md', ['Read a.md and b.md']],
    ['Read a.md, list src and add 2 and 3', ['Read a.md', 'list src', 'add 2 and 3']],
    ['Read a.md; list src. Add 1 and 2!', ['Read a.md', 'list src', 'Add 1 and 2']],
    ['Read a.md, then count its words', ['Read a.md', 'previous: count its words']],
    ['Read a.md and then echo it', ['Read a.md', 'previous: echo it']],
    [
      'Read a.md. After that, echo it. Finally list src',
      ['Read a.md', 'previous: echo it', 'all-before: list src'],
    ],
    [
      'Write "x" to o/a.md, creating the directory o first',
      ['create the directory o', 'previous: Write "x" to o/a.md'],
    ],
    ['After reading a.md, echo it', ['read a.md', 'previous: echo it']],
    ['First, please read a.md. Next, list src', ['read a.md', 'previous: list src']],
    ['Could you please list src?', ['list src']],
    ['Read and count a.md', ['Read and count a.md']],
    [
      '1. Read a.md\n2. List src, then echo it\n- Add 2 and 3.\n',
      ['Read a.md', 'List src', 'previous: echo it', 'Add 2 and 3'],
    ],
    ['1) read a.md 2) list src', ['read a.md', 'list src']],
    ['Step 1: read a.md\nStep 2: list src', ['read a.md', 'list src']],
    ['Echo "a, and read b; then c. Add 1"', ['Echo "a, and read b; then c. Add 1"']],
    ['Write {"a": 1, "b": 2} to x.json', ['Write {"a": 1, "b": 2} to x.json']],
    ['Record thought 2 of 3; next thought needed', ['Record thought 2 of 3; next thought needed']],
    ['Read v1.2.3/notes.md at 10.5', ['Read v1.2.3/notes.md at 10.5']],
    [' \n. ; ', []],
    ['', []],
  ])('%j', (goal, clauses) => {
    expect(cut(goal)).toEqual(clauses);
  });

  it('verbs of the registered tools → a clause may begin with one', () => {
    const goal = 'Read a.md and frobnicate b.md';
    expect(splitGoal(goal)).toHaveLength(1);
    expect(splitGoal(goal, new Set(['frobnicate']))).toHaveLength(2);
  });

  it('positions → every literal of a clause stands in its text', () => {
    for (const { text, masked, literals } of splitGoal('Read a.md, then echo "x" 3 times')) {
      expect(masked).toHaveLength(text.length);
      for (const { start, end, value } of literals)
        expect(text.slice(start, end)).toContain(String(value));
    }
  });

  it('50,000 characters → every clause, as in one round of it', () => {
    const round = 'read a.md and then list src, add 1 and 2; ';
    const texts = splitGoal(round).map(({ text }) => text);
    expect(texts).toHaveLength(3);
    const many = splitGoal(round.repeat(1_200)).map(({ text }) => text);
    expect(many).toEqual(Array.from({ length: 1_200 }, () => texts).flat());
  });
});
