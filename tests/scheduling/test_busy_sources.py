"""Which calendars count, and how far each was read."""

from datetime import timedelta

import pytest

from mostrador.errors import NotHere
from mostrador.scheduling import busy_sources
from mostrador.table import keys, reads
from mostrador.tenancy import tenants
from tests.support.busy import GOOGLE


def state(tenant="salon", source=GOOGLE):
    return reads.get_item(keys.calendar_state(tenant, source))


def finish(turn, now, **more):
    told = {"as_of": now, "resource_ids": ["r2", "r1"]} | more
    busy_sources.finish("salon", GOOGLE, turn=turn, **told)


def test_a_calendar_that_is_followed_counts_and_was_never_read(salon, clinic, now):
    busy_sources.follow("salon", GOOGLE, now=now)

    assert (state().status, state().as_of, state().resource_ids) == ("ACTIVE", None, None)
    assert busy_sources.blocking(tenants.current("salon", now=now), "any") == [GOOGLE]
    assert busy_sources.blocking(tenants.current("clinic", now=now), "any") == []
    assert state("clinic") is None


def test_following_again_changes_nothing(salon, now):
    busy_sources.follow("salon", GOOGLE, now=now)
    finish(int(busy_sources.begin("salon", GOOGLE).version), now)
    before = state().serialize(), reads.get_item(keys.tenant("salon")).version

    busy_sources.follow("salon", GOOGLE, now=now)

    assert (state().serialize(), reads.get_item(keys.tenant("salon")).version) == before


def test_a_resources_own_calendar_blocks_that_one(salon, now):
    busy_sources.follow("salon", f"{GOOGLE}#r1", now=now)

    shop = reads.get_item(keys.tenant("salon"))
    assert [busy_sources.blocking(shop, one) for one in ("r1", "r2")] == [[f"{GOOGLE}#r1"], []]


def test_each_pull_has_a_turn_of_its_own_and_knows_what_the_last_one_did(salon, now):
    busy_sources.follow("salon", GOOGLE, now=now)
    first = busy_sources.begin("salon", GOOGLE)
    finish(int(first.version), now)

    second = busy_sources.begin("salon", GOOGLE)

    assert int(second.version) == int(first.version) + 1
    assert (second.as_of, second.resource_ids) == (now, ["r1", "r2"])


def test_a_pull_that_was_overtaken_does_not_say_that_it_is_complete(salon, now):
    busy_sources.follow("salon", GOOGLE, now=now)
    older, newer = (int(busy_sources.begin("salon", GOOGLE).version) for _ in range(2))
    finish(newer, now)

    with pytest.raises(busy_sources.Overtaken):
        finish(older, now + timedelta(hours=1), resource_ids=[])

    assert (state().as_of, state().resource_ids) == (now, ["r1", "r2"])


def test_a_calendar_that_nobody_follows_is_not_pulled(salon, now):
    with pytest.raises(NotHere, match="integration GOOGLE_CALENDAR"):
        busy_sources.begin("salon", GOOGLE)
    assert busy_sources.end("salon", GOOGLE, now=now) is None
    assert state() is None


def test_after_its_end_nobody_may_pull_it_until_it_is_followed_anew(salon, now):
    busy_sources.follow("salon", GOOGLE, now=now)
    busy_sources.follow("salon", f"{GOOGLE}#r1", now=now)
    turn = int(busy_sources.begin("salon", GOOGLE).version)

    busy_sources.end("salon", GOOGLE, now=now)

    assert reads.get_item(keys.tenant("salon")).calendars == [f"{GOOGLE}#r1"]
    with pytest.raises(busy_sources.Overtaken):
        finish(turn, now)
    with pytest.raises(NotHere):
        busy_sources.begin("salon", GOOGLE)
    busy_sources.follow("salon", GOOGLE, now=now)
    assert busy_sources.begin("salon", GOOGLE).as_of is None


def test_connecting_and_disconnecting_are_in_the_audit_log(salon, now):
    busy_sources.follow("salon", GOOGLE, now=now)
    busy_sources.end("salon", GOOGLE, now=now)

    lines = reads.span(keys.audit_partition("salon"), reads.LOWEST, reads.HIGHEST)
    changed = [line.changes[0][3] for line in lines if " tenant.changed " in line.about]
    assert {"calendars": [None, [GOOGLE]]} in changed
    assert {"calendars": [[GOOGLE], None]} in changed


@pytest.mark.parametrize("first", ["follow", "end"])
def test_following_and_ending_at_once_leave_list_and_state_in_agreement(salon, now, monkeypatch, first):
    """The other one does all of its own after the first has read, and before it writes."""
    busy_sources.follow("salon", GOOGLE, now=now)
    busy_sources.end("salon", GOOGLE, now=now)
    relisted = busy_sources._relist
    other = {"follow": busy_sources.end, "end": busy_sources.follow}[first]

    def between(*told):
        monkeypatch.undo()
        other("salon", GOOGLE, now=now)
        return relisted(*told)

    monkeypatch.setattr(busy_sources, "_relist", between)
    getattr(busy_sources, first)("salon", GOOGLE, now=now)

    assert state().status == {"follow": "ACTIVE", "end": "ENDED"}[first]
    assert reads.get_item(keys.tenant("salon")).calendars == {"follow": [GOOGLE], "end": None}[first]
