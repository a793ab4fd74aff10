"""Signed links: tokens that lead whoever has no account to one thing of one tenant.

A token is an id and its signature (HMAC-SHA256 under the installation's key), bound to the tenant and the purpose. The
last letter of 32 signed bytes in base64url is never ``-`` or ``_``, so a messenger keeps it in the link.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadSignature, Signer

from mostrador import settings

KEPT: Final = timedelta(days=30)
"""How long a link is good after the thing that it leads to is over."""


def token(tenant: str, purpose: str, item_id: str) -> str:
    """The token that leads to ``item_id``."""
    return _signer(tenant, purpose).sign(item_id).decode()


def verified_id(tenant: str, purpose: str, token: str) -> str | None:
    """The id to which ``token`` leads; None where it is forged, of another tenant or for another purpose."""
    try:
        return _signer(tenant, purpose).unsign(token).decode()
    except (BadSignature, ValueError):  # ValueError: what is signed is not UTF-8
        return None


def is_expired(over_at: datetime, now: datetime) -> bool:
    """Whether a link to what is over since ``over_at`` leads nowhere any more."""
    return now > over_at + KEPT


def _signer(tenant: str, purpose: str) -> Signer:
    return Signer(settings.signing_keys(), salt=f"{purpose} {tenant}", digest_method=hashlib.sha256)
