// Proves that a run is one trace whose activities are spans, and that these say what was found and
// spared and nothing of what was asked or answered: a real Temporal server, workers with the tracing of
// production, and an exporter in memory. The activities are scripted.
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../activities/index.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { startAgent } from '../../client/index.ts';
import type { PlanGoalInput, PlanGoalResult } from '../../common/agent.ts';
import type { ToolId } from '../../common/tool.ts';
import { connectWorker } from '../../workers/connect-worker.ts';
import { createWorkers } from '../../workers/create-workers.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import type { Tracing } from '../../workers/tracing.ts';
import { createTracing } from '../../workers/tracing.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import { CACHE_DIR } from '../support/cache-dir.ts';
import { literal, plan, step, textResult } from '../support/plans.ts';
import { connectTo, ONE_QUEUE, startTemporal } from '../support/temporal.ts';

const SECRET = 'the-word-that-nobody-may-read';
const exporter = new InMemorySpanExporter();
let temporal: TemporalServer;
let ostinato: OstinatoConnection;
let tracing: Tracing;
let stopWorkers: () => Promise<void>;

const usage = {
  inputTokens: 900,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  outputTokens: 40,
  reasoningTokens: null,
  costUsd: null,
};
const context = {
  sent: { instructions: 500, tools: 300, history: 100, results: 0 },
  saved: { schemas: 1_200, results: 0, repeats: 0, history: 0, tools: 0 },
  compactions: 0,
};
const activities = {
  planGoal: async ({ turn, conversation }: PlanGoalInput): Promise<PlanGoalResult> => ({
    planner: { kind: 'model', provider: 'acme', model: 'large' },
    conversation,
    usage,
    toolsConsidered: ['files/read' as ToolId, 'files/write' as ToolId],
    context,
    ...(turn > 1
      ? { kind: 'answer', answer: SECRET }
      : {
          goalSteps: { by: 'model', steps: [SECRET, 'say it'] },
          kind: 'plan',
          plan: plan(step('read', { args: { path: literal(SECRET) } })),
        }),
  }),
  callTool: async () => textResult(SECRET),
  checkPlan: async () => plan(),
} satisfies Activities;

beforeAll(async () => {
  temporal = await startTemporal();
  tracing = createTracing(exporter);
  const connection = await connectWorker(temporal.address);
  const workers = await createWorkers({
    connection,
    namespace: 'default',
    queues: ONE_QUEUE,
    kinds: ['agent', 'tool', 'llm'],
    activities,
    workflowBundle: await workflowBundle(CACHE_DIR, [tracing.plugin]),
    plugins: [...tracing.workerPlugins],
  });
  const running = workers.map((worker) => worker.run());
  stopWorkers = async () => {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
    await connection.close();
  };
  ostinato = await connectTo(temporal.address);
});

afterAll(async () => {
  await ostinato?.close();
  await stopWorkers?.();
  await temporal?.stop();
});

it('a run with a plan and an answer → one trace; its spans say what was found and spared, no text', async () => {
  const run = await startAgent(ostinato, { goal: `Find out ${SECRET}` });
  expect(await run.result()).toMatchObject({ outcome: 'answered' });
  const spansOf = new Promise<ReturnType<typeof exporter.getFinishedSpans>>((resolve) => {
    // Workflow spans come a moment later; closing sends what there is, and forgets nothing before.
    const kept = exporter.shutdown.bind(exporter);
    exporter.shutdown = () => {
      resolve(exporter.getFinishedSpans().slice());
      return kept();
    };
  });
  await tracing.close();
  const spans = await spansOf;
  const planned = spans.filter(({ name }) => name === 'RunActivity:planGoal');
  expect(planned.map(({ attributes }) => attributes['ostinato.decision'])).toEqual([
    'plan',
    'answer',
  ]);
  expect(planned[0]?.attributes).toMatchObject({
    'ostinato.tenant': 'default',
    'ostinato.turn': 1,
    'ostinato.search.tools_shown': 2,
    'ostinato.search.split_by': 'model',
    'ostinato.search.goal_steps': 2,
    'ostinato.plan.steps': 1,
    'ostinato.context.sent_tokens': 900,
    'ostinato.context.saved_tokens': 1_200,
    'ostinato.context.saved.schemas': 1_200,
    'gen_ai.response.model': 'large',
    'gen_ai.usage.input_tokens': 900,
  });
  expect(planned[0]?.attributes).not.toHaveProperty('ostinato.cost_usd');
  const [called] = spans.filter(({ name }) => name === 'RunActivity:callTool');
  expect(called?.attributes).toMatchObject({
    'ostinato.tool': 'fake/tool',
    'ostinato.tool.is_error': false,
  });
  const traces = new Set([...planned, called].map((span) => span?.spanContext().traceId));
  expect(traces.size).toBe(1);
  const told = [...planned, called].map((span) => span?.attributes);
  expect(JSON.stringify(told)).not.toContain(SECRET);
});
