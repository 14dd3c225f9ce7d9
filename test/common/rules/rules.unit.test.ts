// Proves the composition rules on plans: what they order, what they refuse and why, what waits for a
// person and what stands in for what; and that added order never makes a circle (fast-check).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderSteps } from '../../../common/order-steps.ts';
import type { Plan, PlanStep, StepId } from '../../../common/plan.ts';
import { alternativeArgs, alternativesOf, mayStandIn } from '../../../common/rules/alternatives.ts';
import { brokenRules } from '../../../common/rules/broken-rules.ts';
import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import { matchesTool } from '../../../common/rules/matches-tool.ts';
import { needsApproval } from '../../../common/rules/needs-approval.ts';
import { ruleEdges } from '../../../common/rules/rule-edges.ts';
import type { ToolId } from '../../../common/tool.ts';
import { after, literal, output, plan, step } from '../../support/plans.ts';

const tool = (name: string) => name as ToolId;
const use = (id: string, name: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { tool: tool(name), ...more });
const before = (first: string, then: string, required = false): CompositionRule => ({
  name: 'order',
  reason: 'a test comes first',
  kind: 'before',
  first,
  then,
  required,
});
const feeds = (required: boolean): CompositionRule => ({
  name: 'ids',
  reason: 'ids are never typed',
  kind: 'feeds',
  from: 'crm/find',
  output: 'id',
  to: 'crm/delete',
  argument: 'id',
  required,
});
const pairs = (of: Plan, ...rules: readonly CompositionRule[]) =>
  ruleEdges(of, rules).map(({ from, to }) => `${from}>${to}`);

describe('matchesTool', () => {
  it.each([
    ['git/push', 'git/push', true],
    ['git/push', 'git/pushed', false],
    ['git/*', 'git/push', true],
    ['*/delete_*', 'crm/delete_all', true],
    ['*/delete_*', 'crm/undelete', false],
    ['*', 'any/thing', true],
    ['a*a', 'a', false],
    ['git/p.sh', 'git/push', false],
    ['*a*b*', 'xaxbx', true],
    ['*ab*ba', 'aba', false],
  ])('%s and %s → %s', (pattern, name, fits) => {
    expect(matchesTool(pattern, name)).toBe(fits);
  });
});

describe('ruleEdges', () => {
  it('two steps that a rule orders and nothing else → an edge that names the rule', () => {
    const made = ruleEdges(plan(use('deploy', 'ci/deploy'), use('check', 'ci/test')), [
      before('ci/test', 'ci/deploy'),
    ]);
    expect(made).toEqual([
      {
        from: 'check',
        to: 'deploy',
        reason: 'rule',
        detail: 'rule "order": a test comes first',
      },
    ]);
  });

  it('edit, test, edit, test, each after the last → no edge is missing', () => {
    const chain = plan(
      use('e1', 'x/edit'),
      use('t1', 'x/test', after('e1')),
      use('e2', 'x/edit', after('t1')),
      use('t2', 'x/test', after('e2')),
    );
    expect(pairs(chain, before('x/edit', 'x/test'))).toEqual([]);
    expect(brokenRules(chain, [before('x/edit', 'x/test', true)])).toEqual([]);
  });

  it('a value whose maker the plan names not → waits for the nearest before it', () => {
    const steps = plan(
      use('far', 'crm/find'),
      use('near', 'crm/find'),
      use('gone', 'crm/delete', { args: { id: literal('7') } }),
      use('late', 'crm/find'),
    );
    expect(pairs(steps, feeds(false))).toEqual(['near>gone']);
  });

  it('a value that comes from a step already → no edge', () => {
    const steps = plan(
      use('other', 'crm/list'),
      use('found', 'crm/find'),
      use('gone', 'crm/delete', { args: { id: output('other', 'id') } }),
    );
    expect(pairs(steps, feeds(false))).toEqual([]);
  });

  it('any plan and any rules → the edges make no circle and are the same in any order of rules', () => {
    const tools = ['a/x', 'a/y', 'b/x', 'b/y'];
    const patterns = fc.constantFrom(...tools, 'a/*', '*/x', '*');
    const rule = fc.record({ first: patterns, then: patterns, feeds: fc.boolean() });
    const steps = fc.array(
      fc.record({
        tool: fc.constantFrom(...tools),
        after: fc.array(fc.nat(), { maxLength: 2 }),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(steps, fc.array(rule, { maxLength: 5 }), (drawn, drawnRules) => {
        const made = plan(
          ...drawn.map((each, at) =>
            use(`s${at}`, each.tool, {
              after: at === 0 ? [] : each.after.map((n) => `s${n % at}` as StepId),
            }),
          ),
        );
        const rules = drawnRules.map((each, at): CompositionRule =>
          each.feeds
            ? ({
                ...feeds(false),
                name: `r${at}`,
                from: each.first,
                to: each.then,
              } as CompositionRule)
            : { ...before(each.first, each.then), name: `r${at}` },
        );
        const edges = ruleEdges(made, rules);
        const ordered = made.steps.map((each) => ({
          ...each,
          after: [...each.after, ...edges.filter(({ to }) => to === each.id).map((e) => e.from)],
        }));
        expect(orderSteps(ordered)).toHaveProperty('steps');
        expect(ruleEdges(made, [...rules].reverse())).toEqual(edges);
      }),
    );
  });
});

describe('brokenRules', () => {
  const messages = (of: Plan, rule: CompositionRule, earlier: readonly string[] = []) =>
    brokenRules(of, [rule], earlier.map(tool)).map(({ message }) => message);

  it('the plan orders it the other way round → refused at the later tool, with the reason', () => {
    const wrong = plan(use('deploy', 'ci/deploy'), use('check', 'ci/test', after('deploy')));
    expect(messages(wrong, before('ci/test', 'ci/deploy'))).toEqual([
      'step "deploy", "after": ci/test must come before ci/deploy, and step "check" waits for it; turn them round (rule "order": a test comes first)',
    ]);
  });

  it('a required tool is missing → refused, unless the run has used it', () => {
    const alone = plan(use('deploy', 'ci/deploy'));
    expect(messages(alone, before('ci/test', 'ci/deploy'))).toEqual([]);
    expect(messages(alone, before('ci/test', 'ci/deploy', true))[0]).toContain('no step uses it');
    expect(messages(alone, before('ci/test', 'ci/deploy', true), ['ci/test'])).toEqual([]);
  });

  it('an argument that may only come from one tool is written out → refused, says how', () => {
    const typed = plan(
      use('find', 'crm/find'),
      use('gone', 'crm/delete', { args: { id: literal('7') } }),
    );
    expect(messages(typed, feeds(true))[0]).toContain(
      'step "gone", "args.id": must come from crm/find; write "${STEP.id}"',
    );
    expect(messages(typed, feeds(false))).toEqual([]);
    expect(messages(typed, feeds(true), ['crm/find'])).toEqual([]);
    const referred = plan(
      use('find', 'crm/find'),
      use('gone', 'crm/delete', { args: { id: output('find', 'id') } }),
    );
    expect(messages(referred, feeds(true))).toEqual([]);
  });

  it('two tools that never go together, in one plan or in one run → refused once, at the second', () => {
    const rule: CompositionRule = {
      name: 'apart',
      reason: 'secrets must not leave',
      kind: 'never-together',
      tools: ['vault/*', 'mail/send'],
    };
    const both = plan(use('a', 'vault/read'), use('b', 'mail/send'), use('c', 'vault/list'));
    expect(brokenRules(both, [rule]).map(({ step: at }) => at)).toEqual(['b', 'c']);
    expect(messages(plan(use('b', 'mail/send')), rule, ['vault/read'])[0]).toContain(
      'which this run has used',
    );
    expect(messages(plan(use('a', 'vault/read'), use('c', 'vault/list')), rule)).toEqual([]);
  });
});

describe('needsApproval', () => {
  const rule: CompositionRule = {
    name: 'ask',
    reason: 'it cannot be undone',
    kind: 'needs-approval',
    tool: '*/delete_*',
  };

  it('a tool that a rule names → the rule; another → null', () => {
    expect(needsApproval([before('a', 'b'), rule], tool('crm/delete_all'))).toBe(rule);
    expect(needsApproval([rule], tool('crm/list'))).toBeNull();
  });
});

describe('alternatives', () => {
  const rule: CompositionRule = {
    name: 'spare',
    reason: 'the same index',
    kind: 'alternative',
    of: tool('search/web'),
    tool: tool('spare/find'),
    args: { q: '${args.query}', note: 'for ${args.query}', limit: '${args.top}', lang: 'en' },
    safe: false,
  };

  it('a mapping → arguments under the other names; what the call lacks is left out', () => {
    expect(alternativeArgs(rule, { query: 'x' })).toEqual({ q: 'x', note: 'for x', lang: 'en' });
    expect(alternativeArgs(rule, { query: ['a'], top: 3 })).toMatchObject({ q: ['a'], limit: 3 });
    expect(alternativeArgs({ args: null }, { query: 'x' })).toEqual({ query: 'x' });
    expect(alternativeArgs({ args: { q: '${other.x}' } }, { query: 'x' })).toBeNull();
  });

  it('reads stand in for reads; anything else only where the rule says so', () => {
    expect(alternativesOf([rule], tool('search/web'))).toEqual([rule]);
    expect(alternativesOf([rule], tool('spare/find'))).toEqual([]);
    expect(mayStandIn({ safe: false }, 'read', 'read')).toBe(true);
    expect(mayStandIn({ safe: false }, 'read', 'keyed')).toBe(false);
    expect(mayStandIn({ safe: false }, 'non-idempotent', 'read')).toBe(false);
    expect(mayStandIn({ safe: true }, 'non-idempotent', 'non-idempotent')).toBe(true);
  });
});
