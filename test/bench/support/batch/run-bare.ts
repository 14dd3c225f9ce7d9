import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { ServerName } from '../../../../common/tool.ts';
import type { Engine } from '../../../support/engine.ts';
import { connectWorker } from '../../../../workers/connect-worker.ts';

const QUEUE = 'bare';

/**
 * The same items through the same server by a hand-written workflow, with the same worker settings
 * and nothing of Ostinato around the calls: no ledger, no registry, no breaker, no results kept.
 */
export async function runBare(engine: Engine, total: number, window: number): Promise<number> {
  const { connections, registry } = engine.services;
  const { definition } = await registry.getServer(DEFAULT_TENANT_ID, 'bank' as ServerName);
  const { transport, connectTimeoutMs, protocol } = definition;
  const target = {
    tenantId: DEFAULT_TENANT_ID,
    server: 'bank' as ServerName,
    ...{ transport, connectTimeoutMs, protocol },
  };
  const connection = await connectWorker(engine.temporalAddress);
  const worker = await Worker.create({
    connection,
    taskQueue: QUEUE,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: join(import.meta.dirname, 'bare-workflow.ts'),
      logger: new DefaultLogger('WARN'),
    }),
    maxConcurrentActivityTaskExecutions: 200,
    maxEagerActivityReservationsPerWorkflowTask: 100,
    activities: {
      async payItem(index: number): Promise<string> {
        const answer = await connections.call(target, {
          tool: 'pay',
          args: { amount: index },
          timeoutMs: 60_000,
          maxTotalTimeoutMs: 60_000,
          idempotencyKey: null,
          retrySafe: false,
          signal: new AbortController().signal,
          onProgress: () => undefined,
        });
        return JSON.stringify(answer).slice(0, 100);
      },
    },
  });
  const running = worker.run();
  try {
    const startedMs = performance.now();
    await engine.ostinato.temporal.workflow.execute('bareBatch', {
      workflowId: 'bare',
      taskQueue: QUEUE,
      args: [{ from: 0, total, window }],
    });
    return (performance.now() - startedMs) / 1000;
  } finally {
    worker.shutdown();
    await running;
    await connection.close();
  }
}
