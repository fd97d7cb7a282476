"""Starts the server under test, and reads the demo world that its answers are compared with."""

import json
import os
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

CLOCK = "2026-03-21T12:00:00Z"
LAST_SECOND_OF_THE_WINDOW = "2026-03-21T12:00:59Z"
WORLD = Path(__file__).resolve().parent.parent / "world.json"


@pytest.fixture(scope="session")
def binary():
    path = os.environ.get("ASSETMOCK_BIN")
    if not path:
        pytest.exit("ASSETMOCK_BIN must name the assetmock binary", returncode=2)
    return path


class Server:
    def __init__(self, command, port_file):
        self.process = subprocess.Popen([*command, "--port-file", str(port_file)])
        deadline = time.monotonic() + 10
        while not port_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                pytest.fail(f"the server did not start (exit code {self.process.wait()})")
            time.sleep(0.002)
        self.origin = f"http://127.0.0.1:{int(port_file.read_text())}"

    def stop(self):
        """SIGTERM must end it with code 0, whoever is still connected; how soon is for a benchmark to say."""
        self.process.terminate()
        try:
            assert self.process.wait(timeout=20) == 0
        finally:
            self.process.kill()


@pytest.fixture
def serve(binary, tmp_path):
    """Starts servers with a frozen clock; those still running after the test must stop cleanly."""
    servers = []

    def start(*options, clock=CLOCK):
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--clock", clock, *options]
        servers.append(Server(command, tmp_path / f"port-{len(servers)}"))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.returncode is None:
            server.stop()


@pytest.fixture
def server(serve):
    return serve("--fixture", "demo", "--fixture", "docs", "--fixture", str(WORLD))


@pytest.fixture(scope="session")
def demo(binary):
    """The demo workspace, in the fixture format, in the order its assets were inserted."""
    printed = subprocess.run(
        [binary, "export", "--fixture", "demo", "--workspace", "ws_demo"],
        check=True,
        capture_output=True,
        timeout=10,
    ).stdout
    [workspace] = json.loads(printed)["workspaces"]
    for asset in workspace["assets"]:
        asset["created_at"] = datetime.fromisoformat(asset["created_at"])
    return workspace


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """No client setting and no proxy leaks in from the outside."""
    for name in ("TWELVELABS_BASE_URL", "TWELVE_LABS_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
