"""Whose credentials sign a request: where isolation is on, those of the tenant in hand.

They are the data role's, assumed with the tenant as session tag, and can touch that tenant's partitions alone
(docs/decisions/isolation.md). Each tenant's are kept as long as the process lives. Without a tenant in hand, and
where isolation is off, the function's own credentials sign.
"""

from datetime import datetime, timedelta
from functools import cache, partial
from threading import Lock
from typing import Any, Final, NamedTuple

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from mostrador import clock, context, settings
from mostrador.errors import Unavailable
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache

LIFETIME: Final = timedelta(hours=1)
"""The longest that AWS gives to who assumes a role from a role."""
RENEWED_BEFORE: Final = timedelta(minutes=5)
_NEXT_TRY: Final = timedelta(seconds=30)
_STS: Final = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})


class NoCredentials(Unavailable):
    code = "unavailable"
    en = "this cannot be reached at the moment; try again shortly"
    es = "no se puede acceder en este momento; intente de nuevo en breve"


class _Kept(NamedTuple):
    credentials: Credentials
    expires_at: datetime
    renew_at: datetime


_kept: Final = ProcessCache[str, _Kept](size=200)
_lock: Final = Lock()  # one thread renews, the others wait for it


def register(client: Any, session: Any) -> None:
    """Have every request of ``client``, which ``session`` made, signed for the tenant in hand."""
    sign = partial(_sign, partial(_sts, session, client.meta.region_name))
    client.meta.events.register("before-parameter-build.dynamodb", sign, unique_id="mostrador-credentials")


def _sign(sts: Any, **request: Any) -> None:
    """Called by botocore for each request; ``context`` is botocore's, in which its signer looks for credentials."""
    tenant = context.current().tenant
    if tenant is not None:
        request["context"].setdefault("signing", {})["request_credentials"] = _of(tenant, sts)


def _of(tenant: str, sts: Any) -> Credentials:
    """The credentials for ``tenant``, assumed when there are none or they end soon. Raises NoCredentials."""
    with _lock:
        kept, now = _kept.get(tenant), clock.now()
        if kept is None or now >= kept.renew_at:
            kept = _kept.put(tenant, _renewed(tenant, kept, sts, now))
        return kept.credentials


def _renewed(tenant: str, kept: _Kept | None, sts: Any, now: datetime) -> _Kept:
    """New credentials; the old ones while they last where STS gives none."""
    try:
        given = sts().assume_role(
            RoleArn=settings.data_role_arn(),
            RoleSessionName=f"{logger.service}-{tenant}"[:64],
            Tags=[{"Key": "tenant", "Value": tenant}],
            DurationSeconds=int(LIFETIME.total_seconds()),
        )["Credentials"]
    except (BotoCoreError, ClientError) as error:
        logger.error("no credentials for the tenant", tenant=tenant, reason=str(error))
        if kept is None or now >= kept.expires_at:
            raise NoCredentials from error
        return kept._replace(renew_at=now + _NEXT_TRY)
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return _Kept(credentials, given["Expiration"], given["Expiration"] - RENEWED_BEFORE)


@cache
def _sts(session: Any, region: str) -> Any:
    """Made when it is first needed, and by the session that made the table's client: 4 ms instead of 40."""
    return session.create_client("sts", region_name=region, config=_STS)
