// Runs in the workflow sandbox: how many steps of a plan are in flight, in all and on each server.
import { condition } from '@temporalio/workflow';
import type { AgentLimits } from '../common/agent.ts';
import type { PlanStep } from '../common/plan.ts';
import { isWait } from './run-action.ts';

/** A step that waits takes no place. */
export interface Places {
  mayEnter(step: PlanStep): boolean;
  enter(step: PlanStep): void;
  leave(step: PlanStep): void;
}

/** For the items of a step beyond the first, which has the step's own place. */
export interface ItemPlaces {
  /** Takes a place. @returns `null` where one is free, else when it is. @throws CancelledFailure */
  take(step: PlanStep): Promise<void> | null;
  giveBack(step: PlanStep): void;
  /** Whether steps were started in the place of an item. */
  hasStarted(): boolean;
  /** Waits until all those have ended, and what follows them. */
  settled(): Promise<void>;
}

export function createPlaces({ maxParallel, maxParallelPerServer }: AgentLimits): Places {
  const inFlight = new Map<string, number>();
  let running = 0;
  const serverOf = ({ tool }: PlanStep): string => tool.split('/', 1)[0] ?? tool;
  const change = (step: PlanStep, by: number): void => {
    if (isWait(step)) return;
    const server = serverOf(step);
    running += by;
    inFlight.set(server, (inFlight.get(server) ?? 0) + by);
  };
  return {
    mayEnter(step) {
      if (isWait(step)) return true;
      if (running >= maxParallel) return false;
      if (maxParallelPerServer === undefined || step.action !== undefined) return true;
      return (inFlight.get(serverOf(step)) ?? 0) < maxParallelPerServer;
    },
    enter: (step) => change(step, 1),
    leave: (step) => change(step, -1),
  };
}

/** @param startReady starts what is ready, which goes before the next item; resolves when that ended */
export function createItemPlaces(places: Places, startReady: () => Promise<void>): ItemPlaces {
  const started: Promise<void>[] = [];
  return {
    take(step) {
      // Several may wait, and the first of them takes the place.
      const taken = (): boolean => {
        if (!places.mayEnter(step)) return false;
        places.enter(step);
        return true;
      };
      return taken() ? null : condition(taken);
    },
    giveBack(step) {
      places.leave(step);
      const ended = startReady();
      // Awaited when all else has ended.
      ended.catch(() => undefined);
      started.push(ended);
    },
    hasStarted: () => started.length > 0,
    async settled() {
      for (let at = started.pop(); at !== undefined; at = started.pop()) await at;
    },
  };
}
