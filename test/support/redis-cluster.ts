import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { waitFor } from './wait-for.ts';

export interface RedisCluster {
  /** Of all nodes, for `connectRedis`. */
  readonly url: string;
  /** Kills a master and waits until its replica has taken over. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

const MASTERS = 3;
const SLOTS = 16_384;
/** A node's bus listens on its port plus this. */
const BUS = 10_000;

interface Node {
  readonly port: number;
  readonly child: ChildProcess;
  readonly client: Redis;
  readonly id: string;
}

/** Starts a real Redis Cluster on loopback: three masters, each with a replica. Nothing is on disk. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-cluster-'));
  const nodes: Node[] = [];
  for (let index = 0; index < 2 * MASTERS; index += 1) nodes.push(await startNode(dir, index));
  const masters = nodes.slice(0, MASTERS);
  const replicas = nodes.slice(MASTERS);
  const [first] = nodes as [Node, ...Node[]];
  for (const { client } of nodes) await client.cluster('MEET', '127.0.0.1', first.port);
  await Promise.all(
    masters.map(({ client }, index) =>
      client.call(
        'CLUSTER',
        'ADDSLOTSRANGE',
        Math.floor((index * SLOTS) / MASTERS),
        Math.floor(((index + 1) * SLOTS) / MASTERS) - 1,
      ),
    ),
  );
  for (const [index, { client }] of replicas.entries()) {
    const master = masters[index] as Node;
    await waitFor('the nodes to meet', () =>
      client.cluster('REPLICATE', master.id).then(
        () => true,
        () => false,
      ),
    );
  }
  await waitFor('the cluster to be whole', async () => (await states(nodes)).every(isWhole));

  return {
    url: nodes.map(({ port }) => `redis://127.0.0.1:${port}`).join(','),
    async failOver() {
      const [master, replica] = [masters[0], replicas[0]] as [Node, Node];
      await kill(master);
      await waitFor('the replica to take over', async () =>
        (await replica.client.info('replication')).includes('role:master'),
      );
      await waitFor('the cluster to be whole again', async () =>
        (await states(nodes.filter((node) => node !== master))).every((state) =>
          state.includes('cluster_state:ok'),
        ),
      );
    },
    async stop() {
      for (const { client } of nodes) client.disconnect();
      await Promise.all(nodes.map(kill));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startNode(dir: string, index: number): Promise<Node> {
  const port = await freeClusterPort();
  const child = spawn(
    'redis-server',
    [
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      ...['--cluster-enabled', 'yes', '--cluster-config-file', `node-${index}.conf`],
      ...['--cluster-node-timeout', '1000', '--repl-diskless-sync-delay', '0', '--dir', dir],
    ],
    { stdio: 'ignore' },
  );
  const failed = once(child, 'error').then(([error]) => {
    throw new Error('No redis-server on PATH. Install it (Debian: apt-get install redis-server).', {
      cause: error,
    });
  });
  const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 });
  client.on('error', () => undefined);
  const id = (await Promise.race([failed, client.cluster('MYID')])) as string;
  return { port, child, client, id };
}

/** A free port whose bus port is free too. */
async function freeClusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + BUS <= 65_535 && (await isFree(port + BUS))) return port;
    if (port + BUS > 65_535) {
      const lower = port - 2 * BUS;
      if ((await isFree(lower)) && (await isFree(lower + BUS))) return lower;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function states(nodes: readonly Node[]): Promise<string[]> {
  return Promise.all(nodes.map(({ client }) => client.cluster('INFO')));
}

function isWhole(state: string): boolean {
  return (
    state.includes('cluster_state:ok') &&
    state.includes(`cluster_known_nodes:${2 * MASTERS}`) &&
    state.includes(`cluster_size:${MASTERS}`)
  );
}

async function kill({ child }: Pick<Node, 'child'>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
