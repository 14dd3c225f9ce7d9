// Proves that schema.ts and the .sql files say the same: the difference that drizzle-kit would write
// as the next migration is empty.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { describe, expect, it } from 'vitest';
import * as schema from '../../../services/database/schema.ts';

const META = join(import.meta.dirname, '../../../services/database/migrations/meta');

async function newestSnapshot() {
  const names = (await readdir(META)).filter((name) => name.endsWith('_snapshot.json')).sort();
  const text = await readFile(join(META, names.at(-1) ?? ''), 'utf8');
  return JSON.parse(text) as ReturnType<typeof generateDrizzleJson>;
}

describe('migrations', () => {
  it('schema.ts against the newest migration → nothing to generate', async () => {
    const statements = await generateMigration(await newestSnapshot(), generateDrizzleJson(schema));
    expect(statements).toEqual([]);
  });

  it('a table that no migration makes → there would be something to generate', async () => {
    const { effects: _effects, ...fewer } = schema;
    const statements = await generateMigration(await newestSnapshot(), generateDrizzleJson(fewer));
    expect(statements.join()).toContain('DROP TABLE "effects"');
  });
});
