// Proves that what spares workflows the stack traces of their promises takes nothing else from them: a
// failure that nobody waits for ends the task it came from and no other, and the words by which the SDK
// looks into the sandbox are still those that are answered for it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OstinatoConnection } from '../../client/index.ts';
import { bundleOptions } from '../../workers/bundle-options.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';

let dir: string;
let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-stacks-'));
  const bundle = join(dir, 'bundle.js');
  const { code } = await bundleWorkflowCode({
    logger: new DefaultLogger('ERROR'),
    ...bundleOptions(join(import.meta.dirname, 'support', 'careless-workflows.ts'), false),
  });
  await writeFile(bundle, code);
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, {} as never, null, {}, bundle);
  ostinato = await connectTo(temporal.address);
}, 120_000);

afterAll(async () => {
  await ostinato.close();
  await workers.stop();
  await temporal.stop();
  await rm(dir, { recursive: true, force: true });
});

const start = (workflow: string) =>
  ostinato.temporal.workflow.start(workflow, {
    workflowId: workflow,
    taskQueue: ONE_QUEUE.agent,
  });

it('a promise that nobody waits for fails → its own task fails and says so, other runs go on', async () => {
  const careless = await start('forgetsFailure');
  const failure = await waitFor('a failed task', async () => {
    const { events } = await careless.fetchHistory();
    const failures = events?.map((event) => event.workflowTaskFailedEventAttributes?.failure);
    return failures?.find((each) => each?.message !== undefined)?.message;
  });
  expect(failure).toContain('nobody waits');
  const other = await start('looksAround');
  expect(await other.result()).toEqual([42, 'x', 'Promise']);
  await careless.terminate('the test is over');
});

it('words by which the SDK looks into the sandbox → those that are answered for it', async () => {
  const require = createRequire(import.meta.url);
  const sdk = dirname(require.resolve('@temporalio/worker/package.json'));
  const hook = await readFile(join(sdk, 'lib', 'workflow', 'vm-shared.js'), 'utf8');
  const source = join(import.meta.dirname, '..', '..', 'workflows', 'without-stacks.ts');
  const answered = await readFile(source, 'utf8');
  const asked = [...hook.matchAll(/(?:ctor|fn)\('(return [^']+)'\)/g)].map(([, body]) => body);
  expect(new Set(asked).size).toBe(2);
  for (const body of asked) expect(answered).toContain(`'${body}'`);
});
