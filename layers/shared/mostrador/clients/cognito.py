"""The user pool, for invitations: find a user by e-mail, create one, mail a temporary password.

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
from mostrador.errors import Invalid, Unavailable
from mostrador.observability import logger

Answer = Mapping[str, Any]
"""The JSON of one answer of the pool."""
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


@dataclass(frozen=True, slots=True)
class User:
    """``id`` is the ``sub`` of the user's tokens."""

    id: str
    has_signed_in: bool


def find(email: str) -> User | None:
    """The user with this e-mail. Raises PoolUnavailable, EmailRefused."""
    answer = _call("admin_get_user", email, unless="UserNotFoundException")
    return _user(answer["UserAttributes"], answer["UserStatus"]) if answer else None


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


def _call(operation: str, email: str, *, unless: str = "", **more: object) -> Answer | None:
    """The pool's answer; None where it refuses with the code ``unless``."""
    try:
        answer: Answer = getattr(_client(), operation)(UserPoolId=settings.user_pool_id(), Username=email, **more)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == unless:
            return None
        if code == "InvalidParameterException":
            raise EmailRefused(field="body.email", value=email) from error
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
    values = {attribute["Name"]: attribute["Value"] for attribute in attributes}
    return User(values["sub"], status != _NEVER_SIGNED_IN)


@cache
def _client() -> BaseClient:
    """Created at the first call: reading the service's description takes longer than most requests."""
    return botocore.session.get_session().create_client("cognito-idp", config=_PATIENCE)
