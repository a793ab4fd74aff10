"""The user pool: find a user by e-mail, create one, mail a temporary password; who has a second factor.

https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mostrador import settings
from mostrador.errors import Conflict, Invalid, Unavailable
from mostrador.observability import logger
from mostrador.values.next_actions import NextAction

Answer = Mapping[str, Any]
"""The JSON of one answer of the pool."""
SECOND_FACTOR: Final = "SOFTWARE_TOKEN_MFA"
_NEVER_SIGNED_IN: Final = "FORCE_CHANGE_PASSWORD"
_LATER: Final = frozenset(
    "TooManyRequestsException LimitExceededException InternalErrorException CodeDeliveryFailureException".split()
)
# With two attempts each, finding and creating a user stay within a function's 10 s.
_PATIENCE: Final = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})


class PoolUnavailable(Unavailable):
    code = "user_pool_unavailable"
    en = "the user directory does not answer; try again in a moment"
    es = "el directorio de usuarios no responde; intente de nuevo en un momento"


class EmailRefused(Invalid):
    code = "email_refused"
    en = "the user directory does not take the e-mail address {value}"
    es = "el directorio de usuarios no acepta el correo {value}"


class EmailNotVerified(Conflict):
    """Somebody may have written an address that is another person's."""

    code = "email_not_verified"
    en = "the account with the e-mail {value} has not shown that the address is its own"
    es = "la cuenta con el correo {value} no demostró que la dirección sea suya"
    next_action = NextAction.CORRECT_REQUEST


@dataclass(frozen=True, slots=True)
class User:
    """``id`` is the ``sub`` of the user's tokens."""

    id: str
    has_signed_in: bool


def find(email: str) -> User | None:
    """The user who proved to have this e-mail. Raises PoolUnavailable, EmailRefused, EmailNotVerified."""
    answer = _call("admin_get_user", email, unless="UserNotFoundException")
    if answer is None:
        return None
    values = _values(answer["UserAttributes"])
    if values.get("email_verified") != "true" or values.get("email", "").lower() != email.lower():
        raise EmailNotVerified(field="body.email", value=email)
    return _user(answer["UserAttributes"], answer["UserStatus"])


def has_second_factor(username: str) -> bool:
    """Whether the user signs in with a code of an authenticator app; False for one who is disabled or gone.

    The pool then asks for the code at every sign-in. Its access tokens do not tell. Raises PoolUnavailable.
    """
    answer = _call("admin_get_user", username, unless="UserNotFoundException")
    return bool(answer and answer["Enabled"] and SECOND_FACTOR in answer.get("UserMFASettingList", ()))


def create(email: str) -> User:
    """A new user, without a mail to them, or the one that has the e-mail already. Raises as ``find``."""
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    answer = _call(
        "admin_create_user",
        email,
        unless="UsernameExistsException",
        UserAttributes=attributes,
        MessageAction="SUPPRESS",
    )
    user = _user(answer["User"]["Attributes"], answer["User"]["UserStatus"]) if answer else find(email)
    if user is None:  # deleted in between
        raise PoolUnavailable
    return user


def mail_password(email: str) -> None:
    """Mail a new temporary password to a user who never signed in. The pool says how long it is valid.

    Raises as ``find``.
    """
    _call(
        "admin_create_user",
        email,
        unless="UnsupportedUserStateException",  # signed in meanwhile
        MessageAction="RESEND",
        DesiredDeliveryMediums=["EMAIL"],
    )


def _call(operation: str, username: str, *, unless: str = "", **more: object) -> Answer | None:
    """The pool's answer; None where it refuses with the code ``unless``."""
    try:
        answer: Answer = getattr(_client(), operation)(UserPoolId=settings.user_pool_id(), Username=username, **more)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == unless:
            return None
        if code == "InvalidParameterException":
            raise EmailRefused(field="body.email", value=username) from error
        if code in _LATER or error.response["ResponseMetadata"].get("HTTPStatusCode", 0) >= 500:  # noqa: PLR2004
            raise _unavailable(error) from error
        raise
    except BotoCoreError as error:
        raise _unavailable(error) from error
    return answer


def _unavailable(error: Exception) -> PoolUnavailable:
    logger.warning("the user pool is unavailable", exc_info=error)
    return PoolUnavailable()


def _user(attributes: Iterable[Mapping[str, str]], status: str) -> User:
    return User(_values(attributes)["sub"], status != _NEVER_SIGNED_IN)


def _values(attributes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {attribute["Name"]: attribute["Value"] for attribute in attributes}


@cache
def _client() -> BaseClient:
    """Created at the first call: reading the service's description takes longer than most requests."""
    return botocore.session.get_session().create_client("cognito-idp", config=_PATIENCE)
