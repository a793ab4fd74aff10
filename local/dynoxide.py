"""dynoxide: a DynamoDB in memory that starts in milliseconds, holds transactions and accounts units as AWS does.

``with dynoxide.running() as endpoint:`` gives an empty table of template.yaml; whoever uses it sets
``AWS_ENDPOINT_URL`` to the endpoint before the first client is made.
"""

import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import IO, Any, Final

import boto3
from botocore.config import Config

from local import template
from local.stack import CREDENTIALS, REGION, ROOT, LocalFailure
from mostrador import settings

LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 10
STOP_SECONDS: Final = 5
TRIES: Final = 3
"""Another process may take the free port before dynoxide does."""
_MACHINES: Final = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@contextmanager
def running(table_name: str | None = None) -> Iterator[str]:
    """The endpoint of a fresh dynoxide with the one table, named as the code under test expects unless told."""
    with tempfile.TemporaryFile() as log:
        process, endpoint = _start(log)
        try:
            with closing(client(endpoint)) as made:
                made.create_table(**template.create_table(table_name or settings.table_name()))
            yield endpoint
        finally:
            _stop(process)


def client(endpoint: str) -> Any:
    """A boto3 client of that dynoxide, whatever the environment says."""
    session: Any = boto3.Session()  # untyped: the stubs know services only by their literal names
    return session.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}),
    )


def _start(log: IO[bytes]) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(TRIES):
        port = _free_port()
        process = subprocess.Popen(
            [_binary(), "--host", LOOPBACK, "--port", str(port)],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            if _answers(process, port):
                return process, f"http://{LOOPBACK}:{port}"
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    log.seek(0)
    raise LocalFailure(f"dynoxide did not start: {log.read().decode(errors='replace').strip() or 'it said nothing'}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether it listens, before it ends by itself or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return process.poll() is None
        time.sleep(0.005)
    return False


def _binary() -> str:
    """npm installs the one package that fits this machine."""
    package = f"{sys.platform}-{_MACHINES.get(platform.machine(), platform.machine())}"
    binary = ROOT / "node_modules" / "@dynoxide" / package / "dynoxide"
    if not binary.is_file():
        raise LocalFailure(f"{binary.relative_to(ROOT)} is missing: run `make setup`")
    return str(binary)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])
