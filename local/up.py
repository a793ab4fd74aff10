"""From nothing to a seeded stack, doing again only what has changed since the last time."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from local import beacon, deploy, ministack
from local.stack import PASSWORD, ROOT, LocalFailure, Login, Stack, environment

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ready:
    """What `ready.json` keeps: a stack deployed and seeded from sources with this fingerprint."""

    fingerprint: str
    stack: Stack
    logins: list[Login]
    beacon_url: str


@dataclass(frozen=True, slots=True)
class Running:
    server: ministack.Server
    beacon: beacon.Server
    stack: Stack
    logins: list[Login]


def up(home: Path, port: int, say: Say = lambda _line: None, host: str = ministack.LOOPBACK) -> Running:
    """Starts MiniStack, builds, deploys and seeds. The caller stops it: `down`."""
    say(f"Starting MiniStack on port {port}")
    server, kept = ministack.start(home, port, host), _read(home)
    signing = beacon.start(int(kept.beacon_url.rpartition(":")[2]) if kept else 0, host)
    try:
        ready = _settle(home, server, signing.url, say)
    except BaseException:
        beacon.stop(signing)
        ministack.stop(server)
        raise
    return Running(server, signing, ready.stack, ready.logins)


def down(running: Running, *, is_kept: bool = True) -> None:
    """Stops the stack; another ``up`` goes on with its data, where that is kept."""
    beacon.stop(running.beacon)
    ministack.stop(running.server, is_kept=is_kept)


@contextmanager
def throwaway(home: Path) -> Iterator[Running]:
    """A stack of one's own on a free port, for the journeys."""
    running = up(home, ministack.free_port())
    try:
        yield running
    finally:
        down(running, is_kept=False)


def _settle(home: Path, server: ministack.Server, beacon_url: str, say: Say) -> Ready:
    fingerprint = deploy.fingerprint()
    kept = _read(home)
    here = (fingerprint, server.endpoint, beacon_url)
    is_same = kept and (kept.fingerprint, kept.stack.endpoint, kept.beacon_url) == here
    if kept and is_same and deploy.is_deployed(kept.stack):
        say("Nothing has changed since the last time: keeping what is deployed, and its data")
        return kept
    say("Building the layers and the functions")
    deploy.build(home)
    say("Deploying template.yaml")
    stack = deploy.deploy(home, server.endpoint, beacon_url)
    say("Making the example tenants and users")
    ready = Ready(fingerprint, stack, _seed(home, stack), beacon_url)
    _write(home, ready)
    return ready


def _seed(home: Path, stack: Stack) -> list[Login]:
    return seed(stack, PASSWORD, environment(stack.endpoint), home / "seed.log")


def seed(stack: Stack, password: str, settings: dict[str, str], log: Path) -> list[Login]:
    """Run `local.seed` in a process of its own, with ``settings`` to reach AWS. Raises LocalFailure."""
    settings = settings | {
        "PYTHONPATH": f"{ROOT / 'layers' / 'shared'}{os.pathsep}{ROOT}",
        "TABLE_NAME": stack.table_name,
        "INTEGRATION_KEY": stack.integration_key,
        "BANCARD_URL": f"{stack.stand_ins_url}/bancard",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",  # its answer is on standard output, where the log goes too
        "SIGNING_KEY": "the seed has a key of its own: its ids are the same on every machine",
    }
    command = [sys.executable, "-m", "local.seed"]
    order = json.dumps({"stack": asdict(stack), "password": password})
    made = subprocess.run(command, cwd=ROOT, env=settings, input=order, capture_output=True, text=True, check=False)
    if made.returncode:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(made.stderr)
        raise LocalFailure(f"the example tenants could not be made; see {log}")
    return [Login(**login) for login in json.loads(made.stdout)]


def _write(home: Path, ready: Ready) -> None:
    (home / "ready.json").write_text(json.dumps(asdict(ready), indent=2))


def _read(home: Path) -> Ready | None:
    try:
        kept = json.loads((home / "ready.json").read_text())
        logins = [Login(**login) for login in kept["logins"]]
        return Ready(kept["fingerprint"], Stack(**kept["stack"]), logins, kept["beacon_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # never written, or by an older version: make it again
