// Runs in the workflow sandbox: what was decided in the ledger about calls whose end nobody knew.
import { patched, setHandler } from '@temporalio/workflow';
import type { DecisionBook, Question } from './decision-book.ts';
import { effectDecidedSignal } from './definitions.ts';

export interface Settled {
  /** Decided while nobody was asked: between the end of a call and the question about it. */
  readonly keys: ReadonlySet<string>;
  /** @returns whether there is nothing to ask, since the ledger knows. It counts once. */
  take(question: Question): boolean;
}

/** So many are kept; they are no more than hints to ask the ledger again. */
const MAX_KEPT = 500;

export function takeSettled(book: DecisionBook, from: readonly string[] = []): Settled {
  const keys = new Set(from);
  setHandler(effectDecidedSignal, ({ key }) => {
    const asked = [...book.open.values()].filter(
      (entry) => entry.kind === 'outcome-unknown' && entry.key === key,
    );
    for (const { id } of asked) {
      book.close(id, 'settled in the ledger', { verdict: 'settled' });
    }
    if (asked.length > 0) return;
    keys.add(key);
    const oldest = keys.values().next().value;
    if (keys.size > MAX_KEPT && oldest !== undefined) keys.delete(oldest);
  });
  return {
    keys,
    take({ kind, key }) {
      if (kind !== 'outcome-unknown' || key === null || !keys.has(key)) return false;
      // Histories that are older ask all the same.
      if (!patched('settled-ahead')) return false;
      return keys.delete(key);
    },
  };
}
