"""Every key of the table; no other module writes one. Each partition key begins with its tenant.

A function returns ``(pk, sk)``; those named ``..._partition`` return a partition key alone. Ids and slugs never hold
``#``. All keys stand in this one file, so that two equal ones would be seen.
"""

from datetime import UTC, date, datetime

Key = tuple[str, str]

TENANTS = "TENANTS"  # gsi1 partition of all tenants: only a superuser's list reads it
JOBS = "_jobs"
"""In place of a tenant: the records of nightly jobs. No slug has an underscore."""


def tenant(slug: str) -> Key:
    return f"T#{slug}", "TENANT"


def member(slug: str, user: str) -> Key:
    return f"T#{slug}", f"MEMBER#{user}"


def user_partition(user: str) -> str:
    """gsi2 partition of one user's memberships."""
    return f"USER#{user}"


def team(slug: str) -> Key:
    return f"T#{slug}", "TEAM"


def api_key(slug: str, key_id: str) -> Key:
    return f"T#{slug}", f"APIKEY#{key_id}"


def service(slug: str, service_id: str) -> Key:
    return f"T#{slug}", f"SERVICE#{service_id}"


def resource(slug: str, resource_id: str) -> Key:
    return f"T#{slug}", f"RESOURCE#{resource_id}"


def feed(slug: str, feed_id: str) -> Key:
    return f"T#{slug}", f"FEED#{feed_id}"


INTEGRATION_PREFIX = "INTEGRATION#"


def integration(slug: str, kind: str, resource_id: str | None = None) -> Key:
    """The connection of the whole tenant, or of one of its resources."""
    return f"T#{slug}", f"{INTEGRATION_PREFIX}{kind}" + (f"#{resource_id}" if resource_id else "")


def deposits(slug: str) -> Key:
    """The guard of the services that ask for a deposit."""
    return f"T#{slug}", "DEPOSITS"


def usage(slug: str, month: date) -> Key:
    return f"T#{slug}", f"USAGE#{month:%Y-%m}"


def customers_partition(slug: str) -> str:
    return f"T#{slug}#CUSTOMERS"


def customer(slug: str, customer_id: str) -> Key:
    return customers_partition(slug), f"CUSTOMER#{customer_id}"


def customer_by_name(slug: str, folded_name: str, customer_id: str) -> Key:
    """gsi1: customers in the order of their names."""
    return customers_partition(slug), f"{folded_name}#{customer_id}"


def phone(slug: str, e164: str) -> Key:
    return customers_partition(slug), f"PHONE#{e164}"


def active_bookings(slug: str, e164: str) -> Key:
    return customers_partition(slug), f"ACTIVE#{e164}"


def rate(slug: str, action: str, whom: str, hour: str) -> Key:
    """The count of one caller in one hour; ``whom`` is a digest."""
    return f"T#{slug}#RATES", f"RATE#{action}#{whom}#{hour}"


def public_holds(slug: str, kind: str, whom: str) -> Key:
    return f"T#{slug}#RATES", f"HOLDS#{kind}#{whom}"


def appointments_partition(slug: str) -> str:
    return f"T#{slug}#APPOINTMENTS"


def appointment(slug: str, appointment_id: str) -> Key:
    return appointments_partition(slug), f"APPOINTMENT#{appointment_id}"


def appointment_by_start(slug: str, scheduled_at: datetime, appointment_id: str) -> Key:
    """gsi1: appointments in the order of their starts."""
    return appointments_partition(slug), f"{at(scheduled_at)}#{appointment_id}"


APPOINTMENT_PREFIX = "APPOINTMENT#"


def appointment_of_customer(slug: str, customer_id: str, scheduled_at: datetime, appointment_id: str) -> Key:
    """gsi2: a customer's appointments in the order of their starts."""
    return customer_partition(slug, customer_id), f"{APPOINTMENT_PREFIX}{at(scheduled_at)}#{appointment_id}"


def customer_partition(slug: str, customer_id: str) -> str:
    """gsi2 partition of one customer's appointments and orders."""
    return f"T#{slug}#CUSTOMER#{customer_id}"


def waiting_partition(slug: str) -> str:
    return f"T#{slug}#WAITING"


def waiting(slug: str, waiting_id: str) -> Key:
    return waiting_partition(slug), f"WAIT#{waiting_id}"


def waiting_in_line(slug: str, service_id: str, day: str, place: str) -> Key:
    """gsi1: the waits for a service and a local day, in order of arrival; empty parts give a prefix."""
    return waiting_partition(slug), "#".join(filter(None, (service_id, day, place)))


def waiter(slug: str, service_id: str, day: str, customer_id: str) -> Key:
    """It exists while the customer waits for that service and day, so nobody waits twice."""
    return waiting_partition(slug), f"WAITER#{service_id}#{day}#{customer_id}"


def waiting_line(slug: str, service_id: str, day: str) -> Key:
    return waiting_partition(slug), f"LINE#{service_id}#{day}"


def block(slug: str, block_id: str) -> Key:
    return f"T#{slug}#BLOCKS", f"BLOCK#{block_id}"


def series(slug: str, series_id: str) -> Key:
    return f"T#{slug}#SERIES", f"SERIES#{series_id}"


def by_start(own: Key, starts_at: datetime) -> Key:
    """gsi1: blocks, or series, in the order of their starts; ``own`` is the item's key."""
    return own[0], f"{at(starts_at)}#{own[1].partition('#')[2]}"


def agenda_partition(slug: str, resource_id: str) -> str:
    return f"T#{slug}#AGENDA#{resource_id}"


def agenda_day(slug: str, resource_id: str, day: date) -> Key:
    return agenda_partition(slug, resource_id), day.isoformat()


def busy_day(slug: str, resource_id: str, day: date) -> Key:
    """The busy times of external calendars on the day. It sorts right behind the day, so a range up to it has both."""
    return agenda_partition(slug, resource_id), f"{day.isoformat()}#BUSY"


def busy_partition(slug: str, source: str) -> str:
    """The events of one external calendar."""
    return f"T#{slug}#BUSY#{source}"


def busy_event(slug: str, source: str, event_digest: str) -> Key:
    return busy_partition(slug, source), f"EVENT#{event_digest}"


def calendar_state(slug: str, source: str) -> Key:
    return f"T#{slug}", f"CALSTATE#{source}"


def raffles_partition(slug: str) -> str:
    return f"T#{slug}#RAFFLES"


def raffle(slug: str, raffle_id: str) -> Key:
    return raffles_partition(slug), f"RAFFLE#{raffle_id}"


def raffle_by_creation(slug: str, created_at: datetime, raffle_id: str) -> Key:
    """gsi1: raffles in the order of their creation."""
    return raffles_partition(slug), f"{at(created_at)}#{raffle_id}"


def open_raffles(slug: str) -> Key:
    return f"T#{slug}", "RAFFLES"


def raffle_partition(slug: str, raffle_id: str) -> str:
    """Partition of a raffle's numbers and buyers; in gsi1 that of its orders."""
    return f"T#{slug}#RAFFLE#{raffle_id}"


def raffle_number(slug: str, raffle_id: str, number: int) -> Key:
    return raffle_partition(slug, raffle_id), f"NUMBER#{number:06d}"


def numbered(number: Key) -> tuple[str, int]:
    """The raffle's id and the number in the key of a raffle's number."""
    return number[0].split("#")[3], int(number[1].split("#")[1])


def raffle_buyer(slug: str, raffle_id: str, customer_id: str) -> Key:
    return raffle_partition(slug, raffle_id), f"BUYER#{customer_id}"


SELLER_PREFIX = "SELLER#"


def raffle_seller(slug: str, raffle_id: str, user: str) -> Key:
    return raffle_partition(slug, raffle_id), f"{SELLER_PREFIX}{user}"


NUMBER_PREFIX = "NUMBER#"


def sold_chunk(slug: str, raffle_id: str, root: str, chunk: int) -> Key:
    """A part of the sold list with this Merkle root (hex)."""
    return f"T#{slug}#SOLD#{raffle_id}", f"{root}#{chunk:03d}"


def raffle_draw(slug: str, raffle_id: str, place: int) -> Key:
    """A draw of a raffle on record, by its place from 1."""
    return raffle_partition(slug, raffle_id), f"DRAW#{place:04d}"


def board_chunk(slug: str, raffle_id: str, chunk: int) -> Key:
    return f"T#{slug}#BOARD#{raffle_id}", f"CHUNK#{chunk:03d}"


def order(slug: str, order_id: str) -> Key:
    return f"T#{slug}#ORDERS", f"ORDER#{order_id}"


ORDER_PREFIX = "ORDER#"


def order_of_raffle(slug: str, raffle_id: str, created_at: datetime, order_id: str) -> Key:
    """gsi1: a raffle's orders in the order of their creation."""
    return raffle_partition(slug, raffle_id), f"{ORDER_PREFIX}{at(created_at)}#{order_id}"


def order_of_customer(slug: str, customer_id: str, created_at: datetime, order_id: str) -> Key:
    """gsi2: a customer's orders in the order of their creation."""
    return customer_partition(slug, customer_id), f"{ORDER_PREFIX}{at(created_at)}#{order_id}"


def payments_partition(slug: str) -> str:
    return f"T#{slug}#PAYMENTS"


def payment(slug: str, payment_id: str) -> Key:
    return payments_partition(slug), f"PAYMENT#{payment_id}"


def payment_by_creation(slug: str, created_at: datetime, payment_id: str) -> Key:
    """gsi1: payments in the order of their creation."""
    return payments_partition(slug), f"{at(created_at)}#{payment_id}"


def target_partition(slug: str, target_id: str) -> str:
    """gsi2 partition of the payments for one order or appointment."""
    return f"T#{slug}#TARGET#{target_id}"


def payment_of_target(slug: str, target_id: str, created_at: datetime, payment_id: str) -> Key:
    """gsi2: the payments for one order or appointment in the order of their creation."""
    return target_partition(slug, target_id), f"{at(created_at)}#{payment_id}"


def ledger_partition(slug: str) -> str:
    return f"T#{slug}#LEDGER"


def ledger_line(slug: str, instant: datetime, payment_id: str, state: str) -> Key:
    """Every movement of money in the order of time."""
    return ledger_partition(slug), f"{at(instant)}#{payment_id}#{state}"


REFUND_DUE_PREFIX = "REFUND_DUE#"


def refund_due(slug: str, payment_id: str) -> Key:
    """It exists while that payment's money is due back."""
    return ledger_partition(slug), f"{REFUND_DUE_PREFIX}{payment_id}"


def tills_partition(slug: str) -> str:
    return f"T#{slug}#TILLS"


def till(slug: str, till_id: str) -> Key:
    return tills_partition(slug), f"TILL#{till_id}"


def till_by_opening(slug: str, opened_at: datetime, till_id: str) -> Key:
    """gsi1: tills in the order of their openings."""
    return tills_partition(slug), f"{at(opened_at)}#{till_id}"


OPEN_TILL_PREFIX = "OPEN#"


def open_till(slug: str, folded_drawer: str) -> Key:
    """It exists while a till of that drawer is open."""
    return tills_partition(slug), f"{OPEN_TILL_PREFIX}{folded_drawer}"


TILL_MOVEMENT_PREFIX = "MOVEMENT#"


def till_movement(slug: str, till_id: str, movement_id: str) -> Key:
    return f"T#{slug}#TILL#{till_id}", f"{TILL_MOVEMENT_PREFIX}{movement_id}"


def parked_notice(slug: str, process_id: str) -> Key:
    return payments_partition(slug), f"PARKED#{process_id}"


def payment_report(slug: str, day: date) -> Key:
    return payments_partition(slug), f"REPORT#{day.isoformat()}"


def stand_in(name: str) -> str:
    """The name that a stand-in for another system has in place of a tenant's slug; no slug holds ``_``."""
    return f"_{name}"


def stand_in_partition(name: str, kind: str) -> str:
    return f"T#{stand_in(name)}#{kind}"


def stand_in_record(name: str, kind: str, record_id: str) -> Key:
    return stand_in_partition(name, kind), record_id


def audit_partition(slug: str) -> str:
    return f"T#{slug}#AUDIT"


def audit_entry(slug: str, instant: datetime, entry_id: str) -> Key:
    """The audit log in the order of time."""
    return audit_partition(slug), f"{at(instant)}#{entry_id}"


def chain_partition(slug: str) -> str:
    return f"T#{slug}#CHAIN"


LINK_PREFIX = "LINK#"


def link(slug: str, entry_sk: str) -> Key:
    """The link of the audit log's chain to one line, in the order of the log."""
    return chain_partition(slug), f"{LINK_PREFIX}{entry_sk}"


def chain_head(slug: str) -> Key:
    return chain_partition(slug), "HEAD"


def calendar_partition(slug: str) -> str:
    """The state of the tenant's Google calendars."""
    return f"T#{slug}#CALENDAR"


CALENDAR_EVENT_PREFIX = "EVENT#"
CALENDAR_WATCH_PREFIX = "WATCH#"


def calendar_event(slug: str, appointment_id: str, *, is_second: bool = False) -> Key:
    """The record of an appointment's event in the calendar of its main resource, or of its second."""
    suffix = "#2" if is_second else ""
    return calendar_partition(slug), f"{CALENDAR_EVENT_PREFIX}{appointment_id}{suffix}"


def calendar_unsettled(slug: str, connection: str, appointment_id: str) -> Key:
    """gsi1: the events that a calendar does not have yet, or refuses."""
    return calendar_partition(slug), f"{connection}#{appointment_id}"


def calendar_watch(slug: str, connection: str) -> Key:
    """The watch of one connection, named by the connection's sort key."""
    return calendar_partition(slug), f"{CALENDAR_WATCH_PREFIX}{connection.removeprefix(INTEGRATION_PREFIX)}"


def calendar_consent(slug: str, consent_id: str) -> Key:
    return calendar_partition(slug), f"CONSENT#{consent_id}"


def job_round(job: str) -> Key:
    return f"T#{JOBS}", f"ROUND#{job}"


SHARDS = 8


def due_partition(shard: int) -> str:
    return f"DUE#{shard}"


def due(item_id: str, instant: datetime) -> Key:
    """The due index: the deadline of an item, spread over the shards by its id."""
    return due_partition(int(item_id[-4:], 16) % SHARDS), at(instant)


def waiting_due_partition(shard: int) -> str:
    return f"DUE#W{shard}"


def waiting_due(line_id: str, instant: datetime) -> Key:
    """The due index for waiting lines: shards of its own, so that many lines delay no payment."""
    return waiting_due_partition(int(line_id[-4:], 16) % SHARDS), at(instant)


def calendar_due_partition(shard: int) -> str:
    return f"DUE#C{shard}"


def calendar_due(item_id: str, instant: datetime) -> Key:
    """The due index for requests to Google: shards of its own, so that a day without Google delays no hold."""
    return calendar_due_partition(int(item_id[-4:], 16) % SHARDS), at(instant)


def tenant_of(partition: str) -> str:
    """The slug of the tenant to which a partition belongs."""
    return partition.split("#")[1]


def at(instant: datetime) -> str:
    """An instant as a sortable part of a key, in UTC to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
