/**
 * One event on one breaker, inside Redis: `KEYS[1]` is its hash. Answers the time, whether the event
 * did what it asked for, and the hash as it is then. Reads the clock itself, so that the clocks of
 * the workers mean nothing; a test gives the time instead.
 *
 * Fields of the hash: the parts by name; `b<n>`, a ring of one-second buckets as
 * "second|ok|failed|slow|rateLimited|latencySumMs|tokens"; `c:<source>`, "batch|second" of the newest
 * batch counted; `noted`, the phase that was written down last.
 *
 * ARGV: time in ms or '', policy as JSON, event as JSON. An event of kind `read` changes nothing.
 *
 * MAINTENANCE: common/breaker-event.ts does the same in TypeScript; a test drives both with the same
 * random sequences.
 */
export const BREAKER_SCRIPT = `
local key = KEYS[1]
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local policy = cjson.decode(ARGV[2])
local event = cjson.decode(ARGV[3])
local window = math.floor(policy.windowMs / 1000)
local slots = math.floor(policy.memory.windowMs / 1000)
local newest = math.floor(now / 1000)
local KEEP_MS = 600000
local MAX_DOUBLINGS = 20
-- Batches of a source that has been silent so long cannot come again.
local SOURCE_SECONDS = 600

local hash = {}
local flat = redis.call('HGETALL', key)
for i = 1, #flat, 2 do hash[flat[i]] = flat[i + 1] end

local function number(field) return tonumber(hash[field] or '') end
local function text(value) return string.format('%.0f', value) end
local epoch = number('epoch') or 0
local openUntil = number('openUntil')
local trips = number('trips') or 0
local rampStart = number('rampStart')
local heldBy = hash.heldBy or ''
local reason = hash.reason or ''
local owner = hash.owner or ''
local since = number('since') or 0
local expires = number('expires') or 0
local passed = number('passed') or 0

local function unpackBucket(value)
  local bucket = {}
  for part in string.gmatch(value or '', '[^|]+') do bucket[#bucket + 1] = tonumber(part) end
  return bucket
end

local function setField(field, value)
  hash[field] = value
  redis.call('HSET', key, field, value)
end

local function clearEvidence()
  for i = 0, slots - 1 do
    if hash['b' .. i] then
      hash['b' .. i] = nil
      redis.call('HDEL', key, 'b' .. i)
    end
  end
end

local function save()
  setField('epoch', text(epoch))
  setField('openUntil', openUntil and text(openUntil) or '')
  setField('trips', text(trips))
  setField('rampStart', rampStart and text(rampStart) or '')
  setField('heldBy', heldBy)
  setField('reason', reason)
  setField('owner', owner)
  setField('since', text(since))
  setField('expires', text(expires))
  setField('passed', text(passed))
end

local function freeLease(kept)
  owner = ''
  since = 0
  expires = 0
  passed = kept
end

local function spread(ms, jitter) return math.floor(ms * (0.8 + 0.4 * jitter)) end

local function openMs(jitter)
  local doubled = policy.openMs.first * math.pow(2, math.min(trips, MAX_DOUBLINGS))
  return spread(math.min(policy.openMs.max, doubled), jitter)
end

local function addBucket(added)
  local second = math.min(added.second, newest)
  if second <= newest - slots then return end
  local field = 'b' .. (second % slots)
  local bucket = unpackBucket(hash[field])
  if bucket[1] ~= second then
    if bucket[1] and bucket[1] > second then return end
    bucket = { second, 0, 0, 0, 0, 0, 0 }
  end
  local names = { 'ok', 'failed', 'slow', 'rateLimited', 'latencySumMs', 'tokens' }
  local parts = { text(second) }
  for i, name in ipairs(names) do parts[i + 1] = text(bucket[i + 1] + added[name]) end
  setField(field, table.concat(parts, '|'))
end

local function tripReason()
  local calls, bad, runSeen = 0, 0, false
  local enough = trips > 0 and math.ceil(policy.tripCalls * 5 / 8) or policy.tripCalls
  for second = newest, newest - window + 1, -1 do
    local bucket = unpackBucket(hash['b' .. (second % slots)])
    local here = bucket[1] == second and bucket[2] + bucket[3] + bucket[4] or 0
    if here > 0 then
      local hereBad = bucket[3] + bucket[4]
      local taken = math.min(here, enough - calls)
      if not runSeen and calls + here >= policy.tripRun then
        runSeen = true
        local run = calls + here
        if bad + hereBad == run then return 'the last ' .. text(run) .. ' calls failed' end
      end
      calls = calls + taken
      bad = bad + hereBad * taken / here
      if calls >= enough then
        if bad < policy.threshold * calls then return nil end
        local share = text(math.floor(100 * bad / calls))
        return share .. ' % of the last ' .. text(calls) .. ' calls failed'
      end
    end
  end
  return nil
end

local function isCounted(field, batch)
  local last = string.match(hash[field] or '', '^(%d+)|')
  if last and batch <= tonumber(last) then return true end
  if not last then
    for name, value in pairs(hash) do
      local second = string.sub(name, 1, 2) == 'c:' and tonumber(string.match(value, '|(%d+)$'))
      if second and second < newest - SOURCE_SECONDS then
        hash[name] = nil
        redis.call('HDEL', key, name)
      end
    end
  end
  setField(field, text(batch) .. '|' .. text(newest))
  return false
end

local events = {}

function events.read() return false end

function events.record()
  if isCounted('c:' .. event.source, event.batch) then return false end
  if event.epoch ~= epoch or openUntil or heldBy ~= '' then return false end
  for _, bucket in ipairs(event.buckets) do addBucket(bucket) end
  if rampStart and now >= rampStart + policy.rampMs + policy.windowMs then
    rampStart = nil
    trips = 0
  end
  local why = tripReason()
  if why then
    openUntil = now + openMs(event.jitter)
    epoch = epoch + 1
    trips = trips + 1
    rampStart = nil
    reason = why
    freeLease(0)
    clearEvidence()
  end
  save()
  return true
end

function events.lease()
  local free = owner == '' or now >= expires
  if heldBy ~= '' or not openUntil or now < openUntil or not free then return false end
  owner = event.owner
  since = now
  expires = now + policy.probeTtlMs
  save()
  return true
end

function events.renew()
  if owner ~= event.owner then return false end
  expires = now + policy.probeTtlMs
  save()
  return true
end

function events.probed()
  if owner ~= event.owner then return false end
  if event.result == 'failed' then
    local wait = passed > 0 and policy.openMs.first or policy.openMs.max
    openUntil = since + spread(wait, event.jitter)
    freeLease(0)
  else
    if event.result == 'passed' then passed = passed + 1 end
    local needed = math.min(policy.probes.max, policy.probes.first + math.max(0, trips - 1))
    if passed < needed then
      freeLease(passed)
    else
      openUntil = nil
      rampStart = now
      freeLease(0)
    end
  end
  save()
  return true
end

function events.revived()
  if heldBy ~= '' or not openUntil or openUntil <= now then return false end
  openUntil = now
  save()
  return true
end

function events.diverted()
  setField('diverted', text((number('diverted') or 0) + event.calls))
  return true
end

function events.hold()
  clearEvidence()
  epoch = epoch + 1
  openUntil = nil
  rampStart = nil
  reason = event.reason
  heldBy = event.by
  freeLease(0)
  setField('noted', 'isolated')
  save()
  return true
end

function events.release()
  if heldBy == '' then return false end
  epoch = epoch + 1
  rampStart = now
  heldBy = ''
  setField('noted', 'recovering')
  save()
  return true
end

function events.noted()
  if (hash.noted or 'closed') ~= event.from then return false end
  setField('noted', event.to)
  return true
end

local done = events[event.kind]()
if event.kind ~= 'read' then
  -- A hold outlasts silence; everything else is only as good as its evidence.
  if heldBy == '' then redis.call('PEXPIRE', key, KEEP_MS) else redis.call('PERSIST', key) end
end
local answer = { text(now), done and '1' or '0' }
for field, value in pairs(hash) do
  answer[#answer + 1] = field
  answer[#answer + 1] = value
end
return answer
`;
