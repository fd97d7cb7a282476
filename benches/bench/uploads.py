"""Uploads: the memory that a large one takes, its throughput, and how long others wait meanwhile."""

import hashlib
import http.client
import json
import multiprocessing
import os
import socket
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
# What is uploaded, again and again: making it takes longer than a list.
PART = os.urandom(1 << 20)
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
    for where, options, bare in _modes():
        with servers.assetmock("--fixture", "demo", *options) as server:
            alone = _p99(_lists(server, lambda: time.sleep(SECONDS)))
            beside = _p99(_lists(server, lambda: _elsewhere(_upload_for, server.port, SECONDS)))
            beside_bare = _p99(_lists(server, lambda: _elsewhere(_bare_uploads_for, bare, SECONDS)))
            print(f"    lists {where}: p99 {alone:.1f} ms alone, {beside:.1f} beside uploads, {beside_bare:.1f} beside the same work of a bare program")
            say(f"p99 of lists beside uploads over alone, {where}", [beside / alone], "x", 2)
            say(f"the same over beside a bare program, {where}", [beside / beside_bare], "x")


def _modes():
    """How the server stores, and where the bare program does."""
    yield "in memory", ("--max-stored-bytes", str(900 << 20)), ":memory:"
    with tempfile.TemporaryDirectory(dir=servers.SCRATCH) as folder:
        options = ("--database", f"{folder}/library.sqlite", "--max-stored-bytes", str(64 << 30))
        yield "in a file", options, f"{folder}/bare.sqlite"


def _upload(port, size=SIZE):
    """Uploads so many bytes at KonPro, and says how many seconds that took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"x-api-key": "konpro_demo", "Content-Type": "video/mp4", "Content-Length": str(size)}
    began = time.perf_counter()
    connection.request("POST", "/konpro/v1/asset", (PART for _ in range(size >> 20)), headers)
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - began
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"an upload was answered with {answer.status}: {body[:300]!r}")
    return took


def _elsewhere(work, *arguments):
    """Does some work in another process, so that it takes no time of the thread that measures."""
    process = multiprocessing.Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{work.__name__} failed")


def _upload_for(port, seconds):
    """Uploads one file after the other, and deletes each, since memory would be full soon."""
    other, ends = servers.Server(port, None), time.perf_counter() + seconds
    while time.perf_counter() < ends:
        _upload(port, 20 << 20)
        newest = json.loads(other.ask(vendors.KONPRO.list("limit=1&file_type=video"))[2])["assets"][0]
        other.ask(servers.Request(f"/konpro/v1/asset/{newest['id']}", vendors.KONPRO.key, "DELETE"))


def _bare_uploads_for(file, seconds):
    """What an upload cannot do without: a client that sends, and a program that receives, takes the MD5 and inserts."""
    client, receiver = socket.socketpair()
    sender = threading.Thread(target=_send_for, args=(client, seconds))
    sender.start()
    database, digest, chunk = _bare_database(file), hashlib.md5(), bytearray(CHUNK)
    while receiver.recv_into(chunk, CHUNK, socket.MSG_WAITALL) == CHUNK:
        digest.update(chunk)
        database.execute("REPLACE INTO chunk (seq, bytes) VALUES (abs(random()) % 80, ?)", (chunk,))
    sender.join()
    database.close()
    receiver.close()


def _send_for(client, seconds):
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        client.sendall(PART)
    client.close()


def _bare_database(file):
    database = sqlite3.connect(file, isolation_level=None)
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE chunk (seq INTEGER PRIMARY KEY, bytes BLOB)")
    return database


def _insert(file):
    """Inserts the same bytes in the same chunks, each in a transaction of its own as the emulator does, without anything
    else; says how many seconds that took."""
    database = _bare_database(file)
    began = time.perf_counter()
    for _ in range(SIZE // CHUNK):
        database.execute("INSERT INTO chunk (bytes) VALUES (?)", (PART[:CHUNK],))
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
