"""Settings from the environment, each read once. A missing one fails the cold start with its name."""

import os
from functools import cache
from typing import Final


class MissingSetting(RuntimeError):
    pass


def _required(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise MissingSetting(f"the environment variable {name} is not set")
    return value


@cache
def table_name() -> str:
    return _required("TABLE_NAME")


@cache
def signing_key() -> str:
    """The secret that signs cursors and links; every function that lists shares it."""
    return _required("SIGNING_KEY")


def signing_keys() -> tuple[str, ...]:
    """The keys that open cursors and links, the one that signs last; for a time after a rotation also the former."""
    former = os.environ.get("SIGNING_KEY_FORMER")
    return (former, signing_key()) if former else (signing_key(),)


@cache
def token_issuer() -> str:
    return _required("TOKEN_ISSUER")


@cache
def jwks_url() -> str:
    return _required("JWKS_URL")


@cache
def user_pool_id() -> str:
    return _required("USER_POOL_ID")


def superuser_mfa() -> bool:
    """Whether superusers must have a second factor; only stacks for trying switch it off."""
    return os.environ.get("SUPERUSER_MFA") != "off"


@cache
def user_pool_client_id() -> str:
    return _required("USER_POOL_CLIENT_ID")


@cache
def drand_url() -> str:
    """A relay of the public randomness beacon."""
    return os.environ.get("DRAND_URL") or "https://api.drand.sh"


@cache
def drand_chain() -> str:
    """The chain of a stand-in to trust, as ``hash:public key:genesis:period``; empty for drand's quicknet."""
    return os.environ.get("DRAND_CHAIN", "")


@cache
def bancard_url() -> str:
    """Base URL of Bancard's vPOS; a path may follow the host."""
    return _required("BANCARD_URL")


@cache
def bancard_http2() -> bool:
    """Whether requests to Bancard use HTTP/2. Bancard's front end refuses some TLS libraries over HTTP/1.1."""
    return os.environ.get("BANCARD_HTTP2") == "on"


@cache
def google_api_base() -> str:
    """Base URL of Google Calendar's API v3."""
    return _required("GOOGLE_API_BASE")


@cache
def google_token_url() -> str:
    return _required("GOOGLE_TOKEN_URL")


@cache
def google_auth_url() -> str:
    """Google's page on which people consent to the access to their calendars."""
    return _required("GOOGLE_AUTH_URL")


@cache
def google_revoke_url() -> str:
    return _required("GOOGLE_REVOKE_URL")


@cache
def google_client_id() -> str:
    """Our OAuth client at Google; empty where only service accounts connect calendars."""
    return os.environ.get("GOOGLE_CLIENT_ID", "")


@cache
def google_client_secret() -> str:
    return os.environ.get("GOOGLE_CLIENT_SECRET", "")


@cache
def google_redirect_url() -> str:
    """The URL to which Google returns after a consent; empty for the address of the request itself."""
    return os.environ.get("GOOGLE_REDIRECT_URL", "")


@cache
def execute_api_url() -> str:
    """Base URL of the APIs outside AWS."""
    return os.environ.get("EXECUTE_API_URL", "")


@cache
def integration_key() -> str:
    """The KMS key that encrypts the credentials for other systems."""
    return _required("INTEGRATION_KEY")


@cache
def data_role_arn() -> str:
    """The role that reaches the partitions of one tenant alone; empty where isolation is off."""
    return os.environ.get("DATA_ROLE_ARN", "")


USAGE_KEYS: Final = 16
"""How many there are; the template has as many."""


@cache
def usage_keys() -> tuple[str, ...]:
    """The keys of the gateway's usage plan, over which the authorizer spreads the tenants."""
    name = _required("USAGE_KEY")
    return tuple(f"{name}{number:02d}" for number in range(USAGE_KEYS))
