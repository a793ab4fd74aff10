from datetime import UTC, datetime, timedelta, timezone

import pytest

from mostrador.raffles.rules import instants

AT = datetime(2026, 12, 24, 22, tzinfo=UTC)


def test_an_instant_is_published_in_utc_and_read_the_same():
    there = AT.astimezone(timezone(timedelta(hours=-3)))

    assert instants.published(there) == "2026-12-24T22:00:00Z"
    assert instants.parse(instants.published(there)) == AT


@pytest.mark.parametrize("written", ["2026-12-24T22:00:00", "soon"])
def test_an_instant_without_a_zone_is_none(written):
    with pytest.raises(ValueError, match=r"no zone|Invalid"):
        instants.parse(written)
