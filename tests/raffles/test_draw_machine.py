"""Any sequence of sweeps, pauses, cancellations, edits, claims, deliveries and redraws after the sale, against a model.

Whatever the organiser does, the published proof has no fault, and a claimed prize keeps its winner.
"""

import json
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from mostrador.errors import Conflict
from mostrador.raffles import claims, drafts, draws, next_step, prizes, raffles, redraws
from mostrador.raffles.rules import drand, prize_outcome, proof_checks, proofs
from mostrador.raffles.views.draws import Delivery, Redrawing
from mostrador.raffles.views.raffles import RaffleChanges
from mostrador.tenancy import tenants
from mostrador.tenancy.views.tenants import NewTenant
from tests.conftest import NOW
from tests.support import beacons, relays
from tests.support.raffles import BY_DRAND, sold

pytestmark = pytest.mark.deep

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
CLAIM_DAYS = 3
STEPS = [SECOND, 2 * MINUTE, 20 * MINUTE, DAY, CLAIM_DAYS * DAY + SECOND]
CHAIN = beacons.own_chain()


class Draws(RuleBasedStateMachine):
    @initialize()
    def sell(self):
        tenants.create(NewTenant(slug="salon", name="Salón"), now=NOW)
        self.raffle = sold(NOW, method=BY_DRAND, claim_days=CLAIM_DAYS)
        self.now, self.kept, self.is_cancelled = self.raffle.sale_closes_at - SECOND, {}, False

    def stored(self):
        return raffles.get("salon", self.raffle.id, now=self.now)

    def outcomes(self):
        return prize_outcome.outcomes(self.stored().draws or [], CLAIM_DAYS)

    @rule(step=st.sampled_from(STEPS))
    def wait(self, step):
        self.now += step

    @rule()
    def sweep(self):
        before = self.stored()
        if before.status == "CANCELLED":
            return
        due = before.due_at is not None and before.due_at <= self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        if due:
            assert next_step.take("salon", self.raffle.id, now=self.now)

    @rule()
    def cancel(self):
        was = self.stored().status
        call = partial(raffles.cancel, "salon", self.raffle.id, reason="No conviene", now=self.now)
        if self.is_cancelled or (was != "DRAWN" and self.now < self.raffle.draw_at):
            assert call().status == "CANCELLED"
            self.is_cancelled = True
        else:
            with pytest.raises(Conflict):
                call()
            assert self.stored().status == was

    @rule(text=st.text("ab", min_size=1, max_size=3))
    def edit(self, text):
        before = self.stored()
        call = partial(drafts.change, "salon", self.raffle.id, RaffleChanges(description=text), seen=None, now=self.now)
        is_closed_to_edits = before.status in ("OPEN", "CLOSED") and self.now >= raffles.sale_cutoff(before)
        if is_closed_to_edits and before.description != text:
            with pytest.raises(drafts.RaffleStands):
                call()
        else:
            assert call().description == text

    @precondition(lambda self: self.outcomes())
    @rule(prize=st.integers(1, 2))
    def claim(self, prize):
        won = self.outcomes()[prize]
        own = claims.of_orders(self.stored(), [won.order_id])
        call = partial(claims.claim, "salon", self.raffle.id, [won.order_id], now=self.now)
        open_ = [one for one in own if not one.claimed_at and not one.delivered_at]
        if not own or (open_ and all(self.now > one.claim_by for one in open_)):
            with pytest.raises(Conflict):
                call()
            return
        call()
        in_time = [one for one in open_ if self.now <= one.claim_by]
        self.kept |= {one.prize: self.outcomes()[one.prize].number for one in in_time}

    @precondition(lambda self: self.outcomes())
    @rule(prize=st.integers(1, 2))
    def deliver(self, prize):
        is_drawn_again = prize_outcome.is_drawn_again(self.stored().draws, prize)
        call = partial(prizes.deliver, "salon", self.raffle.id, prize, actor_name="eva", now=self.now)
        if is_drawn_again:
            with pytest.raises(prizes.NobodyWon):
                call(form=Delivery(delivered_to="Ana"))
        else:
            call(form=Delivery(delivered_to="Ana"))
            self.kept[prize] = self.outcomes()[prize].number

    @precondition(lambda self: self.stored().frozen_at and not self.is_cancelled)
    @rule(asked=st.sampled_from([None, [1], [2], [1, 2]]), reason=st.sampled_from(["uno", "dos"]))
    def announce(self, asked, reason):
        before = self.stored()
        late = [
            prize
            for prize, won in self.outcomes().items()
            if prize not in self.kept and won.claim_by < self.now and won.order
        ]
        call = partial(
            redraws.announce, "salon", before.id, Redrawing(reason=reason, method=BY_DRAND, prizes=asked), now=self.now
        )
        pending = draws.next_commitment(before) is not None
        if pending or not late or not set(asked or late) <= set(late):
            try:  # the same again, or a void draw
                assert len(call().draws) - len(before.draws or []) in (0, 2)
            except Conflict:
                assert self.stored().version == before.version
        else:
            assert call().draws[-1]["redraw"]["prizes"] == sorted(asked or late)

    @invariant()
    def what_was_claimed_or_delivered_keeps_its_winner(self):
        if not hasattr(self, "kept"):
            return
        outcomes = self.outcomes()
        assert {prize: outcomes[prize].number for prize in self.kept} == self.kept

    @invariant()
    def the_proof_has_no_fault(self):
        if not hasattr(self, "kept") or not self.stored().frozen_at:
            return
        told = json.loads(draws.proof("salon", self.raffle.id, now=self.now))
        assert list(proof_checks.failures(proofs.read_proof(told), CHAIN)) == []


@pytest.fixture
def machine(new_table, monkeypatch):
    monkeypatch.setattr(drand, "is_genuine", lambda *_: True)  # a third of a second each; test_drand.py has them

    class Fresh(Draws):
        def __init__(self):
            super().__init__()
            new_table()

    with relays.running(monkeypatch):
        yield Fresh


QUICK = settings(
    max_examples=2000,
    stateful_step_count=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
)


def test_after_the_sale_a_raffle_does_what_the_model_says(machine):
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=25, deadline=None))


@pytest.mark.parametrize(
    ("module", "guard", "without_it"),
    [
        (redraws, "_unclaimed", lambda *_: [1, 2]),
        (raffles, "OutcomeKnown", None),
        (drafts, "_check_changeable", lambda *_: None),
    ],
    ids=["a claim blocks a redraw", "no cancelling", "no edits"],
)
def test_red_control_without_a_rule_the_model_or_the_proof_objects(machine, monkeypatch, module, guard, without_it):
    if without_it is None:
        monkeypatch.setattr(raffles.terms, "outcome_known_from", lambda _raffle: None)
    else:
        monkeypatch.setattr(module, guard, without_it)

    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run_state_machine_as_test(machine, settings=QUICK)
