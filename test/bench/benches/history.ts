// 500 model calls in one run: how its history grows, and whether it replays. The whole engine, a real
// MCP server, and a local server that speaks OpenAI's wire format; beside it the same conversation by
// a workflow that sends the transcript with each call, as long as Temporal lets it.
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ulid } from 'ulid';
import { startAgent } from '../../../client/index.ts';
import { DEFAULT_LIMITS } from '../../../client/limits.ts';
import { workflowBundle } from '../../../workers/workflow-bundle.ts';
import { CACHE_DIR } from '../../support/cache-dir.ts';
import { startEngine } from '../../support/engine.ts';
import type { JournalEntry } from '../../support/fake-llm/fake-llm-server.ts';
import { startFakeOpenAi } from '../../support/fake-llm/openai.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../../support/temporal.ts';
import type { Bench, BenchContext, BenchRow } from '../bench.ts';
import { bundleFile } from '../support/bundle-file.ts';
import { makePlan, sayDone } from '../support/history/model-replies.ts';
import { readChain, replayFailures } from '../support/history/read-chain.ts';
import type { HistoryEvents } from '../support/history/read-chain.ts';

const CALLS = 500;
/** What a turn adds to the transcript: a plan of half of it, and a result of the other half. */
const TURN_CHARS = 4_000;
const KEY = 'sk-bench-0123456789';
const ROOT = join(import.meta.dirname, '..', '..', '..');

export const bench: Bench = {
  summary: 'how the history of 500 model calls grows, beside transcripts in inputs',
  run: async (context) => [...(await byReference(context)), ...(await inInputs(context))],
};

async function byReference({ note }: BenchContext): Promise<readonly BenchRow[]> {
  const model = await startFakeOpenAi({ apiKey: KEY });
  const engine = await startEngine(
    {
      everything: {
        command: process.execPath,
        args: [join(ROOT, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js')],
        effects: { '*': 'read' },
      },
    },
    { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${model.url}/v1`, OSTINATO_MODEL: 'gpt-test' },
  );
  try {
    let calls = 0;
    model.script(() => {
      calls += 1;
      // Each request holds the whole transcript: kept, they would be half a gigabyte.
      (model.journal as JournalEntry[]).length = 0;
      return calls < CALLS ? makePlan(calls, TURN_CHARS / 2) : sayDone();
    });
    const limits = { ...DEFAULT_LIMITS, maxTurns: CALLS + 1, maxToolCalls: CALLS + 1 };
    const run = await startAgent(engine.ostinato, { goal: 'Echo a long time', limits });
    const { outcome } = await run.result();
    const chain = await readChain(engine.ostinato, run.workflowId, 'planGoal');
    note(`by reference: ${outcome} after ${calls} calls, in ${chain.histories.length} runs`);
    if (calls !== CALLS) throw new Error(`The run ended ${outcome} after ${calls} calls.`);
    const codePath = await workflowBundle(CACHE_DIR);
    return rows('500-calls', chain, await replayFailures(codePath, chain));
  } finally {
    await engine.stop();
    await model.close();
  }
}

async function inInputs({ note }: BenchContext): Promise<readonly BenchRow[]> {
  const bundle = await bundleFile(
    join(import.meta.dirname, '..', 'support', 'history', 'transcript-workflow.ts'),
  );
  const temporal = await startTemporal();
  const activities = { askModel: async () => 'x'.repeat(TURN_CHARS) };
  const workers = await startWorkers(temporal.address, activities as never, null, {}, bundle);
  const ostinato = await connectTo(temporal.address);
  try {
    const handle = await ostinato.temporal.workflow.start('converse', {
      workflowId: ulid(),
      taskQueue: ONE_QUEUE.agent,
      args: [CALLS],
    });
    const ended = await handle.result().then(
      () => 'completed',
      (error: unknown) => String((error as Error).cause ?? error),
    );
    const chain = await readChain(ostinato, handle.workflowId, 'askModel');
    note(`transcripts in inputs: ${ended} after ${chain.turns.length} calls`);
    return [
      ...rows('500-calls-transcripts', chain, await replayFailures(bundle, chain)),
      { case: '500-calls-transcripts', measure: 'calls', value: chain.turns.length, unit: '' },
    ];
  } finally {
    await ostinato.close();
    await workers.stop();
    await temporal.stop();
    await rm(dirname(bundle), { recursive: true });
  }
}

function rows(name: string, { turns, bytes }: HistoryEvents, failures: number): BenchRow[] {
  const half = turns[Math.floor(turns.length / 2) - 1];
  const whole = turns.at(-1);
  if (half === undefined || whole === undefined) throw new Error('No call was made.');
  const ratio = (of: 'bytes' | 'events') => (whole[of] - half[of]) / half[of];
  return [
    {
      case: name,
      measure: 'growth_ratio',
      value: Math.max(ratio('bytes'), ratio('events')),
      unit: 'x',
    },
    { case: name, measure: 'replay_failures', value: failures, unit: '' },
    { case: name, measure: 'megabytes', value: bytes / 1e6, unit: 'MB' },
    { case: name, measure: 'events', value: whole.events, unit: '' },
  ];
}
