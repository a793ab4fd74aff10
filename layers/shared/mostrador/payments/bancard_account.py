"""The tenant's own account at Bancard: its keys, the present ones and for a day those before them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from mostrador import settings
from mostrador.clients.bancard_http import Application, GatewayKeysRefused
from mostrador.errors import Conflict, Invalid, Unavailable
from mostrador.table.items.tenants import Integration
from mostrador.tenancy import integrations
from mostrador.tenancy.integrations import IntegrationType

if TYPE_CHECKING:
    from mostrador.tenancy.views.integrations import BancardForm

T = TypeVar("T")
_SEPARATOR: Final = " "
"""Between the two keys where they are sealed: neither holds a blank."""


class NotConnected(Conflict):
    code = "payments_not_connected"
    en = "this business takes no online payments yet"
    es = "este negocio todavía no recibe pagos en línea"


class PaymentsDown(Unavailable):
    """What the public is told of trouble between the business and Bancard."""

    code = "payments_unavailable"
    en = "online payments are not to be had at the moment; please try again later or contact the business"
    es = "los pagos en línea no están disponibles en este momento; intente más tarde o comuníquese con el negocio"


class PrivateKeyMissing(Invalid):
    code = "private_key_missing"
    en = "the public key {value} comes with its private key"
    es = "la clave pública {value} va acompañada de su clave privada"


@dataclass(frozen=True, slots=True)
class Gateway:
    """``applications`` are what may be asked, the newest keys first."""

    item: Integration
    applications: list[Application]

    @property
    def return_url(self) -> str:
        return str(self.item.settings["return_url"])

    @property
    def private_keys(self) -> list[str]:
        return [one.private_key for one in self.applications]


def connect(tenant: str, form: "BancardForm", *, seen: int | None, actor_name: str, now: datetime) -> Integration:
    """Store the keys of the portal; a new public key takes its private key. Raises PrivateKeyMissing, Stale, Busy."""
    before = integrations.find(tenant, IntegrationType.BANCARD)
    if form.private_key is None and (before is None or before.settings["public_key"] != form.public_key):
        raise PrivateKeyMissing(field="body.private_key", value=form.public_key)
    secret = f"{form.public_key}{_SEPARATOR}{form.private_key}" if form.private_key else None
    told = {"public_key": form.public_key, "return_url": form.return_url}
    return integrations.put(
        tenant, IntegrationType.BANCARD, settings=told, secret=secret, seen=seen, actor_name=actor_name, now=now
    )


def disconnect(tenant: str, *, seen: int | None, now: datetime) -> None:
    """Forget the keys: what is under way can then be settled by hand alone. Raises NotHere, Stale."""
    integrations.remove(tenant, IntegrationType.BANCARD, seen=seen, now=now)


def of(tenant: str, *, now: datetime, found: Integration | None = None) -> Gateway:
    """The tenant's account; ``found`` is its connection where that was read already. Raises NotConnected."""
    item = found or integrations.find(tenant, IntegrationType.BANCARD)
    if item is None:
        raise NotConnected
    pairs = [one.partition(_SEPARATOR) for one in integrations.secrets(item, now=now)]
    base_url = settings.bancard_url().rstrip("/")
    return Gateway(item, [Application(base_url, public_key, private_key) for public_key, _, private_key in pairs])


def ask(gateway: Gateway, question: Callable[[Application], T], *, account: str | None = None, now: datetime) -> T:
    """The answer under the newest keys that Bancard takes, of this ``account`` (a public key) where one is named.

    Where it does not take the newest, the connection is marked as broken, though those before them answer; where it
    does, as mended. Another account knows nothing of a payment, so it is not asked. Raises NotConnected, and what
    ``clients.bancard`` raises.
    """
    asked = [one for one in gateway.applications if account in (None, one.public_key)]
    for number, application in enumerate(asked):
        try:
            answer = question(application)
        except GatewayKeysRefused as refused:
            if application is gateway.applications[0]:  # those before them may be refused: they were replaced
                integrations.mark_broken(gateway.item, ", ".join(refused.keys), now=now)
            if number + 1 == len(asked):
                raise
            continue
        if application is gateway.applications[0]:
            integrations.mark_mended(gateway.item, now=now)
        return answer
    raise NotConnected
