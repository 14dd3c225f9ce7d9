import type { JsonObject } from './json.ts';
import type { StepId } from './plan.ts';
import type { ToolPattern } from './rules/composition-rule.ts';
import { matchesTool } from './rules/matches-tool.ts';
import type { TenantId } from './tenant.ts';
import type { EffectClass, ToolId } from './tool.ts';
import type { ToolQuestion } from './tool-question.ts';

/** Which calls wait for a person. All that is given must fit; a rule that gives nothing fits all. */
export interface ApprovalRule {
  /** `github/*`; `*` stands for any characters. */
  readonly tool?: ToolPattern;
  readonly effects?: readonly EffectClass[];
  /** Fits once the run has spent so much on models, US dollars. */
  readonly spentUsd?: number;
  readonly tenant?: string;
  /** Shown to whoever decides. */
  readonly reason?: string;
}

/** What people have a say in during a run. */
export interface RunPolicy {
  /** The first that fits a call makes it wait. @default none */
  readonly approvals?: readonly ApprovalRule[];
  /** A decision that has not come by then is no. @default 24 hours */
  readonly approvalTimeoutMs?: number;
  /**
   * What a run does about a call whose end nobody knows: `fail` the step, or `ask` and wait until
   * someone has decided. @default 'fail'
   */
  readonly onUnknown?: 'fail' | 'ask';
  /**
   * What a run does about a tool that asks a person something: `ask`, or tell its server beforehand
   * that nobody can be asked. @default 'ask'
   */
  readonly onQuestion?: 'ask' | 'decline';
  /** A plan that fails undoes the steps that are done and say how, latest first. @default false */
  readonly rollback?: boolean;
}

/** Something that waits for a person. Times are workflow time, ms since the epoch. */
export interface PendingDecision {
  /** `<run>~<step>~<number>`: names the run that waits, so that it is found at any depth. */
  readonly id: string;
  readonly kind: 'approval' | 'outcome-unknown' | 'question';
  readonly step: StepId;
  readonly tool: ToolId;
  readonly title: string;
  readonly effect: EffectClass;
  /** As the server would get them; `null` where they are too long to show. */
  readonly args: JsonObject | null;
  /** Why a person is asked. */
  readonly reason: string;
  /** Of an unknown end or a question: under which the ledger has the call. */
  readonly key: string | null;
  /** What the tool asks, all to be answered at once. @default it asks nothing */
  readonly questions?: readonly ToolQuestion[];
  readonly askedAtMs: number;
  /** When it becomes a no by itself. */
  readonly expiresAtMs: number;
}

export type ApprovalVerdict =
  /** `args` replace those of the step; they are checked against the tool's schema first. */
  | { readonly verdict: 'approve'; readonly args?: JsonObject }
  | { readonly verdict: 'deny'; readonly reason: string }
  /** To what a tool asks, as `answerProblem` takes them. To deny is to decline. */
  | { readonly verdict: 'answer'; readonly values: JsonObject };

export interface CallToApprove {
  readonly tool: ToolId;
  readonly effect: EffectClass;
  readonly tenantId: TenantId;
  readonly spentUsd: number;
}

/** The first rule that makes this call wait; `null`: none does. */
export function approvalRule(
  rules: readonly ApprovalRule[],
  call: CallToApprove,
): ApprovalRule | null {
  const found = rules.find(
    (rule) =>
      (rule.tool === undefined || matchesTool(rule.tool, call.tool)) &&
      (rule.effects === undefined || rule.effects.includes(call.effect)) &&
      (rule.spentUsd === undefined || call.spentUsd >= rule.spentUsd) &&
      (rule.tenant === undefined || rule.tenant === call.tenantId),
  );
  return found ?? null;
}

/** The run that a pending decision belongs to; `null`: this is no id of one. */
export function runOfDecision(id: string): string | null {
  return /^([^~]+)~[^~]+~\d+$/.exec(id)?.[1] ?? null;
}
