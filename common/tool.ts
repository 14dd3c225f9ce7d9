import type { ApprovalRule } from './approval.ts';
import type { Degraded } from './degraded.ts';
import type { Id, JsonObject } from './json.ts';
import type { TenantContext } from './tenant.ts';
import type { ToolAnswers, ToolAsks } from './tool-question.ts';

/** `server/tool`, for example `github/create_issue`. */
export type ToolId = Id<'tool'>;
/** The name under which a server is registered: `^[a-z0-9][a-z0-9._-]{0,62}$`. */
export type ServerName = Id<'server'>;

/**
 * What a call may do to the world; decides how it is retried. Set by an admin: what a server says
 * of itself is a hint, and a server that does not say is taken at its worst, `non-idempotent`.
 *
 * - `read`: no effect, retried freely.
 * - `keyed`: the server drops repeats of one idempotency key, retried with the same key.
 * - `non-idempotent`: sent at most once; an unclear end is `Tool.OutcomeUnknown`.
 * - `compensable`: as `non-idempotent`, with a declared undo.
 */
export type EffectClass = 'read' | 'keyed' | 'non-idempotent' | 'compensable';

export interface ToolDescriptor {
  readonly id: ToolId;
  readonly server: ServerName;
  /** The tool's own name on its server. */
  readonly name: string;
  /** Name given to models: fits `^[a-zA-Z0-9_-]{1,64}$`, unique in the tenant, stable. */
  readonly modelName: string;
  readonly title: string | null;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject | null;
  /** Hash of name, description and schemas: a changed tool under an old name is another tool. */
  readonly fingerprint: string;
  readonly effect: EffectClass;
}

/** A body kept outside the history because it is larger than a history should hold. */
export interface ArtifactRef {
  readonly artifactId: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One block of a tool's answer, in the kinds that MCP has. Binary data is always an artifact. */
export type ToolContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image' | 'audio'; readonly mediaType: string; readonly artifact: ArtifactRef }
  | { readonly kind: 'resource-link'; readonly uri: string; readonly name: string }
  | {
      readonly kind: 'resource';
      readonly uri: string;
      readonly mediaType: string | null;
      readonly text: string | null;
      readonly artifact: ArtifactRef | null;
    };

/** A tool that ran and said no is a result, not an exception: the planner should see it. */
export interface ToolResult {
  readonly isError: boolean;
  readonly content: readonly ToolContent[];
  /** MCP's `structuredContent`, or `null` where the server gave none. */
  readonly structured: JsonObject | null;
  /**
   * Set when the answer exceeds the inline limit (32 KiB): the whole `{content, structured}` as
   * JSON lies there, `content` holds a preview and `structured` is `null`.
   */
  readonly artifact: ArtifactRef | null;
  /** Set where an alternate path gave the answer; absent: the tool itself did. */
  readonly degraded?: readonly Degraded[];
}

/** In an argument: stands for a value inside an artifact; the activity puts it in before the call. */
export interface ArtifactValue {
  readonly $artifact: string;
  /** Path into the result's value, as in a plan's references. */
  readonly path: string;
}

/** In an argument: text with values from artifacts in it. */
export interface ArtifactText {
  readonly $concat: readonly (string | ArtifactValue)[];
}

export interface CallToolInput {
  readonly tenant: TenantContext;
  readonly tool: ToolId;
  readonly args: JsonObject;
  /** The same for every attempt of one step, so that a server can drop repeats. */
  readonly idempotencyKey: string;
  /** The definition that the plan was made for; another one is refused. `null`: whatever is there. */
  readonly fingerprint: string | null;
  /** Longest silence of the server, ms; progress starts it anew. */
  readonly timeoutMs: number;
  /** Longest time of one attempt whatever the server says, ms. */
  readonly maxTotalTimeoutMs: number;
  /**
   * Key of a call that failed and in whose place this one is made: refused where that one may have
   * been sent. @default it stands for itself
   */
  readonly insteadOf?: string;
  /** A person can be asked what the tool wants to know. @default its server is told that nobody can */
  readonly mayAsk?: boolean;
  /**
   * By which rules a person decides about calls of the run, and what it has spent: no other tool that
   * one of them names stands in for this one. @default none
   */
  readonly approvals?: { readonly rules: readonly ApprovalRule[]; readonly spentUsd: number };
  /** What the tool asked when it was called before, answered: this is the same call. */
  readonly answered?: ToolAnswers;
}

/** What a call brings: a result, or questions after which it is made again. */
export type CallToolOutcome = ToolResult | { readonly asks: ToolAsks };

/** Input of the `checkArguments` activity. */
export type CheckArgumentsInput = Pick<CallToolInput, 'tenant' | 'tool' | 'args'>;

/** Input of the `keepResult` activity. */
export interface KeepResultInput {
  readonly tenant: TenantContext;
  readonly result: ToolResult;
}
