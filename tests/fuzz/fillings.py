"""Real ids, links and times in the place of those that were made up."""

import random
from datetime import date, datetime
from typing import Any, Final

from schemathesis import GenerationMode
from schemathesis.core.parameters import ParameterLocation

from tests.fuzz.cases import AnyCase
from tests.fuzz.world import Values

REAL: Final = 0.85
"""The share of values that are replaced by real ones."""
READABLE: Final = 0.9
"""The share of texts that get letters in the place of what is no text."""
_CURSOR: Final = "cursor"
_NAMES: Final = {
    "service": "service_id",
    "resource": "resource_id",
    "customer": "customer_id",
    "scheduled_at": "start",
    "from_": "from",
}
_LISTS: Final = {"resource_ids": "resource_id", "second_resource_ids": "room_id", "ids": ""}


def is_right(case: AnyCase, part: ParameterLocation) -> bool:
    """Whether this part of the case is as the document allows."""
    found = case.meta.components.get(part) if case.meta else None
    return found is None or found.mode == GenerationMode.POSITIVE


def fill(case: AnyCase, values: Values, dice: random.Random) -> None:
    """Put real values into every part of the case that is right."""
    if is_right(case, ParameterLocation.PATH) or _is_wrong_elsewhere(case):
        for name in case.path_parameters or {}:
            if name in values and dice.random() < _share(name):
                case.path_parameters[name] = values[name]
    if is_right(case, ParameterLocation.QUERY) and case.query:
        case.query = _filled(case.query, values, dice)
        if dice.random() < REAL:
            case.query.pop(_CURSOR, None)
    if is_right(case, ParameterLocation.BODY) and isinstance(case.body, dict):
        case.body = _filled(case.body, values, dice)


def _is_wrong_elsewhere(case: AnyCase) -> bool:
    """Whether query or body are wrong: with a wrong path as well nobody would look at these."""
    return not (is_right(case, ParameterLocation.QUERY) and is_right(case, ParameterLocation.BODY))


def _share(name: str) -> float:
    """Nothing is to be found in a business that does not exist."""
    return 0.97 if name == "slug" else REAL


def _filled(value: Any, values: Values, dice: random.Random, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, values, dice, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, values, dice, name) for one in value]
    known = _LISTS.get(name) or _NAMES.get(name, name)
    if isinstance(value, str) and known in values and dice.random() < REAL and _alike(value, values[known]):
        return values[known]
    if isinstance(value, str) and dice.random() < READABLE:
        return "".join(letter if letter.isprintable() else "ñ" for letter in value)
    return value


def _alike(made_up: str, real: object) -> bool:
    """Whether both are ids, or both are times of one kind: only then the request stays as right as it was."""
    return isinstance(real, str) and _kind(made_up) == _kind(real) != ""


def _kind(text: str) -> str:
    for kind, read in (("date", date.fromisoformat), ("instant", datetime.fromisoformat)):
        try:
            read(text)
        except ValueError:
            continue
        return kind
    return "id" if len(text) >= 32 and text.isascii() and " " not in text else ""
