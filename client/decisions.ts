import { z } from 'zod';
import type { ApprovalVerdict, PendingDecision } from '../common/approval.ts';
import { runOfDecision } from '../common/approval.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import { decideUpdate } from '../workflows/definitions.ts';
import { ClientError } from './client-error.ts';
import type { OstinatoConnection } from './connection.ts';
import { ordererOf, sendOrder } from './orders.ts';
import { parseRequest } from './requests.ts';
import { runHandle } from './runs.ts';

/** A person's decision about a call that waits, or answer to what its tool asks. */
export const verdictSchema = z.discriminatedUnion('verdict', [
  z.strictObject({
    verdict: z.literal('approve'),
    /** In place of the step's arguments; checked against the tool's schema. */
    args: z.record(z.string(), z.json()).exactOptional(),
  }),
  z.strictObject({ verdict: z.literal('deny'), reason: z.string().trim().min(1).max(2_000) }),
  z.strictObject({
    verdict: z.literal('answer'),
    /** Of the only question, or of each under its name; what is left out takes its default. */
    values: z.record(z.string(), z.json()).default({}),
  }),
]);
export type Verdict = ApprovalVerdict;

export interface PendingInRun extends PendingDecision {
  readonly runId: string;
}

/** More runs that wait at once are not asked. */
const MAX_RUNS = 200;
const AT_ONCE = 10;

/**
 * What waits for a person in all open runs of this tenant, oldest first, child runs included.
 * @throws ClientError (`unavailable`)
 */
export async function listPending(
  connection: OstinatoConnection,
): Promise<readonly PendingInRun[]> {
  const pending: PendingInRun[] = [];
  const waiting = await runsThatWait(connection);
  for (let at = 0; at < waiting.length; at += AT_ONCE) {
    const answers = waiting.slice(at, at + AT_ONCE).map(async (runId) => {
      // A run that ended since it was listed waits for nobody.
      const progress = await runHandle(connection, runId)
        .progress()
        .catch(() => null);
      return (progress?.pending ?? []).map((entry) => ({ ...entry, runId }));
    });
    pending.push(...(await Promise.all(answers)).flat());
  }
  return pending.sort((one, other) => one.askedAtMs - other.askedAtMs);
}

async function runsThatWait({ temporal, tenant }: OstinatoConnection): Promise<readonly string[]> {
  const query = [
    `${SEARCH_ATTRIBUTE.tenant} = '${tenant.tenantId.replaceAll("'", "\\'")}'`,
    `${SEARCH_ATTRIBUTE.status} = 'waiting'`,
    `ExecutionStatus = 'Running'`,
  ].join(' AND ');
  const prefix = `t:${tenant.tenantId}:run:`;
  const runs: string[] = [];
  try {
    for await (const { workflowId } of temporal.workflow.list({ query, pageSize: MAX_RUNS })) {
      if (workflowId.startsWith(prefix)) runs.push(workflowId.slice(prefix.length));
      if (runs.length >= MAX_RUNS) break;
    }
  } catch (error) {
    const why = `Temporal did not list the runs that wait: ${describeFailure(error)}`;
    throw new ClientError('unavailable', why, error);
  }
  return runs;
}

/**
 * Decides a call that waits, or answers what its tool asks, by the id of the pending decision, in whichever run it is.
 * @throws ClientError (`not-found`, `already-ended`; `conflict`: it was decided already, is late,
 *   or arguments or values do not fit; `bad-input`)
 */
export async function decide(
  connection: OstinatoConnection,
  id: string,
  verdict: Verdict,
): Promise<void> {
  const decision = parseRequest(verdictSchema, verdict) as ApprovalVerdict;
  const runId = runOfDecision(id);
  if (runId === null) {
    const why = `"${id}" is no id of a pending decision: list them with "ostinato approvals list".`;
    throw new ClientError('bad-input', why);
  }
  await sendOrder(connection, runId, decideUpdate, { ...ordererOf(connection), id, decision });
}
