"""The stream and what is due: order, poison, outages, replays; what a change costs; nothing goes in circles."""

import json
import os
import random
import subprocess
import sys
from datetime import timedelta

import pytest

from functions.calendar_sync import app
from mostrador import process_cache
from mostrador.calendars import event_sync, event_upsert, watches
from mostrador.observability import logger
from mostrador.table import keys, reads, stream_batches
from mostrador.tenancy import integrations, tenants
from mostrador.tenancy.rules.integration_states import IntegrationType
from tests.support import stream, template
from tests.support.calendars import SYNC, is_right, record, stored, unsettled
from tests.support.lines import trips


def numbers(records):
    return [record["dynamodb"]["SequenceNumber"] for record in records]


def source():
    events = template.resources("AWS::Serverless::Function")[SYNC]["Properties"]["Events"]
    return events["Changes"]["Properties"]


def test_replays_in_any_order_say_nothing_to_google(shop, google):
    booked = [shop.book(hour) for hour in (9, 10, 11)]
    shop.move(booked[0], 14)
    shop.cancel(booked[1])
    brought, dead = shop.deliver()
    asked = len(google.asked)

    stream.pump(app.handler, random.Random(7).choices(brought, k=40), size=3)  # noqa: S311 - not a secret

    assert dead == []
    assert len(google.asked) == asked
    assert is_right(google)


def test_records_in_the_wrong_order_say_the_present_all_the_same(shop, google):
    booked = shop.book()
    shop.move(booked, 11)
    shop.confirm(booked)

    stream.pump(app.handler, shop.records()[::-1], size=1)

    assert is_right(google)
    assert [method for method, path in google.asked if path != "/token"] == ["POST"]


@pytest.mark.parametrize("size", [1, 3, 10])
def test_a_poison_record_ends_in_the_dead_letters_and_its_neighbours_are_done(shop, google, monkeypatch, size):
    booked = [shop.book(hour) for hour in range(9, 14)]
    records = shop.records()
    follow = event_sync.follow

    def failing(tenant, appointment_id, **how):
        if appointment_id == booked[2].id:
            raise RuntimeError("poison")
        return follow(tenant, appointment_id, **how)

    monkeypatch.setattr(event_sync, "follow", failing)

    dead = stream.pump(app.handler, records, size=size)

    assert numbers(dead) == numbers(records[2:3])
    assert len(google.alive()) == 4


def test_a_fault_behind_the_lease_gives_the_record_back_and_fails(shop, google, monkeypatch):
    booked = shop.book()
    with monkeypatch.context() as patched:
        patched.setattr(event_sync.rules, "body", lambda *_: 1 / 0)
        dead = stream.pump(app.handler, shop.records(), retries=3)

    assert len(dead) == 1
    assert (record(booked).lease, record(booked).reason) == (None, "ZeroDivisionError")
    shop.settle()
    assert is_right(google)


def test_a_day_without_google_stops_nothing_and_all_converges(shop, google):
    kept = shop.book(9)
    shop.deliver()
    google.is_down = True
    booked = [shop.book(hour) for hour in range(10, 16)]
    shop.move(kept, 17)
    shop.cancel(booked[0])
    asked = len(google.asked)

    brought, dead = shop.deliver()
    during = len(google.asked) - asked
    for _ in range(24):
        shop.clock.pass_(hours=1)
        shop.sweep()

    assert (len(brought), dead) == (8, [])
    assert during == 1
    assert len(google.asked) - asked <= 1 + 24
    google.is_down = False
    shop.settle()
    assert is_right(google)


def test_what_google_refuses_is_parked_and_told_and_not_asked_again(shop, google):
    shop.book(9)
    shop.deliver()
    google.refusal = (400, "invalid")
    booked = shop.book(10)

    brought, dead = shop.deliver()
    stream.pump(app.handler, brought * 3)
    shop.clock.pass_(hours=24)
    asked = len(google.asked)
    shop.sweep()

    assert dead == []
    assert (record(booked).state, record(booked).reason) == ("PARKED", "invalid")
    assert len(google.asked) == asked
    google.refusal = None
    shop.move(booked, 11)
    shop.deliver()
    assert is_right(google)


def test_who_asks_too_much_waits_as_long_as_google_says(shop, google):
    booked = shop.book(9)
    google.crash = (1, "429 rateLimitExceeded")
    shop.deliver()

    assert record(booked).state == "PENDING"
    shop.clock.pass_(minutes=2)
    shop.sweep()
    assert is_right(google)


def test_broken_credentials_three_bookings_and_mended_three_events(shop, google, now):
    google.grants.clear()
    for hour in (9, 10, 11):
        shop.book(hour)
    shop.deliver()
    shop.clock.pass_(minutes=10)
    shop.sweep()
    assert google.alive() == {}
    assert [path for _, path in google.asked].count("/token") == 1

    google.grants.add("refresh-2")
    mended = integrations.put(
        "salon",
        IntegrationType.GOOGLE_CALENDAR,
        settings={},
        secret=json.dumps({"type": "oauth", "refresh_token": "refresh-2"}),
        actor_name="eva",
        now=shop.clock(),
    )
    watches.wake("salon", mended, now=shop.clock())
    shop.sweep()

    assert len(google.alive()) == 3
    assert is_right(google)
    assert unsettled() == []


def test_when_the_time_is_up_the_rest_is_noted_and_due(shop, google, monkeypatch):
    booked = shop.book()
    with monkeypatch.context() as patched:
        patched.setattr(app, "BUDGET", timedelta(0))
        shop.deliver()

    assert google.asked == []
    assert record(booked).state == "PENDING"
    shop.clock.pass_(minutes=1)
    assert shop.sweep()["synced"] == 1


def test_a_suspended_tenants_work_rests(shop, google):
    google.is_down = True
    shop.book()
    shop.deliver()
    google.is_down = False
    tenants.suspend("salon", now=shop.clock())
    shop.clock.pass_(minutes=5)

    counts = shop.sweep()

    assert (counts["suspended"], google.alive()) == (1, {})


def test_what_follows_a_change_is_bounded(shop, google):
    """One record for the change, and one more for the event's id where there is a new event or none any more."""
    booked = shop.book()
    counts = {"booked": len(shop.deliver()[0])}
    for name, change in (
        ("confirmed", lambda: shop.confirm(booked)),
        ("moved", lambda: shop.move(booked, 10)),
        ("cancelled", lambda: shop.cancel(booked)),
    ):
        change()
        counts[name] = len(shop.deliver()[0])

    assert counts == {"booked": 2, "confirmed": 1, "moved": 1, "cancelled": 2}


def test_an_id_lost_by_a_save_from_an_older_copy_is_written_again_once(shop, google):
    booked = shop.book()
    older = stored(booked)
    shop.deliver()
    older.customer_notes = "x"
    older.save()  # as a use case that read before the id was written

    brought, _ = shop.deliver()

    assert len(brought) == 2
    assert stored(booked).google_calendar_event_id == record(booked).event_id


def test_trips_of_a_change(shop, google):
    booked = shop.book()
    with trips() as made:
        stream.pump(app.handler, shop.records())
    with trips() as again:
        stream.pump(app.handler, shop.records())
    shop.confirm(booked)
    with trips() as changed:
        stream.pump(app.handler, shop.records())

    assert made == ["BatchGetItem", "PutItem", "UpdateItem", "PutItem"]
    assert again == ["BatchGetItem"]
    assert changed == ["BatchGetItem", "PutItem", "PutItem"]


def test_a_tenant_without_a_calendar_costs_one_read(ticking, google, haircut):
    from tests.support.calendars import Shop

    shop = Shop(ticking, haircut, stream.Stream())
    shop.book()
    with trips() as made:
        stream.pump(app.handler, shop.records())

    assert made == ["BatchGetItem"]


def test_an_appointment_of_another_resource_goes_to_that_resources_calendar(shop, google, haircut, now):
    from tests.support.calendars import connect

    google.calendars["eva@example.com"] = {}
    booked = shop.book()
    shop.deliver()
    assert is_right(google)

    connect(now, resource_id=haircut.resource_ids[0], calendar_id="eva@example.com")
    shop.confirm(booked)
    shop.deliver()

    assert google.alive() == {}
    assert is_right(google, calendar_id="eva@example.com")


def test_the_filters_let_by_appointments_alone(shop, google):
    shop.book()
    everything = shop.source.new()

    let_by = stream.let_by(SYNC, everything)

    assert {one["dynamodb"]["NewImage"]["entity"]["S"] for one in let_by} == {"APPOINTMENT"}
    assert len(everything) > len(let_by)
    stream.pump(app.handler, let_by)
    written = shop.source.new()
    assert [one["dynamodb"]["NewImage"]["entity"]["S"] for one in stream.let_by(SYNC, written)] == ["APPOINTMENT"]


def test_what_fails_comes_again_in_halves_and_ends_in_a_queue_that_wakes_somebody_up():
    watched = [
        one["Properties"]["Dimensions"]
        for one in template.resources("AWS::CloudWatch::Alarm").values()
        if "Dimensions" in one["Properties"]
    ]

    assert source()["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source()["BisectBatchOnFunctionError"] is True
    assert source()["MaximumRecordAgeInSeconds"] == 3600
    assert source()["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": "CalendarFailures.Arn"}
    assert "CalendarFailures.QueueName" in str(watched)


def test_a_batch_that_fails_from_its_first_record_on_raises(shop, monkeypatch):
    shop.book()
    monkeypatch.setattr(event_sync, "follow", lambda *_, **__: 1 / 0)

    with pytest.raises(stream_batches.NothingDelivered):
        app.handler({"Records": shop.records()}, None)


def test_a_failure_is_logged_without_its_message(shop, monkeypatch):
    shop.book()
    told = []
    monkeypatch.setattr(logger, "error", lambda _, **facts: told.append(facts))
    monkeypatch.setattr(event_sync, "follow", lambda *_, **__: {}["Ana"])

    stream.pump(app.handler, shop.records(), retries=0)

    assert {facts["error"] for facts in told} == {"KeyError"}
    assert "Ana" not in str([{**facts, "stack": None} for facts in told])


def test_each_minute_the_function_is_asked_for_what_is_due(shop, google):
    events = template.resources("AWS::Serverless::Function")[SYNC]["Properties"]["Events"]

    assert json.loads(events["EveryMinute"]["Properties"]["Input"]) == {"due": True}
    assert app.handler({"due": True}, None)["failed"] == 0


def test_the_calendars_deadlines_are_not_the_sweepers(shop, google):
    google.is_down = True
    shop.book()
    shop.deliver()

    assert all(one.due_pk.startswith("DUE#C") for one in unsettled())
    shop.clock.pass_(hours=1)
    assert list(reads.due(shop.clock())) == []
    assert len(list(reads.due(shop.clock(), keys.calendar_due_partition))) == 1


def test_the_function_starts_without_what_only_doors_of_the_api_and_few_tenants_need():
    heavy = "'pydantic', 'aws_lambda_powertools.event_handler', 'jwt', 'phonenumbers'"
    asked = f"import sys, functions.calendar_sync.app; print({{{heavy}}} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["layers/shared", "."])}

    answer = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", asked], cwd=template.ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "set()"


def test_at_once_somebody_else_is_at_it_and_what_changed_is_said_all_the_same(shop, google):
    """While one worker talks to Google the appointment moves, and another worker is told of it."""
    booked = shop.book()
    first = shop.records()
    outcomes = []

    def meanwhile():
        shop.move(booked, 15)
        follow = {"clock": shop.clock, "resource_ids": [booked.resource_id]}
        outcomes.append(event_sync.follow("salon", booked.id, **follow))

    google.meanwhile = meanwhile
    stream.pump(app.handler, first)

    assert outcomes == ["left"]
    assert is_right(google)


def test_without_the_lease_the_older_worker_has_the_last_word(shop, google, monkeypatch):
    """The red control of the test above."""
    monkeypatch.setattr(event_sync, "LEASE", timedelta(seconds=-1))
    monkeypatch.setattr(event_sync, "_check_lease", lambda *_: None)
    booked = shop.book()
    first = shop.records()

    def meanwhile():
        shop.move(booked, 15)
        event_sync.follow("salon", booked.id, clock=shop.clock, resource_ids=[booked.resource_id])

    google.meanwhile = meanwhile
    stream.pump(app.handler, first)

    with pytest.raises(AssertionError):
        is_right(google)


def test_without_ids_of_ours_a_lost_answer_makes_two_events(shop, google, monkeypatch):
    """The red control of the crashes: an id that Google makes, instead of one derived from the appointment."""
    insert = event_upsert.google_calendar.insert
    given = iter(f"{number:05d}" for number in range(100))
    anonymous = lambda calendar, body, **how: insert(calendar, {**body, "id": next(given)}, **how)  # noqa: E731
    monkeypatch.setattr(event_upsert.google_calendar, "insert", anonymous)
    shop.book()
    google.crash = (1, "after")
    shop.deliver()
    process_cache.clear_all()

    shop.settle()

    with pytest.raises(AssertionError, match="two events"):
        is_right(google)
