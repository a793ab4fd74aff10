"""Who may do what: one table that the handlers, the tests and the docs read."""

from enum import StrEnum
from typing import Final

from mostrador.errors import Forbidden


class Role(StrEnum):
    VIEWER = "viewer"
    STAFF = "staff"
    ADMIN = "admin"
    SUPERUSER = "superuser"


class Action(StrEnum):
    READ = "read"
    BOOK = "book"
    MANAGE = "manage"
    OPERATE = "operate"


MAY: Final[dict[Role, frozenset[Action]]] = {
    Role.VIEWER: frozenset({Action.READ}),
    Role.STAFF: frozenset({Action.READ, Action.BOOK}),
    Role.ADMIN: frozenset({Action.READ, Action.BOOK, Action.MANAGE}),
    Role.SUPERUSER: frozenset(Action),
}


class NotAllowed(Forbidden):
    code = "forbidden"
    en = "the role {role} may not {action}"
    es = "el rol {role} no permite esta acción ({action})"


def check(role: Role, action: Action) -> None:
    """Raise NotAllowed unless ``role`` may do ``action``."""
    if action not in MAY[role]:
        raise NotAllowed(role=role.value, action=action.value)
