import type { PGlite } from '@electric-sql/pglite';
import { is, Placeholder } from 'drizzle-orm';
import type { FrequentQuery, Statement, StatementValue } from './statement.ts';

/**
 * One plan for many uses, which must hold while tables grow: by index. Otherwise the plan of a young,
 * small table, which reads it whole, would stay. They last for the statement they come with.
 */
const PLAN_ONCE = [
  'plan_cache_mode = force_generic_plan',
  'enable_seqscan = off',
  'enable_hashjoin = off',
  'enable_mergejoin = off',
]
  .map((setting) => `SET LOCAL ${setting};`)
  .join(' ');

/** What PostgreSQL says of such a character in a parameter. */
const REFUSED_CHARACTER = '22021';

/**
 * Statements that PGlite reads and plans once, and again after 1, 2, 4 … uses, since which index is
 * the better one shows only as the table grows. Its own way with parameters reads, plans and
 * describes a statement each time, in five trips: measured, twice to three times the processor time.
 */
export function createPgliteStatements(engine: Pick<PGlite, 'exec'>) {
  let made = 0;
  return function statement<Row>(query: FrequentQuery<Row>): Statement<Row> {
    const { sql, params } = query.toSQL();
    const names = params.map(nameOf);
    made += 1;
    const name = `ostinato_${made}`;
    const ready = planned(engine, `PREPARE ${name} AS ${sql}`, `DEALLOCATE ${name};`);
    return async (values) => {
      const given = names.map((each) => literal(values[each])).join(', ');
      if (given.includes('\0')) throw refusedCharacter();
      await ready();
      // All in one text is one transaction.
      const answers = await engine.exec(`${PLAN_ONCE} EXECUTE ${name} (${given})`);
      return (answers.at(-1)?.rows ?? []) as Row[];
    };
  };
}

/** Under one name, given anew within one trip: whoever comes meanwhile finds it. */
function planned(engine: Pick<PGlite, 'exec'>, prepare: string, drop: string) {
  let uses = 0;
  let nextAt = 1;
  let prepared: Promise<unknown> | null = null;
  return async (): Promise<void> => {
    if (prepared === null) prepared = engine.exec(prepare);
    else if (uses >= nextAt) {
      nextAt = 2 * uses;
      prepared = engine.exec(`${drop} ${prepare}`);
    }
    uses += 1;
    await prepared.catch((error: unknown) => {
      prepared = null;
      throw error;
    });
  };
}

function nameOf(param: unknown): string {
  if (is(param, Placeholder)) return String(param.name);
  throw new TypeError('A frequent statement gets all its values by placeholders.');
}

function literal(value: StatementValue | undefined): string {
  if (value === undefined) throw new TypeError('A placeholder of the statement got no value.');
  return value instanceof Array ? quoted(`{${value.map(element).join(',')}}`) : quoted(`${value}`);
}

function element(value: string | number | null): string {
  return value === null ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`;
}

/** PGlite's strings are standard ones: a backslash in them is a backslash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function refusedCharacter(): Error {
  const message = 'A text with the character U+0000 cannot be stored.';
  return Object.assign(new Error(message), { code: REFUSED_CHARACTER });
}
