import type { Plan, PlanStep, StepId } from '../plan.ts';
import { referencesIn } from '../step-arg.ts';
import type { ToolId } from '../tool.ts';
import type { CompositionRule, RuleOfKind } from './composition-rule.ts';
import { matchesTool } from './matches-tool.ts';
import { ruleEdges } from './rule-edges.ts';
import { createStepGraph } from './step-graph.ts';
import type { StepGraph } from './step-graph.ts';

/** A rule that a plan breaks, and at which step. */
export interface BrokenRule {
  readonly rule: string;
  readonly step: StepId;
  /** Inside the step: `args.path`, `after`; `null`: the step as a whole. */
  readonly field: string | null;
  /** What the rule asks for, what is there instead, and what to do; ends with the rule's reason. */
  readonly message: string;
}

/**
 * What of a plan its tenant's rules refuse. Order that can be added is not missed: see `ruleEdges`.
 *
 * @param plan free of cycles and of unknown steps
 * @param earlier tools that earlier plans of the run have used
 * @param beside tools that are used beside this plan, in no known order
 */
export function brokenRules(
  plan: Plan,
  rules: readonly CompositionRule[],
  earlier: readonly ToolId[] = [],
  beside: readonly ToolId[] = [],
): readonly BrokenRule[] {
  const graph = createStepGraph(plan.steps);
  for (const { from, to } of ruleEdges(plan, rules)) graph.add(from, to);
  return rules.flatMap((rule) => {
    switch (rule.kind) {
      case 'before':
        return brokenBefore(plan, rule, graph, earlier);
      case 'feeds':
        return rule.required ? brokenFeeds(plan, rule, earlier) : [];
      case 'never-together':
        return brokenNever(plan, rule, [...earlier, ...beside]);
      case 'needs-approval':
      case 'alternative':
        return [];
    }
  });
}

function brokenBefore(
  { steps }: Plan,
  rule: RuleOfKind<'before'>,
  graph: StepGraph,
  earlier: readonly ToolId[],
): readonly BrokenRule[] {
  if (earlier.some((tool) => matchesTool(rule.first, tool))) return [];
  return steps.flatMap((then) => {
    if (!matchesTool(rule.then, then.tool)) return [];
    const firsts = steps.filter(({ id, tool }) => id !== then.id && matchesTool(rule.first, tool));
    if (firsts.some((first) => graph.waitsFor(then.id, first.id))) return [];
    const [first] = firsts;
    if (first !== undefined) {
      const what = `${first.tool} must come before ${then.tool}, and step "${first.id}" waits for it`;
      return [broken(rule, then, 'after', `${what}; turn them round`)];
    }
    if (!rule.required) return [];
    const what = `${rule.first} must come before ${then.tool}, and no step uses it`;
    return [broken(rule, then, null, `${what}; add one before, or leave this step out`)];
  });
}

function brokenFeeds(
  { steps }: Plan,
  rule: RuleOfKind<'feeds'>,
  earlier: readonly ToolId[],
): readonly BrokenRule[] {
  const makers = new Set(
    steps.filter(({ tool }) => matchesTool(rule.from, tool)).map(({ id }) => id),
  );
  // A value of an earlier plan can only be written out.
  const wasMade = earlier.some((tool) => matchesTool(rule.from, tool));
  return steps.flatMap((to) => {
    const arg = to.args[rule.argument];
    if (!matchesTool(rule.to, to.tool) || arg === undefined) return [];
    const references = referencesIn(arg);
    if (references.length === 0 && wasMade) return [];
    if (references.length > 0 && references.every(({ step }) => makers.has(step))) return [];
    const path = rule.output === '' ? '' : `.${rule.output}`;
    const what = `must come from ${rule.from}; write "\${STEP${path}}" with a step that calls it`;
    return [broken(rule, to, `args.${rule.argument}`, what)];
  });
}

function brokenNever(
  { steps }: Plan,
  rule: RuleOfKind<'never-together'>,
  earlier: readonly ToolId[],
): readonly BrokenRule[] {
  return steps.flatMap((step, place) => {
    const before = [...earlier, ...steps.slice(0, place).map(({ tool }) => tool)];
    const other = before.find((tool) => areApart(rule.tools, tool, step.tool));
    if (other === undefined) return [];
    const where = earlier.includes(other) ? 'which this run has used' : 'which this plan uses too';
    const what = `${step.tool} must not be used together with ${other}, ${where}`;
    return [broken(rule, step, 'tool', `${what}; leave one of them out`)];
  });
}

/** Each fits a pattern that the other does not. */
function areApart(patterns: readonly string[], a: string, b: string): boolean {
  return patterns.some(
    (one, at) =>
      matchesTool(one, a) &&
      !matchesTool(one, b) &&
      patterns.some((two, place) => place !== at && matchesTool(two, b) && !matchesTool(two, a)),
  );
}

function broken(
  rule: CompositionRule,
  { id }: PlanStep,
  field: string | null,
  what: string,
): BrokenRule {
  const place = field === null ? `step "${id}"` : `step "${id}", "${field}"`;
  const message = `${place}: ${what} (rule "${rule.name}": ${rule.reason})`;
  return { rule: rule.name, step: id, field, message };
}
