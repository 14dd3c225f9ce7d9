// Proves which steps of a plan that is still being written are called early: reads that need nothing,
// before anything that may change something, as many as allowed; and that what is not wanted is stopped
// and counted. Tools and calls are scripted.
import { describe, expect, it } from 'vitest';
import type { PlanGoalInput } from '../../../../common/agent.ts';
import type { JsonObject } from '../../../../common/json.ts';
import type { CompositionRule } from '../../../../common/rules/composition-rule.ts';
import type { CallToolInput, ToolResult } from '../../../../common/tool.ts';
import { checkPlan } from '../../../../services/planner/check-plan.ts';
import { createEarlyReads } from '../../../../services/planner/model/early-reads.ts';
import type { PlanTurn } from '../../../../services/planner/model/plan-turn.ts';
import { createToolLookup } from '../../../../services/planner/tool-lookup.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import { textResult } from '../../../support/plans.ts';
import { ajvValidator } from '../support/ajv-validator.ts';
import { goalInput } from '../support/goal-input.ts';
import { fixedRegistry, registeredTool } from '../support/tools.ts';

const schema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const registry = fixedRegistry([
  registeredTool('files/read', { inputSchema: schema }, { effect: 'read' }),
  registeredTool('files/write', { inputSchema: schema }),
]);
const validator = ajvValidator();
const read = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  tool: 'files/read',
  args: { path: id },
  ...more,
});
const write = (id: string): JsonObject => ({ ...read(id), tool: 'files/write' });

async function take(
  offered: readonly JsonObject[],
  options: {
    readonly changes?: Partial<PlanGoalInput>;
    readonly rules?: readonly CompositionRule[];
    /** @default what was offered */
    readonly planned?: readonly JsonObject[];
  } = {},
) {
  const made: { readonly call: CallToolInput; readonly signal: AbortSignal }[] = [];
  const source = { active: async () => options.rules ?? [] };
  const tools = createToolLookup(registry, DEFAULT_TENANT_ID, undefined, source);
  const call = (input: CallToolInput, { signal }: { readonly signal: AbortSignal }) => {
    made.push({ call: input, signal });
    return new Promise<ToolResult>((resolve) => {
      signal.addEventListener('abort', () => resolve(textResult('stopped')));
    });
  };
  const input = goalInput('goal', { earlyReads: 8, ...options.changes });
  const early = createEarlyReads(
    { calls: { call }, tools, validator },
    input,
    new AbortController().signal,
  );
  const { unusedReads } = await early.during(async () => {
    for (const step of offered) await early.offer(step);
    const checked = await checkPlan({ steps: options.planned ?? offered }, tools, { validator });
    const end =
      'plan' in checked
        ? ({ kind: 'plan', plan: checked.plan } as const)
        : ({ kind: 'gave-up', reason: 'no plan' } as const);
    return { end } as PlanTurn;
  });
  return { paths: made.map(({ call: { args } }) => args['path']), made, unusedReads };
}

describe('steps of a plan that is being written', () => {
  it('reads that need nothing → called, each as the step itself will call it', async () => {
    const { paths, made, unusedReads } = await take([read('a'), read('b')]);
    expect(paths).toEqual(['a', 'b']);
    expect(made[0]?.call).toMatchObject({
      tool: 'files/read',
      fingerprint: 'print-of-files/read',
      timeoutMs: 30_000,
      maxTotalTimeoutMs: 300_000,
    });
    expect(made.every(({ signal }) => !signal.aborted)).toBe(true);
    expect(unusedReads).toBe(0);
  });

  it.each([
    ['a write', write('a')],
    ['a tool that nobody knows', { ...read('a'), tool: 'files/nothing' }],
    ['arguments that do not fit', { ...read('a'), args: { path: 7 } }],
  ])('%s → neither it nor what is written after it', async (_what, step) => {
    expect((await take([step, read('b')])).paths).toEqual([]);
  });

  it.each([
    ['an argument from another step', read('b', { args: { path: '${a.$text}' } })],
    ['an order', read('b', { after: ['a'] })],
    ['a condition', read('b', { when: { value: true } })],
    ['a list', read('b', { forEach: { items: ['x'] } })],
  ])('%s → left to the plan; the others are called', async (_what, step) => {
    expect((await take([read('a'), step, read('c')])).paths).toEqual(['a', 'c']);
  });

  it('a rule speaks of the tool → left to the plan', async () => {
    const rules: CompositionRule[] = [
      {
        name: 'ask',
        kind: 'needs-approval',
        tool: 'files/*',
        reason: 'private',
      } as CompositionRule,
    ];
    expect((await take([read('a')], { rules })).paths).toEqual([]);
  });

  it('more than allowed, or none → no more', async () => {
    const steps = ['a', 'b', 'c'].map((id) => read(id));
    expect((await take(steps, { changes: { earlyReads: 2 } })).paths).toEqual(['a', 'b']);
    expect((await take(steps, { changes: { earlyReads: 0 } })).paths).toEqual([]);
  });

  it('the plan asks for something else → stopped, and counted', async () => {
    const planned = [read('b')];
    const { made, unusedReads } = await take([read('a'), read('b')], { planned });
    expect(unusedReads).toBe(1);
    expect(made.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });
});
