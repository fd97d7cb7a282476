-- Sends the requests of a file in turn, and tells what came of them as one line of JSON.
-- A line of the file: method, target, header name, header value, body, with tabs between them.
local prepared, turn = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local method, target, name, value, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$")
    local headers = { [name] = value }
    if body ~= "" then headers["Content-Type"] = "application/json" end
    table.insert(prepared, wrk.format(method, target, headers, body ~= "" and body or nil))
  end
end

function request()
  turn = turn % #prepared + 1
  return prepared[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50_us":%f,"p99_us":%f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
