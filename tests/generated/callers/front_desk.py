"""A front desk that knows the API by its generated client alone: it books, charges, sells and draws."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from uuid import uuid4

from mostrador_client import AuthenticatedClient
from mostrador_client.api.appointments import appointments_availability, appointments_book, appointments_get
from mostrador_client.api.orders import orders_sell
from mostrador_client.api.payments import payments_checkout_appointment, payments_get
from mostrador_client.api.raffles import (
    raffles_close,
    raffles_create,
    raffles_draw,
    raffles_get,
    raffles_open,
    raffles_proof,
)
from mostrador_client.api.services import services_list
from mostrador_client.models import (
    AppointmentView,
    AvailabilityView,
    ByCommitReveal,
    CheckoutView,
    Evidence,
    ManualPayment,
    NewAppointment,
    NewCustomer,
    NewOrder,
    NewRaffle,
    Opening,
    OrderView,
    PaymentView,
    Permit,
    Prize,
    Problem,
    ProofView,
    RaffleView,
    ServicePage,
    ServiceView,
)

Shape = TypeVar("Shape")


class Refused(Exception):
    """The API refused; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem


def given(answer: object, shape: type[Shape]) -> Shape:
    """The answer as it must be. Raises Refused, TypeError."""
    if isinstance(answer, Problem):
        raise Refused(answer)
    if not isinstance(answer, shape):
        raise TypeError(f"{answer!r} is no {shape.__name__}")
    return answer


@contextmanager
def at_work(address: str, token: str, slug: str) -> Iterator["FrontDesk"]:
    """A member of a business at work; then the connections are closed."""
    with AuthenticatedClient(base_url=address, token=token, timeout=None, httpx_args={"trust_env": False}) as client:
        yield FrontDesk(client, slug)


@dataclass(frozen=True)
class FrontDesk:
    client: AuthenticatedClient
    slug: str

    def service(self, name: str) -> ServiceView:
        page = given(services_list.sync(self.slug, client=self.client, limit=100), ServicePage)
        return next(one for one in page.items if one.name == name)

    def free_starts(self, service: ServiceView, first: date, last: date) -> list[datetime]:
        found = appointments_availability.sync(self.slug, client=self.client, service=service.id, from_=first, to=last)
        return [slot.starts_at for slot in given(found, AvailabilityView).slots]

    def book(self, service: ServiceView, starts_at: datetime, name: str, phone: str) -> AppointmentView:
        form = NewAppointment(
            service_id=service.id,
            scheduled_at=starts_at,
            customer_data=NewCustomer(name=name, phone=phone),
            status="PENDING",
            hold=True,
        )
        return given(appointments_book.sync(self.slug, client=self.client, body=form), AppointmentView)

    def appointment(self, appointment_id: str) -> AppointmentView:
        return given(appointments_get.sync(self.slug, appointment_id, client=self.client), AppointmentView)

    def charge(self, appointment: AppointmentView) -> CheckoutView:
        """The page on which the appointment is paid."""
        return given(payments_checkout_appointment.sync(self.slug, appointment.id, client=self.client), CheckoutView)

    def payment(self, payment_id: str) -> PaymentView:
        return given(payments_get.sync(self.slug, payment_id, client=self.client), PaymentView)

    def draft(self, title: str, price: str, sale_closes_at: datetime, draw_at: datetime) -> RaffleView:
        form = NewRaffle(
            title=title,
            price=price,
            first_number=1,
            last_number=100,
            sale_closes_at=sale_closes_at,
            draw_at=draw_at,
            organiser="Club Salón",
            prizes=[Prize(name="Moto"), Prize(name="Bici")],
            permit=Permit(authority="CONAJZAR", number="12/2026", document_url="https://salon.test/permiso.pdf"),
            terms_url="https://salon.test/bases",
        )
        return given(raffles_create.sync(self.slug, client=self.client, body=form), RaffleView)

    def open(self, raffle: RaffleView, secret_sha256: str) -> RaffleView:
        form = Opening(method=ByCommitReveal(name="commit_reveal", secret_sha256=secret_sha256))
        return given(raffles_open.sync(self.slug, raffle.id, client=self.client, body=form), RaffleView)

    def sell(self, raffle: RaffleView, numbers: Sequence[int], name: str, phone: str) -> OrderView:
        """Sold for cash."""
        form = NewOrder(
            numbers=list(numbers),
            customer=NewCustomer(name=name, phone=phone),
            paid=ManualPayment(method="CASH"),
        )
        key = str(uuid4())  # of this sale; what takes money needs one
        sold = orders_sell.sync(self.slug, raffle.id, client=self.client, body=form, idempotency_key=key)
        return given(sold, OrderView)

    def close(self, raffle: RaffleView) -> RaffleView:
        return given(raffles_close.sync(self.slug, raffle.id, client=self.client), RaffleView)

    def raffle(self, raffle_id: str) -> RaffleView:
        return given(raffles_get.sync(self.slug, raffle_id, client=self.client), RaffleView)

    def draw(self, raffle: RaffleView, secret: str) -> RaffleView:
        form = Evidence(secret=secret)
        return given(raffles_draw.sync(self.slug, raffle.id, client=self.client, body=form), RaffleView)

    def proof(self, raffle: RaffleView) -> tuple[ProofView, str]:
        """The proof, and its text as it came, which a verifier reads."""
        answer = raffles_proof.sync_detailed(self.slug, raffle.id, client=self.client)
        return given(answer.parsed, ProofView), answer.content.decode()
