import type { JsonObject } from '../json.ts';
import type { ToolId } from '../tool.ts';

/** A tool id, in which `*` stands for any characters: `github/create_issue`, `github/*`, `*\/delete_*`. */
export type ToolPattern = string;

/** What an operator has said of tools that are used together. */
export type CompositionRule = {
  /** `^[a-z0-9][a-z0-9._-]{0,62}$`, unique in the tenant. */
  readonly name: string;
  /** Why, in a person's words: shown whenever the rule refuses something. */
  readonly reason: string;
} & (FeedsRule | BeforeRule | NeverTogetherRule | NeedsApprovalRule | AlternativeRule);

/** A value of one tool's answer is an argument of the other. */
export interface FeedsRule {
  readonly kind: 'feeds';
  readonly from: ToolPattern;
  /** Path into the answer as in a plan's references; `''` is the whole answer. */
  readonly output: string;
  readonly to: ToolPattern;
  /** Top-level argument. */
  readonly argument: string;
  /** The argument may come from nowhere else. */
  readonly required: boolean;
}

/** Where both are used, `then` waits for `first`. */
export interface BeforeRule {
  readonly kind: 'before';
  readonly first: ToolPattern;
  readonly then: ToolPattern;
  /** `then` is never used without `first` before it, in the same plan or earlier in the run. */
  readonly required: boolean;
}

/** No run uses tools of two of these patterns. */
export interface NeverTogetherRule {
  readonly kind: 'never-together';
  readonly tools: readonly ToolPattern[];
}

/** A person decides before each call. */
export interface NeedsApprovalRule {
  readonly kind: 'needs-approval';
  readonly tool: ToolPattern;
}

/** Where `of` cannot be reached, `tool` answers instead; the result says so. */
export interface AlternativeRule {
  readonly kind: 'alternative';
  readonly of: ToolId;
  readonly tool: ToolId;
  /**
   * Its arguments, written as in a plan, with `args` as the step that holds those of the call:
   * `{"q": "${args.query}"}`. An entry whose argument the call lacks is left out. `null`: the same.
   */
  readonly args: JsonObject | null;
  /**
   * It may stand in for a call that has an effect, or have one; else only a read for a read. When a
   * worker dies in between, both may have acted.
   */
  readonly safe: boolean;
}

/** The rule of one kind. */
export type RuleOfKind<Kind extends CompositionRule['kind']> = Extract<
  CompositionRule,
  { readonly kind: Kind }
>;
