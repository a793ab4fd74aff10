"""Bad days to order: what the next calls of an operation will meet instead of a good answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mostrador.errors import Invalid
from stand_ins.bancard import messages, records
from stand_ins.bancard.messages import Denied
from stand_ins.bancard.payments import Choice
from stand_ins.bancard.records import Application
from stand_ins.http import Answer

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


class BadBehaviour(Invalid):
    code = "invalid_behaviour"
    en = "{field} of a behaviour cannot be {value}"
    es = "{field} de un comportamiento no puede ser {value}"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """``how`` is empty for a good day."""

    how: str = ""
    seconds: float = _SECONDS


def order(public_key: str, asked: Mapping[str, Any]) -> None:
    """Have the next calls of an operation behave so, after those ordered before; no ``times`` forgets these.

    Raises Unknown, BadBehaviour.
    """
    operation, how = asked.get("operation"), asked.get("how")
    times, seconds = asked.get("times", 1), asked.get("seconds", _SECONDS)
    if operation not in OPERATIONS:
        raise BadBehaviour(field="operation", value=operation)
    if not isinstance(how, str) or not (how in _ALWAYS | _ALSO.get(operation, set()) or _key_of(how)):
        raise BadBehaviour(field="how", value=how)
    if type(times) is not int or not 0 <= times <= _MOST_TIMES:
        raise BadBehaviour(field="times", value=times)
    if type(seconds) not in (int, float) or not 0 <= seconds <= _MOST_SECONDS:
        raise BadBehaviour(field="seconds", value=seconds)

    def add(application: Application) -> None:
        kept = [one for one in application.behaviours if times or one["operation"] != operation]
        new = [{"operation": operation, "how": how, "times": times, "seconds": seconds}] if times else []
        application.behaviours = kept + new

    records.change(Application, public_key, add)


def take(application: Application, operation: str) -> Behaviour:
    """What a call of ``operation`` meets now, which is then one fewer."""
    if all(one["operation"] != operation for one in application.behaviours):
        return Behaviour()
    return records.change(Application, application.record_id, lambda latest: _taken(latest, operation))


def _taken(application: Application, operation: str) -> Behaviour:
    for one in application.behaviours:
        if one["operation"] == operation:
            one["times"] -= 1
            application.behaviours = [kept for kept in application.behaviours if kept["times"]]
            return Behaviour(one["how"], one["seconds"])
    return Behaviour()


def instead(behaviour: Behaviour) -> Answer | None:
    """The answer to a call that is not carried out; None for one that is. Raises Denied."""
    if key := _key_of(behaviour.how):
        raise Denied(key)
    return _INSTEAD.get(behaviour.how)


def spoilt(behaviour: Behaviour, answer: Answer) -> Answer:
    """What becomes of the answer to a call that was carried out."""
    if behaviour.how == SLOW:
        time.sleep(behaviour.seconds)
    if behaviour.how == LOST:
        return _BAD_GATEWAY
    if behaviour.how == TRUNCATED:
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    return answer


def _key_of(how: str) -> str:
    return how.removeprefix(_ERROR) if how.startswith(_ERROR) else ""
