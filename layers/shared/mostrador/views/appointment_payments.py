"""A payment of an appointment as it travels."""

from typing import Any

from mostrador.views.appointments import AppointmentView
from mostrador.views.common import View
from mostrador.views.payments import PaymentView


class SettledAppointmentView(View):
    """A payment and the appointment that it was for: where the payment is REFUND_DUE that is not paid by it."""

    appointment: AppointmentView
    payment: PaymentView

    @classmethod
    def told(cls, item: Any) -> dict[str, Any]:
        return {"appointment": item.target}
