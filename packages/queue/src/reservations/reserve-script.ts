/**
 * Reservations in Redis, changed by one script only: it is one step, and the order of calls is the order of changes.
 *
 *   key       type  what
 *   life      hash  run: run_id of the Redis that remembers; born: when it began to; whole: 1 when nothing is missing in it; places: the
 *                   last number in the line
 *   held      zset  `<job> <holder>` by when it expires
 *   line      zset  `<job>` by its number
 *   asking    zset  `<job>` of the line by when it is forgotten if it does not ask again
 *   needs     hash  `<job> <holder>` or `<job>`: `<server>=<count> ...`
 *
 * All times are Redis' own, in milliseconds. A life ends with the memory: FLUSHALL, or a restart, which may have lost the last second.
 * In the beginning of a new one nobody is granted anything, until what was held before has been told, or has expired.
 *
 * ARGV: what, ttl, holder, channel, then
 *   life   -                                         -> { its name }
 *   whole  its name                                  -> {}
 *   take   job, needs, { server, count, limit } ...  -> { 1 granted, 0 not yet; when it expires }
 *   renew  { job, needs, when it expires } ...       -> { when they expire, lost job ... }
 *   back   job                                       -> {}
 */
export const RESERVE = `
local life, held, line, asking, needs = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local what, ttl, holder, channel = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local expires = now + ttl

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
local born = tonumber(redis.call('HGET', life, 'born') or now)
if redis.call('HGET', life, 'run') ~= run then
  born = now
  redis.call('HSET', life, 'run', run, 'born', now, 'whole', 0)
  redis.call('PUBLISH', channel, 'born')
end

local name = run .. ' ' .. string.format('%d', born)
if what == 'life' then return { name } end
if what == 'whole' then
  if ARGV[5] == name then
    redis.call('HSET', life, 'whole', 1)
    redis.call('PUBLISH', channel, 'free')
  end
  return {}
end

for _, member in ipairs(redis.call('ZRANGEBYSCORE', held, '-inf', now)) do
  redis.call('ZREM', held, member)
  redis.call('HDEL', needs, member)
end
for _, job in ipairs(redis.call('ZRANGEBYSCORE', asking, '-inf', now)) do
  redis.call('ZREM', asking, job)
  redis.call('ZREM', line, job)
  redis.call('HDEL', needs, job)
end

local function hold(member, text)
  redis.call('ZADD', held, string.format('%d', expires), member)
  redis.call('HSET', needs, member, text)
end

local function leave(job)
  redis.call('ZREM', asking, job)
  redis.call('HDEL', needs, job)
  return redis.call('ZREM', line, job)
end

if what == 'take' then
  local job, text = ARGV[5], ARGV[6]
  local member = job .. ' ' .. holder
  if redis.call('ZSCORE', held, member) then
    redis.call('ZADD', held, string.format('%d', expires), member)
    return { 1, expires }
  end
  local place = redis.call('ZSCORE', line, job)
  if not place then
    place = redis.call('HINCRBY', life, 'places', 1)
    redis.call('ZADD', line, place, job)
  end
  redis.call('ZADD', asking, string.format('%d', expires), job)
  redis.call('HSET', needs, job, text)

  local free = {}
  for at = 7, #ARGV, 3 do free[ARGV[at]] = tonumber(ARGV[at + 2]) end
  local known, flat = {}, redis.call('HGETALL', needs)
  for at = 1, #flat, 2 do known[flat[at]] = flat[at + 1] end
  local function without(members)
    for _, other in ipairs(members) do
      for server, count in string.gmatch(known[other] or '', '(%S+)=(%d+)') do
        if free[server] then free[server] = free[server] - count end
      end
    end
  end
  without(redis.call('ZRANGE', held, 0, -1))
  without(redis.call('ZRANGEBYSCORE', line, '-inf', '(' .. place))
  local fits = #ARGV < 7 or now >= born + ttl or redis.call('HGET', life, 'whole') == '1'
  for at = 7, #ARGV, 3 do fits = fits and tonumber(ARGV[at + 1]) <= free[ARGV[at]] end
  if not fits then return { 0, 0 } end
  leave(job)
  hold(member, text)
  return { 1, expires }
end

if what == 'renew' then
  local reply = { expires }
  for at = 5, #ARGV, 3 do
    local job, text, lasts = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
    local member = job .. ' ' .. holder
    if redis.call('ZSCORE', held, member) or now < lasts then
      hold(member, text)
    else
      reply[#reply + 1] = job
    end
  end
  return reply
end

local job = ARGV[5]
local member = job .. ' ' .. holder
redis.call('HDEL', needs, member)
if redis.call('ZREM', held, member) > 0 or leave(job) > 0 then redis.call('PUBLISH', channel, 'free') end
return {}
`;
