// Proves what is remembered of how long tools take: the latest calls weigh most, tenants apart.
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../common/schedule.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolId } from '../../../common/tool.ts';
import { createToolDurations } from '../../../services/tools/tool-durations.ts';
import { after, plan, step } from '../../support/plans.ts';

const TOOL = 's/t' as ToolId;

describe('createToolDurations', () => {
  it('no call → unknown; calls → their average moves towards the latest; another tenant → unknown', () => {
    const durations = createToolDurations();
    expect(durations.expected(DEFAULT_TENANT_ID, TOOL)).toBeNull();
    durations.record(DEFAULT_TENANT_ID, TOOL, 100);
    expect(durations.expected(DEFAULT_TENANT_ID, TOOL)).toBe(100);
    durations.record(DEFAULT_TENANT_ID, TOOL, 200);
    expect(durations.expected(DEFAULT_TENANT_ID, TOOL)).toBe(120);
    expect(durations.expected('other' as TenantId, TOOL)).toBeNull();
  });
});

describe('createSchedule with durations', () => {
  it('one slow step beside a longer chain of quick ones → the slow one starts first', () => {
    const schedule = createSchedule(
      plan(
        step('quick1', { expectedMs: 10 }),
        step('quick2', { expectedMs: 10, ...after('quick1') }),
        step('slow', { expectedMs: 900 }),
      ).steps,
    );
    expect(schedule.next()?.id).toBe('slow');
    expect(schedule.next()?.id).toBe('quick1');
  });

  it('a step that may not start now → passed over and kept', () => {
    const schedule = createSchedule(plan(step('a'), step('b')).steps);
    expect(schedule.next(({ id }) => id === 'b')?.id).toBe('b');
    expect(schedule.next(() => false)).toBeNull();
    expect(schedule.next()?.id).toBe('a');
  });
});
