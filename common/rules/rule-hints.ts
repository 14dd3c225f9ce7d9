import type { ToolDescriptor } from '../tool.ts';
import type { CompositionRule, ToolPattern } from './composition-rule.ts';
import { matchesTool } from './matches-tool.ts';

type Named = Pick<ToolDescriptor, 'id' | 'modelName'>;

/** The rules that concern any of these tools, each in a sentence for whoever plans with them. */
export function ruleHints(
  rules: readonly CompositionRule[],
  tools: readonly Named[],
): readonly string[] {
  return rules.flatMap((rule) => {
    const isMeant = patternsOf(rule).some((one) => tools.some(({ id }) => matchesTool(one, id)));
    return isMeant ? [`${sentence(rule, (one) => nameIt(one, tools))} (${rule.reason})`] : [];
  });
}

/** Every pattern that a rule speaks of. */
export function patternsOf(rule: CompositionRule): readonly ToolPattern[] {
  switch (rule.kind) {
    case 'feeds':
      return [rule.from, rule.to];
    case 'before':
      return [rule.first, rule.then];
    case 'never-together':
      return rule.tools;
    case 'needs-approval':
      return [rule.tool];
    case 'alternative':
      return [rule.of, rule.tool];
  }
}

/** What a rule says, in a sentence without its reason. */
export function sentence(
  rule: CompositionRule,
  name: (pattern: ToolPattern) => string = (pattern) => pattern,
): string {
  switch (rule.kind) {
    case 'feeds': {
      const value = rule.output === '' ? 'the answer' : `"${rule.output}" of the answer`;
      const only = rule.required ? ', and nothing else' : '';
      return `"${rule.argument}" of ${name(rule.to)} takes ${value} of ${name(rule.from)}${only}`;
    }
    case 'before': {
      const never = rule.required ? ', which is never used without it' : '';
      return `${name(rule.first)} comes before ${name(rule.then)}${never}`;
    }
    case 'never-together':
      return `one run uses only one of ${rule.tools.map(name).join(', ')}`;
    case 'needs-approval':
      return `${name(rule.tool)} waits for a person's approval`;
    case 'alternative': {
      const safe = rule.safe ? ', also for calls that have an effect' : '';
      return `${name(rule.tool)} can stand in for ${name(rule.of)}${safe}`;
    }
  }
}

/** By the names that are known to whoever reads it; a pattern that fits none of them stays as it is. */
function nameIt(pattern: ToolPattern, tools: readonly Named[]): string {
  const names = tools.filter(({ id }) => matchesTool(pattern, id)).map((tool) => tool.modelName);
  return names.length === 0 ? pattern : names.join(' or ');
}
