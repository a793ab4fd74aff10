"""Two programs that know the API by a generated client alone: one books, charges, sells and draws; one books."""

import importlib
import json
from contextlib import ExitStack
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.journeys import days
from tests.journeys.conftest import swept
from tests.journeys.drawing import hurry, verified
from tests.journeys.payers import Portal, connect, own_account
from tests.support import generated

pytestmark = [pytest.mark.journey, pytest.mark.core]
SECRET = bytes(range(32)).hex()
ANA = ("Ana López", "0984 300 001")


@pytest.fixture(scope="module")
def front_desk():
    """The module that calls the generated client; it is imported where that is."""
    with pytest.MonkeyPatch.context() as path:
        path.syspath_prepend(generated.python_client())
        path.syspath_prepend(generated.CALLERS)
        yield importlib.import_module("front_desk")


@pytest.fixture
def desk(front_desk, stack, business):
    """``desk(business.staff)``: a member at work."""
    with ExitStack() as open_desks:

        def of(visitor):
            return open_desks.enter_context(front_desk.at_work(stack.api_url, visitor.token, business.slug))

        yield of


@pytest.fixture(scope="module")
def account():
    return own_account()


@pytest.fixture(scope="module")
def business(found, stack, account):
    made = found("Salón del integrador", currency="PYG", hold_minutes=10)
    connect(stack, made, account)
    return made


def test_a_generated_client_books_the_nearest_free_time_and_is_paid(front_desk, desk, business, stack, account):
    business.service("Corte", price="80000")
    staff, first = desk(business.staff), days.today() + timedelta(days=9)
    service = staff.service("Corte")
    starts = staff.free_starts(service, first, first + timedelta(days=7))
    staff.book(service, starts[0], "José Benítez", "0984 300 002")

    with pytest.raises(front_desk.Refused) as refusal:
        staff.book(service, starts[0], *ANA)
    problem = refusal.value.problem
    booked = staff.book(service, problem.alternatives[0], *ANA)

    assert (problem.code, problem.errors[0].code, len(problem.alternatives)) == ("slot_taken", "slot_taken", 3)
    assert (booked.scheduled_at, booked.status) == (problem.alternatives[0], "PENDING")
    begun = staff.charge(booked)
    portal = Portal(stack, account["public_key"])
    with portal.http:
        portal.choose({"process_id": begun.process_id}, "approve")
    paid = staff.payment(begun.payment_id)
    assert (paid.status, paid.amount, paid.target_id) == ("PAID", "80000", booked.id)
    confirmed = staff.appointment(booked.id)
    assert (confirmed.status, confirmed.payment_status) == ("CONFIRMED", "PAID")


def test_a_generated_client_runs_a_raffle_to_a_proof_that_verifies(front_desk, desk, business, stack, tmp_path):
    admin, staff, now = desk(business.admin), desk(business.staff), days.moment()
    draft = admin.draft("Rifa solidaria", "10000", now + timedelta(days=1), now + timedelta(days=2))
    opened = admin.open(draft, sha256(bytes.fromhex(SECRET)).hexdigest())
    sold = [staff.sell(opened, [7, 8, 9], *ANA), staff.sell(opened, [42], "José Benítez", "0984 300 002")]
    with pytest.raises(front_desk.Refused, match="numbers_taken") as refusal:
        staff.sell(opened, [42], *ANA)

    closed = admin.close(opened)
    assert (opened.status, closed.status, {order.status for order in sold}) == ("OPEN", "CLOSED", {"PAID"})
    assert isinstance(refusal.value.problem.alternatives[0], int)
    hurry(stack, business.slug, draft.id)
    swept(stack, lambda: admin.raffle(draft.id).root)
    drawn = drawn_in_time(admin, draft, front_desk, stack)

    proof, text = staff.proof(draft)
    assert drawn.status == "DRAWN"
    assert {win.order for win in proof.draws[0].winners} <= {order.code for order in sold}
    assert [number for number, _ in proof.sold] == [7, 8, 9, 42]
    noted = ["--commitment", proof.commitment_sha256, "--root", proof.root]
    status, said = verified(tmp_path, text, *noted)
    assert (status, said.splitlines()[0]) == (3, f"AGREES raffle {draft.id}: 4 sold of 1-100"), said
    assert [line for line in said.splitlines() if line.startswith("LOOK UP")] == [
        "LOOK UP draw 1: nobody who could buy, sell or close the sale may have known the secret: it tells the outcome"
    ]
    forged = text.replace(sold[1].code, sold[0].code)
    assert verified(tmp_path, forged, *noted)[0] == 1


def drawn_in_time(admin, raffle, front_desk, stack):
    """Draw as soon as it is time; until then the API refuses, and says so."""
    refused = set()

    def is_drawn():
        try:
            return admin.draw(raffle, SECRET)
        except front_desk.Refused as refusal:
            refused.add(refusal.problem.code)
            return None

    swept(stack, is_drawn)
    assert refused <= {"draw_too_early"}
    return admin.raffle(raffle.id)


def test_a_generated_typescript_client_books(business, stack, tmp_path):
    business.service("Peinado", resource="Luz", price="90000")
    project = generated.typescript_client()
    compiled = generated.tsc(project, "--outDir", str(project / "made"))
    day = str(days.today() + timedelta(days=20))

    program = ["node", project / "made" / "book.js", stack.api_url, business.staff.token, business.slug, day]
    status, said = generated.run(program, project)

    assert (compiled, status) == ((0, ""), 0), said
    assert json.loads(said) == {
        "status": "CONFIRMED",
        "refused": "slot_taken",
        "field": "body.scheduled_at",
        "alternatives": 3,
        "listed": True,
    }
