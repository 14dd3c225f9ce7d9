// Proves what people see of breakers and do to them by the command line: how they changed, in `breakers
// history`, `providers health` and `doctor`, also after the process that saw it; isolated, released and
// set by hand. Real breakers, a real database in a directory, the real API and command.
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../../api/server.ts';
import { runCli } from '../../../../client/cli/run-cli.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import { openBreakers } from '../../../../services/breaker/open-breakers.ts';
import { createBreakerHistory } from '../../../../services/breaker/history/breaker-history.ts';
import { openDatabase } from '../../../../services/database/open-database.ts';
import { checkBreakers } from '../../../../workers/check-breakers.ts';
import { fakeServices } from '../../../api/support/fake-services.ts';

const TARGET = { tenantId: DEFAULT_TENANT_ID, kind: 'provider', name: 'openai/m' } as const;
const log = pino({ level: 'silent' });

let dir: string;
let running: Awaited<ReturnType<typeof start>>;

/** What one process has of it. */
async function start() {
  const database = await openDatabase({ kind: 'pglite', dir: join(dir, 'db') });
  const history = createBreakerHistory({ db: database.db, log });
  const breakers = openBreakers({
    redisUrl: null,
    log,
    onTransition: (target, change) => history.record(target, change),
  });
  const services = fakeServices();
  const looked = {
    breakers,
    breakerHistory: history,
    gateway: services,
    registry: services.registry,
  };
  const api = createServer({
    ...services,
    breakers: breakers.breakers,
    breakerHistory: history,
    health: {
      check: () => checkBreakers(looked as unknown as Parameters<typeof checkBreakers>[0]),
    },
  });
  await api.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    await api.close();
    await breakers.close();
    await history.close();
    await database.close();
  };
  return { breakers: breakers.breakers, url, stop };
}

async function cli(...args: readonly string[]) {
  const text = { out: '', err: '' };
  const code = await runCli(
    [...args, '--api', running.url, '--temporal', '127.0.0.1:1'],
    {
      env: { OSTINATO_DATA_DIR: dir },
      out: (chunk) => (text.out += chunk),
      err: (chunk) => (text.err += chunk),
      isTty: false,
      width: () => 200,
      height: () => 50,
      stdin: async function* () {},
      onInterrupt: () => () => undefined,
    },
    '0',
  );
  return { code, ...text };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-history-'));
  running = await start();
});
afterAll(async () => {
  await running?.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('how breakers changed', () => {
  it('nothing changed → says so, and doctor has no line for it', async () => {
    expect(await cli('breakers', 'history')).toMatchObject({
      code: 0,
      out: 'No change in the last 24 hours.\n',
    });
    expect((await cli('doctor')).out).not.toContain('breaker:');
  });

  it('a model fails → when, by whom and why, in history, health and doctor', async () => {
    for (let call = 0; call < 5; call += 1) {
      const admission = await running.breakers.admit(TARGET);
      if (admission.kind === 'admitted') await admission.ended({ outcome: 'failed', latencyMs: 1 });
    }
    const line =
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d {2}closed {2}open {2}the law {2}the last 5 calls failed/m;
    expect((await cli('breakers', 'history', 'provider/openai/m')).out).toMatch(line);
    expect((await cli('breakers', 'history')).out).toMatch(/provider\/openai\/m {2}closed {2}open/);
    expect((await cli('providers', 'health', 'openai/m')).out).toMatch(line);
    expect((await cli('doctor')).out).toMatch(
      /breaker:provider\/openai\/m .*open: the last 5 calls failed.*\n.*"ostinato breakers history provider\/openai\/m"/,
    );
  });

  it('isolated and released by hand → by whom; another process after it → still there, in doctor too', async () => {
    const isolated = await cli(
      'breakers',
      'isolate',
      'provider/openai/m',
      '--reason',
      'maintenance',
    );
    expect(isolated).toMatchObject({ code: 0, err: '' });
    expect((await cli('doctor')).out).toContain('isolated by api: maintenance');
    await cli('breakers', 'release', 'provider/openai/m');
    await running.stop();
    running = await start();
    const { out } = await cli('breakers', 'history', 'provider/openai/m', '--json');
    const common = { kind: 'provider', name: 'openai/m' };
    expect(JSON.parse(out)).toMatchObject([
      { ...common, from: 'isolated', to: 'recovering', by: 'api' },
      { ...common, from: 'open', to: 'isolated', by: 'api', reason: 'maintenance' },
      { ...common, from: 'closed', to: 'open', by: null },
    ]);
    expect((await cli('doctor')).out).toMatch(
      /✔ breaker:provider\/openai\/m .*closed; last change: isolated to recovering at \S+ by api; opened once within a day: the last 5 calls failed/,
    );
  });

  it('a dry run, settings, reset → shown with who set them; nonsense → 2, and what is wrong', async () => {
    const set = await cli('breakers', 'set', 'provider/openai/m', '--dry-run', 'slowMs=5000');
    expect(set).toMatchObject({ code: 0, err: '' });
    expect(set.out).toMatch(/Set by api on .*: mode=dry-run, slowMs=5000/);
    const reset = await cli('breakers', 'reset', 'provider/openai/m');
    expect(reset.out).not.toContain('Set by');
    const wrong = await cli('breakers', 'set', 'provider/openai/m', 'slowMs=-1');
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('slowMs') as string });
  });
});
