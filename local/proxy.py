"""Passes a request on to the API, whose paths begin with the stage on this machine.

On AWS a distribution does that: one address for the pages and the API. Neither changes a request or an answer but for
what RFC 9110 (7.6.1) keeps between two neighbours.
"""

import json
import uuid
from collections.abc import Iterable
from typing import Final

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

PATIENCE: Final = httpx.Timeout(180, connect=10)
"""Seconds: a function may start another one, and each may take a minute on a busy machine."""
LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=2)
"""MiniStack closes a silent connection after five seconds; ours are forgotten before."""
NEIGHBOURS: Final = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade".split()
)
"""Headers that are meant for the next machine only."""
OWN: Final = frozenset((b"host", b"content-length", b"accept-encoding", b"expect"))
"""Headers of a request that this one states anew."""
BODYLESS: Final = frozenset((204, 304))
SENTENCES: Final = {
    "api_unreachable": {
        "es": "La API de esta máquina no atiende; mirá .local/ministack.log.",
        "en": "The API on this machine does not answer; see .local/ministack.log.",
    },
    "api_silent": {
        "es": "La API de esta máquina no respondió a tiempo; mirá .local/ministack.log.",
        "en": "The API on this machine did not answer in time; see .local/ministack.log.",
    },
    "not_found": {"es": "Acá no hay nada.", "en": "There is nothing here."},
}


class Proxy:
    """An ASGI endpoint for all methods: what the API at ``api_url`` answers to the same path below it."""

    def __init__(self, api_url: str, patience: httpx.Timeout = PATIENCE) -> None:
        self._base = httpx.URL(api_url.rstrip("/"))
        self._patience = patience.as_dict()
        self._client = httpx.AsyncClient(limits=LIMITS, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Request(scope, receive)
        try:
            wanted = self._passed_on(asked, await asked.body())
        except ClientDisconnect:
            return
        answer = await self._answer(asked, wanted)
        await answer(scope, receive, send)

    async def close(self) -> None:
        await self._client.aclose()

    def _passed_on(self, asked: Request, body: bytes) -> httpx.Request:
        """The same request to the API; ``target`` is sent as it came, with its percent-encodings."""
        headers = [*_between_others(asked.headers.raw, OWN), (b"accept-encoding", b"identity")]
        query = b"?" + asked.scope["query_string"] if asked.scope["query_string"] else b""
        target = self._base.raw_path.rstrip(b"/") + asked.scope["raw_path"] + query
        extensions = {"target": target, "timeout": self._patience}
        return httpx.Request(asked.method, self._base, headers=headers, content=body, extensions=extensions)

    async def _answer(self, asked: Request, wanted: httpx.Request) -> Response:
        """The API's answer, or a problem where there is none. Its body is left in the encoding in which it came."""
        try:
            given = await self._client.send(wanted, stream=True, follow_redirects=False)
            try:
                body = b"".join([part async for part in given.aiter_raw()])
            finally:
                await given.aclose()
        except httpx.TimeoutException:
            return problem(asked, 504, "api_silent")
        except httpx.TransportError:
            return problem(asked, 502, "api_unreachable")
        return _handed_back(asked.method, given, body)


def problem(asked: Request, status: int, code: str) -> Response:
    """A failure of this address in the shape of the API's own problems."""
    detail = SENTENCES[code]["en" if asked.headers.get("accept-language", "").lower().startswith("en") else "es"]
    told = {
        "type": f"urn:mostrador:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": str(uuid.uuid4()),
        "errors": [{"field": None, "code": code, "detail": detail, "value": None}],
    }
    return Response(json.dumps(told, ensure_ascii=False), status, media_type="application/problem+json")


def _between_others(headers: Iterable[tuple[bytes, bytes]], ours: frozenset[bytes]) -> Headers:
    """The headers that are not only for the neighbour; ``Connection`` may name more of these."""
    found = [(name.lower(), value) for name, value in headers]
    named = {part.strip().lower() for name, value in found if name == b"connection" for part in value.split(b",")}
    return [(name, value) for name, value in found if name not in NEIGHBOURS | ours | named]


def _handed_back(method: str, given: httpx.Response, body: bytes) -> Response:
    """The answer with the length of its body; to HEAD, with the length that the API said."""
    is_head = method == "HEAD"
    headers = _between_others(given.headers.raw, frozenset() if is_head else frozenset((b"content-length",)))
    has_body = not is_head and given.status_code not in BODYLESS
    if has_body:
        headers.append((b"content-length", b"%d" % len(body)))
    answer = Response(body if has_body else b"", given.status_code)
    answer.raw_headers = headers
    return answer
