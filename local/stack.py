"""What a running local stack is, to whoever uses it: the seed, the welcome text, the journeys."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
NAME = "mostrador-local"
PATIENT = Config(connect_timeout=60, read_timeout=180)
"""For a busy machine: a function may take the minute that it has, after one or two that it takes to start."""
PASSWORD = "Mostrador-2026"
"""Of every example user on this machine."""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


class LocalFailure(Exception):
    """Something a person must put right; its message is the one line that says what."""


@dataclass(frozen=True, slots=True)
class Stack:
    endpoint: str
    """Where its AWS answers: MiniStack. Empty: AWS itself, with the caller's own credentials."""
    region: str
    api_url: str
    table_name: str
    user_pool_id: str
    client_id: str
    stand_ins_url: str = ""
    stand_ins_token: str = ""
    integration_key: str = ""

    def portal_headers(self) -> dict[str, str]:
        """The headers of a request to the portal of a stand-in."""
        return {"X-Stand-Ins-Token": self.stand_ins_token}

    def client(self, service: str) -> Any:
        """A boto3 client of this stack. On this machine its settings hold, whatever the environment says."""
        session: Any = boto3.Session()  # untyped: the stubs know services only by their literal names
        if not self.endpoint:
            return session.client(service, region_name=self.region, config=PATIENT)
        return session.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=PATIENT,
        )


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody the seed made: `tenant` is empty for a superuser."""

    email: str
    password: str
    role: str
    tenant: str = ""


def environment(endpoint: str) -> dict[str, str]:
    """For MiniStack, and for who talks to it: no AWS settings, proxies or Python path of the caller's leak in."""
    kept = ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR")
    values = {name: os.environ[name] for name in kept if name in os.environ}
    return values | CREDENTIALS | {"AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": endpoint}


def build_environment() -> dict[str, str]:
    """For a build, which may need the caller's proxy, certificates and package index."""
    foreign = ("AWS_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
