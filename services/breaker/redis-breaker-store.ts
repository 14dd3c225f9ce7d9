import type { BreakerRecord } from '../../common/breaker-event.ts';
import type { BreakerPhase } from '../../common/breaker-phase.ts';
import type { BreakerBucket, BreakerPolicy } from '../../common/breaker.ts';
import type { RedisClient } from '../cache/connect-redis.ts';
import { BREAKER_SCRIPT } from './breaker-script.ts';
import type { BreakerSnapshot, BreakerStore } from './breaker-store.ts';

const PREFIX = 'ostinato:breaker:';

/** A client that knows the script as a command; ioredis sends its hash, and its text when needed. */
type Scripted = RedisClient & {
  ostinatoBreaker(key: string, now: string, policy: string, event: string): Promise<string[]>;
};

/**
 * Breakers shared by every process on one Redis: one hash a breaker, one script run an operation.
 *
 * @param deps.redis not closed by the store. The script becomes a command of this client.
 * @param deps.nowMs only for tests: Redis has its own clock.
 */
export function createRedisBreakerStore(deps: {
  readonly redis: RedisClient;
  readonly nowMs?: () => number;
}): BreakerStore {
  deps.redis.defineCommand('ostinatoBreaker', { numberOfKeys: 1, lua: BREAKER_SCRIPT });
  const redis = deps.redis as Scripted;
  async function run(key: string, policy: BreakerPolicy, event: object): Promise<BreakerSnapshot> {
    const now = deps.nowMs === undefined ? '' : String(deps.nowMs());
    // The braces keep all of a breaker on one node of a cluster.
    const answer = await redis.ostinatoBreaker(
      `${PREFIX}{${key}}`,
      now,
      JSON.stringify(policy),
      JSON.stringify(event),
    );
    return parseAnswer(answer);
  }
  return {
    read: (key, policy) => run(key, policy, { kind: 'read' }),
    apply: run,
  };
}

function parseAnswer([now, done, ...fields]: readonly string[]): BreakerSnapshot {
  const hash = new Map<string, string>();
  for (let index = 0; index < fields.length; index += 2) {
    hash.set(fields[index] ?? '', fields[index + 1] ?? '');
  }
  const number = (field: string) => Number(hash.get(field) ?? 0);
  const orNull = (field: string) => ((hash.get(field) ?? '') === '' ? null : number(field));
  const named = (field: string) => hash.get(field) || null;
  const record: BreakerRecord = {
    evidence: { buckets: bucketsOf(hash) },
    verdict: {
      epoch: number('epoch'),
      openUntilMs: orNull('openUntil'),
      trips: number('trips'),
      rampStartMs: orNull('rampStart'),
      reason: hash.get('reason') ?? '',
      heldBy: named('heldBy'),
    },
    lease: {
      owner: named('owner'),
      sinceMs: number('since'),
      expiresAtMs: number('expires'),
      passed: number('passed'),
    },
    diverted: number('diverted'),
    noted: (named('noted') ?? 'closed') as BreakerPhase,
    counted: Object.fromEntries(
      [...hash]
        .filter(([field]) => field.startsWith('c:'))
        .map(([field, value]) => [field.slice(2), Number(value.split('|')[0])]),
    ),
  };
  return { record, nowMs: Number(now), done: done === '1', isShared: true };
}

function bucketsOf(hash: ReadonlyMap<string, string>): BreakerBucket[] {
  return [...hash]
    .filter(([field]) => /^b\d+$/.test(field))
    .map(([, value]) => {
      const [
        second = 0,
        ok = 0,
        failed = 0,
        slow = 0,
        rateLimited = 0,
        latencySumMs = 0,
        tokens = 0,
      ] = value.split('|').map(Number);
      return { second, ok, failed, slow, rateLimited, latencySumMs, tokens };
    })
    .sort((a, b) => a.second - b.second);
}
