"""Reduce botocore's data to the services that are called: ``python trim.py <botocore/data> <service>...``.

Removed are the endpoint rules of all other services, and the documentation of these. Every cold start would read, parse
and keep both.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    data, services = Path(sys.argv[1]), set(sys.argv[2:])
    endpoints = data / "endpoints.json"
    known = _read(endpoints)
    for partition in known["partitions"]:
        partition["services"] = {name: rules for name, rules in partition["services"].items() if name in services}
    _write(endpoints, known)
    for service in services:
        for model in (data / service).rglob("service-2.json*"):
            _write(model, _without_documentation(_read(model)))


def _without_documentation(node: object) -> object:
    if isinstance(node, dict):
        return {key: _without_documentation(child) for key, child in node.items() if not _is_text(key, child)}
    return [_without_documentation(child) for child in node] if isinstance(node, list) else node


def _is_text(key: str, node: object) -> bool:
    """Whether this is documentation and not a member of that name."""
    return key == "documentation" and isinstance(node, str)


def _read(path: Path) -> Any:
    packed = path.read_bytes()
    return json.loads(gzip.decompress(packed) if path.suffix == ".gz" else packed)


def _write(path: Path, node: object) -> None:
    """Write it uncompressed: botocore reads both forms."""
    path.unlink()
    (path.with_suffix("") if path.suffix == ".gz" else path).write_text(json.dumps(node, separators=(",", ":")))


if __name__ == "__main__":
    main()
