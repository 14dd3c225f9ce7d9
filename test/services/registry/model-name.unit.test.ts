// Proves that every tool id leads to names that all model providers take.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ToolId } from '../../../common/tool.ts';
import { modelNameCandidates } from '../../../services/registry/tools/model-name.ts';

const first = (id: string) => modelNameCandidates(id as ToolId)[0];

describe('modelNameCandidates', () => {
  it.each([
    ['files/read_file', 'files__read_file'],
    ['my.server/do it', 'my_server__do_it'],
    ['a/b/c', 'a__b_c'],
  ])('%s → %s', (id, name) => {
    expect(first(id)).toBe(name);
  });

  it('an id of 64 characters → as it is; longer → cut with its hash', () => {
    const fits = `s/${'x'.repeat(61)}`;
    expect(first(fits)).toBe(`s__${'x'.repeat(61)}`);
    expect(first(`${fits}y`)).toMatch(/^s__x{52}_[0-9a-f]{8}$/);
    expect(first(`${fits}y`)).not.toBe(first(`${fits}z`));
  });

  it('any id → several candidates, all different, all of the form that models take', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: 'grapheme' }), (name) => {
        const names = modelNameCandidates(`server/${name}` as ToolId);
        expect(names.length).toBeGreaterThanOrEqual(3);
        expect(new Set(names).size).toBe(names.length);
        for (const one of names) expect(one).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
    );
  });
});
