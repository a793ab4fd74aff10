"""The page of permissions, ``docs/api/permissions.md``: actions and fields with the role that each takes at least."""

from collections.abc import Mapping, Sequence

from local.schema_tables import table
from mostrador.people.rules.permissions import HIDDEN, LEAST, PEOPLE_ONLY, WRITES, Role


def page(operations: Mapping[str, Sequence[str]], note: str) -> str:
    """``operations``: action -> links to the operations that ask for it."""
    parts = [
        "# Permissions",
        note,
        "Each role may do all that the roles before it may: viewer, staff, admin, superuser.",
        "## Actions",
        table(("action", "role", "operations"), _actions(operations)),
        "*People only*: no API key may do it, whatever its role.",
        "## Fields",
        "Each field of a PUT or PATCH has the least role that may write it. An answer leaves out fields that the role "
        "does not see.",
        table(("entity", "", "role", "fields"), [*_fields("writes", WRITES), *_fields("sees", HIDDEN)]),
    ]
    return "\n\n".join(parts) + "\n"


def _actions(operations: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    return [
        (
            action.value,
            f"{role.value}, people only" if action in PEOPLE_ONLY else role.value,
            ", ".join(operations.get(action.value, ())),
        )
        for action, role in LEAST.items()
    ]


def _fields(what: str, roles: Mapping[str, Mapping[str, Role]]) -> list[tuple[str, str, str, str]]:
    """A row for each entity and role."""
    return [
        (entity, what, role.value, ", ".join(f"`{name}`" for name, least in fields.items() if least is role))
        for entity, fields in roles.items()
        for role in Role
        if role in fields.values()
    ]
