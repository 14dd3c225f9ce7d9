import { LEASE_MS, MINUTE_MS } from './call-limits.ts';

/**
 * `call-counts.ts` for every process on one Redis, in one script run and on its clock: a call counts
 * for all its scopes or for none. Two sorted sets a scope: calls in flight by when their lease ends,
 * and calls of the last minute by when they began. A test holds the two against each other.
 *
 * KEYS two a scope. ARGV: `enter`, `renew` or `leave`; the call; now (empty but in tests); then for
 * each scope calls at once and calls a minute (-1: none).
 * Answers {0, 0, 0} when granted, else {scope, 1 at once | 2 a minute, ms to wait (-1: unknown)}.
 */
export const LIMIT_SCRIPT = `
local call = ARGV[2]
local now
if ARGV[3] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[3])
end
local scopes = #KEYS / 2

if ARGV[1] == 'leave' then
  for scope = 1, scopes do redis.call('ZREM', KEYS[2 * scope - 1], call) end
  return { 0, 0, 0 }
end
if ARGV[1] == 'renew' then
  for scope = 1, scopes do
    redis.call('ZADD', KEYS[2 * scope - 1], 'XX', now + ${LEASE_MS}, call)
    redis.call('PEXPIRE', KEYS[2 * scope - 1], ${LEASE_MS})
  end
  return { 0, 0, 0 }
end

for scope = 1, scopes do
  local flight, minute = KEYS[2 * scope - 1], KEYS[2 * scope]
  local atOnce, aMinute = tonumber(ARGV[2 * scope + 2]), tonumber(ARGV[2 * scope + 3])
  redis.call('ZREMRANGEBYSCORE', flight, '-inf', now)
  redis.call('ZREMRANGEBYSCORE', minute, '-inf', now - ${MINUTE_MS})
  if atOnce >= 0 and redis.call('ZCARD', flight) >= atOnce then return { scope, 1, -1 } end
  local begun = redis.call('ZCARD', minute)
  if aMinute >= 0 and begun >= aMinute then
    local oldest = redis.call('ZRANGE', minute, begun - aMinute, begun - aMinute, 'WITHSCORES')
    return { scope, 2, tonumber(oldest[2]) + ${MINUTE_MS} - now }
  end
end
for scope = 1, scopes do
  local flight, minute = KEYS[2 * scope - 1], KEYS[2 * scope]
  redis.call('ZADD', flight, now + ${LEASE_MS}, call)
  redis.call('PEXPIRE', flight, ${LEASE_MS})
  if tonumber(ARGV[2 * scope + 3]) >= 0 then
    redis.call('ZADD', minute, now, call)
    redis.call('PEXPIRE', minute, ${MINUTE_MS})
  end
end
return { 0, 0, 0 }
`;
