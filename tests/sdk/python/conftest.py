"""Starts the server under test, and reads the demo world that its answers are compared with."""

import json
import os
import subprocess
import time
import urllib.request
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


NAMES = [f"{number}.png" for number in range(9, 0, -1)]
PICTURES = {
    "workspaces": [
        {
            "id": "ws_pictures",
            "assets": [
                {"name": name, "mime_type": "image/png", "created_at": f"2026-03-0{name[0]}T00:00:00Z"}
                for name in reversed(NAMES)
            ],
        }
    ]
}


class World:
    """A workspace of its own on a server, steered through the emulator's own API to test a client of one provider. It holds
    nine pictures, the newest first in NAMES."""

    def __init__(self, server, provider):
        self.origin = server.origin
        made = self.call("POST", "/workspaces", {"fixture": PICTURES})
        self.scope = {"workspace": made["id"], "provider": provider}
        self.path = f"/workspaces/{made['id']}"
        self.key, self.base_url = made["keys"][provider], made["base_urls"][provider]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}/_emulator{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=20) as response:
            text = response.read()
        return json.loads(text) if text else None

    def fault(self, effect, match=None, **rest):
        match = {**self.scope, **(match or {})}
        return self.call("POST", "/faults", {"match": match, "effect": effect, **rest})

    def limit(self, limits):
        return self.call("PATCH", f"{self.path}/keys/{self.key}", {"limits": limits})

    def turn_clock(self, **how):
        return self.call("POST", f"{self.path}/clock", how)

    def sent(self, *requests):
        """The journal holds these requests, in this order, and no others."""
        entries = self.call("GET", f"/journal?workspace={self.scope['workspace']}&limit=1000")["entries"]
        told = "\n".join(f"{entry['target']} {entry['status']} {entry['faults']}" for entry in entries)
        assert len(entries) == len(requests), told
        expectations = {"scope": self.scope, "requests": requests, "in_order": True, "only": True}
        assert self.call("POST", "/journal/verify", expectations) == {"ok": True}, told
        return entries
