from datetime import datetime, timedelta

import pytest

from mostrador.people import customers
from mostrador.people.views.customers import CustomerListing, NewCustomer
from mostrador.table import keys, reads
from tests.support import faults
from tests.support.days import shifted

NAMES = [f"Ana {number:02}" for number in range(20)] + ["Zoe", "Zulma"]


@pytest.fixture
def people(salon, now, monkeypatch):
    monkeypatch.setattr(reads, "EXAMINED", 3)
    monkeypatch.setattr(reads, "MOST_ROUNDS", 2)
    for name in NAMES:
        customers.create("salon", NewCustomer(name=name), key=None, now=now)


def listed(now, cursor=None, q=None, size=5):
    return customers.listing("salon", CustomerListing(q=q, limit=size, cursor=cursor), now=now)


def test_a_rare_filter_costs_a_bounded_number_of_queries_a_page(people, now):
    with faults.answering("Query") as seen:
        page = listed(now, q="zoe")

    assert len(seen) == 2
    assert (page.items, page.next is None) == ([], False)


def test_following_the_cursor_finds_everything_once(people, now):
    for q, expected in ((None, NAMES), ("z", ["Zoe", "Zulma"]), ("ana", NAMES[:20])):
        found, cursor, pages = [], None, 0
        while pages == 0 or cursor:
            page = listed(now, cursor, q, size=4)
            found += [item.name for item in page.items]
            cursor, pages = page.next, pages + 1
        assert found == expected


def test_a_page_is_never_longer_than_asked(people, now):
    assert len(listed(now, size=2, q="ana").items) == 2


def test_a_cursor_that_was_altered_is_refused(people, now):
    cursor = listed(now).next

    for wrong in (cursor[:-2], cursor + "x", "", "e30.x"):
        with pytest.raises(reads.BadCursor):
            listed(now, wrong)


def test_due_gives_what_is_due_of_every_shard(haircut, now):
    from mostrador.scheduling import booking
    from mostrador.scheduling.views.appointments import NewAppointment

    start = datetime.fromisoformat(shifted("2026-12-01T09:00:00-03:00"))
    held = [
        booking.book(
            "salon",
            NewAppointment(
                service_id=haircut.id,
                scheduled_at=start + timedelta(minutes=30 * n),
                customer_data={"name": "A"},
                hold=True,
            ),
            actor_name="eva",
            key=None,
            now=now,
        ).id
        for n in range(12)
    ]

    assert list(reads.due(now + timedelta(minutes=14))) == []
    assert {item.id for item in reads.due(now + timedelta(minutes=15))} == set(held)


def test_a_stretch_begins_behind_a_sort_key_and_ends_with_one(people, now):
    partition = keys.customers_partition("salon")
    everything = [row["sk"]["S"] for row in reads.stretch(partition, after=reads.LOWEST, upto=reads.HIGHEST, most=100)]
    assert len(everything) == len(NAMES)

    part = reads.stretch(partition, after=everything[4], upto=everything[10], most=100)
    assert [row["sk"]["S"] for row in part] == everything[5:11]
    cut = reads.stretch(partition, after=everything[4], upto=reads.HIGHEST, most=3)
    assert [row["sk"]["S"] for row in cut] == everything[5:8]
