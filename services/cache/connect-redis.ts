import type { ClusterNode } from 'ioredis';
import { Cluster, Redis } from 'ioredis';

/** One Redis, or a Redis Cluster: the two take the same commands. */
export type RedisClient = Redis | Cluster;

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_REDIRECTIONS = 4;

/**
 * Connects, and connects again for as long as it is not closed. Nothing queues up meanwhile: a
 * command without a connection fails at once, so that its caller can go on without Redis.
 *
 * @param url `redis://` or `rediss://`; several of them, separated by commas, are nodes of one
 *   cluster (the others are found through them; user and password are the first one's).
 */
export function connectRedis(url: string): RedisClient {
  const [first = url, ...others] = url.split(',').map((node) => node.trim());
  const client =
    others.length === 0
      ? new Redis(first, {
          maxRetriesPerRequest: 0,
          enableOfflineQueue: false,
          connectTimeout: CONNECT_TIMEOUT_MS,
          retryStrategy: () => RECONNECT_MS,
        })
      : connectCluster(first, others);
  // Who uses the client says once that Redis is away; each failed attempt would say it again.
  client.on('error', () => undefined);
  return client;
}

function connectCluster(first: string, others: readonly string[]): Cluster {
  const { username, password, protocol } = new URL(first);
  return new Cluster([first, ...others].map(toNode), {
    enableOfflineQueue: false,
    clusterRetryStrategy: () => RECONNECT_MS,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    maxRedirections: MAX_REDIRECTIONS,
    redisOptions: {
      maxRetriesPerRequest: 0,
      connectTimeout: CONNECT_TIMEOUT_MS,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  });
}

function toNode(url: string): ClusterNode {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 6379 : Number(port) };
}
