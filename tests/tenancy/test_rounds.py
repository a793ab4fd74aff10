"""Each tenant is reached once a day by a nightly job, however short its runs are."""

from datetime import timedelta

import pytest

from mostrador import context
from mostrador.table import keys
from mostrador.tenancy import rounds, tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import log_patterns
from tests.support.logs import written

DAY = timedelta(days=1)


@pytest.fixture
def seven(table, now):
    slugs = [f"shop-{number}" for number in range(7)]
    for slug in slugs:
        tenants.create(NewTenant(slug=slug, name="Shop", country="PY", currency="PYG"), now=now)
    return slugs


def run(now, most, job="report"):
    """A run that has time for so many tenants; returns those that it reached."""
    with context.working(None):  # as a function begins, so that the guard is in force
        turn = rounds.begin(job, now=now)
        reached = [tenant.slug for tenant in turn.left[:most]]
        rounds.end(turn, reached=len(reached))
    return reached


def test_runs_go_on_where_the_one_before_ended_until_all_are_reached(seven, now):
    assert [run(now, 3), run(now, 3), run(now, 3), run(now, 3)] == [seven[:3], seven[3:6], seven[6:], []]
    assert run(now, 2, job="other") == seven[:2]


def test_a_run_that_reaches_nobody_loses_nothing(seven, now):
    assert [run(now, 3), run(now, 0), run(now, 9)] == [seven[:3], [], seven[3:]]
    assert run(now + DAY, 0) == []
    assert run(now + DAY, 9) == seven


def test_the_next_day_begins_with_those_left_out_and_their_names_ring(seven, now):
    run(now, 5)
    with written() as lines:
        assert run(now + DAY, 3) == [*seven[5:], seven[0]]

    (line,) = lines.lines("ERROR")
    assert (line["message"], line["count"], line["tenants"]) == ("tenants not reached", 2, seven[5:])
    (text,) = [one for one in lines.text.splitlines() if log_patterns.passes(log_patterns.of("TenantsLeft"), one)]
    assert log_patterns.is_kept(text, "ERROR")
    assert run(now + DAY, 9) == seven[1:5]


def test_who_was_reached_rings_nobody(seven, now):
    run(now, 9)
    with written() as lines:
        assert run(now + DAY, 9) == seven

    assert lines.lines("ERROR") == []


def test_by_hand_all_are_taken_and_nothing_is_kept(seven, now):
    run(now, 3)
    turn = rounds.all_tenants()
    rounds.end(turn, reached=7)

    assert [tenant.slug for tenant in turn.left] == seven
    assert run(now, 9) == seven[3:]


def test_without_a_stored_place_the_same_begin_each_time(seven, now, monkeypatch):
    """Red control: the way it was."""
    monkeypatch.setattr(rounds, "begin", lambda _job, *, now: rounds.all_tenants())

    assert run(now, 3) == run(now, 3) == seven[:3]
    assert keys.job_round("report")[0] == "T#_jobs"
