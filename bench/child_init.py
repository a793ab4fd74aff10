"""Run in a fresh interpreter: one cold start, timed. Arguments: ``ours`` or ``plain``, then what the path begins with.

Prints seconds and the peak of resident bytes. Nothing is imported before the clock starts but what Python itself has.
"""

import sys
import time


def start_ours() -> None:
    """What Lambda does before a function's first request can reach DynamoDB."""
    __import__("app")
    base = __import__("mostrador.table.base", fromlist=["Item"])
    _ = base.client()


def start_plain() -> None:
    """The least that any function on DynamoDB does."""
    session = __import__("botocore.session", fromlist=["get_session"])
    session.get_session().create_client("dynamodb", region_name="us-east-1")


def peak() -> int:
    """Not getrusage on Linux: there a child inherits the peak of the process that started it."""
    resource = __import__("resource")
    try:
        with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib would be imported for it
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    except OSError:
        return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    sys.path[:0] = sys.argv[2:]
    start = {"ours": start_ours, "plain": start_plain}[sys.argv[1]]
    before = time.perf_counter()
    start()
    print(time.perf_counter() - before, peak())
