"""How each provider is asked: its list, its demo key, its page sizes, its way of paging, a filter."""

import base64
import json
from dataclasses import dataclass
from typing import Callable

from servers import Request


@dataclass(frozen=True)
class Vendor:
    name: str
    path: str
    key: tuple
    size: str
    largest: int
    filter: str
    bad: str
    """A page that begins after so many assets, of so many; `server` is asked where only it knows the way."""
    page: Callable

    def list(self, query="", key=None):
        return Request(f"/{self.name}{self.path}" + (f"?{query}" if query else ""), key or self.key)

    def get(self, id, key=None):
        return Request(f"/{self.name}{self.path}/{id}", key or self.key)

    def with_key(self, key):
        """The header that carries this key."""
        return (self.key[0], f"Bearer {key}" if self.key[1].startswith("Bearer ") else key)


def _cursor(offset):
    return base64.urlsafe_b64encode(json.dumps({"offset": offset}, separators=(",", ":")).encode()).decode().rstrip("=")


def _token(server, vendor, offset, size, filter):
    """KonPro's token is the place of the last asset seen, which is walked to once: pages there are of one length."""
    token, seen = "", 0
    while seen < offset:
        step = min(100, offset - seen)
        answer = json.loads(server.ask(vendor.list(f"limit={step}{token}{filter}"))[2])
        if not answer["token"]:
            break
        token, seen = f"&token={answer['token']}", seen + len(answer["assets"])
    return f"limit={size}{token}{filter}"


BEARER = "Authorization"
XQR = Vendor("xqr", "/api/v1/assets", (BEARER, "Bearer xqr_pk_00000000." + "0" * 64), "limit", 200, "", "limit=0",
             lambda server, vendor, offset, size, filter="": f"limit={size}&offset={offset}{filter}")
FLORA = Vendor("flora", "/api/v1/assets", (BEARER, "Bearer sk_test_demo"), "limit", 100, "query=a", "limit=0",
               lambda server, vendor, offset, size, filter="": f"limit={size}&cursor={_cursor(offset)}{filter}")
TWELVELABS = Vendor("twelvelabs", "/v1.3/assets", ("x-api-key", "tlk_demo"), "page_limit", 50, "asset_types=video",
                    "page=0", lambda server, vendor, offset, size, filter="":
                    f"page_limit={size}&page={offset // size + 1}{filter}")
PIKTID = Vendor("piktid", "/assets", (BEARER, "Bearer piktid_demo"), "per_page", 100, "include_tags=model", "page=x",
                lambda server, vendor, offset, size, filter="": f"per_page={size}&page={offset // size + 1}{filter}")
KONPRO = Vendor("konpro", "/v1/asset/list", ("x-api-key", "konpro_demo"), "limit", 100, "file_type=image",
                "limit=1000", _token)
ALL = [XQR, FLORA, TWELVELABS, PIKTID, KONPRO]
