"""Faults of Bancard to order: how the next calls of an operation go wrong."""

import time
from dataclasses import replace
from typing import Final, NamedTuple, TypeGuard

from mostrador.errors import Invalid
from stand_ins.bancard import messages, records
from stand_ins.bancard.messages import Denied
from stand_ins.bancard.payments import Choice
from stand_ins.bancard.records import Application, FaultOrder
from stand_ins.http import Answer, JSONObject

OPERATIONS: Final = (
    "single_buy",
    "confirmations",
    "rollback",
    "cards_new",
    "cards_list",
    "cards_delete",
    "charge",
)
EARLY: Final = "early"
THREE_DS: Final = "3ds"
LOST: Final = "lost"
TRUNCATED: Final = "truncated"
SLOW: Final = "slow"
HTTP_ERRORS: Final = "http_errors"
_ERROR: Final = "error_key:"
_HTML: Final = "text/html; charset=utf-8"
_SECONDS: Final = 12
_MOST_SECONDS: Final = 25
_MOST_TIMES: Final = 1000


def _page(status: int, title: str) -> Answer:
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body>\r\n</html>"
    return Answer(status, _HTML, page.encode())


_BAD_GATEWAY: Final = _page(502, "502 Bad Gateway")
_INSTEAD: Final = {
    "html_502": _BAD_GATEWAY,
    "html_403": _page(403, "403 Forbidden"),
    "empty": Answer(200, messages.JSON, b""),
}
_ALWAYS: Final = {*_INSTEAD, LOST, TRUNCATED, SLOW, HTTP_ERRORS}
_ALSO: Final = {"single_buy": {EARLY}, "charge": {THREE_DS, *Choice} - {Choice.NOTIFY}}


class BadFault(Invalid):
    code = "invalid_fault"
    en = "{field} of a fault cannot be {value}"
    es = "el dato «{field}» de una falla no puede ser «{value}»"


class Fault(NamedTuple):
    """The fault of one call; ``how`` is empty for a call without fault. A slow call takes ``seconds``."""

    how: str = ""
    seconds: float = _SECONDS


def order(public_key: str, sent: JSONObject) -> None:
    """Order a fault for the next ``times`` calls of an operation, after those ordered before; 0 cancels them all.

    Raises Unknown, BadFault.
    """
    ordered = _ordered(sent)

    def add(application: Application) -> None:
        kept = [other for other in application.faults if ordered["times"] or other["operation"] != ordered["operation"]]
        application.faults = [*kept, ordered] if ordered["times"] else kept

    records.change(Application, public_key, add)


def _ordered(sent: JSONObject) -> FaultOrder:
    """Raises BadFault."""
    operation, how = sent.get("operation"), sent.get("how")
    times, seconds = sent.get("times", 1), sent.get("seconds", _SECONDS)
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise BadFault(field="operation", value=operation)
    if not isinstance(how, str) or not _is_known(how, operation):
        raise BadFault(field="how", value=how)
    if not isinstance(times, int) or isinstance(times, bool) or not 0 <= times <= _MOST_TIMES:
        raise BadFault(field="times", value=times)
    if not _is_number(seconds) or not 0 <= seconds <= _MOST_SECONDS:
        raise BadFault(field="seconds", value=seconds)
    return FaultOrder(operation=operation, how=how, times=times, seconds=seconds)


def _is_known(how: str, operation: str) -> bool:
    return how in _ALWAYS | _ALSO.get(operation, set()) or bool(_key_of(how))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def take(application: Application, operation: str) -> Fault:
    """The fault of the present call of ``operation``, counted down."""
    if all(ordered["operation"] != operation for ordered in application.faults):
        return Fault()
    return records.change(Application, application.record_id, lambda latest: _taken(latest, operation))


def _taken(application: Application, operation: str) -> Fault:
    for ordered in application.faults:
        if ordered["operation"] == operation:
            ordered["times"] -= 1
            application.faults = [left for left in application.faults if left["times"]]
            return Fault(ordered["how"], ordered["seconds"])
    return Fault()


def answer_instead(fault: Fault) -> Answer | None:
    """The answer to a call that is not carried out; None for one that is. Raises Denied."""
    if key := _key_of(fault.how):
        raise Denied(key)
    return _INSTEAD.get(fault.how)


def spoilt(fault: Fault, answer: Answer) -> Answer:
    """The answer to a call that was carried out, with its fault."""
    if fault.how == SLOW:
        time.sleep(fault.seconds)
    if fault.how == LOST:
        return _BAD_GATEWAY
    if fault.how == TRUNCATED:
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    return answer


def _key_of(how: str) -> str:
    return how.removeprefix(_ERROR) if how.startswith(_ERROR) else ""
