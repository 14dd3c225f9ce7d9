import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { ulid } from 'ulid';
import type { OstinatoConnection } from '../../client/index.ts';
import { runPlan } from '../../client/index.ts';
import { workflowIdOf } from '../../client/start-run.ts';
import type { AgentInput, RunPlanInput } from '../../common/agent.ts';
import type { BatchMode } from '../../common/batch.ts';
import type { Plan, PlanStep } from '../../common/plan.ts';
import { LIMITS, plan, TENANT } from '../support/plans.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../support/temporal.ts';
import { recordedActivities } from './recorded-activities.ts';

/** What a scene records with. */
export interface Recorder {
  readonly ostinato: OstinatoConnection;
  /** Writes `NAME-RELEASE.json`. @param runId default: the newest run of that id */
  save(name: string, workflowId: string, runId?: string): Promise<void>;
  /** @param steps checked before; `null`: the run checks what was written */
  start(
    steps: readonly PlanStep[] | null,
    options?: Partial<Omit<Parameters<typeof runPlan>[1], 'plan' | 'runId'>>,
  ): ReturnType<typeof runPlan>;
  /** Runs a workflow to its end that leaves early, and saves the run that left and the next one. */
  saveBothHalves(
    name: string,
    type: 'runPlan' | 'runAgent',
    input: Partial<RunPlanInput & AgentInput>,
    meanwhile?: (runId: string) => Promise<void>,
  ): Promise<void>;
  /** The plan of an agent's first turn, by its goal. */
  readonly plans: Map<string, Plan>;
  /** Of batches, by their id. */
  readonly modes: Map<string, BatchMode>;
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '..', '..');
const WRITTEN = { steps: [{ id: 'a', tool: 'fake/tool' }] };
const COMMON = { tenant: TENANT, limits: LIMITS, queues: ONE_QUEUE };

/** A real server and workers of this code, with activities that answer as they are told. */
export async function startRecorder(release: string): Promise<Recorder> {
  const plans = new Map<string, Plan>();
  const modes = new Map<string, BatchMode>();
  const temporal = await startTemporal();
  const activities = recordedActivities((goal) => plans.get(goal) ?? plan(), modes);
  const workers = await startWorkers(temporal.address, activities);
  const ostinato = await connectTo(temporal.address);

  async function save(name: string, workflowId: string, runId?: string): Promise<void> {
    const history = await ostinato.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    const file = join(import.meta.dirname, 'histories', `${name}-${release}.json`);
    // Names and paths of the recording machine say nothing about the run.
    const json = historyToJSON(history);
    const text = json
      .replaceAll(/"identity": "[^"]*"/g, '"identity": "recorder"')
      .replaceAll(ROOT, '/ostinato');
    // Never over one of earlier code: what it says would be lost.
    await writeFile(file, `${text}\n`, { flag: 'wx' });
    console.log(`${name}: ${history.events?.length} events`);
  }

  return {
    ...{ ostinato, plans, modes, save },
    start(steps, options = {}) {
      const request = { ...options, plan: WRITTEN, runId: ulid() };
      return steps === null
        ? runPlan(ostinato, request)
        : runPlan(ostinato, request, plan(...steps));
    },
    async saveBothHalves(name, type, input, meanwhile) {
      const runId = ulid();
      const handle = await ostinato.temporal.workflow.start(type, {
        workflowId: workflowIdOf(ostinato, runId),
        taskQueue: ONE_QUEUE.agent,
        args: [{ ...COMMON, agent: 'recorded', written: null, conversation: null, ...input }],
      });
      await meanwhile?.(runId);
      await handle.result();
      await save(`${name}-left`, handle.workflowId, handle.firstExecutionRunId);
      await save(`${name}-continued`, handle.workflowId);
    },
    async close() {
      await ostinato.close();
      await workers.stop();
      await temporal.stop();
    },
  };
}
