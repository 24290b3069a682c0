-- Hands out send slots of one route: GCRA (generic cell rate algorithm, ITU-T I.371) with no burst.
-- KEYS[1]  the route's theoretical arrival time: when its next segment may begin, in microseconds
-- ARGV[1]  microseconds between two segments
-- ARGV[2]  how many segments are wanted
-- ARGV[3]  how far ahead of now a slot may lie, in microseconds
-- Answers {now, first slot minus now, slots granted}: slots follow each other by ARGV[1]; where none
-- is granted, the second number is how long to wait before asking again. Time is Redis's own, so all
-- workers on all machines share one metronome; slots nobody asked for are gone.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local wanted = tonumber(ARGV[2])
local horizon = now + tonumber(ARGV[3])

local next_slot = tonumber(redis.call('GET', KEYS[1]) or 0)
if next_slot < now then
  next_slot = now
end
if next_slot > horizon then
  return { now, math.ceil(next_slot - horizon), 0 }
end
local granted = math.min(wanted, math.floor((horizon - next_slot) / interval) + 1)
local after = next_slot + granted * interval
-- The key lives a little longer than the slots it speaks of; a flushed Redis starts from now.
redis.call('SET', KEYS[1], string.format('%.3f', after), 'PX', math.ceil((after - now) / 1000) + 10000)
return { now, math.floor(next_slot - now), granted }
