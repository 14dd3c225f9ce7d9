// Proves that repeated look-ups ask the registry once, that a change is seen at once, and that no
// tenant gets another's answer.
import { describe, expect, it } from 'vitest';
import type { TenantId } from '../../../common/tenant.ts';
import type { ServerName, ToolId } from '../../../common/tool.ts';
import { recentLookups } from '../../../services/registry/recent-lookups.ts';
import type { Registry } from '../../../services/registry/registry.ts';

const A = 'a' as TenantId;
const B = 'b' as TenantId;
const TOOL = 's/t' as ToolId;
const SERVER = 's' as ServerName;

function counting() {
  const asked: string[] = [];
  let change = (): void => undefined;
  let effect = 'read';
  const registry = {
    findTool: async (tenantId: TenantId, id: ToolId) => {
      asked.push(`${tenantId} ${id}`);
      return id === TOOL ? { id, tenantId, effect } : null;
    },
    getServer: async (tenantId: TenantId, name: ServerName) => {
      asked.push(`${tenantId} ${name}`);
      return { name, tenantId };
    },
    listTools: async () => [],
    onChange: (listener: () => void) => {
      change = listener;
      return () => undefined;
    },
  } as unknown as Registry;
  return {
    registry,
    asked,
    setEffect: (to: string) => {
      effect = to;
      change();
    },
  };
}

describe('recentLookups', () => {
  it('the same look-ups again → the registry is asked once for each', async () => {
    const { registry, asked } = counting();
    const recent = recentLookups(registry, 60_000);
    for (let round = 0; round < 3; round += 1) {
      expect((await recent.findTool(A, TOOL))?.id).toBe(TOOL);
      expect((await recent.getServer(A, SERVER)).name).toBe(SERVER);
    }
    expect(asked).toEqual(['a s/t', 'a s']);
  });

  it('the same look-ups at once → the registry is asked once for each', async () => {
    const { registry, asked } = counting();
    const recent = recentLookups(registry, 60_000);
    const found = await Promise.all([1, 2, 3].map(() => recent.findTool(A, TOOL)));
    await Promise.all([1, 2, 3].map(() => recent.getServer(A, SERVER)));
    expect(found.map((each) => each?.id)).toEqual([TOOL, TOOL, TOOL]);
    expect(asked).toEqual(['a s/t', 'a s']);
  });

  it('a look-up that fails → fails for all who wait, and the next one asks anew', async () => {
    const { registry, asked } = counting();
    const findTool = registry.findTool.bind(registry);
    let isDown = true;
    const failing = {
      ...registry,
      findTool: (tenantId: TenantId, id: ToolId) =>
        isDown ? Promise.reject(new Error('down')) : findTool(tenantId, id),
    };
    const recent = recentLookups(failing, 60_000);
    const ends = await Promise.allSettled([1, 2].map(() => recent.findTool(A, TOOL)));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isDown = false;
    expect((await recent.findTool(A, TOOL))?.id).toBe(TOOL);
    expect(asked).toEqual(['a s/t']);
  });

  it('a change while a look-up is under way → who asks then does not get its answer', async () => {
    const { registry, asked, setEffect } = counting();
    const recent = recentLookups(registry, 60_000);
    const before = recent.findTool(A, TOOL);
    setEffect('keyed');
    expect(await recent.findTool(A, TOOL)).toMatchObject({ effect: 'keyed' });
    await before;
    expect(asked).toEqual(['a s/t', 'a s/t']);
  });

  it('another tenant → its own answer', async () => {
    const { registry } = counting();
    const recent = recentLookups(registry, 60_000);
    await recent.findTool(A, TOOL);
    expect(await recent.findTool(B, TOOL)).toMatchObject({ tenantId: 'b' });
  });

  it('a change → seen by the next look-up', async () => {
    const { registry, setEffect } = counting();
    const recent = recentLookups(registry, 60_000);
    expect(await recent.findTool(A, TOOL)).toMatchObject({ effect: 'read' });
    setEffect('keyed');
    expect(await recent.findTool(A, TOOL)).toMatchObject({ effect: 'keyed' });
  });

  it('a change while a look-up is under way → the old answer is not kept', async () => {
    const { registry, setEffect } = counting();
    const recent = recentLookups(registry, 60_000);
    const underWay = recent.findTool(A, TOOL);
    setEffect('keyed');
    await underWay;
    expect(await recent.findTool(A, TOOL)).toMatchObject({ effect: 'keyed' });
  });

  it('what is not there → asked for anew', async () => {
    const { registry, asked } = counting();
    const recent = recentLookups(registry, 60_000);
    expect(await recent.findTool(A, 's/none' as ToolId)).toBeNull();
    expect(await recent.findTool(A, 's/none' as ToolId)).toBeNull();
    expect(asked).toHaveLength(2);
  });
});
