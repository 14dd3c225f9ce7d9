// Proves that a prepared statement gets and gives any text, is planned by index while its table is
// empty, and does all or nothing.
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { drizzle } from 'drizzle-orm/pglite';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createPgliteStatements } from '../../../services/database/pglite-statements.ts';

const notes = pgTable('notes', { id: text('id').primaryKey(), size: integer('size') });
const given = (name: string) => sql`${sql.placeholder(name)}`;

let engine: PGlite;
let sent: string[];

beforeAll(async () => {
  engine = await PGlite.create();
  await engine.exec('CREATE TABLE notes (id text PRIMARY KEY, size integer)');
});
beforeEach(async () => {
  sent = [];
  await engine.exec('DEALLOCATE ALL; DELETE FROM notes');
});
afterAll(() => engine.close());

function newStatements() {
  const db = drizzle(engine);
  const statement = createPgliteStatements({
    exec(statements) {
      sent.push(statements);
      return engine.exec(statements);
    },
  });
  const rows = sql`SELECT id, size FROM unnest(${given('ids')}::text[], ${given('sizes')}::integer[]) AS given(id, size)`;
  const place = { name: sql<string>`${notes.id}`.as('name'), size: notes.size };
  return {
    insert: statement(db.insert(notes).select(rows).returning(place)),
    grow: statement(
      db
        .update(notes)
        .set({ size: sql`${notes.size} + ${given('by')}` })
        .from(sql`unnest(${given('ids')}::text[]) AS step(id)`)
        .where(sql`${notes.id} = step.id`)
        .returning(place),
    ),
  };
}

it('any text, and nothing → stored and returned as given', async () => {
  const { insert } = newStatements();
  const ids = [
    ...[
      `it's`,
      '"quoted"',
      '{a,b}',
      'NULL',
      '',
      ' ',
      'C:\\new\\table',
      `\\'; DROP TABLE notes; --`,
    ],
    ...['$1', 'two\nlines', 'Ω 😀', "E'\\x41'"],
  ];
  const sizes = ids.map((_, at) => (at === 0 ? null : at));
  const rows = await insert({ ids, sizes });
  expect(rows).toEqual(ids.map((name, at) => ({ name, size: sizes[at] })));
  expect(await insert({ ids: [], sizes: [] })).toEqual([]);
});

it('text that PostgreSQL cannot hold → refused as PostgreSQL does, before it is sent', async () => {
  const { insert } = newStatements();
  const refused = insert({ ids: ['a\0b'], sizes: [1] });
  await expect(refused).rejects.toMatchObject({ code: '22021' });
  expect(sent.filter((each) => each.includes('EXECUTE'))).toEqual([]);
});

it('one row cannot be written → none is, and the statement serves on', async () => {
  const { insert } = newStatements();
  await insert({ ids: ['a'], sizes: [1] });
  const refused = insert({ ids: ['b', 'a'], sizes: [2, 3] });
  await expect(refused).rejects.toMatchObject({ code: '23505' });
  expect(await insert({ ids: ['b'], sizes: [4] })).toEqual([{ name: 'b', size: 4 }]);
});

it('table is empty → planned by index all the same, and found again', async () => {
  const { insert, grow } = newStatements();
  expect(await grow({ ids: ['a'], by: 1 })).toEqual([]);
  await insert({ ids: ['a', 'b'], sizes: [1, 2] });
  expect(await grow({ ids: ['b'], by: 5 })).toEqual([{ name: 'b', size: 7 }]);
  const text = sent.at(-1) ?? '';
  const plans = await engine.exec(text.replace('EXECUTE', 'EXPLAIN EXECUTE'));
  const plan = JSON.stringify(plans.at(-1)?.rows);
  expect(plan).toContain('Index');
  expect(plan).not.toContain('Seq Scan');
});

it('a value is missing → said, nothing is sent', async () => {
  const { grow } = newStatements();
  await expect(grow({ ids: ['a'] })).rejects.toThrow(/got no value/);
  expect(() =>
    createPgliteStatements(engine)(
      drizzle(engine)
        .select()
        .from(notes)
        .where(sql`id = ${'x'}`),
    ),
  ).toThrow(/placeholders/);
});

it('used many times, also at once → planned anew now and then, each call answered', async () => {
  const { insert } = newStatements();
  const ids = Array.from({ length: 40 }, (_, at) => `n${at}`);
  const rows = await Promise.all(ids.map((id) => insert({ ids: [id], sizes: [1] })));
  expect(rows.flat().map(({ name }) => name)).toEqual(ids);
  expect(sent.filter((each) => each.includes('PREPARE'))).toHaveLength(7);
});

it('settings of one statement → do not stay for the next', async () => {
  const { insert } = newStatements();
  await insert({ ids: ['a'], sizes: [1] });
  const { rows } = await engine.query<{ plan_cache_mode: string }>('SHOW plan_cache_mode');
  expect(rows[0]?.plan_cache_mode).toBe('auto');
});
