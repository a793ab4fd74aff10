"""moto, several times as fast in what our tests ask of it most; what it answers is the same.

A transaction copies the whole table, item by item, to be able to take it back; here an update writes to a copy of its
item, so that the table's index is all that must be copied. An attribute's value is one member of ten: that one is
answered, where moto looks for each under six names. Each attribute that an item gets has moto add up the whole item;
here only large ones, or the hundredth, do.
"""

import copy
from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from moto.dynamodb.models.table import Table

_SMALL, _MANY = 1_000, 100
"""Bytes and attributes: fewer than so many of at most so many bytes are far from the 400 kB of an item."""
_set_item = LimitedSizeDict.__setitem__
_update_item = DynamoDBBackend.update_item
_serialize_structure = BaseJSONSerializer._serialize_type_structure


def hasten() -> None:
    """For all of this process."""
    Table.__deepcopy__ = _index_copied  # type: ignore[attr-defined]
    DynamoDBBackend.update_item = _updating_a_copy  # type: ignore[method-assign]
    LimitedSizeDict.__setitem__ = _adding_up_what_is_large  # type: ignore[method-assign]
    BaseJSONSerializer._serialize_type_structure = _with_its_one_member  # type: ignore[method-assign]


def _index_copied(self: Table, memo: dict[int, Any]) -> Table:
    copied = memo[id(self)] = copy.copy(self)
    copied.items = copy.copy(self.items)
    for partition, of_partition in self.items.items():
        copied.items[partition] = copy.copy(of_partition)
    if self.stream_shard is not None:
        copied.stream_shard = copy.copy(self.stream_shard)
        copied.stream_shard.table, copied.stream_shard.items = copied, list(self.stream_shard.items)
    return copied


def _updating_a_copy(self: DynamoDBBackend, table_name: str, key: dict[str, Any], *told: Any, **named: Any) -> Any:
    table = self.get_table(table_name)
    partition, place = DynamoType(key[table.hash_key_attr]), DynamoType(key[str(table.range_key_attr)])
    found = table.items.get(partition, {}).get(place)
    if found is not None:
        table.items[partition][place] = copy.deepcopy(found)
    return _update_item(self, table_name, key, *told, **named)


def _adding_up_what_is_large(self: LimitedSizeDict, key: str, value: Any) -> None:
    if len(self) < _MANY and isinstance(value, DynamoType) and value.size() <= _SMALL:
        dict.__setitem__(self, key, value)
    else:
        _set_item(self, key, value)


def _with_its_one_member(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name != "AttributeValue" or not key or len(value) != 1:
        _serialize_structure(self, serialized, value, shape, key)
        return
    ((kind, told),) = value.items()
    wrapper: dict[str, Any] = {}
    self._serialize(wrapper, told, shape.members[kind], kind)
    self._default_serialize(serialized, wrapper, shape, key)
