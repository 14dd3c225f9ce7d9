import type { CompositionRule, RuleOfKind } from '../../../common/rules/composition-rule.ts';
import { matchesTool } from '../../../common/rules/matches-tool.ts';
import type { Choice } from './choose-tool.ts';
import type { DraftStep } from './draft-step.ts';

/** What a clause does not say and a `feeds` rule does: the value of the nearest step that makes it. */
export function feedMissing(
  choice: Choice,
  earlier: readonly DraftStep[],
  rules: readonly CompositionRule[],
): Choice {
  const fed = new Map<string, string>();
  for (const { path } of choice.missing) {
    const maker = makerOf(choice, path, earlier, rules);
    if (maker !== null) fed.set(path, maker);
  }
  if (fed.size === 0) return choice;
  const added = Object.fromEntries(fed);
  return {
    ...choice,
    calls: (choice.calls.length === 0 ? [{}] : choice.calls).map((args) => ({ ...args, ...added })),
    missing: choice.missing.filter(({ path }) => !fed.has(path)),
  };
}

function makerOf(
  { tool }: Choice,
  argument: string,
  earlier: readonly DraftStep[],
  rules: readonly CompositionRule[],
): string | null {
  const feeds = rules.filter(
    (rule): rule is RuleOfKind<'feeds'> =>
      rule.kind === 'feeds' && rule.argument === argument && matchesTool(rule.to, tool.id),
  );
  for (const step of earlier.toReversed()) {
    const rule = feeds.find(({ from }) => matchesTool(from, step.tool.id));
    if (rule === undefined) continue;
    return rule.output === '' ? `\${${step.id}}` : `\${${step.id}.${rule.output}}`;
  }
  return null;
}
