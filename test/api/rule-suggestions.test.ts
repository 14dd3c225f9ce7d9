// Proves suggested rules from the outside: real runs on a real Temporal whose histories are read,
// a real database, the API, the command line and the client library.
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkerActivities } from '../../activities/index.ts';
import { createServer } from '../../api/server.ts';
import type { SuggestionAnswer } from '../../client/cli/api-types.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { observeRuns, runPlan, suggestRules } from '../../client/index.ts';
import { parseStepArgs } from '../../common/step-arg.ts';
import type { CallToolInput, ServerName, ToolId, ToolResult } from '../../common/tool.ts';
import type { TenantId } from '../../common/tenant.ts';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { Database } from '../../services/database/database.ts';
import { openDatabase } from '../../services/database/open-database.ts';
import type { RegisteredTool } from '../../services/registry/registry.ts';
import { createRuleSuggestions } from '../../services/rules/rule-suggestions.ts';
import { createRules } from '../../services/rules/rules.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { plan, step } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import type { Typed } from '../support/type-command.ts';
import { typeCommand } from '../support/type-command.ts';
import { waitFor } from '../support/wait-for.ts';
import { fakeServices, TOOL } from './support/fake-services.ts';

const RUNS = 4;
const log = pino({ level: 'silent' });
let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let database: Database;
let api: ReturnType<typeof createServer>;
let dir: string;
let url: string;

/** Finds an order by the customer's name, and cancels by the order's id. */
async function callTool({ tool, args }: CallToolInput): Promise<ToolResult> {
  const structured =
    tool === 'shop/find' ? { orders: [{ id: `order-of-${String(args['name'])}` }] } : { ok: true };
  return { isError: false, content: [], structured, artifact: null };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-suggestions-'));
  temporal = await startTemporal();
  const activities: WorkerActivities = {
    callTool,
    planGoal: () => Promise.reject(new Error('not used here')),
    checkPlan: async ({ plan: { steps } }) =>
      plan(
        ...steps.map(({ id, tool, args }) =>
          step(id, { tool: tool as ToolId, args: parseStepArgs(args ?? {}) }),
        ),
      ),
  };
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
  database = await openDatabase({ kind: 'pglite', dir: null });
  const rules = createRules({ ...database, log });
  const services = fakeServices();
  const ruleSuggestions = createRuleSuggestions({
    ...{ ...database, rules, log },
    registry: { listTools: async () => [] },
    index: { near: async () => [] },
  });
  api = createServer({ ...services, connection: ostinato, rules, ruleSuggestions });
  await api.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
  for (let n = 0; n < RUNS; n += 1) {
    const steps = [
      { id: 'find', tool: 'shop/find', args: { name: `ann${n}` } },
      { id: 'cancel', tool: 'shop/cancel', args: { order: '${find.orders[0].id}' } },
    ];
    await (await runPlan(ostinato, { plan: { steps }, runId: `seen-${n}` })).result();
  }
  await waitFor('the runs to be listed', async () => (await observeRuns(ostinato)).length === RUNS);
});

afterAll(async () => {
  await api?.close();
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
  await database?.close();
  await rm(dir, { recursive: true, force: true });
});

function cli(...args: readonly string[]): Promise<Typed> {
  return typeCommand(['rules', ...args, '--api', url], { dataDir: dir });
}

async function suggested(): Promise<readonly SuggestionAnswer[]> {
  return JSON.parse((await cli('suggest', '--json')).out) as readonly SuggestionAnswer[];
}

const FEEDS = {
  rule: { kind: 'feeds', from: 'shop/find', output: 'orders[0].id', to: 'shop/cancel' },
  evidence: { kind: 'runs', runs: RUNS, held: RUNS },
};

describe('what the catalogue speaks for', () => {
  it('like reads of two servers and schemas that fit → suggested, but not what a rule says', async () => {
    const schema = (name: string) => ({
      properties: { [name]: { type: 'string' } },
      required: [name],
    });
    const tools: RegisteredTool[] = [
      { ...TOOL, id: 'a/find' as ToolId, server: 'a' as ServerName, inputSchema: schema('query') },
      { ...TOOL, id: 'b/look' as ToolId, server: 'b' as ServerName, inputSchema: schema('q') },
    ];
    const rules = createRules({ ...database, log });
    const tenant = 'likeness' as TenantId;
    const suggestions = createRuleSuggestions({
      ...{ ...database, rules, log },
      registry: { listTools: async () => tools },
      index: {
        near: async (_tenantId, id) =>
          tools.filter((tool) => tool.id !== id).map((tool) => ({ id: tool.id, cosine: 0.9 })),
      },
    });
    const found = await suggestions.list(tenant, []);
    expect(found).toHaveLength(2);
    expect(found.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ of: 'a/find', tool: 'b/look', args: { q: '${args.query}' } }),
        expect.objectContaining({ of: 'b/look', tool: 'a/find', args: { query: '${args.q}' } }),
      ]),
    );
    await suggestions.accept(tenant, found[0]?.id ?? '', [], 'ann');
    expect(await rules.list(tenant)).toMatchObject([{ source: 'suggestion', updatedBy: 'ann' }]);
    expect(await suggestions.list(tenant, [])).toHaveLength(1);
  });
});

describe('suggested rules', () => {
  it('runs whose one answer fed another call → found by the library, the API and the command', async () => {
    expect(await suggestRules(ostinato)).toMatchObject([FEEDS]);
    expect(await suggested()).toMatchObject([FEEDS]);
    const { out } = await cli('suggest');
    expect(out).toContain(
      '"order" of shop/cancel takes "orders[0].id" of the answer of shop/find.',
    );
    expect(out).toContain('(4 of 4 runs, such as seen-');
    expect(await suggestRules(ostinato, { limit: 1 })).toEqual([]);
  });

  it("another tenant's runs → not seen", async () => {
    const tenant = { ...ostinato.tenant, tenantId: 'other' as TenantId };
    expect(await suggestRules({ ...ostinato, tenant })).toEqual([]);
  });

  it('accepted → a rule of source "suggestion"; while it is in force it is not suggested', async () => {
    const [one] = await suggested();
    const id = one?.id ?? '';
    expect(await cli('accept', id)).toMatchObject({ code: 0, err: '' });
    const shown = JSON.parse((await cli('show', id, '--json')).out) as object;
    expect(shown).toMatchObject({ source: 'suggestion', rule: { ...FEEDS.rule, name: id } });
    expect(await suggested()).toEqual([]);
    expect(await cli('accept', id)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`There is no suggestion "${id}" now`) as string,
    });
    expect((await cli('remove', id)).code).toBe(0);
    expect(await suggested()).toMatchObject([FEEDS]);
  });

  it('dismissed → does not come back, for this tenant alone', async () => {
    const [one] = await suggested();
    const id = one?.id ?? '';
    expect(await cli('dismiss', id)).toMatchObject({ code: 0, err: '' });
    expect(await suggested()).toEqual([]);
    expect((await cli('suggest')).out).toContain('Nothing to suggest: 4 completed runs');
    const rules = createRules({ ...database, log });
    const fresh = createRuleSuggestions({
      ...{ ...database, rules, log },
      registry: { listTools: async () => [] },
      index: { near: async () => [] },
    });
    const runs = await observeRuns(ostinato);
    expect(await fresh.list(DEFAULT_TENANT_ID, runs)).toEqual([]);
    expect(await fresh.list('other' as TenantId, runs)).toMatchObject([FEEDS]);
  });
});
