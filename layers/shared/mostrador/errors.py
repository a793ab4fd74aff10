"""Every way of refusing a request.

::

    ServiceError
    ├── Invalid      the request is wrong in every state
    ├── Forbidden    the caller may not do this
    ├── NotFound     it does not exist, or the caller may not see it
    ├── Conflict     it does not fit the present state
    │   └── Stale    somebody changed it first (If-Match)
    └── Unavailable  try again later
        └── TooManyRequests  in ``retry_after`` seconds

A refusal is a class beside the code that raises it: a stable ``code``, and one sentence in each language with
the given facts, whose kinds ``values.wording`` knows. Only ``web.problems`` knows the HTTP status of a family.
"""

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from mostrador.values import wording
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words


class ServiceError(Exception):
    """A refusal that the caller can understand and act on."""

    code: ClassVar[str]
    en: ClassVar[str]
    es: ClassVar[str]
    next_action: ClassVar[NextAction | None] = None
    """The next step, where it is the same whatever the facts."""

    def __init__(self, **facts: Any) -> None:
        """``str`` of it is the English sentence with the facts as they are, for logs."""
        self.facts = facts
        super().__init__(wording.exactly(self.en, facts))

    def says(self, language: str, *, zone: ZoneInfo | None = None, now: datetime | None = None) -> str:
        """The sentence for a person, in ``"es"`` or ``"en"``, with times in ``zone``."""
        return self.sentence(Reader(language, zone, now))

    def sentence(self, reader: Reader) -> str:
        """The sentence for ``reader``."""
        return reader.sentence(reader.choose(self.variant(reader) or (self.es, self.en)), self.facts)

    def variant(self, reader: Reader) -> Words | None:  # noqa: ARG002 - refusals with more than one sentence choose
        """The sentence in Spanish and English where another than ``es`` and ``en`` is right, or None."""
        return None

    def suggests(self, reader: Reader) -> NextAction | None:  # noqa: ARG002 - refusals with more than one choose
        """The next step of ``reader``, where it is known."""
        return self.next_action


class Invalid(ServiceError):
    next_action = NextAction.CORRECT_REQUEST


class Forbidden(ServiceError):
    next_action = NextAction.ASK_ADMIN


class NotFound(ServiceError):
    pass


class Conflict(ServiceError):
    pass


class Unavailable(ServiceError):
    next_action = NextAction.TRY_AGAIN


class TooManyRequests(Unavailable):
    pass


class NotHere(NotFound):
    """``entity`` (its English name) with this id is not in this tenant."""

    code = "not_found"
    en = "there is no {entity:entity} {id:id}"
    es = "no existe {entity:entity} {id:id}"


class Stale(Conflict):
    code = "stale"
    next_action = NextAction.READ_AGAIN
    en = "somebody changed it first: you have version {given}, the current one is {current}"
    es = "alguien lo cambió antes: tiene la versión {given}, la actual es {current}"


class Busy(Unavailable):
    """Optimistic writes lost their race too often, or the table is throttled."""

    code = "busy"
    en = "too many people are changing this at the same time; try again in a moment"
    es = "demasiadas personas están cambiando esto a la vez; intente de nuevo en un momento"
