"""Google's own client for Python works against the stand-in, for people and for service accounts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import template
from tests.support.google import CLIENT, EMAIL, own_agenda, served

google, agenda = served, own_agenda
SUPPORT = template.ROOT / "tests" / "support"
HOME = template.ROOT / ".build" / "google-client"
ROBOT = "robot@project.iam.gserviceaccount.com"
PEM = serialization.Encoding.PEM


@pytest.fixture(scope="session")
def python():
    """The interpreter of an environment that has what google_client.txt names, which is made where it is missing."""
    wanted, built = SUPPORT / "google_client.txt", HOME / "built.txt"
    interpreter = HOME / "bin" / "python"
    if not built.exists() or built.read_text() != wanted.read_text():
        uv = Path(sys.executable).parent / "uv"
        _run(sys.executable, "-m", "venv", "--without-pip", "--clear", HOME, env=os.environ)
        _run(uv, "pip", "install", "-q", "--python", interpreter, "-r", wanted, env=os.environ)
        built.write_text(wanted.read_text())
    return interpreter


def _run(*command, env):
    given = list(map(str, command))
    done = subprocess.run(given, env=env, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def ask(python, google):
    """Plays a scenario with some credentials; gives what Google's client saw."""

    def play(scenario, credentials):  # with -I, for beside the script there is a google.py
        script = SUPPORT / "google_official.py"
        env = {"PATH": os.environ["PATH"], "NO_PROXY": "*"}
        return json.loads(_run(python, "-I", script, scenario, google.base_url, json.dumps(credentials), env=env))

    return play


@pytest.fixture
def person(google, agenda):
    """What a consent gave, without an access token: the client has to refresh first."""
    refresh_token = google.exchange(google.consent()).told["refresh_token"]
    return {"refresh_token": refresh_token, "token_uri": f"{google.base_url}/token", **CLIENT}


@pytest.fixture
def robot(google, agenda):
    """A service account to whom the calendar is shared."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    google.portal("PUT", f"/accounts/{ROBOT}", {"public_key": public.decode()})
    google.portal("POST", f"/calendars/{EMAIL}/shares", {"account": ROBOT, "role": "writer"})
    return {
        "type": "service_account",
        "client_email": ROBOT,
        "private_key": private.decode(),
        "private_key_id": "key-1",
        "token_uri": f"{google.base_url}/token",
    }


@pytest.mark.parametrize("who", ["person", "robot"])
def test_it_writes_events_and_understands_every_refusal(ask, who, request):
    taken = [409, "duplicate", "The requested identifier already exists."]

    seen = ask("write", request.getfixturevalue(who))

    assert seen == {
        "summaries": ["Corte de Ana", "Color", "Corte", "Corte"],
        "etags": 3,
        "conflict": [412, "conditionNotMet", "Precondition Failed"],
        "taken": taken,
        "deleted": "",
        "deleted_twice": [410, "deleted", "Resource has been deleted"],
        "status": "cancelled",
        "taken_for_ever": taken,
        "unknown": [404, "notFound", "Not Found"],
        "empty": [400, "timeRangeEmpty", "The specified time range is empty."],
        "busy": [],
        "is_valid": True,
    }


def test_it_lists_events_and_what_changed_since(ask, person):
    seen = ask("sync", person)

    assert seen == {
        "first": [f"event{number}" for number in range(5)],
        "changed": [["event1", "cancelled"], ["event3", "confirmed"]],
        "nothing": [],
        "unknown": [410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required."],
        "restricted": [400, "badRequest", "Sync token cannot be used with other request restrictions."],
        "matching": 4,
        "busy": [{"start": "2026-12-01T18:00:00Z", "end": "2026-12-01T18:30:00Z"}],
        "is_valid": True,
    }
