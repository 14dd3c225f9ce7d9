import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { LlmUsage } from '../../../common/llm.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { Database } from '../../../services/database/database.ts';
import type { AttemptRecord } from '../../../services/llm/attempt-chain.ts';
import { createUsageLog } from '../../../services/llm/usage/usage-log.ts';
import { route } from '../../services/llm/support.ts';
import { newTenant } from './new-tenant.ts';

const usage: LlmUsage = {
  inputTokens: 100,
  cacheReadTokens: null,
  cacheWriteTokens: 0,
  outputTokens: 10,
  reasoningTokens: null,
  costUsd: 0.5,
};

export function usageLogCases(open: () => Database): void {
  describe('usage log', () => {
    const attempt = (tenantId: TenantId, over: Partial<AttemptRecord> = {}): AttemptRecord => ({
      ...{ tenantId, route: route('one/m'), tokens: 500, outcome: 'ok', latencyMs: 20, usage },
      about: { role: 'worker', can: ['tools', 'json-schema'], isBatch: false },
      ...over,
    });
    const worker = () =>
      createUsageLog({ db: open().db, log: pino({ level: 'silent' }), nowMs: () => 301_000 });

    it('two workers, one stretch → their calls add up, for their tenant alone', async () => {
      const [first, second] = [worker(), worker()];
      const tenant = newTenant();
      first.record(attempt(tenant));
      first.record(attempt(tenant, { outcome: 'Llm.Timeout', usage: null, latencyMs: 80 }));
      await first.flush();
      second.record(attempt(tenant, { tokens: 900, usage: { ...usage, costUsd: null } }));
      second.record(attempt(tenant, { route: route('two/m') }));
      await second.close();
      expect(await first.since(tenant, 0, 'one/m')).toEqual([
        {
          ...{ tenantId: tenant, atMs: 300_000, route: 'one/m', role: 'worker' },
          ...{ needs: 'json-schema,tools', isBatch: false, calls: 3, failed: 1, latencySumMs: 120 },
          ...{ inputTokens: 200, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 20 },
          ...{ costUsd: 0.5, unpriced: 1, maxTokens: 900, lastProblem: 'Llm.Timeout' },
        },
      ]);
      expect(await first.since(tenant, 0)).toHaveLength(2);
      expect(await first.since(tenant, 300_001)).toEqual([]);
      expect(await first.since(newTenant(), 0)).toEqual([]);
      await first.close();
    });
  });
}
