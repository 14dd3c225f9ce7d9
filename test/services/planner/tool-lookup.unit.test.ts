// Proves which tool may be called once for several calls of another: the one that the server's owner
// declared, if it can be used now, does no more than the other, and no rule speaks of it.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import { createToolLookup } from '../../../services/planner/tool-lookup.ts';
import { fixedRegistry, registeredTool } from './support/tools.ts';

const list = { type: 'object', properties: { cities: { type: 'array' } } };
const one = registeredTool('w/one', { inputSchema: { type: 'object' } }, { effect: 'read' });
const good = { effect: 'read' } as const;

function find(
  settings: Parameters<typeof registeredTool>[2],
  { inputSchema = list as object, declared = {}, rules = [] as readonly CompositionRule[] } = {},
) {
  const many = registeredTool('w/many', { inputSchema: inputSchema as never }, settings);
  const batches = { one: { tool: 'many', argument: 'city', items: 'cities', ...declared } };
  const definition = { callTimeoutMs: 7_000, batches };
  const registry = { ...fixedRegistry([one, many]), getServer: async () => ({ definition }) };
  const durations = { expected: (_tenant: unknown, tool: string) => (tool === many.id ? 40 : 9) };
  return createToolLookup(registry as never, DEFAULT_TENANT_ID, durations, {
    active: async () => rules,
  }).batch(one);
}

describe('the tool for many', () => {
  it('declared and in use → what it takes to call it, defaults filled in', async () => {
    expect(await find(good)).toEqual({
      ...{ tool: 'w/many', effect: 'read', fingerprint: 'print-of-w/many', timeoutMs: 7_000 },
      ...{ argument: 'city', items: 'cities', result: '', maxItems: 50, expectedMs: 40 },
    });
  });

  it.each([
    ['has another effect class', find({ effect: 'non-idempotent' })],
    ['is disabled', find({ ...good, enabled: false })],
    ['has changed', find({ ...good, status: 'changed' })],
    ['is not there', find(good, { declared: { tool: 'others' } })],
    ['takes no such list', find(good, { inputSchema: { type: 'object' } })],
    [
      'is named by a rule',
      find(good, {
        rules: [{ name: 'r', reason: 'x', kind: 'needs-approval', tool: 'w/ma*' }] as never,
      }),
    ],
  ])('it %s → nothing is joined', async (_, found) => {
    expect(await found).toBeNull();
  });
});
