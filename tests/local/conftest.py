from collections.abc import Iterator

import httpx
import pytest

from local import site
from tests.local import upstream as upstreams


@pytest.fixture
def upstream() -> Iterator[upstreams.Upstream]:
    with upstreams.standing() as standing:
        yield standing


@pytest.fixture
def address(upstream: upstreams.Upstream) -> Iterator[str]:
    """The local address before that API, which it gives one second."""
    with site.serving(site.app(upstream.url, httpx.Timeout(1))) as found:
        yield found


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
        yield client
