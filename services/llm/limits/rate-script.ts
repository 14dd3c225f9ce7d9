import { SLOT_MS, SLOTS } from './rate-window.ts';

/**
 * `rate-window.ts` for every process on one Redis, in one script run: a hash a key, a field a slot,
 * on Redis' own clock. A test holds the two against each other.
 *
 * KEYS[1] the key. ARGV: `reserve`, requests a minute, tokens a minute (-1: none), tokens, now; or
 * `settle`, slot, tokens to add, nothing, now. `now` is empty but in tests.
 * Answers {slot, 0} when granted, {-1, ms to wait} when not, {-1, -1} when it can never fit.
 */
export const RATE_SCRIPT = `
local key = KEYS[1]
local now
if ARGV[5] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[5])
end
local current = math.floor(now / ${SLOT_MS})
local slots = {}
local old = {}
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  local at = tonumber(all[i])
  if at <= current - ${SLOTS} then
    old[#old + 1] = all[i]
  else
    local requests, tokens = string.match(all[i + 1], '^(-?%d+)|(-?%d+)$')
    slots[#slots + 1] = { at, tonumber(requests), tonumber(tokens) }
  end
end
if #old > 0 then redis.call('HDEL', key, unpack(old)) end

local function keep(at, requests, tokens)
  redis.call('HSET', key, at, string.format('%d|%d', requests, tokens))
  redis.call('PEXPIRE', key, ${SLOTS * SLOT_MS + 1000})
end

if ARGV[1] == 'settle' then
  local at = tonumber(ARGV[2])
  for _, slot in ipairs(slots) do
    if slot[1] == at then keep(at, slot[2], slot[3] + tonumber(ARGV[3])) end
  end
  return { 0, 0 }
end

local maxRequests = tonumber(ARGV[2])
local maxTokens = tonumber(ARGV[3])
local tokens = tonumber(ARGV[4])
if (maxTokens >= 0 and tokens > maxTokens) or maxRequests == 0 then return { -1, -1 } end
local requestsOver = maxRequests < 0 and -math.huge or 1 - maxRequests
local tokensOver = maxTokens < 0 and -math.huge or tokens - maxTokens
for _, slot in ipairs(slots) do
  requestsOver = requestsOver + slot[2]
  tokensOver = tokensOver + slot[3]
end
table.sort(slots, function(a, b) return a[1] < b[1] end)
local wait = 0
local here = { current, 0, 0 }
for _, slot in ipairs(slots) do
  if slot[1] == current then here = slot end
  if requestsOver > 0 or tokensOver > 0 then
    requestsOver = requestsOver - slot[2]
    tokensOver = tokensOver - slot[3]
    wait = (slot[1] + ${SLOTS}) * ${SLOT_MS} - now
  end
end
if wait > 0 then return { -1, wait } end
keep(current, here[2] + 1, here[3] + tokens)
return { current, 0 }
`;
