import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { BreakerTransition } from '../../../common/breaker-transition.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { BreakerTarget } from '../../../services/breaker/breakers.ts';
import { createBreakerHistory } from '../../../services/breaker/history/breaker-history.ts';
import type { Database } from '../../../services/database/database.ts';
import { newTenant } from './new-tenant.ts';

const NOW_MS = 40 * 86_400_000;
const DAY_MS = 86_400_000;

export function breakerHistoryCases(open: () => Database): void {
  describe('breaker history', () => {
    const worker = (db = open().db) =>
      createBreakerHistory({ db, log: pino({ level: 'silent' }), nowMs: () => NOW_MS });
    const change = (over: Partial<BreakerTransition> = {}): BreakerTransition => ({
      ...{ atMs: NOW_MS, from: 'closed', to: 'open', reason: 'the last 5 calls failed' },
      ...{ by: null, isDryRun: false, process: null, ...over },
    });
    const targetOf = (tenantId: TenantId, name = 'files'): BreakerTarget => ({
      ...{ tenantId, kind: 'mcp', name },
    });

    it('two workers → one history, newest first, of one target or all, for its tenant alone', async () => {
      const [first, second] = [worker(), worker()];
      const tenantId = newTenant();
      const target = targetOf(tenantId);
      first.record(target, change());
      await first.close();
      second.record(target, change({ atMs: NOW_MS + 9, from: 'open', to: 'isolated', by: 'ann' }));
      const tool = { tenantId, kind: 'tool', name: 'files/read' } as const;
      second.record(tool, change({ atMs: NOW_MS + 99, isDryRun: true, process: 'host:7' }));
      const common = { tenantId, kind: 'mcp', name: 'files', isProbe: false };
      const own = [
        { ...common, ...change({ atMs: NOW_MS + 9, from: 'open', to: 'isolated', by: 'ann' }) },
        { ...common, ...change() },
      ];
      const query = { tenantId, sinceMs: 0, limit: 10 };
      expect(await second.list({ ...query, target })).toEqual(own);
      const all = await second.list(query);
      expect(all).toMatchObject([{ kind: 'tool', isDryRun: true, process: 'host:7' }, ...own]);
      expect(await second.list({ ...query, kind: 'tool' })).toEqual(all.slice(0, 1));
      expect(await second.list({ ...query, limit: 1 })).toEqual(all.slice(0, 1));
      expect(await second.list({ ...query, sinceMs: NOW_MS + 1 })).toEqual(all.slice(0, 2));
      expect(await second.list({ ...query, tenantId: newTenant() })).toEqual([]);
      await second.close();
    });

    it('several changes in one millisecond → kept in their order', async () => {
      const history = worker();
      const tenantId = newTenant();
      const phases = ['closed', 'isolated', 'recovering', 'isolated', 'recovering'] as const;
      for (const [at, to] of phases.slice(1).entries()) {
        history.record(targetOf(tenantId), change({ from: phases[at] ?? 'closed', to }));
      }
      const rows = await history.list({ tenantId, sinceMs: 0, limit: 10 });
      expect(rows.map(({ from, to }) => [from, to]).toReversed()).toEqual([
        ['closed', 'isolated'],
        ['isolated', 'recovering'],
        ['recovering', 'isolated'],
        ['isolated', 'recovering'],
      ]);
      await history.close();
    });

    it('a target that is away for hours → the newest 50 probes, which push nothing else out', async () => {
      const history = worker();
      const tenantId = newTenant();
      const target = targetOf(tenantId);
      history.record(target, change());
      for (let at = 1; at <= 300; at += 1) {
        const isStart = at % 2 === 1;
        const probe = { from: isStart ? 'open' : 'probing', to: isStart ? 'probing' : 'open' };
        history.record(
          target,
          change({ ...probe, atMs: NOW_MS + at * 1_000 } as BreakerTransition),
        );
        if (at % 100 === 0) await history.flush();
      }
      const rows = await history.list({ tenantId, sinceMs: 0, limit: 500 });
      expect(rows).toHaveLength(51);
      expect(rows[0]).toMatchObject({ atMs: NOW_MS + 300_000, isProbe: true });
      expect(rows.at(-1)).toMatchObject({ from: 'closed', to: 'open', isProbe: false });
      await history.close();
    });

    it('more than 200 changes, or older than 31 days → the oldest are gone', async () => {
      const history = worker();
      const tenantId = newTenant();
      const old = targetOf(tenantId, 'old');
      history.record(old, change({ atMs: NOW_MS - 32 * DAY_MS }));
      for (let at = 0; at < 230; at += 1) {
        history.record(targetOf(tenantId), change({ atMs: NOW_MS + at * 100 }));
      }
      const query = { tenantId, sinceMs: 0, limit: 500 };
      const rows = await history.list(query);
      expect(rows).toHaveLength(200);
      expect(rows.at(-1)?.atMs).toBe(NOW_MS + 3_000);
      await history.close();
    });

    it('the database does not answer → nothing is thrown, and it is written when it does', async () => {
      const { db } = open();
      let isAway = true;
      const flaky = new Proxy(db, {
        get(target, name, receiver) {
          if (isAway && name === 'insert') throw new Error('away');
          return Reflect.get(target, name, receiver) as unknown;
        },
      });
      const history = worker(flaky);
      const tenantId = newTenant();
      history.record(targetOf(tenantId), change());
      await history.flush();
      isAway = false;
      expect(await history.list({ tenantId, sinceMs: 0, limit: 10 })).toHaveLength(1);
      await history.close();
    });
  });
}
