"""The routes of Bancard's vPOS: the gateway, the pages that a payer sees, and a portal that orders faults.

No module here knows its base address: pages and script derive it from their own addresses.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mostrador import context
from mostrador.errors import Conflict, NotFound, ServiceError, Unavailable
from mostrador.table import keys
from stand_ins.bancard import gateway, messages, pages, portal, records
from stand_ins.bancard.messages import Denied
from stand_ins.http import Answer, JSONObject

__all__ = ["Answer", "answer"]

_API: Final = "/vpos/api/0.3"
_VARIABLES: Final = {"public_key": "[0-9A-Za-z]{1,64}", "shop_process_id": "[0-9]{1,15}", "user_id": "[0-9]{1,19}"}
_VARIABLE: Final = re.compile(r"\\{(\w+)\\}")
_STATUSES: Final = {NotFound: 404, Conflict: 409, Unavailable: 503}
_BAD_REQUEST: Final = 400
_NOWHERE: Final = Answer(404, "application/json", b'{"error":"no hay nada en esta direccion"}')


@dataclass(frozen=True, slots=True)
class Request:
    """``parts`` are the variables of the path."""

    path: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes


def answer(method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
    """The gateway's answer; ``path`` is below its base, beginning with a slash."""
    for at, pattern, respond in ROUTES:
        if at == method and (found := re.fullmatch(_VARIABLE.sub(_matching, re.escape(pattern)), path)):
            with context.working(keys.stand_in(records.NAME), context.SYSTEM):
                return _answered(respond, Request(path, found.groups(), query, body))
    return _NOWHERE


def _answered(respond: Callable[[Request], Answer], request: Request) -> Answer:
    try:
        return respond(request)
    except Denied as error:
        return messages.json_answer({"error": error.description}, error.status)
    except ServiceError as error:
        status = next((code for family, code in _STATUSES.items() if isinstance(error, family)), _BAD_REQUEST)
        return messages.json_answer({"error": error.says("es")}, status)


def _matching(variable: re.Match[str]) -> str:
    return f"({_VARIABLES[variable[1]]})"


def _vpos(operation: str) -> Callable[[Request], Answer]:
    return lambda request: gateway.call(operation, request.body)


def _cards(operation: str) -> Callable[[Request], Answer]:
    return lambda request: gateway.call(operation, request.body, user_id=int(request.parts[0]))


def _application(act: Callable[[str, JSONObject], object]) -> Callable[[Request], Answer]:
    return lambda request: messages.json_answer(act(request.parts[0], messages.parsed(request.body)))


def _purchase(act: Callable[[str, JSONObject], object]) -> Callable[[Request], Answer]:
    """An empty body is the same as ``{}``."""
    return lambda request: messages.json_answer(act(_id_of(request), messages.parsed(request.body or b"{}")))


def _id_of(request: Request) -> str:
    return records.of_shop(request.parts[0], int(request.parts[1]))


def _page(show: Callable[[str, Mapping[str, str]], Answer]) -> Callable[[Request], Answer]:
    return lambda request: show(request.path, request.query)


_SHOP: Final = "/portal/applications/{public_key}"
_BOUGHT: Final = "/portal/purchases/{public_key}/{shop_process_id}"
_USER: Final = f"{_API}/users/{{user_id}}/cards"


ROUTES: Final[tuple[tuple[str, str, Callable[[Request], Answer]], ...]] = (
    ("POST", f"{_API}/single_buy", _vpos("single_buy")),
    ("POST", f"{_API}/single_buy/confirmations", _vpos("confirmations")),
    ("POST", f"{_API}/single_buy/rollback", _vpos("rollback")),
    ("POST", f"{_API}/cards/new", _vpos("cards_new")),
    ("POST", f"{_API}/charge", _vpos("charge")),
    ("POST", _USER, _cards("cards_list")),
    ("DELETE", _USER, _cards("cards_delete")),
    ("GET", "/checkout/javascript/dist/bancard-checkout-4.0.0.js", lambda _: pages.script()),
    ("GET", "/checkout/allowed_styles", lambda _: pages.allowed_styles()),
    ("GET", "/checkout/new", _page(pages.payment)),
    ("GET", "/checkout/zimple/new", _page(pages.payment)),
    ("GET", "/checkout/preauthorization/new", _page(pages.payment)),
    ("GET", "/checkout/charge_3ds/new", _page(pages.payment)),
    ("GET", "/payment/single_buy", _page(pages.payment)),
    ("GET", "/checkout/register_card/new", _page(pages.registration)),
    ("POST", "/checkout/pay", lambda request: pages.decide(request.body)),
    ("PUT", _SHOP, _application(portal.register)),
    ("POST", f"{_SHOP}/faults", _application(portal.order_fault)),
    ("GET", _BOUGHT, lambda request: messages.json_answer(portal.shown(_id_of(request)))),
    ("POST", f"{_BOUGHT}/pay", _purchase(portal.pay)),
    ("POST", f"{_BOUGHT}/confirmation", _purchase(portal.confirm)),
    ("POST", "/portal/next-day", lambda request: messages.json_answer(portal.next_day(messages.parsed(request.body)))),
)
