"""Proofs that an organiser would forge: he writes announcements, reasons, times and sizes. None of them is GOOD.

The first four passed the verifier that looked at each draw by itself.
"""

import copy
import json
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mostrador.errors import ServiceError
from mostrador.raffles.rules import commitments, drand, draw, merkle, proof_checks, proof_lookups, proofs
from mostrador.raffles.rules.commitments import Prize
from mostrador.raffles.rules.draw import Draw, Ticket
from mostrador.raffles.rules.proof_lookups import Notes
from tests.support.draws import (
    BY_LOTTERY,
    CHAIN,
    CLAIM_DAYS,
    DRAW_AT,
    FROZEN_AT,
    LOTTERY_NUMBERS,
    REVEALED,
    TICKETS,
    by_beacon,
    commitment,
    old_commitment,
    proof,
    redrawn,
    round_of,
)

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
LATER = DRAW_AT + 30 * DAY
ALL = (1, 2, 3)
OF_LAST_YEAR = replace(BY_LOTTERY, held_at=None)


@pytest.fixture(scope="module", autouse=True)
def quick_signatures():
    """Each signature is checked once: that takes a third of a second."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(drand, "is_genuine", cache(drand.is_genuine))
        yield


def beaconed(**changes):
    """The small raffle, to be drawn by the beacon."""
    return commitment(method=by_beacon(DRAW_AT), **changes)


HELD = Draw(None, round_of(DRAW_AT))
NEVER = Draw(None, None)


def winner_of(of, prize=2):
    """The number that won a prize in the first draw by the beacon."""
    wins = draw.winners_of(of, TICKETS, merkle.merkle_root(draw.leaves(TICKETS)), HELD, [])
    return wins[prize - 1].number


def again(of, **changes):
    """A redraw of prize 2 that leaves out its winner."""
    return redrawn(of, **{"excluded": (winner_of(of),)} | changes)


def notes_of(told):
    """All that a reader of this proof could have noted in time."""
    announced = [commitments.digest(one["redraw"]) for one in told["draws"] if one["redraw"]]
    return Notes(told["commitment_sha256"], told["root"], announced)


def judged(told, notes=None, now=LATER):
    """The faults of a proof, and the facts to look up."""
    read, notes = proofs.read_proof(json.loads(json.dumps(told))), notes or notes_of(told)
    faults = [*proof_checks.failures(read, CHAIN), *proof_lookups.disagreements(read, notes)]
    return faults, list(proof_lookups.lookups(read, notes, now=now))


def unchecked(monkeypatch, of, draws, **more):
    """A proof as an organiser makes it who has taken the rules for redraws out of the program."""
    with monkeypatch.context() as patched:
        patched.setattr(draw, "check_redraw", lambda *_: None)
        return proof(of, draws, **more)


def test_a_true_proof_by_the_beacon_is_good():
    assert judged(proof(beaconed(), [HELD])) == ([], [])


def test_a_true_proof_with_a_redraw_is_good():
    of = beaconed()

    assert judged(proof(of, [HELD, again(of)])) == ([], [])


def test_a_draw_by_the_beacon_that_was_due_is_not_declared_not_held():
    of = beaconed()
    told = proof(of, [NEVER, redrawn(of, prizes=ALL, excluded=())])

    assert judged(told)[0] == ["draw 2: the draw of 2026-12-24T22:00:00Z was due by drand and was not held"]


def test_a_redraw_is_not_older_than_its_draw():
    of = beaconed()
    early = again(of, announced_at=FROZEN_AT + MINUTE, draw_at=FROZEN_AT + 5 * MINUTE)

    faults, _ = judged(proof(of, [HELD, early]))

    assert faults[0].startswith("draw 2: announced at 2026-12-24T20:01:00Z, before the draw of 2026-12-24T22:00:00Z")


def test_a_redraw_leaves_out_those_who_had_won(monkeypatch):
    of = beaconed()
    told = unchecked(monkeypatch, of, [HELD, redrawn(of, excluded=())])

    assert judged(told)[0] == [
        f"draw 2: the redraw leaves out the numbers -: those that won its prizes before are {winner_of(of)}"
    ]


def test_a_redraw_leaves_out_nobody_else(monkeypatch):
    of = beaconed()
    told = unchecked(monkeypatch, of, [HELD, redrawn(of, excluded=(1, winner_of(of)))])

    assert judged(told)[0][0].startswith("draw 2: the redraw leaves out the numbers 1, ")


def test_a_lottery_whose_numbers_were_known_is_not_drawn():
    known = commitment(method=replace(BY_LOTTERY, held_at=FROZEN_AT))

    assert judged(proof(known, [Draw(None, LOTTERY_NUMBERS)]))[0] == [
        "draw 1: the sold numbers were frozen at 2026-12-24T20:00:00Z, too late for the draw of 2026-12-24T20:00:00Z: "
        "it needs a redraw"
    ]


def test_a_lottery_that_does_not_say_when_it_draws_is_no_commitment():
    with pytest.raises(ValueError, match="when it draws"):
        commitment(method=OF_LAST_YEAR)


def test_an_old_proof_by_a_lottery_is_not_good_by_itself():
    told = proof(old_commitment(method=OF_LAST_YEAR), [Draw(None, LOTTERY_NUMBERS)])

    faults, lookups = judged(told)

    assert faults == []
    assert lookups[1] == (
        "draw 1: the lottery must have drawn after the numbers were frozen: the commitment does not say when it draws"
    )


OLD_FORGERIES = {
    "not held though its round exists": (
        {"method": by_beacon(DRAW_AT)},
        [NEVER],
        {"prizes": ALL, "excluded": ()},
        "was due by drand and was not held",
    ),
    "older than its draw": (
        {},
        [Draw(None, REVEALED)],
        {"announced_at": FROZEN_AT, "draw_at": FROZEN_AT + MINUTE, "excluded": (8,)},
        "before the draw of",
    ),
    "not excluded": ({}, [Draw(None, REVEALED)], {"excluded": ()}, "leaves out the numbers -"),
}


@pytest.mark.parametrize("name", OLD_FORGERIES)
def test_a_forged_proof_of_the_first_format_is_caught_too(monkeypatch, name):
    changes, first, announced, named = OLD_FORGERIES[name]
    of = old_commitment(**changes)
    lottery = {"method": OF_LAST_YEAR} | announced
    told = unchecked(monkeypatch, of, [*first, redrawn(of, LOTTERY_NUMBERS, version=1, **lottery)])

    assert any(named in fault for fault in judged(told)[0])


def test_a_redraw_waits_out_the_time_to_claim_that_was_promised():
    of = beaconed()
    too_soon = DRAW_AT + CLAIM_DAYS * DAY - SECOND

    faults, _ = judged(proof(of, [HELD, again(of, announced_at=too_soon)]))

    assert faults == [
        "draw 2: announced at 2026-12-29T21:59:59Z, before the time to claim prize 2 ended at 2026-12-29T22:00:00Z"
    ]
    assert judged(proof(of, [HELD, again(of, announced_at=too_soon + SECOND)])) == ([], [])


def test_a_second_redraw_waits_for_the_winner_of_the_first():
    of = beaconed()
    first = again(of)
    second_winner = proof(of, [HELD, first])["draws"][1]["winners"][0]["number"]
    at = first.redraw.draw_at + DAY
    excluded = tuple(sorted((winner_of(of), second_winner)))

    soon = again(of, draw=3, excluded=excluded, announced_at=at, draw_at=at + DAY)
    late = again(of, draw=3, excluded=excluded, announced_at=at + CLAIM_DAYS * DAY, draw_at=at + 9 * DAY)

    assert (
        "before the time to claim prize 2 ended at 2027-01-05T22:00:00Z" in judged(proof(of, [HELD, first, soon]))[0][0]
    )
    assert judged(proof(of, [HELD, first, late])) == ([], [])


def test_a_prize_that_nobody_won_is_not_drawn_again():
    of = beaconed()
    few = TICKETS[:1]
    root = merkle.merkle_root(draw.leaves(few)).hex()

    faults, _ = judged(proof(of, [HELD, redrawn(of, prizes=(3,), excluded=(), root=root)], tickets=few))

    assert faults == ["draw 2: nobody had won prize 3, so it is not drawn again"]


def test_a_redraw_is_not_announced_before_the_list_was_frozen():
    of = beaconed()
    frozen_at = DRAW_AT + 8 * DAY
    late = redrawn(of, prizes=ALL, excluded=(), announced_at=DRAW_AT + DAY, draw_at=DRAW_AT + 9 * DAY)

    faults, _ = judged(proof(of, [NEVER, late], frozen_at=frozen_at))

    assert faults[0].startswith("draw 2: announced at 2026-12-25T22:00:00Z, before the sold numbers were frozen")


def test_a_void_draw_is_drawn_again_as_a_whole():
    of = beaconed()
    part = redrawn(of, prizes=(2,), excluded=())

    faults, _ = judged(proof(of, [NEVER, part], frozen_at=DRAW_AT))

    assert faults == ["draw 2: its prizes are not those of the draw that was not held"]


def test_a_list_said_to_be_frozen_late_is_not_good_by_itself():
    of = beaconed()
    whole = redrawn(of, prizes=ALL, excluded=())

    faults, lookups = judged(proof(of, [NEVER, whole], frozen_at=DRAW_AT))

    assert faults == []
    assert lookups == ["draw 1: the root must not have been published before 2026-12-24T22:00:00Z, or the draw was due"]


@pytest.mark.parametrize(
    ("method", "named"),
    [(commitment().method, "the secret was not revealed"), (BY_LOTTERY, "must never have come")],
    ids=["secret", "lottery"],
)
def test_a_secret_or_lottery_that_did_not_come_is_not_good_by_itself(method, named):
    of = commitment(method=method)
    whole = {"prizes": ALL, "excluded": ()}

    faults, lookups = judged(proof(of, [NEVER, redrawn(of, **whole)]))
    too_soon, _ = judged(proof(of, [NEVER, redrawn(of, announced_at=DRAW_AT + 23 * timedelta(hours=1), **whole)]))

    assert faults == []
    assert len(lookups) == 1
    assert named in lookups[0]
    assert "was void at 2026-12-25T22:00:00Z" in too_soon[0]


def test_a_secret_is_never_good_by_itself():
    assert judged(proof()) == (
        [],
        ["draw 1: nobody who could buy, sell or close the sale may have known the secret: it tells the outcome"],
    )


def test_under_a_new_commitment_the_rules_of_the_first_format_do_not_hold():
    of = beaconed()
    old = again(of, version=1, method=OF_LAST_YEAR, evidence=LOTTERY_NUMBERS)

    assert judged(proof(of, [HELD, old]))[0] == ["draw 2: its announcement has format 1, the commitment has format 2"]


@pytest.mark.parametrize("field", ["reason", "announced_at"])
def test_the_words_of_an_announcement_decide_nothing(field):
    of = beaconed()
    other = {"reason": "Another one", "announced_at": DRAW_AT + 6 * DAY + SECOND}[field]

    one, two = (proof(of, [HELD, again(of, **changes)]) for changes in ({}, {field: other}))

    assert one["draws"][1]["winners"] == two["draws"][1]["winners"]
    assert one["draws"][1]["terms_sha256"] != two["draws"][1]["terms_sha256"]


def test_without_notes_everything_could_have_been_made_after_the_draw():
    of = beaconed()

    _, lookups = judged(proof(of, [HELD, again(of)]), Notes())

    assert [fact.rpartition("(")[2] for fact in lookups] == ["--commitment)", "--root or --receipt)", "--redraw)"]


def test_a_draw_that_is_due_and_missing_is_not_good():
    of = beaconed()

    for draws in ([], [NEVER]):
        assert judged(proof(of, draws), now=DRAW_AT - SECOND) == ([], [])
        _, (fact,) = judged(proof(of, draws), now=DRAW_AT)
        assert "is out since 2026-12-24T22:00:00Z, but the draw was not held" in fact


@pytest.mark.parametrize(
    "change", [{"claim_days": 1}, {"terms_url": "https://b.test"}, {"prizes": (Prize("Auto 0 km"),)}]
)
def test_what_was_promised_is_in_the_commitment(change):
    honest = proof(beaconed(), [HELD])
    forged = commitments.digest_of(beaconed(**change))

    assert forged != honest["commitment_sha256"]


@cache
def whole():
    """A true proof with a redraw, and its notes."""
    of = beaconed()
    told = proof(of, [HELD, again(of)])
    return told, notes_of(told)


def places(value, path=()):
    """The paths of all values in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for name, one in inside:
        yield (*path, name)
        yield from places(one, (*path, name))


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 120),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["2026-12-24T21:00:00Z", "2027-01-02T22:00:00Z", "0" * 64, "drand", "house"]),
    st.just([]),
    st.just({}),
)


def verdict(told, notes):
    try:
        faults, lookups = judged(told, notes)
    except (proofs.Unreadable, ServiceError):  # as the command reads it
        return "refused"
    return "wrong" if faults else "look up" if lookups else "good"


def changed(told, path, value):
    other = json.loads(json.dumps(told))
    holder = other
    for name in path[:-1]:
        holder = holder[name]
    assume(holder[path[-1]] != value or type(holder[path[-1]]) is not type(value))
    holder[path[-1]] = value
    return other


@given(st.data())
def test_no_field_of_a_good_proof_can_be_another(data):
    """Only the freeze may be told earlier: it is our word, and the noted root shows when the list was there."""
    told, notes = whole()
    path = data.draw(st.sampled_from([path for path in places(told) if path != ("frozen_at",)]))

    assert verdict(changed(told, path, data.draw(values)), notes) != "good"


@given(st.data())
def test_no_field_of_a_good_proof_can_be_missing_or_more(data):
    told, notes = whole()
    other = json.loads(json.dumps(told))
    holders = [other, *(holder for path in places(other) if isinstance(holder := at(other, path), dict | list))]
    holder = data.draw(st.sampled_from(holders))
    assume(holder)
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[0])) if data.draw(st.booleans()) else holder.pop()
    elif data.draw(st.booleans()):
        del holder[data.draw(st.sampled_from(sorted(holder)))]
    else:
        holder["more"] = 1

    assert verdict(other, notes) != "good"


def at(value, path):
    for name in path:
        value = value[name]
    return value


@given(
    st.lists(st.booleans(), min_size=20, max_size=20).filter(lambda kept: not all(kept)),
    st.sampled_from(["mine", "o0"]),
    st.integers(1, 100),
)
def test_another_sold_list_is_wrong_by_the_root_that_was_noted(kept, order, number):
    notes = notes_of(proof(beaconed(), [HELD]))
    mine = Ticket(number, order)
    others = [one for one, keep in zip(TICKETS, kept, strict=True) if keep and one.number != number]
    tickets = draw.sorted_by_number([*others, mine])
    assume(tickets != TICKETS)

    assert verdict(proof(beaconed(), [HELD], tickets=tickets), notes) == "wrong"


def test_red_control_a_verifier_without_the_rules_for_redraws_is_fooled(monkeypatch):
    of = beaconed()
    told = proof(of, [NEVER, redrawn(of, prizes=ALL, excluded=())])
    monkeypatch.setattr(proof_checks, "_redraw_faults", lambda *_: [])

    assert judged(told)[0] == []
