"""Servers that are started, asked and ended here. Only loopback is used, and whatever is started is ended."""

import http.client
import json
import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = TARGET / "release" / "assetmock"
YARDSTICK = TARGET / "release" / "examples" / "yardstick"
SCRATCH = TARGET / "bench"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass(frozen=True)
class Request:
    target: str
    key: tuple = ("x-api-key", "none")
    method: str = "GET"
    body: str = ""

    def line(self):
        """The request as load.lua reads it."""
        return "\t".join([self.method, self.target, *self.key, self.body])


class Server:
    def __init__(self, port, process):
        self.port, self.process = port, process
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, request):
        """The answer to a request: status, headers, body."""
        headers = dict([request.key])
        if request.body:
            headers["Content-Type"] = "application/json"
        self.connection.request(request.method, request.target, request.body or None, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()

    def steer(self, method, path, body=None):
        """The emulator's own API."""
        text = "" if body is None else json.dumps(body)
        status, _, answer = self.ask(Request(f"/_emulator{path}", method=method, body=text))
        if status >= 300:
            raise SystemExit(f"{method} {path}: {status} {answer[:300]!r}")
        return json.loads(answer) if answer else None

    def resident_mb(self):
        """Resident memory in MB; only Linux tells it without a library."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        except OSError:
            return None
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def processor_seconds(self):
        """Processor time so far, to the nanosecond; only Linux tells it without a library."""
        try:
            threads = list(Path(f"/proc/{self.process.pid}/task").iterdir())
            return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
        except OSError:
            return None


@contextmanager
def on_core(number):
    """Whatever this thread starts meanwhile runs on this one of its cores, where there are as many and the system can do so."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if number >= len(cores):
        yield
        return
    os.sched_setaffinity(0, {cores[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def _running(command, port_of):
    process = subprocess.Popen(command, **QUIET)
    try:
        yield Server(port_of(process), process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def assetmock(*options):
    """The emulator on a free port, without limits and quiet."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "port"
        fixed = ["serve", "--listen", "127.0.0.1:0", "--port-file", str(file), "--no-limits", "--log-level", "error"]

        def port(process):
            return int(_await(process, lambda: file.read_text() if file.exists() else None))

        with _running([str(BINARY), *fixed, *options], port) as server:
            yield server


@contextmanager
def yardstick(recorded):
    """The barest server with these answers."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(recorded, file)
        file.flush()
        probe = __import__("socket").create_server(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        with _running([str(YARDSTICK), "serve", f"127.0.0.1:{port}", file.name], lambda process: port) as server:
            _await(server.process, lambda: _answers(port))
            yield server


def _answers(port):
    try:
        __import__("socket").create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return None


def _await(process, look):
    deadline = time.monotonic() + 30
    while (seen := look()) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{process.args[0]} did not start")
        time.sleep(0.005)
    return seen


def recorded(server, requests):
    """The answers to these requests, as the yardstick reads them."""
    answers = []
    for request in requests:
        status, headers, body = server.ask(request)
        headers = [(name, value) for name, value in headers if name.lower() not in ("content-length", "connection")]
        answers.append({"method": request.method, "target": request.target, "key": request.key[1], "status": status,
                        "headers": headers, "body": body.decode()})
    return answers


def million():
    """A database with a million assets in `ws_demo`, made once; and how many seconds that took, if it was now."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    file = SCRATCH / "million.sqlite"
    made_by = SCRATCH / "million.by"
    mark = f"{BINARY.stat().st_mtime_ns}"
    if file.exists() and made_by.exists() and made_by.read_text() == mark:
        return file, None
    for old in SCRATCH.glob("million.*"):
        old.unlink()
    began = time.perf_counter()
    subprocess.run([str(BINARY), "generate", "--count", "1000000", "--database", str(file)], check=True, **QUIET)
    took = time.perf_counter() - began
    made_by.write_text(mark)
    return file, took
