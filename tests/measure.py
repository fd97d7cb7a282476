#!/usr/bin/env python3
"""Measures what issue-sized promises rest on, by hand: `ASSETMOCK_BIN=target/release/assetmock tests/measure.py`.

Medians in milliseconds over loopback, one client, one connection, the standard library only: workspaces made and removed,
a snapshot of 10,000 assets restored, and a list request with the journal on and off. A fixed loop of Python is timed before
and after, and between the two servers of the last: as far as it differs, the machine was busy with something else."""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROUNDS = 200
RESTORED = 50
REQUESTS = 300
TURNS = 20
KEY = {"x-api-key": "konpro_demo"}


class Client:
    """A client that keeps its connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, None if body is None else json.dumps(body), headers or {})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status} {text[:500]!r}")
        return text

    def timed(self, method, path, body=None, headers=None):
        """Milliseconds from the request to the end of its answer; the body is made before."""
        text = None if body is None else json.dumps(body)
        began = time.perf_counter()
        self.connection.request(method, path, text, headers or {})
        answer = self.connection.getresponse()
        answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status >= 300:
            sys.exit(f"{method} {path}: {answer.status}")
        return took


@contextmanager
def server(*options):
    """A server of the demo world on a free port; a client of it."""
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "port"
        command = [os.environ["ASSETMOCK_BIN"], "serve", "--listen", "127.0.0.1:0", "--port-file", str(port_file)]
        options = [option.replace("FOLDER", folder) for option in options]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen([*command, "--log-level", "warn", "--no-limits", *options], **quiet)
        try:
            deadline = time.monotonic() + 20
            while not port_file.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit("the server did not start")
                time.sleep(0.005)
            yield Client(int(port_file.read_text()))
        finally:
            process.kill()
            process.wait()


def say(what, times):
    times = sorted(times)
    tenth = len(times) // 10
    print(f"{what:<46} {statistics.median(times):8.3f}   {times[tenth]:8.3f} to {times[-1 - tenth]:8.3f}   {len(times):5}")


def loop():
    """How long a fixed piece of work takes: the machine's noise."""
    times = []
    for _ in range(20):
        began = time.perf_counter()
        sum(number * number for number in range(200_000))
        times.append((time.perf_counter() - began) * 1000)
    say("(a fixed loop of Python)", times)


def fixture(assets):
    picture = {"mime_type": "image/png", "created_at": "2026-03-01T10:00:00Z", "size_bytes": 1}
    held = [{**picture, "name": f"{number}.png", "tags": ["model"]} for number in range(assets)]
    return {"workspaces": [{"id": "ws_inline", "assets": held}]}


def workspaces(client, where):
    """Each kind is made anew in every round: the emulator keeps what it made workspaces from lately."""
    kinds = {
        "empty": lambda number: {},
        "demo": lambda number: {"fixture": "demo", "workspace": "ws_demo"},
        "generate 240, the same": lambda number: {"generate": {"count": 240, "seed": 1}},
        "generate 240, another each time": lambda number: {"generate": {"count": 240, "seed": 1000 + number}},
        "inline 240, the same": lambda number: {"fixture": inline},
        "inline 240, another each time": lambda number: {"fixture": {**inline, "$schema": str(number)}},
    }
    inline = fixture(240)
    for kind, wanted in kinds.items():
        made, removed = [], []
        for number in range(ROUNDS):
            made.append(client.timed("POST", "/_emulator/workspaces", {"id": "ws_timed", **wanted(number)}))
            removed.append(client.timed("DELETE", "/_emulator/workspaces/ws_timed"))
        say(f"{where}: make a workspace, {kind}", made)
        say(f"{where}: remove it", removed)
    made, removed = [], []
    for number in range(ROUNDS):
        client.ask("POST", "/_emulator/workspaces", {"id": "ws_timed", "generate": {"count": 240, "seed": 1}})
        one = {"assets": [{"name": "one.png", "mime_type": "image/png"}]}
        made.append(client.timed("POST", "/_emulator/workspaces/ws_timed/assets", one))
        removed.append(client.timed("DELETE", "/_emulator/workspaces/ws_timed"))
    say(f"{where}: the first change of 240 shared", made)
    say(f"{where}: remove 240 of its own", removed)


def snapshots(client, where):
    client.ask("POST", "/_emulator/workspaces", {"id": "ws_large", "generate": {"count": 10_000, "seed": 1}})
    saved, restored, changed = [], [], []
    one = {"assets": [{"name": "one.png", "mime_type": "image/png"}]}
    for _ in range(RESTORED):
        saved.append(client.timed("PUT", "/_emulator/snapshots/large"))
        # Without a change there would be nothing to put back.
        changed.append(client.timed("POST", "/_emulator/workspaces/ws_large/assets", one))
        restored.append(client.timed("POST", "/_emulator/snapshots/large/restore"))
    say(f"{where}: save a snapshot of 10,000 assets", saved)
    say(f"{where}: the first change after it", changed)
    say(f"{where}: restore it after that change", restored)


def lists():
    """Both servers at once and in turn, so that what else the machine does falls on both."""
    with server("--fixture", "demo") as on, server("--fixture", "demo", "--journal-entries", "0") as off:
        times = {"on": [], "off": []}
        sides = {"on": on, "off": off}
        for client in sides.values():
            for _ in range(REQUESTS):
                client.timed("GET", "/konpro/v1/asset/list", headers=KEY)
        rounds = []
        for turn in range(TURNS):
            order = ("on", "off") if turn % 2 else ("off", "on")
            medians = {}
            for side in order:
                some = [sides[side].timed("GET", "/konpro/v1/asset/list", headers=KEY) for _ in range(REQUESTS)]
                medians[side] = statistics.median(some)
                times[side] += some
            rounds.append(medians["on"] / medians["off"])
        say("list request, journal on", times["on"])
        say("list request, journal off", times["off"])
        rounds.sort()
        cost = [(ratio - 1) * 100 for ratio in (statistics.median(rounds), rounds[0], rounds[-1])]
        print("what the journal costs, by turns                  {:+.1f} %   ({:+.1f} % to {:+.1f} %)".format(*cost))


print(f"{'':<46} {'median':>8}   {'from':>8}    {'to':>8}   {'times':>5}   (ms; four fifths lie between)")
loop()
for where, options in {"memory": [], "file": ["--database", "FOLDER/a.sqlite"]}.items():
    with server(*options) as client:
        workspaces(client, where)
        snapshots(client, where)
    loop()
lists()
loop()
