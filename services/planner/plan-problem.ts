/** What a caller may branch on; the message is for people and models. */
export type PlanProblemKind =
  | 'malformed'
  | 'unknown-field'
  | 'empty'
  | 'too-many-steps'
  | 'too-deep'
  | 'bad-id'
  | 'duplicate-id'
  | 'used-id'
  | 'unknown-tool'
  | 'disabled-tool'
  | 'changed-tool'
  | 'unknown-step'
  | 'self-reference'
  | 'bad-reference'
  | 'no-such-output'
  | 'cycle'
  | 'missing-argument'
  | 'unknown-argument'
  | 'bad-argument'
  | 'broken-rule';

/** One thing wrong with a plan. */
export interface PlanProblem {
  readonly kind: PlanProblemKind;
  /** `null` where it concerns the plan as a whole. */
  readonly step: string | null;
  /** Path inside the step, as in `args.path` or `after[0]`; inside the plan where `step` is `null`. */
  readonly field: string | null;
  /** Names step and field, shows what was received and says what to do. */
  readonly message: string;
}

/** The value as an error message shows it: JSON, at most 80 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}
