import type { z } from 'zod';
import { sentence } from '../../common/rules/rule-hints.ts';
import type { ruleSchema } from '../../services/rules/rule-schema.ts';
import type { StoredRule } from '../../services/rules/rules.ts';

export interface RuleView extends Omit<StoredRule, 'rule'> {
  readonly rule: z.output<typeof ruleSchema>;
  /** The rule in a sentence. */
  readonly says: string;
}

export function toRuleView(stored: StoredRule): RuleView {
  return {
    ...stored,
    rule: stored.rule as z.output<typeof ruleSchema>,
    says: sentence(stored.rule),
  };
}
