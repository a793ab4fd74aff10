"""A payment of an appointment as it travels."""

from typing import Any

from mostrador.fields import View
from mostrador.ledger.views.payments import PaymentView
from mostrador.scheduling.views.appointments import AppointmentView


class SettledAppointmentView(View):
    """A payment and the appointment that it was for: where the payment is REFUND_DUE that is not paid by it."""

    appointment: AppointmentView
    payment: PaymentView

    @classmethod
    def computed_fields(cls, item: Any) -> dict[str, Any]:
        return {"appointment": item.target}
