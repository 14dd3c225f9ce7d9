import { LEASE_MS, MINUTE_MS, TICKET_MS, WINDOW } from './call-limits.ts';

/**
 * `call-counts.ts` for every process on one Redis, in one script run and on its clock: a call counts
 * for all its scopes or for none. Sorted sets of each scope: calls in flight by when their lease ends;
 * calls of the last minute by when they began; calls that wait by their turn, and by when they are
 * taken for gone; runs by the turn of their latest call, with that of the call served last as `''`. A
 * test holds the two against each other.
 *
 * KEYS five a scope. ARGV: `enter`, `renew` or `leave`; the attempt; now (empty but in tests); the call;
 * its run; then for each scope calls at once and calls a minute (-1: none).
 * Answers {0, 0, 0, 0} when granted, else {scope, 1 at once | 2 a minute, ms to wait (-1: unknown),
 * calls before it}.
 */
export const LIMIT_SCRIPT = `
local attempt, call, run = ARGV[2], ARGV[4], ARGV[5]
local now
if ARGV[3] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[3])
end
local scopes = #KEYS / 5

if ARGV[1] == 'leave' then
  for scope = 1, scopes do redis.call('ZREM', KEYS[5 * scope - 4], attempt) end
  return { 0, 0, 0, 0 }
end
if ARGV[1] == 'renew' then
  for scope = 1, scopes do
    redis.call('ZADD', KEYS[5 * scope - 4], 'XX', now + ${LEASE_MS}, attempt)
    redis.call('PEXPIRE', KEYS[5 * scope - 4], ${LEASE_MS})
  end
  return { 0, 0, 0, 0 }
end

local function served(runs) return tonumber(redis.call('ZSCORE', runs, '') or '0') end

local function turnOf(queue, runs)
  return tonumber(redis.call('ZSCORE', queue, call) or
    (math.max(served(runs), tonumber(redis.call('ZSCORE', runs, run) or '0')) + 1))
end

local function wait(scope, limit, ms)
  local queue, gone, runs = KEYS[5 * scope - 2], KEYS[5 * scope - 1], KEYS[5 * scope]
  local turn = turnOf(queue, runs)
  if not redis.call('ZSCORE', queue, call) then
    redis.call('ZADD', queue, turn, call)
    redis.call('ZADD', runs, turn, run)
  end
  redis.call('ZADD', gone, now + math.max(ms, 0) + ${TICKET_MS}, call)
  for at = 2, 4 do redis.call('PEXPIRE', KEYS[5 * scope - 4 + at], ${MINUTE_MS} + ${TICKET_MS}) end
  return { scope, limit, ms, redis.call('ZCOUNT', queue, '-inf', '(' .. turn) }
end

for scope = 1, scopes do
  local flight, minute = KEYS[5 * scope - 4], KEYS[5 * scope - 3]
  local queue, gone, runs = KEYS[5 * scope - 2], KEYS[5 * scope - 1], KEYS[5 * scope]
  local atOnce, aMinute = tonumber(ARGV[2 * scope + 4]), tonumber(ARGV[2 * scope + 5])
  redis.call('ZREMRANGEBYSCORE', flight, '-inf', now)
  redis.call('ZREMRANGEBYSCORE', minute, '-inf', now - ${MINUTE_MS})
  for _, left in ipairs(redis.call('ZRANGEBYSCORE', gone, '-inf', now, 'LIMIT', 0, 1000)) do
    redis.call('ZREM', queue, left)
    redis.call('ZREM', gone, left)
  end
  local inFlight = redis.call('ZCARD', flight)
  if atOnce >= 0 and inFlight >= atOnce then return wait(scope, 1, -1) end
  local begun = redis.call('ZCARD', minute)
  if aMinute >= 0 and begun >= aMinute then
    local oldest = redis.call('ZRANGE', minute, begun - aMinute, begun - aMinute, 'WITHSCORES')
    return wait(scope, 2, tonumber(oldest[2]) + ${MINUTE_MS} - now)
  end
  local places = math.huge
  if atOnce >= 0 then places = atOnce - inFlight end
  if aMinute >= 0 then places = math.min(places, aMinute - begun) end
  local turn = turnOf(queue, runs)
  local before = redis.call('ZCOUNT', queue, '-inf', '(' .. turn)
  local turns = turn - (tonumber(redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')[2]) or turn)
  if math.max(before, turns) >= places + ${WINDOW} then return wait(scope, atOnce >= 0 and 1 or 2, -1) end
end
for scope = 1, scopes do
  local flight, minute = KEYS[5 * scope - 4], KEYS[5 * scope - 3]
  local queue, gone, runs = KEYS[5 * scope - 2], KEYS[5 * scope - 1], KEYS[5 * scope]
  redis.call('ZADD', flight, now + ${LEASE_MS}, attempt)
  redis.call('PEXPIRE', flight, ${LEASE_MS})
  if tonumber(ARGV[2 * scope + 5]) >= 0 then
    redis.call('ZADD', minute, now, attempt)
    redis.call('PEXPIRE', minute, ${MINUTE_MS})
  end
  local turn = turnOf(queue, runs)
  local hasWaited = redis.call('ZREM', queue, call) == 1
  redis.call('ZREM', gone, call)
  if redis.call('ZCARD', queue) == 0 then
    redis.call('DEL', runs)
  elseif not hasWaited then
    redis.call('ZADD', runs, turn, run)
  elseif turn > served(runs) then
    redis.call('ZADD', runs, turn, '')
    redis.call('ZREMRANGEBYSCORE', runs, '-inf', '(' .. turn)
  end
end
return { 0, 0, 0, 0 }
`;
