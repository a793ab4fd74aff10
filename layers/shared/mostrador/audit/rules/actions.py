"""The words of the audit log: the entities whose changes it has, the actions, and the roles of the actors."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from mostrador.ledger.rules.payment_states import PaymentState
from mostrador.ledger.rules.tills import TillStatus
from mostrador.people.rules.membership import MemberStatus
from mostrador.people.rules.permissions import Role
from mostrador.raffles.rules.states import OrderStatus, RaffleStatus
from mostrador.scheduling.rules.appointment_states import AppointmentStatus
from mostrador.scheduling.rules.waiting_states import WaitingStatus
from mostrador.tenancy.rules.integration_states import IntegrationState


class AuditedEntity(StrEnum):
    """A kind of item that the audit log follows, by its name in small letters."""

    APIKEY = "apikey"
    APPOINTMENT = "appointment"
    BLOCK = "block"
    CUSTOMER = "customer"
    FEED = "feed"
    INTEGRATION = "integration"
    MEMBER = "member"
    ORDER = "order"
    PAYMENT = "payment"
    RAFFLE = "raffle"
    RESOURCE = "resource"
    SERIES = "series"
    SERVICE = "service"
    TENANT = "tenant"
    TILL = "till"
    TILLMOVEMENT = "tillmovement"
    WAITING = "waiting"


class ActorRole(StrEnum):
    """A caller's role; PUBLIC has no account, SYSTEM is our own work and that of connected systems."""

    VIEWER = Role.VIEWER.value
    STAFF = Role.STAFF.value
    ADMIN = Role.ADMIN.value
    SUPERUSER = Role.SUPERUSER.value
    PUBLIC = "public"
    SYSTEM = "system"


STATES: Final[Mapping[AuditedEntity, type[StrEnum]]] = {
    AuditedEntity.APPOINTMENT: AppointmentStatus,
    AuditedEntity.INTEGRATION: IntegrationState,
    AuditedEntity.MEMBER: MemberStatus,
    AuditedEntity.ORDER: OrderStatus,
    AuditedEntity.PAYMENT: PaymentState,
    AuditedEntity.RAFFLE: RaffleStatus,
    AuditedEntity.TILL: TillStatus,
    AuditedEntity.WAITING: WaitingStatus,
}
"""The states of the entities that have some: each is an action too, in small letters."""


STEPS: Final[Mapping[AuditedEntity, tuple[str, ...]]] = {
    AuditedEntity.APPOINTMENT: ("reopened", "unconfirmed", "restored")
}
"""Changes of state that the state they lead to does not tell: ``steps`` of the stored items."""


def _actions(entity: AuditedEntity) -> list[str]:
    states = [state.value.lower() for state in STATES.get(entity, ())]
    return [f"{entity}.{verb}" for verb in ("created", "changed", "deleted", *states, *STEPS.get(entity, ()))]


ACTIONS: Final = tuple(action for entity in AuditedEntity for action in _actions(entity))
