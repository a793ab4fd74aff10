"""Routes as the doors declare them: the build makes the gateway and the OpenAPI document of these."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mostrador.people.rules import permissions
from mostrador.people.rules.permissions import Action, Role

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
OLD_AREAS: Final = frozenset({"appointments", "services", "customers", "raffles"})
"""The areas that the old backoffice had below ``/api``, for the tenant ``default``."""
OF_TENANT: Final = "/tenant/{slug}"


class Access(StrEnum):
    """Who may call a route that asks for no action of a role in a tenant."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    OPERATOR = "operator"
    MACHINE = "machine"
    """Another system, which proves itself in the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path.

    ``operation`` is its stable id, ``area.verb``; ``path`` has its variables in braces. ``status`` is that of success.
    ``location`` is the path of what was created, as Powertools writes it; its last variable is the answer's field of
    that name, else its ``id``.
    ``answer`` is the model of an answer that the handler gives as text, itself or as ``module:Class``.
    ``form`` is that of a body that no handler's signature names. ``media_type`` is that of the answer.
    ``any_query`` lets unknown query parameters pass.
    ``public_for`` is for how many seconds anybody may keep the answer, ``private_for`` the caller alone.
    """

    operation: str
    method: str
    path: str
    access: Action | Access
    status: int = 200
    location: str = ""
    answer: type | str = ""
    form: str = ""
    media_type: str = JSON
    any_query: bool = False
    public_for: int = 0
    private_for: int = 0
    function: Callable[..., object] | None = None

    @property
    def area(self) -> str:
        return self.operation.partition(".")[0]

    @property
    def is_open(self) -> bool:
        """Whether no authorizer stands before it."""
        return self.access in (Access.PUBLIC, Access.MACHINE)

    @property
    def role(self) -> Role | None:
        """The least role that may call it; None where no role is needed."""
        if self.access is Access.OPERATOR:
            return Role.SUPERUSER
        return permissions.LEAST[self.access] if isinstance(self.access, Action) else None

    @property
    def old_path(self) -> str:
        """The path without a tenant by which the old backoffice's clients reach it; empty where there is none."""
        has_one = self.area in OLD_AREAS and isinstance(self.access, Action)
        return self.path.removeprefix(OF_TENANT) if has_one else ""
