"""Reads the YAML of GitHub Actions workflows, without a package for it."""

import json
import re

from markdown import check


def read_yaml(lines):
    """The part of YAML that workflows need: maps, lists, block and flow scalars. Anything else is an error."""
    rows = [(len(line) - len(line.lstrip()), line.strip()) for line in lines]

    def scalar(text):
        if text[0] in "[{\"":
            return json.loads(text)
        check(not re.search(r": | #|^['&*!%@`|>]", text), f"this must be quoted in YAML: {text}")
        return text

    def block(at, least):
        while at < len(rows) and not rows[at][1]:
            at += 1
        check(at < len(rows) and rows[at][0] >= least, "a value is missing in the YAML")
        indent, text = rows[at]
        value = [] if text.startswith("- ") else {}
        while at < len(rows) and (not rows[at][1] or rows[at][0] == indent):
            text = rows[at][1]
            if not text:
                at += 1
            elif isinstance(value, list):
                check(text.startswith("- "), f"not an item of the list: {text}")
                rows[at] = (indent + 2, text[2:])
                item, at = block(at, indent + 2)
                value.append(item)
            else:
                at = entry(at, indent, value)
        check(at == len(rows) or rows[at][0] < indent, f"wrong indentation in the YAML: {rows[min(at, len(rows) - 1)]}")
        return value, at

    def entry(at, indent, value):
        match = re.fullmatch(r"([\w.-]+):(?: (.+))?", rows[at][1])
        check(match, f"not a line of YAML: {rows[at][1]}")
        key, rest = match.groups()
        check(key not in value, f"twice in the YAML: {key}")
        at += 1
        if rest is None:
            value[key], at = block(at, indent + 1)
        elif rest in ("|", ">-"):
            end = at
            while end < len(rows) and (not rows[end][1] or rows[end][0] > indent):
                end += 1
            value[key] = ("\n" if rest == "|" else " ").join(text for _, text in rows[at:end])
            at = end
        else:
            value[key] = scalar(rest)
        return at

    value, end = block(0, 0)
    check(end == len(rows), "the YAML goes on after its end")
    return value
