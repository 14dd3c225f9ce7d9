// Proves that a worker that is really killed (SIGKILL) while it holds the one probe of a provider's
// breaker blocks nobody for good: another process probes when the lease has run out, and the provider
// serves again. Two processes with gateways share a real Redis; the provider is a local server.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RouteView } from '../../../services/llm/provider-view.ts';
import { errorFixture, fixtureAnswer } from '../../support/fake-llm/fixture.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';
import { startRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { GatewayProcess } from './start-gateway-process.ts';
import { startGatewayProcess } from './start-gateway-process.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const BREAKER = {
  openMs: { first: 300, max: 300 },
  probeTtlMs: 4_000,
  probes: { first: 1, max: 1 },
};

async function start() {
  const redis = await startRedis();
  closers.push(() => redis.stop());
  const provider = await startFakeOpenAi({ apiKey: 'sk-1' });
  closers.push(() => provider.close());
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-probe-'));
  closers.push(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'providers.yaml');
  const row = { name: 'one', dialect: 'openai', baseUrl: `${provider.url}/v1`, models: ['m'] };
  await writeFile(file, JSON.stringify({ providers: [{ ...row, keys: ['sk-1'] }] }));
  const worker = async () => {
    const one = await startGatewayProcess({
      OSTINATO_PROVIDERS_FILE: file,
      TEST_REDIS_URL: redis.url,
      TEST_BREAKER: JSON.stringify(BREAKER),
    });
    closers.push(() => one.kill());
    return one;
  };
  const [doomed, other] = await Promise.all([worker(), worker()]);
  return { provider, doomed, other };
}

const typeOf = async (one: GatewayProcess) =>
  ((await one.tell({ do: 'ask' })) as { type?: string }).type ?? 'answered';
const breakerOf = async (one: GatewayProcess) => {
  const [seen] = (await one.tell({ do: 'routes' })) as RouteView[];
  return seen?.breaker;
};

describe('a worker that is killed while it holds the probe', () => {
  it('SIGKILL in the middle of the probe → nobody else probes in its lease, another one after it, and traffic is back', async () => {
    const { provider, doomed, other } = await start();
    provider.script(errorFixture('openai', 'server-error'));
    await waitFor('the breaker to open', async () => {
      await typeOf(doomed);
      return (await breakerOf(other)) === 'open';
    });

    provider.script({ kind: 'hang' });
    const before = provider.journal.length;
    // Whichever question comes first after the wait is the probe; it stays without an answer.
    const probing = (async () => {
      for (;;) await doomed.tell({ do: 'ask' });
    })().catch(() => undefined);
    await waitFor('the probe to be under way', () => provider.journal.length > before);
    await doomed.kill();
    await probing;

    provider.script(fixtureAnswer('openai', 'text'));
    const killedAtMs = performance.now();
    expect(await typeOf(other)).toBe('CircuitOpen');
    expect(provider.journal).toHaveLength(before + 1);
    await waitFor('another probe to pass', async () => (await typeOf(other)) === 'answered');
    expect(provider.journal).toHaveLength(before + 2);
    expect(performance.now() - killedAtMs).toBeLessThan(20_000);
    await waitFor('traffic to be back', async () => {
      await typeOf(other);
      return (await breakerOf(other)) !== 'open';
    });
  });
});
