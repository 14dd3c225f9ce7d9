// Proves what runs do about effects that went wrong: real Temporal server, real workflows, the real
// effect ledger, and a fake tool that can be told to leave its end open.
import { ApplicationFailure } from '@temporalio/common';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Activities } from '../../activities/index.ts';
import type {
  OstinatoConnection,
  RunHandle,
  RunPlanResult,
  RunPolicy,
} from '../../client/index.ts';
import { runPlan, tellEffectDecided } from '../../client/index.ts';
import type { Plan, PlanStep, StepUndo } from '../../common/plan.ts';
import type { CallToolInput, ToolId } from '../../common/tool.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, output, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
const calls: CallToolInput[] = [];
/** Keys of calls whose end the ledger does not know. */
const unknown = new Set<string>();
let failing: ReadonlySet<string> = new Set();
/** What happens between the end of such a call and the run's hearing of it. */
let whenUnknown: (key: string) => Promise<void> = async () => undefined;

const activities = {
  callTool: async (input) => {
    const id = input.idempotencyKey.split('/').at(-2) ?? '';
    if (id === 'open' && calls.length === 0) unknown.add(input.idempotencyKey);
    calls.push(input);
    if (unknown.has(input.idempotencyKey)) {
      await whenUnknown(input.idempotencyKey);
      throw ApplicationFailure.nonRetryable('it may have acted', 'Tool.OutcomeUnknown');
    }
    if (failing.has(id)) throw ApplicationFailure.nonRetryable('it broke', 'Tool.Unavailable');
    return textResult(`${id} done`);
  },
  checkPlan: async () => plan(),
  planGoal: () => Promise.reject(ApplicationFailure.nonRetryable('not used here')),
} satisfies Activities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities, 1);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  calls.length = 0;
  unknown.clear();
  failing = new Set();
  whenUnknown = async () => undefined;
});

afterAll(async () => {
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

function start(checked: Plan, policy: RunPolicy): Promise<RunHandle<RunPlanResult>> {
  const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
  return runPlan(ostinato, { plan: written, policy, runId: ulid() }, checked);
}

const names = () => calls.map(({ idempotencyKey }) => idempotencyKey.split('/').at(-2));

describe('a call whose end nobody knows', () => {
  it('the policy says nothing → the step fails and says so', async () => {
    const run = await start(plan(step('open')), {});
    const result = await run.result();
    expect(result.reason).toContain('it may have acted');
    expect(calls).toHaveLength(1);
  });

  it('the policy says ask → the run waits, shown with the key, and goes on when it is decided', async () => {
    const run = await start(plan(step('open'), step('next', after('open'))), { onUnknown: 'ask' });
    await waitFor('the run to wait', async () => {
      return (await run.progress().catch(() => null))?.pending?.length === 1;
    });
    const [entry] = (await run.progress()).pending ?? [];
    const key = `${run.workflowId}/open/1`;
    expect(entry).toMatchObject({ kind: 'outcome-unknown', step: 'open', key });
    unknown.clear();
    expect(await tellEffectDecided(ostinato, key)).toBe(true);
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(names()).toEqual(['open', 'open', 'next']);
  });

  it('decided before the run has asked → it does not ask, and goes on', async () => {
    let run: RunHandle<RunPlanResult> | null = null;
    whenUnknown = async (key) => {
      whenUnknown = async () => undefined;
      await waitFor('the run to be known', () => run !== null);
      expect(await tellEffectDecided(ostinato, key)).toBe(true);
      unknown.clear();
    };
    run = await start(plan(step('open'), step('next', after('open'))), {
      onUnknown: 'ask',
      approvalTimeoutMs: 10_000,
    });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(names()).toEqual(['open', 'open', 'next']);
  });

  it('nobody decides in time → the step fails as without the policy', async () => {
    const run = await start(plan(step('open')), { onUnknown: 'ask', approvalTimeoutMs: 1_000 });
    expect((await run.result()).reason).toContain('it may have acted');
  });

  it('a key of another tenant, of an ended run or of none → says that no run was told', async () => {
    expect(await tellEffectDecided(ostinato, 't:other:run:x/open/1')).toBe(false);
    expect(await tellEffectDecided(ostinato, 't:default:run:none/open/1')).toBe(false);
    expect(await tellEffectDecided(ostinato, 'api:1')).toBe(false);
  });
});

function undoable(id: string, given: Partial<PlanStep> = {}): PlanStep {
  const undo: StepUndo = {
    tool: 'fake/undo' as ToolId,
    args: { of: output(id, '$text') },
    effect: 'non-idempotent',
    fingerprint: null,
    timeoutMs: 5_000,
  };
  return step(id, { effect: 'compensable', undo, ...given });
}

describe('rollback', () => {
  const chain = () =>
    plan(
      undoable('flight'),
      undoable('hotel', after('flight')),
      step('mail', after('hotel')),
      undoable('car', after('mail')),
    );

  it('a step fails → what is done is undone, the latest first, with its own answer', async () => {
    failing = new Set(['car']);
    const result = await (await start(chain(), { rollback: true })).result();
    expect(result).toMatchObject({ outcome: 'failed' });
    expect(result.reason).toContain('it broke');
    expect(result.reason).toContain('Rolled back: hotel, flight.');
    expect(names()).toEqual(['flight', 'hotel', 'mail', 'car', 'hotel_undo', 'flight_undo']);
    expect(calls.at(-1)).toMatchObject({ tool: 'fake/undo', args: { of: 'flight done' } });
    expect(result.steps.find(({ id }) => id === 'hotel')).toMatchObject({
      state: 'done',
      problem: 'Undone by "hotel_undo".',
    });
  });

  it('an undo fails → the others are undone all the same, and the reason names it', async () => {
    failing = new Set(['car', 'hotel_undo']);
    const result = await (await start(chain(), { rollback: true })).result();
    expect(result.reason).toContain('Rolled back: flight. Not rolled back: hotel.');
  });

  it('the policy does not ask for it → nothing is undone', async () => {
    failing = new Set(['car']);
    await (await start(chain(), {})).result();
    expect(names()).toEqual(['flight', 'hotel', 'mail', 'car']);
  });

  it('all steps succeed → nothing is undone', async () => {
    await (await start(chain(), { rollback: true })).result();
    expect(names()).toEqual(['flight', 'hotel', 'mail', 'car']);
  });
});
