"""Permissions: one table that the doors, the tests, the docs and the pages (``GET /me``) read.

``LEAST`` is the least role for an action, ``WRITES`` that for each field of a change, ``HIDDEN`` that for a field of an
answer. Roles are in order: each may do all that the roles before it may.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from mostrador.errors import Forbidden
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader


class Role(StrEnum):
    VIEWER = "viewer"
    STAFF = "staff"
    ADMIN = "admin"
    SUPERUSER = "superuser"


class MemberRole(StrEnum):
    """The roles that a member or an API key can have; a superuser belongs to no tenant."""

    VIEWER = Role.VIEWER.value
    STAFF = Role.STAFF.value
    ADMIN = Role.ADMIN.value


class Action(StrEnum):
    READ_APPOINTMENTS = "appointments.read"
    BOOK = "appointments.book"
    READ_WAITING = "waiting.read"
    CHANGE_WAITING = "waiting.change"
    READ_SERVICES = "services.read"
    CHANGE_SERVICES = "services.change"
    READ_RESOURCES = "resources.read"
    CHANGE_RESOURCES = "resources.change"
    READ_CLOSURES = "closures.read"
    CHANGE_CLOSURES = "closures.change"
    READ_CUSTOMERS = "customers.read"
    CHANGE_CUSTOMERS = "customers.change"
    DELETE_CUSTOMERS = "customers.delete"
    READ_FEEDS = "feeds.read"
    CHANGE_FEEDS = "feeds.change"
    READ_TENANT = "tenant.read"
    CHANGE_TENANT = "tenant.change"
    READ_USAGE = "usage.read"
    READ_MEMBERS = "members.read"
    CHANGE_MEMBERS = "members.change"
    READ_KEYS = "keys.read"
    CHANGE_KEYS = "keys.change"
    READ_AUDIT = "audit.read"
    READ_RAFFLES = "raffles.read"
    CHANGE_RAFFLES = "raffles.change"
    DRAW_RAFFLES = "raffles.draw"
    READ_ORDERS = "orders.read"
    SELL = "orders.sell"
    REFUND = "orders.refund"
    PAY = "payments.take"
    ADD_EXTRAS = "prices.extras"
    DISCOUNT = "prices.discount"
    SET_PRICE = "prices.set"
    READ_TILLS = "tills.read"
    KEEP_TILLS = "tills.keep"
    CORRECT_PAYMENTS = "payments.correct"
    READ_INTEGRATIONS = "integrations.read"
    CHANGE_INTEGRATIONS = "integrations.change"
    READ_CALENDARS = "calendars.read"
    REPAIR_CALENDARS = "calendars.repair"
    OPERATE = "tenants.operate"


LEAST: Final[dict[Action, Role]] = {
    Action.READ_APPOINTMENTS: Role.VIEWER,
    Action.BOOK: Role.STAFF,
    Action.READ_WAITING: Role.VIEWER,
    Action.CHANGE_WAITING: Role.STAFF,
    Action.READ_SERVICES: Role.VIEWER,
    Action.CHANGE_SERVICES: Role.ADMIN,
    Action.READ_RESOURCES: Role.VIEWER,
    Action.CHANGE_RESOURCES: Role.ADMIN,
    Action.READ_CLOSURES: Role.VIEWER,
    Action.CHANGE_CLOSURES: Role.ADMIN,
    Action.READ_CUSTOMERS: Role.VIEWER,
    Action.CHANGE_CUSTOMERS: Role.STAFF,
    Action.DELETE_CUSTOMERS: Role.ADMIN,
    Action.READ_FEEDS: Role.VIEWER,
    Action.CHANGE_FEEDS: Role.ADMIN,
    Action.READ_TENANT: Role.VIEWER,
    Action.CHANGE_TENANT: Role.ADMIN,
    Action.READ_USAGE: Role.ADMIN,
    Action.READ_MEMBERS: Role.ADMIN,
    Action.CHANGE_MEMBERS: Role.ADMIN,
    Action.READ_KEYS: Role.ADMIN,
    Action.CHANGE_KEYS: Role.ADMIN,
    Action.READ_AUDIT: Role.ADMIN,
    Action.READ_RAFFLES: Role.VIEWER,
    Action.CHANGE_RAFFLES: Role.ADMIN,
    Action.DRAW_RAFFLES: Role.ADMIN,
    Action.READ_ORDERS: Role.STAFF,
    Action.SELL: Role.STAFF,
    Action.REFUND: Role.ADMIN,
    Action.PAY: Role.STAFF,
    Action.ADD_EXTRAS: Role.STAFF,
    Action.DISCOUNT: Role.STAFF,
    Action.SET_PRICE: Role.ADMIN,
    Action.READ_TILLS: Role.VIEWER,
    Action.KEEP_TILLS: Role.STAFF,
    Action.CORRECT_PAYMENTS: Role.ADMIN,
    Action.READ_INTEGRATIONS: Role.ADMIN,
    Action.CHANGE_INTEGRATIONS: Role.ADMIN,
    Action.READ_CALENDARS: Role.STAFF,
    Action.REPAIR_CALENDARS: Role.STAFF,
    Action.OPERATE: Role.SUPERUSER,
}
CONFIRMED: Final = frozenset(action for action, role in LEAST.items() if role is Role.ADMIN)
"""Actions of admins: each is checked in the table, so that a removed or demoted admin is refused at once."""
PEOPLE_ONLY: Final = frozenset({Action.CHANGE_MEMBERS, Action.CHANGE_KEYS, Action.CHANGE_INTEGRATIONS})
"""Actions that no API key may do, whatever its role: give access, and say where money and appointments go."""


def _each(names: str, role: Role) -> dict[str, Role]:
    return dict.fromkeys(names.split(), role)


_SERVICE: Final = (
    "name description duration_minutes buffer_before_minutes buffer_time_minutes price deposit_percent currency "
    "is_active capacity max_bookings_per_day max_bookings_per_week advance_booking_days bookable_until resource_ids "
    "second_resource_ids"
)
_TENANT: Final = (
    "name currency business_hours slot_step_minutes slot_offset_minutes minimum_notice_minutes "
    "reschedule_notice_minutes cancel_notice_minutes max_active_bookings hold_minutes review_hours transfer_details "
    "discount_limits "
    "require_open_till "
    "contact_email contact_phone logo_url public_share_percent public_pending_limit "
    "public_confirmation confirm_within_minutes staff_overrides allow_double_booking"
)
_RAFFLE: Final = (
    "title description prizes price currency packages first_number last_number numbers_per_order numbers_per_customer "
    "hold_minutes sale_opens_at sale_closes_at draw_at draw_place organiser organiser_tax_id permit terms_url "
    "image_url claim_days"
)

WRITES: Final[dict[str, dict[str, Role]]] = {
    "appointment": _each("customer_notes internal_notes", Role.STAFF) | _each("total_amount", Role.ADMIN),
    "customer": _each("name phone email email_is_confirmed notes", Role.STAFF),
    "service": _each(_SERVICE, Role.ADMIN),
    "resource": _each("name is_active business_hours", Role.ADMIN),
    "closure": _each("name hours", Role.ADMIN),
    "block": _each("title starts_at ends_at even_if_booked", Role.STAFF),
    "member": _each("role", Role.ADMIN),
    "raffle": _each(_RAFFLE, Role.ADMIN),
    "tenant": _each(_TENANT, Role.ADMIN)
    | _each("plan max_appointments_per_month max_raffles max_members", Role.SUPERUSER),
}
"""Entity -> field of its PUT or PATCH -> the least role that may write it."""
PROTECTED: Final = frozenset(
    "id slug tenant version status payment_status created_at created_by updated_at is_active".split()
)
"""What nobody writes by a PUT or PATCH, where ``WRITES`` does not name it: it changes by calls of its own, or never."""
HIDDEN: Final[dict[str, dict[str, Role]]] = {
    "appointment": _each("internal_notes history booked_notes may", Role.STAFF),
    "customer": _each("notes", Role.STAFF),
    "number": _each("order_id hold_expires_at", Role.STAFF),
    "tenant": _each("plan max_appointments_per_month max_raffles max_members", Role.ADMIN),
}
"""Entity -> field of an answer -> the least role that sees it; others get the answer without it."""

_RANK: Final = {role: number for number, role in enumerate(Role)}


class NotAllowed(Forbidden):
    code = "forbidden"
    en = "the role {role:role} may not do this ({action})"
    es = "su rol ({role:role}) no permite hacer esto"

    def suggests(self, _reader: Reader) -> NextAction:
        return NextAction.ASK_OPERATOR if self.facts["role"] == Role.ADMIN else NextAction.ASK_ADMIN


class NotForKeys(Forbidden):
    code = "forbidden"
    en = "an API key may not {action}; a person signs in for that"
    es = "una clave de API no permite hacer esto; una persona inicia sesión para eso"
    next_action = NextAction.SIGN_IN


class FieldNotAllowed(Forbidden):
    code = "field_forbidden"
    en = "the role {role:role} may not write this ({field})"
    es = "su rol ({role:role}) no permite cambiar este dato"

    def suggests(self, _reader: Reader) -> NextAction:
        steps = {Role.SUPERUSER: NextAction.ASK_OPERATOR, None: NextAction.LEAVE_OUT}
        return steps.get(self.facts["least"], NextAction.ASK_ADMIN)


def may(role: Role, action: Action) -> bool:
    return is_at_least(role, LEAST[action])


def is_at_least(role: Role, least: Role) -> bool:
    return _RANK[role] >= _RANK[least]


def check(role: Role, action: Action, *, is_key: bool = False) -> None:
    """Raise NotAllowed unless ``role`` may do ``action``, and NotForKeys where only people may."""
    if not may(role, action):
        raise NotAllowed(role=role.value, action=action.value)
    if is_key and action in PEOPLE_ONLY:
        raise NotForKeys(action=action.value)


def check_fields(role: Role, entity: str, fields: Mapping[str, object]) -> None:
    """Raise FieldNotAllowed for the first of ``fields`` that exists and that ``role`` may not write.

    Unknown fields pass here; validation refuses them.
    """
    writable = WRITES[entity]
    for field, value in fields.items():
        least = writable.get(field)
        if (least is None and field in PROTECTED) or (least is not None and not is_at_least(role, least)):
            raise FieldNotAllowed(field=f"body.{field}", value=str(value)[:80], role=role, least=least)


def hidden(role: Role, entity: str) -> frozenset[str]:
    """The fields of an answer about ``entity`` that ``role`` does not see."""
    return frozenset(field for field, least in HIDDEN.get(entity, {}).items() if not is_at_least(role, least))
