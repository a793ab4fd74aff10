"""What a transaction changes, as a line of the audit log: which items, which fields from what to what, by whom.

``writes.transaction`` makes the line from what it is given to save and delete, so no change of a ``Versioned`` item
can be written without one.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import uuid6
from pynamodb.attributes import JSONAttribute

from mostrador import clock, context
from mostrador.table import base, keys
from mostrador.table.items.audit import AuditEntry
from mostrador.values.wire import WireItem

MOST_LETTERS: Final = 300
"""Longer texts are cut: the log tells that they changed, and how they began."""
_QUIET: Final = frozenset(
    "pk sk entity id gsi1pk gsi1sk gsi2pk gsi2sk due_pk due_at version created_at updated_at fingerprint folded".split()
)


@dataclass(frozen=True, slots=True)
class Change:
    """One item of a line; ``action`` is what became of it, such as ``appointment.cancelled``.

    ``fields``: name -> [what it was, what it is], None where it was not there.
    """

    entity: str
    id: str
    action: str
    fields: dict[str, list[Any]]


def change(item: base.Versioned, after: WireItem) -> Change | None:
    """What turning ``item`` as it was loaded into ``after`` (empty: deleting it) changes; None when nothing does."""
    before = item.loaded or {}
    fields: dict[str, list[Any]] = {}
    for name in sorted((before.keys() | after.keys()) - _QUIET - item.quiet):
        fields |= _difference(name, _plain(item, name, before), _plain(item, name, after))
    if before and after and not fields:
        return None
    entity, identity = type(item).__name__.lower(), item.sk.partition("#")[2] or keys.tenant_of(item.pk)
    return Change(entity, identity, f"{entity}.{_verb(before, after, fields)}", fields)


def entry(tenant: str, changes: list[Change]) -> AuditEntry:
    """The line for what one transaction changes in ``tenant``, by whoever acts now."""
    actor, at = context.current().actor, clock.now()
    return AuditEntry(
        *keys.audit_entry(tenant, at, uuid6.uuid7().hex),
        at=at,
        user=actor.user,
        name=actor.name or None,
        role=actor.role,
        address=actor.address or None,
        request_id=actor.request_id or None,
        about="".join(f" {one.entity}#{one.id} {one.action}" for one in changes) + " ",
        changes=[[one.entity, one.id, one.action, one.fields] for one in changes],
    )


def _verb(before: WireItem, after: WireItem, fields: dict[str, list[Any]]) -> str:
    """``created``, ``deleted``, the state it entered in small letters, or ``changed``."""
    if not after:
        return "deleted"
    if not before:
        return "created"
    return str(fields["status"][1]).lower() if "status" in fields else "changed"


def _difference(name: str, before: Any, after: Any) -> dict[str, list[Any]]:
    """``name`` with both values where they differ; of two maps only the keys that do, as ``name.key``."""
    if before == after:
        return {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return {name: [_cut(before), _cut(after)]}
    both = sorted(before.keys() | after.keys())
    differing = [key for key in both if before.get(key) != after.get(key)]
    return {f"{name}.{key}": [_cut(before.get(key)), _cut(after.get(key))] for key in differing}


def _plain(item: base.Versioned, name: str, wire: WireItem) -> Any:
    """The value of one attribute as JSON has it; None where it is not there."""
    value = _value(wire[name]) if name in wire else None
    is_json = isinstance(item.get_attributes().get(name), JSONAttribute)
    return json.loads(value) if is_json and value is not None else value


def _value(typed: Mapping[str, Any]) -> Any:
    """A typed value of DynamoDB's; sets in order, bytes as base64."""
    ((kind, value),) = typed.items()
    match kind:
        case "N":
            return int(value) if value.lstrip("-").isdigit() else float(value)
        case "B":
            return b64encode(value).decode()
        case "L":
            return [_value(one) for one in value]
        case "M":
            return {name: _value(one) for name, one in value.items()}
        case "SS" | "NS" | "BS":
            return sorted(_value({kind[0]: one}) for one in value)
    return None if kind == "NULL" else value


def _cut(value: Any) -> Any:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return value if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"
