import type { JsonObject } from '../json.ts';
import { resolveArgs, UnresolvedReference } from '../resolve-args.ts';
import type { StepId } from '../plan.ts';
import { parseStepArgs, referencesIn } from '../step-arg.ts';
import type { EffectClass, ToolId, ToolResult } from '../tool.ts';
import type { AlternativeRule, CompositionRule, RuleOfKind } from './composition-rule.ts';

/** The name by which a mapping refers to the arguments of the call. */
export const CALL = 'args' as StepId;

/** What may answer for a tool, in the order of the rules. */
export function alternativesOf(
  rules: readonly CompositionRule[],
  tool: ToolId,
): readonly RuleOfKind<'alternative'>[] {
  return rules.filter(
    (rule): rule is RuleOfKind<'alternative'> => rule.kind === 'alternative' && rule.of === tool,
  );
}

/**
 * Whether it may answer without a person's word: a read for a read, or where the rule says that it
 * is safe. What a call that has an effect did before it failed is not known, so only a rule can say.
 */
export function mayStandIn(
  rule: Pick<AlternativeRule, 'safe'>,
  effect: EffectClass,
  alternative: EffectClass,
): boolean {
  return rule.safe || (effect === 'read' && alternative === 'read');
}

/** The arguments of the alternative for a call; `null` where the mapping cannot be followed. */
export function alternativeArgs(
  { args: mapping }: Pick<AlternativeRule, 'args'>,
  args: JsonObject,
): JsonObject | null {
  if (mapping === null) return args;
  const call: ToolResult = { isError: false, content: [], structured: args, artifact: null };
  const held = new Map([[CALL, call]]);
  const mapped: [string, JsonObject[string]][] = [];
  for (const [name, arg] of Object.entries(parseStepArgs(mapping))) {
    if (referencesIn(arg).some(({ step }) => step !== CALL)) return null;
    try {
      mapped.push(...Object.entries(resolveArgs({ [name]: arg }, held)));
    } catch (error) {
      if (!(error instanceof UnresolvedReference)) throw error;
    }
  }
  return Object.fromEntries(mapped);
}
