"""A true proof has no failure; every way of changing it is found, and named."""

import copy
from datetime import timedelta
from hashlib import sha256

import pytest

from mostrador.raffles.rules import commitments, proof_checks, proofs
from mostrador.raffles.rules.commitments import Unsold
from mostrador.raffles.rules.drand import QUICKNET
from mostrador.raffles.rules.draw import Draw, Ticket
from tests.support import beacons
from tests.support.draws import (
    BY_LOTTERY,
    CHAIN,
    DRAW_AT,
    LOTTERY_NUMBERS,
    REVEALED,
    TICKETS,
    commitment,
    drand_proof,
    proof,
    redrawn,
)

TWICE = (Draw(None, REVEALED), redrawn())


def failures(told, chain=CHAIN):
    return list(proof_checks.failures(proofs.read_proof(told), chain))


@pytest.mark.parametrize("unsold", Unsold)
def test_a_true_proof_has_no_failure(unsold):
    assert failures(proof(commitment(unsold=unsold))) == []


@pytest.mark.parametrize(
    "draws",
    [(), (Draw(None, None),), TWICE, (Draw(None, None), redrawn(prizes=(1, 2, 3), excluded=()))],
    ids=["before the draw", "announced", "with a redraw", "never held, then a redraw"],
)
def test_a_true_proof_has_no_failure_however_far_it_has_come(draws):
    assert failures(proof(draws=draws)) == []


def test_a_true_proof_by_lottery_has_no_failure():
    assert failures(proof(commitment(method=BY_LOTTERY), [Draw(None, LOTTERY_NUMBERS)])) == []


def test_a_true_proof_by_a_round_of_quicknet_has_no_failure():
    assert failures(drand_proof(), QUICKNET) == []


def remove_a_number(told):
    del told["sold"][3]


def add_a_number(told):
    told["sold"].insert(1, [2, "mine"])


def move_a_number_to_another_order(told):
    told["sold"][0][1] = "mine"


def swap_two_numbers(told):
    told["sold"][0], told["sold"][1] = told["sold"][1], told["sold"][0]


def sell_a_number_twice(told):
    told["sold"].insert(1, [1, "mine"])


def sell_a_number_outside(told):
    told["sold"].append([101, "mine"])


def another_root(told):
    told["root"] = "ab" * 32


def another_winner(told):
    told["draws"][0]["winners"][1]["number"] = 43


def another_order_of_the_winner(told):
    told["draws"][0]["winners"][1]["order"] = "mine"


def a_winner_less(told):
    del told["draws"][0]["winners"][2]


def a_winner_more(told):
    told["draws"][0]["winners"].append({"prize": 3, "number": 1, "order": "o0", "passed_over": []})


def winners_in_another_order(told):
    told["draws"][0]["winners"].reverse()


def something_passed_over(told):
    told["draws"][0]["winners"][0]["passed_over"] = [2]


def another_seed(told):
    told["draws"][0]["seed"] = "ab" * 32


def another_secret(told):
    told["draws"][0]["evidence"] = {"secret": "ab" * 32}


def no_secret(told):
    told["draws"][0]["evidence"] = {}


def a_secret_that_is_none(told):
    told["draws"][0]["evidence"] = {"secret": "secret"}


def no_evidence(told):
    told["draws"][0]["evidence"] = None


def another_range(told):
    told["commitment"]["last_number"] = 200


def another_rule(told):
    told["commitment"]["unsold"] = "house"


def prizes_in_another_order(told):
    told["commitment"]["prizes"].reverse()


def another_hash_of_a_secret(told):
    told["commitment"]["method"]["secret_sha256"] = "ab" * 32


def another_raffle(told):
    told["commitment"]["raffle_id"] = "other"


def other_terms(told):
    told["commitment"]["terms_url"] = "https://other.test"


def a_shorter_time_to_claim(told):
    told["commitment"]["claim_days"] = 1


def another_description_of_a_prize(told):
    told["commitment"]["prizes"][0]["description"] = "Usado"


def one_more_field_of_the_evidence(told):
    told["draws"][0]["evidence"]["more"] = "1"


def another_digest(told):
    told["commitment_sha256"] = "ab" * 32


def another_digest_of_the_draw(told):
    told["draws"][0]["terms_sha256"] = "ab" * 32


def frozen_after_the_draw(told):
    told["frozen_at"] = "2026-12-24T22:00:00Z"


def another_reason(told):
    told["draws"][1]["redraw"]["reason"] = "Because"


def another_place_of_the_redraw(told):
    told["draws"][1]["redraw"]["draw"] = 3


def a_redraw_of_another_list(told):
    told["draws"][1]["redraw"]["root"] = "ab" * 32


def a_redraw_of_another_commitment(told):
    told["draws"][1]["redraw"]["commitment_sha256"] = "ab" * 32


def a_redraw_of_another_raffle(told):
    told["draws"][1]["redraw"]["raffle_id"] = "other"


def a_redraw_of_other_prizes(told):
    told["draws"][1]["redraw"]["prizes"] = [1]


def somebody_else_excluded(told):
    told["draws"][1]["redraw"]["excluded"] = [1]


def the_first_draw_forgotten(told):
    del told["draws"][0]


def the_same_draw_again(told):
    told["draws"][1] = told["draws"][0]


TAMPERED = [
    (remove_a_number, "root: recomputed"),
    (add_a_number, "root: recomputed"),
    (move_a_number_to_another_order, "root: recomputed"),
    (swap_two_numbers, "sold list: 001 stands after 006"),
    (sell_a_number_twice, "sold list: 001 is there twice"),
    (sell_a_number_outside, "sold list: 101 is outside 1-100"),
    (another_root, f"root: recomputed {proof()['root']}, proof says {'ab' * 32}"),
    (another_winner, "draw 1: winner 2 is 034 for prize 2 (order o6), proof says 043 for prize 2 (order o6)"),
    (
        another_order_of_the_winner,
        "draw 1: winner 2 is 034 for prize 2 (order o6), proof says 034 for prize 2",
    ),
    (a_winner_less, "draw 1: winner 3 is 013 for prize 3 (order o5), proof says nobody"),
    (a_winner_more, "draw 1: winner 3 is nobody, proof says 001"),
    (winners_in_another_order, "draw 1: winner 1 is 071 for prize 1 (order o3), proof says 013 for prize 3 (order o5)"),
    (
        something_passed_over,
        "draw 1: winner 1 is 071 for prize 1 (order o3), proof says 071 for prize 1 (order o3,",
    ),
    (another_seed, "draw 1: seed: recomputed "),
    (another_secret, "draw 1: the secret does not match"),
    (no_secret, "draw 1: its evidence cannot be read: KeyError('secret')"),
    (a_secret_that_is_none, "draw 1: its evidence cannot be read: ValueError"),
    (no_evidence, "draw 1: winner 1 is nobody, proof says 071"),
    (another_range, "commitment digest: recomputed"),
    (another_rule, "commitment digest: recomputed"),
    (prizes_in_another_order, "commitment digest: recomputed"),
    (another_hash_of_a_secret, "commitment digest: recomputed"),
    (another_raffle, "commitment digest: recomputed"),
    (other_terms, "commitment digest: recomputed"),
    (a_shorter_time_to_claim, "commitment digest: recomputed"),
    (another_description_of_a_prize, "commitment digest: recomputed"),
    (one_more_field_of_the_evidence, "draw 1: its evidence has other fields: secret, more"),
    (another_digest, f"commitment digest: recomputed {proof()['commitment_sha256']}, proof says {'ab' * 32}"),
    (another_digest_of_the_draw, "draw 1: digest of its commitment, terms_sha256: recomputed"),
    (frozen_after_the_draw, "draw 1: the sold numbers were frozen at 2026-12-24T22:00:00Z"),
    (another_reason, "draw 2: digest of its commitment, terms_sha256: recomputed"),
    (another_place_of_the_redraw, "draw 2: place among the draws: recomputed 2, proof says 3"),
    (a_redraw_of_another_list, "draw 2: root: recomputed"),
    (a_redraw_of_another_commitment, "draw 2: commitment digest: recomputed"),
    (a_redraw_of_another_raffle, "draw 2: raffle: recomputed"),
    (a_redraw_of_other_prizes, "draw 2: the redraw leaves out the numbers 34: those that won its prizes before are 71"),
    (somebody_else_excluded, "draw 2: the redraw leaves out the numbers 1: those that won its prizes before are 34"),
    (the_first_draw_forgotten, "draw 1: the first draw is under the commitment alone"),
    (the_same_draw_again, "draw 2: the first draw is under the commitment alone"),
]


def test_a_proof_that_was_changed_is_caught_and_the_change_is_named(subtests):
    for tamper, named in TAMPERED:
        with subtests.test(tamper=tamper, named=named):
            told = copy.deepcopy(proof(draws=TWICE))

            tamper(told)

            assert [sentence for sentence in failures(told) if sentence.startswith(named)]


@pytest.mark.parametrize("tamper", [another_root, another_digest, another_winner, another_seed, another_secret])
def test_a_change_that_touches_nothing_else_is_told_in_one_sentence(tamper):
    told = copy.deepcopy(proof())

    tamper(told)

    assert len(failures(told)) == 1


def test_a_round_signed_by_somebody_else_is_caught():
    (failure,) = failures(drand_proof(beacons.own_signature(1000).hex()), QUICKNET)

    assert failure == "draw 1: the signature is not the chain's own of round 1000"


def test_randomness_that_is_not_of_the_signature_is_caught():
    told = drand_proof()
    told["draws"][0]["evidence"]["randomness"] = "ab" * 32

    (failure,) = failures(told, QUICKNET)

    assert failure.startswith(f"draw 1: the randomness is {beacons.RANDOMNESS_1000}")


def test_a_chain_that_the_organiser_runs_is_caught():
    (failure,) = failures(drand_proof(), beacons.own_chain())

    assert failure.startswith(f"draw 1: chain {QUICKNET.chain_hash} is not {'ab' * 32}")


def chosen_round(number, signature=beacons.QUICKNET[42]):
    """A proof whose round was chosen and not the one due at the draw."""
    honest = proofs.read_proof(drand_proof()).commitment
    told = commitments.to_document(honest)
    told["method"]["round"] = number
    evidence = {"signature": signature, "randomness": sha256(bytes.fromhex(signature)).hexdigest()}
    return proof(
        commitments.read_commitment(told), [Draw(None, evidence)], frozen_at=honest.draw_at - timedelta(hours=1)
    )


def test_a_round_that_is_not_the_one_due_is_caught_though_it_is_genuine():
    found = failures(chosen_round(42), QUICKNET)

    assert found[0] == "draw 1: round due at 2023-08-23T15:59:24Z: recomputed 1000, proof says 42"


def test_an_instant_before_the_chain_is_caught():
    early = commitment(draw_at=DRAW_AT.replace(year=2020), method=proofs.read_proof(drand_proof()).commitment.method)
    evidence = drand_proof()["draws"][0]["evidence"]

    found = failures(proof(early, [Draw(None, evidence)], frozen_at=DRAW_AT.replace(year=2019)), QUICKNET)

    assert found == ["draw 1: 2020-12-24T22:00:00+00:00 is before the first round of the randomness beacon"]


def receipt_of(order="o2", tickets=TICKETS):
    return proofs.receipts(commitment(), tickets, order)[0]


def receipt_failures(told, receipt):
    return list(proof_checks.receipt_failures(proofs.read_proof(told), proofs.read_receipt(receipt)))


def test_a_true_receipt_has_no_failure():
    assert receipt_failures(proof(), receipt_of()) == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"commitment_sha256": "ab" * 32}, "receipt: commitment digest"),
        ({"root": "ab" * 32}, "receipt: root: recomputed"),
        ({"order": "mine"}, "receipt: root by its path: recomputed"),
        ({"number": 2}, "receipt: 002 of order o2 is not in the sold list"),
        ({"size": 3}, "receipt: a path of 5 steps"),
    ],
    ids=str,
)
def test_a_receipt_that_was_changed_is_caught_and_the_change_is_named(change, named):
    found = receipt_failures(proof(), receipt_of() | change)

    assert [sentence for sentence in found if sentence.startswith(named)]


def test_a_proof_that_was_forged_as_a_whole_agrees_with_itself_but_not_with_a_receipt():
    forged = proof(tickets=[ticket for ticket in TICKETS if ticket.order != "o2"] + [Ticket(100, "mine")])

    found = receipt_failures(forged, receipt_of())

    assert failures(forged) == []
    assert found[0].startswith("receipt: root: recomputed")
    assert found[-1] == "receipt: 043 of order o2 is not in the sold list"
