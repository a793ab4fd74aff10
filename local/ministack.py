"""The MiniStack process: started in its own session, stopped by its own id."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.stack import REGION, LocalFailure, environment

LOOPBACK = "127.0.0.1"
START_SECONDS = 120
STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[bytes]
    endpoint: str
    log: Path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def start(home: Path, port: int, host: str = LOOPBACK) -> Server:
    """MiniStack on `port`, with what it knew when it was last stopped with this `home`."""
    _refuse_busy(host, port)
    endpoint = f"http://{host}:{port}"
    scratch = home / "tmp"
    _clear(scratch)
    log = home / "ministack.log"
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": host,  # it asks for no password, and runs what it is given: never open to the network
        "MINISTACK_REGION": REGION,
        "AUTH": "true",  # the functions may do what their roles allow, and nothing else, as on AWS: iam.py
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home / "state"),
        "TMPDIR": str(scratch),  # it leaves there what its workers run
        "IOT_MTLS_ENABLED": "0",  # would take port 8883
        "LOG_LEVEL": "WARNING",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("server.py"))],
            cwd=home,
            env=environment(endpoint) | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C reaches us first, and we stop it in order
        )
    server = Server(process, endpoint, log)
    try:
        _wait_until_ready(server)
    except BaseException:
        stop(server)
        raise
    return server


def stop(server: Server, *, is_kept: bool = True) -> None:
    """Stops MiniStack, which writes down what is to be kept, and the workers it left behind."""
    if server.process.poll() is None:
        if is_kept:
            server.process.terminate()
        else:
            server.process.kill()
        try:
            server.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
    with suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    shutil.rmtree(server.log.parent / "tmp", ignore_errors=True)


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _refuse_busy(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise LocalFailure(f"{host} is not up: with podman it is while a container runs") from error
            raise LocalFailure(
                f"port {port} is in use: stop what uses it, or choose another, as in `make dev MOSTRADOR_PORT=4567`"
            ) from error


def _wait_until_ready(server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise LocalFailure(f"MiniStack stopped by itself; its log is {server.log}")
        with suppress(httpx.TransportError):
            httpx.get(f"{server.endpoint}/_ministack/health", timeout=5, trust_env=False).raise_for_status()
            return
        time.sleep(0.1)
    raise LocalFailure(f"MiniStack did not answer within {START_SECONDS} s; its log is {server.log}")
