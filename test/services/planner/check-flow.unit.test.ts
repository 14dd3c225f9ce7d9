// Proves what the check makes of steps that call no tool, that hold plans of their own, or that have a
// fallback: what each becomes, and every fault named with the step that has it. Handmade tools, ajv
// behind the validator's contract.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { createPlanChecker } from '../../../services/planner/plan-checker.ts';
import { ajvValidator } from './support/ajv-validator.ts';
import { fixedRegistry, registeredTool } from './support/tools.ts';

const path = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const read = registeredTool('files/read', { inputSchema: path }, { effect: 'read' });
const spare = registeredTool('spare/read', { inputSchema: path }, { effect: 'read' });
const write = registeredTool('files/write', { inputSchema: path });
const tools = [read, spare, write];

function checker(rules: readonly CompositionRule[] = []) {
  return createPlanChecker({
    registry: fixedRegistry(tools),
    validator: ajvValidator(),
    rules: { active: async () => rules },
  });
}

const checked = async (steps: readonly object[], rules?: readonly CompositionRule[]) =>
  (await checker(rules).check(DEFAULT_TENANT_ID, { steps })).steps;

async function problemsOf(steps: readonly object[], rules?: readonly CompositionRule[]) {
  const error = await checked(steps, rules).then(
    () => null,
    (failure: unknown) => failure as { type: string; problems: { message: string }[] },
  );
  expect(error).toMatchObject({ type: FAILURE.planInvalid });
  return (error?.problems ?? []).map(({ message }) => message).join('\n');
}

const reads = { id: 'r', tool: 'files/read', args: { path: 'a' } };

describe('steps that wait', () => {
  it('a time, a moment and a signal → steps without a tool, with what they wait for', async () => {
    const steps = await checked([
      reads,
      { id: 'a', waitFor: { seconds: 5 } },
      { id: 'b', waitFor: { until: '${r.when}' } },
      { id: 'c', waitFor: { signal: 'paid' }, timeoutMs: 1_000 },
    ]);
    expect(steps.map(({ tool, action, args }) => ({ tool, action, args })).slice(1)).toEqual([
      { tool: 'wait', action: { kind: 'wait' }, args: { seconds: { kind: 'literal', value: 5 } } },
      {
        tool: 'wait',
        action: { kind: 'wait' },
        args: { until: { kind: 'output', step: 'r', path: 'when' } },
      },
      { tool: 'signal', action: { kind: 'signal', name: 'paid' }, args: {} },
    ]);
    expect(steps[3]?.timeoutMs).toBe(1_000);
  });

  it.each([
    [{ waitFor: {} }, 'takes one of "seconds", "until" and "signal"'],
    [{ waitFor: { seconds: 1, signal: 'x' } }, 'takes one of'],
    [{ waitFor: { seconds: -1 } }, 'received -1'],
    [{ waitFor: { seconds: 604_801 } }, 'received 604801'],
    [{ waitFor: { seconds: 'soon' } }, 'give a number or a reference'],
    [{ waitFor: { until: '2027-01-01T09:00' } }, 'a time with its zone'],
    [{ waitFor: { signal: 'a b' } }, 'letters, digits'],
    [{ waitFor: { seconds: 1 }, args: {} }, 'is not for a step that waits'],
    [{ waitFor: { seconds: 1 }, forEach: { items: [] } }, 'is not for a step that waits'],
    [{ waitFor: { seconds: 1 }, tool: 'files/read' }, 'one of "tool", "waitFor", "plan"'],
    [{}, 'one of "tool", "waitFor", "plan"'],
    [{ agent: { goal: 'x' }, args: {} }, 'write what it should know into its goal'],
    [{ agent: { goal: '' } }, 'agent.goal'],
    [{ agent: { goal: 'x' }, maxAttempts: 2 }, 'is for a step that calls a tool'],
    [{ agent: { goal: 'x' }, fallback: { tool: 'files/read' } }, 'is for a step that calls a tool'],
  ])('%j → refused: %s', async (step, message) => {
    expect(await problemsOf([{ id: 'x', ...step }])).toContain(message);
  });

  it('order: written → nothing passes a wait', async () => {
    const steps = [
      reads,
      { id: 'w', waitFor: { seconds: 1 } },
      { ...reads, id: 'late', args: { path: 'b' } },
    ];
    const { steps: found } = await checker().check(DEFAULT_TENANT_ID, { steps, order: 'written' });
    expect(found.map(({ after }) => after)).toEqual([[], ['r'], ['w']]);
  });
});

describe('plans inside of plans', () => {
  const inner = {
    steps: [
      { id: 'in', tool: 'files/read', args: { path: '${args.path}' } },
      { id: 'out', tool: 'files/write', args: { path: '${in.$text}' } },
    ],
    returns: ['in'],
  };

  it('checked as one, given its arguments, and answered by what it returns', async () => {
    const [, sub, last] = await checked([
      reads,
      { id: 'sub', plan: inner, args: { path: '${r.next}' } },
      { id: 'last', tool: 'files/write', args: { path: '${sub.in.name}' } },
    ]);
    const action = sub?.action;
    if (action?.kind !== 'plan') throw new Error('not a plan');
    expect(action.returns).toEqual(['in']);
    expect(action.plan.steps.map(({ id, action: own }) => [id, own?.kind])).toEqual([
      ['args', 'value'],
      ['in', undefined],
      ['out', undefined],
    ]);
    expect(sub?.args).toEqual({ path: { kind: 'output', step: 'r', path: 'next' } });
    expect(last?.args['path']).toEqual({ kind: 'output', step: 'sub', path: 'in.name' });
  });

  it('a plan that only reads → a read, merged with its equal', async () => {
    const plan = { steps: [reads] };
    const steps = await checked([
      { id: 'a', plan },
      { id: 'b', plan },
    ]);
    expect(steps.map(({ effect, sameAs }) => [effect, sameAs])).toEqual([
      ['read', undefined],
      ['read', 'a'],
    ]);
  });

  it('faults inside → named with the step and the place', async () => {
    const plan = {
      steps: [
        { id: 'in', tool: 'files/read', args: { path: '${args.paht}' } },
        { id: 'args', tool: 'files/red', args: {} },
      ],
    };
    const text = await problemsOf([{ id: 'sub', plan, args: { path: 'a' } }]);
    expect(text).toContain('step "sub", in its plan: step "args", "id": is what the plan is given');
    expect(text).toContain('"files/red" is not registered');
    const other = { steps: [{ id: 'in', tool: 'files/read', args: { path: '${args.paht}' } }] };
    expect(await problemsOf([{ id: 'sub', plan: other, args: { path: 'a' } }])).toContain(
      '"${args.paht}" is not there: the output of "args" has path. Did you mean "path"?',
    );
    expect(await problemsOf([{ id: 'sub', plan: other }])).toContain(
      'the output of "args" has no fields',
    );
    expect(
      await problemsOf([
        { id: 'sub', plan: inner, args: { path: 'a' } },
        { id: 'x', tool: 'files/read', args: { path: '${sub.out}' } },
      ]),
    ).toContain('"${sub.out}" is not there');
    expect(await problemsOf([{ id: 'sub', plan: { stepz: [] } }])).toContain('in its plan');
  });

  it('the outer plan has no say inside: a reference to its step → refused', async () => {
    const plan = { steps: [{ id: 'in', tool: 'files/read', args: { path: '${r}' } }] };
    expect(await problemsOf([reads, { id: 'sub', plan }])).toContain('refers to step "r"');
  });

  it('too deep, or too many in all → refused before anything is looked up', async () => {
    let plan: object = { steps: [reads] };
    for (let depth = 0; depth < 5; depth += 1) plan = { steps: [{ id: 'p', plan }] };
    expect(await problemsOf((plan as { steps: object[] }).steps)).toContain(
      '6 deep and may have 5',
    );
    const many = { steps: Array.from({ length: 150 }, (_, at) => ({ ...reads, id: `s${at}` })) };
    const twice = [
      { id: 'a', plan: many },
      { id: 'b', plan: many },
    ];
    expect(await problemsOf(twice)).toContain('302 steps with those of its sub-plans');
    let deep: object = { steps: [] };
    for (let depth = 0; depth < 3_000; depth += 1) deep = { steps: [{ id: 'p', plan: deep }] };
    expect(await problemsOf((deep as { steps: object[] }).steps)).toContain('100 deep');
    const args = JSON.parse(`{"path":${'['.repeat(9_000)}${']'.repeat(9_000)}}`) as object;
    expect(await problemsOf([{ ...reads, args }])).toContain('100 deep');
  });

  it('tools that must stay apart → also between a plan and the plan inside of it', async () => {
    const rule: CompositionRule = {
      name: 'apart',
      kind: 'never-together',
      tools: ['files/*', 'spare/*'],
      reason: 'secrets',
    };
    const plan = { steps: [{ ...reads, tool: 'spare/read' }] };
    expect(await problemsOf([reads, { id: 'sub', plan }], [rule])).toContain('secrets');
  });

  it('explained → the inner plan with its own reasons', async () => {
    const plan = await checker().explain(DEFAULT_TENANT_ID, {
      steps: [{ id: 'sub', plan: inner, args: { path: 'a' } }],
    });
    expect(plan.steps[0]?.plan?.steps.map(({ id, round }) => [id, round])).toEqual([
      ['args', 1],
      ['in', 2],
      ['out', 3],
    ]);
  });
});

describe('fallback', () => {
  it('its tool and arguments → with the step, which waits for what they refer to', async () => {
    const [, step] = await checked([
      reads,
      {
        id: 'w',
        tool: 'files/write',
        args: { path: 'a' },
        fallback: { tool: 'spare/read', args: { path: '${r.spare}' } },
      },
    ]);
    expect(step?.fallback).toMatchObject({ tool: 'spare/read', effect: 'read' });
    expect(step?.fallback?.args['path']).toMatchObject({ step: 'r', path: 'spare' });
    const [own] = await checked([{ ...reads, fallback: { tool: 'spare/read' } }]);
    expect(own?.fallback?.args).toEqual(own?.args);
  });

  it.each([
    [{ tool: 'spare/raed' }, 'step "r" (its fallback), "tool": "spare/raed" is not registered'],
    [{ tool: 'spare/read', args: {} }, '"args.path": is required'],
    [{ tool: 'spare/read', args: { path: 7 } }, 'received 7'],
    [{ tool: 'spare/read', args: { path: '${x}' } }, 'refers to step "x"'],
  ])('%j → refused: %s', async (fallback, message) => {
    expect(await problemsOf([{ ...reads, fallback }])).toContain(message);
  });

  it('a rule about its tool → kept, and a person is asked for it alone', async () => {
    const ask: CompositionRule = {
      name: 'ask',
      kind: 'needs-approval',
      tool: 'spare/*',
      reason: 'dear',
    };
    const [step] = await checked([{ ...reads, fallback: { tool: 'spare/read' } }], [ask]);
    expect(step?.approval).toBeUndefined();
    expect(step?.fallback?.approval).toBe('ask: dear');
    const apart: CompositionRule = {
      name: 'apart',
      kind: 'never-together',
      tools: ['files/write', 'spare/*'],
      reason: 'secrets',
    };
    const plan = [
      { id: 'w', tool: 'files/write', args: { path: 'a' } },
      { ...reads, fallback: { tool: 'spare/read' } },
    ];
    expect(await problemsOf(plan, [apart])).toContain('secrets');
  });

  it('in a step that maps → `${item}` is the item there too', async () => {
    const [step] = await checked([
      {
        id: 'm',
        tool: 'files/read',
        forEach: { items: ['a'] },
        args: { path: '${item}' },
        fallback: { tool: 'spare/read', args: { path: 'spare/${item}' } },
      },
    ]);
    expect(step?.fallback?.args['path']?.kind).toBe('template');
  });
});

describe('a plan of 10,000 steps', () => {
  it('side by side, in one chain or in a circle → refused by its size, at once', async () => {
    const wide = Array.from({ length: 10_000 }, (_, at) => ({ ...reads, id: `s${at}` }));
    const circle = wide.map((step, at) => ({ ...step, after: [`s${(at + 1) % wide.length}`] }));
    for (const steps of [wide, circle]) {
      expect(await problemsOf(steps)).toBe(
        'plan: has 10000 steps and may have 200; leave out or merge some',
      );
    }
  });
});
