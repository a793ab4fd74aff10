"""The credentials that sign a request: where isolation is on, those of the tenant in hand.

They are the data role's, assumed with the tenant as session tag, and reach that tenant's partitions alone
(docs/decisions/isolation.md). The process keeps those of each tenant. Without a tenant in hand, and where isolation is
off, the function's own credentials sign.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from threading import Lock
from typing import Any, Final, NamedTuple, Protocol, cast

from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from mostrador import clock, context, settings
from mostrador.errors import Unavailable
from mostrador.observability import logger
from mostrador.process_cache import ProcessCache

LIFETIME: Final = timedelta(hours=1)
"""The longest that AWS allows where one role assumes another."""
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


class _Sts(Protocol):
    def assume_role(self, **request: object) -> Mapping[str, Any]: ...


_MakeSts = Callable[[], _Sts]
_kept: Final = ProcessCache[str, _Kept](size=200)
_lock: Final = Lock()  # one thread renews, the others wait for it


def register(client: BaseClient, session: Session) -> None:
    """Sign every request of ``client``, which ``session`` made, for the tenant in hand."""
    sign = partial(_sign, partial(_sts, session, client.meta.region_name))
    client.meta.events.register("before-parameter-build.dynamodb", sign, unique_id="mostrador-credentials")


def _sign(sts: _MakeSts, **request: Any) -> None:
    """Called by botocore for each request; ``context`` is botocore's, in which its signer looks for credentials."""
    tenant = context.current().tenant
    if tenant is not None:
        request["context"].setdefault("signing", {})["request_credentials"] = _of(tenant, sts)


def _of(tenant: str, sts: _MakeSts) -> Credentials:
    """The credentials for ``tenant``, assumed when there are none or they end soon. Raises NoCredentials."""
    with _lock:
        kept, now = _kept.get(tenant), clock.now()
        if kept is None or now >= kept.renew_at:
            kept = _kept.put(tenant, _renewed(tenant, kept, sts, now))
        return kept.credentials


def _renewed(tenant: str, kept: _Kept | None, sts: _MakeSts, now: datetime) -> _Kept:
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
def _sts(session: Session, region: str) -> _Sts:
    """Created at the first call, by the session that made the table's client: 4 ms instead of 40."""
    return cast(_Sts, session.create_client("sts", region_name=region, config=_STS))
