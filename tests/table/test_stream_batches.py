"""What Lambda is told of a batch: which records come again, in order, whatever fails."""

import pytest

from mostrador import context
from mostrador.observability import logger
from mostrador.table import stream_batches
from mostrador.table.stream_batches import NothingDelivered


def record(number, slug="salon", sk="A", **images):
    item = {"pk": {"S": f"T#{slug}"}, "sk": {"S": sk}, "entity": {"S": "AUDIT"}, **images}
    change = {"SequenceNumber": str(number), "Keys": {"pk": item["pk"], "sk": item["sk"]}, "NewImage": item}
    return {"eventName": "INSERT", "dynamodb": change}


def delivered(records, handle=lambda tenant, changes: None):
    answer = stream_batches.deliver(records, group_by=lambda change: change.key, handle=handle, failure="it failed")
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


def failing_for(*slugs):
    def handle(tenant, changes):
        if tenant in slugs:
            raise ValueError("Ana")

    return handle


def test_groups_are_handled_once_each_with_their_tenant_in_hand():
    seen = []

    def handle(tenant, changes):
        assert context.current().tenant == tenant
        seen.append((tenant, [change.sequence_number for change in changes]))

    assert delivered([record(1), record(2, "clinic"), record(3)], handle) == []
    assert seen == [("salon", ["1", "3"]), ("clinic", ["2"])]


def test_from_the_first_failed_record_on_all_come_again():
    records = [record(1), record(2, "clinic"), record(3), record(4, "garage")]

    assert delivered(records, failing_for("clinic")) == ["2", "3", "4"]
    assert delivered(records, failing_for("clinic", "garage")) == ["2", "3", "4"]
    assert delivered(records, failing_for("garage")) == ["4"]


def test_a_batch_whose_first_record_fails_raises():
    with pytest.raises(NothingDelivered):
        delivered([record(1), record(2, "clinic")], failing_for("salon"))


def test_no_records_are_no_failure():
    assert delivered([]) == []


def test_a_key_of_no_tenant_is_a_failure_of_its_own_group():
    records = [record(1), record(2)]
    records[1]["dynamodb"]["Keys"]["pk"]["S"] = "nobody's"

    assert delivered(records) == ["2"]


def test_a_removed_item_is_its_last_image_and_a_record_may_not_tell_when():
    removed, changes = record(1), []
    removed["eventName"] = "REMOVE"
    removed["dynamodb"]["OldImage"] = removed["dynamodb"].pop("NewImage")

    delivered([removed], lambda tenant, group: changes.extend(group))

    assert [(one.event, one.entity, one.at) for one in changes] == [("REMOVE", "AUDIT", None)]


def test_a_failure_is_logged_with_its_place_and_without_its_message(monkeypatch):
    logged = []
    monkeypatch.setattr(logger, "error", lambda event, **facts: logged.append((event, facts)))

    delivered([record(1, "clinic"), record(2)], failing_for("salon"))

    ((event, facts),) = logged
    assert (event, facts["error"], facts["partition"], facts["key"], facts["number"]) == (
        "it failed", "ValueError", "T#salon", "A", "2",
    )  # fmt: skip
    assert "Ana" not in str({**facts, "stack": None})
    assert any("handle" in line for line in facts["stack"])
