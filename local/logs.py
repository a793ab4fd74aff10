"""`make logs`: the functions' newest lines on this machine; `FIND=<request_id>` keeps those with a text."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.stack import NAME, ROOT, Stack

GROUP: Final = f"/aws/cloudformation/{NAME}/FunctionLogs"
SINCE_SECONDS: Final = 3600
NEWEST: Final = 200
"""The most lines that are printed."""


def main() -> int:
    try:
        stack = Stack(**json.loads((ROOT / ".local" / "ready.json").read_text())["stack"])
        print("\n".join(lines(stack, os.environ.get("FIND", ""))))
    except OSError:
        print("make logs: `make dev` has never started here", file=sys.stderr)
        return 1
    except (ClientError, BotoCoreError) as failure:
        print(f"make logs: is `make dev` running? {failure}", file=sys.stderr)
        return 1
    return 0


def lines(stack: Stack, text: str = "") -> list[str]:
    """The newest lines of the last hour, oldest first, each with its time in UTC; only those that have ``text``."""
    pages = stack.client("logs").get_paginator("filter_log_events")
    begin = int((time.time() - SINCE_SECONDS) * 1000)
    found: list[dict[str, Any]] = [
        event
        for page in pages.paginate(logGroupName=GROUP, startTime=begin)
        for event in page["events"]
        if text in event["message"]
    ]
    found.sort(key=lambda event: event["timestamp"])
    return [f"{_at(event['timestamp'])} {event['message'].rstrip()}" for event in found[-NEWEST:]]


def _at(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")


if __name__ == "__main__":
    sys.exit(main())
