import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { RedisClient } from '../cache/connect-redis.ts';
import { createReach } from '../cache/reach.ts';
import { ServiceError } from '../errors.ts';
import { createCallCounts } from './call-counts.ts';
import type { Admission, CallScope } from './call-limits.ts';
import { LEASE_MS } from './call-limits.ts';
import { LIMIT_SCRIPT } from './limit-script.ts';

/** Keeps calls within the limits of their server and tenant, over all processes on one Redis. */
export interface CallLimiter {
  /**
   * @returns what to call when the call has ended, however it did.
   * @throws ServiceError (Tool.Limited) that may be retried, and says when.
   */
  enter(tenantId: TenantId, scopes: readonly CallScope[]): Promise<() => void>;
}

/** A place gets free when another call ends: nobody knows when, and not all shall ask at once. */
const ASK_AGAIN_MS = { least: 200, most: 600 };

type Scripted = RedisClient & {
  ostinatoCallLimit(keys: number, ...args: (string | number)[]): Promise<[number, number, number]>;
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
    call: string,
    keys: readonly string[],
    scopes: readonly CallScope[],
  ): Promise<[number, number, number] | null> {
    if (redis === null) return null;
    const both = keys.flatMap((key) => [`${key}:flight`, `${key}:minute`]);
    const limits = scopes.flatMap(({ limits: { maxInFlight, perMinute } }) => [
      maxInFlight ?? -1,
      perMinute ?? -1,
    ]);
    const now = nowMs === undefined ? '' : nowMs();
    return reach.ask(() =>
      redis.ostinatoCallLimit(both.length, ...both, what, call, now, ...limits),
    );
  }

  return {
    async enter(tenantId, given) {
      const scopes = given.filter(({ limits }) => Object.keys(limits).length > 0);
      if (scopes.length === 0) return () => undefined;
      const call = randomUUID();
      // One tenant's keys lie on one node of a cluster: a script sees no others.
      const keys = scopes.map(({ kind, name }) => `ostinato:calls:{${tenantId}}:${kind}:${name}`);
      const answer = await ask('enter', call, keys, scopes);
      const admission =
        answer === null ? local.enter(call, scopes, keys, clock()) : read(answer, scopes);
      if (admission.kind === 'denied') throw limited(admission, random());
      const renewing = setInterval(() => {
        local.renew(call, keys, clock());
        void ask('renew', call, keys, []);
      }, LEASE_MS / 3);
      renewing.unref();
      return () => {
        clearInterval(renewing);
        local.leave(call, keys);
        void ask('leave', call, keys, []);
      };
    },
  };
}

function read(
  [at, limit, waitMs]: readonly [number, number, number],
  scopes: readonly CallScope[],
): Admission {
  const scope = scopes[at - 1];
  if (scope === undefined) return { kind: 'granted' };
  return {
    kind: 'denied',
    scope,
    limit: limit === 1 ? 'maxInFlight' : 'perMinute',
    waitMs: waitMs < 0 ? null : waitMs,
  };
}

function limited(
  { scope, limit, waitMs }: Extract<Admission, { kind: 'denied' }>,
  random: number,
): ServiceError {
  const { least, most } = ASK_AGAIN_MS;
  const afterMs = Math.ceil(Math.max(waitMs ?? 0, least) + random * (most - least));
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
