import json

import pytest

from mostrador.raffles.rules import commitments, draw, merkle, proofs
from mostrador.raffles.rules.commitments import PrizesDoNotFit, Unsold
from mostrador.raffles.rules.draw import Draw
from mostrador.raffles.rules.proofs import Unreadable
from tests.support.draws import FROZEN_AT, REVEALED, TICKETS, commitment, old_commitment, proof, redrawn


def test_a_proof_says_all_that_a_draw_needs():
    told = proof(commitment(unsold=Unsold.DRAW_AGAIN))

    assert told["commitment"] == commitments.to_document(commitment(unsold=Unsold.DRAW_AGAIN))
    assert told["sold"][0] == [1, "o0"]
    assert told["frozen_at"] == "2026-12-24T20:00:00Z"
    assert told["draws"][0]["evidence"] == REVEALED
    assert told["draws"][0]["winners"][2] == {"prize": 3, "number": 57, "order": "o2", "passed_over": [52]}


def test_a_proof_survives_json():
    told = proof(draws=[Draw(None, REVEALED), redrawn()])

    assert json.loads(json.dumps(told)) == told


def test_a_redraw_leaves_the_first_draw_on_record():
    told = proof(draws=[Draw(None, REVEALED), redrawn()])

    assert told["draws"][0] == proof()["draws"][0]
    assert told["draws"][1]["redraw"]["reason"] == "Nobody claimed it"


def test_a_proof_before_the_draw_has_the_list_and_no_winners():
    told = proof(draws=[])

    assert (told["root"], told["draws"]) == (proof()["root"], [])


def test_a_proof_is_read_as_it_was_made():
    read = proofs.read_proof(proof(draws=[Draw(None, REVEALED), redrawn()]))

    assert (read.commitment, read.tickets, read.frozen_at) == (commitment(), TICKETS, FROZEN_AT)
    assert [said.draw for said in read.draws] == [Draw(None, REVEALED), redrawn()]


def test_every_number_of_an_order_has_its_receipt():
    receipts = proofs.receipts(commitment(), TICKETS, "o2")

    assert [receipt["number"] for receipt in receipts] == [43, 50, 57]


def test_the_path_on_a_receipt_leads_to_the_root():
    (first, *_) = proofs.receipts(commitment(), TICKETS, "o2")
    read = proofs.read_receipt(json.loads(json.dumps(first)))

    (leaf,) = draw.leaves([read.ticket])

    assert merkle.root_from_path(leaf, read.index, read.size, read.path).hex() == read.root == proof()["root"]


def test_a_proof_of_the_first_format_is_read_as_it_was_made():
    of = old_commitment()

    read = proofs.read_proof(json.loads(json.dumps(proof(of))))

    assert (read.commitment, proof(of)["version"]) == (of, 1)
    assert read.commitment_sha256 == "97139224ab872518e221ea787ed243f4f55c1c7ccedfb21b6feea7fbbaa8e898"


def without(name):
    return {key: value for key, value in proof().items() if key != name}


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "proof",
        without("sold"),
        without("draws"),
        proof() | {"version": 1},
        proof() | {"version": 3},
        proof() | {"more": 1},
        proof() | {"commitment": commitments.to_document(old_commitment())},
        proof() | {"sold": [[1]]},
        proof() | {"sold": [["1", "o"]]},
        proof() | {"sold": [[True, "o"]]},
        proof() | {"sold": [[1.0, "o"]]},
        proof() | {"sold": [[1, None]]},
        proof() | {"frozen_at": "2026-12-24T20:00:00"},
        proof() | {"commitment": {}},
        proof() | {"draws": [{}]},
    ],
    ids=range(17),
)
def test_what_does_not_have_the_form_of_a_proof_is_not_read(told):
    with pytest.raises(Unreadable, match="form of a proof"):
        proofs.read_proof(told)


def test_terms_that_cannot_be_are_refused_by_their_own_name():
    impossible = commitments.to_document(commitment()) | {"last_number": 2}

    with pytest.raises(PrizesDoNotFit):
        proofs.read_proof(proof() | {"commitment": impossible})


@pytest.mark.parametrize("change", [{"path": ["zz"]}, {"index": "0"}, {"version": 0}], ids=str)
def test_what_does_not_have_the_form_of_a_receipt_is_not_read(change):
    (receipt, *_) = proofs.receipts(commitment(), TICKETS, "o2")

    with pytest.raises(Unreadable, match="form of a receipt"):
        proofs.read_receipt(receipt | change)
