// Proves that every store behaves the same on PGlite (in memory and in a directory) and on a real
// PostgreSQL server, and that no tenant sees another's rows: one suite, run against each engine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '../../services/database/open-database.ts';
import { openDatabase } from '../../services/database/open-database.ts';
import type { Database } from '../../services/database/database.ts';
import type { PostgresServer } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { artifactStoreCases } from './sql-store/artifact-store-cases.ts';
import { batchStoreCases } from './sql-store/batch-store-cases.ts';
import { breakerHistoryCases } from './sql-store/breaker-history-cases.ts';
import { breakerSettingsCases } from './sql-store/breaker-settings-cases.ts';
import { conversationStoreCases } from './sql-store/conversation-store-cases.ts';
import { effectLedgerCases } from './sql-store/effect-ledger-cases.ts';
import { grantStoreCases } from './sql-store/grant-store-cases.ts';
import { registryCases } from './sql-store/registry-cases.ts';
import { ruleCases } from './sql-store/rule-cases.ts';
import { usageLogCases } from './sql-store/usage-log-cases.ts';
import { schemaCases } from './sql-store/schema-cases.ts';

interface Engine {
  readonly name: string;
  readonly start: () => Promise<{ config: DatabaseConfig; stop: () => Promise<void> }>;
}

const engines: readonly Engine[] = [
  {
    name: 'PGlite in memory',
    start: async () => ({ config: { kind: 'pglite', dir: null }, stop: async () => undefined }),
  },
  {
    name: 'PGlite in a directory',
    start: async () => {
      const dir = await mkdtemp(join(tmpdir(), 'ostinato-pglite-'));
      return {
        config: { kind: 'pglite', dir },
        stop: () => rm(dir, { recursive: true, force: true }),
      };
    },
  },
  {
    name: 'PostgreSQL',
    start: async () => {
      const server: PostgresServer = await startPostgres();
      return { config: { kind: 'postgres', url: server.url }, stop: () => server.stop() };
    },
  },
];

describe.each(engines)('$name', ({ start }) => {
  let database: Database;
  let started: Awaited<ReturnType<Engine['start']>>;

  beforeAll(async () => {
    started = await start();
    database = await openDatabase(started.config);
  });
  afterAll(async () => {
    await database.close();
    await started.stop();
  });

  const open = () => database;
  schemaCases(open, () => started.config);
  artifactStoreCases(open);
  batchStoreCases(open);
  breakerHistoryCases(open);
  breakerSettingsCases(open);
  conversationStoreCases(open);
  registryCases(open);
  effectLedgerCases(open);
  grantStoreCases(open);
  ruleCases(open);
  usageLogCases(open);

  it('ping on an open database → answers', async () => {
    await expect(database.ping()).resolves.toBeUndefined();
  });
});
