"""Runs the benchmarks and says which bars are met; see benches/README.md."""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cases
import figures
import load
import servers

RESULTS = Path(__file__).resolve().parents[1] / "results"


def options():
    parser = argparse.ArgumentParser(prog="benches/run", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="runs of either server a case, one after the other (5)")
    parser.add_argument("--seconds", type=int, default=2, help="how long a run takes (2)")
    parser.add_argument("--only", default="", metavar="REGEX", help="only what has such a name")
    parser.add_argument("--long", action="store_true", help="also load one server for ten minutes, and watch its memory")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("--skip-build", action="store_true", help="measure what was built before")
    parser.add_argument("--smoke", action="store_true", help="one short pair of a few cases: that it works, not how fast")
    parser.add_argument("--strict", action="store_true", help="end with exit code 1 if a bar is missed")
    return parser.parse_args()


def ratios(case, pairs, seconds):
    """Throughput, p50 and p99 of ours over the yardstick's, for each pair."""
    found = []
    with cases.opened(case) as (ours, bare, file):
        for number in range(pairs):
            order = [ours, bare] if number % 2 else [bare, ours]
            seen = {server: load.put_on(server, file, seconds, case.connections, case.refused) for server in order}
            mine, its = seen[ours], seen[bare]
            found.append({"throughput": mine.per_second / its.per_second, "p50": mine.p50_us / its.p50_us,
                          "p99": mine.p99_us / its.p99_us, "per_second": mine.per_second})
    return found


class Report:
    def __init__(self):
        self.rows, self.missed = [], []

    def add(self, name, values, unit, bar, met, more=None):
        row = {"name": name, "median": statistics.median(values), "least": min(values), "most": max(values),
               "unit": unit, "bar": bar, "met": met, **(more or {})}
        self.rows.append(row)
        if met is False:
            self.missed.append(name)
        verdict = {True: "met", False: "MISSED", None: ""}[met]
        spread = f"{row['median']:9.2f} {unit:<3} ({row['least']:.2f} to {row['most']:.2f})"
        limit = "" if bar is None else f"bar {bar:g}"
        extra = "".join(f"  {key} x{value:.2f}" for key, value in (more or {}).items() if key.startswith("p"))
        print(f"{name:<58} {spread:<34} {limit:<9} {verdict}{extra}", flush=True)

    def ratio(self, case, found):
        values = [pair["throughput"] for pair in found]
        median = statistics.median(values)
        more = {key: statistics.median(pair[key] for pair in found) for key in ("p50", "p99", "per_second")}
        self.add(case.name, values, "x", case.bar, None if case.bar is None else median >= case.bar,
                 {"p50": more["p50"], "p99": more["p99"], "requests_per_second": more["per_second"]})
        if case.name.startswith("first page"):
            tails = [pair["p99"] for pair in found]
            self.add(f"p99 of 32 connections, {case.name}", tails, "x", 3, more["p99"] <= 3)

    def figure(self, name, values, unit, bar=None):
        values = list(values)
        if None in values:
            print(f"{name:<58} not measured on this system")
            return
        self.add(name, values, unit, bar, None if bar is None else statistics.median(values) <= bar)


def journal(report, pairs):
    """What the journal costs: ours with it over ours without it, side by side on one core, with all load from another. It
    costs less than these machines change from one second to the next, so both are under load at the same time; and less than
    one start of the same program differs from another, so there are many of them."""
    import vendors
    file = servers.SCRATCH / "journal.tsv"
    for vendor in vendors.ALL:
        file.write_text(vendor.list().line() + "\n")
        found = [side_by_side(vendor, str(file)) for _ in range(pairs)]
        for of, ratios_of in zip(("time of a request", "processor time a request"), zip(*found)):
            report.figure(f"journal on over off, {of}, {vendor.name}", list(ratios_of), "x", 1.1)


TURNS = 4000


def side_by_side(vendor, file):
    """What a request takes with the journal over what it takes without, of servers that have just begun: of a client that
    asks them by turns, and of their processor while both are under load."""
    def put_on(server):
        with servers.on_core(1):
            return load.put_on(server, file, 1, 16).requests

    with servers.on_core(0), servers.assetmock("--fixture", "demo") as on, \
            servers.assetmock("--fixture", "demo", "--journal-entries", "0") as off, ThreadPoolExecutor() as together:
        both = [on, off]
        list(together.map(put_on, both))
        before = [server.processor_seconds() for server in both]
        counts = list(together.map(put_on, both))
        after = [server.processor_seconds() for server in both]
        with servers.on_core(1):
            of_on, of_off = (statistics.median(taken) for taken in zip(*load.by_turns(both, vendor.list(), TURNS)))
    if None in before:
        return of_on / of_off, None
    spent_on, spent_off = ((end - begin) / count for begin, end, count in zip(before, after, counts))
    return of_on / of_off, spent_on / spent_off


def machine():
    def said(*command):
        return subprocess.run(command, capture_output=True, text=True, cwd=servers.ROOT).stdout.strip()
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text()) if Path("/proc/cpuinfo").exists() else None
    return {"cores": os.cpu_count(), "cpu": cpu[1] if cpu else platform.processor(), "system": platform.platform(),
            "rustc": said("rustc", "--version"), "commit": said("git", "rev-parse", "--short", "HEAD"),
            "at": time.strftime("%Y-%m-%dT%H:%M:%S")}


def main():
    wanted = options()
    chosen = lambda name: re.search(wanted.only, name)
    loads = [case for case in cases.all_cases() if chosen(case.name)]
    if wanted.smoke:
        wanted.pairs, wanted.seconds = 1, 1
        loads = [case for case in loads if re.search("^(first page|401|95 %).*(xqr|konpro)|keys", case.name)]
    if wanted.list:
        print("\n".join([case.name for case in loads] + ["journal", *figures.ALL]))
        return
    if not load.available():
        sys.exit("wrk is missing: on Debian, apt-get install wrk")
    if not wanted.skip_build:
        build = ["cargo", "build", "--release", "--locked", "--bin", "assetmock", "--example", "yardstick"]
        subprocess.run(build, check=True, cwd=servers.ROOT)
    servers.SCRATCH.mkdir(parents=True, exist_ok=True)
    facts, report = machine(), Report()
    print(", ".join(f"{value}" for value in facts.values()))
    for case in loads:
        report.ratio(case, ratios(case, wanted.pairs, wanted.seconds))
    if chosen("journal") and not wanted.smoke:
        journal(report, 4 * wanted.pairs)
    for name, measure in figures.ALL.items():
        if chosen(name) and not wanted.smoke:
            measure(report.figure)
    if wanted.long:
        figures.flat(report.figure, 600)
    if not wanted.smoke:
        RESULTS.mkdir(exist_ok=True)
        file = RESULTS / f"{facts['at'].replace(':', '')}.json"
        file.write_text(json.dumps({"machine": facts, "rows": report.rows}, indent=1) + "\n")
        print(f"written to {file.relative_to(servers.ROOT)}")
    print(f"{len(report.missed)} bars missed" + "".join(f"\n  {name}" for name in report.missed))
    if wanted.strict and report.missed:
        sys.exit(1)


main()
