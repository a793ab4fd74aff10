"""The draws of raffles, each proof checked by the verifier that everybody has, in a process of its own."""

import json
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError

from mostrador.clients.drand import BeaconUnavailable, NotYetPublished
from mostrador.errors import NotHere
from mostrador.raffles import beacon, prizes, raffles, redraws, sold_list
from mostrador.raffles import draws as raffle_draws
from mostrador.raffles.rules import commitments, instants, merkle, prize_outcome
from mostrador.raffles.rules import draw as rules
from mostrador.raffles.rules.draw import FrozenTooLate, Ticket
from mostrador.raffles.rules.randomness import LotteryDoesNotMatch, SecretDoesNotMatch
from mostrador.raffles.rules.redraw_checks import OVERDUE
from mostrador.raffles.rules.states import WrongRaffleState, public_code
from mostrador.raffles.views.draws import Delivery, Evidence, Redrawing
from mostrador.table import keys, writes
from tests.support import orders, relays, template
from tests.support.days import shifted
from tests.support.lines import sweep
from tests.support.raffles import (
    BUYERS,
    BY_DRAND,
    BY_LOTTERY,
    SECRET,
    SECRETLY,
    drafted,
    drawn,
    frozen,
    opened,
    sell,
    sold,
)

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
LAMBDAS_ANSWER = 6 * 1024 * 1024
LOTTERY_NUMBERS = {"numbers": ["007", "940", "123", "000"], "source_url": "https://lottery.test/24-12"}


@pytest.fixture
def relay(monkeypatch):
    with relays.running(monkeypatch) as server:
        yield server


def draw(raffle, at, tenant="salon", **evidence):
    return raffle_draws.draw(tenant, raffle.id, Evidence(**evidence), now=at)


def redraw(raffle, at, reason="Nadie lo reclamó", method=BY_DRAND, tenant="salon", **more):
    return redraws.announce(tenant, raffle.id, Redrawing(reason=reason, method=method, **more), now=at)


def proof(raffle, at, tenant="salon"):
    return json.loads(raffle_draws.proof(tenant, raffle.id, now=at))


def verified(tmp_path, told, *arguments, chain=False):
    """What ``python -m mostrador.verify`` says of a proof, and its exit status."""
    files = {"proof.json": told, "chain.json": relays.info()}
    for name, one in files.items():
        (tmp_path / name).write_text(json.dumps(one))
    command = [sys.executable, "-m", "mostrador.verify", str(tmp_path / "proof.json"), *arguments]
    command += ["--chain", str(tmp_path / "chain.json")] if chain else []
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=template.ROOT / "layers" / "shared", capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def winners(raffle):
    return [(one["prize"], one["number"], one["name"]) for one in raffle.draws[-1]["winners"]]


def test_winners_are_numbers_sold_with_the_masked_names_of_their_buyers(salon, now):
    raffle = drawn(now)

    masked = {"María F.", "José B.", "Ana", "Luz M."}
    tickets = {ticket.number: ticket.order for ticket in sold_list.read("salon", raffle)}
    first, second = raffle.draws[0]["winners"]
    assert (raffle.status, first["prize"], second["prize"]) == ("DRAWN", 1, 2)
    assert {first["name"], second["name"]} <= masked
    assert first["number"] != second["number"]
    for one in (first, second):
        assert tickets[one["number"]] == one["order"] == public_code(one["order_id"])


@pytest.mark.parametrize("method", [BY_DRAND, BY_LOTTERY, SECRETLY], ids=lambda method: method["name"])
def test_the_proof_of_a_raffle_drawn_by_each_method_verifies(salon, now, relay, tmp_path, method):
    evidence = {"drand": {}, "lottery": LOTTERY_NUMBERS, "commit_reveal": {"secret": SECRET}}[method["name"]]
    raffle = drawn(now, evidence, method=method)

    told = proof(raffle, now)
    status, said = verified(
        tmp_path, told, "--commitment", raffle.commitment_digest, "--root", raffle.root, chain=method is BY_DRAND
    )

    verdict = (0, "GOOD  ") if method is BY_DRAND else (3, "AGREES")
    assert (status, said.splitlines()[0]) == (verdict[0], f"{verdict[1]} raffle {raffle.id}: 16 sold of 1-100"), said
    assert [(one["prize"], one["number"]) for one in told["draws"][0]["winners"]] == [
        (prize, number) for prize, number, _ in winners(raffle)
    ]


def tampering():
    """Name -> what somebody changes in a proof, and the words with which it is found."""

    def removed(told):
        del told["sold"][0]

    def changed(told):
        told["draws"][0]["winners"][0]["number"] = next(
            number for number, _ in told["sold"] if number != told["draws"][0]["winners"][0]["number"]
        )

    return {
        "a sold number removed": (removed, "root: recomputed"),
        "an order changed": (lambda told: told["sold"][0].__setitem__(1, "AAAAAAAAAA"), "root: recomputed"),
        "a winner changed": (changed, "winner 1 is"),
        "another root": (lambda told: told.update(root="0" * 64), "root: recomputed"),
        "another secret": (lambda told: told["draws"][0]["evidence"].update(secret="0" * 64), "does not match"),
        "another prize": (lambda told: told["commitment"]["prizes"].reverse(), "commitment digest"),
        "frozen later": (
            lambda told: told.update(frozen_at=shifted("2027-01-01T00:00:00Z")),
            shifted("frozen at 2027-01-01"),
        ),
    }


@pytest.mark.parametrize("name", tampering())
def test_each_tampering_is_caught_and_named(salon, now, tmp_path, name):
    told = proof(drawn(now), now)
    change, words = tampering()[name]
    change(told)

    status, said = verified(tmp_path, told)

    assert status == 1
    assert words in said


def test_a_draw_takes_place_when_it_is_due_and_not_sooner(salon, now):
    raffle = frozen(now)

    with pytest.raises(raffle_draws.TooEarly):
        draw(raffle, raffle.draw_at - SECOND, secret=SECRET)

    assert draw(raffle, raffle.draw_at, secret=SECRET).status == "DRAWN"


def test_nothing_is_drawn_before_the_list_is_frozen(salon, now):
    raffle = sold(now)
    with pytest.raises(WrongRaffleState, match="OPEN"):
        draw(raffle, raffle.draw_at, secret=SECRET)
    raffles.close("salon", raffle.id, now=raffle.sale_closes_at)

    with pytest.raises(raffles.NotFrozen):
        draw(raffle, raffle.draw_at, secret=SECRET)
    with pytest.raises(raffles.NotFrozen):
        proof(raffle, raffle.draw_at)


@pytest.mark.parametrize("state", ["DRAFT", "CANCELLED"])
def test_a_raffle_that_is_not_closed_has_no_draw(salon, now, state):
    raffle = drafted(now) if state == "DRAFT" else raffles.cancel("salon", frozen(now).id, reason="x", now=now)

    with pytest.raises(WrongRaffleState, match=state):
        draw(raffle, now + 9 * DAY, secret=SECRET)
    with pytest.raises(WrongRaffleState, match=state):
        redraw(raffle, now + 9 * DAY)


def test_a_draw_takes_place_once_and_a_repeat_gives_what_it_gave(salon, now):
    raffle = drawn(now)

    again = draw(raffle, raffle.draw_at + DAY, secret=SECRET)

    assert (again.version, again.draws) == (raffle.version, raffle.draws)
    with pytest.raises(raffle_draws.AlreadyDrawn):
        draw(raffle, raffle.draw_at + DAY, secret="00" * 32)


def test_the_winners_are_those_that_anybody_computes(salon, now):
    raffle = drawn(now)
    commitment, tickets = commitments.read_commitment(raffle.commitment), sold_list.read("salon", raffle)
    root = merkle.merkle_root(rules.leaves(tickets))

    wins = rules.winners_of(commitment, tickets, root, rules.Draw(None, {"secret": SECRET}), [])

    assert [(win.prize, win.number, win.order) for win in wins] == [
        (one["prize"], one["number"], one["order"]) for one in raffle.draws[0]["winners"]
    ]


@pytest.mark.parametrize(
    ("method", "evidence", "refusal"),
    [
        (SECRETLY, {}, raffle_draws.WrongEvidence),
        (SECRETLY, LOTTERY_NUMBERS, raffle_draws.WrongEvidence),
        (SECRETLY, {"secret": "00" * 32}, SecretDoesNotMatch),
        (BY_LOTTERY, {"secret": SECRET}, raffle_draws.WrongEvidence),
        (BY_LOTTERY, LOTTERY_NUMBERS | {"numbers": ["7", "940", "123", "000"]}, LotteryDoesNotMatch),
        (BY_LOTTERY, LOTTERY_NUMBERS | {"numbers": ["007", "940"]}, LotteryDoesNotMatch),
        (BY_DRAND, {"secret": SECRET}, raffle_draws.WrongEvidence),
    ],
)
def test_what_is_not_the_randomness_that_was_committed_to_draws_nothing(salon, now, method, evidence, refusal):
    raffle = frozen(now, method=method)

    with pytest.raises(refusal):
        draw(raffle, raffle.draw_at, **evidence)

    assert raffles.get("salon", raffle.id, now=now).draws is None


def test_another_tenants_raffle_is_not_drawn_nor_redrawn_nor_proved(salon, clinic, now):
    raffle = frozen(now)

    for call in (draw, redraw, proof):
        with pytest.raises(NotHere):
            call(raffle, raffle.draw_at, tenant="clinic")


def test_the_beacons_round_is_the_one_due_at_the_draw(salon, now, relay):
    raffle = drawn(now, {}, method=BY_DRAND)

    due = beacon.method(raffle.draw_at)
    assert relay.asked == [f"/{due.chain_hash}/public/{due.round}"]
    assert raffle.draws[0]["evidence"].keys() == {"signature", "randomness"}


def test_a_beacon_that_is_late_or_does_not_answer_leaves_the_draw_for_later(salon, now, relay, monkeypatch):
    raffle = frozen(now, method=BY_DRAND)
    relay.is_up = False
    with pytest.raises(NotYetPublished):
        draw(raffle, raffle.draw_at)
    monkeypatch.setenv("DRAND_URL", "http://127.0.0.1:9")
    relays.settings.drand_url.cache_clear()
    with pytest.raises(BeaconUnavailable):
        draw(raffle, raffle.draw_at)

    assert raffles.get("salon", raffle.id, now=now).status == "CLOSED"


def test_a_draw_committed_to_another_beacon_is_not_held_by_this_one(salon, now, relay, monkeypatch):
    raffle = frozen(now, method=BY_DRAND)
    monkeypatch.setenv("DRAND_CHAIN", "")
    relays.settings.drand_chain.cache_clear()

    with pytest.raises(beacon.AnotherChain):
        draw(raffle, raffle.draw_at)


def test_a_list_that_was_frozen_too_late_draws_nothing_and_needs_a_redraw(salon, now, relay, tmp_path):
    raffle = sold(now)
    raffles.close("salon", raffle.id, now=raffle.draw_at)
    late = raffles.freeze("salon", raffle.id, now=raffle.draw_at)
    with pytest.raises(FrozenTooLate):
        draw(late, late.draw_at, secret=SECRET)

    announced = redraw(late, late.draw_at + MINUTE, reason="La lista se cerró tarde")
    due = datetime.fromisoformat(announced.draws[1]["redraw"]["draw_at"])
    redrawn = draw(late, due)

    assert (announced.status, redrawn.status) == ("CLOSED", "DRAWN")
    assert [one["evidence"] is None for one in redrawn.draws] == [True, False]
    assert [prize for prize, _, _ in winners(redrawn)] == [1, 2]
    status, said = verified(tmp_path, proof(redrawn, due), *noted(redrawn), chain=True)
    assert status == 3, said
    assert "draw 2, a redraw because: La lista se cerró tarde" in said
    assert "LOOK UP draw 1: the root must not have been published before" in said


def noted(raffle):
    """All that a buyer could note in time."""
    announced = [commitments.digest(one["redraw"]) for one in raffle.draws if one["redraw"]]
    of_redraws = [part for digest in announced for part in ("--redraw", digest)]
    return ["--commitment", raffle.commitment_digest, "--root", raffle.root, *of_redraws]


def test_a_draw_that_stands_is_not_replaced(salon, now):
    raffle = frozen(now)

    for at in (raffle.draw_at, raffle.draw_at + OVERDUE - SECOND):
        with pytest.raises(redraws.NotVoid) as refused:
            redraw(raffle, at)
        assert refused.value.facts["void_at"] == instants.published(raffle.draw_at + OVERDUE)


def test_a_draw_by_the_beacon_is_never_replaced_however_late_it_is_held(salon, now, relay, tmp_path):
    raffle = frozen(now, method=BY_DRAND)
    at = raffle.draw_at + 400 * DAY

    with pytest.raises(redraws.NotVoid, match="stays public"):
        redraw(raffle, at)
    assert sweep(at)["raffles"] == 1

    held = raffles.get("salon", raffle.id, now=at)
    assert verified(tmp_path, proof(held, at), *noted(held), chain=True)[0] == 0
    assert [one["redraw"] for one in held.draws] == [None]


def test_an_announced_redraw_is_never_replaced_either(salon, now, relay):
    raffle = drawn(now)
    at = late_for(raffle)
    redraw(raffle, at)

    with pytest.raises(redraws.AlreadyAnnounced):
        redraw(raffle, at + 9 * DAY, reason="Otro motivo")


def test_a_list_frozen_after_the_lottery_drew_is_not_drawn_by_it(salon, now):
    held_at = drafted(now).sale_closes_at + 20 * MINUTE
    raffle = sold(now, method=BY_LOTTERY | {"held_at": held_at.isoformat()})
    raffles.close("salon", raffle.id, now=held_at)
    late = raffles.freeze("salon", raffle.id, now=held_at)

    with pytest.raises(FrozenTooLate):
        draw(late, late.draw_at, **LOTTERY_NUMBERS)


def test_a_draw_that_could_not_be_held_for_a_day_may_be_replaced(salon, now, relay, tmp_path):
    raffle = frozen(now)

    redraw(raffle, raffle.draw_at + DAY, reason="Se perdió el secreto")
    redrawn = draw(raffle, raffle.draw_at + DAY + 2 * MINUTE)

    assert redrawn.status == "DRAWN"
    status, said = verified(tmp_path, proof(redrawn, now), *noted(redrawn), chain=True)
    assert status == 3
    assert "LOOK UP draw 1: the secret was not revealed, though its author knew the outcome" in said


def late_for(raffle, prize=1):
    """Just after the time to claim a prize is over."""
    return prize_outcome.outcomes(raffle.draws, int(raffle.claim_days))[prize].claim_by + SECOND


def test_prizes_that_nobody_claimed_in_time_are_drawn_again_without_those_who_had_won_them(salon, now, relay, tmp_path):
    raffle = drawn(now, {}, method=BY_DRAND)
    (_, first, _), (_, second, _) = winners(raffle)
    at = late_for(raffle)

    announced = redraw(raffle, at, prizes=[2])
    redrawn = draw(raffle, at + 2 * MINUTE)

    assert announced.draws[1]["redraw"]["excluded"] == [second]
    assert (announced.draws[0], redrawn.draws[0]) == (raffle.draws[0], raffle.draws[0])
    ((prize, number, _),) = winners(redrawn)
    assert prize == 2
    assert number not in (first, second)
    status, said = verified(tmp_path, proof(redrawn, at), *noted(redrawn), chain=True)
    assert status == 0, said


def test_a_prize_that_may_still_be_claimed_or_was_delivered_is_not_drawn_again(salon, now):
    raffle = drawn(now)
    with pytest.raises(redraws.NotUnclaimed):
        redraw(raffle, late_for(raffle) - 2 * SECOND)
    prizes.deliver("salon", raffle.id, 1, Delivery(delivered_to="María"), actor_name="eva", now=now)

    with pytest.raises(redraws.NotUnclaimed):
        redraw(raffle, late_for(raffle), prizes=[1, 2])
    assert redraw(raffle, late_for(raffle)).draws[1]["redraw"]["prizes"] == [2]


def test_a_redraw_is_announced_once_and_held_when_its_randomness_is_there(salon, now, relay):
    raffle = drawn(now)
    at = late_for(raffle)
    announced = redraw(raffle, at)

    assert redraw(raffle, at + SECOND).version == announced.version
    assert redraw(raffle, at + SECOND, prizes=[2, 1]).version == announced.version
    with pytest.raises(raffle_draws.TooEarly):
        draw(raffle, at + MINUTE)
    assert len(draw(raffle, at + 2 * MINUTE).draws) == 2


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({}, {"reason": "Otro motivo"}, "body.reason"),
        ({}, {"draw_at": 3 * MINUTE}, "body.draw_at"),
        ({"draw_at": DAY}, {}, "body.draw_at"),
        ({"draw_at": DAY}, {"draw_at": DAY + SECOND}, "body.draw_at"),
        ({}, {"prizes": [1]}, "body.prizes"),
        ({"prizes": [2]}, {}, "body.prizes"),
    ],
    ids=range(6),
)
def test_another_announcement_is_never_silently_the_first(salon, now, first, second, field):
    raffle = drawn(now)
    at = late_for(raffle)

    def asked(fields):
        return fields | ({"draw_at": at + fields["draw_at"]} if "draw_at" in fields else {})

    announced = redraw(raffle, at, **asked(first))
    with pytest.raises(redraws.AlreadyAnnounced) as refused:
        redraw(raffle, at + SECOND, **asked(second))

    assert refused.value.facts["field"] == field
    assert redraw(raffle, at + SECOND, **asked(first)).version == announced.version


def test_a_redraw_is_announced_at_least_a_minute_ahead(salon, now):
    raffle = drawn(now)
    at = late_for(raffle)

    with pytest.raises(commitments.AnnouncedTooLate):
        redraw(raffle, at, draw_at=at + MINUTE - SECOND)

    assert redraw(raffle, at, draw_at=at + DAY).due_at == keys.at(at + DAY)


def test_a_redraw_is_not_put_off_for_years(salon, now):
    raffle = drawn(now)
    at = late_for(raffle)

    with pytest.raises(redraws.RedrawTooFar) as refused:
        redraw(raffle, at, draw_at=at + redraws.MOST_NOTICE + SECOND)

    assert refused.value.facts["field"] == "body.draw_at"
    assert redraw(raffle, at, draw_at=at + redraws.MOST_NOTICE).draws[1]["redraw"]


def test_a_redraw_is_by_the_beacon_alone():
    with pytest.raises(ValidationError, match="drand"):
        Redrawing(reason="Nadie lo reclamó", method=BY_LOTTERY, draw_at="2027-01-01T00:00:00Z")


def test_unsold_numbers_do_as_was_declared(salon, now):
    few = {"unsold": "house", "first_number": 1, "last_number": 10_000}
    house = drawn(now, **few)
    again = drawn(now, **few | {"unsold": "draw_again"})

    assert [one["order"] for one in house.draws[0]["winners"]] == [None, None]
    assert all(one["order"] for one in again.draws[0]["winners"])
    assert "passed_over" not in again.draws[0]["winners"][0]
    assert proof(again, now)["draws"][0]["winners"][0]["passed_over"]


def test_a_raffle_of_ten_numbers_of_which_one_is_sold_gives_one_prize(salon, now, tmp_path):
    raffle = opened(now, first_number=0, last_number=9)
    sell(raffle, 0, now=now, name=BUYERS[1])
    raffles.close("salon", raffle.id, now=raffle.sale_closes_at)
    raffles.freeze("salon", raffle.id, now=raffles.freezes_at(raffle))

    done = draw(raffle, raffle.draw_at, secret=SECRET)

    assert winners(done) == [(1, 0, "José B."), (2, None, None)]
    assert verified(tmp_path, proof(done, now))[0] == 3


def test_a_receipt_of_each_number_of_an_order_leads_to_the_root(salon, now, tmp_path):
    raffle = frozen(now)
    code = sold_list.read("salon", raffle)[0].order

    receipts = raffle_draws.receipts("salon", raffle, code)

    assert [one["number"] for one in receipts] == [3, 23, 43, 63]
    (tmp_path / "receipt.json").write_text(json.dumps(receipts[1]))
    status, said = verified(tmp_path, proof(raffle, now), "--receipt", str(tmp_path / "receipt.json"))
    assert status == 0, said  # its receipt has commitment and root, and nothing was drawn yet
    assert raffle_draws.receipts("salon", opened(now), code) == []


def test_what_needs_somebodys_word_is_not_due_by_itself(salon, now):
    assert frozen(now).due_at is None
    assert frozen(now, method=BY_LOTTERY).due_at is None


def test_the_sweeper_brings_it_from_its_close_to_its_draw(salon, now, relay):
    raffle = sold(now, method=BY_DRAND)

    swept = [sweep(at)["raffles"] for at in (now, raffle.sale_closes_at, raffles.freezes_at(raffle), raffle.draw_at)]

    assert swept == [0, 1, 1, 1]
    assert raffles.get("salon", raffle.id, now=now).status == "DRAWN"
    assert sweep(raffle.draw_at + DAY)["raffles"] == 0


def test_a_beacon_that_is_not_there_yet_stops_no_sweep_and_is_asked_again(salon, now, relay):
    raffle = frozen(now, method=BY_DRAND)
    relay.is_up = False

    early = sweep(raffle.draw_at)
    relay.is_up = True

    assert (early["overtaken"], early["failed"]) == (1, 0)
    assert sweep(raffle.draw_at + MINUTE)["raffles"] == 1


def test_the_proof_of_a_hundred_thousand_numbers_fits_into_an_answer_and_verifies(salon, now, tmp_path):
    closed = raffles.close("salon", opened(now, first_number=0, last_number=99_999).id, now=now)
    tickets = [Ticket(number, public_code(str(number // 7))) for number in range(100_000)]
    closed.root, closed.sold_count = sold_list.store("salon", closed.id, tickets), len(tickets)
    closed.frozen_at = raffles.freezes_at(closed)
    with writes.transaction() as tx:
        tx.save(closed)

    drawn_ = draw(closed, closed.draw_at, secret=SECRET)
    text = raffle_draws.proof("salon", closed.id, now=now)

    assert len(json.dumps({"body": text})) < LAMBDAS_ANSWER / 2
    status, said = verified(tmp_path, json.loads(text), "--root", drawn_.root)
    assert (status, said.splitlines()[0]) == (3, f"AGREES raffle {closed.id}: 100000 sold of 0-99999")


def test_of_what_was_ordered_only_what_was_paid_in_time_is_frozen_and_drawn(salon, now, tmp_path):
    raffle = opened(now)
    paid, unpaid, late = (orders.sell(raffle, *numbers, now=now, buyer=numbers[0]) for numbers in ((5, 6), (7,), (8,)))
    orders.confirm(paid, now=now)
    raffles.close("salon", raffle.id, now=now)
    closed = raffles.get("salon", raffle.id, now=now)
    orders.confirm(late, now=raffles.sale_cutoff(closed))

    kept = raffles.freeze("salon", raffle.id, now=raffles.freezes_at(closed))
    drawn_ = draw(raffle, raffle.draw_at, secret=SECRET)

    assert {ticket.order for ticket in sold_list.read("salon", kept)} == {paid.code}
    assert (kept.sold_count, orders.status(unpaid, now=now), orders.status(late, now=now)) == (
        2,
        "RESERVED",
        "RESERVED",
    )
    assert sorted(number for _, number, _ in winners(drawn_)) == [5, 6]
    assert verified(tmp_path, proof(drawn_, now))[0] == 3
