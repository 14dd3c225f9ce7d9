// Runs in the workflow sandbox: what waits for a person, what was decided, and what goes along when
// the run continues as new.
import { patched, upsertSearchAttributes } from '@temporalio/workflow';
import { artifactIdsIn } from '../common/artifact-values.ts';
import type { ApprovalVerdict, PendingDecision } from '../common/approval.ts';
import type { DecidedAhead, DecisionsState } from '../common/carried-run.ts';
import { SEARCH_ATTRIBUTE } from '../common/names.ts';

export type Decision =
  | (ApprovalVerdict & { readonly by: string })
  /** The ledger knows now: ask it. */
  | { readonly verdict: 'settled' }
  | { readonly verdict: 'expired' };

/** What is asked; the rest of a pending decision is filled in by who asks. */
export type Question = Omit<PendingDecision, 'id' | 'askedAtMs' | 'expiresAtMs'>;

export interface DecisionBook {
  /** What a step waits for, or waited for until the run began to leave. */
  readonly open: ReadonlyMap<string, PendingDecision>;
  /** Asked before the run continued as new, and not yet asked again. */
  readonly carried: ReadonlyMap<string, PendingDecision>;
  /** By id: how each of the latest was decided. */
  readonly decided: ReadonlyMap<string, string>;
  /** For who waits: gone once taken. */
  readonly verdicts: Map<string, Decision>;
  enter(entry: PendingDecision): void;
  /** Nobody waits for it any more, since the run leaves. It may be decided still. */
  leave(id: string): void;
  close(id: string, how: string, verdict: Decision): void;
  /** The same question that was asked before the run left, with its decision where one was made. */
  askedBefore(question: Question): {
    readonly entry: PendingDecision;
    readonly verdict: Decision | null;
  } | null;
  /** The plan has ended: what was asked for it and not again is asked no more. */
  forgetLeft(): void;
  state(): Omit<DecisionsState, 'asked'>;
}

/** So many decided ones are told from unknown ones. */
const MAX_REMEMBERED = 500;
const STATUS_WAITING = 'waiting';
const STATUS_RUNNING = 'running';

/** Histories that are older know no decision without someone who waits for it. */
export function takesAhead(): boolean {
  return patched('decided-ahead');
}

export function createDecisionBook(
  from: DecisionsState | undefined,
  onChange: () => void,
): DecisionBook {
  const open = new Map<string, PendingDecision>();
  const carried = new Map((from?.open ?? []).map((entry) => [entry.id, entry]));
  const decided = new Map(Object.entries(from?.decided ?? {}));
  const verdicts = new Map<string, Decision>();
  /** Of `open`: those that nobody waits for. */
  const left = new Set<string>();
  const ahead = new Map((from?.ahead ?? []).map((each) => [each.entry.id, each]));

  const remember = (id: string, how: string): void => {
    decided.set(id, how);
    const oldest = decided.keys().next().value;
    if (decided.size > MAX_REMEMBERED && oldest !== undefined) decided.delete(oldest);
  };
  const close = (id: string, how: string, verdict: Decision): void => {
    const entry = open.get(id) ?? carried.get(id);
    if (entry === undefined) return;
    const wasOpen = open.delete(id);
    const isAwaited = !left.delete(id) && wasOpen;
    carried.delete(id);
    if (isAwaited) verdicts.set(id, verdict);
    // What the ledger knows is asked of the ledger again.
    else if ('by' in verdict) ahead.set(id, { entry, verdict });
    remember(id, how);
    if (wasOpen && open.size === 0) showStatus(STATUS_RUNNING);
    onChange();
  };

  return {
    ...{ open, carried, decided, verdicts, close },
    enter(entry) {
      carried.delete(entry.id);
      left.delete(entry.id);
      if (open.size === 0) showStatus(STATUS_WAITING);
      open.set(entry.id, entry);
      onChange();
    },
    leave: (id) => void (open.has(id) && left.add(id)),
    askedBefore(question) {
      const entry = [...carried.values()].find((each) => isSame(each, question));
      if (entry !== undefined && (hasSameArgs(entry, question) || takesAhead())) {
        return { entry, verdict: null };
      }
      const decision = [...ahead.values()].find((each) => isSame(each.entry, question));
      const waiting = [...left].flatMap((id) => open.get(id) ?? []);
      const again = waiting.find((each) => isSame(each, question));
      if ((decision === undefined && again === undefined) || !takesAhead()) return null;
      if (decision === undefined)
        return again === undefined ? null : { entry: again, verdict: null };
      ahead.delete(decision.entry.id);
      return decision;
    },
    forgetLeft() {
      if (carried.size + left.size + ahead.size === 0 || !takesAhead()) return;
      for (const id of [...carried.keys(), ...left]) {
        close(id, 'its plan ended first', { verdict: 'expired' });
      }
      ahead.clear();
    },
    state: () => ({
      open: [...carried.values(), ...open.values()],
      decided: Object.fromEntries(decided),
      ...(ahead.size === 0 ? {} : { ahead: [...ahead.values()] satisfies DecidedAhead[] }),
    }),
  };
}

/** What a person was shown is what is called. */
function isSame(entry: PendingDecision, question: Question): boolean {
  const { kind, step, key, title, args } = question;
  const isSameCall =
    entry.kind === kind &&
    entry.step === step &&
    entry.key === key &&
    entry.title === title &&
    JSON.stringify(entry.questions) === JSON.stringify(question.questions);
  // A long answer that the arguments hold goes along as a reference to it.
  return isSameCall && (hasSameArgs(entry, question) || artifactIdsIn(args ?? {}).length > 0);
}

function hasSameArgs(one: Pick<Question, 'args'>, other: Pick<Question, 'args'>): boolean {
  return JSON.stringify(one.args) === JSON.stringify(other.args);
}

function showStatus(status: string): void {
  upsertSearchAttributes({ [SEARCH_ATTRIBUTE.status]: [status] });
}
