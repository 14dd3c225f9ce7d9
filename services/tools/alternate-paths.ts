import type { Logger } from 'pino';
import { approvalRule } from '../../common/approval.ts';
import { describeFailure } from '../../common/describe-failure.ts';
import { FAILURE } from '../../common/failures.ts';
import type { RuleOfKind } from '../../common/rules/composition-rule.ts';
import { alternativeArgs, alternativesOf, mayStandIn } from '../../common/rules/alternatives.ts';
import { needsApproval } from '../../common/rules/needs-approval.ts';
import type { Degraded } from '../../common/degraded.ts';
import type { CallToolInput, ToolResult } from '../../common/tool.ts';
import type { Breakers } from '../breaker/breakers.ts';
import { guardCalls } from '../breaker/guard-calls.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { EffectLedger } from '../ledger/effect-ledger.ts';
import type { RegisteredTool, Registry } from '../registry/registry.ts';
import type { Rules } from '../rules/rules.ts';
import type { StaleResults } from './stale-results.ts';
import type { ToolCallContext, ToolCaller } from './tool-caller.ts';

/** The declared ways to an answer that the tool itself did not give. */
export interface AlternatePaths {
  /**
   * Asks the alternative tools in the order of their rules, then the last result of the tool itself,
   * where its server's may stand in; what failed is in the log. A call that may have acted has none.
   *
   * @throws ServiceError (Tool.OutcomeUnknown) where an alternative failed that may have acted, and the
   *   reason of a raised signal; nothing else.
   * @param why the tool itself did not answer, as a sentence without its stop.
   * @returns `null`: none is declared, or none answered. The result says how it came (`degraded`).
   */
  answer(
    input: CallToolInput,
    context: Pick<ToolCallContext, 'signal' | 'attempt'>,
    why: string,
  ): Promise<ToolResult | null>;
}

interface Deps {
  readonly rules: Pick<Rules, 'active'>;
  readonly registry: Pick<Registry, 'findTool'>;
  readonly tools: ToolCaller;
  readonly ledger: Pick<EffectLedger, 'mayHaveActed'>;
  readonly breakers: Pick<Breakers, 'admit'>;
  /** @default no old result stands in */
  readonly stale?: Pick<StaleResults, 'answer'>;
  readonly log: Logger;
}

export function createAlternatePaths(deps: Deps): AlternatePaths {
  const call = guardCalls(deps.breakers, deps.tools.call);

  async function ask(
    rule: RuleOfKind<'alternative'>,
    input: CallToolInput,
    context: Pick<ToolCallContext, 'signal' | 'attempt'>,
    other: RegisteredTool,
    why: string,
  ): Promise<ToolResult | null> {
    const args = alternativeArgs(rule, input.args);
    if (args === null) return null;
    const idempotencyKey = keyOf(input, rule);
    // What the tool itself asked is nothing to this one, and its own questions have no place to go.
    const { mayAsk: _mayAsk, answered: _answered, approvals: _approvals, ...plain } = input;
    const result = await call(
      { ...plain, tool: other.id, args, idempotencyKey, fingerprint: other.fingerprint },
      context,
    ).catch(async (error: unknown) => {
      if (other.effect !== 'read') await refuseOthers(deps, input, rule, error);
      throw error;
    });
    // One that refuses may be asked wrongly, and another may know; but not where it may have begun.
    if (result.isError && other.effect === 'read') return null;
    const how: Degraded = { kind: 'alternative-tool', tool: other.id, rule: rule.name, why };
    return { ...result, degraded: [...(result.degraded ?? []), how] };
  }

  async function askAlternatives(
    input: CallToolInput,
    context: Pick<ToolCallContext, 'signal' | 'attempt'>,
    why: string,
  ): Promise<ToolResult | null> {
    const active = await deps.rules.active(input.tenant.tenantId);
    const rules = alternativesOf(active, input.tool)
      // Nobody was asked about that one, and nobody can be asked here.
      .filter(({ tool: alternative }) => needsApproval(active, alternative) === null);
    if (rules.length === 0) return null;
    const tool = await deps.registry.findTool(input.tenant.tenantId, input.tool);
    if (tool === null) return null;
    if (tool.effect !== 'read' && (await mayHaveActed(deps, input))) return null;
    for (const rule of rules) {
      const entry = { tool: input.tool, alternative: rule.tool, rule: rule.name, why };
      try {
        const other = await usable(deps, rule, input, tool);
        const result = other === null ? null : await ask(rule, input, context, other, why);
        if (result === null) continue;
        deps.log.info(entry, 'an alternative tool answered');
        return result;
      } catch (error) {
        context.signal.throwIfAborted();
        if (isServiceError(error) && error.type === FAILURE.toolOutcomeUnknown) throw error;
        deps.log.warn({ ...entry, problem: describeFailure(error) }, 'an alternative failed too');
      }
    }
    return null;
  }

  return {
    answer: async (input, context, why) =>
      (await askAlternatives(input, context, why)) ?? (await lastResult(deps, input, why)),
  };
}

async function usable(
  { registry }: Pick<Deps, 'registry'>,
  rule: RuleOfKind<'alternative'>,
  { tenant: { tenantId }, approvals }: CallToolInput,
  tool: RegisteredTool,
): Promise<RegisteredTool | null> {
  const other = await registry.findTool(tenantId, rule.tool);
  if (other?.enabled !== true || other.status !== 'active') return null;
  const { rules = [], spentUsd = 0 } = approvals ?? {};
  const call = { tool: other.id, effect: other.effect, tenantId, spentUsd };
  // The run wants a person asked about that one too, and here nobody is.
  if (approvalRule(rules, call) !== null) return null;
  return mayStandIn(rule, tool.effect, other.effect) ? other : null;
}

/** @throws ServiceError (Tool.OutcomeUnknown) where it was sent, or nobody can say. */
async function refuseOthers(
  { ledger }: Pick<Deps, 'ledger'>,
  input: CallToolInput,
  rule: RuleOfKind<'alternative'>,
  error: unknown,
): Promise<void> {
  const key = keyOf(input, rule);
  const acted = await ledger.mayHaveActed(input.tenant.tenantId, key).catch(() => true);
  if (!acted) return;
  throw new ServiceError(
    FAILURE.toolOutcomeUnknown,
    `"${rule.tool}" was called in the place of "${input.tool}" (key "${key}") and may or may not have acted: ${describeFailure(error)} Neither is called again on its own.`,
    { cause: error },
  );
}

function keyOf({ idempotencyKey }: CallToolInput, { name }: RuleOfKind<'alternative'>): string {
  return `${idempotencyKey}/by/${name}`;
}

/** Where nobody can say, the call itself is tried again. */
async function mayHaveActed(
  { ledger }: Pick<Deps, 'ledger'>,
  { tenant, idempotencyKey }: CallToolInput,
): Promise<boolean> {
  return ledger.mayHaveActed(tenant.tenantId, idempotencyKey).catch(() => true);
}

/** Where it cannot be looked up, the call fails as it would without. */
async function lastResult(
  { stale, log }: Pick<Deps, 'stale' | 'log'>,
  input: CallToolInput,
  why: string,
): Promise<ToolResult | null> {
  const { tool } = input;
  try {
    const result = (await stale?.answer(input, why)) ?? null;
    if (result !== null)
      log.info({ tool, why, degraded: result.degraded }, 'an old result stands in');
    return result;
  } catch (error) {
    log.warn({ tool, problem: describeFailure(error) }, 'no old result could be looked up');
    return null;
  }
}
