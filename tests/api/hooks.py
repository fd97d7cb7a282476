"""What schemathesis cannot know of the emulator's own API: names of what is there, and what takes as long as it is asked to.

Loaded by schemathesis itself, as `check.py` tells it to."""

import itertools
import os

import schemathesis

# The demo world, by the names in paths.
KNOWN = {"workspace": "ws_demo", "key": "konpro_demo", "provider": "konpro", "asset": os.environ["KNOWN_ASSET"]}

calls = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    # Made-up names are all unknown, so three of four requests get real ones. What is removed is made up, or was made by
    # another request: the world must last.
    if case.meta.generation.mode.is_positive and case.method.upper() != "DELETE" and next(calls) % 4:
        for name in KNOWN.keys() & case.path_parameters.keys():
            case.path_parameters[name] = KNOWN[name]
    # A minute's wait and a million assets are good requests, and take their time.
    shorten(case.query, "wait_ms", 10, 60_000)
    shorten(case.body, "wait_ms", 10, 60_000)
    if isinstance(case.body, dict):
        shorten(case.body.get("generate"), "count", 100, 1_000_000)


def shorten(container, name, enough, most):
    """Makes a number small that is large, and valid all the same."""
    value = container.get(name) if hasattr(container, "get") else None
    if not isinstance(value, bool) and str(value).isdecimal() and enough < int(value) <= most:
        container[name] = type(value)(enough)
