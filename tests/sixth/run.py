#!/usr/bin/env python3
"""Proves that a sixth vendor is two folders, two files and a few lines: copies the repository into the target directory, makes a
vendor there out of the smallest one by replacing names, and runs the checks that hold for every vendor on it.

Its keys are made through the emulator's own API, as no built-in fixture has any.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
TREE = TARGET / "sixth"

# The vendor that is copied, and what becomes of its names, hosts, paths and keys, in this order.
SMALLEST = "konpro"
REPLACEMENTS = [("konpro", "acme"), ("KonPro", "Acme"), ("KONPRO", "ACME"), ('"/v1', '"/v6'), ("/v1/", "/v6/")]

# What makes a folder a vendor, and one that the tests ask: file, what is there, what follows it.
LINES = [
    ("src/providers/mod.rs", "pub mod konpro;\n", "pub mod acme;\n"),
    ("src/providers/list.rs", "    &super::konpro::KonPro,\n", "    &super::acme::Acme,\n"),
    ("tests/it/dialects/mod.rs", "\nmod konpro;", "\nmod acme;"),
    ("tests/it/dialects/mod.rs", "konpro::DIALECT", ", acme::DIALECT"),
    ("tests/it/bad_requests/mod.rs", "\nmod konpro;", "\nmod acme;"),
    ("tests/it/bad_requests/mod.rs", "konpro::TABLE", ", acme::TABLE"),
]

# What holds for every vendor: cards, generated negatives and bad requests, conformance, routing, routes not imitated, and transcripts, those of
# the other vendors among them: the ids of their made-up assets are the same as without the sixth.
TESTS = ["cards::", "negatives::", "bad_requests::", "conformance::", "absent::", "transcripts::", "sixth::"]


def replaced(text):
    for old, new in REPLACEMENTS:
        text = text.replace(old, new)
    return text


def copy_tree():
    """The repository as it is, without what git ignores. Files that have not changed keep their times, for cargo."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = {name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()}
    for name in names:
        write(name, (ROOT / name).read_bytes())
    return names


def write(name, content):
    path = TREE / name
    written.add(name)
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def copy_vendor(names):
    for old, new in [(f"src/providers/{SMALLEST}/", "src/providers/acme/"), (f"tests/wire/{SMALLEST}/", "tests/wire/acme/")]:
        for name in sorted(name for name in names if name.startswith(old)):
            write(new + name[len(old):], replaced((ROOT / name).read_text(encoding="utf-8")).encode())
    # Its transcripts start from fixtures beside them, with its keys; the built-in ones have none.
    for name in ["docs", "empty"]:
        write(f"tests/wire/acme/{name}.json", replaced((ROOT / f"fixtures/{name}.json").read_text(encoding="utf-8")).encode())
    for folder in ["tests/it/dialects", "tests/it/bad_requests"]:
        table = (ROOT / f"{folder}/{SMALLEST}.rs").read_text(encoding="utf-8")
        write(f"{folder}/acme.rs", replaced(table).encode())
    texts = {}
    for name, line, added in LINES:
        text = texts.get(name) or (ROOT / name).read_text(encoding="utf-8")
        assert text.count(line) == 1, f"{name} does not have this once: {line!r}"
        texts[name] = text.replace(line, line + added)
    for name, text in texts.items():
        write(name, text.encode())
    write("tests/it/sixth.rs", (ROOT / "tests/sixth/sixth.rs").read_bytes())
    main = (ROOT / "tests/it/main.rs").read_text(encoding="utf-8")
    assert main.count("mod absent;\n") == 1, "tests/it/main.rs does not have `mod absent;` once"
    write("tests/it/main.rs", main.replace("mod absent;\n", "mod absent;\nmod sixth;\n").encode())


def rename_package(names):
    """Gives the package and its program another name: cargo tells what it has built of two packages in one target directory
    apart by their names, not by their places."""
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8").replace('name = "assetmock"', 'name = "sixth"', 1)
    manifest += '\n[lib]\nname = "assetmock"\n\n[[bin]]\nname = "sixth"\npath = "src/main.rs"\n'
    write("Cargo.toml", manifest.encode())
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    assert lock.count('name = "assetmock"') == 1, "Cargo.lock does not name the package once"
    write("Cargo.lock", lock.replace('name = "assetmock"', 'name = "sixth"').encode())
    for name in sorted(names):
        if name.startswith("tests/it/"):
            text = (ROOT / name).read_bytes()
            if b"CARGO_BIN_EXE_assetmock" in text:
                write(name, text.replace(b"CARGO_BIN_EXE_assetmock", b"CARGO_BIN_EXE_sixth"))


def remove_old():
    """What an earlier run left and this one did not write."""
    for path in sorted(TREE.rglob("*"), reverse=True):
        name = path.relative_to(TREE).as_posix()
        if path.is_file() and name not in written:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)


def cargo(*arguments):
    """What it prints. Tests have no names there where cargo is quiet."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET), "CARGO_TERM_QUIET": "false"}
    done = subprocess.run(["cargo", *arguments], cwd=TREE, env=environment, stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.stdout.decode())
    return done.stdout


written = set()
files = copy_tree()
copy_vendor(files)
rename_package(files)
# FIDELITY.md is made from the cards, as the change of a card asks for.
write("FIDELITY.md", cargo("run", "--quiet", "--offline", "--bin", "sixth", "--", "providers", "--fidelity"))
remove_old()
said = cargo("test", "--offline", "--test", "it", "--", *TESTS).decode()
print(said, end="")
for part in TESTS:
    assert f"\ntest {part}" in said, f"there is no test in {part}"
