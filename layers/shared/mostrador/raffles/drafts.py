"""Raffles as they are written down: everything may be changed until one is open, from then on only ``LATER``."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mostrador import ids
from mostrador.errors import Conflict
from mostrador.raffles import raffles
from mostrador.raffles.rules import sale_window
from mostrador.raffles.rules.states import RaffleStatus
from mostrador.table import keys, writes
from mostrador.table.items.raffles import Raffle
from mostrador.table.items.tenants import Tenant
from mostrador.tenancy import tenants
from mostrador.values import money, tax_ids

if TYPE_CHECKING:
    from mostrador.fields import Request
    from mostrador.raffles.views.raffles import NewRaffle

CHANGEABLE_ONCE_OPEN: Final = frozenset({"description", "image_url", "draw_place"})
"""What may be changed of a raffle that was opened; whatever else its buyers go by stands."""
_PARAGUAY: Final = "PY"


class RaffleStands(Conflict):
    code = "raffle_stands"
    en = "the raffle is {current}: its {name} cannot be changed any more"
    es = "la rifa está {current}: {name} ya no se puede cambiar"


class NotADraft(Conflict):
    code = "not_a_draft"
    en = "only a draft can be deleted; this raffle is {current}"
    es = "solo se borra un borrador; esta rifa está {current}"


def create(tenant: str, wanted: "NewRaffle", *, actor_name: str, key: str | None, now: datetime) -> Raffle:
    """A draft; the same ``key`` with the same request gives the same one.

    Raises KeyReused and, for what does not fit together, what ``rules.sale``, ``money`` and ``tax_ids`` raise.
    """
    shop = tenants.current(tenant, now=now)
    raffle_id = ids.derived(tenant, "raffle", key) if key else ids.new()
    made = Raffle(
        *keys.raffle(tenant, raffle_id),
        id=raffle_id,
        status=RaffleStatus.DRAFT.value,
        time_zone=shop.time_zone,
        created_by=actor_name,
        created_at=now,
        fingerprint=ids.fingerprint(wanted.model_dump_json()),
    )
    made.gsi1pk, made.gsi1sk = keys.raffle_by_creation(tenant, now, raffle_id)
    _set(made, _stored(shop, wanted, None))
    return writes.create(made)


def change(tenant: str, raffle_id: str, changes: "Request", *, seen: int | None, now: datetime) -> Raffle:
    """Apply the fields that ``changes`` sets. Raises NotHere, Stale, RaffleStands, and as ``create``."""
    shop = tenants.current(tenant, now=now)

    def alter(raffle: Raffle) -> None:
        wanted = _stored(shop, changes, raffle)
        if raffle.status != RaffleStatus.DRAFT:
            _check_stands(raffle, wanted)
        _set(raffle, wanted)

    return writes.edited(lambda: raffles.get(tenant, raffle_id, now=now), alter, seen=seen, now=now)


def delete(tenant: str, raffle_id: str, *, seen: int | None, now: datetime) -> None:
    """Raises NotHere, Stale, NotADraft."""
    raffle = raffles.get(tenant, raffle_id, now=now)
    writes.check_version(raffle, seen)
    if raffle.status != RaffleStatus.DRAFT:
        raise NotADraft(current=raffle.status)
    writes.delete(raffle)


def _check_stands(raffle: Raffle, wanted: dict[str, Any]) -> None:
    """Raise RaffleStands where something else than ``LATER`` would become another."""
    for name, value in wanted.items():
        if name not in CHANGEABLE_ONCE_OPEN and getattr(raffle, name) != value:
            raise RaffleStands(field=f"body.{name}", value=str(value), current=raffle.status, name=name)


def _set(raffle: Raffle, wanted: dict[str, Any]) -> None:
    """Give the raffle what is wanted, if the whole fits together."""
    for name, value in wanted.items():
        setattr(raffle, name, value)
    sale_window.check_range(int(raffle.first_number), int(raffle.last_number), len(raffle.prizes))
    sale_window.check_packages(raffles.packages(raffle), raffle.price, int(raffle.numbers_per_order))
    hold = timedelta(minutes=int(raffle.hold_minutes))
    sale_window.check_times(raffle.sale_opens_at, raffle.sale_closes_at, raffle.draw_at, hold)


def _stored(shop: Tenant, wanted: "Request", before: Raffle | None) -> dict[str, Any]:
    """What the request sets, as the item keeps it; price, packages and currency must go together."""
    fields = wanted.model_dump(include=set(wanted.fields()))  # whole: a prize has all its fields in a PATCH too
    if "currency" in fields and fields["currency"] is None:
        fields["currency"] = shop.currency
    if fields.keys() & {"price", "packages", "currency"}:
        fields |= _prices(shop, fields, before)
    for name, value in fields.items():
        if isinstance(value, datetime):
            fields[name] = value.replace(microsecond=0)  # as it is kept, and as a commitment names it
    if fields.get("organiser_tax_id") and shop.country == _PARAGUAY:
        fields["organiser_tax_id"] = tax_ids.ruc(fields["organiser_tax_id"])
    return fields


def _prices(shop: Tenant, fields: dict[str, Any], before: Raffle | None) -> dict[str, Any]:
    """Currency, price and packages, those of ``before`` where the request has none."""
    currency = fields.get("currency") or (before.currency if before else shop.currency)
    price = fields.get("price") or str(before.price if before else "")
    packages = fields.get("packages", before.packages if before else None)
    priced = [
        one | {"price": money.text(_amount(one["price"], currency, f"packages.{place}.price"), currency)}
        for place, one in enumerate(packages or [])
    ]
    return {"currency": currency, "price": money.amount(price, currency), "packages": priced}


def _amount(value: str, currency: str, field: str) -> Decimal:
    try:
        return money.amount(value, currency)
    except money.BadAmount as error:
        raise money.BadAmount(**error.facts | {"field": f"body.{field}"}) from error
