"""API keys: how an integrator's program signs in to one tenant, with a role and until a day.

A key is ``mostrador_<slug>.<key id>.<secret>``: who finds one in a repository knows whose it is. It is told once. What
is stored is the secret's SHA-256: salt and a slow hash protect what people choose, of which there is little to try; the
secret is 256 random bits, which nobody tries out, and a slow hash would only cost each request its time.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador import context, ids
from mostrador.errors import Conflict, Forbidden, NotHere
from mostrador.observability import logger
from mostrador.people import members
from mostrador.table import TableFailure, keys, reads, writes
from mostrador.table.items.people import ApiKey
from mostrador.table.items.tenants import Tenant

if TYPE_CHECKING:
    from mostrador.people.views.api_keys import NewKey

PREFIX: Final = "mostrador_"
NOTED_EACH: Final = timedelta(minutes=5)
"""How old ``last_used_at`` may be while a key is in use."""
_KEY: Final = re.compile(rf"{PREFIX}([a-z0-9-]{{2,63}})\.([0-9a-f]{{32}})\.([A-Za-z0-9_-]{{43}})")
_NO_DIGEST: Final = "0" * 64


class BadKey(Forbidden):
    """Malformed, never made, revoked, expired, of another tenant or a suspended one: the caller learns not which."""

    code = "bad_token"
    en = "the API key is not valid: {reason}"
    es = "la clave de API no es válida: {reason}"


class ShownOnce(Conflict):
    code = "key_shown_once"
    en = "this request made the key {id} before, which was shown then and is not kept: revoke it and make another"
    es = "esta solicitud ya creó la clave {id}, que se mostró entonces y no se guarda: revóquela y cree otra"


@dataclass(frozen=True, slots=True)
class Integrator:
    """Who calls with a key: ``user`` is what the records call it, ``name`` what people do."""

    tenant: str
    user: str
    name: str
    role: str


def create(tenant: str, wanted: "NewKey", *, actor_name: str, key: str | None, now: datetime) -> ApiKey:
    """A new key with the ``key`` that is not to be had again. Raises KeyReused, and ShownOnce for a repeat.

    ``key``, the argument, is the Idempotency-Key.
    """
    _check_tenant(tenant, now)
    key_id, secret = ids.derived(tenant, "key", key) if key else ids.new(), secrets.token_urlsafe(32)
    made = ApiKey(
        *keys.api_key(tenant, key_id),
        id=key_id,
        name=wanted.name,
        role=wanted.role,
        digest=_digest(secret),
        valid_until=now + timedelta(days=wanted.expires_in_days),
        created_by=actor_name,
        created_at=now,
        fingerprint=ids.fingerprint(wanted.model_dump_json()),
    )
    if writes.create(made) is not made:
        raise ShownOnce(id=key_id)
    made.key = f"{PREFIX}{tenant}.{key_id}.{secret}"
    return _judged(made, now)


def get(tenant: str, key_id: str, *, now: datetime) -> ApiKey:
    """The key with ``is_active``; raises NotHere when it never was or is revoked."""
    _check_tenant(tenant, now)
    found = reads.one(keys.api_key(tenant, key_id))
    if not isinstance(found, ApiKey):
        raise NotHere(entity="API key", id=key_id)
    return _judged(found, now)


def listing(tenant: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Keys by id, the expired too: as they were made, but for those made under an Idempotency-Key. Raises BadCursor."""
    _check_tenant(tenant, now)
    pk, prefix = keys.api_key(tenant, "")
    page = reads.page(pk, tenant=tenant, query=("keys",), size=size, cursor=cursor, between=(prefix, prefix + "~"))
    return reads.Page([_judged(key, now) for key in page.items], page.next)


def revoke(tenant: str, key_id: str, *, now: datetime) -> None:
    """Delete the key: refused from now on, but for what API Gateway remembers of it for a minute. Raises NotHere."""
    writes.delete(get(tenant, key_id, now=now))


def authenticate(text: str, *, now: datetime) -> Integrator:
    """Who calls with the key ``text``; takes its tenant in hand for that. Raises BadKey.

    One round trip and one comparison, alike for a wrong secret and for a key or a tenant that is not there.
    """
    asked = _KEY.fullmatch(text)
    if asked is None:
        raise BadKey(reason="malformed")
    slug, key_id, secret = asked.groups()
    of_tenant, of_key = keys.tenant(slug), keys.api_key(slug, key_id)
    with context.working(slug):
        found = reads.batch([of_tenant, of_key])
        shop: Tenant | None = found.get(of_tenant)
        key: ApiKey | None = found.get(of_key)
        is_right = hmac.compare_digest(key.digest if key else _NO_DIGEST, _digest(secret))
        if shop is None or key is None or not is_right:
            raise BadKey(reason=f"no such key {key_id}")
        if now >= key.valid_until or not shop.is_active:
            raise BadKey(reason=f"the key {key_id} has expired or its tenant is suspended")
        _note_use(key, now)
    return Integrator(slug, f"{members.KEY}{key_id}", key.name, key.role)


def _note_use(key: ApiKey, now: datetime) -> None:
    """Keep when ``key`` was used, unless that is known well enough; it is used all the same where that fails."""
    last = ApiKey.last_used_at
    if key.last_used_at is not None and now - key.last_used_at < NOTED_EACH:
        return
    unknown = ApiKey.digest.exists() & (last.does_not_exist() | (last <= now - NOTED_EACH))
    try:
        writes.update_attribute(key, last.set(now), condition=unknown)
    except (TableFailure, writes.ConditionFailed) as error:
        logger.info("use of a key not noted", key=key.id, reason=str(error))


def _judged(key: ApiKey, now: datetime) -> ApiKey:
    key.is_active = now < key.valid_until
    return key


def _check_tenant(tenant: str, now: datetime) -> None:
    """Raise NotHere unless the tenant is there and not suspended."""
    from mostrador.tenancy import tenants  # noqa: PLC0415 - the authorizer, which only opens keys, starts without pydantic

    tenants.current(tenant, now=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
