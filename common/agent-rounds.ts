import type { ToolResult } from './tool.ts';

/**
 * How the child agents of a plan have ended, by place: `STEP`, `STEP[n]` of a list, `STEP/…` in a
 * plan within. What an agent did is not in the ledger under a key that another run of it would ask for.
 */
export interface AgentEnds {
  readonly answered: Readonly<Record<string, AgentAnswer>>;
  /** May have called tools, whatever the end; `PLACE/*`: any below may have; `null`: any. */
  readonly acted: readonly string[] | null;
}

export interface AgentAnswer {
  /** Another goal is not answered by it. */
  readonly goal: string;
  readonly result: ToolResult;
}

/** For a round of a batch's item: how the agents of its plan ended in the rounds before. */
export interface AgentRound extends AgentEnds {
  /** 1 for the first. */
  readonly round: number;
}

/** None has begun. */
export const NO_AGENTS: AgentEnds = { answered: {}, acted: [] };
