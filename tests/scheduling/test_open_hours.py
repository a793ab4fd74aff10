"""When a resource is open, with its own hours and the special days of both."""

from datetime import datetime

import pytest

from mostrador.scheduling import open_hours
from mostrador.table import keys
from mostrador.table.items.scheduling import Resource
from mostrador.table.items.tenants import Tenant
from mostrador.values import local_time

WEEK = {str(day): [[540, 1080]] for day in range(7)}  # 09:00 to 18:00
NIGHT = {str(day): [[1320, 1560]] for day in range(7)}  # 22:00 to 02:00
SHUT = {"2026-12-01": {"name": "Duelo", "hours": []}}


def is_open(at, duration=30, *, closed=None, own=None, own_closed=None):
    tenant = Tenant(*keys.tenant("salon"), slug="salon", time_zone="America/Asuncion", hours=WEEK, special_days=closed)
    resource = Resource(*keys.resource("salon", "r"), id="r", hours=own, special_days=own_closed)
    starts = local_time.minute(datetime.fromisoformat(f"2026-{at}:00-03:00"))
    return open_hours.is_open(tenant, resource, starts, duration)


@pytest.mark.parametrize(
    ("at", "duration", "expected"),
    [
        ("12-01T08:59", 30, False),
        ("12-01T09:00", 30, True),
        ("12-01T17:30", 30, True),
        ("12-01T17:31", 30, False),
        ("12-01T09:00", 540, True),
        ("12-01T09:00", 541, False),
    ],
)
def test_all_of_the_time_lies_within_the_tenants_hours(at, duration, expected):
    assert is_open(at, duration) is expected


def test_a_special_day_of_the_tenant_or_of_the_resource_closes_it():
    assert not is_open("12-01T10:00", closed=SHUT)
    assert not is_open("12-01T10:00", own_closed=SHUT)
    assert is_open("12-02T10:00", closed=SHUT, own_closed=SHUT)


def test_the_resources_own_special_day_comes_first():
    works = {"2026-12-01": {"name": "Guardia", "hours": [[600, 720]]}}

    assert is_open("12-01T10:00", closed=SHUT, own_closed=works)
    assert not is_open("12-01T12:00", closed=SHUT, own_closed=works)


def test_own_hours_may_pass_midnight():
    assert is_open("12-01T23:45", 60, own=NIGHT)
    assert is_open("12-02T01:30", own=NIGHT)
    assert not is_open("12-02T01:45", own=NIGHT)
