// Proves that what is known of how long tools take outlives the process that learned it, tenants
// apart, and that a database that fails costs nothing but that. Real PGlite.
import pino from 'pino';
import { expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolId } from '../../../common/tool.ts';
import { openDatabase } from '../../../services/database/open-database.ts';
import { openToolDurations } from '../../../services/tools/kept-durations.ts';

const log = pino({ level: 'silent' });
const tool = (at: number): ToolId => `s/t${at}` as ToolId;
const OTHER = 'other' as TenantId;
const NEVER = 1_000_000;

it('learned, closed and opened again → known, and moved on from there', async () => {
  const database = await openDatabase({ kind: 'pglite', dir: null });
  const first = await openToolDurations(database, log, NEVER);
  // More than one statement holds.
  for (let at = 0; at < 1_100; at += 1) first.record(DEFAULT_TENANT_ID, tool(at), at);
  await first.close();

  const second = await openToolDurations(database, log, NEVER);
  expect(second.expected(DEFAULT_TENANT_ID, tool(100))).toBe(100);
  expect(second.expected(DEFAULT_TENANT_ID, tool(1_099))).toBe(1_099);
  expect(second.expected(OTHER, tool(100))).toBeNull();
  second.record(DEFAULT_TENANT_ID, tool(100), 200);
  second.record(OTHER, tool(100), 7);
  await second.keep();

  const third = await openToolDurations(database, log, NEVER);
  expect(third.expected(DEFAULT_TENANT_ID, tool(100))).toBe(120);
  expect(third.expected(OTHER, tool(100))).toBe(7);
  await third.close();
  await second.close();
  await database.close();
});

it('the database fails → learned anew, and nothing is thrown', async () => {
  const database = await openDatabase({ kind: 'pglite', dir: null });
  await database.close();
  const durations = await openToolDurations(database, log, NEVER);
  durations.record(DEFAULT_TENANT_ID, tool(1), 30);
  expect(durations.expected(DEFAULT_TENANT_ID, tool(1))).toBe(30);
  await durations.close();
});
