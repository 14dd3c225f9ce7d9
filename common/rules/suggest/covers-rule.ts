import type { CompositionRule } from '../composition-rule.ts';
import { matchesTool } from '../matches-tool.ts';

/**
 * Whether the rules say already what this one would, or the contrary: then it is not worth a word.
 *
 * @param rule of single tools, as suggestions are
 */
export function isCovered(rule: CompositionRule, rules: readonly CompositionRule[]): boolean {
  return rules.some((known) => {
    switch (rule.kind) {
      case 'feeds':
        return (
          known.kind === 'feeds' &&
          known.argument === rule.argument &&
          matchesTool(known.to, rule.to) &&
          matchesTool(known.from, rule.from)
        );
      case 'before':
        return (
          (known.kind === 'before' && ordersBoth(known.first, known.then, rule)) ||
          (known.kind === 'feeds' && ordersBoth(known.from, known.to, rule)) ||
          (known.kind === 'never-together' && isApart(known.tools, rule.first, rule.then))
        );
      case 'alternative':
        return known.kind === 'alternative' && known.of === rule.of && known.tool === rule.tool;
      case 'never-together':
      case 'needs-approval':
        return false;
    }
  });
}

/** In either direction. */
function ordersBoth(
  first: string,
  then: string,
  rule: Extract<CompositionRule, { readonly kind: 'before' }>,
): boolean {
  return (
    (matchesTool(first, rule.first) && matchesTool(then, rule.then)) ||
    (matchesTool(first, rule.then) && matchesTool(then, rule.first))
  );
}

function isApart(patterns: readonly string[], one: string, other: string): boolean {
  const of = (tool: string): number => patterns.findIndex((pattern) => matchesTool(pattern, tool));
  return of(one) !== -1 && of(other) !== -1 && of(one) !== of(other);
}
