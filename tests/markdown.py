"""Reads Markdown pages: fenced blocks, tables, headings and links; checks the links without a network, and compares what a
page says with what a program says."""

import difflib
import re


class Difference(Exception):
    """What a page says is not so."""


def check(holds, message):
    if not holds:
        raise Difference(message)


def matches(expected, got):
    """Both are lists of lines; `expected` may have masks."""
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line.strip() == "…" else r"[^\n]*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in expected
    )
    return re.fullmatch(pattern, "".join(line + "\n" for line in got)) is not None


def compare(expected, got):
    if not matches(expected, got):
        raise Difference("\n".join(difflib.unified_diff(expected, got, "the page", "the program", lineterm="")))


def blocks(lines):
    """The fenced blocks: line number, language, lines, and the text above."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None and line.lstrip().startswith(("```", "~~~")):
            fence = re.fullmatch(r"```(\w*)", line)
            check(fence, f"line {number}: a block begins with ``` and its language, at the margin")
            start, language = number, fence[1]
            above = next((before for before in reversed(lines[: number - 1]) if before), "")
        elif start is not None and line == "```":
            yield start, language, lines[start : number - 1], above
            start = None
    check(start is None, f"the block in line {start} has no end")


def table(lines, head):
    """The rows of the table that begins with this line, as cells."""
    check(head in lines, f"there is no table `{head}`")
    start = lines.index(head) + 2
    end = next((at for at in range(start, len(lines)) if not lines[at].startswith("|")), len(lines))
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in lines[start:end]]


def quoted(cell):
    return re.findall(r"`([^`]+)`", cell)


def prose(lines):
    """The text without fenced blocks and code spans, which can hold what looks like a link or a heading."""
    fenced = set()
    for start, _, content, _ in blocks(lines):
        fenced |= set(range(start, start + len(content) + 2))
    kept = [line for number, line in enumerate(lines, 1) if number not in fenced]
    return re.sub(r"`[^`\n]*`", "", "\n".join(kept))


def headings(lines):
    """The headings: level, text and anchor, which is the one that GitHub makes."""
    inside = set()
    for start, _, content, _ in blocks(lines):
        inside |= set(range(start, start + len(content) + 2))
    seen = {}
    for number, line in enumerate(lines, 1):
        found = re.fullmatch(r"(#+) (.+)", line)
        if number in inside or not found:
            continue
        anchor = re.sub(r"[^\w\- ]", "", found[2].lower()).replace(" ", "-")
        seen[anchor] = times = seen.get(anchor, -1) + 1
        yield len(found[1]), found[2], f"{anchor}-{times}" if times else anchor


def read(page):
    return page.read_text(encoding="utf-8").splitlines()


def check_links(page):
    """Each relative link leads to a file, and its anchor to a heading of that file."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(read(page))):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        check(file.exists(), f"the link to {target} leads nowhere")
        if anchor:
            anchors = {anchor for _, _, anchor in headings(read(file))}
            check(anchor in anchors, f"the link to {target} leads to no heading")


def check_contents(page):
    """A page of the manual begins with its title and a line that links its sections."""
    lines = read(page)
    sections = [f"[{text}](#{anchor})" for level, text, anchor in headings(lines) if level == 2]
    expected = " · ".join(sections)
    check(lines[0].startswith("# "), "the first line is no title")
    check(lines[2] == expected, f"the third line must be\n{expected}")
