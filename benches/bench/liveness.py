"""How long a request waits beside others: readers beside writers, with and without a file."""

import itertools
import json
import threading
import time
from contextlib import contextmanager

import servers
import vendors
from servers import Request

SECONDS = 6


class Client:
    """A connection of its own. It notes how long answers took, in milliseconds, and the worst status."""

    def __init__(self, server):
        self.server = servers.Server(server.port, server.process)
        self.taken, self.worst = [], 0

    def ask(self, request):
        began = time.perf_counter()
        status, _, body = self.server.ask(request)
        self.taken.append((time.perf_counter() - began) * 1000)
        self.worst = max(self.worst, status)
        return json.loads(body) if body else None

    def steer(self, method, path, body=None):
        return self.ask(Request(f"/_emulator{path}", method=method, body="" if body is None else json.dumps(body)))

    def new_page(self, keys, number):
        """A page that nobody has asked for before."""
        return self.ask(vendors.FLORA.list(f"limit=20&query=zz{number}", vendors.FLORA.with_key(keys["flora"])))


@contextmanager
def _beside(workers):
    """Runs each of these again and again in a thread of its own; gives how often they ran by now."""
    over, counts = threading.Event(), [0] * len(workers)

    def run(place, work):
        while not over.is_set():
            work()
            counts[place] += 1

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(workers)]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _modes():
    import tempfile
    yield "in memory", ()
    with tempfile.TemporaryDirectory() as folder:
        yield "in a file", ("--database", f"{folder}/library.sqlite")


def liveness(say):
    worst = 0
    for where, options in _modes():
        for measure in (one_writer, writers_elsewhere, beside_generate):
            with servers.assetmock(*options) as server:
                clients = measure(say, server, where)
                worst = max([worst, *(client.worst for client in clients)])
    say("the worst status of all these requests", [worst], "", 299)


def one_writer(say, server, where):
    """A writer and a reader of the same 20,000 assets."""
    writer, reader = Client(server), Client(server)
    made = writer.steer("POST", "/workspaces", {"generate": {"count": 20_000}})
    path = f"/workspaces/{made['id']}/assets"
    asset = writer.steer("GET", f"{path}?limit=1")["assets"][0]["ids"]["flora"]
    numbers, ends = itertools.count(), time.perf_counter() + SECONDS
    with _beside([lambda: writer.steer("PATCH", f"{path}/{asset}", {"name": f"n{next(numbers)}"})]) as writes:
        while time.perf_counter() < ends:
            reader.new_page(made["keys"], len(reader.taken))
    print(f"    {writes[0]} writes, {len(reader.taken)} pages in {SECONDS} s")
    say(f"a page beside a writer, 20,000 assets {where}: slowest", [max(reader.taken)], "ms", 250)
    return [writer, reader]


def writers_elsewhere(say, server, where):
    """Sixteen clients that write to workspaces of their own, and one that makes workspaces and asks them once."""
    writers, fresh = [Client(server) for _ in range(16)], Client(server)
    made = [writer.steer("POST", "/workspaces", {"generate": {"count": 240}})["id"] for writer in writers]
    one = {"assets": [{"name": "a.png", "mime_type": "image/png"}]}
    work = [lambda w=writer, i=id: w.steer("POST", f"/workspaces/{i}/assets", one) for writer, id in zip(writers, made)]
    first, ends = [], time.perf_counter() + SECONDS
    with _beside(work) as writes:
        while time.perf_counter() < ends:
            keys = fresh.steer("POST", "/workspaces", {})["keys"]
            fresh.new_page(keys, 0)
            first.append(fresh.taken[-1])
    first.sort()
    print(f"    {sum(writes)} writes, {len(first)} fresh workspaces in {SECONDS} s")
    say(f"first request beside 16 writers elsewhere {where}: p99", [first[int(len(first) * 0.99)]], "ms", 100)
    return [*writers, fresh]


def beside_generate(say, server, where):
    """Health, new pages and new workspaces while 200,000 assets are generated."""
    other, health, pages, maker = (Client(server) for _ in range(4))
    keys = maker.steer("POST", "/workspaces", {"fixture": "demo", "workspace": "ws_demo"})["keys"]
    maker.taken.clear()
    generating = threading.Thread(target=lambda: other.steer("POST", "/workspaces", {"generate": {"count": 200_000}}))
    generating.start()
    while generating.is_alive():
        health.steer("GET", "/health")
        pages.new_page(keys, len(pages.taken))
        maker.steer("POST", "/workspaces", {})
    generating.join()
    print(f"    {len(pages.taken)} rounds in {other.taken[-1] / 1000:.1f} s")
    for what, client in (("health", health), ("a new page", pages), ("a new workspace", maker)):
        say(f"{what} while 200,000 assets are generated {where}: slowest", [max(client.taken)], "ms", 250)
    return [other, health, pages, maker]
