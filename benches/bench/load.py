"""Load by wrk, which is told what to send by load.lua."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import servers

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    requests: int
    per_second: float
    p50_us: float
    p99_us: float


def available():
    return shutil.which("wrk") is not None


def put_on(server, requests, seconds, connections, refused=False):
    """What comes of sending these requests in turn for so long. Whatever is not answered as it should ends the benchmark."""
    address = f"http://127.0.0.1:{server.port}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), address, requests]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds + 60).stdout
    seen = json.loads(next(line for line in reversed(told.splitlines()) if line.startswith("{")))
    expected = seen["requests"] if refused else 0
    if seen["broken"] or seen["refused"] != expected or not seen["requests"]:
        raise SystemExit(f"{address}: {seen} where {'all' if refused else 'none'} should be refused")
    return Load(seen["requests"], seen["requests"] / seen["seconds"], seen["p50_us"], seen["p99_us"])


def by_turns(two, request, times):
    """The microseconds that each of two servers takes for this request, asked by turns on one connection to each."""
    head = f"{request.method} {request.target} HTTP/1.1\r\nHost: h\r\n{request.key[0]}: {request.key[1]}\r\n\r\n"
    addresses = [f"127.0.0.1:{server.port}" for server in two]
    command = [str(servers.YARDSTICK), "turns", str(times), head, *addresses]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)
