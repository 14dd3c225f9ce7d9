import { describeFailure } from '../common/describe-failure.ts';
import { SEARCH_ATTRIBUTE_TYPE } from '../common/names.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';

/** What the engine's own parts show from outside. */
export interface EngineReport {
  readonly temporalVersion: string;
  /** Search attributes that runs need and the namespace lacks. */
  readonly missingSearchAttributes: readonly string[];
  readonly queues: readonly QueueReport[];
}

/** A task queue and who takes work from it. */
export interface QueueReport {
  readonly name: string;
  readonly serves: 'workflows' | 'activities';
  /** Workers that asked for work in the last minutes. */
  readonly workers: number;
}

/** Temporal's own numbers for them. */
const QUEUE_TYPE = { workflows: 1, activities: 2 } as const;
const VALUE_TYPE = { KEYWORD: 2, DOUBLE: 4 } as const;
/** A worker asks anew at least once a minute. */
const POLLED_WITHIN_MS = 90_000;

/**
 * @param timeoutMs bound of each question. @default 5000
 * @throws ClientError (`unavailable`)
 */
export async function inspectEngine(
  connection: OstinatoConnection,
  timeoutMs = 5_000,
): Promise<EngineReport> {
  const { namespace, queues, temporal } = connection;
  const service = temporal.connection;
  const wanted = [
    { name: queues.agent, serves: 'workflows' as const },
    ...[...new Set([queues.tool, queues.llm])].map((name) => ({
      name,
      serves: 'activities' as const,
    })),
  ];
  try {
    return await service.withDeadline(Date.now() + timeoutMs, async () => {
      const [info, missingSearchAttributes, found] = await Promise.all([
        service.workflowService.getSystemInfo({}),
        missingAttributes(connection),
        Promise.all(wanted.map((queue) => reportOn(connection, queue))),
      ]);
      return { temporalVersion: info.serverVersion, missingSearchAttributes, queues: found };
    });
  } catch (error) {
    throw new ClientError(
      'unavailable',
      `Temporal's namespace "${namespace}" cannot be inspected: ${describeFailure(error)}`,
      error,
    );
  }
}

/** Registers what is missing. @returns the names. */
export async function registerSearchAttributes(
  connection: OstinatoConnection,
): Promise<readonly string[]> {
  const missing = await missingAttributes(connection);
  if (missing.length === 0) return [];
  const { operatorService } = connection.temporal.connection;
  try {
    await operatorService.addSearchAttributes({
      namespace: connection.namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, valueType(name)])),
    });
  } catch (error) {
    throw new ClientError(
      'unavailable',
      `Temporal did not register ${missing.join(', ')}: ${describeFailure(error)}`,
      error,
    );
  }
  return missing;
}

async function missingAttributes({
  namespace,
  temporal,
}: OstinatoConnection): Promise<readonly string[]> {
  const listed = await temporal.connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(SEARCH_ATTRIBUTE_TYPE).filter((name) => !(name in listed.customAttributes));
}

function valueType(name: string): (typeof VALUE_TYPE)[keyof typeof VALUE_TYPE] {
  return VALUE_TYPE[SEARCH_ATTRIBUTE_TYPE[name as keyof typeof SEARCH_ATTRIBUTE_TYPE]];
}

async function reportOn(
  { namespace, temporal }: OstinatoConnection,
  queue: Pick<QueueReport, 'name' | 'serves'>,
): Promise<QueueReport> {
  const { pollers } = await temporal.connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue.name },
    taskQueueType: QUEUE_TYPE[queue.serves],
  });
  const since = Date.now() - POLLED_WITHIN_MS;
  const awake = (pollers ?? []).filter(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > since,
  );
  return { ...queue, workers: new Set(awake.map(({ identity }) => identity)).size };
}
