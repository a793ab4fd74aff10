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
the given facts. Only ``web.problems`` knows the HTTP status of a family.
"""

from typing import Any, ClassVar, Final


class ServiceError(Exception):
    """A refusal that the caller can understand and act on."""

    code: ClassVar[str]
    en: ClassVar[str]
    es: ClassVar[str]

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.en.format(**facts))

    def says(self, language: str) -> str:
        """The sentence for a person, in ``"es"`` or ``"en"``."""
        return (self.en if language == "en" else self.es).format(**self.facts)


class Invalid(ServiceError):
    pass


class Forbidden(ServiceError):
    pass


class NotFound(ServiceError):
    pass


class Conflict(ServiceError):
    pass


class Unavailable(ServiceError):
    pass


class TooManyRequests(Unavailable):
    pass


class NotHere(NotFound):
    """``entity`` (its English name) with this id is not in this tenant."""

    code = "not_found"
    en = "there is no {entity} {id}"
    es = "no existe {entity} {id}"

    def says(self, language: str) -> str:
        entity = str(self.facts["entity"])
        name = entity if language == "en" else _SPANISH.get(entity, entity)
        return (self.en if language == "en" else self.es).format(entity=name, id=self.facts["id"])


_SPANISH: Final = {
    "tenant": "el negocio",
    "service": "el servicio",
    "resource": "el profesional o recurso",
    "customer": "el cliente",
    "appointment": "el turno",
    "closure": "el día especial",
    "path": "la dirección",
    "file": "el archivo",
    "list of holidays for": "la lista de feriados de",
    "waiting entry": "la espera",
    "feed": "el calendario",
    "member": "el miembro",
    "invitation": "la invitación",
    "raffle": "la rifa",
    "number": "el número",
    "order": "la orden",
    "payment": "el pago",
    "integration": "la conexión con",
    "prize": "el premio",
    "API key": "la clave de API",
}


class Stale(Conflict):
    code = "stale"
    en = "somebody changed it first: you have version {given}, the current one is {current}"
    es = "alguien lo cambió antes: tiene la versión {given}, la actual es {current}"


class Busy(Unavailable):
    """Optimistic writes lost their race too often, or the table is throttled."""

    code = "busy"
    en = "too many people are changing this at the same time; try again in a moment"
    es = "demasiadas personas están cambiando esto a la vez; intente de nuevo en un momento"
