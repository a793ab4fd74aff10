"""The pauses between the runs of a watch."""

import pytest

from mostrador.calendars import watches
from mostrador.tenancy import integrations
from mostrador.tenancy.rules.integration_states import IntegrationType


@pytest.fixture
def connection(shop, now):
    found = integrations.find("salon", IntegrationType.GOOGLE_CALENDAR)
    watches.wake("salon", found, now=now)
    return found


def watch():
    return watches.find("salon", "INTEGRATION#GOOGLE_CALENDAR")


def test_a_broken_connection_is_not_read_until_it_is_mended(shop, google, connection):
    google.grants.clear()
    shop.sweep()
    asked = len(google.asked)
    for _ in range(10):
        shop.clock.pass_(minutes=5)
        shop.sweep()

    assert len(google.asked) == asked


@pytest.mark.deep
def test_a_silent_google_is_asked_less_and_less(shop, google, connection):
    google.is_down = True
    for _ in range(120):
        shop.sweep()
        shop.clock.pass_(minutes=1)

    assert len(google.asked) < 30
    google.is_down = False
    shop.clock.pass_(minutes=15)
    assert shop.sweep()["read"] == 1


@pytest.mark.deep
def test_a_calendar_that_fails_here_is_asked_less_and_less(shop, google, connection):
    def failing(*_):
        raise ValueError

    google.changes, changes = failing, google.changes
    failed = 0
    for _ in range(60):
        failed += shop.sweep()["failed"]
        shop.clock.pass_(minutes=1)
    assert 3 < failed < 20
    assert watch().attempts == failed

    google.changes = changes
    shop.clock.pass_(minutes=15)
    assert shop.sweep()["read"] == 1
    assert watch().attempts == 0
