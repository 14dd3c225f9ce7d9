// Proves the bounds on what a server may say of a tool, and that characters a person cannot see are
// reported.
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../common/json.ts';
import type { ListedTool } from '../../../services/mcp/listed-tool.ts';
import { admitListedTool } from '../../../services/registry/tools/admit-listed-tool.ts';

const tool = (changes: Partial<ListedTool> = {}): ListedTool => ({
  name: 'read',
  title: 'Read',
  description: 'Reads.',
  inputSchema: { type: 'object' },
  outputSchema: null,
  annotations: null,
  ...changes,
});

const admitted = (changes: Partial<ListedTool>) => {
  const admission = admitListedTool(tool(changes));
  if (admission.kind === 'refused') throw new Error(admission.reason);
  return admission;
};

function nested(levels: number): JsonObject {
  let schema: JsonObject = {};
  for (let level = 0; level < levels; level += 1) schema = { items: schema };
  return schema;
}

describe('admitListedTool', () => {
  it('an ordinary tool → as listed, no warnings', () => {
    expect(admitListedTool(tool())).toMatchObject({ kind: 'admitted', tool: tool(), warnings: [] });
  });

  it('a description above 4 KiB → cut between characters with a mark, and a warning', () => {
    const { tool: kept, warnings } = admitted({ description: 'é'.repeat(5000) });
    expect(Buffer.byteLength(kept.description)).toBeLessThanOrEqual(4096);
    expect(kept.description).toMatch(/^é{2000,} … \[cut\]$/);
    expect(warnings).toEqual([expect.stringContaining('longer than 4096 bytes')]);
  });

  it('descriptions that differ only in the part that is cut → different fingerprints', () => {
    const long = 'x'.repeat(10_000);
    expect(admitted({ description: `${long}a` }).fingerprint).not.toBe(
      admitted({ description: `${long}b` }).fingerprint,
    );
  });

  it('the same definition with keys in another order → the same fingerprint', () => {
    const one = admitted({ inputSchema: { type: 'object', required: ['a'] } });
    const two = admitted({ inputSchema: { required: ['a'], type: 'object' } });
    expect(one.fingerprint).toBe(two.fingerprint);
    expect(one.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    [
      'schema above 64 KiB',
      { inputSchema: { x: 'y'.repeat(70_000) } },
      /input schema has 7\d+ bytes/,
    ],
    [
      'output schema too',
      { outputSchema: { x: 'y'.repeat(70_000) } },
      /output schema has 7\d+ bytes/,
    ],
    ['annotations above 16 KiB', { annotations: { x: 'y'.repeat(20_000) } }, /annotations has/],
    ['schema nested 100 deep', { inputSchema: nested(100) }, /nested deeper than 64 levels/],
    ['schema nested 100,000 deep', { inputSchema: nested(100_000) }, /nested deeper than 64/],
    ['$ref to the network', { inputSchema: { $ref: 'https://x/y' } }, /refers to "https:\/\/x\/y"/],
    ['$ref to a file', { inputSchema: { a: [{ $ref: 'file:///etc/x' }] } }, /outside itself/],
    ['$dynamicRef elsewhere', { outputSchema: { $dynamicRef: 'other' } }, /outside itself/],
    ['empty name', { name: ' ' }, /name is empty/],
    ['name of 201 characters', { name: 'x'.repeat(201) }, /201 characters/],
    ['invisible character in the name', { name: 're\u200Bad' }, /invisible/],
  ] as const)('%s → refused with the reason', (_case, changes, reason) => {
    expect(admitListedTool(tool(changes))).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(reason) as string,
    });
  });

  it('$ref within the schema, and a property called $ref → admitted', () => {
    const inputSchema = {
      $defs: { a: {} },
      items: { $ref: '#/$defs/a' },
      properties: { $ref: {} },
    };
    expect(admitListedTool(tool({ inputSchema })).kind).toBe('admitted');
  });

  it.each([
    [
      'zero-width space',
      { description: 'a\u200Bb' },
      'the description has 1 hidden character (U+200B)',
    ],
    [
      'tag characters',
      { description: 'a\u{E0041}\u{E0042}' },
      '2 hidden characters (U+E0041, U+E0042)',
    ],
    ['direction override', { title: 'a\u202Eb' }, 'the title has 1 hidden character (U+202E)'],
    ['escape sequence', { description: '\u001B[31m' }, 'U+001B'],
    [
      'text in a schema',
      { inputSchema: { a: { description: 'x\u2060' } } },
      'the input schema has 1',
    ],
    ['name of a field', { inputSchema: { 'a\uFEFF': {} } }, 'the input schema has 1'],
  ] as const)('%s → a warning that names it', (_case, changes, warning) => {
    expect(admitted(changes).warnings).toEqual([expect.stringContaining(warning)]);
  });

  it.each(['👩‍🔬 ❤️‍🔥', 'tab\tand\r\nline', 'naïve 日本語 русский'])(
    'visible text %j → no warning',
    (description) => {
      expect(admitted({ description }).warnings).toEqual([]);
    },
  );

  it('U+0000 in a description → replaced, since SQL text cannot hold it, and reported', () => {
    const { tool: kept, warnings } = admitted({ description: 'a\u0000b' });
    expect(kept.description).toBe('a\uFFFDb');
    expect(warnings).toHaveLength(1);
  });
});
