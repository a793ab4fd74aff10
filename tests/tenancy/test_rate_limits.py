from datetime import timedelta

import pytest

from mostrador.table import base
from mostrador.table.items.tenants import Rate
from mostrador.tenancy import rate_limits

HOME = "203.0.113.7"


def count(now, address=HOME, *, tenant="salon", action="book", limit=3):
    rate_limits.count(tenant, action, address, limit=limit, now=now)


def stored():
    return [item for item in base.Item.scan() if isinstance(item, Rate)]


def test_an_address_has_so_many_an_hour(table, now):
    for _ in range(3):
        count(now)

    with pytest.raises(rate_limits.TooOften) as caught:
        count(now + timedelta(minutes=15))

    assert caught.value.facts == {"limit": 3, "retry_after": 45 * 60}
    count(now + timedelta(hours=1))


def test_red_control_without_the_condition_there_is_no_limit(table, now, monkeypatch):
    monkeypatch.setattr(rate_limits, "_room", lambda _limit: None)

    for _ in range(4):
        count(now)

    assert [item.used for item in stored()] == [4]


def test_tenants_actions_and_addresses_are_counted_apart(table, now):
    for _ in range(3):
        count(now)

    count(now, tenant="clinic")
    count(now, action="wait")
    count(now, "203.0.113.8")
    with pytest.raises(rate_limits.TooOften):
        count(now)


def test_an_ipv6_subscriber_has_one_count_for_all_addresses(table, now):
    for last in range(3):
        count(now, f"2001:db8:1:2::{last}")

    with pytest.raises(rate_limits.TooOften):
        count(now, "2001:db8:1:2:ffff::1")
    count(now, "2001:db8:1:3::1")


def test_an_address_that_is_none_is_counted_too(table, now):
    for _ in range(3):
        count(now, "")

    with pytest.raises(rate_limits.TooOften):
        count(now, "")


def test_what_is_kept_names_nobody_and_goes_with_its_hour(table, now):
    count(now + timedelta(minutes=20))

    (kept,) = stored()
    assert HOME not in str(kept.serialize())
    assert kept.expires_at == int((now + timedelta(hours=1)).timestamp())
