"""Drafts of raffles: every field may be changed until the raffle opens, then only ``CHANGEABLE_ONCE_OPEN``.

From the sale cutoff to the draw nothing may be changed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Conflict
from mostrador.raffles import raffles, sizes
from mostrador.raffles.rules import sale_window
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.table import keys, repeats, writes
from mostrador.table.items.raffles import Package, Raffle
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import money, tax_ids
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.raffles.views.raffles import NewRaffle

CHANGEABLE_ONCE_OPEN: Final = frozenset({"description", "image_url", "draw_place"})
"""Fields of an opened raffle that may be changed. Its buyers rely on all others."""
_PARAGUAY: Final = "PY"


class RaffleStands(Conflict):
    code = "raffle_stands"
    en = "the raffle is {current:raffle}: its {name:raffle_field} cannot be changed any more"
    es = "la rifa ya está {current:raffle}: {name:raffle_field} ya no se puede cambiar"
    next_action = NextAction.LEAVE_OUT


class NotADraft(Conflict):
    code = "not_a_draft"
    en = "only a draft can be deleted; this raffle is {current:raffle}"
    es = "solo se borra un borrador; esta rifa está {current:raffle}"
    next_action = NextAction.CANCEL_INSTEAD


def create(slug: str, form: "NewRaffle", *, actor_name: str, key: str | None, now: datetime) -> Raffle:
    """A new draft; the same ``key`` with the same form gives the same draft.

    Raises KeyReused and, for fields that do not fit together, what ``sale_window``, ``money`` and ``tax_ids`` raise.
    """
    tenant = tenants.current(slug, now=now)
    raffle_id = ids.derived(slug, "raffle", key) if key else ids.new()
    own, fingerprint = keys.raffle(slug, raffle_id), ids.fingerprint(form.model_dump_json())
    earlier: Raffle | None = repeats.earlier(own, key, fingerprint)
    if earlier is not None:
        return earlier
    raffle = Raffle(
        *own,
        id=raffle_id,
        status=RaffleStatus.DRAFT.value,
        time_zone=tenant.time_zone,
        created_by=actor_name,
        created_at=now,
        fingerprint=fingerprint,
    )
    raffle.gsi1pk, raffle.gsi1sk = keys.raffle_by_creation(slug, now, raffle_id)
    _set(raffle, _fields(tenant, form, None))
    return writes.create(raffle)


def change(slug: str, raffle_id: str, form: "Request", *, seen: int | None, now: datetime) -> Raffle:
    """Apply the fields that the form sets. Raises NotHere, Stale, RaffleStands, and what ``create`` raises."""
    tenant = tenants.current(slug, now=now)

    def alter(raffle: Raffle) -> None:
        fields = _fields(tenant, form, raffle)
        if raffle.status != RaffleStatus.DRAFT:
            _check_changeable(raffle, fields, now)
        _set(raffle, fields)

    return writes.edited(lambda: raffles.get(slug, raffle_id, now=now), alter, seen=seen, now=now)


def delete(tenant: str, raffle_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale, NotADraft."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    writes.check_version(raffle, seen)
    if raffle.status != RaffleStatus.DRAFT:
        raise NotADraft(current=raffle.status)
    writes.delete(raffle)


def _check_changeable(raffle: Raffle, fields: dict[str, object], now: datetime) -> None:
    """Raise RaffleStands where a field outside ``CHANGEABLE_ONCE_OPEN`` would get another value.

    Between the sale cutoff and the draw this is any field.
    """
    is_to_be_drawn = raffle.status in (RaffleStatus.OPEN, RaffleStatus.CLOSED) and now >= raffles.sale_cutoff(raffle)
    changeable = frozenset[str]() if is_to_be_drawn else CHANGEABLE_ONCE_OPEN
    for name, value in fields.items():
        if name not in changeable and getattr(raffle, name) != value:
            raise RaffleStands(field=f"body.{name}", value=str(value), current=raffle.status, name=name)


def _set(raffle: Raffle, fields: dict[str, object]) -> None:
    """Give the raffle these fields. Raises what ``sale_window`` raises unless the whole fits together."""
    for name, value in fields.items():
        setattr(raffle, name, value)
    sale_window.check_range(int(raffle.first_number), int(raffle.last_number), len(raffle.prizes))
    sale_window.check_packages(
        raffles.packages(raffle), raffle.price, currency=raffle.currency, most=int(raffle.numbers_per_order)
    )
    hold = timedelta(minutes=int(raffle.hold_minutes))
    sale_window.check_times(raffle.sale_opens_at, raffle.sale_closes_at, raffle.draw_at, hold)
    most = sizes.MOST_BYTES if raffle.status == RaffleStatus.DRAFT else sizes.MOST_WITH_DELIVERIES
    sizes.check(raffle, field="body.prizes", most=most)


def _fields(tenant: Tenant, form: "Request", before: Raffle | None) -> dict[str, object]:
    """The fields that the form sets, as the item stores them; price, packages and currency are set together."""
    fields = form.model_dump(include=set(form.fields()))  # whole: a prize has all its fields in a PATCH too
    if "currency" in fields and fields["currency"] is None:
        fields["currency"] = tenant.currency
    if fields.keys() & {"price", "packages", "currency"}:
        fields |= _prices(tenant, before, fields)
    for name, value in fields.items():
        if isinstance(value, datetime):
            fields[name] = value.replace(microsecond=0)  # as it is stored, and as a commitment names it
    if fields.get("organiser_tax_id") and tenant.country == _PARAGUAY:
        fields["organiser_tax_id"] = tax_ids.ruc(fields["organiser_tax_id"])
    return fields


def _prices(tenant: Tenant, before: Raffle | None, fields: Mapping[str, Any]) -> dict[str, object]:
    """Currency, price and packages, those of ``before`` where the form does not set them."""
    currency = fields.get("currency") or (before.currency if before else tenant.currency)
    price = fields.get("price") or str(before.price if before else "")
    packages: list[Package] | None = fields.get("packages", before.packages if before else None)
    priced: list[Package] = [
        {"numbers": package["numbers"], "price": money.text(_amount(package["price"], currency, place), currency)}
        for place, package in enumerate(packages or [])
    ]
    return {"currency": currency, "price": money.amount(price, currency), "packages": priced}


def _amount(price: str, currency: str, place: int) -> Decimal:
    """The exact price of the package at ``place``. Raises BadAmount, which names the field."""
    try:
        return money.amount(price, currency)
    except money.BadAmount as error:
        raise money.BadAmount(**error.facts | {"field": f"body.packages.{place}.price"}) from error
