"""What every stored item has: keys, the indexes, the one guarded client. Only here PynamoDB's private API is used.

A ``Versioned`` item carries a ``version`` that PynamoDB checks and counts up at each save, so a change made from an
old copy is refused, and a creation never overwrites.
"""

import os
from collections.abc import Mapping
from threading import Lock
from typing import Any, ClassVar, Final, Protocol, Self

from botocore.client import BaseClient
from botocore.config import Config
from pynamodb.attributes import DiscriminatorAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.connection import TableConnection
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from mostrador import settings
from mostrador.table import tenant_guard
from mostrador.table.attributes import InstantAttribute
from mostrador.values.wire import WireItem

_first: Final = Lock()
_CONFIG: Final = Config(user_agent="mostrador")
"""botocore would put together its own user agent twice a request (0.07 ms)."""


class _ByList(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi1"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class _ByParent(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "gsi2"
        projection = AllProjection()

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


class _ByDeadline(GlobalSecondaryIndex["Item"]):  # type: ignore[no-untyped-call]
    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_pk = UnicodeAttribute(hash_key=True)
    due_at = UnicodeAttribute(range_key=True)


class Item(Model):
    """Anything in the table."""

    class Meta:
        table_name = settings.table_name()
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
        connect_timeout_seconds = 1
        read_timeout_seconds = 2
        max_retry_attempts = 3
        max_pool_connections = 50

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    entity = DiscriminatorAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    due_pk = UnicodeAttribute(null=True)
    due_at = UnicodeAttribute(null=True)
    by_list = _ByList()
    by_parent = _ByParent()
    by_deadline = _ByDeadline()

    _guarded: ClassVar[BaseClient | None] = None
    loaded: WireItem | None = None
    """The item as it was read, or None for a new one."""

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Self:
        item = super().from_raw_data(data)
        item.loaded = data
        return item

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """One guarded client for all entities; PynamoDB would make one, with its own sockets, for each class.

        It is guarded before anybody gets it: the first of several threads makes it, and the others wait.
        """
        if cls is not Item:
            return Item._get_connection()
        with _first:
            connection = super()._get_connection()
            if connection.connection._client is None:
                connection.connection.session.set_default_client_config(_CONFIG)
            client = connection.connection.client
            if client is not Item._guarded:
                tenant_guard.register(client)
                if settings.data_role_arn():
                    from mostrador.table import credentials  # noqa: PLC0415 - where isolation is off nobody needs it

                    credentials.register(client, connection.connection.session)
                Item._guarded = client
        return connection


def connection() -> TableConnection:
    """The one connection of this process."""
    return Item._get_connection()


def client() -> BaseClient:
    """botocore's client of the table: guarded, and where isolation is on signing with the tenant's credentials."""
    return connection().connection.client


def disconnect() -> None:
    """Have the next request make a new client, as a new process would."""
    Item._connection = None


class HasVersion(Protocol):
    """An item with a version, whether or not the audit log follows it."""

    @property
    def version(self) -> float: ...


class Versioned(Item):
    """An item with a version. Every change is a line of the audit log, except for the ``quiet`` fields.

    A line about a new or a deleted item also leaves out the fields that are ``quiet_when_new``. ``steps`` names a
    change of state, from one to another, that the state it leads to does not tell.
    """

    quiet: ClassVar[frozenset[str]] = frozenset()
    quiet_when_new: ClassVar[frozenset[str]] = frozenset()
    steps: ClassVar[Mapping[tuple[str, str], str]] = {}
    version = VersionAttribute()
    created_at = InstantAttribute()
    updated_at = InstantAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)
