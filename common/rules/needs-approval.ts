import type { ToolId } from '../tool.ts';
import type { CompositionRule, RuleOfKind } from './composition-rule.ts';
import { matchesTool } from './matches-tool.ts';

/** The rule by which a person decides before each call of this tool; `null`: none asks for it. */
export function needsApproval(
  rules: readonly CompositionRule[],
  tool: ToolId,
): RuleOfKind<'needs-approval'> | null {
  const found = rules.find(
    (rule): rule is RuleOfKind<'needs-approval'> =>
      rule.kind === 'needs-approval' && matchesTool(rule.tool, tool),
  );
  return found ?? null;
}
