// Proves that long runs are tasks for clients of revision 2025-11-25 too, as its core has them: the
// 1.x line of the official SDK, whose tasks these are, against a listening API on real Temporal and
// real workflows; tools are stand-ins. And that one tenant's runs are no tasks of another.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { CallToolResult, Task } from '@modelcontextprotocol/sdk/types.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { ApplicationFailure } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CheckPlanInput } from '../../../activities/check-plan.ts';
import { createServer } from '../../../api/server.ts';
import type { OstinatoConnection } from '../../../client/index.ts';
import { runPlan } from '../../../client/index.ts';
import type { TenantContext, TenantId } from '../../../common/tenant.ts';
import type { CallToolInput } from '../../../common/tool.ts';
import type { TemporalServer } from '../../../workers/temporal-server.ts';
import { step, textResult } from '../../support/plans.ts';
import type { RunningWorkers } from '../../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../../support/temporal.ts';
import { waitFor } from '../../support/wait-for.ts';
import { fakeServices } from '../support/fake-services.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let server: FastifyInstance;
let client: Client;
/** While closed, steps named `wait` do not answer. */
let gate = Promise.withResolvers<void>();
/** Tasks that the SDK goes on asking for until they have ended. */
const followed: Promise<unknown>[] = [];

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, {
    callTool: async ({ idempotencyKey, tool }: CallToolInput) => {
      if (idempotencyKey.includes('/wait/')) await gate.promise;
      if (idempotencyKey.includes('/bad/')) throw ApplicationFailure.nonRetryable('No.', 'Denied');
      return textResult(`did ${tool}`);
    },
    checkPlan: async ({ plan }: CheckPlanInput) => ({
      steps: plan.steps.map(({ id }) => step(id)),
    }),
    planGoal: async () => {
      throw new Error('not used here');
    },
  });
  ostinato = await connectTo(temporal.address);
});

beforeEach(async () => {
  gate = Promise.withResolvers();
  server = createServer(fakeServices({ connection: ostinato }));
  const url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/mcp`;
  client = new Client({ name: 'test', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)) as Transport);
});

afterEach(async () => {
  gate.resolve();
  await Promise.allSettled(followed.splice(0));
  await client.close();
  await server.close();
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

const planOf = (id: string) => ({
  name: 'run_plan',
  arguments: { plan: { steps: [{ id, tool: 'fake/tool' }] } },
});

/** Of a call as a task: everything that the SDK tells of it. */
async function follow(id: string, onTask: (task: Task) => void = () => undefined) {
  const stream = client.experimental.tasks.callToolStream(planOf(id), CallToolResultSchema, {
    task: { ttl: 60_000 },
  });
  for await (const message of stream) {
    if (message.type === 'taskCreated' || message.type === 'taskStatus') onTask(message.task);
    else return message;
  }
  throw new Error('The stream ended without a result.');
}

async function startTask(id: string): Promise<Task> {
  const { promise, resolve } = Promise.withResolvers<Task>();
  followed.push(follow(id, resolve));
  return promise;
}

const settled = (taskId: string): Promise<Task> =>
  waitFor('the end of the task', async () => {
    const task = await client.experimental.tasks.getTask(taskId);
    return task.status === 'working' ? null : task;
  });

describe('a client of 2025-11-25', () => {
  it('asks what there is → tasks of calls that can be cancelled; the two long tools say so', async () => {
    expect(client.getServerCapabilities()?.tasks).toEqual({
      cancel: {},
      requests: { tools: { call: {} } },
    });
    const { tools } = await client.listTools();
    const asTasks = tools.filter(({ execution }) => execution?.taskSupport === 'optional');
    expect(asTasks.map(({ name }) => name)).toEqual(['run_agent', 'run_plan']);
  });

  it('calls run_plan as a task → a task at once that tells how far it is, then its result', async () => {
    const seen: Task[] = [];
    const ended = await follow('wait', (task) => {
      seen.push(task);
      if (task.statusMessage?.includes('running') === true) gate.resolve();
    });
    expect(seen[0]).toMatchObject({ status: 'working', ttl: expect.any(Number) as number });
    expect(new Set(seen.map(({ taskId }) => taskId)).size).toBe(1);
    expect(seen.some(({ statusMessage }) => statusMessage?.includes('0 of 1 steps') === true)).toBe(
      true,
    );
    expect(ended).toMatchObject({
      type: 'result',
      result: {
        structuredContent: { runId: seen[0]?.taskId, results: { wait: 'did fake/tool' } },
        _meta: { 'io.modelcontextprotocol/related-task': { taskId: seen[0]?.taskId } },
      },
    });
  });

  it('calls it without a task → waits as ever', async () => {
    const { structuredContent } = (await client.callTool(planOf('a'))) as CallToolResult;
    expect(structuredContent).toMatchObject({ status: 'completed' });
  });

  it('asks for a result that is not there yet → gets it when it is', async () => {
    const { taskId } = await startTask('wait');
    const result = client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema);
    expect((await client.experimental.tasks.getTask(taskId)).status).toBe('working');
    gate.resolve();
    expect((await result).structuredContent).toMatchObject({ runId: taskId, status: 'completed' });
  });

  it('a step that fails → a failed task, whose result is the error', async () => {
    const { taskId } = await startTask('bad');
    expect((await settled(taskId)).status).toBe('failed');
    const result = await client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema);
    expect(result).toMatchObject({ isError: true, structuredContent: { outcome: 'failed' } });
  });

  it('a run that is terminated → a failed task that says so; its result is a protocol error', async () => {
    const { taskId } = await startTask('wait');
    await ostinato.temporal.workflow.getHandle(`t:default:run:${taskId}`).terminate('by a test');
    const task = await settled(taskId);
    expect(task).toMatchObject({ status: 'failed', statusMessage: expect.any(String) as string });
    const result = client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema);
    await expect(result).rejects.toMatchObject({ code: -32_603 });
  });

  it('cancels a task → it is cancelled when that is answered; once more → -32602', async () => {
    const { taskId } = await startTask('wait');
    const cancelled = client.experimental.tasks.cancelTask(taskId);
    await waitFor('the run to have heard of it', async () => {
      const history = await ostinato.temporal.workflow
        .getHandle(`t:default:run:${taskId}`)
        .fetchHistory();
      return history.events?.some(({ workflowExecutionUpdateAcceptedEventAttributes: update }) =>
        Boolean(update),
      );
    });
    gate.resolve();
    expect((await cancelled).status).toBe('cancelled');
    await expect(client.experimental.tasks.cancelTask(taskId)).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining('has ended before') as string,
    });
  });

  it('a task that is not there → -32602 for get, result and cancel', async () => {
    const { tasks } = client.experimental;
    const ask = [
      () => tasks.getTask('nope'),
      () => tasks.getTaskResult('nope', CallToolResultSchema),
      () => tasks.cancelTask('nope'),
    ];
    for (const asked of ask) await expect(asked()).rejects.toMatchObject({ code: -32_602 });
  });

  it('a tool that answers at once, called as a task → -32601 that says so', async () => {
    const request = {
      method: 'tools/call' as const,
      params: { name: 'get_run', arguments: { runId: 'x' }, task: {} },
    };
    await expect(client.request(request, CallToolResultSchema)).rejects.toMatchObject({
      code: -32_601,
      message: expect.stringContaining('get_run answers at once') as string,
    });
  });

  it('a run of another tenant, its id known → not there, by tasks and by get_run; not cancelled', async () => {
    const tenant: TenantContext = { tenantId: 'acme' as TenantId, actor: 'a', scopes: [] };
    const other = { ...ostinato, tenant };
    const plan = { steps: [{ id: 'wait', tool: 'fake/tool' }] };
    const run = await runPlan(other, { plan, runId: 'theirs' });
    const { tasks } = client.experimental;
    for (const ask of [() => tasks.getTask('theirs'), () => tasks.cancelTask('theirs')]) {
      await expect(ask()).rejects.toMatchObject({ code: -32_602 });
    }
    for (const name of ['get_run', 'cancel_run']) {
      const answer = await client.callTool({ name, arguments: { runId: 'theirs' } });
      expect(answer).toMatchObject({ isError: true });
      expect(JSON.stringify(answer.content)).toContain('There is no run theirs');
    }
    gate.resolve();
    expect((await run.result()).outcome).toBe('completed');
  });
});
