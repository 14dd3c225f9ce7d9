// Proves that a run which is shown says which of its steps wait for a limit, and that runs take turns
// where there is one: real Temporal server and
// workflow, the engine's own activity and limiter, and a tool that is held.
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCallTool } from '../../activities/call-tool.ts';
import type { WorkerActivities } from '../../activities/index.ts';
import { progressLines } from '../../client/cli/view/progress-lines.ts';
import { stepChanges } from '../../client/cli/view/step-changes.ts';
import { createStyle } from '../../client/cli/view/style.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import { followRun, getRun, runPlan } from '../../client/index.ts';
import type { RunProgress, StepReport } from '../../common/agent.ts';
import { rootOfKey } from '../../common/call-key.ts';
import { createCallLimiter } from '../../services/limits/call-limiter.ts';
import type { CallScope } from '../../services/limits/call-limits.ts';
import { createLogger } from '../../services/telemetry/logger.ts';
import type { TemporalServer } from '../../workers/temporal-server.ts';
import { after, output, plan, step, textResult } from '../support/plans.ts';
import type { RunningWorkers } from '../support/temporal.ts';
import { connectTo, startTemporal, startWorkers } from '../support/temporal.ts';
import { waitFor } from '../support/wait-for.ts';

let temporal: TemporalServer;
let workers: RunningWorkers;
let ostinato: OstinatoConnection;
let isHeld = true;
const called: string[] = [];

const log = createLogger({ level: 'silent', pretty: false, name: 'test' });
const limiter = createCallLimiter({ redis: null, log });
const scope: CallScope = { kind: 'server', name: 'narrow', limits: { maxInFlight: 1 } };

const activities = {
  callTool: createCallTool({
    tools: {
      async call({ tenant, idempotencyKey }) {
        const leave = await limiter.enter(tenant.tenantId, [scope], {
          ...{ call: idempotencyKey, run: rootOfKey(idempotencyKey) },
        });
        called.push(idempotencyKey);
        await waitFor('the call to be let go', () => !isHeld);
        leave();
        return textResult('done');
      },
    },
  }),
  checkPlan: async () => plan(),
  planGoal: () => Promise.reject(new Error('not used here')),
} satisfies WorkerActivities;

beforeAll(async () => {
  temporal = await startTemporal();
  workers = await startWorkers(temporal.address, activities);
  ostinato = await connectTo(temporal.address);
});

beforeEach(() => {
  isHeld = true;
  called.length = 0;
});

afterAll(async () => {
  isHeld = false;
  await ostinato?.close();
  await workers?.stop();
  await temporal?.stop();
});

async function stepsOf(runId: string): Promise<readonly StepReport[]> {
  return (await getRun(ostinato, runId)).progress?.steps ?? [];
}

describe('a run some of whose calls wait for a limit', () => {
  it('is shown → each step that waits says for which limit, how many calls and since when; then no more', async () => {
    const items = { kind: 'literal', value: ['x', 'y', 'z'] } as const;
    const steps = [
      step('first'),
      step('single', after()),
      step('list', { forEach: { items, maxParallel: 3 }, args: { v: output('item') } }),
      step('later', after('first')),
    ];
    const before = Date.now();
    const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const run = await runPlan(ostinato, { plan: written, runId: ulid() }, plan(...steps));
    const waiting = await waitFor('all but one to wait', async () => {
      const found = (await stepsOf(run.runId)).filter(({ waitsFor }) => waitsFor !== undefined);
      const calls = found.reduce((sum, { waitsFor }) => sum + (waitsFor?.calls ?? 0), 0);
      return calls === 4 ? found : null;
    });
    expect(called).toHaveLength(1);
    for (const { id, waitsFor } of waiting) {
      const limit = { scope: 'server', name: 'narrow', limit: 'maxInFlight', allowed: 1 };
      expect(waitsFor, id).toMatchObject(limit);
      expect(waitsFor?.sinceMs).toBeGreaterThanOrEqual(before - 1_000);
      expect(waitsFor?.sinceMs).toBeLessThanOrEqual(Date.now() + 1_000);
    }
    expect(waiting.map(({ id }) => id)).not.toContain('later');
    const { progress } = await getRun(ostinato, run.runId);
    if (progress === null) throw new Error('The run has no progress.');
    const options = { style: createStyle(false), width: 200, nowMs: Date.now() };
    expect(progressLines(progress, options).join('\n')).toMatch(
      /calls? waits? since \d\d:\d\d:\d\d UTC: the server narrow may have 1 calls at once \(maxInFlight\)/,
    );
    isHeld = false;
    expect((await run.result()).outcome).toBe('completed');
    expect(called).toHaveLength(6);
    expect((await stepsOf(run.runId)).every(({ waitsFor }) => waitsFor === undefined)).toBe(true);
  });
});

describe('a run that is watched', () => {
  it('calls wait for a limit → it is told, though the run itself has no news, and when they do not any more', async () => {
    const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const steps = [step('one'), step('two')];
    const run = await runPlan(ostinato, { plan: written, runId: ulid() }, plan(...steps));
    const seen: RunProgress[] = [];
    for await (const event of followRun(ostinato, run.runId, { everyMs: 50 })) {
      if (event.kind !== 'progress') continue;
      seen.push(event.progress);
      if (event.progress.steps.some(({ waitsFor }) => waitsFor !== undefined)) isHeld = false;
    }
    const at = seen.findIndex((one) => one.steps.some(({ waitsFor }) => waitsFor !== undefined));
    expect(seen[at]?.revision).toBe(seen[at - 1]?.revision);
    const [held] = seen[at]?.steps.filter(({ waitsFor }) => waitsFor !== undefined) ?? [];
    expect(held).toMatchObject({ state: 'running', waitsFor: { name: 'narrow', calls: 1 } });
    const told = stepChanges(seen[at - 1] ?? null, seen[at] as RunProgress, createStyle(false));
    expect(told).toEqual([
      expect.stringMatching(
        /^… (one|two) {2}fake\/tool {2}a call waits since \d\d:\d\d:\d\d UTC: the server narrow may have 1/,
      ),
    ]);
    expect(seen.at(-1)?.steps.some(({ waitsFor }) => waitsFor !== undefined)).toBe(false);
  });
});

describe('two runs that share a limit', () => {
  it('one with many calls came first → the other has its few calls soon, not after all of them', async () => {
    const written = { steps: [{ id: 'a', tool: 'fake/tool' }] };
    const start = (name: string, width: number) => {
      const steps = Array.from({ length: width }, (_, at) => step(`${name}${at}`));
      return runPlan(ostinato, { plan: written, runId: ulid() }, plan(...steps));
    };
    const many = await start('many', 40);
    await waitFor('all but one of it to wait', async () => {
      const steps = await stepsOf(many.runId);
      return steps.filter(({ waitsFor }) => waitsFor !== undefined).length === 39;
    });
    const few = await start('few', 4);
    await waitFor('those of the other to wait', async () => {
      const steps = await stepsOf(few.runId);
      return steps.filter(({ waitsFor }) => waitsFor !== undefined).length === 4;
    });
    isHeld = false;
    await few.result();
    const before = called.length;
    await many.result();
    expect(called).toHaveLength(44);
    // Four turns of two runs, and those that were let in out of turn so that no place stays empty.
    expect(before).toBeLessThanOrEqual(24);
  });
});
