import type { CallTicket } from './call-limits.ts';

/**
 * Whose turn it is among calls that wait. The calls of one run follow each other, each a turn later,
 * from the turn that was served last: so runs take turns, however many calls each has, and a new one
 * does not wait behind all that came before.
 */
export interface CallQueue {
  /** Keeps its turn, or gets one. @returns calls that have theirs first. */
  wait(ticket: CallTicket, goneMs: number): number;
  /** Changes nothing. `turns`: how many turns after that of the call which is next. */
  place(ticket: CallTicket): { readonly before: number; readonly turns: number };
  /** The call is made. One that did not wait has had a turn all the same, where others wait. */
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
  const place: CallQueue['place'] = (ticket) => {
    const own = turnOf(ticket);
    const earlier = [...waiting.values()].flatMap(({ turn }) => (turn < own ? [turn] : []));
    return { before: earlier.length, turns: own - Math.min(own, ...earlier) };
  };
  return {
    place,
    wait(ticket, goneMs) {
      const turn = turnOf(ticket);
      if (!waiting.has(ticket.call)) latest.set(ticket.run, turn);
      waiting.set(ticket.call, { turn, goneMs });
      return place(ticket).before;
    },
    serve(ticket) {
      const { call, run } = ticket;
      const turn = turnOf(ticket);
      const hasWaited = waiting.delete(call);
      if (waiting.size === 0) {
        latest.clear();
        served = 0;
      } else if (!hasWaited) {
        latest.set(run, turn);
      } else if (turn > served) {
        served = turn;
        for (const [each, last] of latest) if (last < served) latest.delete(each);
      }
    },
    forget(nowMs) {
      for (const [call, { goneMs }] of waiting) if (goneMs <= nowMs) waiting.delete(call);
    },
  };
}
