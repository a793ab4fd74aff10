"""What the environment must say, read once; a missing setting fails the cold start with its name."""

import os
from functools import cache


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


@cache
def token_issuer() -> str:
    return _required("TOKEN_ISSUER")


@cache
def jwks_url() -> str:
    return _required("JWKS_URL")


@cache
def user_pool_client_id() -> str:
    return _required("USER_POOL_CLIENT_ID")
