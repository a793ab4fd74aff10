"""`make sam-local`: the API under `sam local start-api`, on a local table with the example tenants and users.

Each function runs in a container of Lambda's own image, so this needs Docker (or what docs/operations.md says).
"""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local import made, ministack, up, welcome
from local.__main__ import local_port, stopped_by_signals
from local.deploy import ARCHITECTURE
from local.stack import CREDENTIALS, REGION, ROOT, LocalFailure, Stack, build_environment

BUILT = ROOT / ".aws-sam" / "build"
TEMPLATE = BUILT / "template-local.yaml"
HAS_BRIDGE = sys.platform == "linux"  # elsewhere Docker runs in a virtual machine, which reaches our loopback
STOP_SECONDS = 30


def main() -> int:
    home = ROOT / ".local" / "sam-local"
    port = os.environ.get("SAM_LOCAL_PORT") or "3000"
    with stopped_by_signals("make sam-local"):
        host = _address_for_containers()
        running = up.up(home, local_port(), say=lambda line: print(line, flush=True), host=host)
        try:
            settings = home / "settings.json"
            TEMPLATE.write_text(made.for_local_stacks(BUILT / "template.yaml"))
            settings.write_text(json.dumps({"Parameters": _settings(running.stack)}))
            print(welcome.addresses(running.stack, running.logins, f"http://127.0.0.1:{port}"), flush=True)
            return _serve(_command(running.stack, settings, port))
        finally:
            up.down(running)


def _serve(command: list[str]) -> int:
    """Runs SAM until it is stopped; it needs a while to remove its containers."""
    environment = build_environment() | CREDENTIALS | {"AWS_DEFAULT_REGION": REGION, "SAM_CLI_TELEMETRY": "0"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(STOP_SECONDS)


def _address_for_containers() -> str:
    """Where MiniStack must listen for the functions' containers to reach it: Docker's own bridge on Linux."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=True, env=build_environment())
    except (OSError, subprocess.CalledProcessError) as error:
        raise LocalFailure("Docker does not answer: start it, or see `sam local` in docs/operations.md") from error
    return asked.stdout.split()[0] if HAS_BRIDGE else ministack.LOOPBACK


def _seen_from_container(endpoint: str) -> str:
    return endpoint if HAS_BRIDGE else endpoint.replace(ministack.LOOPBACK, "host.docker.internal")


def _settings(stack: Stack) -> Mapping[str, str]:
    """What CloudFormation would have filled in; `sam local` takes it only for variables that the template declares."""
    endpoint = _seen_from_container(stack.endpoint)
    return {
        "TABLE_NAME": stack.table_name,
        "DATA_ROLE_ARN": "",  # the containers work with MiniStack's root credentials
        "AWS_ENDPOINT_URL": endpoint,
        "INTEGRATION_KEY": stack.integration_key,
        "BANCARD_URL": f"{_seen_from_container(stack.stand_ins_url)}/bancard",
        "SIGNING_KEY": "signs the cursors of lists on this machine only",
        "SIGNING_KEY_FORMER": "",
        "TOKEN_ISSUER": f"https://cognito-idp.{stack.region}.amazonaws.com/{stack.user_pool_id}",
        "JWKS_URL": f"{endpoint}/{stack.user_pool_id}/.well-known/jwks.json",
        "USER_POOL_CLIENT_ID": stack.client_id,
        "USER_POOL_ID": stack.user_pool_id,
        "SUPERUSER_MFA": "off",
    }


def _command(stack: Stack, settings: Path, port: str) -> list[str]:
    return [
        *(sys.executable, "-m", "samcli", "local", "start-api"),
        *("--template", str(TEMPLATE), "--env-vars", str(settings)),
        *("--host", "127.0.0.1", "--port", port, "--warm-containers", "LAZY"),
        *("--parameter-overrides", "Stage=local", f"EndpointUrl={_seen_from_container(stack.endpoint)}"),
        *(f"Architecture={ARCHITECTURE}", f"Runtime=python{os.environ.get('LAYER_PYTHON') or '3.13'}"),
        *shlex.split(os.environ.get("SAM_LOCAL_ARGS", "")),
    ]


if __name__ == "__main__":
    sys.exit(main())
