/**
 * What is sent to one mailbox by all workers, by the clock of Redis in milliseconds.
 *
 *   key     type    what
 *   pause   string  what the server said, as long as it asked to wait
 *   way     zset    `<id> <places>` of each request under way, by when it is given up
 *   sent    hash    requests, and
 *   upload  hash    bytes, by the slice of time they were answered in, or sent in as long as they are not
 *
 * A window is kept in a hundred slices: what is in one leaves it with it, up to this part of the window late, never early.
 *
 * ARGV: what, then
 *   enter     id, requests, places, bytes, most places, most requests, ms of their window, most bytes, ms of theirs, ms until given up
 *             -> { 'room', when }; { 'pause', ms, words }; { 'concurrent', 0 }; { 'requests' | 'upload', ms until there may be room }
 *   renew     ms until given up, then `<id> <places>` of each
 *   answered  id, requests, places, bytes, when it entered, ms of the window of requests, ms of that of bytes
 *   pause     ms, words
 */
export const REQUESTS = `
local pause, way, sent, upload = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function arg(index) return tonumber(ARGV[index]) end
local function slice_of(at, window)
  local slice = math.ceil(window / 100)
  return string.format('%d', math.floor(at / slice) * slice)
end

local function room(key, amount, most, window)
  local slices, sum, all = {}, 0, redis.call('HGETALL', key)
  for at = 1, #all, 2 do
    local leaves = tonumber(all[at]) + math.ceil(window / 100) + window
    if leaves <= now then
      redis.call('HDEL', key, all[at])
    else
      slices[#slices + 1] = { leaves, tonumber(all[at + 1]) }
      sum = sum + tonumber(all[at + 1])
    end
  end
  local over = sum + math.min(amount, most) - most
  if over <= 0 then return nil end
  table.sort(slices, function(a, b) return a[1] < b[1] end)
  for _, slice in ipairs(slices) do
    over = over - slice[2]
    if over <= 0 then return slice[1] - now end
  end
  return 1
end

local function add(key, at, amount, window)
  if amount == 0 then return end
  if redis.call('HINCRBY', key, slice_of(at, window), string.format('%d', amount)) <= 0 then
    redis.call('HDEL', key, slice_of(at, window))
  end
  redis.call('PEXPIRE', key, math.ceil(window * 1.1) + 1000)
end

if ARGV[1] == 'enter' then
  local left = redis.call('PTTL', pause)
  if left > 0 then return { 'pause', left, redis.call('GET', pause) } end
  redis.call('ZREMRANGEBYSCORE', way, '-inf', now)
  local taken = 0
  for _, member in ipairs(redis.call('ZRANGE', way, 0, -1)) do
    taken = taken + tonumber(string.match(member, ' (%d+)$'))
  end
  if taken > 0 and taken + arg(4) > arg(6) then return { 'concurrent', 0 } end
  local ms = room(sent, arg(3), arg(7), arg(8))
  if ms then return { 'requests', ms } end
  ms = arg(5) > 0 and room(upload, arg(5), arg(9), arg(10))
  if ms then return { 'upload', ms } end
  redis.call('ZADD', way, string.format('%d', now + arg(11)), ARGV[2] .. ' ' .. ARGV[4])
  redis.call('PEXPIRE', way, arg(11))
  add(sent, now, arg(3), arg(8))
  add(upload, now, arg(5), arg(10))
  return { 'room', now }
end

if ARGV[1] == 'renew' then
  for at = 3, #ARGV do redis.call('ZADD', way, string.format('%d', now + arg(2)), ARGV[at]) end
  redis.call('PEXPIRE', way, arg(2))
  return {}
end

if ARGV[1] == 'answered' then
  if redis.call('ZREM', way, ARGV[2] .. ' ' .. ARGV[4]) == 0 then return {} end
  for _, each in ipairs({ { sent, arg(3), arg(7) }, { upload, arg(5), arg(8) } }) do
    add(each[1], now, each[2], each[3])
    if arg(6) > 0 then add(each[1], arg(6), -each[2], each[3]) end
  end
  return {}
end

if arg(2) > redis.call('PTTL', pause) then redis.call('SET', pause, ARGV[3], 'PX', ARGV[2]) end
return {}
`;
