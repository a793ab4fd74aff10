"""The Merkle tree of RFC 6962: its root is the hash of a whole list, and a short path proves that an entry is in it.

A leaf hashes ``00 || entry`` and a node ``01 || left || right``, so neither can pass for the other. A node without a
neighbour moves up unchanged. It is never paired with a copy of itself, so no two lists have the same root.

https://www.rfc-editor.org/rfc/rfc6962#section-2.1 (tree and path), https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
(from a path to the root)
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final

from mostrador.errors import Invalid

Tree = Sequence[Sequence[bytes]]
"""The levels of a tree, from the leaves up to the root alone."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class PathDoesNotFit(Invalid):
    code = "path_does_not_fit"
    en = "a path of {steps} steps does not lead from entry {index} to the root of {size} entries"
    es = "un camino de {steps} pasos no lleva de la entrada {index} a la raíz de {size} entradas"


def leaf(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(_LEAF + entry).digest()


def tree(leaves: Sequence[bytes]) -> Tree:
    """Every level from ``leaves`` (hashes made by ``leaf``) up to the root; one tree gives the path of each leaf."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[0::2], below[1::2], strict=False)
        levels.append([_node(left, right) for left, right in pairs] + list(below[len(below) & ~1 :]))
    return levels


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over ``leaves``; without leaves the hash of no bytes."""
    return tree(leaves)[-1][0] if leaves else sha256(b"").digest()


def inclusion_path(levels: Tree, index: int) -> list[bytes]:
    """The neighbours of leaf ``index``, from 0, on its way up to the root."""
    path = []
    for level in levels[:-1]:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        index //= 2
    return path


def root_from_path(of_leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that ``path`` leads to from leaf ``index``, from 0, of ``size``. Raises PathDoesNotFit."""
    sides = list(_sides(index, size)) if 0 <= index < size else None
    if sides is None or len(sides) != len(path):
        raise PathDoesNotFit(steps=len(path), index=index, size=size)
    root = of_leaf
    for neighbour, is_left in zip(path, sides, strict=True):
        root = _node(neighbour, root) if is_left else _node(root, neighbour)
    return root


def _sides(index: int, size: int) -> Iterator[bool]:
    """For each neighbour on the way up, whether it is the left one."""
    while size > 1:
        if index ^ 1 < size:
            yield index % 2 == 1
        index, size = index // 2, (size + 1) // 2


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(_NODE + left + right).digest()
