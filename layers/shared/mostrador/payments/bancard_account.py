"""The tenant's own account at Bancard: its present keys and, for a day, the keys before them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from mostrador import settings
from mostrador.clients.bancard_http import Application, GatewayKeysRefused
from mostrador.errors import Conflict, Invalid, Unavailable
from mostrador.ledger import open_pages
from mostrador.table.items.tenants import Integration
from mostrador.table.writes import Transaction
from mostrador.tenancy import deposits, integrations
from mostrador.tenancy.rules.integration_states import IntegrationType
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.tenancy.views.integrations import BancardForm

T = TypeVar("T")
_SEPARATOR: Final = " "
"""Between the public and the private key in the stored secret; no key has a blank."""


class NotConnected(Conflict):
    code = "payments_not_connected"
    en = "this business takes no online payments yet"
    es = "este negocio todavía no recibe pagos en línea"
    next_action = NextAction.CONNECT_INTEGRATION


class PaymentsDown(Unavailable):
    """The public's error for any trouble between the business and Bancard."""

    code = "payments_unavailable"
    en = "online payments are not available at the moment; please try again later or contact the business"
    es = "los pagos en línea no están disponibles en este momento; intente más tarde o comuníquese con el negocio"


class PrivateKeyMissing(Invalid):
    code = "private_key_missing"
    en = "the public key {value} comes with its private key"
    es = "una clave pública nueva va acompañada de su clave privada"


@dataclass(frozen=True, slots=True)
class Gateway:
    """``applications`` are the account with each pair of keys, the newest first."""

    item: Integration
    applications: list[Application]

    @property
    def return_url(self) -> str:
        return str(self.item.settings["return_url"])

    @property
    def private_keys(self) -> list[str]:
        return [application.private_key for application in self.applications]


def connect(tenant: str, form: "BancardForm", *, seen: int | None, actor_name: str, now: datetime) -> Integration:
    """Store the keys of Bancard's portal; a new public key comes with its private key.

    Raises PrivateKeyMissing, NotHere, Stale, SecretsUnavailable, Busy.
    """
    stored = integrations.find(tenant, IntegrationType.BANCARD)
    if form.private_key is None and (stored is None or stored.settings["public_key"] != form.public_key):
        raise PrivateKeyMissing(field="body.private_key", value=form.public_key)
    secret = f"{form.public_key}{_SEPARATOR}{form.private_key}" if form.private_key else None
    return integrations.put(
        tenant,
        IntegrationType.BANCARD,
        settings={"public_key": form.public_key, "return_url": form.return_url},
        secret=secret,
        seen=seen,
        actor_name=actor_name,
        now=now,
    )


def disconnect(tenant: str, *, seen: int | None, now: datetime) -> None:
    """Delete the keys. Raises NotHere, Stale, PagesOpen, DepositsDependOnIt, Busy."""

    def check(tx: Transaction, _item: Integration) -> None:
        open_pages.check_none_of_tenant(tenant, now=now)
        deposits.check_without_bancard(tx, tenant)

    integrations.remove(tenant, IntegrationType.BANCARD, also=check, seen=seen, now=now)


def load(tenant: str, *, now: datetime, connection: Integration | None = None) -> Gateway:
    """The tenant's account; ``connection`` is passed where it was read already.

    Raises NotConnected, SecretsUnavailable.
    """
    item = connection or integrations.find(tenant, IntegrationType.BANCARD)
    if item is None:
        raise NotConnected
    pairs = [secret.partition(_SEPARATOR) for secret in integrations.secrets(item, now=now)]
    base_url = settings.bancard_url().rstrip("/")
    return Gateway(item, [Application(base_url, public_key, private_key) for public_key, _, private_key in pairs])


def call(gateway: Gateway, operation: Callable[[Application], T], *, account: str | None = None, now: datetime) -> T:
    """The answer to ``operation`` under the newest keys that Bancard accepts.

    Where Bancard refuses the newest keys, the connection is marked as broken, even if older keys work; where it
    accepts them, as mended. ``account``, a public key, allows only that account: no other knows its payments.
    Raises NotConnected, and the errors of ``clients.bancard``.
    """
    newest = gateway.applications[0] if gateway.applications else None
    refusal: GatewayKeysRefused | None = None
    for application in gateway.applications:
        if account not in (None, application.public_key):
            continue
        try:
            answer = operation(application)
        except GatewayKeysRefused as error:
            refusal = error
            if application is newest:
                integrations.mark_broken(gateway.item, ", ".join(error.keys), now=now)
            continue
        if application is newest:
            integrations.mark_mended(gateway.item, now=now)
        return answer
    raise refusal or NotConnected()
