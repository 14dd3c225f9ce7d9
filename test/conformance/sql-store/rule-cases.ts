import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import type { Database } from '../../../services/database/database.ts';
import { createRules } from '../../../services/rules/rules.ts';
import { newTenant } from './new-tenant.ts';

const approval = (name: string, tool = 'crm/delete'): CompositionRule => ({
  name,
  reason: 'it cannot be undone',
  kind: 'needs-approval',
  tool,
});

export function ruleCases(open: () => Database): void {
  describe('composition rules', () => {
    const setUp = () => createRules({ db: open().db, log: pino({ level: 'silent' }) });

    it('put, replaced, removed → what lists, looks and plans then see', async () => {
      const rules = setUp();
      const tenant = newTenant();
      expect(await rules.active(tenant)).toEqual([]);
      await rules.put(tenant, approval('b'), 'operator', 'ann');
      await rules.put(tenant, approval('a'), 'operator', 'ann');
      await rules.put(tenant, approval('b', 'crm/*'), 'suggestion', 'bob');
      expect(await rules.active(tenant)).toEqual([approval('a'), approval('b', 'crm/*')]);
      expect(await rules.get(tenant, 'b')).toMatchObject({
        source: 'suggestion',
        updatedBy: 'bob',
      });
      await rules.remove(tenant, 'a', 'ann');
      expect(await rules.active(tenant)).toEqual([approval('b', 'crm/*')]);
      await expect(rules.remove(tenant, 'bb', 'ann')).rejects.toMatchObject({
        type: 'NotFound',
        message: expect.stringContaining('Did you mean "b"?') as string,
      });
    });

    it('a file, then another → its own rules are those of the newer, the others stay', async () => {
      const rules = setUp();
      const tenant = newTenant();
      await rules.put(tenant, approval('by-hand'), 'operator', 'ann');
      expect(await rules.applyFile(tenant, [approval('old'), approval('both')], 'ann')).toEqual([]);
      const removed = await rules.applyFile(tenant, [approval('both'), approval('new')], 'ann');
      expect(removed).toEqual(['old']);
      const names = (await rules.list(tenant)).map(({ rule }) => rule.name);
      expect(names).toEqual(['both', 'by-hand', 'new']);
    });

    it('another tenant → sees none of them', async () => {
      const rules = setUp();
      const tenant = newTenant();
      await rules.put(tenant, approval('mine'), 'operator', 'ann');
      expect(await rules.list(newTenant())).toEqual([]);
    });
  });
}
