"""BLS12-381: the points of its two groups, and their compressed form.

G1 is the part of order R of ``y² = x³ + 4`` over Fp. G2 is that of ``y² = x³ + 4(1 + u)`` over Fp2 = Fp[u]/(u² + 1).
Coordinates in Fp are written as elements of Fp2 whose second half is 0, so that one addition serves both groups.
All values are public, so nothing needs to take constant time.

https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-pairing-friendly-curves-11#section-4.2.1 (the numbers)
https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-pairing-friendly-curves-11#appendix-C (the compressed form)
"""

from typing import Final

P: Final = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
R: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
_B: Final = 4
FIELD_BYTES: Final = 48

_COMPRESSED: Final = 0x80
_INFINITY: Final = 0x40
_LARGER_Y: Final = 0x20


class NotAPoint(ValueError):
    """The bytes do not stand for a point of the expected group."""


class Fp2:
    """``re + im·u``, both halves from 0 to P - 1."""

    __slots__ = ("im", "re")

    def __init__(self, re: int, im: int = 0) -> None:
        self.re = re % P
        self.im = im % P

    def __add__(self, other: "Fp2") -> "Fp2":
        return Fp2(self.re + other.re, self.im + other.im)

    def __sub__(self, other: "Fp2") -> "Fp2":
        return Fp2(self.re - other.re, self.im - other.im)

    def __neg__(self) -> "Fp2":
        return Fp2(-self.re, -self.im)

    def __mul__(self, other: "Fp2") -> "Fp2":
        return Fp2(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def __truediv__(self, other: "Fp2") -> "Fp2":
        norm = pow(other.re * other.re + other.im * other.im, -1, P)
        return self * Fp2(other.re * norm, -other.im * norm)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fp2) and (self.re, self.im) == (other.re, other.im)

    def __hash__(self) -> int:
        return hash((self.re, self.im))

    def __bool__(self) -> bool:
        return bool(self.re or self.im)

    def is_larger(self) -> bool:
        """Whether it is larger than its negative; ``im`` is compared first, then ``re``."""
        return 2 * (self.im or self.re) > P


Point = tuple[Fp2, Fp2] | None
"""An affine point; None is the point at infinity."""

G2: Final[tuple[Fp2, Fp2]] = (
    Fp2(
        0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8,
        0x13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E,
    ),
    Fp2(
        0x0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801,
        0x0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE,
    ),
)


def slope(left: tuple[Fp2, Fp2], right: tuple[Fp2, Fp2]) -> Fp2 | None:
    """The slope of the line through two points, or of the tangent where they are equal; None where it is vertical."""
    (x1, y1), (x2, y2) = left, right
    if x1 != x2:
        return (y2 - y1) / (x2 - x1)
    if y1 != y2 or not y1:
        return None
    return Fp2(3) * x1 * x1 / (y1 + y1)


def add(left: Point, right: Point) -> Point:
    """The sum of two points of the same group."""
    if left is None or right is None:
        return right if left is None else left
    gradient = slope(left, right)
    if gradient is None:
        return None
    x = gradient * gradient - left[0] - right[0]
    return x, gradient * (left[0] - x) - left[1]


def times(count: int, point: Point) -> Point:
    """The sum of ``count`` copies of ``point``."""
    total: Point = None
    for bit in f"{count:b}":
        total = add(total, total)
        if bit == "1":
            total = add(total, point)
    return total


def negative(point: tuple[Fp2, Fp2]) -> tuple[Fp2, Fp2]:
    """The point whose sum with this one is the point at infinity."""
    return point[0], -point[1]


def g1(compressed: bytes) -> tuple[Fp2, Fp2]:
    """The point of G1 that 48 bytes stand for. Raises NotAPoint, also for the point at infinity."""
    (x,) = _numbers(compressed, 1)
    y = _root(x**3 + _B)
    is_on_curve = (y * y - x**3 - _B) % P == 0
    return _point(Fp2(x), Fp2(y) if is_on_curve else None, compressed)


def g2(compressed: bytes) -> tuple[Fp2, Fp2]:
    """The point of G2 that 96 bytes stand for, ``im`` first. Raises NotAPoint, also for the point at infinity."""
    im, re = _numbers(compressed, 2)
    x = Fp2(re, im)
    return _point(x, square_root(x * x * x + Fp2(_B, _B)), compressed)


def _numbers(compressed: bytes, count: int) -> list[int]:
    if len(compressed) != count * FIELD_BYTES:
        raise NotAPoint(f"it has {len(compressed)} bytes instead of {count * FIELD_BYTES}")
    if not compressed[0] & _COMPRESSED or compressed[0] & _INFINITY:
        raise NotAPoint("it is not compressed, or the point at infinity")
    plain = bytes([compressed[0] & 0x1F]) + compressed[1:]
    numbers = [int.from_bytes(plain[start : start + FIELD_BYTES]) for start in range(0, len(plain), FIELD_BYTES)]
    if max(numbers) >= P:
        raise NotAPoint("a coordinate is not below P")
    return numbers


def _point(x: Fp2, y: Fp2 | None, compressed: bytes) -> tuple[Fp2, Fp2]:
    if y is None:
        raise NotAPoint("it is not on the curve")
    point = (x, y if y.is_larger() == bool(compressed[0] & _LARGER_Y) else -y)
    if times(R, point) is not None:
        raise NotAPoint("it is not in the group of order R")
    return point


def square_root(square: Fp2) -> Fp2 | None:
    """One of the two square roots; None where there is none."""
    length = _root(square.re * square.re + square.im * square.im)
    for real in ((square.re + length) * _HALF, (square.re - length) * _HALF):
        re = _root(real)
        root = Fp2(re, square.im * pow(2 * re, -1, P)) if re else Fp2(0, _root(-square.re))
        if root * root == square:
            return root
    return None


_HALF: Final = pow(2, -1, P)


def _root(square: int) -> int:
    """A square root in Fp if there is one (P is 3 mod 4), another number if not."""
    return pow(square, (P + 1) // 4, P)
