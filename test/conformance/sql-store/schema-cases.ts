import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Database } from '../../../services/database/database.ts';
import type { DatabaseConfig } from '../../../services/database/open-database.ts';
import { openDatabase } from '../../../services/database/open-database.ts';

/** Bookkeeping of the installation, with no row that belongs to a tenant. */
const WITHOUT_TENANT = ['ostinato_migrations'];

export function schemaCases(open: () => Database, config: () => DatabaseConfig): void {
  it('every table, key and index → begins with the tenant', async () => {
    const answer = await open().db.execute(sql`
      SELECT t.relname AS "table", i.relname AS "index", a.attname AS "first"
      FROM pg_class t
      JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = 'public'
      LEFT JOIN pg_index x ON x.indrelid = t.oid
      LEFT JOIN pg_class i ON i.oid = x.indexrelid
      LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
      WHERE t.relkind = 'r' ORDER BY 1, 2`);
    const rows = (answer as unknown as { rows: { table: string; index: string; first: string }[] })
      .rows;
    const ours = rows.filter((row) => !WITHOUT_TENANT.includes(row.table));

    expect(new Set(ours.map((row) => row.table))).toEqual(
      new Set([
        'artifacts',
        'batch_items',
        'batches',
        'breaker_settings',
        'breaker_transitions',
        'catalogues',
        'composition_rules',
        'conversation_appends',
        'dismissed_suggestions',
        'effects',
        'model_names',
        'model_usage',
        'server_grants',
        'servers',
        'tool_durations',
        'tool_expansions',
        'tools',
      ]),
    );
    expect(ours.filter((row) => row.first !== 'tenant_id')).toEqual([]);
  });

  it('opened again with the migrations there → nothing is applied twice', async () => {
    const applied = async (database: Database) => {
      const answer = await database.db.execute(
        sql`SELECT name, applied_at::text AS "at" FROM ostinato_migrations ORDER BY name`,
      );
      return (answer as unknown as { rows: unknown[] }).rows;
    };
    const before = await applied(open());
    const target = config();
    if (target.kind === 'postgres') {
      const more = await Promise.all([1, 2, 3].map(() => openDatabase(target)));
      await Promise.all(more.map((database) => database.close()));
    }
    expect(before.length).toBeGreaterThan(0);
    expect(await applied(open())).toEqual(before);
  });
}
