import { createConnection } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import type { TaskQueues } from '../common/agent.ts';
import { DEFAULT_TASK_QUEUE } from '../common/names.ts';
import type { TenantContext, TenantId } from '../common/tenant.ts';
import { DEFAULT_TENANT_ID } from '../common/tenant.ts';
import { ClientError } from './client-error.ts';
import type { Policies } from './policy.ts';

export interface ConnectOptions {
  /** Temporal's address. @default '127.0.0.1:7233' */
  readonly address?: string;
  /** Temporal's namespace. @default 'default' */
  readonly namespace?: string;
  /** @default 'default' */
  readonly tenant?: string;
  /** Who starts the runs, as the audit log will print it. @default 'client' */
  readonly actor?: string;
  /** Must be those of the workers. @default 'ostinato' for all three */
  readonly queues?: Partial<TaskQueues>;
  /**
   * What people have a say in during every run, or where to look that up at each start; see
   * `readPolicies`. @default what each run says
   */
  readonly policies?: Policies | (() => Policies | undefined) | undefined;
  /** @default 5000 */
  readonly connectTimeoutMs?: number;
}

/** An open connection to the engine, for one tenant. Close it when done. */
export interface OstinatoConnection {
  readonly temporal: Client;
  readonly namespace: string;
  readonly tenant: TenantContext;
  readonly queues: TaskQueues;
  /** Those that hold now. */
  readonly policies?: () => Policies | undefined;
  close(): Promise<void>;
}

const DEFAULT_ADDRESS = '127.0.0.1:7233';
const REFUSAL_WITHIN_MS = 1_000;

/**
 * @throws ClientError (`unavailable`) when Temporal does not answer; nothing is retried.
 */
export async function connect(options: ConnectOptions = {}): Promise<OstinatoConnection> {
  const address = options.address ?? DEFAULT_ADDRESS;
  const namespace = options.namespace ?? 'default';
  const connection = await open(address, options.connectTimeoutMs ?? 5_000);
  return {
    temporal: new Client({ connection, namespace }),
    namespace,
    tenant: {
      tenantId: (options.tenant ?? DEFAULT_TENANT_ID) as TenantId,
      actor: options.actor ?? 'client',
      scopes: [],
    },
    queues: {
      agent: options.queues?.agent ?? DEFAULT_TASK_QUEUE,
      tool: options.queues?.tool ?? DEFAULT_TASK_QUEUE,
      llm: options.queues?.llm ?? DEFAULT_TASK_QUEUE,
    },
    policies: () =>
      typeof options.policies === 'function' ? options.policies() : options.policies,
    close: () => connection.close(),
  };
}

/**
 * Throws when nobody listens at the address. gRPC would go on trying until its time is over, while
 * a refusal is known at once; anything less clear is left to gRPC.
 */
async function refusedAtOnce(address: string): Promise<void> {
  const [, host, port] = /^\[?([^/[\]]+?)\]?:(\d+)$/.exec(address) ?? [];
  if (host === undefined || port === undefined) return;
  const socket = createConnection({ host, port: Number(port) });
  try {
    const why = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      socket.once('connect', () => resolve(null));
      socket.once('error', resolve);
      socket.setTimeout(REFUSAL_WITHIN_MS, () => resolve(null));
    });
    if (why?.code === 'ECONNREFUSED') throw why;
  } finally {
    socket.destroy();
  }
}

async function open(address: string, connectTimeout: number): Promise<Connection> {
  try {
    await refusedAtOnce(address);
    return await Connection.connect({ address, connectTimeout });
  } catch (error) {
    throw new ClientError(
      'unavailable',
      `Temporal does not answer at ${address}. Start it with "ostinato dev", or set TEMPORAL_ADDRESS.`,
      error,
    );
  }
}
