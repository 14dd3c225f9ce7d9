// What the shared cache does in Redis. Every script works on the keys of one part of one scope, which
// share a hash tag and so a node of a cluster:
//
//   generation  a random word. An entry counts only under the word it was written under, so a new
//               word forgets a whole scope at once. Where the word is lost, the next look makes
//               another one: what is lost is entries, never their invalidation.
//   entry       `<generation>|<payload>`
//   lease       who loads the value now; `open` for a moment after a load that left no entry
//
// A key of another type, as damage or a stranger leaves it, counts as absent.

/** KEYS generation, entry. ARGV: generation the caller holds a value of, a fresh word, its life in s. */
export const LOOK = `
local generation = redis.pcall('GET', KEYS[1])
if type(generation) ~= 'string' then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  return {ARGV[2], 'none'}
end
if generation == ARGV[1] then return {generation, 'same'} end
local entry = redis.pcall('GET', KEYS[2])
local head = generation .. '|'
if type(entry) == 'string' and string.sub(entry, 1, #head) == head then
  return {generation, 'value', string.sub(entry, #head + 1), redis.call('PTTL', KEYS[2])}
end
return {generation, 'none'}
`;

/** KEYS generation, entry, lease. ARGV: generation, owner, life of the lease in ms. */
export const CLAIM = `
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return {'moved'} end
local entry = redis.pcall('GET', KEYS[2])
local head = ARGV[1] .. '|'
if type(entry) == 'string' and string.sub(entry, 1, #head) == head then
  return {'value', string.sub(entry, #head + 1), redis.call('PTTL', KEYS[2])}
end
local holder = redis.pcall('GET', KEYS[3])
if holder == 'open' then return {'open'} end
if type(holder) == 'string' then return {'held'} end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
return {'leased'}
`;

/** KEYS lease. ARGV: owner, life of the lease in ms. */
export const RENEW = `
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

/** KEYS generation, entry, lease. ARGV: generation, owner, payload, life of the entry in ms. */
export const KEEP = `
if redis.pcall('GET', KEYS[3]) == ARGV[2] then redis.call('DEL', KEYS[3]) end
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1] .. '|' .. ARGV[3], 'PX', ARGV[4])
return 1
`;

/** KEYS lease. ARGV: owner, how long the lease stays open in ms. */
export const OPEN = `
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'open', 'PX', ARGV[2])
return 1
`;
