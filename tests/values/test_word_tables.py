"""Each code that a sentence may name has its words."""

import pytest

from mostrador.ledger.rules.payment_states import PaymentState
from mostrador.payments.rules.bancard import Key
from mostrador.people.rules.permissions import Role
from mostrador.raffles.rules.randomness import CommitReveal, Drand, Lottery
from mostrador.raffles.rules.states import OrderStatus, RaffleStatus
from mostrador.raffles.views.raffles import NewRaffle
from mostrador.scheduling.rules.appointment_states import AppointmentStatus, PaymentStatus
from mostrador.scheduling.rules.availability import Reason
from mostrador.scheduling.rules.visits import VisitMove
from mostrador.scheduling.rules.waiting_states import WaitingStatus
from mostrador.tenancy.rules.integration_states import IntegrationType
from mostrador.tenancy.views.opening_hours import WEEKDAYS
from mostrador.values.word_tables import NAMES, OTHER


@pytest.mark.parametrize(
    ("table", "members"),
    [
        ("appointment", [*AppointmentStatus, "RESCHEDULED", "CHANGED", "ARRIVED", "STARTED", "DELAYED"]),
        ("move", VisitMove),
        ("waiting", WaitingStatus),
        ("raffle", RaffleStatus),
        ("order", OrderStatus),
        ("payment", [*PaymentState, *PaymentStatus]),
        ("role", Role),
        ("weekday", WEEKDAYS),
        ("evidence", [Drand.name, Lottery.name, CommitReveal.name]),
        ("slot", Reason),
        ("gateway", [*Key, OTHER]),
        ("integration", IntegrationType),
        ("raffle_field", NewRaffle.model_fields),
    ],
)
def test_each_code_has_its_words(table, members):
    assert set(NAMES[table]) == set(map(str, members))
