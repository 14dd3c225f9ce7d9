import type { ToolId } from '../tool.ts';
import type { CompositionRule } from './composition-rule.ts';
import { matchesTool } from './matches-tool.ts';
import { patternsOf } from './rule-hints.ts';

/** Whether any of the rules speaks of the tool. */
export function isRuled(tool: ToolId, rules: readonly CompositionRule[]): boolean {
  return rules.some((rule) => patternsOf(rule).some((pattern) => matchesTool(pattern, tool)));
}
