// The breakers file: what it sets of which targets, and that it says what is wrong in it.
import { describe, expect, it } from 'vitest';
import {
  parseBreakersFile,
  rulesFor,
} from '../../../../services/breaker/settings/parse-breakers-file.ts';

const parse = (text: string) => parseBreakersFile(text, 'breakers.yaml');

describe('breakers file', () => {
  it('patterns and a name → of all that match, later lines win', () => {
    const rules = parse(
      'targets:\n  mcp/*: { mode: dry-run, openMs: { first: 2000 } }\n  mcp/github: { openMs: { max: 9000 }, staleMs: 600000 }\n  provider/openai/*: { slowMs: null }',
    );
    const of = (kind: 'mcp' | 'provider', name: string) => rulesFor(rules, { kind, name });
    expect(of('mcp', 'github')).toEqual({
      mode: 'dry-run',
      openMs: { first: 2000, max: 9000 },
      staleMs: 600000,
    });
    expect(of('mcp', 'files')).toEqual({ mode: 'dry-run', openMs: { first: 2000 } });
    expect(of('provider', 'openai/gpt-5')).toEqual({ slowMs: null });
    expect(of('provider', 'google/x')).toEqual({});
  });

  it('a line that only fits with the one before it, another that only one kind of server fits → taken', () => {
    const text =
      'targets: { mcp/*: { openMs: { max: 500000 } }, mcp/slow: { openMs: { first: 400000 } }, mcp/slower: {} }';
    expect(parse(text)).toHaveLength(3);
  });

  it.each([
    ['targets: { github: { mode: dry-run } }', 'names no target'],
    ['targets: { mcp/github: { mode: maybe } }', 'targets.mcp/github.mode'],
    ['targets: { mcp/github: { slow: 3 } }', 'slow'],
    [
      'targets: { mcp/github: { openMs: { first: 600000 } } }',
      'targets.mcp/github: openMs.first is',
    ],
    [
      'targets: { provider/*: { probes: { max: 4 } }, provider/openai/*: { probes: { first: 5 } } }',
      'targets.provider/openai/*: probes.first is 5 and probes.max is 4',
    ],
    ['targets: [', 'breakers.yaml is wrong'],
    ['', 'expected object'],
  ])('%s → refused, naming it', (text, says) => {
    expect(() => parse(text)).toThrow(says);
  });
});
