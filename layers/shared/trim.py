"""Cuts botocore's data down to what is called: ``python trim.py <botocore/data> <service>...``.

The endpoint rules of services that are never called and the documentation of those that are would be read, parsed
and kept in memory at every cold start.
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
        partition["services"] = {name: one for name, one in partition["services"].items() if name in services}
    _write(endpoints, known)
    for service in services:
        for model in (data / service).rglob("service-2.json*"):
            _write(model, _without_documentation(_read(model)))


def _without_documentation(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_documentation(one) for key, one in node.items() if not _is_text(key, one)}
    return [_without_documentation(one) for one in node] if isinstance(node, list) else node


def _is_text(key: str, node: Any) -> bool:
    """Whether this is documentation and not a member of that name."""
    return key == "documentation" and isinstance(node, str)


def _read(path: Path) -> Any:
    packed = path.read_bytes()
    return json.loads(gzip.decompress(packed) if path.suffix == ".gz" else packed)


def _write(path: Path, node: Any) -> None:
    """Uncompressed, whatever it was: botocore reads either."""
    path.unlink()
    (path.with_suffix("") if path.suffix == ".gz" else path).write_text(json.dumps(node, separators=(",", ":")))


if __name__ == "__main__":
    main()
