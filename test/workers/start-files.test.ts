// Proves that the files of servers and of rules are followed while the process runs: what is different
// is applied, calls that go on end on what they began, and a file that is wrong changes nothing. Real
// registry on PGlite, real MCP servers over stdio; the files are read again when they are asked to.
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import type { Database } from '../../services/database/database.ts';
import { openDatabase } from '../../services/database/open-database.ts';
import type { McpConnections } from '../../services/mcp/connections.ts';
import { createMcpConnections } from '../../services/mcp/connections.ts';
import type { Catalogue } from '../../services/registry/catalogue.ts';
import { createCatalogue } from '../../services/registry/catalogue.ts';
import type { Registry } from '../../services/registry/registry.ts';
import { createRegistry } from '../../services/registry/registry.ts';
import type { Rules } from '../../services/rules/rules.ts';
import { createRules } from '../../services/rules/rules.ts';
import type { StartFiles } from '../../workers/start-files.ts';
import { openStartFiles } from '../../workers/start-files.ts';
import { callOf } from '../support/fake-mcp-target.ts';
import { waitFor } from '../support/wait-for.ts';

const SERVER = join(import.meta.dirname, '..', 'support', 'work-server.mjs');

let dir: string;
let journal: string;
let database: Database;
let registry: Registry;
let connections: McpConnections;
let catalogue: Catalogue;
let rules: Rules;
let files: StartFiles | null = null;
let lines: string[];
const log = pino({}, { write: (line: string) => void lines.push(line) });

beforeAll(async () => {
  database = await openDatabase({ kind: 'pglite', dir: null });
});
afterAll(() => database.close());

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-start-files-'));
  journal = join(dir, 'journal');
  lines = [];
  registry = createRegistry(database);
  connections = createMcpConnections({ log, env: process.env });
  const index = { sync: async () => undefined };
  catalogue = createCatalogue({ registry, connections, index, log });
  rules = createRules({ db: database.db, log });
});

afterEach(async () => {
  files?.close();
  files = null;
  await catalogue.close();
  await connections.close();
  for (const { name } of await registry.listServers(DEFAULT_TENANT_ID)) {
    await registry.removeServer(DEFAULT_TENANT_ID, name);
  }
  await rules.applyFile(DEFAULT_TENANT_ID, [], 'test');
  await rm(dir, { recursive: true, force: true });
});

const command = process.execPath;
/** Before there is a journal, its name stands for it. */
const work0 = (...more: readonly string[]) => ({ command, args: [SERVER, 'JOURNAL', ...more] });
const work = (...more: readonly string[]) => ({ command, args: [SERVER, journal, ...more] });

async function write(mcpServers: object): Promise<void> {
  await writeFile(join(dir, 'servers.json'), JSON.stringify({ mcpServers }));
}

const ask = (name: string) => ({ kind: 'needs-approval', name, tool: 'a/b', reason: 'r' });
const writeRules = (...names: readonly string[]) =>
  writeFile(join(dir, 'rules.yaml'), JSON.stringify({ rules: names.map(ask) }));

async function open(): Promise<StartFiles> {
  const paths = { servers: join(dir, 'servers.json'), rules: join(dir, 'rules.yaml') };
  files = await openStartFiles(paths, { registry, connections, catalogue, rules }, log);
  return files;
}

async function servers(): Promise<Record<string, string>> {
  const all = await registry.listServers(DEFAULT_TENANT_ID);
  return Object.fromEntries(all.map(({ name, status }) => [name, status]));
}

async function target(server: string) {
  const name = server as ServerName;
  const { definition, trust } = await registry.getServer(DEFAULT_TENANT_ID, name);
  const { transport, connectTimeoutMs, protocol } = definition;
  return {
    tenantId: DEFAULT_TENANT_ID,
    server: name,
    ...{ transport, trust, connectTimeoutMs, protocol },
  };
}

/** A call that has begun and goes on for a second. */
async function beginCall(server: string) {
  const call = connections.call(await target(server), callOf('do_work', { name: 'w', ms: 1_000 }));
  call.catch(() => undefined);
  await waitFor('the call to begin', () => existsSync(journal) && begun().includes('begin w'));
  return { call };
}

const begun = (): string => readFileSync(journal, 'utf8');

describe('the servers file', () => {
  it('one added, one changed, one taken out → asked for tools, put, removed; the rest is left alone', async () => {
    await write({ kept: work(), changed: work(), gone: work() });
    await writeRules();
    const opened = await open();
    await catalogue.refreshAll(DEFAULT_TENANT_ID);
    const before = await registry.getServer(DEFAULT_TENANT_ID, 'kept' as ServerName);
    await write({ kept: work(), changed: { ...work(), timeoutMs: 7_000 }, added: work() });
    await opened.reload();
    expect(lines.join()).toContain('"added":["added"],"changed":["changed"],"removed":["gone"]');
    await waitFor('the tools of the added one', async () => (await servers())['added'] === 'ready');
    expect(Object.keys(await servers()).sort()).toEqual(['added', 'changed', 'kept']);
    const changed = await registry.getServer(DEFAULT_TENANT_ID, 'changed' as ServerName);
    expect(changed.definition.callTimeoutMs).toBe(7_000);
    const after = await registry.getServer(DEFAULT_TENANT_ID, 'kept' as ServerName);
    expect(after.version).toBe(before.version);
  });

  it.each([
    ['taken out', {}],
    ['changed to another command', { work: work0('again') }],
    ['disabled', { work: { ...work0(), disabled: true } }],
  ])(
    'a server is %s while a call goes on → the call ends as it would have',
    async (_what, left) => {
      await write({ work: work() });
      await writeRules();
      const opened = await open();
      const { call } = await beginCall('work');
      await writeFile(
        join(dir, 'servers.json'),
        JSON.stringify({ mcpServers: left }).replaceAll('JOURNAL', journal),
      );
      await opened.reload();
      expect(begun()).not.toContain('end w');
      expect(await call).toMatchObject({ isError: false, structured: { name: 'w' } });
      expect(begun()).toContain('end w');
    },
  );

  it.each([
    ['is no JSON', '{', 'is not valid JSON'],
    ['has a wrong field', '{"mcpServers": {"work": {"comand": "x"}}}', 'is wrong'],
  ])('it %s → the log says what, and the servers stay', async (_what, text, said) => {
    await write({ work: work() });
    await writeRules();
    const opened = await open();
    await writeFile(join(dir, 'servers.json'), text);
    await opened.reload();
    expect(lines.join()).toContain('the servers file is wrong: the old one holds');
    expect(lines.join()).toContain(said);
    expect(Object.keys(await servers())).toEqual(['work']);
    await write({ other: work() });
    await opened.reload();
    expect(Object.keys(await servers())).toEqual(['other']);
  });

  it('it is wrong at the start → refused', async () => {
    await writeFile(join(dir, 'servers.json'), '[]');
    await writeRules();
    await expect(open()).rejects.toThrow('must be an object such as {"mcpServers"');
  });
});

describe('the rules file', () => {
  const names = async () => (await rules.list(DEFAULT_TENANT_ID)).map(({ rule }) => rule.name);

  it('rules come and go → in force and not; one that is wrong changes nothing', async () => {
    await write({});
    await writeRules('one', 'two');
    const opened = await open();
    expect(await names()).toEqual(['one', 'two']);
    await writeRules('three', 'two');
    await opened.reload();
    expect(await names()).toEqual(['three', 'two']);
    await writeFile(join(dir, 'rules.yaml'), 'rules: [{name: one}]');
    await opened.reload();
    expect(lines.join()).toContain('the rules file is wrong: the old one holds');
    expect(await names()).toEqual(['three', 'two']);
  });
});
