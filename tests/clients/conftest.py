"""A shop whose vPOS is a stand-in, asked over each of the two libraries."""

import pytest

from mostrador import settings
from mostrador.clients import bancard_http
from mostrador.clients.bancard_http import Application
from tests.support import gateway_double
from tests.support.notices import KEY, PUBLIC


@pytest.fixture(params=["off", "on"], ids=["urllib3", "httpx"])
def hang_up(request, monkeypatch):
    """Sets BANCARD_HTTP2, and closes the connections that are kept, now and at the end."""
    monkeypatch.setenv("BANCARD_HTTP2", request.param)
    settings.bancard_http2.cache_clear()
    _hang_up()
    yield _hang_up
    _hang_up()
    settings.bancard_http2.cache_clear()


def _hang_up():
    bancard_http._POOL.clear()
    if bancard_http._http2.cache_info().currsize:
        bancard_http._http2().close()
    bancard_http._http2.cache_clear()


@pytest.fixture
def gateway(hang_up):
    with gateway_double.running() as server:
        yield server
        hang_up()


@pytest.fixture
def shop(gateway):
    return Application(gateway.url, PUBLIC, KEY)


@pytest.fixture
def lines(monkeypatch):
    """What is logged, all of it."""
    logged = []
    for level in ("debug", "info", "warning", "error", "exception"):
        monkeypatch.setattr(bancard_http.logger, level, lambda *told, **more: logged.append((*told, more)))
    return logged
