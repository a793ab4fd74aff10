"""KMS, as far as keeping secrets takes: sealed under one key, each bound to where it belongs.

https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mostrador import settings
from mostrador.errors import Unavailable
from mostrador.observability import logger

MOST_BYTES: Final = 4096
"""KMS encrypts no more in one call."""
_PATIENCE: Final = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})


class SecretsUnavailable(Unavailable):
    """KMS does not answer, or does not open what was sealed elsewhere or for something else."""

    code = "secrets_unavailable"
    en = "the stored credentials cannot be reached at the moment; try again shortly"
    es = "no se puede acceder a las credenciales guardadas en este momento; intente de nuevo en breve"


def encrypt(text: str, bound_to: Mapping[str, str]) -> str:
    """``text`` (at most MOST_BYTES in UTF-8) encrypted, base64; opens only with the same ``bound_to``.

    Raises SecretsUnavailable.
    """
    given = {"KeyId": settings.integration_key(), "Plaintext": text.encode(), "EncryptionContext": dict(bound_to)}
    return b64encode(_call("encrypt", **given)["CiphertextBlob"]).decode()


def decrypt(sealed: str, bound_to: Mapping[str, str]) -> str:
    """What was sealed. Raises SecretsUnavailable."""
    given = {"KeyId": settings.integration_key(), "CiphertextBlob": b64decode(sealed)}
    plain: bytes = _call("decrypt", **given, EncryptionContext=dict(bound_to))["Plaintext"]
    return plain.decode()


def _call(operation: str, **given: Any) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = getattr(_client(), operation)(**given)
    except (BotoCoreError, ClientError) as error:
        logger.error("KMS refused", operation=operation, error=type(error).__name__, reason=str(error)[:200])
        raise SecretsUnavailable from error
    return answer


@cache
def _client() -> Any:
    """Made when it is first needed."""
    return botocore.session.get_session().create_client("kms", config=_PATIENCE)
