"""Builds the real template for this machine and deploys it to MiniStack, with SAM's own commands."""

import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from local import beacon, made
from local import gateway as gateway_definition
from local.stack import NAME, REGION, ROOT, LocalFailure, Stack, build_environment, environment

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
APIS = "_aws/execute-api"
STAND_INS_TOKEN = "everybody-on-this-machine-knows-it"
SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers", "local")


def fingerprint() -> str:
    """Changes when anything that is deployed or seeded does."""
    digest = hashlib.sha256(f"{PYTHON} {ARCHITECTURE}".encode())
    for path in _sources():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        paths = [ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).rglob("*"))
        yield from (path for path in paths if path.is_file() and not _is_made(path))


def _is_made(path: Path) -> bool:
    return "__pycache__" in path.parts or path.name in ("openapi.json", "holidays.json")


def build(home: Path) -> None:
    """`sam build` with the layers for the Python and the machine that MiniStack runs functions with: this one."""
    settings = {
        "LAYER_PLATFORM": "local",
        "LAYER_PYTHON": PYTHON,
        "LAYER_CACHE": os.environ.get("LAYER_CACHE", str(ROOT / ".build" / "layers")),
    }
    _make(home)
    command = ["build", "--parallel", "--build-dir", str(home / "build"), *_parameters()]
    _sam(command, home / "build.log", build_environment() | settings)
    built = home / "build" / "template.yaml"
    built.write_text(made.for_local_stacks(built))


def _make(home: Path) -> None:
    """Write what the template and the layer include: the gateway's definition, the OpenAPI document, holidays."""
    paths = (ROOT / "layers" / "shared", ROOT / "layers" / "stand_ins", ROOT)
    settings = build_environment() | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "local.made"]
    finished = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    if finished.returncode:
        (home / "build.log").write_text(finished.stderr)
        raise LocalFailure(f"what the build includes could not be made; see {home / 'build.log'}")


def deploy(home: Path, endpoint: str, beacon_url: str) -> Stack:
    """`sam deploy`, then the addresses of what it made."""
    log = home / "deploy.log"
    _ensure_bucket(endpoint)
    _forget_failed_creation(endpoint)
    command = [
        "deploy",
        *("--template-file", str(home / "build" / "template.yaml")),
        *("--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"),
        *_parameters(
            Stage="local",
            SuperuserMfa="off",
            StandIns="on",
            StandInsToken=STAND_INS_TOKEN,
            CognitoUrl=endpoint,
            ExecuteApiUrl=f"{endpoint}/{APIS}",
            DrandUrl=beacon_url,
            DrandChain=beacon.setting(),
        ),
    ]
    try:
        _sam(command, log, environment(endpoint) | {"SAM_CLI_POLL_DELAY": "0.5"})
    except LocalFailure as failure:
        if reason := _failed_resource(endpoint):
            raise LocalFailure(f"the deployment failed at {reason}; its log is {log}") from failure
        raise
    stack = _describe(endpoint)
    _apply_gateway_responses(stack)
    return stack


def is_deployed(stack: Stack) -> bool:
    """Whether MiniStack still knows this stack, after a restart or a crash."""
    try:
        return _describe(stack.endpoint) == stack
    except LocalFailure:
        return False


def _parameters(**values: str) -> list[str]:
    values = {"Runtime": f"python{PYTHON}", "Architecture": ARCHITECTURE} | values
    return ["--parameter-overrides", *(f"{name}={value}" for name, value in values.items())]


def _sam(arguments: list[str], log: Path, settings: Mapping[str, str]) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        command = [sys.executable, "-m", "samcli", *arguments]
        path = f"{Path(sys.executable).parent}{os.pathsep}{settings['PATH']}"  # for make, uv and python
        finished = subprocess.run(
            command,
            cwd=ROOT,
            env={**settings, "PATH": path, "SAM_CLI_TELEMETRY": "0"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        raise LocalFailure(f"`sam {arguments[0]}` failed: {_reason(log)}; its log is {log}")


def _reason(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("Error:")), lines[-1] if lines else "it said nothing")


def _ensure_bucket(endpoint: str) -> None:
    _unplaced(endpoint).client("s3").create_bucket(Bucket=NAME)


def _forget_failed_creation(endpoint: str) -> None:
    """A stack whose first creation failed can only be deleted."""
    cloudformation = _unplaced(endpoint).client("cloudformation")
    found = cloudformation.list_stacks(StackStatusFilter=["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])["StackSummaries"]
    if any(stack["StackName"] == NAME for stack in found):
        cloudformation.delete_stack(StackName=NAME)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})


def _failed_resource(endpoint: str) -> str:
    """The resource that a deployment failed at, and why; nothing when it did not get that far."""
    cloudformation = _unplaced(endpoint).client("cloudformation")
    try:
        events = cloudformation.describe_stack_events(StackName=NAME)["StackEvents"]
    except cloudformation.exceptions.ClientError:
        return ""
    failed = (event for event in events if event["ResourceStatus"].endswith("_FAILED"))
    event = next(failed, None)
    return f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" if event else ""


def _unplaced(endpoint: str) -> Stack:
    return Stack(endpoint, REGION, "", "", "", "")


def _describe(endpoint: str) -> Stack:
    cloudformation = _unplaced(endpoint).client("cloudformation")
    try:
        found = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        raise LocalFailure(f"there is no stack {NAME} on {endpoint}") from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return Stack(
        endpoint=endpoint,
        region=REGION,
        api_url=_local(endpoint, outputs["ApiUrl"]),
        table_name=outputs["TableName"],
        user_pool_id=outputs["UserPoolId"],
        client_id=outputs["UserPoolClientId"],
        stand_ins_url=_local(endpoint, outputs["StandInsUrl"]),
        stand_ins_token=STAND_INS_TOKEN,
        integration_key=outputs["IntegrationKey"],
    )


def _local(endpoint: str, url: str) -> str:
    """Where MiniStack answers for an API whose address on AWS would be ``url``."""
    api_id = (urlsplit(url).hostname or "").split(".")[0]
    return f"{endpoint}/{APIS}/{api_id}/local"


def _apply_gateway_responses(stack: Stack) -> None:
    """MiniStack overlooks the gateway's own answers in an API's definition, but honours those put one by one."""
    api_id, stage = stack.api_url.split("/")[-2:]
    gateway, definition = stack.client("apigateway"), gateway_definition.definition()
    for kind, answer in definition["x-amazon-apigateway-gateway-responses"].items():
        gateway.put_gateway_response(restApiId=api_id, responseType=kind, **answer)
    for page in gateway.get_paginator("get_resources").paginate(restApiId=api_id):
        for resource in (one for one in page["items"] if one["path"] in definition["paths"]):
            options = definition["paths"][resource["path"]]["options"]["x-amazon-apigateway-integration"]
            gateway.put_integration_response(
                restApiId=api_id, resourceId=resource["id"], httpMethod="OPTIONS", **options["responses"]["default"]
            )
    gateway.create_deployment(restApiId=api_id, stageName=stage)
