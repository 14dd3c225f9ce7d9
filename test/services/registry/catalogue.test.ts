// Proves that the catalogue brings what servers list into registry and index: all servers at once,
// each failure by itself, notices gathered, nothing left running after close. Real registry on
// PGlite; servers and index are stand-ins that the test steers.
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '../../../common/tenant.ts';
import type { ServerName } from '../../../common/tool.ts';
import type { Database } from '../../../services/database/database.ts';
import { openDatabase } from '../../../services/database/open-database.ts';
import type { ListedTool } from '../../../services/mcp/listed-tool.ts';
import type { Catalogue } from '../../../services/registry/catalogue.ts';
import { createCatalogue } from '../../../services/registry/catalogue.ts';
import type { Registry } from '../../../services/registry/registry.ts';
import { createRegistry } from '../../../services/registry/registry.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../services/registry/server-definition.ts';
import { waitFor } from '../../support/wait-for.ts';
import { fakeConnections } from './support/fake-connections.ts';

let database: Database;
let registry: Registry;
let catalogue: Catalogue;
let connections: ReturnType<typeof fakeConnections>;
let indexed: Map<TenantId, readonly string[]>;
let indexFails: boolean;
let tenant: TenantId;
let tenants = 0;

beforeAll(async () => {
  database = await openDatabase({ kind: 'pglite', dir: null });
});
afterAll(() => database.close());

beforeEach(() => {
  tenants += 1;
  tenant = `tenant-${tenants}` as TenantId;
  registry = createRegistry(database);
  connections = fakeConnections();
  indexed = new Map();
  indexFails = false;
  const index = {
    async sync(tenantId: TenantId, tools: readonly { readonly id: string }[]) {
      if (indexFails) throw new Error('the index is broken');
      indexed.set(
        tenantId,
        tools.map((tool) => tool.id),
      );
    },
  };
  catalogue = createCatalogue({ registry, connections, index, log: pino({ level: 'silent' }) });
});
afterEach(() => catalogue.close());

const tool = (name: string, description = 'd'): ListedTool => ({
  name,
  title: null,
  description,
  inputSchema: { type: 'object' },
  outputSchema: null,
  annotations: null,
});

async function register(name: string, enabled = true): Promise<ServerName> {
  const transport = { kind: 'stdio', command: name, args: [], env: {}, cwd: null } as const;
  await registry.putServer(tenant, name, { ...SERVER_DEFINITION_DEFAULTS, transport, enabled });
  return name as ServerName;
}

/** Never answers; ends when told to. */
const hangs = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });

describe('refreshServer', () => {
  it('a server with two tools → in registry and index, the server ready', async () => {
    const files = await register('files');
    connections.serve('files', () => [tool('a'), tool('b')]);
    const change = await catalogue.refreshServer(tenant, files);
    expect(change.added.map(({ id }) => id)).toEqual(['files/a', 'files/b']);
    expect(indexed.get(tenant)).toEqual(['files/a', 'files/b']);
    expect(await registry.getServer(tenant, files)).toMatchObject({
      status: 'ready',
      problem: null,
      era: '2025-11-25',
      serverInfo: { name: 'files', version: '1' },
      toolCount: 2,
    });
  });

  it('a changed tool → leaves the index until it is approved', async () => {
    const files = await register('files');
    connections.serve('files', () => [tool('a'), tool('b')]);
    await catalogue.refreshServer(tenant, files);
    connections.serve('files', () => [tool('a', 'other'), tool('b')]);
    const change = await catalogue.refreshServer(tenant, files);
    expect(indexed.get(tenant)).toEqual(['files/b']);
    await registry.approveTool(tenant, change.changed[0]!.id);
    await waitFor('the index to have it again', () => indexed.get(tenant)?.length === 2);
  });

  it('a server that fails → rejected with its reason, noted, its tools kept', async () => {
    const files = await register('files');
    connections.serve('files', () => [tool('a')]);
    await catalogue.refreshServer(tenant, files);
    connections.serve('files', () => {
      throw new Error('no such command');
    });
    await expect(catalogue.refreshServer(tenant, files)).rejects.toThrow('no such command');
    expect(await registry.getServer(tenant, files)).toMatchObject({
      status: 'unreachable',
      problem: 'no such command',
      toolCount: 1,
    });
  });

  it('a disabled server → Conflict, not contacted', async () => {
    const files = await register('files', false);
    await expect(catalogue.refreshServer(tenant, files)).rejects.toMatchObject({
      type: 'Conflict',
    });
    expect(connections.looks('files')).toBe(0);
  });

  it('an unknown server → NotFound', async () => {
    await expect(catalogue.refreshServer(tenant, 'x' as ServerName)).rejects.toMatchObject({
      type: 'NotFound',
    });
  });

  it('removed while it is asked → NotFound, nothing recorded', async () => {
    const files = await register('files');
    connections.serve('files', async () => {
      await registry.removeServer(tenant, files);
      return [tool('a')];
    });
    await expect(catalogue.refreshServer(tenant, files)).rejects.toMatchObject({
      type: 'NotFound',
    });
    expect(await registry.listTools(tenant, { includeInactive: true })).toEqual([]);
  });

  it('ten at once → two looks: the one that runs, and one that begins after all had asked', async () => {
    const files = await register('files');
    connections.serve('files', () => [tool('a')]);
    await Promise.all(Array.from({ length: 10 }, () => catalogue.refreshServer(tenant, files)));
    expect(connections.looks('files')).toBe(2);
  });

  it('the index fails → rejected with its reason; the tools are recorded, the server is ready', async () => {
    const files = await register('files');
    connections.serve('files', () => [tool('a')]);
    indexFails = true;
    await expect(catalogue.refreshServer(tenant, files)).rejects.toThrow('the index is broken');
    expect(await registry.getServer(tenant, files)).toMatchObject({
      status: 'ready',
      toolCount: 1,
    });
  });
});

describe('refreshAll', () => {
  it('one fails, one hangs, two answer → the two are in before the hanging one ends', async () => {
    for (const name of ['bad', 'good', 'hangs', 'nice']) await register(name);
    await register('off', false);
    connections.serve('bad', () => {
      throw new Error('refused');
    });
    connections.serve('good', () => [tool('a')]);
    connections.serve('nice', () => [tool('a')]);
    connections.serve('hangs', hangs);
    const all = catalogue.refreshAll(tenant);
    await waitFor('the good servers', () => indexed.get(tenant)?.length === 2);
    expect(indexed.get(tenant)).toEqual(['good/a', 'nice/a']);
    await catalogue.close();
    expect(await all).toEqual([
      { server: 'bad', ok: false, problem: 'refused' },
      { server: 'good', ok: true, change: expect.objectContaining({ removed: [] }) as unknown },
      { server: 'hangs', ok: false, problem: 'Ostinato is stopping.' },
      { server: 'nice', ok: true, change: expect.objectContaining({ removed: [] }) as unknown },
    ]);
    expect(connections.looks('off')).toBe(0);
    expect(await registry.getServer(tenant, 'hangs' as ServerName)).toMatchObject({
      status: 'unknown',
    });
  });

  it('another tenant has a server of that name → not looked at, not indexed', async () => {
    await register('files');
    connections.serve('files', () => [tool('a')]);
    const other = `${tenant}-other` as TenantId;
    expect(await catalogue.refreshAll(other)).toEqual([]);
    expect(connections.looks('files')).toBe(0);
    await catalogue.refreshAll(tenant);
    expect([...indexed.keys()]).toEqual([tenant]);
  });
});

describe('notices of changed tools', () => {
  it('a burst of 50 → one look at that server and none at the others', async () => {
    await register('files');
    await register('other');
    connections.serve('files', () => [tool('a')]);
    connections.serve('other', () => [tool('a')]);
    for (let notice = 0; notice < 50; notice += 1) connections.tellChanged(tenant, 'files');
    await waitFor('the index to have the tool', () => indexed.get(tenant)?.length === 1);
    expect(connections.looks('files')).toBe(1);
    expect(connections.looks('other')).toBe(0);
  });

  it('a notice of a server that then fails → noted, and the next notice is heeded', async () => {
    const files = await register('files');
    connections.serve('files', () => {
      throw new Error('died');
    });
    connections.tellChanged(tenant, 'files');
    await waitFor(
      'the problem to be noted',
      async () => (await registry.getServer(tenant, files)).problem === 'died',
    );
    connections.serve('files', () => [tool('a')]);
    connections.tellChanged(tenant, 'files');
    await waitFor('the tool', () => indexed.get(tenant)?.length === 1);
  });
});

describe('changes in the registry', () => {
  it('a tool disabled, a server removed → the index follows without a refresh', async () => {
    const files = await register('files');
    connections.serve('files', () => [tool('a'), tool('b')]);
    const change = await catalogue.refreshServer(tenant, files);
    await registry.updateTool(tenant, change.added[0]!.id, { enabled: false });
    await waitFor('the index to lose one', () => indexed.get(tenant)?.join() === 'files/b');
    await registry.removeServer(tenant, files);
    await waitFor('the index to be empty', () => indexed.get(tenant)?.length === 0);
    expect(connections.looks('files')).toBe(1);
  });
});

describe('close', () => {
  it('a notice waiting and a refresh under way → both end, listeners are gone', async () => {
    const files = await register('files');
    connections.serve('files', hangs);
    const refresh = catalogue.refreshServer(tenant, files);
    connections.tellChanged(tenant, 'files');
    const refused = expect(refresh).rejects.toThrow('Ostinato is stopping.');
    await waitFor('the look to begin', () => connections.looks('files') === 1);
    await catalogue.close();
    await refused;
    expect(connections.listeners()).toBe(0);
    await expect(catalogue.refreshServer(tenant, files)).rejects.toMatchObject({
      type: 'Unavailable',
    });
  });
});
