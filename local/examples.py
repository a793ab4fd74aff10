"""`make examples STAGE=dev`: the example tenants and their users, on a stage that is deployed.

A second run adds what is missing, and gives the users another password: ``EXAMPLES_PASSWORD``, or a new one.
``AWS_ENDPOINT_URL`` reaches an AWS that answers elsewhere.
"""

import os
import secrets
import sys
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import up, welcome
from local.stack import ROOT, LocalFailure, Stack

TO_TRY_OUT: Final = ("local", "dev", "test")
"""The stages that the template treats as such. On others nobody invents tenants."""
OUTPUTS: Final = {
    "table_name": "TableName",
    "user_pool_id": "UserPoolId",
    "client_id": "UserPoolClientId",
    "api_url": "ApiUrl",
    "integration_key": "IntegrationKey",
}


def main() -> int:
    try:
        stack = find(os.environ.get("STAGE", "dev"))
        password = os.environ.get("EXAMPLES_PASSWORD") or f"Ejemplo-{secrets.token_hex(8)}"
        settings = dict(os.environ) | {"AWS_DEFAULT_REGION": stack.region}
        logins = up.seed(stack, password, settings, ROOT / ".local" / "examples.log")
    except LocalFailure as failure:
        return _fail(str(failure))
    except (ClientError, BotoCoreError) as failure:
        return _fail(f"AWS refused: {failure}")
    print("\n".join([f"API         {stack.api_url}", "", *welcome.users(logins)]))
    if not stack.stand_ins_token:
        print("\nNothing is paid and no calendar followed: StandIns is off, or STAND_INS_TOKEN is not set.")
    return 0


def find(stage: str) -> Stack:
    """The stack `mostrador-<stage>`. Raises LocalFailure for a stage that is not to try things out, or is not there."""
    if stage not in TO_TRY_OUT:
        raise LocalFailure(f"STAGE={stage}: examples are for the stages {', '.join(TO_TRY_OUT)}")
    name = f"mostrador-{stage}"
    found = _describe(name)
    outputs = {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
    if missing := [output for output in OUTPUTS.values() if output not in outputs]:
        raise LocalFailure(f"the stack {name} is not wholly deployed: it has no {', '.join(missing)}")
    return Stack(
        endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
        region=outputs["Region"],
        stand_ins_url=outputs.get("StandInsUrl", ""),
        stand_ins_token=os.environ.get("STAND_INS_TOKEN", ""),
        **{field: outputs[output] for field, output in OUTPUTS.items()},
    )


def _describe(name: str) -> dict[str, Any]:
    cloudformation: Any = boto3.client("cloudformation")
    try:
        stacks: list[dict[str, Any]] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as refused:
        if "does not exist" in str(refused):
            raise LocalFailure(f"there is no stack {name} in this region: deploy it first") from refused
        raise
    return stacks[0]


def _fail(message: str) -> int:
    print(f"make examples: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
