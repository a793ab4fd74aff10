"""The chain of the audit log: each line is hashed together with the hash of the line linked before it.

::

    seal 0   SHA-256 of "mostrador audit <slug>"
    line     SHA-256 of the stored line as JSON, without its place (pk, sk, at)
    seal n   SHA-256 of four lines of text: seal n-1, the line's sort key, its digest, when the stream brought it

Digests are lower-case hex. The JSON is DynamoDB's, with attribute names sorted, without spaces, in UTF-8. Anybody with
the items can compute everything again, without a secret.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from mostrador.values.wire import WireItem

_PLACE: Final = frozenset({"pk", "sk", "at"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log: its sort key, its time, the digest of the rest."""

    sk: str
    at: str
    digest: str


@dataclass(frozen=True, slots=True)
class Link:
    """The chain's record of one line; ``seen_at`` is empty where the stream did not bring it."""

    sk: str
    sequence: int
    previous: str
    line: str
    seen_at: str
    digest: str


def genesis(slug: str) -> str:
    """The seal before the first of a tenant's lines."""
    return _sha256(f"mostrador audit {slug}")


def seal(previous: str, sk: str, line: str, seen_at: str) -> str:
    """The ``digest`` of a link."""
    return _sha256("\n".join((previous, sk, line, seen_at)))


def link_line(line: Line, *, sequence: int, previous: str, seen_at: str) -> Link:
    """The link of ``line`` behind the one whose digest is ``previous``."""
    return Link(line.sk, sequence, previous, line.digest, seen_at, seal(previous, line.sk, line.digest, seen_at))


def line_of(stored: WireItem) -> Line:
    """The line in an item of the log; a missing or manipulated field gives an empty text or another digest."""
    content = {name: value for name, value in stored.items() if name not in _PLACE}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=repr)
    return Line(_text(stored, "sk"), _text(stored, "at"), _sha256(text))


def link_of(stored: WireItem, sk: str) -> Link:
    """The link in an item of the chain, of the line at ``sk``; a manipulated sequence is read as -1."""
    sequence = str(stored.get("sequence", {}).get("N", ""))
    texts = [_text(stored, name) for name in ("previous", "line", "seen_at", "digest")]
    return Link(sk, int(sequence) if sequence.isdigit() else -1, *texts)


def _text(stored: WireItem, name: str) -> str:
    return str(stored.get(name, {}).get("S", ""))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
