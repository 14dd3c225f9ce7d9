import type { PlanEdge } from '../optimise/plan-edge.ts';
import type { Plan, PlanStep } from '../plan.ts';
import { referencesIn } from '../step-arg.ts';
import type { CompositionRule, RuleOfKind } from './composition-rule.ts';
import { matchesTool } from './matches-tool.ts';
import { createStepGraph } from './step-graph.ts';
import type { StepGraph } from './step-graph.ts';

/**
 * The order that `before` and `feeds` rules ask for and the plan does not have yet. Never makes a
 * circle: steps that the plan orders the other way round keep that order, which `brokenRules`
 * reports. Rules are taken by name, so that their order means nothing.
 *
 * @param plan free of cycles and of unknown steps (`orderSteps` says so)
 */
export function ruleEdges(plan: Plan, rules: readonly CompositionRule[]): readonly PlanEdge[] {
  const graph = createStepGraph(plan.steps);
  const byName = [...rules].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return byName.flatMap((rule) => {
    if (rule.kind === 'before') return beforeEdges(plan, rule, graph);
    return rule.kind === 'feeds' ? feedsEdges(plan, rule, graph) : [];
  });
}

function beforeEdges(
  { steps }: Plan,
  rule: RuleOfKind<'before'>,
  graph: StepGraph,
): readonly PlanEdge[] {
  const firsts = steps.filter(({ tool }) => matchesTool(rule.first, tool));
  const thens = steps.filter(({ tool }) => matchesTool(rule.then, tool));
  return thens.flatMap((then) => firsts.flatMap((first) => edge(first, then, rule, graph)));
}

/** A step that has the value from somewhere already waits for that; else for the nearest maker. */
function feedsEdges(
  { steps }: Plan,
  rule: RuleOfKind<'feeds'>,
  graph: StepGraph,
): readonly PlanEdge[] {
  return steps.flatMap((to, place) => {
    if (!matchesTool(rule.to, to.tool)) return [];
    const arg = to.args[rule.argument];
    if (arg !== undefined && referencesIn(arg).length > 0) return [];
    const makers = steps.filter(({ tool, id }) => id !== to.id && matchesTool(rule.from, tool));
    const isPossible = (maker: PlanStep) => !graph.waitsFor(maker.id, to.id);
    const before = makers.filter((maker) => steps.indexOf(maker) < place).findLast(isPossible);
    const from = before ?? makers.find(isPossible);
    return from === undefined ? [] : edge(from, to, rule, graph);
  });
}

function edge(
  from: PlanStep,
  to: PlanStep,
  rule: CompositionRule,
  graph: StepGraph,
): readonly PlanEdge[] {
  if (from.id === to.id) return [];
  if (graph.waitsFor(from.id, to.id) || graph.waitsFor(to.id, from.id)) return [];
  graph.add(from.id, to.id);
  return [
    { from: from.id, to: to.id, reason: 'rule', detail: `rule "${rule.name}": ${rule.reason}` },
  ];
}
