"""What follows from a change once it is in the table, through the stream as Lambda brings it."""

import functools
import json
import os
import random
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from functions.outbox import app
from mostrador import clock, context
from mostrador.audit import chain
from mostrador.background import outbox
from mostrador.observability import logger
from mostrador.table import attempts, keys, reads, stream_batches
from mostrador.table.base import Item
from mostrador.table.items.audit import AuditEntry, AuditLink
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.audit.test_chain import change, is_whole, links, stored_lines, stretch
from tests.support import stream, template

OUTBOX = "OutboxFunction"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(attempts, "pause", lambda *_: None)


@pytest.fixture
def source(table):
    return stream.Stream()


@pytest.fixture
def records(source, salon, clinic):
    """What the filters let by of the making of two tenants and of five changes."""
    for number in range(5):
        change(number)
    return stream.let_by(OUTBOX, source.new())


@pytest.fixture
def told(monkeypatch):
    """The events that are logged, by name."""
    seen = []
    for level in ("info", "error"):
        monkeypatch.setattr(logger, level, lambda event, /, **facts: seen.append((event, facts)))
    return seen


def numbers(records):
    return [record["dynamodb"]["SequenceNumber"] for record in records]


def test_every_line_written_is_linked_in_its_tenants_chain(records):
    assert stream.pump(app.handler, records) == []

    for tenant in ("salon", "clinic"):
        assert is_whole(tenant)
        assert [link.line for link in links(tenant)] == [line.digest for line in stored_lines(tenant)]


def test_the_filters_let_by_the_lines_of_the_log_and_nothing_that_the_outbox_writes_itself(source, records):
    assert {record["dynamodb"]["NewImage"]["entity"]["S"] for record in records} == {"AUDIT"}
    assert len(records) == len(stored_lines("salon")) + len(stored_lines("clinic"))

    stream.pump(app.handler, records)

    written = source.new()
    assert {record["dynamodb"]["NewImage"]["entity"]["S"] for record in written} == {"LINK", "HEAD"}
    assert stream.let_by(OUTBOX, written) == []


@pytest.mark.parametrize("size", [1, 2, 3, 40])
def test_replays_and_duplicates_change_nothing_twice(records, size):
    stream.pump(app.handler, records, size=size)
    before = stretch(keys.chain_partition("salon"))
    mixed = random.Random(size).choices(records, k=30)  # noqa: S311 - not a secret

    stream.pump(app.handler, records + mixed, size=size)

    assert stretch(keys.chain_partition("salon")) == before


def test_records_in_another_order_make_a_chain_of_another_order_that_is_whole(records):
    stream.pump(app.handler, records[::-1], size=3)

    assert is_whole("salon")
    assert [link.line for link in links("salon")] == [line.digest for line in reversed(stored_lines("salon"))]


def test_what_was_removed_before_it_was_linked_is_linked_all_the_same(records):
    (removed, *_) = reads.everything(keys.audit_partition("salon"), "2")
    removed.delete()

    stream.pump(app.handler, records)

    assert is_whole("salon")
    assert len(links("salon")) == len(stored_lines("salon")) + 1


def test_the_link_knows_when_the_stream_saw_the_line(records):
    stream.pump(app.handler, records)

    for link, line in zip(links("salon"), reads.everything(keys.audit_partition("salon"), "2"), strict=True):
        assert abs((line.at - datetime.fromisoformat(link.seen_at)).total_seconds()) < 60


def test_a_record_that_does_not_tell_when_is_linked_like_one_that_was_caught_up_with(records):
    for record in records:
        del record["dynamodb"]["ApproximateCreationDateTime"]

    assert stream.pump(app.handler, records) == []

    assert is_whole("salon")
    assert {link.seen_at for link in links("salon")} == {None}


def test_each_tenants_records_are_handled_with_that_tenant_in_hand(records, monkeypatch):
    seen = []
    monkeypatch.setattr(chain, "link", lambda tenant, _: seen.append((tenant, context.current().tenant)))

    stream.pump(app.handler, records)

    assert set(seen) == {("salon", "salon"), ("clinic", "clinic")}


@pytest.fixture
def poison(records, monkeypatch):
    """One record, of the salon's, that can never be handled."""
    bad = [record for record in records if "T#salon" in str(record)][2]
    sk, link = bad["dynamodb"]["NewImage"]["sk"]["S"], chain.link

    def failing(tenant, lines):
        if any(line.sk == sk for line in lines):
            raise RuntimeError("poison")
        return link(tenant, lines)

    monkeypatch.setattr(chain, "link", failing)
    return bad


@pytest.mark.parametrize("size", [1, 4, 40])
def test_a_poison_record_ends_in_the_dead_letters_and_its_neighbours_are_done(records, poison, size):
    dead = stream.pump(app.handler, records, size=size)

    assert numbers(dead) == numbers([poison])
    assert len(links("salon")) == len(stored_lines("salon")) - 1
    assert is_whole("clinic")
    assert is_whole("salon")


def test_after_the_first_that_fails_everything_later_is_reported_failed(records, poison):
    ordered = [record for record in records if "T#clinic" in str(record)]
    ordered += [record for record in records if "T#salon" in str(record)]

    answer = app.handler({"Records": ordered}, None)

    failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
    assert failed == numbers([record for record in ordered if "T#salon" in str(record)])


def test_a_batch_that_fails_from_its_first_record_on_raises(poison):
    """A stream poller that ignores partial failures, as MiniStack's, brings it again all the same."""
    with pytest.raises(stream_batches.NothingDelivered):
        app.handler({"Records": [poison]}, None)


def test_no_records_are_no_failure():
    assert app.handler({"Records": []}, None) == {"batchItemFailures": []}


def test_a_failure_is_logged_without_its_message(records, poison, told):
    stream.pump(app.handler, records, size=1, retries=0)

    (facts,) = [facts for event, facts in told if event == "outbox failed"]
    assert (facts["partition"], facts["entity"], facts["error"]) == ("T#salon#AUDIT", "AUDIT", "RuntimeError")
    assert "poison" not in str({**facts, "stack": None})


def test_the_head_of_the_chain_is_logged_outside_of_the_table(records, told):
    stream.pump(app.handler, records)

    (last,) = [facts for event, facts in told if event == "audit linked" and facts["tenant"] == "salon"][-1:]
    assert (last["sequence"], last["digest"]) == (len(links("salon")), links("salon")[-1].digest)


@pytest.mark.parametrize("kind", [AuditEntry, AuditLink])
@pytest.mark.parametrize("how", ["changed", "removed"])
def test_who_touches_a_line_or_a_link_in_the_table_wakes_somebody_up(source, records, told, kind, how):
    stream.pump(app.handler, records)
    source.new()
    partition = keys.audit_partition("salon") if kind is AuditEntry else keys.chain_partition("salon")
    touched = _first(partition, kind)
    if how == "removed":
        touched.delete()
    else:
        touched.update(actions=[Item.gsi1pk.set("x")])

    assert stream.pump(app.handler, stream.let_by(OUTBOX, source.new())) == []

    assert [facts["key"] for event, facts in told if event == "audit tampered"] == [touched.sk]


def _first(partition, kind):
    rows = stretch(partition)
    return next(one for one in map(Item.from_raw_data, rows) if isinstance(one, kind))


def test_the_metric_of_tampering_counts_the_event_that_is_logged():
    (made,) = (
        one["Properties"]
        for name, one in template.resources("AWS::Logs::MetricFilter").items()
        if name == "AuditTampered"
    )

    assert '"audit tampered"' in made["FilterPattern"]


def test_once_a_day_every_tenant_catches_up_with_what_the_stream_did_not_bring(records, now, monkeypatch):
    monkeypatch.setattr(outbox, "SETTLED", timedelta(seconds=-60))
    for number in range(3):
        tenants.create(NewTenant(slug=f"shop-{number}", name="Shop", country="PY", currency="PYG"), now=now)
    stream.pump(app.handler, records[:3])

    counts = app.handler({"days": 2}, None)

    assert counts == {"tenants": 5, "linked": len(records) + 3 - 3, "failed": 0, "unfinished": 0}
    assert is_whole("salon")
    assert is_whole("shop-2")
    assert app.handler({"days": 2}, None)["linked"] == 0


def test_what_the_stream_may_still_bring_is_left_to_it(records):
    assert app.handler({"days": 2}, None)["linked"] == 0


def test_catching_up_goes_on_behind_a_tenant_that_fails_and_stops_in_time(records, monkeypatch, told):
    def failing(tenant, **_):
        if tenant == "clinic":
            raise RuntimeError
        return 1

    monkeypatch.setattr(chain, "catch_up", failing)
    now = clock.now()

    assert outbox.catch_up(clock.now, since=now, until=now + timedelta(minutes=1)) == {
        "tenants": 2,
        "linked": 1,
        "failed": 1,
        "unfinished": 0,
    }
    assert outbox.catch_up(clock.now, since=now, until=now)["unfinished"] == 1


def test_the_schedule_gives_the_outbox_what_it_asks_for():
    events = template.resources("AWS::Serverless::Function")[OUTBOX]["Properties"]["Events"]

    assert json.loads(events["EveryHour"]["Properties"]["Input"]) == {"days": 2, "in_turn": True}


def test_runs_that_are_too_short_reach_every_tenant_once_a_day(records, monkeypatch, now):
    seen = []
    monkeypatch.setattr(chain, "catch_up", lambda tenant, **_: seen.append(tenant) or 0)

    for _ in range(4):
        moments = iter([now, now])
        clock_of_run = functools.partial(next, moments, now + timedelta(hours=1))
        outbox.catch_up(clock_of_run, since=now, until=now + timedelta(minutes=1), in_turn=True)

    assert seen == ["clinic", "salon"]


def test_the_age_at_which_the_stream_gives_up_is_the_one_that_the_code_knows():
    events = template.resources("AWS::Serverless::Function")[OUTBOX]["Properties"]["Events"]

    assert events["Changes"]["Properties"]["MaximumRecordAgeInSeconds"] == outbox.SETTLED.total_seconds()


def test_of_one_stream_at_most_two_functions_read():
    readers = [
        name
        for name, one in template.resources("AWS::Serverless::Function").items()
        if any(event["Type"] == "DynamoDB" for event in one["Properties"].get("Events", {}).values())
    ]

    assert len(readers) <= 2


def test_the_outbox_starts_without_what_only_doors_of_the_api_need():
    heavy = "'pydantic', 'aws_lambda_powertools.event_handler'"
    asked = f"import sys, functions.outbox.app; print({{{heavy}}} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["layers/shared", "."])}

    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", asked], cwd=template.ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "set()"


def test_what_fails_comes_again_in_halves_and_ends_in_a_queue_that_wakes_somebody_up():
    source = template.resources("AWS::Serverless::Function")[OUTBOX]["Properties"]["Events"]["Changes"]["Properties"]
    watched = [
        one["Properties"]["Dimensions"]
        for one in template.resources("AWS::CloudWatch::Alarm").values()
        if "Dimensions" in one["Properties"]
    ]

    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BisectBatchOnFunctionError"] is True
    assert source["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": "OutboxFailures.Arn"}
    assert "OutboxFailures.QueueName" in str(watched)
