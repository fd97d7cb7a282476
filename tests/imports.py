#!/usr/bin/env python3
"""Checks that imports in src/ run downwards only: between the rooms in the order below, and without a circle between files.

A module may import from its siblings and what is below them, and a parent from its children; a child that imports from a parent
that imports it is a circle. `pub use` counts like `use`, and so does a path that is written out. Tests are left out.
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src"

# Each may import from those after it, but for what stands in the same line: these know nothing of each other.
ROOMS = [["main", "lib"], ["cli"], ["server"], ["admin", "pipeline"], ["emulator"], ["providers"], ["contract"], ["library", "http"], ["clock", "random"]]

# The longest way down, in folders. A folder and one inside it that import from each other's files count as one.
LEVELS = 12


def modules():
    """The files of the crate by the names of their modules."""
    found = {}
    for path in sorted(SRC.rglob("*.rs")):
        if path.name == "tests.rs":
            continue
        parts = path.relative_to(SRC).with_suffix("").parts
        found["::".join(parts[:-1] if parts[-1] == "mod" else parts)] = path
    return found


def code(path):
    """A file without its comments and tests."""
    text = re.split(r"#\[cfg\(test\)\]\n(?:pub(?:\(\w+\))? )?mod ", path.read_text(encoding="utf-8"))[0]
    return re.sub(r"//[^\n]*", "", text)


def expanded(tree):
    """The paths of `a::{b, c::{d}}`."""
    tree = tree.strip()
    match = re.match(r"^([^{]*)\{(.*)\}$", tree, re.DOTALL)
    if not match:
        return [re.sub(r"\s+as\s+\w+$", "", tree)]
    parts, depth, current = [], 0, ""
    for char in match[2] + ",":
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += char
    inner = [path for part in parts if part.strip() for path in expanded(part)]
    return [match[1].rstrip(":") if path == "self" else match[1] + path for path in inner]


def imports(name, path, known):
    """The modules that a file imports from."""
    text = code(path)
    uses = re.findall(r"\buse\s+([^;]+);", text)
    paths = [one for use in uses for one in expanded(use)]
    paths += re.findall(r"\b(?:crate|super|self)(?:\s*::\s*\w+)+", re.sub(r"\buse\s+[^;]+;", "", text))
    targets = set()
    for one in paths:
        parts = re.sub(r"\s+", "", one).split("::")
        base = name.split("::") if name else []
        if parts[0] == "crate":
            full = parts[1:]
        elif parts[0] in ("self", "super"):
            while parts and parts[0] in ("self", "super"):
                base = base[:-1] if parts[0] == "super" else base
                parts = parts[1:]
            full = base + parts
        elif "::".join([*base, parts[0]]) in known:
            full = base + parts
        else:
            continue
        while full and "::".join(full) not in known:
            full = full[:-1]
        if full and "::".join(full) != name:
            targets.add("::".join(full))
    return targets


def circles(graph):
    """The groups of files that import one another (Tarjan)."""
    order, low, stack, on_stack, groups = {}, {}, [], set(), []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        on_stack.add(node)
        for target in sorted(graph.get(node, ())):
            if target not in order:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in on_stack:
                low[node] = min(low[node], order[target])
        if low[node] == order[node]:
            group = []
            while True:
                last = stack.pop()
                on_stack.discard(last)
                group.append(last)
                if last == node:
                    break
            if len(group) > 1:
                groups.append(sorted(group))

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return sorted(groups)


def longest(graph):
    """The longest way down from any file, as the files on it."""
    memory = {}

    def way(node):
        if node not in memory:
            memory[node] = [node, *max((way(target) for target in list(graph[node])), key=len, default=[])]
        return memory[node]

    return max((way(node) for node in list(graph)), key=len)


def folders(graph, known):
    """The same imports between the folders that the files are in."""
    place = {name: str(known[name].parent.relative_to(SRC)) if known[name].parent != SRC else name for name in known}
    between = defaultdict(set)
    for name, targets in graph.items():
        between[place[name]] |= {place[target] for target in targets} - {place[name]}
    for group in circles(between):
        top = min(group, key=len)
        if all(folder.startswith(top + "/") for folder in group if folder != top):
            between[top] = set().union(*(between.pop(folder) for folder in group)) - set(group)
            between = defaultdict(set, {name: {top if one in group else one for one in targets} for name, targets in between.items()})
    return between


def main():
    known = modules()
    graph = defaultdict(set, {name: imports(name, path, known) for name, path in known.items() if name not in ("main", "lib")})
    place = {room: index for index, rooms in enumerate(ROOMS) for room in rooms}
    faults = []
    for name in sorted(graph):
        room = name.split("::")[0]
        if room not in place:
            faults.append(f"{name}: `{room}` is no room; they are listed in tests/imports.py")
            continue
        for target in sorted(graph[name]):
            other = target.split("::")[0]
            if other != room and place.get(other, -1) <= place[room]:
                faults.append(f"{name} imports from {target}, which is above it or beside it")
    faults += [f"a circle: {', '.join(group)}" for group in circles(graph)]
    between = folders(graph, known)
    faults += [f"a circle of folders: {', '.join(group)}" for group in circles(between)]
    if not faults and len(longest(between)) > LEVELS:
        faults.append(f"more than {LEVELS} levels: {' > '.join(longest(between))}")
    for fault in faults:
        print(fault)
    print(f"{len(graph)} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
