"""Service accounts: a signed assertion grants access for themselves, or for an account of their domain.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

from typing import Final

from mostrador import clock
from stand_ins.google import records
from stand_ins.google.answers import GrantDenied
from stand_ins.google.records import Account, Granted
from stand_ins.http import JSONObject

AUDIENCES: Final = ("https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token")
"""The audiences of an assertion, wherever it is sent: Google's own libraries never use another one."""
_LONGEST: Final = 3600
_AHEAD: Final = 300
_UNAUTHORIZED: Final = 401
_SHORT_LIVED: Final = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)


def granted(assertion: str) -> Granted:
    """The grant of an assertion. Raises GrantDenied."""
    account, claims = _verified(assertion)
    _check_times(claims)
    scope, subject = claims.get("scope"), claims.get("sub") or account.email
    if not isinstance(scope, str) or not scope.strip():
        raise GrantDenied("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    if subject not in (account.email, *account.acts_for):
        described = (
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of "
            "the scopes requested."
        )
        raise GrantDenied("unauthorized_client", described, status=_UNAUTHORIZED)
    acted_for = account if subject == account.email else records.find(Account, subject)
    if acted_for is None:
        raise GrantDenied("invalid_grant", "Invalid email or User ID.")
    return Granted("", account.email, subject, acted_for.epoch(account.email), scope)


def _verified(assertion: str) -> tuple[Account, JSONObject]:
    """The account that signed, and its claims. Only this function needs PyJWT and its cryptography."""
    try:
        import cryptography  # noqa: F401, PLC0415
        import jwt  # noqa: PLC0415
    except ImportError as error:
        raise GrantDenied("invalid_client", "Service accounts are not served here.", status=_UNAUTHORIZED) from error
    try:
        issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError as error:
        raise GrantDenied("invalid_grant", "Invalid JWT Signature.") from error
    account = records.find(Account, issuer) if isinstance(issuer, str) else None
    if account is None or not account.public_key:
        raise GrantDenied("invalid_grant", "Invalid grant: account not found")
    try:
        claims = jwt.decode(
            assertion,
            account.public_key,
            ["RS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_sub": False},
            audience=AUDIENCES,
        )
    except jwt.InvalidAudienceError as error:
        raise GrantDenied("invalid_grant", "Invalid JWT: Failed audience check.") from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise GrantDenied("invalid_grant", "Invalid JWT Signature.") from error
    return account, claims


def _check_times(claims: JSONObject) -> None:
    """By our clock, which is not the library's. Raises GrantDenied."""
    issued, expires, now = claims.get("iat"), claims.get("exp"), clock.now().timestamp()
    if not isinstance(issued, int) or not isinstance(expires, int):
        raise GrantDenied("invalid_grant", _SHORT_LIVED)
    if expires <= now or issued > now + _AHEAD or expires - issued > _LONGEST:
        raise GrantDenied("invalid_grant", _SHORT_LIVED)
