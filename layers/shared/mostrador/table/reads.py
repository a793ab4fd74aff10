"""Reads of several items at once, and of lists page by page."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Final

from itsdangerous import BadSignature, URLSafeSerializer
from pynamodb.attributes import UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.pagination import ResultIterator

from mostrador import settings
from mostrador.errors import Invalid
from mostrador.table import keys
from mostrador.table.base import Item
from mostrador.table.keys import Key
from mostrador.values.next_actions import NextAction
from mostrador.values.wire import WireItem

MOST_ROUNDS: Final = 8
"""Queries that a filtered list may cost before it answers a short page with a cursor."""
DUE_PAGE: Final = 100
EXAMINED: Final = 500
"""Items that each of those queries examines."""
LOWEST: Final = "\x00"
HIGHEST: Final = "\U0010ffff"
"""Below and above every sort key."""


class BadCursor(Invalid):
    code = "invalid_cursor"
    en = "the cursor {value} was not given by this list"
    es = "este cursor no es de esta lista"
    next_action = NextAction.START_AGAIN


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list, and the signed cursor of the next page (None at the end)."""

    items: list[Any]
    next: str | None


def get_item(key: Key, *, consistent: bool = True) -> Any | None:
    """The item under ``key``, or None."""
    return next(iter(Item.batch_get([key], consistent_read=consistent)), None)


def batch(item_keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, Any]:
    """The items that exist under these keys, in one round trip up to 100 of them."""
    return {(item.pk, item.sk): item for item in Item.batch_get(set(item_keys), consistent_read=consistent)}


def listed(item_keys: Iterable[Key]) -> Page:
    """The items that exist under these keys, each once, in the order asked, as the only page."""
    asked = list(dict.fromkeys(item_keys))
    found = batch(asked)
    return Page([found[key] for key in asked if key in found], None)


def within(since: datetime | None, until: datetime | None, prefix: str = "") -> tuple[str, str]:
    """The sort keys that begin with ``prefix`` and an instant in [since, until); None is open."""
    return f"{prefix}{keys.at(since) if since else '0'}", f"{prefix}{keys.at(until) if until else '9'}"


def among(attribute: UnicodeAttribute, values: Sequence[str] | None) -> list[Condition]:
    """The condition that the attribute has one of ``values``; none where there are no values."""
    return [attribute.is_in(*map(str, values))] if values else []


def all_of(conditions: Sequence[Condition]) -> Condition | None:
    """The condition that all of them hold; None where there are none."""
    return reduce(and_, conditions) if conditions else None


def page(
    partition: str,
    *,
    tenant: str,
    query: Sequence[object],
    size: int,
    cursor: str | None,
    index: str | None = None,
    between: tuple[str, str] | None = None,
    keep: Condition | None = None,
    matches: Callable[[Any], bool] | None = None,
    newest_first: bool = False,
) -> Page:
    """One page of the items of ``partition`` in the order of its sort key.

    ``between`` bounds the sort key, both ends included; ``keep`` is a filter condition, ``matches`` a filter for the
    items of short lists, where no attribute tells it. The cursor is bound to
    ``tenant``, partition and ``query``, which holds all else that tells this list from another. Raises BadCursor.
    """
    signer = signer_of(tenant, partition, query, between, newest_first)
    start = decode_cursor(signer, cursor)
    items: list[Any] = []
    for _ in range(MOST_ROUNDS):
        pages = _query(index)(
            partition,
            range_key_condition=_sort_key(index).between(*between) if between else None,
            filter_condition=keep,
            scan_index_forward=not newest_first,
            last_evaluated_key=start,
            page_size=EXAMINED if keep is not None or matches else size - len(items),
        ).page_iter
        rows, start = next(pages)["Items"], pages.last_evaluated_key
        rows = _matching(rows, matches)
        room = size - len(items)
        if len(rows) > room:
            rows, start = rows[:room], _key_of(rows[room - 1], index)
        items += [Item.from_raw_data(row) for row in rows]
        if start is None or len(items) >= size:
            break
    return Page(items, signer.dumps(json.dumps(start)) if start else None)


def _matching(rows: list[Any], matches: Callable[[Any], bool] | None) -> list[Any]:
    return [row for row in rows if matches(Item.from_raw_data(row))] if matches else rows


def _key_of(row: WireItem, index: str | None) -> WireItem:
    """The key after which a list goes on behind ``row``."""
    names = ["pk", "sk", *([f"{index}pk", f"{index}sk"] if index else [])]
    return {name: row[name] for name in names}


def first(
    partition: str,
    most: int,
    *,
    between: tuple[str, str],
    index: str | None = None,
    keep: Condition | None = None,
    only: Sequence[str] | None = None,
    newest_first: bool = False,
) -> list[Any]:
    """At most ``most`` items with sort keys ``between`` both; only the attributes in ``only`` are read.

    ``keep`` is a filter condition; items that it removes do not count.
    """
    rows = _query(index)(
        partition,
        range_key_condition=_sort_key(index).between(*between),
        filter_condition=keep,
        scan_index_forward=not newest_first,
        limit=most,
        attributes_to_get=only,
    )
    return list(rows)


def everything(partition: str, prefix: str) -> list[Any]:
    """All items of a small partition whose sort key begins with ``prefix``."""
    return list(Item.query(partition, Item.sk.startswith(prefix)))


def span(
    partition: str,
    first: str,
    last: str,
    *,
    consistent: bool = False,
    index: str | None = None,
    keep: Condition | None = None,
) -> list[Any]:
    """The items of ``partition`` with sort keys from ``first`` to ``last``, both included, that pass ``keep``."""
    inside = _sort_key(index).between(first, last)
    return list(_query(index)(partition, inside, filter_condition=keep, consistent_read=consistent))


def stretch(partition: str, *, after: str, upto: str, most: int) -> list[WireItem]:
    """At most ``most`` items as DynamoDB has them, with sort keys behind ``after`` and up to ``upto``; consistent."""
    inside = Item.sk.between(after, upto)
    found: list[WireItem] = []
    for page in Item.query(partition, inside, consistent_read=True, page_size=most + 1).page_iter:
        found += [row for row in page["Items"] if row["sk"]["S"] != after]
        if len(found) >= most:
            break
    return found[:most]


def rows(partition: str, prefix: str, *, only: Sequence[str], keep: Condition) -> Iterator[WireItem]:
    """The items under ``prefix`` that pass ``keep``, as DynamoDB has them: the list is too long to make objects of.

    Each page is read as it is at that moment; only the attributes in ``only`` are read.
    """
    inside = Item.sk.startswith(prefix)
    found = Item.query(partition, inside, filter_condition=keep, attributes_to_get=list(only), consistent_read=True)
    for answer in found.page_iter:
        yield from answer["Items"]


def due(until: datetime, partition: Callable[[int], str] = keys.due_partition) -> Iterator[Any]:
    """All items whose deadline has come: a page of each shard in turn, the oldest of a shard first."""
    begins: dict[int, dict[str, dict[str, Any]] | None] = dict.fromkeys(range(keys.SHARDS))
    while begins:
        for shard, start in list(begins.items()):
            rows = Item.by_deadline.query(
                partition(shard),
                Item.due_at <= keys.at(until),
                last_evaluated_key=start,
                limit=DUE_PAGE,
                page_size=DUE_PAGE,
            )
            yield from list(rows)
            begins[shard] = rows.last_evaluated_key
            if rows.last_evaluated_key is None:
                del begins[shard]


def parents(partition: str) -> list[Any]:
    """All items that gsi2 keeps under ``partition``."""
    return list(Item.by_parent.query(partition))


def _query(index: str | None) -> Callable[..., ResultIterator[Any]]:
    queries: dict[str | None, Callable[..., ResultIterator[Any]]]
    queries = {None: Item.query, "gsi1": Item.by_list.query, "gsi2": Item.by_parent.query}
    return queries[index]


def _sort_key(index: str | None) -> UnicodeAttribute:
    return {None: Item.sk, "gsi1": Item.gsi1sk, "gsi2": Item.gsi2sk}[index]


def signer_of(tenant: str, *query: object) -> URLSafeSerializer:
    """The signer of the cursors of one list."""
    return URLSafeSerializer(settings.signing_keys(), salt=f"cursor {tenant} {query!r}")


def decode_cursor(signer: URLSafeSerializer, cursor: str | None) -> Any:
    """The signed value; None where there is no cursor. Raises BadCursor."""
    if cursor is None:
        return None
    try:
        return json.loads(signer.loads(cursor))
    except (BadSignature, ValueError) as error:
        raise BadCursor(field="query.cursor", value=cursor[:40]) from error
