import { setTimeout as wait } from 'node:timers/promises';
import type { Failpoint } from '../../../../services/tools/call-with-effect.ts';
import type { Stage } from './stage.ts';

/** What is done to the stage while runs are in flight. */
export interface Fault {
  readonly name: string;
  /** Before the runs are started. @default nothing */
  readonly prepare?: (stage: Stage, random: () => number, hit: () => void) => Promise<void>;
  /** @param hit is called when a fault happened from which the runs in flight recover. */
  readonly inject: (stage: Stage, random: () => number, hit: () => void) => Promise<void>;
}

/** Longer than a heartbeat may be late: the steps of a stopped worker go to another. */
const STOPPED_MS = 13_000;
const REDIS_AWAY_MS = 3_000;

function some<Value>(random: () => number, values: readonly [Value, ...Value[]]): Value {
  return values[Math.floor(random() * values.length)] ?? values[0];
}

const moment = (random: () => number): Promise<void> => wait(100 + random() * 900);

export const FAULTS: readonly Fault[] = [
  {
    name: 'worker-kill',
    async inject({ workers }, random, hit) {
      for (let kill = 0; kill < 2; kill += 1) {
        await moment(random);
        some(random, workers).signal('SIGKILL');
        hit();
      }
      await Promise.all(workers.map((worker) => worker.ready()));
    },
  },
  {
    name: 'worker-stop',
    async inject({ workers }, random, hit) {
      await moment(random);
      const worker = some(random, workers);
      worker.signal('SIGSTOP');
      hit();
      await wait(STOPPED_MS);
      worker.signal('SIGCONT');
    },
  },
  {
    name: 'temporal-restart',
    async inject(stage, random, hit) {
      await moment(random);
      await stage.restartTemporal();
      hit();
    },
  },
  {
    name: 'mcp-crash',
    async inject(stage, random, hit) {
      for (let crash = 0; crash < 3; crash += 1) {
        await moment(random);
        await stage.killTools();
        hit();
      }
    },
  },
  {
    name: 'redis-loss',
    async inject({ redis }, random, hit) {
      await moment(random);
      await redis.kill();
      hit();
      await wait(REDIS_AWAY_MS);
      await redis.start();
    },
  },
  ...(['before-sent', 'after-sent', 'after-wire', 'after-done'] as const).map(failpointFault),
];

/** A worker that kills itself around a call, at the n-th time that it gets there. */
function failpointFault(at: Failpoint): Fault {
  return {
    name: at,
    async prepare({ workers: [worker] }, random, hit) {
      worker.onDeath(hit);
      await worker.restart({ failpoint: { at, time: 1 + Math.floor(random() * 6) } });
    },
    async inject({ workers: [worker] }) {
      await worker.ready().catch(() => undefined);
    },
  };
}
