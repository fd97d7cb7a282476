"""Uploads: the memory that a large one takes, its throughput, and how long others wait meanwhile."""

import http.client
import json
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import servers
import vendors

SIZE = 200 << 20
# The length of a chunk in the database, which is that of the emulator.
CHUNK = 256 << 10
SECONDS = 4


def uploads(say):
    with tempfile.TemporaryDirectory(dir=servers.SCRATCH) as folder:
        ours, bare, resident = [], [], []
        for number in range(3):
            file = Path(folder) / f"library{number}.sqlite"
            with servers.assetmock("--fixture", "demo", "--database", str(file)) as server:
                with _watched(server) as seen:
                    ours.append(_upload(server.port))
                resident.append(max(seen) if seen else None)
            bare.append(_insert(Path(folder) / f"bare{number}.sqlite"))
        print(f"    an upload {SIZE / 1e6 / statistics.median(ours):.0f} MB/s, SQLite alone {SIZE / 1e6 / statistics.median(bare):.0f}")
        say("most resident while 200 MiB are uploaded into a file", resident, "MB", 60)
        say("an upload of 200 MiB over the same chunks in SQLite", [mine / its for mine, its in zip(ours, bare)], "x", 2)
    for where, options in _modes():
        with servers.assetmock("--fixture", "demo", *options) as server:
            alone = _lists(server, lambda: time.sleep(SECONDS))
            beside = _lists(server, lambda: _upload_for(server, SECONDS))
            print(f"    lists {where}: p99 {_p99(alone):.1f} ms alone, {_p99(beside):.1f} beside uploads")
            say(f"p99 of lists beside uploads over alone, {where}", [_p99(beside) / _p99(alone)], "x", 2)


def _modes():
    yield "in memory", ("--max-stored-bytes", str(900 << 20))
    with tempfile.TemporaryDirectory(dir=servers.SCRATCH) as folder:
        yield "in a file", ("--database", f"{folder}/library.sqlite", "--max-stored-bytes", str(64 << 30))


def _upload(port, size=SIZE):
    """Uploads so many bytes at KonPro, and says how many seconds that took."""
    part = os.urandom(1 << 20)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"x-api-key": "konpro_demo", "Content-Type": "video/mp4", "Content-Length": str(size)}
    began = time.perf_counter()
    connection.request("POST", "/konpro/v1/asset", (part for _ in range(size >> 20)), headers)
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"an upload was answered with {answer.status}: {body[:300]!r}")
    return took


def _upload_for(server, seconds):
    """Uploads one file after the other, and deletes each, since memory would be full soon."""
    other, ends = servers.Server(server.port, server.process), time.perf_counter() + seconds
    while time.perf_counter() < ends:
        _upload(server.port, 20 << 20)
        newest = json.loads(other.ask(vendors.KONPRO.list("limit=1&file_type=video"))[2])["assets"][0]
        other.ask(servers.Request(f"/konpro/v1/asset/{newest['id']}", vendors.KONPRO.key, "DELETE"))


def _insert(file):
    """Inserts the same bytes in the same chunks, each in a transaction of its own as the emulator does, without anything
    else; says how many seconds that took."""
    part = os.urandom(CHUNK)
    database = sqlite3.connect(file, isolation_level=None)
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE chunk (seq INTEGER PRIMARY KEY, bytes BLOB)")
    began = time.perf_counter()
    for _ in range(SIZE // CHUNK):
        database.execute("INSERT INTO chunk (bytes) VALUES (?)", (part,))
    took = time.perf_counter() - began
    database.close()
    return took


@contextmanager
def _watched(server):
    """The resident memory of a server meanwhile, in MB."""
    seen, over = [], threading.Event()

    def watch():
        while not over.wait(0.01):
            seen.extend(resident for resident in [server.resident_mb()] if resident is not None)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _lists(server, work):
    """How long pages that nobody has asked for before take while `work` runs, in milliseconds."""
    taken, over, asked = [], threading.Event(), servers.Server(server.port, server.process)

    def ask():
        while not over.is_set():
            began = time.perf_counter()
            asked.ask(vendors.FLORA.list(f"limit=20&query=zz{time.perf_counter_ns()}"))
            taken.append((time.perf_counter() - began) * 1000)

    reader = threading.Thread(target=ask)
    reader.start()
    work()
    over.set()
    reader.join()
    return taken


def _p99(taken):
    return sorted(taken)[int(len(taken) * 0.99)]
