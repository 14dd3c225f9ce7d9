// Proves that lists of runs ask Temporal for one tenant's only, whatever the names are.
import { expect, it } from 'vitest';
import type { OstinatoConnection } from '../../client/index.ts';
import { listRuns } from '../../client/index.ts';

async function queryOf(tenantId: string, agent?: string): Promise<string> {
  let asked = '';
  const list = ({ query }: { query: string }) => {
    asked = query;
    return [];
  };
  const connection = { tenant: { tenantId }, temporal: { workflow: { list } } };
  const options = agent === undefined ? {} : { agent };
  await listRuns(connection as unknown as OstinatoConnection, options);
  return asked;
}

it('a list → the tenant is the first that is asked for', async () => {
  expect(await queryOf('acme')).toMatch(/^OstinatoTenant = 'acme' AND /);
});

it('names with quotes → stay within their quotes', async () => {
  expect(await queryOf("a' OR 'x' = 'x", "b\\' OR ")).toContain(
    String.raw`OstinatoTenant = 'a\' OR \'x\' = \'x' AND `,
  );
  expect(await queryOf('acme', "b\\' OR ")).toContain(String.raw`= 'b\\\' OR '`);
});
