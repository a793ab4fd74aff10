"""The proof's form in the API's document, against the proofs of real draws."""

import json

import jsonschema  # type: ignore[import-untyped]
import pytest

from mostrador import process_cache
from mostrador.raffles import draws, raffles, sold_list
from mostrador.raffles.rules import merkle, randomness
from mostrador.raffles.views.own_orders import NumberProofView
from mostrador.raffles.views.proofs import ProofView
from mostrador.raffles.views.raffles import RaffleView
from tests.raffles.test_draws import LOTTERY_NUMBERS, MINUTE, redraw
from tests.support import relays
from tests.support.raffles import BY_DRAND, BY_LOTTERY, SECRET, SECRETLY, drawn, frozen, sold

METHODS = {
    "drand": (BY_DRAND, {}),
    "lottery": (BY_LOTTERY, LOTTERY_NUMBERS),
    "commit_reveal": (SECRETLY, {"secret": SECRET}),
}


@pytest.fixture
def relay(monkeypatch):
    with relays.running(monkeypatch) as server:
        yield server


def told(raffle, at):
    return json.loads(draws.proof("salon", raffle.id, now=at))


def check(document, view):
    """The document has the form of ``view``, and nothing else."""
    jsonschema.validate(document, view.model_json_schema(mode="serialization"))
    assert view.model_validate(document).model_dump(mode="json") == document


@pytest.mark.parametrize("name", METHODS)
def test_the_proof_of_each_method_has_its_form(salon, now, relay, name):
    method, evidence = METHODS[name]

    check(told(drawn(now, evidence, method=method), now), ProofView)


def test_the_proof_of_a_redraw_has_its_form(salon, now, relay):
    raffle = sold(now)
    raffles.close("salon", raffle.id, now=raffle.draw_at)
    late = raffles.freeze("salon", raffle.id, now=raffle.draw_at)
    announced = redraw(late, late.draw_at + MINUTE)

    document = told(announced, late.draw_at + MINUTE)

    assert document["draws"][1]["redraw"]["draw"] == 2
    check(document, ProofView)


@pytest.mark.parametrize("name", METHODS)
def test_a_raffle_shows_method_commitment_and_evidence_as_published(salon, now, relay, name):
    method, evidence = METHODS[name]
    raffle = drawn(now, evidence, method=method)

    shown = RaffleView.model_validate(raffle).model_dump(mode="json")

    assert shown["commitment"] == raffle.commitment
    assert shown["draws"][0]["method"] == raffle.commitment["method"]
    assert shown["draws"][0]["evidence"] == raffle.draws[0]["evidence"]
    jsonschema.validate(shown, RaffleView.model_json_schema(mode="serialization"))


def test_the_proof_of_a_number_has_its_form(salon, now):
    raffle = frozen(now)
    code = told(raffle, now)["sold"][0][1]

    for document in draws.receipts("salon", raffle, code):
        check(document, NumberProofView)


def test_the_views_know_every_method():
    schema = ProofView.model_json_schema(mode="serialization")

    assert set(METHODS) == {kind.name for kind in randomness.Method.__args__}
    assert set(schema["$defs"]["CommitmentView"]["properties"]["method"]["discriminator"]["mapping"]) == set(METHODS)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(root="0"),
        lambda document: document["commitment"].update(unsold="burned"),
        lambda document: document["commitment"]["method"].update(name="dice"),
        lambda document: document["draws"][0].update(evidence={}),
        lambda document: document["draws"][0].pop("seed"),
        lambda document: document["sold"][0].__setitem__(1, "o1"),
    ],
)
def test_red_control_another_form_is_told(salon, now, change):
    document = told(drawn(now), now)
    change(document)

    with pytest.raises(jsonschema.ValidationError):
        check(document, ProofView)


def test_red_control_one_more_field_is_told(salon, now):
    document = told(drawn(now), now)
    document["draws"][0]["more"] = 1

    with pytest.raises(AssertionError):
        check(document, ProofView)


@pytest.fixture
def hashed(monkeypatch):
    """The trees made of a sold list, by the number of their leaves."""
    made, tree = [], merkle.tree
    monkeypatch.setattr(merkle, "tree", lambda leaves: made.append(len(leaves)) or tree(leaves))
    return made


def test_a_proof_is_made_once_until_something_in_it_changes(salon, now, relay, hashed):
    raffle = sold(now)
    raffles.close("salon", raffle.id, now=raffle.draw_at)
    late = raffles.freeze("salon", raffle.id, now=raffle.draw_at)
    del hashed[:]

    first = draws.proof("salon", late.id, now=late.draw_at)
    made = len(hashed)
    again = draws.proof("salon", late.id, now=late.draw_at)

    assert (again, len(hashed)) == (first, made)
    redraw(late, late.draw_at + MINUTE)
    assert draws.proof("salon", late.id, now=late.draw_at + MINUTE) != first
    assert len(hashed) > made
    process_cache.clear_all()
    assert draws.proof("salon", late.id, now=late.draw_at + MINUTE) != first


def test_the_receipts_of_all_orders_come_from_one_tree(salon, now, hashed):
    raffle = frozen(now)
    codes = {ticket.order for ticket in sold_list.read("salon", raffle)}
    process_cache.clear_all()
    del hashed[:]

    receipts = [draws.receipts("salon", raffle, code) for code in sorted(codes) * 3]

    assert all(receipts)
    assert len([size for size in hashed if size > 1]) == 1
