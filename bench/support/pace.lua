-- wrk: each connection asks, waits for the answer, and rests for a while, so that what is slow does not set the pace.
local longest -- milliseconds of a rest; the shortest is none

function init(args)
  longest = 2 * tonumber(args[1])
  math.randomseed(tonumber(args[2]))
end

function delay()
  return math.random(0, longest)
end

function done(summary, latency)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout
  io.write(string.format('paced {"p50":%f,"p99":%f,"count":%d,"failed":%d}\n', latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.requests, failed))
end
