"""Time that passes at once for one raffle, and the verifier that anybody may run."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from local import beacon
from mostrador.raffles.rules import commitments, instants, randomness
from tests.journeys.conftest import sweep
from tests.journeys.visitors import aws
from tests.support import template


def time_to_freeze(stack):
    """Long enough for the sweeper to freeze what was sold before the draw: this machine may be a slow one."""
    sweep(stack)
    since = time.monotonic()
    sweep(stack)
    return timedelta(seconds=5 + 6 * (time.monotonic() - since))


def hurry(stack, slug, raffle_id):
    """Move the close of a closed raffle back, and its draw near: nobody waits a day in a test."""
    wait = time_to_freeze(stack)
    table, key = aws(stack, "dynamodb"), {"pk": {"S": f"T#{slug}#RAFFLES"}, "sk": {"S": f"RAFFLE#{raffle_id}"}}
    published = json.loads(table.get_item(TableName=stack.table_name, Key=key)["Item"]["commitment"]["S"])
    draw_at = (datetime.now(UTC) + wait).replace(microsecond=0)
    method = published["method"]
    if method["name"] == "drand":
        method = randomness.to_document(randomness.drand_method(beacon.chain(), draw_at))
    commitment = published | {"draw_at": instants.published(draw_at), "method": method}
    long_ago = instants.published(draw_at - timedelta(hours=1))
    changed = {
        "closed_at": long_ago,
        "due_at": long_ago,
        "draw_at": instants.published(draw_at),
        "commitment": json.dumps(commitment),
        "commitment_digest": commitments.digest(commitment),
    }
    table.update_item(
        TableName=stack.table_name,
        Key=key,
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in changed),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in changed.items()},
    )


def verified(tmp_path, proof, *arguments):
    """The exit status of the verifier, and what it says."""
    (tmp_path / "proof.json").write_text(proof)
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "mostrador.verify", str(tmp_path / "proof.json"), *arguments],
        cwd=template.ROOT / "layers" / "shared",
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
