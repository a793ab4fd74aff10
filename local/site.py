"""One address for people on this machine: the API without its stage, compressed, and the pages.

The table of routes is what a distribution does on AWS: these paths go to the API, all others are pages.
"""

import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from os import PathLike, stat_result
from pathlib import Path
from typing import Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from local import proxy, template
from local.ministack import LOOPBACK
from local.stack import ROOT, LocalFailure

API_PATHS: Final = ("/tenant", "/me", "/admin/tenants", "/api", "/calendar", "/openapi.json")
"""The API has these paths and all below them."""
PAGES: Final = Path(__file__).with_name("pages")
RENDERER: Final = ROOT / "node_modules" / ".cache" / "scalar"
START_SECONDS: Final = 30
STOP_SECONDS: Final = 5
GZIP_LEVEL: Final = 6
HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # the renderer writes its styles into the page
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@contextmanager
def serving(served: Starlette, port: int = 0) -> Iterator[str]:
    """Serves on ``port`` or, where that is taken, on any that is free; yields the address."""
    with _listener(port) as listener:
        settings = uvicorn.Config(
            served,
            access_log=False,
            log_level="error",
            timeout_graceful_shutdown=STOP_SECONDS,
            server_header=False,
            date_header=False,  # an answer has the API's
        )
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(2 * STOP_SECONDS)


def app(api_url: str, patience: httpx.Timeout = proxy.PATIENCE) -> Starlette:
    """Everything at the one address. Raises LocalFailure where the renderer is not installed."""
    if not (RENDERER / "standalone.js").is_file():
        raise LocalFailure(f"{RENDERER.relative_to(ROOT)}/standalone.js is missing: run `make setup`")
    api = proxy.Proxy(api_url, patience)

    @asynccontextmanager
    async def until_closed(_app: Starlette) -> AsyncIterator[None]:
        yield
        await api.close()

    made = Starlette(
        routes=[*_api_routes(api), *_page_routes()],
        middleware=[Middleware(GZipMiddleware, minimum_size=_compressed_from(), compresslevel=GZIP_LEVEL)],
        exception_handlers={404: _not_found},
        lifespan=until_closed,
    )
    made.router.redirect_slashes = False  # `/x/` is the API's to answer
    return made


def _api_routes(api: proxy.Proxy) -> list[BaseRoute]:
    return [Route(path, api) for prefix in API_PATHS for path in (prefix, f"{prefix}/{{rest:path}}")]


def _page_routes() -> list[BaseRoute]:
    return [
        Route("/", _page("index.html")),
        Route("/docs", _page("docs.html")),
        Route("/docs/", _page("docs.html")),
        Mount("/docs/page", _Files(directory=PAGES)),
        Mount("/docs/renderer", _Files(directory=RENDERER)),
    ]


class _Files(StaticFiles):
    """Files of a folder, with the headers of our pages."""

    def file_response(
        self, full_path: PathLike[str] | str, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update(HEADERS)
        return answer


def _page(name: str) -> Callable[[Request], Response]:
    return lambda _asked: FileResponse(PAGES / name, headers=HEADERS)


async def _not_found(asked: Request, _error: Exception) -> Response:
    return proxy.problem(asked, 404, "not_found")


def _compressed_from() -> int:
    """Bytes of an answer from which the gateway compresses it, which MiniStack does not."""
    return int(template.properties("Api")["MinimumCompressionSize"])


def _listener(port: int) -> socket.socket:
    """A socket on ``port`` or, where that is taken, on any that is free."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # without Nagle's delay
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a page's connections outlive a restart
    try:
        listener.bind((LOOPBACK, port))
    except (OSError, OverflowError):
        listener.bind((LOOPBACK, 0))
    return listener


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise LocalFailure("the local address did not start")
        time.sleep(0.01)
