"""The user pool on moto: who is in it, who signed in before, and what was mailed."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.backends import get_backend

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


def enrol(email: str) -> None:
    """They set up an authenticator app; moto takes no code, so the verification is only noted."""
    moto = get_backend("cognito-idp")["123456789012"]["us-east-1"]
    moto.admin_get_user(os.environ["USER_POOL_ID"], email).token_verified = True
    _pool().admin_set_user_mfa_preference(
        UserPoolId=os.environ["USER_POOL_ID"], Username=email, SoftwareTokenMfaSettings={"Enabled": True}
    )


def unverify(email: str) -> None:
    """The pool no longer takes the address for theirs."""
    attributes = [{"Name": "email_verified", "Value": "false"}]
    _pool().admin_update_user_attributes(
        UserPoolId=os.environ["USER_POOL_ID"], Username=email, UserAttributes=attributes
    )


def disable(email: str) -> None:
    _pool().admin_disable_user(UserPoolId=os.environ["USER_POOL_ID"], Username=email)


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
