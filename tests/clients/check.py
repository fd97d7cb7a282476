#!/usr/bin/env python3
"""Generates clients from the OpenAPI document of a running server, as its users would, and makes the manual's calls with
them: the types are checked, and the calls made. A warning of a generator is a failure.

ASSETMOCK_BIN names the program, CLIENTS_NODE a folder with the node_modules of typescript/. Run with a Python that has the
packages of python/requirements.txt. `tests/run` does all of it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOOLS = Path(sys.executable).parent
NODE = Path(os.environ["CLIENTS_NODE"])
# What generators say when they leave something out.
COMPLAINTS = re.compile("(?i)warn|skip|could not|cannot|unable|error|omitted|unsupported")


@contextmanager
def server(folder):
    """A server with the demo world and a frozen clock; its origin."""
    port_file, log = folder / "port", folder / "log"
    port_file.unlink(missing_ok=True)
    command = [os.environ["ASSETMOCK_BIN"], "serve", "--listen", "127.0.0.1:0", "--port-file", str(port_file)]
    command += ["--clock", "2026-03-21T12:00:00Z", "--seed", "7", "--log-level", "warn"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + 20
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start:\n{log.read_text()}")
            time.sleep(0.005)
        yield f"http://127.0.0.1:{int(port_file.read_text())}"
    finally:
        process.kill()
        process.wait()


def run(command, folder, **environment):
    """What it says; the end of everything unless it succeeds."""
    environment = {**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1", **environment}
    # The calls go to this machine.
    environment = {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=300,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def generate(command, folder):
    said = run(command, folder)
    if COMPLAINTS.search(said):
        sys.exit(f"{' '.join(map(str, command))}\n{said}")


def typescript(document, folder):
    for source in ("calls.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / "typescript" / source, folder)
    (folder / "node_modules").symlink_to(NODE / "node_modules")
    tools = NODE / "node_modules/.bin"
    generate([tools / "openapi-typescript", document, "-o", "api.d.ts"], folder)
    run([tools / "tsc"], folder)
    with server(folder) as origin:
        return run(["node", "made/calls.js", origin], folder)


def python(document, folder):
    generate([TOOLS / "openapi-python-client", "generate", "--path", document, "--output-path", "made"], folder)
    calls = HERE / "python/calls.py"
    run([TOOLS / "mypy", "--strict", "--cache-dir", folder / "cache", calls], folder, MYPYPATH="made")
    with server(folder) as origin:
        return run([sys.executable, calls, origin], folder, PYTHONPATH="made")


def main():
    with tempfile.TemporaryDirectory(prefix="assetmock-clients-") as folder:
        folder = Path(folder)
        document = folder / "openapi.json"
        with server(folder) as origin:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            document.write_bytes(opener.open(f"{origin}/_emulator/openapi.json", timeout=20).read())
        for client in (typescript, python):
            started = time.monotonic()
            (folder / client.__name__).mkdir()
            # Generators say which document they read, and its folder's name could be taken for a complaint.
            said = client(Path("..", document.name), folder / client.__name__)
            print(f"{client.__name__}: {said.count(': good')} parts good in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
