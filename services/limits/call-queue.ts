import type { CallTicket } from './call-limits.ts';

/**
 * Whose turn it is among calls that wait. The calls of one run follow each other, each a turn later,
 * from the turn that was served last: so runs take turns, however many calls each has, and a new one
 * does not wait behind all that came before.
 */
export interface CallQueue {
  /** Keeps its turn, or gets one. @returns calls that have theirs first. */
  wait(ticket: CallTicket, goneMs: number): number;
  /** As `wait`, and changes nothing. */
  before(ticket: CallTicket): number;
  /** The call is made. */
  serve(ticket: CallTicket): void;
  /** Calls that have not asked again. */
  forget(nowMs: number): void;
}

export function createCallQueue(): CallQueue {
  const waiting = new Map<string, { readonly turn: number; readonly goneMs: number }>();
  /** By run: the turn of its latest call. */
  const latest = new Map<string, number>();
  let served = 0;
  const turnOf = ({ call, run }: CallTicket): number =>
    waiting.get(call)?.turn ?? Math.max(served, latest.get(run) ?? 0) + 1;
  const before = (ticket: CallTicket): number => {
    const own = turnOf(ticket);
    return [...waiting.values()].filter(({ turn }) => turn < own).length;
  };
  return {
    before,
    wait(ticket, goneMs) {
      const turn = turnOf(ticket);
      if (!waiting.has(ticket.call)) latest.set(ticket.run, turn);
      waiting.set(ticket.call, { turn, goneMs });
      return before(ticket);
    },
    serve({ call }) {
      const { turn = 0 } = waiting.get(call) ?? {};
      waiting.delete(call);
      if (turn <= served) return;
      served = turn;
      for (const [run, last] of latest) if (last < served) latest.delete(run);
    },
    forget(nowMs) {
      for (const [call, { goneMs }] of waiting) if (goneMs <= nowMs) waiting.delete(call);
    },
  };
}
