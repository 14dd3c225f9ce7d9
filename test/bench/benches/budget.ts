// Many calls at once against a budget that allows fewer: as real workflows, in one run and in a tree
// of runs that share the budget. What was called is counted where the calls arrive.
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ulid } from 'ulid';
import { WORKFLOW } from '../../../common/names.ts';
import type { Plan } from '../../../common/plan.ts';
import type { Activities } from '../../../activities/index.ts';
import { after, LIMITS, plan, step, TENANT, textResult } from '../../support/plans.ts';
import { connectTo, ONE_QUEUE, startTemporal, startWorkers } from '../../support/temporal.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { treeBundle } from '../support/budget/tree-bundle.ts';
import type { TreeInput } from '../support/budget/tree-workflow.ts';

const BUDGET = 20;
const WIDTH = 50;

interface Shape {
  readonly name: string;
  /** Calls of the root's own plan. */
  readonly own: number;
  /** @default 20 */
  readonly budget?: number;
  readonly children: TreeInput['children'];
}

const leaf = (width: number) => ({ plan: fanOut(width), children: [] });
const chain = (length: number) => ({ plan: inARow(length), children: [] });
const SHAPES: readonly Shape[] = [
  { name: 'fan-out', own: WIDTH, children: [] },
  { name: 'fan-out-children', own: 0, children: Array.from({ length: 5 }, () => leaf(WIDTH / 5)) },
  {
    name: 'fan-out-tree',
    own: 10,
    children: [leaf(10), { plan: fanOut(10), children: [leaf(10), leaf(10)] }],
  },
  // Calls one after another: here a child is lent calls, and they are called back.
  { name: 'chains', own: 0, children: Array.from({ length: WIDTH }, () => chain(3)) },
  { name: 'long-chain', own: 0, budget: 200, children: [chain(100)] },
];

export const bench: Bench = {
  summary: 'calls above the budget when 50 ask at once for 20, in one run and in a tree of runs',
  async run({ note }) {
    let calls = 0;
    const activities = {
      callTool: async () => {
        calls += 1;
        await new Promise((resolve) => setTimeout(resolve, 20));
        return textResult('done');
      },
      checkPlan: async () => plan(),
      planGoal: () => Promise.reject(new Error('not used here')),
    } satisfies Activities;
    const temporal = await startTemporal();
    const bundle = await treeBundle();
    const workers = await startWorkers(temporal.address, activities, null, {}, bundle);
    const { temporal: client, close } = await connectTo(temporal.address);
    const rows: BenchRow[] = [];
    try {
      for (const { name, own, children, budget = BUDGET } of SHAPES) {
        calls = 0;
        const input: TreeInput = {
          tenant: TENANT,
          agent: 'bench',
          plan: fanOut(own),
          written: null,
          limits: { ...LIMITS, maxToolCalls: budget, maxParallel: WIDTH },
          queues: ONE_QUEUE,
          children,
        };
        const isTree = children.length > 0;
        const workflowId = ulid();
        await client.workflow.execute(isTree ? 'runTree' : WORKFLOW.runPlan, {
          ...{ workflowId, taskQueue: ONE_QUEUE.agent, args: [input] },
        });
        note(`${name}: ${calls} calls were made of ${budget} allowed`);
        const { historyLength } = await client.workflow.getHandle(workflowId).describe();
        rows.push(
          { case: name, measure: 'overshoot', value: Math.max(0, calls - budget), unit: '' },
          { case: name, measure: 'events_per_call', value: historyLength / calls, unit: '' },
        );
        if (budget > BUDGET) continue;
        rows.push({ case: name, measure: 'unused', value: Math.max(0, budget - calls), unit: '' });
      }
      return rows;
    } finally {
      await close();
      await workers.stop();
      await temporal.stop();
      await rm(dirname(bundle), { recursive: true });
    }
  },
};

function fanOut(width: number): Plan {
  return plan(...Array.from({ length: width }, (_, index) => step(`s${index}`)));
}

/** Each after the one before. */
function inARow(length: number): Plan {
  return plan(
    ...Array.from({ length }, (_, at) => step(`s${at}`, at === 0 ? {} : after(`s${at - 1}`))),
  );
}
