// Runs in the workflow sandbox: what waits for a person, and what they decide.
import { ApplicationFailure } from '@temporalio/common';
import { condition, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { ApprovalVerdict, PendingDecision } from '../common/approval.ts';
import type { DecisionsState } from '../common/carried-run.ts';
import { describeFailure } from '../common/describe-failure.ts';
import { FAILURE } from '../common/failures.ts';
import type { JsonObject } from '../common/json.ts';
import { isJsonObject } from '../common/json.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';
import type { TenantContext } from '../common/tenant.ts';
import type { DecideRequest } from './definitions.ts';
import { decideUpdate, effectDecidedSignal } from './definitions.ts';

export type Decision =
  | (ApprovalVerdict & { readonly by: string })
  /** The ledger knows now: ask it. */
  | { readonly verdict: 'settled' }
  | { readonly verdict: 'expired' };

/** What is asked; the rest of a pending decision is filled in here. */
export type Question = Omit<PendingDecision, 'id' | 'askedAtMs' | 'expiresAtMs'>;

export interface Decisions {
  /**
   * Waits for a person. The same question again, after the run continued as new, keeps its id and
   * its end.
   *
   * @param isWithdrawn ends it: the question is asked no more. @default never
   * @returns `null` when one of them became true before anyone decided.
   */
  ask(
    question: Question,
    timeoutMs: number,
    isLeaving: () => boolean,
    isWithdrawn?: () => boolean,
  ): Promise<Decision | null>;
  pending(): readonly PendingDecision[];
  /** For a run that continues as new. */
  state(): DecisionsState;
}

export interface DecisionsOptions {
  readonly tenant: TenantContext;
  /** @throws when the tool would not take them. */
  readonly checkArgs: (question: PendingDecision, args: JsonObject) => Promise<void>;
  readonly onChange: () => void;
  readonly from?: DecisionsState | undefined;
}

/** So many decided ones are told from unknown ones. */
const MAX_REMEMBERED = 500;
const STATUS_WAITING = 'waiting';
const STATUS_RUNNING = 'running';

/** What is open and what was decided. */
interface Book {
  readonly open: Map<string, PendingDecision>;
  /** Asked before the run continued as new, and not yet asked again. */
  readonly carried: Map<string, PendingDecision>;
  readonly decided: Map<string, string>;
  readonly verdicts: Map<string, Decision>;
  close(id: string, how: string, verdict: Decision): void;
}

export function createDecisions(options: DecisionsOptions): Decisions {
  const { from } = options;
  const book = createBook(options);
  const { open, carried, decided, verdicts } = book;
  let asked = from?.asked ?? 0;
  takeVerdicts(book, options);
  return {
    async ask(question, timeoutMs, isLeaving, isWithdrawn = () => false) {
      const entry = resumed(question, carried) ?? newEntry(question, (asked += 1), timeoutMs);
      const { id } = entry;
      carried.delete(id);
      if (open.size === 0) showStatus(STATUS_WAITING);
      open.set(id, entry);
      options.onChange();
      // Bounded by what was given, however the clock jumps.
      const leftMs = Math.min(timeoutMs, Math.max(1, entry.expiresAtMs - Date.now()));
      try {
        const inTime = await condition(
          () => verdicts.has(id) || isLeaving() || isWithdrawn(),
          leftMs,
        );
        if (inTime && !verdicts.has(id)) return null;
        if (!inTime) book.close(id, 'nobody decided in time', { verdict: 'expired' });
        return verdicts.get(id) ?? { verdict: 'expired' };
      } finally {
        verdicts.delete(id);
        // The step was stopped: there is nothing left to decide.
        const why = isWithdrawn() ? 'a new message came first' : 'the step was stopped';
        if (!isLeaving()) book.close(id, why, { verdict: 'expired' });
      }
    },
    pending: () => [...open.values()],
    state: () => ({
      asked,
      open: [...carried.values(), ...open.values()],
      decided: Object.fromEntries(decided),
    }),
  };
}

function createBook({ from, onChange }: DecisionsOptions): Book {
  const open = new Map<string, PendingDecision>();
  const carried = new Map((from?.open ?? []).map((entry) => [entry.id, entry]));
  const decided = new Map(Object.entries(from?.decided ?? {}));
  const verdicts = new Map<string, Decision>();
  return {
    ...{ open, carried, decided, verdicts },
    close(id, how, verdict) {
      if (!open.delete(id)) return;
      verdicts.set(id, verdict);
      decided.set(id, how);
      const oldest = decided.keys().next().value;
      if (decided.size > MAX_REMEMBERED && oldest !== undefined) decided.delete(oldest);
      if (open.size === 0) showStatus(STATUS_RUNNING);
      onChange();
    },
  };
}

function takeVerdicts(book: Book, { tenant, checkArgs }: DecisionsOptions): void {
  const { open, decided } = book;
  const checking = new Set<string>();
  /** Late, double and foreign decisions are refused before they get into the history. */
  const validator = (request: DecideRequest): void => {
    const problem = malformed(request) ?? foreign(tenant, request) ?? notOpen(book, request.id);
    if (problem !== null) throw new Error(problem);
    if (!checking.has(request.id)) return;
    throw new Error(`Decision "${request.id}" is being made by someone else.`);
  };
  const handler = async ({ id, actor, decision }: DecideRequest) => {
    checking.add(id);
    try {
      await condition(() => open.has(id) || decided.has(id));
      const entry = open.get(id);
      if (entry !== undefined && decision.verdict === 'approve' && decision.args !== undefined) {
        await checkArgs(entry, decision.args);
      }
      if (!open.has(id)) throw new Error(`it came too late: ${decided.get(id)}`);
    } catch (error) {
      // Thrown as anything else it would fail the workflow's task, which is then done again.
      const message = `Decision "${id}" was not taken: ${describeFailure(error)}`;
      throw ApplicationFailure.nonRetryable(message, FAILURE.badInput);
    } finally {
      checking.delete(id);
    }
    book.close(id, `${decision.verdict} by ${actor}`, { ...decision, by: actor });
    return { accepted: true };
  };
  setHandler(decideUpdate, handler, { validator });
  setHandler(effectDecidedSignal, ({ key }) => {
    for (const { id, ...entry } of open.values()) {
      if (entry.key === key) book.close(id, 'settled in the ledger', { verdict: 'settled' });
    }
  });
}

function notOpen({ open, carried, decided }: Book, id: string): string | null {
  const how = decided.get(id);
  if (how !== undefined) return `Decision "${id}" has been made already: ${how}.`;
  const entry = open.get(id) ?? carried.get(id);
  if (entry === undefined) return `Nothing waits for decision "${id}" in this run.`;
  if (entry.kind === 'approval') return null;
  return `"${id}" is about a call whose end is unknown: decide on "${entry.key}" with "ostinato effects".`;
}

function showStatus(status: string): void {
  upsertSearchAttributes({ [SEARCH_ATTRIBUTE.status]: [status] });
}

function newEntry(question: Question, number: number, timeoutMs: number): PendingDecision {
  const run = workflowInfo().workflowId.replace(/^t:.*?:run:/, '');
  const askedAtMs = Date.now();
  const id = `${run}~${question.step}~${number}`;
  return { ...question, id, askedAtMs, expiresAtMs: askedAtMs + timeoutMs };
}

function resumed(
  { kind, step, key, title, args }: Question,
  carried: ReadonlyMap<string, PendingDecision>,
): PendingDecision | null {
  const found = [...carried.values()].find(
    (entry) =>
      entry.kind === kind &&
      entry.step === step &&
      entry.key === key &&
      entry.title === title &&
      // What a person was shown is what is called.
      JSON.stringify(entry.args) === JSON.stringify(args),
  );
  return found ?? null;
}

function malformed(request: DecideRequest): string | null {
  const { id, actor, decision } = request ?? {};
  const isVerdict =
    decision?.verdict === 'deny'
      ? typeof decision.reason === 'string'
      : decision?.verdict === 'approve' &&
        (decision.args === undefined || isJsonObject(decision.args));
  if (typeof id === 'string' && typeof actor === 'string' && isVerdict) return null;
  return '"decide" takes {id, tenantId, actor, decision}, with decision {verdict: "approve", args?} or {verdict: "deny", reason}.';
}

function foreign(tenant: TenantContext, { id, tenantId }: DecideRequest): string | null {
  if (tenantId === tenant.tenantId) return null;
  return `Decision "${id}" is not one of tenant "${tenantId}".`;
}
