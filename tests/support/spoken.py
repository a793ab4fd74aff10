"""How sentences for people look, checked of every refusal that any test makes."""

import re
import string
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, wraps
from typing import Any

from mostrador.errors import ServiceError
from mostrador.values import wording
from mostrador.values.word_tables import NAMES, OTHER

ISO_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:T[\d:.Z+-]+)?")
CODE = re.compile(r"\b[A-Z][A-Z_]+\b|\b[a-z]+(?:_[a-z]+)+\b")
SIGNS = frozenset("API JSON UTF RUC ISO IANA SHA PY USD PYG UTC".split())
"""What Spanish writes in capitals too."""
ENGLISH = frozenset(
    """and any are as been before but by can cannot each every from have how if in is it its most must nobody not of
    only other our out second should than that the their them there these they this times too until was we were what
    when which who with your""".split()
)
TYPED = frozenset(
    "drawer drawers value field given phone name service delivered_to email slug id number numbers".split()
)
"""Facts that a person typed, or that have names of their own."""


def placeholders(template: str) -> Iterator[tuple[str, str]]:
    """Name and kind of each fact that a sentence names."""
    return ((name, kind or "") for _, name, kind, _ in string.Formatter().parse(template) if name is not None)


def codes() -> frozenset[str]:
    """Every value of our enums that were imported."""
    return _values(tuple(kind for kind in StrEnum.__subclasses__() if kind.__module__.startswith("mostrador.")))


@cache
def _values(enums: tuple[type[StrEnum], ...]) -> frozenset[str]:
    return frozenset(str(member) for enum in enums for member in enum)


def faults(spanish: str) -> list[str]:
    """All that no Spanish sentence may hold: dates in ISO 8601, codes of programs, English words."""
    words = re.findall(r"\w+", spanish)
    english = [word for word in words if word.lower() in ENGLISH]
    return [
        *ISO_DATE.findall(spanish),
        *(code for code in CODE.findall(spanish) if code not in SIGNS),
        *(word for word in words if word in codes()),
        *english,
    ]


def unspoken(template: str, facts: dict[str, Any]) -> list[str]:
    """The facts that are not of the kind which the sentence names, so that they would stand there as they are."""
    return [f"{name}:{kind}" for name, kind in placeholders(template) if not _is_of_kind(kind, facts[name])]


def is_typed(name: str, kind: str) -> bool:
    return name in TYPED and kind in ("", "id")


def _is_of_kind(kind: str, value: object) -> bool:
    if kind == "time":
        return wording._instant(value) is not None
    known = NAMES.get(kind)
    return known is None or OTHER in known or str(value) in known


def check(error: ServiceError) -> None:
    """Raise AssertionError where a refusal cannot be said as its sentences want it, or lacks the facts of its step."""
    words = error.variant(wording.Reader()) or (error.es, error.en)
    wrong = [fault for template in words for fault in unspoken(template, error.facts)]
    named = dict(placeholders(words[0]))
    facts = {name: "" if is_typed(name, kind) else error.facts[name] for name, kind in named.items()}
    wrong += faults(wording.Reader().sentence(words[0], facts))
    error.suggests(wording.Reader())
    if wrong:
        raise AssertionError(f"{type(error).__name__}: {wrong} in {words[0]}")


def check_each_refusal() -> None:
    """Check every refusal from now on when it is made."""
    made = ServiceError.__init__

    @wraps(made)
    def made_and_checked(error: Any, **facts: Any) -> None:
        made(error, **facts)
        if type(error).__module__.startswith(("mostrador.", "stand_ins.")):
            check(error)

    setattr(ServiceError, "__init__", made_and_checked)  # noqa: B010 - mypy takes no other way
