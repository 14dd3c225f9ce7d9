import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { RedisClient } from '../cache/connect-redis.ts';
import { createReach } from '../cache/reach.ts';
import { ServiceError } from '../errors.ts';
import { createCallCounts } from './call-counts.ts';
import type { Admission, CallScope, CallTicket } from './call-limits.ts';
import { LEASE_MS } from './call-limits.ts';
import { LIMIT_SCRIPT } from './limit-script.ts';

/** Keeps calls within the limits of their server and tenant, over all processes on one Redis. */
export interface CallLimiter {
  /**
   * @returns what to call when the call has ended, however it did.
   * @throws ServiceError (Tool.Limited) that may be retried, and says when.
   */
  enter(tenantId: TenantId, scopes: readonly CallScope[], ticket: CallTicket): Promise<() => void>;
}

/**
 * A place gets free when another call ends: nobody knows when, and not all shall ask at once. Those
 * with many before them ask less often.
 */
const ASK_AGAIN_MS = { least: 100, most: 300, forEachBefore: 5, longest: 2_000 };

type Answer = readonly [number, number, number, number];
type Scripted = RedisClient & {
  ostinatoCallLimit(keys: number, ...args: (string | number)[]): Promise<Answer>;
};

/**
 * While Redis does not answer, and without one, each process counts for itself.
 *
 * @param deps.redis not closed here. The script becomes a command of this client.
 * @param deps.nowMs only for tests: Redis has its own clock
 */
export function createCallLimiter(deps: {
  readonly redis: RedisClient | null;
  readonly log: Logger;
  readonly nowMs?: () => number;
  /** From 0 to 1. @default `Math.random` */
  readonly random?: () => number;
}): CallLimiter {
  const { nowMs, random = Math.random } = deps;
  const local = createCallCounts();
  const clock = nowMs ?? Date.now;
  const redis = deps.redis as Scripted | null;
  redis?.defineCommand('ostinatoCallLimit', { lua: LIMIT_SCRIPT });
  const reach = createReach({
    what: 'Redis (limits of calls)',
    log: deps.log,
    onError: () => undefined,
  });

  async function ask(
    what: 'enter' | 'renew' | 'leave',
    attempt: string,
    keys: readonly string[],
    ticket?: CallTicket,
    scopes: readonly CallScope[] = [],
  ): Promise<Answer | null> {
    if (redis === null) return null;
    const sets = ['flight', 'minute', 'queue', 'gone', 'runs'];
    const all = keys.flatMap((key) => sets.map((set) => `${key}:${set}`));
    const { call, run } = ticket ?? { call: '', run: '' };
    const limits = scopes.flatMap(({ limits: { maxInFlight, perMinute } }) => [
      maxInFlight ?? -1,
      perMinute ?? -1,
    ]);
    const now = nowMs === undefined ? '' : nowMs();
    return reach.ask(() =>
      redis.ostinatoCallLimit(all.length, ...all, what, attempt, now, call, run, ...limits),
    );
  }

  return {
    async enter(tenantId, given, ticket) {
      const scopes = given.filter(({ limits }) => Object.keys(limits).length > 0);
      if (scopes.length === 0) return () => undefined;
      const attempt = randomUUID();
      // One tenant's keys lie on one node of a cluster: a script sees no others.
      const keys = scopes.map(({ kind, name }) => `ostinato:calls:{${tenantId}}:${kind}:${name}`);
      const answer = await ask('enter', attempt, keys, ticket, scopes);
      const admission =
        answer === null
          ? local.enter(attempt, ticket, scopes, keys, clock())
          : read(answer, scopes);
      if (admission.kind === 'denied') throw limited(admission, random());
      const renewing = setInterval(() => {
        local.renew(attempt, keys, clock());
        void ask('renew', attempt, keys);
      }, LEASE_MS / 3);
      renewing.unref();
      return () => {
        clearInterval(renewing);
        local.leave(attempt, keys);
        void ask('leave', attempt, keys);
      };
    },
  };
}

function read([at, limit, waitMs, before]: Answer, scopes: readonly CallScope[]): Admission {
  const scope = scopes[at - 1];
  if (scope === undefined) return { kind: 'granted' };
  return {
    kind: 'denied',
    scope,
    limit: limit === 1 ? 'maxInFlight' : 'perMinute',
    waitMs: waitMs < 0 ? null : waitMs,
    before,
  };
}

function limited(
  { scope, limit, waitMs, before }: Extract<Admission, { kind: 'denied' }>,
  random: number,
): ServiceError {
  const { least, most, forEachBefore, longest } = ASK_AGAIN_MS;
  const inTurn = Math.min(longest, least + before * forEachBefore);
  const afterMs = Math.ceil(Math.max(waitMs ?? 0, inTurn) + random * (most - least));
  const allowed = scope.limits[limit] ?? 0;
  const what = limit === 'maxInFlight' ? 'calls at once' : 'calls a minute';
  const error = new ServiceError(
    FAILURE.toolLimited,
    `The ${scope.kind} ${scope.name} may have ${allowed} ${what} (${limit}), and has them. The call was not made; it is tried again in ${afterMs} ms.`,
    { retry: { allowed: true, afterMs } },
  );
  error.limit = { scope: scope.kind, name: scope.name, limit, allowed };
  return error;
}
