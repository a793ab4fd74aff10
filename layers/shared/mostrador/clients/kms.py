"""KMS, to keep secrets: encrypted under one key, each bound to the place where it is stored.

https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import cache
from typing import Final

import botocore.session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mostrador import settings
from mostrador.errors import Unavailable
from mostrador.observability import logger

MOST_BYTES: Final = 4096
"""The most that KMS encrypts in one call."""
_PATIENCE: Final = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2, "mode": "standard"})


class SecretsUnavailable(Unavailable):
    """KMS does not answer, or refuses a text that was encrypted elsewhere or bound to something else."""

    code = "secrets_unavailable"
    en = "the stored credentials cannot be reached at the moment; try again shortly"
    es = "no se puede acceder a las credenciales guardadas en este momento; intente de nuevo en breve"


def encrypt(text: str, bound_to: Mapping[str, str]) -> str:
    """``text`` (at most MOST_BYTES in UTF-8) encrypted, in base64; decrypted only with the same ``bound_to``.

    Raises SecretsUnavailable.
    """
    answer = _call("encrypt", Plaintext=text.encode(), EncryptionContext=dict(bound_to))
    return b64encode(answer["CiphertextBlob"]).decode()


def decrypt(sealed: str, bound_to: Mapping[str, str]) -> str:
    """The text that ``encrypt`` took. Raises SecretsUnavailable."""
    answer = _call("decrypt", CiphertextBlob=b64decode(sealed), EncryptionContext=dict(bound_to))
    return answer["Plaintext"].decode()


def _call(operation: str, **request: object) -> Mapping[str, bytes]:
    try:
        answer: Mapping[str, bytes] = getattr(_client(), operation)(KeyId=settings.integration_key(), **request)
    except (BotoCoreError, ClientError) as error:
        logger.error("KMS refused", operation=operation, error=type(error).__name__, reason=str(error)[:200])
        raise SecretsUnavailable from error
    return answer


@cache
def _client() -> BaseClient:
    """Created at the first call."""
    return botocore.session.get_session().create_client("kms", config=_PATIENCE)
