"""Access tokens of the user pool. Imported by the authorizer alone, because of PyJWT and its cryptography."""

from dataclasses import dataclass
from typing import Any, Final

import jwt

from mostrador import settings
from mostrador.errors import Forbidden, Unavailable
from mostrador.values.next_actions import NextAction

SUPERUSERS: Final = "superuser"
_REQUIRED: Final = ["exp", "iss", "sub", "token_use", "client_id"]


class BadToken(Forbidden):
    code = "bad_token"
    en = "the access token is not valid: {reason}"
    es = "el token de acceso no es válido"
    next_action = NextAction.SIGN_IN


class NoKeys(Unavailable):
    code = "no_signing_keys"
    en = "the signing keys could not be read"
    es = "no se pudieron leer las claves de firma"


@dataclass(frozen=True, slots=True)
class User:
    """``id`` is the token's ``sub``, ``name`` the user's name in the pool."""

    id: str
    name: str
    is_superuser: bool


# The set of keys is kept for an hour. An unknown key id fetches it again, so that rotated keys arrive, but at most
# once a minute: invented key ids must not cause a request to the pool each.
_keys = jwt.PyJWKClient(settings.jwks_url(), cache_keys=False, lifespan=3600, cooldown_duration=60, timeout=2)


def user(token: str) -> User:
    """The user of a Cognito access token (RS256, this pool, this client, not expired). Raises BadToken, NoKeys.

    https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
    """
    try:
        key = _keys.get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=settings.token_issuer(),
            leeway=10,  # seconds by which clocks may differ
            options={"require": _REQUIRED, "verify_aud": False},
        )
    except jwt.PyJWKClientConnectionError as error:
        raise NoKeys from error
    except jwt.PyJWTError as error:
        raise BadToken(reason=str(error)) from error
    if claims["token_use"] != "access" or claims["client_id"] != settings.user_pool_client_id():
        raise BadToken(reason="it is not an access token of this client")
    return User(claims["sub"], claims.get("username") or claims["sub"], SUPERUSERS in claims.get("cognito:groups", ()))
