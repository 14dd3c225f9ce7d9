import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { bundleOptions } from '../../../../workers/bundle-options.ts';
import { connectWorker } from '../../../../workers/connect-worker.ts';
import type { BareActivities } from './bare-workflow.ts';

export const BARE_QUEUE = 'bare';

/** Temporal with nothing on it: a worker tuned as ours are, and an MCP client as its vendor gives it. */
export async function startBare(
  address: string,
  server: { readonly command: string; readonly args: readonly string[] },
): Promise<{ stop(): Promise<void> }> {
  const client = new Client({ name: 'bare', version: '1.0.0' });
  await client.connect(
    new StdioClientTransport({ command: server.command, args: [...server.args] }),
  );
  const activities: BareActivities = {
    work: ({ tool, name, ms }) => client.callTool({ name: tool, arguments: { name, ms } }),
  };
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-bare-'));
  const bundle = join(dir, 'bundle.js');
  const { code } = await bundleWorkflowCode({
    logger: new DefaultLogger('WARN'),
    ...bundleOptions(join(import.meta.dirname, 'bare-workflow.ts'), false),
  });
  await writeFile(bundle, code);
  const connection = await connectWorker(address);
  // The options of `createWorkers`.
  const worker = await Worker.create({
    connection,
    namespace: 'default',
    taskQueue: BARE_QUEUE,
    workflowBundle: { codePath: bundle },
    activities: { ...activities },
    maxHeartbeatThrottleInterval: '500 milliseconds',
    maxConcurrentActivityTaskExecutions: 200,
    maxEagerActivityReservationsPerWorkflowTask: 100,
  });
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
      await client.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
