"""Load by wrk, which is told what to send by load.lua."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
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
    return Load(seen["requests"] / seen["seconds"], seen["p50_us"], seen["p99_us"])
