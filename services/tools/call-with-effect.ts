import type { Logger } from 'pino';
import { FAILURE } from '../../common/failures.ts';
import type { ToolResult } from '../../common/tool.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { EffectCall, EffectLedger, EffectStart, SendPermit } from '../ledger/effect-ledger.ts';
import type { McpConnections } from '../mcp/mcp-connections.ts';
import { isMcpError } from '../mcp/mcp-error.ts';
import type { ReadyCall } from './call-server.ts';
import { keepAnswer, sendToServer } from './call-server.ts';
import { ToolAsked } from './tool-asked.ts';

/** Where a test may end the process. */
export type Failpoint = 'before-sent' | 'after-sent' | 'after-wire' | 'after-done';

export interface EffectDeps {
  readonly connections: Pick<McpConnections, 'call'>;
  readonly artifacts: ArtifactStore;
  readonly ledger: Pick<EffectLedger, 'begin' | 'done' | 'notSent' | 'unknown' | 'giveUp'>;
  readonly log: Logger;
  readonly failpoint: (point: Failpoint) => void | Promise<void>;
}

/**
 * Calls a tool that may change the world, with the ledger written around it. Where the effect is
 * neither `keyed` nor certain not to have begun, the end is `Tool.OutcomeUnknown` and stays so.
 *
 * @param prepare checks the call; what it throws was never sent.
 * @param aroundSend is awaited before the call leaves and when it has ended; it must not throw.
 */
export async function callWithEffect(
  deps: EffectDeps,
  call: EffectCall,
  prepare: () => Promise<ReadyCall>,
  signal: AbortSignal,
  aroundSend: () => Promise<void>,
): Promise<ToolResult> {
  const { ledger, failpoint } = deps;
  const ready = await prepareOrRecord(ledger, call, prepare, signal);
  if ('isError' in ready) return ready;
  await failpoint('before-sent');
  const permit = await ledger.begin(call);
  if (permit.kind !== 'send') return known(call, permit);
  await failpoint('after-sent');
  if (signal.aborted) await ledger.notSent(permit, 'It was stopped before it was sent.');
  signal.throwIfAborted();
  await aroundSend();
  let answered = false;
  try {
    const answer = await sendToServer(deps.connections, ready, signal);
    answered = true;
    await failpoint('after-wire');
    const result = await keepAnswer(deps.artifacts, ready, answer);
    await recordDone(deps, permit, result);
    await failpoint('after-done');
    return result;
  } catch (error) {
    if (error instanceof ToolAsked) {
      // The same call is made again with the answers, and only then acts.
      await ledger.notSent(permit, 'It asked a person something first.');
      throw error;
    }
    const why = howItEnded(error, answered, signal);
    const failure = await settle(deps, call, permit, error, why);
    // A cancellation stays one.
    throw signal.aborted ? error : failure;
  } finally {
    await aroundSend();
  }
}

/**
 * What cannot be sent now may have been sent by an earlier attempt, whose end then counts.
 *
 * @returns the call, or the answer that it had before.
 */
async function prepareOrRecord(
  ledger: EffectDeps['ledger'],
  call: EffectCall,
  prepare: () => Promise<ReadyCall>,
  signal: AbortSignal,
): Promise<ReadyCall | ToolResult> {
  try {
    const ready = await prepare();
    signal.throwIfAborted();
    return ready;
  } catch (error) {
    const start = await ledger.begin(call, 'INTENT');
    if (start.kind !== 'send') return known(call, start);
    await ledger.notSent(start, describe(error));
    throw error;
  }
}

function known(call: EffectCall, start: Exclude<EffectStart, { kind: 'send' }>): ToolResult {
  if (start.kind === 'done') return start.result;
  throw outcomeUnknown(call, start.reason);
}

/**
 * An answer is not lost because the database could not take it: the caller gets it, and an attempt
 * that comes all the same finds the call sent and does not repeat it.
 */
async function recordDone(
  { ledger, log }: EffectDeps,
  permit: SendPermit,
  result: ToolResult,
): Promise<void> {
  try {
    await ledger.done(permit, result);
  } catch (error) {
    if (isServiceError(error) && error.type === FAILURE.conflict) throw error;
    const { tenantId, key: idempotencyKey } = permit;
    log.error({ err: error, tenantId, idempotencyKey }, 'done call not recorded as done');
  }
}

/** Writes down how a call failed that may have been sent. @returns what to throw. */
async function settle(
  { ledger, log }: EffectDeps,
  call: EffectCall,
  permit: SendPermit,
  error: unknown,
  why: string,
): Promise<unknown> {
  if (isServiceError(error) && error.type === FAILURE.conflict) return error;
  try {
    if (isMcpError(error) && !error.sent) {
      await ledger.notSent(permit, why);
      return error;
    }
    // The same key again is safe: the retry policy decides.
    if (call.effect === 'keyed') return error;
    await ledger.unknown(permit, why);
  } catch (failure) {
    // The row says SENT, which is no less true.
    log.error({ err: failure, tenantId: call.tenantId, idempotencyKey: call.key }, 'ledger failed');
  }
  return wasAnswered(error) ? answeredBadly(call, error) : outcomeUnknown(call, why, error);
}

function howItEnded(error: unknown, answered: boolean, signal: AbortSignal): string {
  if (answered) return `It answered, but the answer could not be kept. ${describe(error)}`;
  return signal.aborted ? 'It was stopped while the server was at work.' : describe(error);
}

/** The tool ran to its end, so "what happened?" is answered; only its words are not usable. */
function wasAnswered(error: unknown): error is ServiceError {
  return (
    isServiceError(error) &&
    (error.type === FAILURE.payloadTooLarge || error.type === FAILURE.toolBadAnswer)
  );
}

function answeredBadly(call: EffectCall, error: ServiceError): ServiceError {
  return new ServiceError(
    error.type,
    `${error.message} It ran and may have acted (key "${call.key}"), so it is not called again on its own.`,
    { cause: error },
  );
}

function outcomeUnknown(call: EffectCall, why: string, cause?: unknown): ServiceError {
  return new ServiceError(
    FAILURE.toolOutcomeUnknown,
    `Tool "${call.tool}" was called (key "${call.key}") and may or may not have acted: ${why} ` +
      'It is not called again on its own. Find out whether it acted, then decide to repeat it, to take it as done or to give it up.',
    { cause },
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
