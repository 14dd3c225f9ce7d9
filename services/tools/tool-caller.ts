import { hash } from 'node:crypto';
import type { Logger } from 'pino';
import { canonicalJson } from '../../common/canonical-json.ts';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { CallToolInput, EffectClass, ToolResult } from '../../common/tool.ts';
import type { ToolAnswer, ToolQuestion } from '../../common/tool-question.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { LayeredCache } from '../cache/layered-cache.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { EffectCall } from '../ledger/effect-ledger.ts';
import type { CallLimiter } from '../limits/call-limiter.ts';
import type { TenantLimits } from '../limits/limits-file.ts';
import type { McpProgress } from '../mcp/mcp-call.ts';
import type { RegisteredTool } from '../registry/registry.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { askingOf, watchAsking } from './answers-to-tools.ts';
import type { ReadyCall } from './call-server.ts';
import type { EffectDeps, Failpoint } from './call-with-effect.ts';
import { callWithEffect } from './call-with-effect.ts';
import type { ToolRegistry } from './find-callable.ts';
import { findServer, findTool } from './find-callable.ts';
import { enterLimits } from './enter-limits.ts';
import { prepareArguments } from './prepare-arguments.ts';
import type { ReadAnswer } from './read-tool.ts';
import { readTool } from './read-tool.ts';
import { resultScope } from './result-cache.ts';
import type { StaleResults } from './stale-results.ts';
import { ToolAsked } from './tool-asked.ts';
import type { ToolDurations } from './tool-durations.ts';

export interface ToolCallContext {
  /** Ends the call; its reason is thrown as it is. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly onProgress?: (progress: McpProgress) => void;
  /** `bypass` asks the server whatever is known. @default 'use' */
  readonly cache?: 'use' | 'bypass';
  /** Puts to a person what a server asks in the middle of the call. @default nobody is asked */
  readonly ask?: (question: ToolQuestion) => Promise<ToolAnswer>;
}

/** The one way to a tool: registry, arguments, cache, effect ledger and server, in this order. */
export interface ToolCaller {
  /**
   * A tool that ran and said no is a result (`isError`). What is not called, or not answered, is a
   * ServiceError with a `Tool.…` type, whose `retry` says whether another attempt may be made.
   *
   * @throws ToolAsked, only where the input says that a person can be asked
   */
  call(input: CallToolInput, context: ToolCallContext): Promise<ToolResult>;
}

export interface ToolCallerDeps extends Omit<EffectDeps, 'failpoint'> {
  readonly registry: ToolRegistry;
  readonly artifacts: ArtifactStore;
  readonly validator: Pick<SchemaValidator, 'validate'>;
  /** From `createResultCache`. */
  readonly cache: Pick<LayeredCache<ToolResult>, 'getOrLoad' | 'forget'>;
  /** Results that may stand in when their server does not answer. @default none is kept */
  readonly stale?: Pick<StaleResults, 'load' | 'forget'>;
  /** Asked before a call is sent; what a cache or the ledger answers counts for nothing. @default none */
  readonly limiter?: Pick<CallLimiter, 'enter'>;
  /** What all calls of a tenant together may be. @default not limited */
  readonly tenantLimits?: TenantLimits;
  readonly metrics: Pick<Metrics, 'toolCall'>;
  /** Gets the time of each answered call. @default nobody */
  readonly durations?: Pick<ToolDurations, 'record'>;
  readonly log: Logger;
  /** For tests of crashes. @default none */
  readonly failpoint?: (point: Failpoint) => void | Promise<void>;
}

export function createToolCaller(deps: ToolCallerDeps): ToolCaller {
  const { registry, metrics, log } = deps;
  const effectDeps = { ...deps, failpoint: deps.failpoint ?? (() => undefined) };

  async function prepare(
    tool: RegisteredTool,
    input: CallToolInput,
    { onProgress = () => undefined, ask }: ToolCallContext,
    hasAsked: () => boolean,
  ): Promise<ReadyCall> {
    const server = await findServer(registry, tool, input);
    const args = await prepareArguments(deps, input.tenant.tenantId, tool, input.args);
    const asking = await askingOf(deps.artifacts, input, ask);
    return { input, tool, server, args, onProgress, asking, hasAsked };
  }

  async function run(
    tool: RegisteredTool,
    input: CallToolInput,
    context: ToolCallContext,
    hasAsked: () => boolean,
  ): Promise<ReadAnswer> {
    const { effect } = tool;
    const prepared = (): Promise<ReadyCall> => prepare(tool, input, context, hasAsked);
    if (effect === 'read') return readTool(deps, await prepared(), context);
    const call = effectCall(tool, effect, input);
    return { value: await change(effectDeps, call, prepared, context.signal), hit: false };
  }

  return {
    async call(input, given) {
      const { context, hasAsked } = watchAsking(given);
      const startMs = performance.now();
      // Only names of registered servers become a label.
      let server = 'none';
      let outcome = 'failed';
      try {
        const tool = await findTool(registry, input.tenant.tenantId, input.tool);
        server = tool.server;
        await settleFirst(deps.ledger, input);
        const { value, hit } = await run(tool, input, context, hasAsked);
        outcome = hit ? 'cached' : value.isError ? 'error' : 'ok';
        // A person's time is not the tool's.
        if (outcome === 'ok' && !hasAsked()) {
          const durationMs = performance.now() - startMs;
          deps.durations?.record(input.tenant.tenantId, tool.id, durationMs);
        }
        return value;
      } catch (error) {
        if (context.signal.aborted) outcome = 'cancelled';
        else if (error instanceof ToolAsked) outcome = 'asked';
        else if (isServiceError(error)) outcome = error.type;
        const { tool, idempotencyKey, tenant } = input;
        const entry = { tool, idempotencyKey, tenantId: tenant.tenantId, attempt: context.attempt };
        if (outcome === 'asked') log.info(entry, 'tool asks a person');
        else log.warn({ ...entry, outcome, problem: String(error) }, 'tool call failed');
        throw error;
      } finally {
        metrics.toolCall({ server, outcome, durationMs: performance.now() - startMs });
      }
    },
  };
}

/** @throws ServiceError (Conflict) where the call in whose place this one is made may have acted. */
async function settleFirst(
  ledger: EffectDeps['ledger'],
  { tool, tenant, insteadOf }: CallToolInput,
): Promise<void> {
  if (insteadOf === undefined || (await ledger.giveUp(tenant.tenantId, insteadOf))) return;
  throw new ServiceError(
    FAILURE.conflict,
    `"${tool}" was not called in the place of the call with the key "${insteadOf}", since that one may have acted.`,
  );
}

function effectCall(
  tool: RegisteredTool,
  effect: Exclude<EffectClass, 'read'>,
  input: CallToolInput,
): EffectCall {
  return {
    tenantId: input.tenant.tenantId,
    key: input.idempotencyKey,
    effect,
    tool: tool.id,
    fingerprint: tool.fingerprint,
    // Of what the caller gave: a reference to an artifact stands for its contents.
    argsDigest: hash('sha256', canonicalJson(input.args), 'base64url'),
  };
}

async function change(
  deps: ToolCallerDeps & EffectDeps,
  call: EffectCall,
  prepare: () => Promise<ReadyCall>,
  signal: AbortSignal,
): Promise<ToolResult> {
  let leave = (): void => undefined;
  const prepareToSend = async (): Promise<ReadyCall> => {
    const ready = await prepare();
    leave = await enterLimits(deps, ready);
    return ready;
  };
  try {
    return await callWithEffect(deps, call, prepareToSend, signal, () =>
      forgetResults(deps, call.tenantId),
    );
  } finally {
    leave();
  }
}

/** After an effect: whatever a tool changed, any reader may have shown. */
function forgetResults(
  { stale, cache }: Pick<ToolCallerDeps, 'stale' | 'cache'>,
  tenantId: TenantId,
): Promise<void> {
  const scope = resultScope(tenantId);
  stale?.forget(scope);
  return cache.forget(scope);
}
