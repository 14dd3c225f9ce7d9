// Proves that a rules file is read with its defaults, and that what is wrong in it is named by line
// and column, all of it at once.
import { describe, expect, it } from 'vitest';
import { parseRulesFile } from '../../../services/rules/parse-rules-file.ts';

const problem = (text: string): string => {
  try {
    parseRulesFile(text, 'rules.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing is wrong';
};

describe('parseRulesFile', () => {
  it('one rule of each kind, short → all of them with their defaults', () => {
    const rules = parseRulesFile(
      `
rules:
  - {name: ids, kind: feeds, from: crm/find, output: id, to: crm/delete, argument: id, reason: typed ids are wrong}
  - {name: order, kind: before, first: ci/test, then: ci/deploy, required: true, reason: broken builds}
  - {name: apart, kind: never-together, tools: [vault/*, mail/send], reason: secrets}
  - {name: ask, kind: needs-approval, tool: "*/delete_*", reason: it cannot be undone}
  - name: spare
    kind: alternative
    of: search/web
    tool: spare/find
    args: {q: "\${args.query}"}
    reason: the same index
`,
      'rules.yaml',
    );
    expect(rules).toHaveLength(5);
    expect(rules[0]).toMatchObject({ required: false, output: 'id' });
    expect(rules[4]).toMatchObject({ safe: false, args: { q: '${args.query}' } });
  });

  it('JSON → read too', () => {
    const text =
      '{"rules": [{"name": "a", "kind": "needs-approval", "tool": "x/*", "reason": "r"}]}';
    expect(parseRulesFile(text, 'rules.json')).toHaveLength(1);
  });

  it.each([
    ['', 'rules.yaml is wrong: it is empty. For no rules at all, write "rules: []".'],
    ['- a', 'rules.yaml is wrong: line 1, column 1: the file takes an object (received ["a"])'],
    ['{}', 'rules.yaml is wrong: line 1, column 1: rules is missing; it takes a list'],
    ['rule: []', 'line 1, column 1: the file there is no field "rule"; did you mean "rules"?'],
  ])('%j → what a rules file takes', (text, said) => {
    expect(problem(text)).toContain(said);
  });

  it('several mistakes → each with its place', () => {
    const text = `rules:
  - name: Bad Name
    kind: needs-approval
    tool: everything
    reason: r
  - name: spare
    kind: alternative
    of: a/b
    tool: a/*
    args: {q: "\${other.x}"}
    reason: r
`;
    const lines = problem(text).split('\n');
    expect(lines[0]).toBe('rules.yaml is wrong:');
    expect(lines[1]).toMatch(/line 2, column 11: rules\[0\]\.name takes 1 to 63/);
    expect(lines[2]).toMatch(/line 4, column 11: rules\[0\]\.tool takes server\/tool/);
    expect(lines[3]).toMatch(/line 9, column 11: rules\[1\]\.tool takes one tool/);
    expect(lines[4]).toMatch(/line 10, column 11: rules\[1\]\.args may refer to \$\{args\} only/);
  });

  it.each([
    [
      'a name twice',
      'rules: [{name: a, kind: needs-approval, tool: x/y, reason: r}, {name: a, kind: needs-approval, tool: x/z, reason: r}]',
      'is taken by a rule above',
    ],
    [
      'a tool that stands in for itself',
      'rules: [{name: a, kind: alternative, of: x/y, tool: x/y, reason: r}]',
      'should stand in for',
    ],
    [
      'an unknown field',
      'rules: [{name: a, kind: needs-approval, tool: x/y, reason: r, tols: 1}]',
      'tols',
    ],
    ['an unknown kind', 'rules: [{name: a, kind: sometimes, reason: r}]', 'kind'],
    ['no reason', 'rules: [{name: a, kind: needs-approval, tool: x/y}]', 'rules[0].reason'],
    ['no YAML', 'rules: [', 'line 1'],
  ])('%s → refused', (_what, text, words) => {
    expect(problem(text)).toContain(words);
  });
});
