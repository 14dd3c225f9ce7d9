// Proves that a call costs two statements at most, and that what it keeps does not
// come out in the errors of a database that fails. Its law is proven for both engines in
// test/conformance/sql-store.
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { ToolId, ToolResult } from '../../../common/tool.ts';
import { migrate } from '../../../services/database/migrate.ts';
import { openDatabase } from '../../../services/database/open-database.ts';
import { createPgliteStatements } from '../../../services/database/pglite-statements.ts';
import type { EffectCall } from '../../../services/ledger/effect-ledger.ts';
import { createEffectLedger } from '../../../services/ledger/effect-ledger.ts';

function callOf(key: string): EffectCall {
  return {
    ...{ tenantId: DEFAULT_TENANT_ID, key, effect: 'non-idempotent' },
    ...{ tool: 'mail/send' as ToolId, fingerprint: 'f1', argsDigest: 'a1' },
  };
}

function answer(text: string): ToolResult {
  return { isError: false, content: [{ kind: 'text', text }], structured: null, artifact: null };
}

it('a call from begin to done → two statements, shared by all calls that come at once', async () => {
  const engine = await PGlite.create();
  await migrate({
    run: (text) => engine.exec(text),
    rows: async (text) => (await engine.query<Record<string, unknown>>(text)).rows,
    insert: (text, values) => engine.query(text, [...values]),
  });
  const statements: string[] = [];
  const prepared: string[] = [];
  let last = '';
  // The statements around every call are prepared ones; Drizzle sends the others.
  const exec = (text: string) => {
    if (text.startsWith('PREPARE')) prepared.push(text.split(' ')[3] ?? '');
    else if (!text.startsWith('DEALLOCATE')) {
      last = text;
      statements.push(prepared[Number(/ostinato_(\d+)/.exec(text)?.[1]) - 1] ?? text);
    }
    return engine.exec(text);
  };
  const logQuery = (text: string): void => void statements.push(text.split(' ')[0] ?? '');
  const ledger = createEffectLedger({
    kind: 'pglite',
    db: drizzle(engine, { logger: { logQuery } }),
    statement: createPgliteStatements({ exec }),
  });
  const start = await ledger.begin(callOf('k'));
  if (start.kind !== 'send') throw new Error(`Not to be sent: ${start.kind}`);
  await ledger.done(start, answer('x'));
  expect(await ledger.begin(callOf('k'))).toMatchObject({ kind: 'done' });
  // What is there already takes one more.
  expect(statements.splice(0)).toEqual(['insert', 'update', 'insert', 'insert']);
  // Calls that come together share their statements.
  const callAndEnd = async (key: string): Promise<void> => {
    const each = await ledger.begin(callOf(key));
    if (each.kind === 'send') await ledger.done(each, answer('y'));
  };
  await Promise.all(Array.from({ length: 50 }, (_, at) => callAndEnd(`k${at}`)));
  expect(statements).toEqual(['insert', 'update']);
  await Promise.all(Array.from({ length: 2_000 }, (_, at) => callAndEnd(`m${at}`)));
  // Neither all rows are read, nor all calls under way.
  const plans = await engine.exec(last.replace('EXECUTE', 'EXPLAIN EXECUTE'));
  expect(JSON.stringify(plans.at(-1)?.rows)).toContain('Index Scan using effects_tenant_id_key_pk');
  await engine.close();
});

it('database fails → an error without the answer that it was to keep', async () => {
  const own = await openDatabase({ kind: 'pglite', dir: null });
  const failing = createEffectLedger(own);
  await own.close();
  const permit = { tenantId: DEFAULT_TENANT_ID, key: 'k', fence: 1, resend: false };
  const failures = await Promise.allSettled([
    failing.begin({ ...callOf('k'), argsDigest: 'canary-4410' }),
    failing.done(permit, answer('canary-4410')),
    failing.unknown(permit, 'canary-4410'),
  ]);
  for (const failure of failures) {
    if (failure.status === 'fulfilled') throw new Error('It did not fail.');
    expect(failure.reason).toMatchObject({ type: 'Unavailable', retry: { allowed: true } });
    expect(String(failure.reason)).not.toContain('canary-4410');
  }
});
