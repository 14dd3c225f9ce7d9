// Proves what is particular to a PostgreSQL server: many processes migrate at once, it comes back
// after a crash, and a server that cannot be reached is named without its password. Uses a real one.
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { createArtifactStore } from '../../../services/artifacts/artifact-store.ts';
import { openDatabase } from '../../../services/database/open-database.ts';
import { freePort } from '../../support/free-port.ts';
import type { PostgresServer } from '../../support/postgres.ts';
import { startPostgres } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
});

const open = (url: string) => openDatabase({ kind: 'postgres', url });

/** Runs SQL on a connection of its own. */
async function run(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text);
  await client.end();
}

describe('PostgreSQL', () => {
  it('six processes open an empty database at once → all open, each migration applied once', async () => {
    const url = await server.createDatabase('six');
    const databases = await Promise.all(Array.from({ length: 6 }, () => open(url)));
    const answer = await databases[0]?.db.execute(
      sql`SELECT count(*)::int AS "all", count(DISTINCT name)::int AS "names" FROM ostinato_migrations`,
    );
    await Promise.all(databases.map((database) => database.close()));
    const [row] = (answer as unknown as { rows: { all: number; names: number }[] }).rows;
    expect(row?.all).toBe(row?.names);
    expect(row?.all).toBeGreaterThan(0);
  });

  it('a migration fails halfway → nothing of it stays', async () => {
    const url = await server.createDatabase('halfway');
    await run(url, 'CREATE TABLE tools (in_the_way int)');
    await expect(open(url)).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining('"tools" already exists') as string,
    });
    await run(url, 'DROP TABLE tools');
    const database = await open(url);
    await database.close();
  });

  it('an applied migration was edited → Conflict naming it', async () => {
    const url = await server.createDatabase('edited');
    await (await open(url)).close();
    await run(url, "UPDATE ostinato_migrations SET sha256 = 'abc'");
    await expect(open(url)).rejects.toMatchObject({
      type: 'Conflict',
      message: expect.stringMatching(
        /Migration 0000_first\.sql was applied with other contents/,
      ) as string,
    });
  });

  it('a database of a newer version → Conflict naming the migration', async () => {
    const url = await server.createDatabase('newer');
    await (await open(url)).close();
    await run(url, "INSERT INTO ostinato_migrations (name, sha256) VALUES ('9999_new.sql', 'x')");
    await expect(open(url)).rejects.toMatchObject({
      type: 'Conflict',
      message: expect.stringContaining('9999_new.sql') as string,
    });
  });

  it('server crashes and comes back → calls fail meanwhile without their values in the message, the same handle works after, data kept', async () => {
    const database = await open(await server.createDatabase('crash'));
    const artifacts = createArtifactStore(database);
    const body = new TextEncoder().encode('kept');
    const ref = await artifacts.put(DEFAULT_TENANT_ID, { mediaType: 'text/plain', body });
    await server.kill();
    await expect(database.ping()).rejects.toMatchObject({ type: 'Unavailable' });
    const secret = new TextEncoder().encode('not for a log');
    const failed = artifacts.put(DEFAULT_TENANT_ID, { mediaType: 'x/not-for-a-log', body: secret });
    const error = (await failed.catch((caught: unknown) => caught)) as Error;
    expect(error).toMatchObject({ type: 'Unavailable', retry: { allowed: true } });
    expect(error.message).not.toContain('not-for-a-log');
    await server.start();
    await waitFor('the pool to reconnect', () =>
      database.ping().then(
        () => true,
        () => false,
      ),
    );
    expect((await artifacts.get(DEFAULT_TENANT_ID, ref.artifactId)).body).toEqual(body);
    await database.close();
  });

  it('nothing listens there → Unavailable with the address, the remedy and no password', async () => {
    const port = await freePort();
    const url = `postgres://someone:hunter2@127.0.0.1:${port}/x?password=hunter3`;
    const error = await open(url).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ type: 'Unavailable', retry: { allowed: true } });
    const { message } = error as Error;
    expect(message).toContain(`127.0.0.1:${port}`);
    expect(message).toContain('DATABASE_URL');
    expect(message).not.toMatch(/hunter/);
  });
});
