#!/usr/bin/env python3
"""Asks other programs what the bytes of assets are: Pillow, FFmpeg's libraries, and `file` and `ffprobe` where they are
installed. All must agree with the listing on the type and, where FIDELITY.md does not say otherwise, on width and height.
Then a fixture names the same files, so that type, width and height are found in the bytes: they must be the same again.

ASSETMOCK_BIN names the program; the packages of requirements.txt are needed.
"""

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from itertools import product
from math import ceil
from pathlib import Path

import av
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from markdown import check
from server import Server

# The server is asked directly, whatever proxy the environment names.
urllib.request.install_opener(urllib.request.build_opener(urllib.request.ProxyHandler({})))

# MIME type, the ending, what Pillow calls it, whether width and height are those of the listing.
IMAGES = [
    ("image/png", "png", "PNG", True),
    ("image/jpeg", "jpg", "JPEG", True),
    ("image/gif", "gif", "GIF", True),
    ("image/webp", "webp", "WEBP", True),
    ("image/avif", "avif", "AVIF", False),
    ("image/svg+xml", "svg", None, False),
    ("image/heic", "heic", None, False),
]
# MIME type, the ending, the container and the codec in FFmpeg's words, whether width and height are those of the listing.
MEDIA = [
    ("video/mp4", "mp4", "mp4", "h264", True),
    ("video/quicktime", "mov", "mov", "h264", True),
    ("video/webm", "webm", "webm", "vp8", False),
    ("audio/mpeg", "mp3", "mp3", "mp3", False),
    ("audio/wav", "wav", "wav", "pcm_u8", False),
    ("audio/mp4", "m4a", "m4a", "aac", False),
]
DOCUMENTS = [("application/pdf", "pdf"), ("text/plain", "txt")]
WORDS_OF_FILE = {"audio/wav": "audio/x-wav", "audio/mp4": "audio/x-m4a"}
# Width, height, size. The smallest size is that of the file alone; odd sizes need padding of every form.
SHAPES = [(1080, 1920, None), (641, 33, 100_003), (16, 16, 1_000_000), (1, 1, 65_600), (300, 200, 5_000_000)]
# Sizes of pictures alone: single rows and columns, cells of different widths, and the largest that are drawn.
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
PICTURE_SHAPES = [(7, 9), (255, 257), (1, 8192), (8192, 1), (8191, 8193), (8192, 8192)]
MAX_SIDE = 8192
# In how many cells a picture is divided, and where they begin in formats without loss: WebP has eight pixels of one colour.
CELLS = 8
BLOCKS = {"image/png": 1, "image/gif": 1, "image/webp": 8}

# The bytes at the beginning of a file in which its type, width and height are looked for.
HEAD = 256 << 10


# What other programs would have checked, if they were installed.
PROGRAMS = {
    "file": "the type of all files, the only check of SVG, HEIC, PDF and text; on Debian, apt-get install file",
    "ffprobe": "width and height of videos, which FFmpeg's libraries check too; on Debian, apt-get install ffmpeg",
}
LEFT_OUT = {program for program in PROGRAMS if not shutil.which(program)}


def world():
    formats = [(mime, ending) for mime, ending, *_ in IMAGES + MEDIA + DOCUMENTS]
    assets = []
    for mime, ending in formats:
        for width, height, size in SHAPES + [(*sides, None) for sides in PICTURE_SHAPES if mime in PICTURES]:
            asset = {"name": f"{width}x{height}.{ending}", "mime_type": mime, "created_at": "2026-03-01T00:00:00Z"}
            if not mime.startswith(("audio", "application", "text")):
                asset |= {"width": width, "height": height}
            assets.append(asset | ({"size_bytes": size} if size else {}))
    return {"workspaces": [{"id": "ws_bytes", "keys": [{"provider": "flora", "key": "sk_bytes"}], "assets": assets}]}


def listed(port):
    """All assets, as FLORA lists them."""
    cursor, assets = "", []
    while cursor is not None:
        address = f"http://127.0.0.1:{port}/flora/api/v1/assets?limit=50&cursor={cursor}"
        request = urllib.request.Request(address, headers={"Authorization": "Bearer sk_bytes"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            page = json.load(answer)
        assets += page["assets"]
        cursor = page["meta"]["next_cursor"]
    return assets


def check_file(path, mime):
    if "file" in LEFT_OUT:
        return
    done = subprocess.run(["file", "--brief", "--mime-type", path], capture_output=True, text=True, check=True)
    check(done.stdout.strip() in (mime, WORDS_OF_FILE.get(mime)), f"{path.name}: `file` says {done.stdout.strip()}")


def check_image(path, body, sides, kind, has_sides):
    with Image.open(io.BytesIO(body)) as image:
        image.load()
        check(image.format == kind, f"{path.name}: Pillow says {image.format}")
        drawn = tuple(min(side, MAX_SIDE) for side in sides) if has_sides else None
        check(drawn in (None, image.size), f"{path.name}: Pillow says {image.size}")
        if Image.MIME[kind] in BLOCKS:
            check_cells(path, image.convert("RGB"), BLOCKS[Image.MIME[kind]])


def check_cells(path, image, block):
    """Each cell has a single colour, there are two of them, and the right half mirrors the left one."""

    def starts(side, block):
        return [min(side, ceil(ceil(cell * side / CELLS) / block) * block) for cell in range(CELLS + 1)]

    columns, rows = starts(image.width, block), starts(image.height, 1)
    colours = {}
    for x, y in product(range(CELLS), range(CELLS)):
        cell = image.crop((columns[x], rows[y], columns[x + 1], rows[y + 1]))
        if cell.width and cell.height:
            found = cell.getcolors()
            check(found and len(found) == 1, f"{path.name}: the cell {x}, {y} has {found}")
            colours[x, y] = found[0][1]
    is_mirrored = all(colour == colours.get((CELLS - 1 - x, y), colour) for (x, y), colour in colours.items())
    check(is_mirrored and len({*colours.values()}) <= 2, f"{path.name}: the picture is {colours}")


def check_media(path, sides, container, codec, has_sides):
    with av.open(str(path)) as opened:
        stream = opened.streams[0]
        check(container in opened.format.name.split(","), f"{path.name}: FFmpeg says {opened.format.name}")
        check(stream.codec_context.codec.canonical_name == codec, f"{path.name}: FFmpeg says {stream.codec_context.name}")
        frames = sum(1 for _ in opened.decode(stream))
        check(frames > 0, f"{path.name}: FFmpeg reads no frame")
        found = (stream.width, stream.height) if has_sides else None
        check(found in (None, sides), f"{path.name}: FFmpeg says {found}")
    if has_sides and "ffprobe" not in LEFT_OUT:
        asks = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0"]
        done = subprocess.run([*asks, path], capture_output=True, text=True, check=True)
        check(done.stdout.strip() == f"{sides[0]},{sides[1]}", f"{path.name}: ffprobe says {done.stdout.strip()}")


def check_asset(asset, folder):
    with urllib.request.urlopen(asset["url"], timeout=20) as answer:
        body, mime = answer.read(), answer.headers["content-type"]
    path = folder / f"{asset['size_bytes']}-{asset['name']}"
    path.write_bytes(body)
    sides = (asset["width"], asset["height"])
    check(mime == asset["upload_content_type"], f"{path.name} is sent as {mime}")
    check(asset["size_bytes"] in (None, len(body)), f"{path.name} has {len(body)} bytes")
    check_file(path, mime)
    for kind, _, name, has_sides in IMAGES:
        if kind == mime and name:
            check_image(path, body, sides, name, has_sides)
    for kind, _, container, codec, has_sides in MEDIA:
        if kind == mime:
            check_media(path, sides, container, codec, has_sides)
    return path, mime


def sides_found(path, mime):
    """Width and height as other programs find them. `None`: FIDELITY.md says that they are not looked for."""
    if mime in ("image/svg+xml", "video/webm") or mime.startswith(("audio/", "application/", "text/")):
        return None, None
    if mime == "image/heic":
        return 64, 64
    is_padded = not path.name.startswith("None-")
    if mime == "image/jpeg" and is_padded and path.stat().st_size > HEAD:
        return None, None  # Its header is behind the comments that pad it.
    if mime.startswith("image/"):
        with Image.open(path) as image:
            return image.size
    with av.open(str(path)) as opened:
        return opened.streams[0].width, opened.streams[0].height


def fixture_of(files):
    """A fixture whose assets are files beside it."""
    assets = [{"name": path.name, "file": path.name, "created_at": "2026-03-01T00:00:00Z"} for path in files]
    return {"workspaces": [{"id": "ws_bytes", "keys": [{"provider": "flora", "key": "sk_bytes"}], "assets": assets}]}


def check_found(asset, path, mime):
    found = (asset["upload_content_type"], asset["size_bytes"])
    check(found == (mime, path.stat().st_size), f"{path.name}: found to be {found}")
    expected, sides = sides_found(path, mime), (asset["width"], asset["height"])
    check(sides == expected, f"{path.name}: found {sides} in the bytes, and others find {expected}")
    with urllib.request.urlopen(asset["url"], timeout=20) as answer:
        check(answer.read() == path.read_bytes(), f"{path.name}: other bytes are served")


def ask_server(folder, fixture, use):
    """Serves a fixture, and uses each asset that FLORA lists of it."""
    file = folder / "world.json"
    file.write_text(json.dumps(fixture))
    server = Server(["--fixture", str(file)], dict(os.environ), folder)
    try:
        assets = listed(server.port)
        for asset in assets:
            use(asset)
    finally:
        server.stop()
    count = len(fixture["workspaces"][0]["assets"])
    check(len(assets) == count, f"only {len(assets)} of {count} assets are listed")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work").mkdir()
        types = {}
        ask_server(folder, world(), lambda asset: types.update([check_asset(asset, folder)]))
        named = {path.name: (path, mime) for path, mime in types.items()}
        ask_server(folder, fixture_of(types), lambda asset: check_found(asset, *named[asset["name"]]))
    print(f"{len(types)} files are what they are said to be, and are found to be that")
    for program in sorted(LEFT_OUT):
        print(f"left out, since `{program}` is not installed: {PROGRAMS[program]}")


if __name__ == "__main__":
    main()
