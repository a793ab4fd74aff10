"""A line of the audit log: the items that one transaction changes, their fields before and after, and the actor.

``writes.Transaction`` makes the line from the items that it saves and deletes. So no change of a ``Versioned`` item can
be written without one.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import uuid6
from pynamodb.attributes import JSONAttribute

from mostrador import clock, context
from mostrador.table import base, keys
from mostrador.table.items.audit import AuditEntry
from mostrador.values.wire import JSON, WireItem, WireValue

MOST_LETTERS: Final = 300
"""Longer texts are shortened: the log shows that they changed, and how they begin."""
_QUIET: Final = frozenset(
    "pk sk entity id gsi1pk gsi1sk gsi2pk gsi2sk due_pk due_at version created_at updated_at fingerprint folded".split()
)


Fields = dict[str, list[JSON]]
"""Name of a field -> [value before, value after], None where it was not there."""


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a line; ``action`` names the event, such as ``appointment.cancelled``."""

    entity: str
    id: str
    action: str
    fields: Fields


def change(item: base.Versioned, after: WireItem) -> Change | None:
    """The change from ``item`` as it was loaded to ``after`` (empty: it is deleted); None where nothing changes."""
    before = item.loaded or {}
    quiet = item.quiet if before and after else item.quiet | item.quiet_when_new
    fields: Fields = {}
    for name in sorted((before.keys() | after.keys()) - _QUIET - quiet):
        fields |= _difference(name, _plain(item, name, before), _plain(item, name, after))
    if before and after and not fields:
        return None
    entity, identity = type(item).__name__.lower(), item.sk.partition("#")[2] or keys.tenant_of(item.pk)
    return Change(entity, identity, f"{entity}.{_verb(item, after, fields)}", fields)


def entry(tenant: str, changes: list[Change]) -> AuditEntry:
    """The line for the changes of one transaction in ``tenant``, by the present actor."""
    actor, at = context.current().actor, clock.now()
    return AuditEntry(
        *keys.audit_entry(tenant, at, uuid6.uuid7().hex),
        at=at,
        user=actor.user,
        name=actor.name or None,
        role=actor.role,
        address=actor.address or None,
        request_id=actor.request_id or None,
        about="".join(f" {change.entity}#{change.id} {change.action}" for change in changes) + " ",
        changes=[[change.entity, change.id, change.action, change.fields] for change in changes],
    )


def _verb(item: base.Versioned, after: WireItem, fields: Fields) -> str:
    """``created``, ``deleted``, the step or the state it entered in small letters, or ``changed``."""
    if not after:
        return "deleted"
    if not item.loaded:
        return "created"
    if "status" not in fields:
        return "changed"
    before, now = (str(value) for value in fields["status"])
    return item.steps.get((before, now), now.lower())


def _difference(name: str, before: JSON, after: JSON) -> Fields:
    """``name`` with both values where they differ; of two maps only the keys that do, as ``name.key``."""
    if before == after:
        return {}
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return {name: [_shortened(before), _shortened(after)]}
    both = sorted(before.keys() | after.keys())
    differing = [key for key in both if before.get(key) != after.get(key)]
    return {f"{name}.{key}": [_shortened(before.get(key)), _shortened(after.get(key))] for key in differing}


def _plain(item: base.Versioned, name: str, wire: WireItem) -> JSON:
    """The value of one attribute as JSON has it; None where it is not there."""
    value = plain_value(wire[name]) if name in wire else None
    if not isinstance(value, str) or not isinstance(item.get_attributes().get(name), JSONAttribute):
        return value
    parsed: JSON = json.loads(value)
    return parsed


def plain_value(typed: WireValue) -> JSON:
    """A typed value of DynamoDB's; sets in order, bytes as base64."""
    ((kind, value),) = typed.items()
    return _PLAIN[kind](value)


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


_PLAIN: Final[dict[str, Callable[[Any], JSON]]] = {
    "S": str,
    "N": _number,
    "B": _base64,
    "BOOL": bool,
    "NULL": lambda _: None,
    "L": lambda values: [plain_value(value) for value in values],
    "M": lambda values: {name: plain_value(value) for name, value in values.items()},
    "SS": sorted,
    "NS": lambda numbers: sorted(map(_number, numbers)),
    "BS": lambda contents: sorted(map(_base64, contents)),
}
"""The type's letters -> how a value of that type is written in JSON."""


def _shortened(value: JSON) -> JSON:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"
