import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import type { OstinatoConnection } from '../../../client/index.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';

interface Started {
  readonly workflowId: string;
  readonly input: unknown;
  readonly memo: unknown;
}

/** A Temporal that remembers what was started and runs none of it. */
export function fakeTemporal(): { connection: OstinatoConnection; starts: Started[] } {
  const starts: Started[] = [];
  const inScope = <Value>(_scope: unknown, body: () => Promise<Value>): Promise<Value> => body();
  const describe = async (workflowId: string): Promise<object> => {
    const found = starts.find((start) => start.workflowId === workflowId);
    if (found === undefined) throw new WorkflowNotFoundError('none', workflowId, undefined);
    return {
      workflowId,
      memo: found.memo,
      type: 'runAgent',
      status: { name: 'RUNNING' },
      startTime: new Date(0),
      typedSearchAttributes: { getAll: () => [] },
    };
  };
  const workflow = {
    async start(
      type: string,
      options: { readonly workflowId: string; readonly args: unknown[]; readonly memo: unknown },
    ) {
      const { workflowId, memo } = options;
      if (starts.some((start) => start.workflowId === workflowId)) {
        throw new WorkflowExecutionAlreadyStartedError('started', workflowId, type);
      }
      starts.push({ workflowId, input: options.args[0], memo });
    },
    getHandle: (workflowId: string) => ({
      workflowId,
      client: { withDeadline: inScope },
      describe: () => describe(workflowId),
      query: () => Promise.reject(new Error('no worker')),
      result: () => new Promise(() => undefined),
      executeUpdate: async () => {
        await describe(workflowId);
      },
    }),
    async *list() {
      for (const { workflowId } of starts) yield await describe(workflowId);
    },
  };
  const temporal = { workflow, withAbortSignal: inScope };
  return {
    starts,
    connection: {
      temporal: temporal as unknown as OstinatoConnection['temporal'],
      namespace: 'default',
      tenant: { tenantId: DEFAULT_TENANT_ID, actor: 'api', scopes: [] },
      queues: { agent: 'q', tool: 'q', llm: 'q' },
      close: async () => undefined,
    },
  };
}
