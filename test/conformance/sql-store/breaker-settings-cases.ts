import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { BreakerRules } from '../../../services/breaker/settings/parse-breakers-file.ts';
import type { BreakerTarget } from '../../../services/breaker/breakers.ts';
import { createBreakerSettings } from '../../../services/breaker/settings/breaker-settings.ts';
import type { Database } from '../../../services/database/database.ts';
import { waitFor } from '../../support/wait-for.ts';
import { newTenant } from './new-tenant.ts';

export function breakerSettingsCases(open: () => Database): void {
  describe('breaker settings', () => {
    let rules: BreakerRules = [['mcp/*', { slowMs: 9_000, rampMs: 500 }]];
    const worker = (mode: 'enforce' | 'dry-run' = 'enforce') =>
      createBreakerSettings({
        db: open().db,
        rules: () => rules,
        mode,
        presetOf: async () => 'mcp-stdio',
        log: pino({ level: 'silent' }),
      });
    const targetOf = (name: string): BreakerTarget => ({
      tenantId: newTenant(),
      kind: 'mcp',
      name,
    });

    it('nothing set → preset, then file; set twice → both parts; reset → as before', async () => {
      const settings = worker();
      const target = targetOf('files');
      const before = await settings.of(target);
      expect(before).toMatchObject({ preset: 'mcp-stdio', mode: 'enforce', staleMs: null });
      expect(before.policy).toMatchObject({ slowMs: 9_000, rampMs: 500, openMs: { first: 1_000 } });

      await settings.set(target, { mode: 'dry-run', openMs: { max: 20_000 } }, 'ann');
      await settings.set(target, { slowMs: null, openMs: { first: 2_000 } }, 'bob');
      const after = await settings.of(target);
      expect(after.mode).toBe('dry-run');
      expect(after.policy).toMatchObject({ slowMs: null, openMs: { first: 2_000, max: 20_000 } });
      expect(await settings.stored(target)).toMatchObject({ updatedBy: 'bob' });

      expect(await settings.reset(target, 'ann')).toBe(true);
      expect(await settings.reset(target, 'ann')).toBe(false);
      expect(await settings.of(target)).toEqual(before);
    });

    it('a dry run of all → but not where the file says otherwise, and the operator above it', async () => {
      const before = rules;
      rules = [['mcp/*', { mode: 'enforce' }]];
      try {
        const settings = worker('dry-run');
        const target = targetOf('files');
        const tool = { ...target, kind: 'tool', name: 'files/read' } as const;
        expect((await settings.of(tool)).mode).toBe('dry-run');
        expect((await settings.of(target)).mode).toBe('enforce');
        await settings.set(target, { mode: 'dry-run' }, 'ann');
        await settings.set(tool, { mode: 'enforce' }, 'ann');
        expect((await settings.of(target)).mode).toBe('dry-run');
        expect((await settings.of(tool)).mode).toBe('enforce');
      } finally {
        rules = before;
      }
    });

    it('asked again → the same object, not worked out anew', async () => {
      const settings = worker();
      const target = targetOf('files');
      const before = await settings.of(target);
      expect(await settings.of(target)).toBe(before);
      await settings.set(target, { slowMs: 5_000 }, 'ann');
      expect((await settings.of(target)).policy.slowMs).toBe(5_000);
    });

    it('set by one worker → another has it; another tenant has not', async () => {
      const [first, second] = [worker(), worker()];
      const target = targetOf('files');
      await second.of(target);
      await first.set(target, { mode: 'dry-run' }, 'ann');
      await waitFor(
        'the other worker to see it',
        async () => (await second.of(target)).mode === 'dry-run',
      );
      const other = { ...target, tenantId: newTenant() };
      expect((await first.of(other)).mode).toBe('enforce');
    });

    it('the file changes → the next call goes by it; what was set and no longer fits is left out', async () => {
      const settings = worker();
      const target = targetOf('files');
      const before = rules;
      await settings.set(target, { slowMs: 7_000 }, 'ann');
      expect((await settings.of(target)).policy).toMatchObject({ slowMs: 7_000, rampMs: 500 });
      try {
        rules = [['mcp/*', { rampMs: 900, openMs: { max: 20_000 } }]];
        await settings.set(target, { openMs: { first: 18_000 } }, 'ann');
        expect((await settings.of(target)).policy).toMatchObject({
          ...{ slowMs: 7_000, rampMs: 900, openMs: { first: 18_000, max: 20_000 } },
        });
        rules = [['mcp/*', { openMs: { max: 17_000 } }]];
        const { policy } = await settings.of(target);
        expect(policy.openMs).toEqual({ first: 1_000, max: 17_000 });
        expect(policy.slowMs).not.toBe(7_000);
      } finally {
        rules = before;
      }
    });

    it('parts that do not fit → refused, and nothing is kept', async () => {
      const settings = worker();
      const target = targetOf('files');
      await expect(
        settings.set(target, { openMs: { first: 60_000 } }, 'ann'),
      ).rejects.toMatchObject({
        type: 'BadInput',
        message: expect.stringContaining('openMs.first is 60000') as string,
      });
      expect(await settings.stored(target)).toBeNull();
    });
  });
}
