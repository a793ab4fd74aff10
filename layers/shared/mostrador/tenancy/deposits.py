"""Deposits: a service asks for one only while customers can pay it.

They pay it by bank transfer, where the tenant has transfer details. Or they pay online, where it has an account at
Bancard and the price is in guaranies. A deposit that nobody can pay would empty the agenda: every hold would lapse.

Two writes at once cannot leave such a service. Saving one needs a way to pay, and counts up the ``DepositGuard``.
Removing a way to pay needs the count that was read before the services.
"""

from collections.abc import Iterable
from typing import Final

from mostrador.errors import Conflict
from mostrador.table import Condition, keys, reads
from mostrador.table.items.scheduling import Service
from mostrador.table.items.tenants import DepositGuard, Integration, Tenant
from mostrador.table.writes import Transaction
from mostrador.tenancy.rules.integration_states import BANCARD_CURRENCY, IntegrationType
from mostrador.values.next_actions import NextAction

MOST_NAMED: Final = 10
"""Services that a refusal names."""


class DepositNotPayable(Conflict):
    code = "deposit_not_payable"
    en = "nobody could pay a deposit in {currency}: set transfer_details, or connect Bancard ({taken} only)"
    es = "nadie podría pagar una seña en {currency}: cargue los datos para transferencias o conecte Bancard ({taken})"
    next_action = NextAction.CONNECT_INTEGRATION


class DepositsDependOnIt(Conflict):
    """``services`` are the names of the first ones, ``count`` is the number of all."""

    code = "deposits_depend_on_it"
    en = "customers could not pay the deposits of {count} services any more: {services}"
    es = "ya nadie podría pagar la seña de {count} servicios: {services}"
    next_action = NextAction.CHANGE_SERVICES


def is_asked(service: Service) -> bool:
    """Whether customers are asked for a deposit: an inactive service cannot be booked."""
    return bool(service.is_active and service.deposit_percent and service.price)


def rely(tx: Transaction, slug: str, service: Service) -> None:
    """Save a service with a deposit only while somebody can pay it; any other without a condition.

    Raises DepositNotPayable.
    """
    if not is_asked(service):
        return
    currency, (by_transfer, by_bancard) = str(service.currency), _ways(slug)
    if not _can_be_paid(currency, by_transfer=by_transfer, by_bancard=by_bancard):
        percent = int(service.deposit_percent)
        raise DepositNotPayable(field="body.deposit_percent", value=percent, currency=currency, taken=BANCARD_CURRENCY)
    _check_way(tx, slug, by_transfer=by_transfer)
    actions = [DepositGuard.entity.set(DepositGuard), DepositGuard.version.add(1)]  # the update may create the item
    tx.update(DepositGuard(*keys.deposits(slug)), actions=actions)


def check_without_transfer(tx: Transaction, slug: str) -> None:
    """Refuse to remove the transfer details while a deposit needs them. Raises DepositsDependOnIt."""
    _, by_bancard = _ways(slug)
    if _check_left(tx, slug, by_transfer=False, by_bancard=by_bancard):
        _check_way(tx, slug, by_transfer=False)


def check_without_bancard(tx: Transaction, slug: str) -> None:
    """Refuse to remove the account at Bancard while a deposit needs it. Raises DepositsDependOnIt."""
    by_transfer, _ = _ways(slug)
    if _check_left(tx, slug, by_transfer=by_transfer, by_bancard=False):
        _check_way(tx, slug, by_transfer=True)


def _ways(slug: str) -> tuple[bool, bool]:
    """Whether customers can pay by transfer, and whether by Bancard, as it is stored now."""
    found = reads.batch([keys.tenant(slug), _bancard(slug)])
    tenant = found.get(keys.tenant(slug))
    return isinstance(tenant, Tenant) and bool(tenant.transfer_details), _bancard(slug) in found


def _check_left(tx: Transaction, slug: str, *, by_transfer: bool, by_bancard: bool) -> bool:
    """Whether any service asks for a deposit; all can be paid in the ways that are left. Raises DepositsDependOnIt."""
    guard = reads.get_item(keys.deposits(slug))
    asking = [service for service in _services(slug) if is_asked(service)]
    stranded = [
        service.name
        for service in asking
        if not _can_be_paid(str(service.currency), by_transfer=by_transfer, by_bancard=by_bancard)
    ]
    if stranded:
        named = ", ".join(sorted(stranded)[:MOST_NAMED])
        raise DepositsDependOnIt(count=len(stranded), services=named)
    is_unchanged: Condition = DepositGuard.pk.does_not_exist()
    if isinstance(guard, DepositGuard):
        is_unchanged = DepositGuard.version == int(guard.version)
    tx.condition_check(DepositGuard, *keys.deposits(slug), condition=is_unchanged)
    return bool(asking)


def _services(slug: str) -> Iterable[Service]:
    partition, prefix = keys.service(slug, "")
    return reads.span(partition, prefix, f"{prefix}~", consistent=True)


def _can_be_paid(currency: str, *, by_transfer: bool, by_bancard: bool) -> bool:
    return by_transfer or (by_bancard and currency == BANCARD_CURRENCY)


def _check_way(tx: Transaction, slug: str, *, by_transfer: bool) -> None:
    """Refuse the transaction if the transfer details, or else the account at Bancard, went meanwhile."""
    if by_transfer:
        tx.condition_check(Tenant, *keys.tenant(slug), condition=Tenant.transfer_details.exists())
    else:
        tx.condition_check(Integration, *_bancard(slug), condition=Integration.pk.exists())


def _bancard(slug: str) -> keys.Key:
    return keys.integration(slug, IntegrationType.BANCARD.value)
