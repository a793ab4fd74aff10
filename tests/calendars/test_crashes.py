"""R3 for the calendar: every call to DynamoDB and to Google goes wrong in every way; then the stream comes again.

The life of an appointment whose changes are brought one at a time: made, moved, cancelled. What breaks is one call.
"""

from contextlib import nullcontext, suppress

import pytest

from functions.calendar_sync import app
from mostrador import process_cache
from tests.support import faults, stream
from tests.support.calendars import is_right, unsettled
from tests.support.google_double import Killed

pytestmark = pytest.mark.deep

KINDS = ["before", "after", "killed", "403 rateLimitExceeded", "429 rateLimitExceeded", "503 backendError"]
HTTP = [*KINDS, "401 authError"]
TABLE = ["before", "after", "throttle"]
LIVES = {
    "made": [],
    "moved": [lambda shop, one: shop.move(one, 11)],
    "cancelled": [lambda shop, one: shop.cancel(one)],
    "moved, then deleted": [lambda shop, one: shop.move(one, 11), lambda shop, one: shop.delete(one)],
}


def live(shop, life):
    """The records of the stream, in order, of each step of the life."""
    booked = shop.book()
    steps = [shop.records()]
    for change in LIVES[life]:
        change(shop, booked)
        steps.append(shop.records())
    return steps


def bring(shop, records, times=1):
    for _ in range(times):
        stream.pump(app.handler, records, retries=3)


def run(shop, google, life, crash):
    """Each step is brought, the last one into the ``crash``; then all of them again and again."""
    steps = live(shop, life)
    *before, last = steps
    for records in before:
        bring(shop, records)
    with crash(), suppress(Killed):
        bring(shop, last)
    process_cache.clear_all()  # another process
    bring(shop, [record for records in steps for record in records], times=10)
    shop.settle()


@pytest.mark.parametrize("kind", HTTP)
@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("life", LIVES)
def test_whatever_becomes_of_a_call_to_google_there_is_one_right_event_or_none(shop, google, life, number, kind):
    def crash():
        google.crash = (len(google.asked) + number, kind)
        return nullcontext()

    run(shop, google, life, crash)

    assert is_right(google)
    assert unsettled() == []


@pytest.mark.parametrize("kind", TABLE)
@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("life", LIVES)
def test_whatever_becomes_of_a_call_to_the_table_there_is_one_right_event_or_none(shop, google, life, number, kind):
    run(shop, google, life, lambda: faults.crashing(number, kind))

    assert is_right(google)
    assert unsettled() == []


def test_the_crashes_do_happen(shop, google):
    run(shop, google, "made", lambda: faults.crashing(1, "after"))
    first = len(google.asked)
    google.crash = (first, "after")

    shop.book(12)
    shop.deliver()

    assert len(google.asked) == first + 1
    assert len(unsettled()) == 1
