"""For every route: ids that could be, and the request that its reference shows, which its door takes."""

import re
from functools import cache
from typing import Any

from local import handlers, reference_texts
from tests.support import template
from tests.support.days import shifted

ANY_ID = "0" * 32
IDS = {"closure_id": shifted("2026-12-25"), "place": "1", "number": "1", "payment_id": "900000000000123"}
_ID = re.compile("[0-9a-f]{32}")


@cache
def _reference() -> reference_texts.Reference:
    return reference_texts.load()


@cache
def _values() -> dict[str, Any]:
    """Each placeholder of the examples: an id that is not there, a date of the tests' days, else what is shown."""
    shown = _reference().placeholders
    moved = {name: shifted(value) if isinstance(value, str) else value for name, value in shown.items()}
    return {name: ANY_ID if _ID.fullmatch(str(value)) else value for name, value in moved.items()} | IDS


def body(method: str, path: str) -> dict[str, Any] | None:
    """A body that the route takes: the first example of its reference; None where it takes none.

    Raises LookupError for a route that takes a body and has no example in ``docs/reference``.
    """
    route = template.route(method, path)
    form, words = handlers.of_route(route).form, _reference().operation(route.operation)
    if form is None:
        return None
    if not words.examples:
        raise LookupError(f"docs/reference/{route.area}.yaml: {route.operation} needs an example of its body")
    filled: dict[str, Any] = reference_texts.filled(next(iter(words.examples.values())).value, _values())
    return filled


def headers(method: str, path: str) -> dict[str, str]:
    """The headers that the route needs, as ``Client.call`` takes them."""
    needed = handlers.of_route(template.route(method, path)).needed_headers
    return {name.replace("-", "_"): "sample-key-of-a-request" for name in sorted(needed)}


def url(path: str, **ids: str) -> str:
    """The path with the ids given, or ids that could be but are not there, and the query it needs."""
    query = shifted(f"?service={ANY_ID}&date=2026-12-01") if path.endswith("/availability") else ""
    return re.sub(r"{(\w+)}", lambda part: ids.get(part[1], IDS.get(part[1], ANY_ID)), path) + query
