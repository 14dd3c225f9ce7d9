// Runs in the workflow sandbox: what the child agents of a batch's item did, for its next round.
import type { AgentAnswer, AgentEnds, AgentRound } from '../common/agent-rounds.ts';
import type { ToolResult } from '../common/tool.ts';

/** Of one run of a plan. A place is one in `AgentEnds`. */
export interface AgentRounds {
  readonly round: number;
  /** What it answered to that goal in an earlier round. */
  answerTo(goal: string, place: string): ToolResult | undefined;
  /** Whether it may have called tools in an earlier round. */
  mayHaveActed(place: string): boolean;
  answered(place: string, answer: AgentAnswer): void;
  /** It may have called tools. */
  acted(place: string): void;
  /** For a plan within. */
  below(place: string): AgentRound;
  /** How the agents of a plan within ended; `undefined`: nobody knows. */
  endedBelow(place: string, ends: AgentEnds | undefined): void;
  ends(): AgentEnds;
}

/** Answers that are handed on as they are, characters in all; those beyond are asked for again. */
const MAX_CHARS = 400_000;

export function createAgentRounds({ round }: AgentRound, from: AgentEnds): AgentRounds {
  const answers = new Map(Object.entries(from.answered));
  const acted = from.acted === null ? null : new Set(from.acted);
  const actedAt = (place: string): boolean => acted === null || acted.has(place);
  let chars = JSON.stringify(from.answered).length;
  const answered = (place: string, answer: AgentAnswer): void => {
    chars += JSON.stringify(answer).length;
    if (chars <= MAX_CHARS) answers.set(place, answer);
  };
  return {
    round,
    answerTo(goal, place) {
      const answer = answers.get(place);
      return answer?.goal === goal ? answer.result : undefined;
    },
    mayHaveActed: actedAt,
    answered,
    acted: (place) => void acted?.add(place),
    below(place) {
      const within = `${place}/`;
      const own = [...answers].flatMap(([at, answer]) =>
        at.startsWith(within) ? [[at.slice(within.length), answer] as const] : [],
      );
      const any = acted === null || acted.has(`${within}*`);
      const known = [...(acted ?? [])].filter((at) => at.startsWith(within));
      const names = known.map((at) => at.slice(within.length));
      return { round, answered: Object.fromEntries(own), acted: any ? null : names };
    },
    endedBelow(place, ends) {
      const within = `${place}/`;
      for (const at of ends?.acted ?? ['*']) acted?.add(`${within}${at}`);
      for (const [at, answer] of Object.entries(ends?.answered ?? {})) {
        if (answers.get(`${within}${at}`)?.goal !== answer.goal) answered(`${within}${at}`, answer);
      }
    },
    ends: () => ({
      answered: Object.fromEntries(answers),
      acted: acted === null ? null : [...acted],
    }),
  };
}
