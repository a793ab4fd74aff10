"""The last admin, the plan's members and one person's membership, under real concurrency on dynoxide."""

import pytest

from mostrador.people import invitations, members, teams
from mostrador.people.rules.permissions import Role
from mostrador.people.views.members import MemberChanges, NewMember
from mostrador.table import keys, reads
from mostrador.table.items.people import Member, Team
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.support import people
from tests.support.at_once import at_once
from tests.support.teams import team

pytestmark = pytest.mark.race
ROUNDS = range(5)
RING = 6
CROWD = [f"p{number}@example.com" for number in range(12)]
ANYTHING = Team.pk != ""


@pytest.fixture
def crowd(moto):
    """People who have an account already: before the engine changes, because the pool stays on moto."""
    return {email: people.signed_in(email) for email in CROWD}


@pytest.fixture
def shop(crowd, dynoxide, now):
    def begin(slug, **more):
        tenants.create(NewTenant(slug=slug, name="Salón", **more), now=now)
        for number in range(RING):
            members.add(slug, f"u-{number}", email=f"u{number}@example.com", role=Role.ADMIN, now=now)
        return slug

    return begin


def invite(slug, email, now, role="staff"):
    return invitations.create(slug, NewMember(email=email, role=role), actor_name="eva", now=now)


def consistent(slug):
    """Whether team and members say the same."""
    known = reads.everything(*keys.member(slug, ""))
    admins = {one.user for one in known if members.is_admin(one)}
    return team(slug) == ({one.user for one in known}, admins)


def in_a_ring(slug, now):
    """Each admin puts the next one out, by turns as admin and from the team."""

    def end(number):
        if number % 2:
            return teams.change(slug, f"u-{number}", MemberChanges(role="viewer"), seen=None, now=now)
        return teams.remove(slug, f"u-{number}", now=now)

    return at_once(RING, end)


@pytest.mark.parametrize("round_", ROUNDS)
def test_two_admins_who_remove_each_other_leave_one(shop, now, round_):
    slug = shop("salon")
    for number in range(2, RING):
        teams.remove(slug, f"u-{number}", now=now)

    answers = at_once(2, lambda number: teams.remove(slug, f"u-{number}", now=now))

    assert sorted(type(answer).__name__ for answer in answers) == ["LastAdmin", "NoneType"]
    assert len(team(slug)[1]) == 1
    assert consistent(slug)


@pytest.mark.parametrize("round_", ROUNDS)
def test_however_many_admins_put_each_other_out_one_is_left(shop, now, round_):
    slug = shop("salon")

    answers = in_a_ring(slug, now)

    assert sum(isinstance(answer, teams.LastAdmin) for answer in answers) == 1, answers
    assert len(team(slug)[1]) == 1
    assert consistent(slug)


def test_red_control_without_the_teams_condition_nobody_is_left(shop, now, monkeypatch):
    monkeypatch.setattr(Team, "has_other_admins", lambda: ANYTHING)
    left = []
    for round_ in ROUNDS:
        in_a_ring(shop(f"salon-{round_}"), now)
        left.append(len(team(f"salon-{round_}")[1]))

    assert 0 in left


def test_the_plan_has_its_members_however_many_are_invited_at_once(shop, now):
    slug = shop("salon", max_members=RING + 4)

    answers = at_once(len(CROWD), lambda number: invite(slug, CROWD[number], now))

    assert sum(isinstance(answer, Member) for answer in answers) == 4
    assert sum(isinstance(answer, teams.TeamIsFull) for answer in answers) == len(CROWD) - 4
    assert len(team(slug)[0]) == RING + 4
    assert consistent(slug)


def test_red_control_without_the_condition_on_the_size_the_plan_breaks(shop, now, monkeypatch):
    monkeypatch.setattr(Team, "is_smaller_than", lambda _limit: ANYTHING)
    slug = shop("salon", max_members=RING + 4)

    at_once(len(CROWD), lambda number: invite(slug, CROWD[number], now))

    assert len(team(slug)[0]) > RING + 4


def test_one_person_invited_by_many_at_once_is_invited_once(shop, crowd, now):
    slug = shop("salon", max_members=RING + 1)

    answers = at_once(8, lambda _: invite(slug, CROWD[0], now))

    assert {answer.user for answer in answers} == {crowd[CROWD[0]]}
    assert len(team(slug)[0]) == RING + 1
    assert consistent(slug)


@pytest.mark.parametrize("round_", ROUNDS)
def test_accepting_what_is_taken_back_at_once_ends_in_one_of_both(shop, crowd, now, round_):
    slug, user = shop("salon"), crowd[CROWD[0]]
    invite(slug, CROWD[0], now, role="admin")

    def either(number):
        return teams.accept(slug, user, now=now) if number else teams.remove(slug, user, now=now)

    at_once(2, either)

    assert consistent(slug)


def test_accepting_many_times_at_once_is_accepting_once(shop, crowd, now):
    slug, user = shop("salon"), crowd[CROWD[0]]
    invite(slug, CROWD[0], now, role="admin")

    answers = at_once(8, lambda _: teams.accept(slug, user, now=now))

    assert {(answer.status, answer.version) for answer in answers} == {("ACTIVE", 2)}
    assert consistent(slug)


def test_promoting_and_demoting_at_once_leaves_team_and_members_agreed(shop, now):
    slug = shop("salon")
    roles = ["viewer", "admin", "staff", "admin"]

    at_once(
        16,
        lambda number: teams.change(slug, f"u-{number % 3}", MemberChanges(role=roles[number % 4]), seen=None, now=now),
    )

    assert consistent(slug)
    assert team(slug)[1]
