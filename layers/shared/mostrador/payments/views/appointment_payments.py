"""API shape of an appointment's payment."""

from typing import TYPE_CHECKING

from pydantic import Field

from mostrador.fields import View
from mostrador.ledger.views.payments import PaymentView
from mostrador.scheduling.views.appointments import AppointmentView

if TYPE_CHECKING:
    from mostrador.payments.settlement import Settled


class SettledAppointmentView(View):
    """A payment and its appointment. A payment that is REFUND_DUE does not pay the appointment."""

    appointment: AppointmentView = Field(title="Turno")
    payment: PaymentView = Field(title="Pago")

    @classmethod
    def computed_fields(cls, item: "Settled") -> dict[str, object]:
        return {"appointment": item.target}
