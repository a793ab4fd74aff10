"""The last check before DynamoDB, in every stage: no request leaves with a key outside the tenant in hand.

It is registered on the one botocore client, so it holds for every request: for the item itself, and for the lists
(indexes) that it enters. Without a tenant in hand only lists across tenants may be read: the tenants, one user's
memberships, what is due. Operations that are not known to be harmless are refused: Scan, BatchWriteItem, PartiQL.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from botocore.client import BaseClient
from botocore.model import OperationModel

from mostrador import context
from mostrador.observability import logger
from mostrador.table import keys

EVERY_TENANT: Final = "*"
"""In hand of tests and of tools that fill a table; no door ever takes it."""
_USERS: Final = keys.user_partition("")
_DUE: Final = frozenset(
    of(shard)
    for of in (keys.due_partition, keys.waiting_due_partition, keys.calendar_due_partition)
    for shard in range(keys.SHARDS)
)
_INDEXES: Final = ("gsi1pk", "gsi2pk", "due_pk")
_EQUALS: Final = re.compile(r"([#\w]+)\s*=\s*([^\s,)]+)")
counts: Final[Counter[str]] = Counter()
"""Requests since the process began: ``checked`` and ``refused``."""


Request = Mapping[str, Any]
"""The parameters of one call of DynamoDB's API, or one action of a transaction."""


class ForeignKey(Exception):
    """A bug of ours, never the caller's fault: a key outside the tenant in hand."""


class _Partition(NamedTuple):
    """A partition that a request names, and in which attribute; ``is_asked`` by a Query, or else written or read."""

    attribute: str
    value: str
    is_asked: bool = False


def check(params: Request, model: OperationModel, **_: object) -> None:
    """Raise ForeignKey for a request that touches anything but the tenant in hand; botocore calls it for each."""
    counts["checked"] += 1
    tenant = context.current().tenant
    if tenant == EVERY_TENANT:
        return
    own = keys.tenant(tenant)[0] if tenant else None
    foreign = next((named for named in _partitions(model.name, params) if not _may(named, own)), None)
    if foreign is not None:
        counts["refused"] += 1
        logger.error("foreign key refused", operation=model.name, tenant=tenant, partition=foreign.value)
        raise ForeignKey(f"{model.name} of {foreign.attribute} {foreign.value!r} while working for {tenant!r}")


def register(client: BaseClient) -> None:
    """Check every request of ``client`` before it is built."""
    client.meta.events.register("before-parameter-build.dynamodb", check, unique_id="mostrador-guard")


def _may(named: _Partition, own: str | None) -> bool:
    """Whether a request may name this partition while ``own``, a tenant's, is in hand (None: no tenant)."""
    if own and (named.value == own or named.value.startswith(f"{own}#")):
        return True
    return _lies_across(named) and named.is_asked is (own is None)


def _lies_across(named: _Partition) -> bool:
    """Whether it is a list that holds items of many tenants."""
    if named.attribute == "gsi1pk":
        return named.value == keys.TENANTS
    if named.attribute == "gsi2pk":
        return named.value.startswith(_USERS)
    return named.attribute == "due_pk" and named.value in _DUE


def _partitions(operation: str, params: Request) -> Iterator[_Partition]:
    """Every partition that a request names; of an operation that is not known, its name, which is nobody's."""
    if operation == "Query":
        yield from _asked(params)
    elif operation == "BatchGetItem":
        yield from (_Partition("pk", key["pk"]["S"]) for of in params["RequestItems"].values() for key in of["Keys"])
    elif operation == "TransactWriteItems":
        for actions in params["TransactItems"]:
            for action in actions.values():
                yield from _touched(action)
    elif operation in ("PutItem", "GetItem", "UpdateItem", "DeleteItem"):
        yield from _touched(params)
    else:
        yield _Partition(operation, "")


def _asked(params: Request) -> Iterator[_Partition]:
    """What a Query asks for, whichever index has it; a Query without a partition asks for what is nobody's."""
    named = _equated(params, "KeyConditionExpression", ("pk", *_INDEXES))
    queried = [partition._replace(is_asked=True) for partition in named]
    yield from queried or [_Partition("KeyConditionExpression", "")]


def _touched(action: Request) -> Iterator[_Partition]:
    """The item that is read or written, and the lists that it is put into."""
    item = action.get("Item")
    yield _Partition("pk", (item or action["Key"])["pk"]["S"])
    if item:
        yield from (_Partition(name, item[name]["S"]) for name in _INDEXES if name in item)
    elif "UpdateExpression" in action:
        yield from _equated(action, "UpdateExpression", _INDEXES)


def _equated(action: Request, expression: str, attributes: tuple[str, ...]) -> Iterator[_Partition]:
    """What an expression says that these attributes are; anything but a plain value stands for itself."""
    names, values = action.get("ExpressionAttributeNames") or {}, action.get("ExpressionAttributeValues") or {}
    for placeholder, value in _EQUALS.findall(action.get(expression) or ""):
        name = names.get(placeholder, placeholder)
        if name in attributes:
            yield _Partition(name, values[value]["S"] if value in values else value)
