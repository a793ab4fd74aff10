"""The pool's superusers, who reach every tenant: only with a second factor, unless the stack is for trying."""

from mostrador import settings
from mostrador.clients import cognito
from mostrador.observability import logger


def lacks_second_factor(username: str) -> bool:
    """Whether the superuser must set up a second factor before they are one here. Raises PoolUnavailable."""
    if not settings.superuser_mfa() or cognito.has_second_factor(username):
        return False
    logger.warning("superuser without a second factor", user=username)
    return True
