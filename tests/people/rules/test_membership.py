from datetime import timedelta

from mostrador.people.rules import membership
from mostrador.people.rules.membership import MOVES, MemberStatus


def test_an_invitation_ends_to_the_second(now):
    expires_at = now + timedelta(seconds=1)

    assert membership.status("INVITED", expires_at, now) is MemberStatus.INVITED
    assert membership.status("INVITED", expires_at, expires_at) is MemberStatus.EXPIRED


def test_a_membership_does_not_end_by_itself(now):
    assert membership.status("ACTIVE", None, now) is MemberStatus.ACTIVE
    assert membership.status("ACTIVE", now, now) is MemberStatus.ACTIVE


def test_what_has_ended_is_renewed_and_not_accepted():
    assert MOVES.allows(MemberStatus.EXPIRED, MemberStatus.INVITED)
    assert not MOVES.allows(MemberStatus.EXPIRED, MemberStatus.ACTIVE)


def test_a_member_is_not_invited_again():
    assert not MOVES.following(MemberStatus.ACTIVE)
