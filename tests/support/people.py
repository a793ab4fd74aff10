"""The user pool on moto: who is in it, who signed in before, and what was mailed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from mostrador.clients import cognito


def _pool() -> Any:
    return boto3.client("cognito-idp")


def known() -> list[str]:
    """The e-mails of the pool's users, each once: moto makes somebody anew when it mails again."""
    users = _pool().list_users(UserPoolId=os.environ["USER_POOL_ID"])["Users"]
    return sorted({one["Value"] for user in users for one in user["Attributes"] if one["Name"] == "email"})


def signed_in(email: str) -> str:
    """Somebody who has an account and a password of their own; the ``sub``."""
    user = cognito.create(email)
    _pool().admin_set_user_password(
        UserPoolId=os.environ["USER_POOL_ID"], Username=email, Password="Mostrador-2026", Permanent=True
    )
    return user.id


@contextmanager
def mails() -> Iterator[list[str]]:
    """The e-mails to which the pool mails a password inside the block."""
    seen: list[str] = []

    def note(params: Any, **_: Any) -> None:
        asked = json.loads(params["body"])
        if asked.get("MessageAction") != "SUPPRESS":
            seen.append(asked["Username"])

    events = cognito._client().meta.events
    event = "before-call.cognito-identity-provider.AdminCreateUser"
    events.register_first(event, note)
    try:
        yield seen
    finally:
        events.unregister(event, note)
