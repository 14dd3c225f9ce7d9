// Proves what checking makes of how a plan is to run: its order, the rules that tools are under, and
// the course of each step. The tools are handmade; the validator is ajv behind its contract.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { checkPlan } from '../../../services/planner/check-plan.ts';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import type { ToolId } from '../../../common/tool.ts';
import { createToolLookup } from '../../../services/planner/tool-lookup.ts';
import { ajvValidator } from './support/ajv-validator.ts';
import { fixedRegistry } from './support/tools.ts';
import { read, tools, check, problemsOf } from './support/checked-plans.ts';

describe('the order of a plan', () => {
  const look = (id: string, path: string) => ({ id, tool: 'files/read_file', args: { path } });
  const needs = async (plan: unknown) => {
    const checked = await check(plan);
    if ('problems' in checked) throw new Error(checked.problems[0]?.message);
    return checked;
  };

  it('reads written one after the other → all at once; the effect after them waits for all', async () => {
    const steps = [
      look('a', 'a'),
      look('b', 'b'),
      { id: 'c', tool: 'text/count', args: { text: 'x' } },
    ];
    const { plan, optimised } = await needs({ steps, order: 'written' });
    expect(plan.steps.map((step) => step.after)).toEqual([[], [], ['a', 'b']]);
    expect(optimised.edges.map(({ reason }) => reason)).toEqual(['kept-order', 'kept-order']);
  });

  it('the same steps as a graph → nothing is added', async () => {
    const steps = [look('a', 'a'), { id: 'c', tool: 'text/count', args: { text: 'x' } }];
    const { plan } = await needs({ steps });
    expect(plan.steps.map((step) => step.after)).toEqual([[], []]);
  });

  it('one read twice → the second takes the answer of the first', async () => {
    const { plan } = await needs({ steps: [look('a', 'a'), look('b', 'a')] });
    expect(plan.steps[1]).toMatchObject({ id: 'b', sameAs: 'a', after: ['a'], args: {} });
  });

  it('only some results wanted → other reads are left out; a wanted step that is missing is named', async () => {
    const steps = [look('a', 'a'), look('b', 'b')];
    const { plan, optimised } = await needs({ steps, returns: ['b'] });
    expect([plan.steps.map(({ id }) => id), optimised.dropped]).toEqual([['b'], ['a']]);
    expect(await problemsOf({ steps, returns: ['bb'] })).toMatchObject([
      { kind: 'unknown-step', field: 'returns[0]', message: expect.stringContaining('"bb"') },
    ]);
  });
});

describe('composition rules', () => {
  const rules: readonly CompositionRule[] = [
    {
      name: 'order',
      reason: 'counting is last',
      kind: 'before',
      first: 'files/*',
      then: 'text/count',
      required: true,
    },
  ];
  const checkWith = (plan: unknown, usedTools: readonly string[] = []) =>
    checkPlan(
      plan,
      createToolLookup(fixedRegistry(tools), DEFAULT_TENANT_ID, undefined, {
        active: () => Promise.resolve(rules),
      }),
      { validator: ajvValidator(), usedTools: usedTools as readonly ToolId[] },
    );
  const counting = { id: 'a', tool: 'text/count', args: { text: 'x' } };

  it('two steps that a rule orders → the later one waits for the earlier', async () => {
    const reading = { id: 'b', tool: read.id, args: { path: 'x' } };
    const checked = await checkWith({ steps: [counting, reading] });
    expect('plan' in checked && checked.plan.steps[0]?.after).toEqual(['b']);
  });

  it('what a rule requires is missing → refused with its reason; used earlier in the run → allowed', async () => {
    const checked = await checkWith({ steps: [counting] });
    expect('problems' in checked && checked.problems[0]).toMatchObject({
      kind: 'broken-rule',
      step: 'a',
      message: expect.stringContaining('(rule "order": counting is last)') as string,
    });
    expect(await checkWith({ steps: [counting] }, ['files/x'])).toHaveProperty('plan');
  });
});

describe('the course of a step', () => {
  it('condition, list, attempts, optional → read as they are written', async () => {
    const steps = [
      { id: 'r', tool: 'files/read_file', args: { path: 'a' } },
      {
        id: 'c',
        tool: 'text/count',
        when: { value: '${r.content}', notEquals: '' },
        forEach: { items: ['x', 'y'] },
        args: { text: '${item}' },
        maxAttempts: 3,
        optional: true,
      },
    ];
    const checked = await check({ steps });
    expect('plan' in checked && checked.plan.steps[1]).toMatchObject({
      when: { value: { kind: 'output', step: 'r' }, notEquals: '' },
      forEach: {
        items: { kind: 'literal', value: ['x', 'y'] },
        maxParallel: 10,
        takesPlaces: true,
      },
      maxAttempts: 3,
      optional: true,
    });
    expect('plan' in checked && checked.optimised.edges).toMatchObject([
      { from: 'r', to: 'c', reason: 'reference' },
    ]);
  });

  it('a list for a tool that changes what it declares → the run is told what each call touches', async () => {
    const lookup = createToolLookup(fixedRegistry(tools), DEFAULT_TENANT_ID);
    const resources = [{ arg: 'text', kind: 'id' }] as const;
    const forEach = { items: ['x'] };
    const steps = [
      { id: 'c', tool: 'text/count', forEach, args: { text: '${item}' } },
      { id: 'r', tool: 'files/read_file', forEach, args: { path: '${item}' } },
    ];
    const known = { ...lookup, resources: () => Promise.resolve(resources) };
    const checked = await checkPlan({ steps }, known, { validator: ajvValidator() });
    const lists = 'plan' in checked ? checked.plan.steps.map((step) => step.forEach) : [];
    expect(lists.map((list) => list?.touches)).toEqual([resources, undefined]);
  });

  it.each([
    [{ forEach: { items: 'a text' } }, 'forEach.items', 'received "a text"'],
    [{ forEach: { items: '${c.total}' } }, 'forEach.items', 'gives integer'],
    [{ forEach: { items: '${ghost.x}' } }, 'forEach.items', 'not in the plan'],
    [{ when: { value: '${ghost}' } }, 'when.value', 'not in the plan'],
    [{ when: { value: '${c.total}', above: 1, below: 3 } }, 'when', 'one comparison'],
    [{ when: { value: 1, over: 2 } }, 'when.over', 'is not a field'],
    [{ maxAttempts: 0 }, 'maxAttempts', 'received 0'],
  ])('%j → a problem at %s', async (flow, field, said) => {
    const problems = await problemsOf({
      steps: [
        { id: 'c', tool: 'text/count', args: { text: 'x' } },
        { id: 'a', tool: 'text/count', args: { text: 'x' }, ...flow },
      ],
    });
    expect(problems).toMatchObject([{ step: 'a', field }]);
    expect(problems[0]?.message).toContain(said);
  });
});
