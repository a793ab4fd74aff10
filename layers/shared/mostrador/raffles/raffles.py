"""Raffles: from the opening of their sale to the frozen list of what was sold.

When the sale ends is known to every request from the opening on (an early close aside), and with it the ``cut``: until
then, and not later, a number becomes sold or free. The sold list is frozen once nobody who began before the cut can
still be under way. So no write of a number needs to look at the raffle's item, which all buyers would contend for.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mostrador.errors import Busy, Conflict, NotHere
from mostrador.observability import logger
from mostrador.raffles import beacon, sold_list
from mostrador.raffles.rules import commitments, permits, sale_window
from mostrador.raffles.rules import states as rules
from mostrador.raffles.rules.randomness import CommitReveal, Drand, Lottery, Method
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.table import keys, reads, writes
from mostrador.table.items.raffles import OpenRaffles, Raffle
from mostrador.table.writes import Transaction
from mostrador.tenancy import tenants

if TYPE_CHECKING:
    from mostrador.raffles.views.draws import ByCommitReveal, ByDrand, ByLottery, Opening


class NotOnSale(Conflict):
    code = "not_on_sale"
    en = "the raffle is {current}; its numbers are sold while it is OPEN, from {sale_opens_at} to {sale_closes_at}"
    es = "la rifa está {current}; sus números se venden mientras está OPEN, del {sale_opens_at} al {sale_closes_at}"


class NotReady(Conflict):
    code = "raffle_not_ready"
    en = "the raffle cannot open: its {name} is missing, or past"
    es = "la rifa no se puede abrir: falta {name}, o ya pasó"


class TooManyOpen(Conflict):
    code = "plan_limit"
    en = "the plan allows {limit} open raffles"
    es = "el plan permite {limit} rifas abiertas"


class NotFrozen(Conflict):
    code = "not_frozen"
    en = "the list of what was sold is not frozen: the raffle is {current}, its list is frozen from {freezes_at} on"
    es = "la lista de vendidos no está congelada: la rifa está {current}, su lista se congela desde {freezes_at}"


def get(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """The raffle as it is at this moment (a consistent read). Raises NotHere."""
    tenants.current(tenant, now=now)
    return _as_raffle(reads.one(keys.raffle(tenant, raffle_id)), raffle_id)


def get_published(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """A raffle that was opened once, and so is everybody's to see. Raises NotHere."""
    raffle = get(tenant, raffle_id, now=now)
    if raffle.opened_at is None:
        raise NotHere(entity="raffle", id=raffle_id)
    return raffle


def listing(tenant: str, *, status: str | None, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Raffles, or those of one status, the newest first."""
    keep = Raffle.status == status if status else None
    return _page(tenant, ("raffles", status), keep, now=now, size=size, cursor=cursor)


def public_listing(tenant: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """The raffles that were opened once, the newest first."""
    return _page(tenant, ("public raffles",), Raffle.opened_at.exists(), now=now, size=size, cursor=cursor)


def _page(
    tenant: str, query: tuple[object, ...], keep: Any, *, now: datetime, size: int, cursor: str | None
) -> reads.Page:
    tenants.current(tenant, now=now)
    partition = keys.raffles_partition(tenant)
    return reads.page(
        partition,
        tenant=tenant,
        query=query,
        size=size,
        cursor=cursor,
        index="gsi1",
        keep=keep,
        newest_first=True,
    )


def check_on_sale(raffle: Raffle, now: datetime) -> None:
    """Raise NotOnSale unless the raffle sells numbers at ``now``."""
    begins = raffle.sale_opens_at or raffle.opened_at
    if raffle.status != RaffleStatus.OPEN or not begins <= now < raffle.sale_closes_at:
        opens_at = begins.isoformat() if begins else "-"
        raise NotOnSale(current=raffle.status, sale_opens_at=opens_at, sale_closes_at=raffle.sale_closes_at.isoformat())


def sale_cutoff(raffle: Raffle) -> datetime:
    """From when on no number of the raffle becomes sold or free any more, unless the raffle is cancelled."""
    hold = timedelta(minutes=int(raffle.hold_minutes))
    return sale_window.sale_cutoff(raffle.closed_at or raffle.sale_closes_at, hold)


def freezes_at(raffle: Raffle) -> datetime:
    """From when on the sold list can be frozen: whoever began before the cut has ended."""
    return sale_cutoff(raffle) + sale_window.SETTLING


def packages(raffle: Raffle) -> list[tuple[int, Decimal]]:
    """How many numbers for how much."""
    return [(one["numbers"], Decimal(one["price"])) for one in raffle.packages or []]


def price_of(raffle: Raffle, count: int) -> Decimal:
    """What ``count`` numbers cost, packages considered."""
    return rules.price_of(count, raffle.price, packages(raffle))


def open_sale(tenant: str, raffle_id: str, form: "Opening", *, now: datetime) -> Raffle:
    """DRAFT -> OPEN, with the commitment to how it will be drawn; the same request again changes nothing.

    Raises NotHere, WrongRaffleState, NotReady, PermitMissing, TooManyOpen; GuessableLottery, BeforeTheChain.
    """
    of_tenant, of_raffle, of_open = keys.tenant(tenant), keys.raffle(tenant, raffle_id), keys.open_raffles(tenant)
    for _ in writes.attempts():
        found = reads.batch((of_tenant, of_raffle, of_open))
        shop = tenants.active(found.get(of_tenant), tenant)
        raffle = _as_raffle(found.get(of_raffle), raffle_id)
        commitment = _commitment(raffle, form)
        if raffle.status == RaffleStatus.OPEN and raffle.commitment == commitment:
            return raffle
        rules.RAFFLE_MOVES.check(raffle.status, RaffleStatus.OPEN)
        _check_ready(raffle, now)
        permits.check(shop.country, raffle.permit)
        _check_plan_limit(shop.max_raffles, found.get(of_open))
        raffle.status, raffle.opened_at, raffle.updated_at = RaffleStatus.OPEN.value, now, now
        raffle.commitment, raffle.commitment_digest = commitment, commitments.digest(commitment)
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, raffle.sale_closes_at)
        try:
            with writes.transaction() as tx:
                tx.save(raffle)
                _count_as_open(tx, tenant, raffle_id, shop.max_raffles)
        except writes.ConditionFailed:
            continue
        logger.info("raffle.opened", tenant=tenant, raffle=raffle_id, commitment=raffle.commitment_digest)
        return raffle
    raise Busy


def close(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """OPEN -> CLOSED, at ``now`` or when the sale ended; a repeat changes nothing. Raises NotHere, WrongRaffleState."""

    def alter(raffle: Raffle) -> None:
        raffle.closed_at = min(now, raffle.sale_closes_at)
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, freezes_at(raffle))

    return _move(tenant, raffle_id, RaffleStatus.CLOSED, alter, now)


def cancel(tenant: str, raffle_id: str, *, reason: str, now: datetime) -> Raffle:
    """Any state before DRAWN -> CANCELLED; its orders follow from that. Raises NotHere, WrongRaffleState."""

    def alter(raffle: Raffle) -> None:
        raffle.cancel_reason = reason
        raffle.due_pk, raffle.due_at = keys.due(raffle_id, now) if raffle.opened_at else (None, None)

    return _move(tenant, raffle_id, RaffleStatus.CANCELLED, alter, now)


def freeze(tenant: str, raffle_id: str, *, now: datetime) -> Raffle:
    """Freeze what was sold, once: the list is kept, the raffle has its Merkle root and size. Raises NotHere, NotFrozen.

    It reads every number, so a raffle of 100,000 takes some seconds.
    """
    for _ in writes.attempts():
        raffle = get(tenant, raffle_id, now=now)
        if raffle.frozen_at:
            return raffle
        if raffle.status != RaffleStatus.CLOSED or now < freezes_at(raffle):
            raise not_frozen_error(raffle)
        tickets = sold_list.collect(tenant, raffle_id)
        raffle.root, raffle.sold_count = sold_list.store(tenant, raffle_id, tickets), len(tickets)
        raffle.frozen_at, raffle.updated_at = now, now
        is_drawn_by_itself = raffle.commitment["method"]["name"] == Drand.name and now < raffle.draw_at
        due = keys.due(raffle_id, raffle.draw_at) if is_drawn_by_itself else (None, None)
        raffle.due_pk, raffle.due_at = due
        try:
            with writes.transaction() as tx:
                tx.save(raffle)
        except writes.ConditionFailed:
            continue
        logger.info("raffle.frozen", tenant=tenant, raffle=raffle_id, sold=raffle.sold_count, root=raffle.root)
        return raffle
    raise Busy


def not_frozen_error(raffle: Raffle) -> NotFrozen:
    """The refusal of what needs the frozen list."""
    return NotFrozen(current=raffle.status, freezes_at=freezes_at(raffle).isoformat())


def method_of(form: "ByDrand | ByLottery | ByCommitReveal", draw_at: datetime) -> Method:
    """The method that a request asks for, of a draw at ``draw_at``. Raises GuessableLottery, BeforeTheChain."""
    from mostrador.raffles.views.draws import ByCommitReveal, ByDrand  # noqa: PLC0415 - settling money needs no pydantic

    if isinstance(form, ByDrand):
        return beacon.method(draw_at)
    asked = form.model_dump(exclude={"name"})
    return CommitReveal(**asked) if isinstance(form, ByCommitReveal) else Lottery(**asked)


def _commitment(raffle: Raffle, form: "Opening") -> dict[str, Any]:
    """What is published of how the raffle will be drawn. Raises NotReady without prizes."""
    if not raffle.prizes:
        raise NotReady(field="prizes", value=None, name="prizes")
    return commitments.to_document(
        commitments.Commitment(
            raffle_id=raffle.id,
            first_number=int(raffle.first_number),
            last_number=int(raffle.last_number),
            prizes=tuple(prize["name"] for prize in raffle.prizes),
            unsold=form.unsold,
            draw_at=raffle.draw_at,
            method=method_of(form.method, raffle.draw_at),
        )
    )


def _check_ready(raffle: Raffle, now: datetime) -> None:
    """Raise NotReady for what an open raffle needs and a draft may lack."""
    if not raffle.terms_url:
        raise NotReady(field="terms_url", value=None, name="terms_url")
    if raffle.sale_closes_at <= now:
        raise NotReady(field="sale_closes_at", value=raffle.sale_closes_at.isoformat(), name="sale_closes_at")


def _check_plan_limit(limit: float | None, others: Any) -> None:
    """Raise TooManyOpen where the plan limits open raffles and there are as many."""
    count = len(others.raffles or ()) if others else 0
    if limit is not None and count >= limit:
        raise TooManyOpen(limit=int(limit))


def _count_as_open(tx: Transaction, tenant: str, raffle_id: str, limit: float | None) -> None:
    """Put a raffle among the open ones, in the write itself as long as the plan's limit allows."""
    actions = [OpenRaffles.entity.set(OpenRaffles), OpenRaffles.raffles.add({raffle_id})]  # it may make the item
    condition = None if limit is None else OpenRaffles.are_fewer_than(int(limit))
    tx.update(OpenRaffles(*keys.open_raffles(tenant)), actions=actions, condition=condition)


def _move(tenant: str, raffle_id: str, wanted: RaffleStatus, alter: Callable[[Raffle], None], now: datetime) -> Raffle:
    """Move a raffle, and take it from the open ones; one that is there already stays as it is."""
    for _ in writes.attempts():
        raffle = get(tenant, raffle_id, now=now)
        if raffle.status == wanted:
            return raffle
        rules.RAFFLE_MOVES.check(raffle.status, wanted)
        was_open = raffle.status == RaffleStatus.OPEN
        alter(raffle)
        raffle.status, raffle.updated_at = wanted.value, now
        try:
            with writes.transaction() as tx:
                tx.save(raffle)
                if was_open:
                    gone: list[Any] = [OpenRaffles.raffles.delete({raffle_id})]
                    tx.update(OpenRaffles(*keys.open_raffles(tenant)), actions=gone)
        except writes.ConditionFailed:
            continue
        logger.info(f"raffle.{wanted.value.lower()}", tenant=tenant, raffle=raffle_id)
        return raffle
    raise Busy


def _as_raffle(stored: Any, raffle_id: str) -> Raffle:
    if not isinstance(stored, Raffle):
        raise NotHere(entity="raffle", id=raffle_id)
    return stored
