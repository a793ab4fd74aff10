"""The table's stream on moto, and a pump that hands its records to a function as Lambda does (P13).

``Stream().new()`` gives what was written since the last call; ``pump(handler, records)`` gives the dead letters.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import boto3

from mostrador import settings
from tests.support import template

Record = dict[str, Any]
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Stream:
    """Begins with what is written after it was made; the order is that of the writes."""

    def __init__(self) -> None:
        dynamodb = boto3.client("dynamodb")
        view = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        made = dynamodb.update_table(TableName=settings.table_name(), StreamSpecification=view)
        arn = made["TableDescription"]["LatestStreamArn"]
        self._client: Any = boto3.client("dynamodbstreams")
        (shard,) = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        asked = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        self._iterator = self._client.get_shard_iterator(**asked)["ShardIterator"]

    def new(self) -> list[Record]:
        """What was written since the last call, as Lambda shows it."""
        answer = self._client.get_records(ShardIterator=self._iterator)
        self._iterator = answer["NextShardIterator"]
        return [_as_lambda_shows(record) for record in answer["Records"]]


def _as_lambda_shows(record: Record) -> Record:
    change = record["dynamodb"]
    return record | {
        "dynamodb": change | {"ApproximateCreationDateTime": change["ApproximateCreationDateTime"].timestamp()}
    }


def let_by(function: str, records: Sequence[Record]) -> list[Record]:
    """Those that the filters of a function of template.yaml let by."""
    events = template.resources("AWS::Serverless::Function")[function]["Properties"]["Events"]
    (source,) = (event["Properties"] for event in events.values() if event["Type"] == "DynamoDB")
    patterns = [json.loads(one["Pattern"]) for one in source["FilterCriteria"]["Filters"]]
    return [record for record in records if any(_matches(pattern, record) for pattern in patterns)]


def _matches(pattern: Mapping[str, Any], value: Any) -> bool:
    """Only the equality of Lambda's filter rules."""
    return isinstance(value, Mapping) and all(
        value.get(name) in wanted if isinstance(wanted, list) else _matches(wanted, value.get(name))
        for name, wanted in pattern.items()
    )


def pump(handler: Handler, records: Sequence[Record], *, size: int = 40, retries: int = 2) -> list[Record]:
    """Hand on in batches, in order, with partial failures and bisection; gives the dead letters."""
    batches = [records[first : first + size] for first in range(0, len(records), size)]
    return [dead for batch in batches for dead in _pumped(handler, batch, retries)]


def _pumped(handler: Handler, batch: Sequence[Record], retries: int) -> list[Record]:
    done = _done(handler, batch)
    left = batch[done:]
    if len(left) > 1:
        middle = len(left) if done else len(left) // 2
        return [dead for part in (left[:middle], left[middle:]) if part for dead in _pumped(handler, part, retries)]
    if left and retries:
        return _pumped(handler, left, retries - 1)
    return list(left)


def _done(handler: Handler, batch: Sequence[Record]) -> int:
    """How many of the batch, from its beginning, Lambda counts as done."""
    try:
        answer = handler({"Records": list(batch)}, None)
    except Exception:  # noqa: BLE001 - whatever a function raises, its batch comes again
        return 0
    failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    return min((numbers.index(number) for number in failed), default=len(batch))
