import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from mostrador.raffles.rules import commitments
from mostrador.raffles.rules.commitments import Unsold
from mostrador.raffles.rules.randomness import CommitReveal, LotteryAtAnotherTime
from tests.support.draws import (
    BY_LOTTERY,
    DRAW_AT,
    PRIZES,
    REVEALED,
    SECRETLY,
    commitment,
    old_commitment,
    redraw,
    round_of,
)


def test_the_commitment_is_published_as_this_and_known_by_this_digest():
    """Both were recomputed by a program in another language, from the docs alone."""
    told = commitments.to_document(commitment())

    assert told == {
        "version": 2,
        "raffle_id": "0192f0c1a2b37c4d8e5f60718293a4b5",
        "first_number": 1,
        "last_number": 100,
        "prizes": [
            {"name": "Auto 0 km", "description": "Color a elección", "value": "Gs. 90.000.000"},
            {"name": "Ñandutí", "description": None, "value": None},
            {"name": "Termo", "description": None, "value": None},
        ],
        "unsold": "sold_only",
        "draw_at": "2026-12-24T22:00:00Z",
        "method": {"name": "commit_reveal", "secret_sha256": SECRETLY.secret_sha256},
        "claim_days": 5,
        "terms_url": "https://salon.test/bases",
    }
    assert commitments.digest(told) == "0d081f1ce63a2be57ff1328211499fed85eed678d2faedcc076688af574c9370"


def test_a_commitment_of_the_first_format_keeps_its_form_and_its_digest():
    """Both were recomputed by a program in another language, from the docs of that time alone."""
    told = commitments.to_document(old_commitment())

    assert told == {
        "version": 1,
        "raffle_id": "0192f0c1a2b37c4d8e5f60718293a4b5",
        "first_number": 1,
        "last_number": 100,
        "prizes": ["Auto 0 km", "Ñandutí", "Termo"],
        "unsold": "sold_only",
        "draw_at": "2026-12-24T22:00:00Z",
        "method": {"name": "commit_reveal", "secret_sha256": SECRETLY.secret_sha256},
    }
    assert commitments.digest(told) == "97139224ab872518e221ea787ed243f4f55c1c7ccedfb21b6feea7fbbaa8e898"
    assert commitments.read_commitment(told) == old_commitment()


def test_published_terms_are_read_the_same():
    assert commitments.read_commitment(commitments.to_document(commitment())) == commitment()
    assert commitments.read_redraw(commitments.to_document(redraw())) == redraw()


def test_published_terms_survive_json():
    told = commitments.to_document(redraw())

    assert json.loads(commitments.canonical(told)) == told


CHANGES = [
    {"raffle_id": "other"},
    {"first_number": 0},
    {"last_number": 101},
    {"prizes": PRIZES[:2]},
    {"prizes": PRIZES[::-1]},
    {"unsold": Unsold.HOUSE},
    {"draw_at": DRAW_AT + timedelta(seconds=1)},
    {"claim_days": 6},
    {"terms_url": "https://salon.test/otras"},
    {"prizes": (PRIZES[0]._replace(description="Rojo"), *PRIZES[1:])},
    {"prizes": (PRIZES[0]._replace(value="Gs. 1"), *PRIZES[1:])},
    {"method": CommitReveal(secret_sha256="ab" * 32)},
]


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_whatever_changes_in_a_commitment_its_digest_does_too(change):
    assert commitments.digest(commitments.to_document(commitment(**change))) != commitments.digest(
        commitments.to_document(commitment())
    )


def test_the_same_instant_in_another_zone_is_the_same_commitment():
    there = DRAW_AT.astimezone(timezone(timedelta(hours=-3)))

    assert commitments.to_document(commitment(draw_at=there)) == commitments.to_document(commitment())


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"version": 1},
        {"version": 3},
        {"draw_at": "2026-12-24T19:00:00-03:00"},
        {"draw_at": "2026-12-24T22:00:00"},
    ],
    ids=str,
)
def test_terms_that_are_written_in_another_way_are_not_read(change):
    with pytest.raises(ValueError, match=r"own form|no zone|neither 1 nor 2"):
        commitments.read_commitment(commitments.to_document(commitment()) | change)


@pytest.mark.parametrize(("first", "last", "prizes"), [(1, 2, PRIZES), (5, 4, PRIZES), (-1, 9, PRIZES), (1, 100, ())])
def test_more_prizes_than_numbers_or_none_are_refused(first, last, prizes):
    with pytest.raises(commitments.PrizesDoNotFit, match=f"{len(prizes)} prizes .* {first} to {last}"):
        commitment(first_number=first, last_number=last, prizes=prizes)


def test_a_redraw_without_a_reason_is_refused():
    with pytest.raises(commitments.NoReason):
        redraw(reason=" ")


@pytest.mark.parametrize("method", [SECRETLY, BY_LOTTERY], ids=lambda method: method.name)
def test_a_redraw_is_by_the_beacon_alone(method):
    with pytest.raises(commitments.RedrawNotByBeacon, match=method.name):
        redraw(method=method)


def test_in_the_first_format_a_redraw_was_by_a_lottery_too():
    told = commitments.to_document(redraw(version=1, method=BY_LOTTERY))

    assert commitments.read_redraw(told).method == BY_LOTTERY
    with pytest.raises(commitments.RedrawNotByBeacon):
        redraw(version=1, method=SECRETLY)


def test_a_redraw_is_announced_a_minute_ahead():
    at = redraw().draw_at - commitments.NOTICE

    assert redraw(announced_at=at).announced_at == at
    with pytest.raises(commitments.AnnouncedTooLate):
        redraw(announced_at=at + timedelta(seconds=1))


def test_a_lottery_that_draws_after_the_draw_is_no_commitment():
    with pytest.raises(LotteryAtAnotherTime, match="2026-12-24T22:00:01Z"):
        commitment(method=replace(BY_LOTTERY, held_at=DRAW_AT + timedelta(seconds=1)))


def test_a_redraw_that_is_announced_when_it_draws_is_refused_with_both_instants():
    with pytest.raises(commitments.AnnouncedTooLate, match="2026-12-31T22:00:00Z.*2026-12-31T22:00:00Z"):
        redraw(announced_at=redraw().draw_at)


def test_the_seed_of_a_draw_is_this_one():
    """It was recomputed by a program in another language, from the docs alone."""
    found = commitments.seed(commitment(), REVEALED)

    assert found.hex() == "12285ac4595056f1a8a1e77f0b3e086e5ab5dea74b092e7176d10243cd96b799"


def test_the_seed_of_a_draw_of_the_first_format_is_as_it_was():
    found = commitments.seed(old_commitment(), REVEALED)

    assert found.hex() == "0a1b2c34a9da643c8202ade395d161da01c0a04da20f2dca1f688bf3aee571bb"


@pytest.mark.parametrize("change", [{"reason": "Otro"}, {"announced_at": DRAW_AT}, {"prizes": (1,), "excluded": (8,)}])
def test_the_words_of_a_redraw_decide_nothing(change):
    evidence = round_of(redraw().draw_at)

    assert commitments.seed(redraw(**change), evidence) == commitments.seed(redraw(), evidence)
    assert commitments.seed(redraw(draw=3), evidence) != commitments.seed(redraw(), evidence)


@pytest.mark.parametrize("change", CHANGES[:-1], ids=range(len(CHANGES) - 1))
def test_the_same_secret_gives_another_seed_under_other_terms(change):
    assert commitments.seed(commitment(**change), REVEALED) != commitments.seed(commitment(), REVEALED)


def test_the_same_round_gives_another_seed_to_another_draw_of_the_raffle():
    first = commitment(method=redraw().method)
    evidence = round_of(redraw().draw_at)

    assert commitments.seed(first, evidence) != commitments.seed(redraw(first), evidence)
