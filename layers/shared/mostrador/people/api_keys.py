"""API keys: the program of an integrator signs in with one to one tenant, with a role and until a day.

A key is ``mostrador_<slug>.<key id>.<secret>``, so a key found in a repository tells its tenant. It is shown once.
Stored is the SHA-256 of the secret. Salt and a slow hash protect passwords that people choose; this secret is 256
random bits, which nobody can guess, and a slow hash would only slow down each request.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mostrador import context, ids
from mostrador.errors import Conflict, Forbidden, Invalid, NotHere
from mostrador.observability import logger
from mostrador.people import members
from mostrador.people.rules import key_names
from mostrador.table import TableFailure, keys, reads, writes
from mostrador.table.items.people import ApiKey, Member
from mostrador.table.items.tenants import Tenant
from mostrador.values.next_actions import NextAction

if TYPE_CHECKING:
    from mostrador.people.views.api_keys import NewKey

PREFIX: Final = "mostrador_"
NOTED_EACH: Final = timedelta(minutes=5)
"""The greatest age of ``last_used_at`` while a key is in use."""
_KEY: Final = re.compile(rf"{PREFIX}([a-z0-9-]{{2,63}})\.([0-9a-f]{{32}})\.([A-Za-z0-9_-]{{43}})")
_NO_DIGEST: Final = "0" * 64


class BadKey(Forbidden):
    """Malformed, unknown, revoked, expired, of another tenant or a suspended one: the same answer for all."""

    code = "bad_token"
    en = "the API key is not valid: {reason}"
    es = "la clave de API no es válida"
    next_action = NextAction.SIGN_IN


class MisleadingName(Invalid):
    code = "misleading_name"
    en = "{value} looks like a name of Mostrador or of one of the business's people: name the program"
    es = "«{value}» parece un nombre de Mostrador o de una persona del negocio: ponga el del programa"
    next_action = NextAction.CHOOSE_ANOTHER_NAME


class ShownOnce(Conflict):
    code = "key_shown_once"
    en = "this request made the key {id} before, which was shown then and is not kept: revoke it and make another"
    es = "esta solicitud ya creó la clave {id}, que se mostró entonces y no se guarda: revóquela y cree otra"
    next_action = NextAction.REVOKE_AND_CREATE


@dataclass(frozen=True, slots=True)
class Integrator:
    """The caller with a key: ``user`` is its name in records, ``name`` the one that people gave it."""

    tenant: str
    user: str
    name: str
    role: str


def create(tenant: str, wanted: "NewKey", *, actor_name: str, key: str | None, now: datetime) -> ApiKey:
    """A new key; its ``key`` is shown only this time. Raises MisleadingName, KeyReused, and ShownOnce for a repeat.

    ``key``, the argument, is the Idempotency-Key.
    """
    _check_tenant(tenant, now)
    _check_name(tenant, wanted.name)
    key_id, secret = ids.derived(tenant, "key", key) if key else ids.new(), secrets.token_urlsafe(32)
    api_key = ApiKey(
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
    if writes.create(api_key) is not api_key:
        raise ShownOnce(id=key_id)
    api_key.key = f"{PREFIX}{tenant}.{key_id}.{secret}"
    return _with_state(api_key, now)


def _check_name(tenant: str, name: str) -> None:
    """Raise MisleadingName: the name of a key stands in the records where a person's stands."""
    team: list[Member] = reads.everything(*keys.member(tenant, ""))
    if key_names.looks_like_us(name) or key_names.looks_like_a_person(name, [member.email for member in team]):
        raise MisleadingName(field="body.name", value=name)


def get(tenant: str, key_id: str, *, now: datetime) -> ApiKey:
    """The key with ``is_active``. Raises NotHere where it never existed or is revoked."""
    _check_tenant(tenant, now)
    api_key = reads.get_item(keys.api_key(tenant, key_id))
    if not isinstance(api_key, ApiKey):
        raise NotHere(entity="API key", id=key_id)
    return _with_state(api_key, now)


def listing(tenant: str, *, now: datetime, size: int, cursor: str | None) -> reads.Page:
    """Keys by id, the expired ones too. Ids follow the time of creation, except under an Idempotency-Key.

    Raises BadCursor.
    """
    _check_tenant(tenant, now)
    pk, prefix = keys.api_key(tenant, "")
    page = reads.page(pk, tenant=tenant, query=("keys",), size=size, cursor=cursor, between=(prefix, prefix + "~"))
    return reads.Page([_with_state(key, now) for key in page.items], page.next)


def revoke(tenant: str, key_id: str, *, now: datetime) -> None:
    """Delete the key. API Gateway may accept it for one more minute, which it remembers. Raises NotHere."""
    writes.delete(get(tenant, key_id, now=now))


def authenticate(text: str, *, now: datetime) -> Integrator:
    """The caller with the key ``text``; its tenant is in hand for the check. Raises BadKey.

    One round trip and one comparison, alike for a wrong secret and for a key or a tenant that does not exist.
    """
    parts = _KEY.fullmatch(text)
    if parts is None:
        raise BadKey(reason="malformed")
    slug, key_id, secret = parts.groups()
    of_tenant, of_key = keys.tenant(slug), keys.api_key(slug, key_id)
    with context.working(slug):
        items = reads.batch([of_tenant, of_key])
        tenant: Tenant | None = items.get(of_tenant)
        key: ApiKey | None = items.get(of_key)
        is_right = hmac.compare_digest(key.digest if key else _NO_DIGEST, _digest(secret))
        if tenant is None or key is None or not is_right:
            raise BadKey(reason=f"no such key {key_id}")
        if now >= key.valid_until or not tenant.is_active:
            raise BadKey(reason=f"the key {key_id} has expired or its tenant is suspended")
        _note_use(key, now)
    return Integrator(slug, f"{members.KEY}{key_id}", key.name, key.role)


def _note_use(key: ApiKey, now: datetime) -> None:
    """Record that ``key`` was used, at most once each NOTED_EACH; a failure does not refuse the request."""
    last = ApiKey.last_used_at
    if key.last_used_at is not None and now - key.last_used_at < NOTED_EACH:
        return
    is_old = ApiKey.digest.exists() & (last.does_not_exist() | (last <= now - NOTED_EACH))
    try:
        writes.update_attribute(key, last.set(now), condition=is_old)
    except (TableFailure, writes.ConditionFailed) as error:
        logger.info("use of a key not noted", key=key.id, reason=str(error))


def _with_state(key: ApiKey, now: datetime) -> ApiKey:
    """The key with ``is_active`` as of ``now``."""
    key.is_active = now < key.valid_until
    return key


def _check_tenant(tenant: str, now: datetime) -> None:
    """Raise NotHere unless the tenant exists and is not suspended."""
    from mostrador.tenancy import tenants  # noqa: PLC0415 - the authorizer, which only checks keys, starts without pydantic

    tenants.current(tenant, now=now)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
