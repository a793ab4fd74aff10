"""Raffles: from the opening of their sale to the frozen list of the numbers sold.

From the opening on, every request knows when the sale ends (an early close aside), and so the sale cutoff. Numbers
become sold or free until the sale cutoff, and not later. The sold list is frozen when no request that began before the
cutoff can still be at work. So no write of a number needs the raffle's item, for which all buyers would contend.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from mostrador.errors import Conflict, NotHere
from mostrador.ledger import open_pages
from mostrador.ledger.rules.payment_states import Target
from mostrador.observability import logger
from mostrador.raffles import draw_records, open_raffles, sizes, sold_list, terms
from mostrador.raffles.rules import commitments, draw, instants, permits, sale_window
from mostrador.raffles.rules import states as rules
from mostrador.raffles.rules.commitment_documents import CommitmentDocument
from mostrador.raffles.rules.randomness import Drand
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import OpenRaffles, Raffle
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values.next_actions import NextAction
from mostrador.values.wording import Reader, Words

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import Opening
    from mostrador.raffles.views.raffles import RaffleListing


class NotOnSale(Conflict):
    code = "not_on_sale"
    en = "the raffle is {current:raffle}, and sells no numbers"
    es = "la rifa está {current:raffle} y no vende números"
    later = "sus números se venden desde el {sale_opens_at:time}", "its numbers are sold from {sale_opens_at:time} on"
    over = "su venta terminó el {sale_closes_at:time}", "its sale ended on {sale_closes_at:time}"

    def variant(self, reader: Reader) -> Words | None:
        if self.facts["current"] != RaffleStatus.OPEN:
            return None
        return self.over if reader.is_past(self.facts["sale_closes_at"]) else self.later

    def suggests(self, reader: Reader) -> NextAction | None:
        return NextAction.WAIT_UNTIL if self.variant(reader) is self.later else None


class OutcomeKnown(Conflict):
    code = "outcome_known"
    en = "the outcome can be known since {known_from:time}: the draw is held, and the raffle cannot be cancelled"
    es = "el resultado se puede conocer desde el {known_from:time}: se realiza el sorteo y ya no se puede cancelar"
    next_action = NextAction.HOLD_DRAW


class NotFrozen(Conflict):
    code = "not_frozen"
    en = "the list of sold numbers of a raffle that is {current:raffle} is not frozen"
    es = "la lista de números vendidos de una rifa {current:raffle} no está congelada"
    later = "los vendidos se congelan desde el {freezes_at:time}", "the list is frozen from {freezes_at:time} on"

    def variant(self, reader: Reader) -> Words | None:
        is_never = self.facts["current"] in (RaffleStatus.CANCELLED, RaffleStatus.DRAFT)
        return None if is_never or reader.is_past(self.facts["freezes_at"]) else self.later

    def suggests(self, reader: Reader) -> NextAction | None:
        return NextAction.WAIT_UNTIL if self.variant(reader) is self.later else None


def get(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """The raffle as it is at this moment (a consistent read), with its draws. Raises NotHere."""
    tenants.current(tenant, now=now)
    raffle = as_raffle(reads.get_item(keys.raffle(tenant, raffle_id)), raffle_id)
    draw_records.load(tenant, [raffle])
    return raffle


def get_published(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """A raffle that was opened once: everybody may see it. Raises NotHere."""
    raffle = get(tenant, raffle_id, now=now)
    if raffle.opened_at is None:
        raise NotHere(entity="raffle", id=raffle_id)
    return raffle


def listing(tenant: str, query: "RaffleListing", *, now: datetime) -> reads.Page:
    """Raffles by their creation, all or those of some statuses; or those with certain ids. Raises BadCursor."""
    tenants.current(tenant, now=now)
    if query.ids is not None:
        return _with_draws(tenant, reads.listed(keys.raffle(tenant, raffle_id) for raffle_id in query.ids))
    page = reads.page(
        keys.raffles_partition(tenant),
        tenant=tenant,
        query=("raffles", query.filters()),
        size=query.limit,
        cursor=query.cursor,
        index="gsi1",
        keep=reads.all_of(reads.among(Raffle.status, query.status)),
        newest_first=query.sort == "-created_at",
    )
    return _with_draws(tenant, page)


def public_listing(tenant: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """The raffles that were opened once, the newest first. Raises BadCursor."""
    tenants.current(tenant, now=now)
    page = reads.page(
        keys.raffles_partition(tenant),
        tenant=tenant,
        query=("public raffles",),
        size=size,
        cursor=cursor,
        index="gsi1",
        keep=Raffle.opened_at.exists(),
        newest_first=True,
    )
    return _with_draws(tenant, page)


def _with_draws(tenant: str, page: reads.Page) -> reads.Page:
    draw_records.load(tenant, page.items)
    return page


def check_on_sale(raffle: Raffle, now: datetime) -> None:
    """Raise NotOnSale unless the raffle sells numbers at ``now``."""
    begins = raffle.sale_opens_at or raffle.opened_at
    if raffle.status != RaffleStatus.OPEN or not begins <= now < raffle.sale_closes_at:
        opens_at = begins.isoformat() if begins else None
        raise NotOnSale(current=raffle.status, sale_opens_at=opens_at, sale_closes_at=raffle.sale_closes_at.isoformat())


def sale_cutoff(raffle: Raffle) -> datetime:
    """The instant from which no number of the raffle becomes sold or free, unless the raffle is cancelled."""
    hold = timedelta(minutes=int(raffle.hold_minutes))
    return sale_window.sale_cutoff(raffle.closed_at or raffle.sale_closes_at, hold)


def freezes_at(raffle: Raffle) -> datetime:
    """The instant from which the sold list can be frozen: every request that began before the cutoff has ended."""
    return sale_cutoff(raffle) + sale_window.WRITERS_FINISH_WITHIN


def packages(raffle: Raffle) -> list[tuple[int, Decimal]]:
    """The raffle's packages: how many numbers, and their price together."""
    return [(package["numbers"], Decimal(package["price"])) for package in raffle.packages or []]


def price_of(raffle: Raffle, count: int) -> Decimal:
    """The price of ``count`` numbers, with the raffle's packages."""
    return rules.price_of(count, raffle.price, packages(raffle))


def open_sale(tenant: str, raffle_id: str, form: "Opening", *, now: datetime) -> Raffle:
    """DRAFT -> OPEN, with the commitment to how it will be drawn; the same request again changes nothing.

    Raises NotHere, WrongRaffleState, OpenedOtherwise, NotReady, PermitMissing, TooManyOpen, and as ``terms.method_of``.
    """
    tenant_key, raffle_key, open_key = keys.tenant(tenant), keys.raffle(tenant, raffle_id), keys.open_raffles(tenant)

    def load(_attempt: int) -> tuple[Tenant, Raffle, OpenRaffles | None]:
        items = reads.batch((tenant_key, raffle_key, open_key))
        active = tenants.active(items.get(tenant_key), tenant)
        return active, as_raffle(items.get(raffle_key), raffle_id), items.get(open_key)

    def decide(loaded: tuple[Tenant, Raffle, OpenRaffles | None]) -> Raffle:
        tenant_item, raffle, counted = loaded
        if raffle.status == RaffleStatus.OPEN:
            terms.check_same(raffle, form)
            return raffle
        commitment = terms.commitment(raffle, form)
        rules.RAFFLE_MOVES.check(raffle.status, RaffleStatus.OPEN)
        terms.check_ready(raffle, now)
        sizes.check(raffle, field="body")
        permits.check(tenant_item.country, raffle.permit)
        open_raffles.check_limit(tenant_item.max_raffles, counted)
        _open(raffle, commitment, now)
        with writes.transaction() as tx:
            tx.save(raffle)
            open_raffles.add(tx, tenant, raffle_id, tenant_item.max_raffles)
        logger.info("raffle.opened", tenant=tenant, raffle=raffle_id, commitment=raffle.commitment_digest)
        return raffle

    return writes.retrying(load, decide)


def _open(raffle: Raffle, commitment: CommitmentDocument, now: datetime) -> None:
    """Set the state, the commitment, and the close of the sale as the next deadline."""
    raffle.status, raffle.opened_at, raffle.updated_at = RaffleStatus.OPEN.value, now, now
    raffle.commitment, raffle.commitment_digest = commitment, commitments.digest(commitment)
    raffle.due_pk, raffle.due_at = keys.due(raffle.id, raffle.sale_closes_at)


def close(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """OPEN -> CLOSED, at ``now`` or when the sale ended; again changes nothing. Raises NotHere, WrongRaffleState.

    The sale cutoff of a raffle that is closed early comes earlier: pages open for its orders end before it.
    """

    def alter(raffle: Raffle) -> None:
        raffle.closed_at = min(now, raffle.sale_closes_at)
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, freezes_at(raffle))

    closed = _move(tenant, raffle_id, RaffleStatus.CLOSED, alter, now)
    if now < closed.sale_closes_at:
        open_pages.ask_soon(tenant, Target.ORDER, now=now)
    return closed


def cancel(tenant: str, raffle_id: str, *, reason: str, now: datetime) -> Raffle:
    """Any state before DRAWN -> CANCELLED; the sweeper then ends its orders.

    From the instant when somebody can know the outcome the draw is held first, and so stands. Raises NotHere,
    WrongRaffleState, OutcomeKnown.
    """

    def alter(raffle: Raffle) -> None:
        known_from = terms.outcome_known_from(raffle)
        if known_from and now >= known_from:
            raise OutcomeKnown(known_from=instants.published(known_from))
        raffle.cancel_reason = reason
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, now) if raffle.opened_at else (None, None)

    return _move(tenant, raffle_id, RaffleStatus.CANCELLED, alter, now)


def freeze(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """Store the sold list, once: the raffle gets its Merkle root and size. Raises NotHere, NotFrozen.

    It reads every number, so a raffle of 100,000 takes some seconds.
    """

    def decide(raffle: Raffle) -> Raffle:
        if raffle.frozen_at:
            return raffle
        if raffle.status != RaffleStatus.CLOSED or now < freezes_at(raffle):
            raise not_frozen_error(raffle)
        tickets = sold_list.collect(tenant, raffle_id)
        raffle.root, raffle.sold_count = sold_list.store(tenant, raffle_id, tickets), len(tickets)
        raffle.frozen_at, raffle.updated_at = now, now
        commitment = commitments.read_commitment(raffle.commitment)
        is_drawn_by_itself = isinstance(commitment.method, Drand) or draw.is_frozen_too_late(now, commitment)
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, raffle.draw_at) if is_drawn_by_itself else (None, None)
        with writes.transaction() as tx:
            tx.save(raffle)
        logger.info("raffle.frozen", tenant=tenant, raffle=raffle_id, sold=raffle.sold_count, root=raffle.root)
        return raffle

    return writes.retrying(lambda _attempt: get(tenant, raffle_id, now=now), decide)


def not_frozen_error(raffle: Raffle) -> NotFrozen:
    """The refusal of an action that needs the frozen list."""
    return NotFrozen(current=raffle.status, freezes_at=freezes_at(raffle).isoformat())


def _move(tenant: str, raffle_id: str, target: RaffleStatus, alter: Callable[[Raffle], None], now: datetime) -> Raffle:
    """Bring a raffle into a state, and take it from the open ones; one that is in it stays as it is."""

    def decide(raffle: Raffle) -> Raffle:
        if raffle.status == target:
            return raffle
        rules.RAFFLE_MOVES.check(raffle.status, target)
        was_open = raffle.status == RaffleStatus.OPEN
        alter(raffle)
        raffle.status, raffle.updated_at = target.value, now
        with writes.transaction() as tx:
            tx.save(raffle)
            if was_open:
                open_raffles.remove(tx, tenant, raffle_id)
        logger.info(f"raffle.{target.value.lower()}", tenant=tenant, raffle=raffle_id)
        return raffle

    return writes.retrying(lambda _attempt: get(tenant, raffle_id, now=now), decide)


def as_raffle(item: object, raffle_id: str) -> Raffle:
    """``item`` if it is a raffle. Raises NotHere."""
    if not isinstance(item, Raffle):
        raise NotHere(entity="raffle", id=raffle_id)
    return item
