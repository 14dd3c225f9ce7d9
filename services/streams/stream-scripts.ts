/**
 * Appends to a channel, with ids that have no gaps: a reader that misses some knows how many. A
 * channel that is not there begins with the server's time as its epoch.
 *
 * KEYS: the stream. ARGV: events kept, time to live in ms, then the events.
 */
export const APPEND = `
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local epoch, number
if newest then
  epoch, number = string.match(newest[1], '^(%d+)-(%d+)$')
  number = tonumber(number)
else
  local now = redis.call('TIME')
  epoch = now[1] .. string.format('%03d', math.floor(now[2] / 1000))
  number = 0
end
for i = 3, #ARGV do
  number = number + 1
  redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], epoch .. '-' .. string.format('%d', number), 'e', ARGV[i])
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return number
`;

/**
 * A page from an id on, and the newest id, which tells a quiet channel from one that began anew.
 *
 * KEYS: the stream. ARGV: the first id, entries at most.
 */
export const READ = `
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
if not newest then return {'', {}} end
return {newest[1], redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])}
`;
