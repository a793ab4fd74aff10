"""BLS signatures on BLS12-381 with the signature in G1 and the key in G2, checked with the standard library alone.

``e(signature, G2) = e(hash(message), key)`` is checked as one product of optimal ate pairings that must be 1.
A check takes part of a second, and a draw needs one. This module cannot sign.

https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-bls-signature-05 (the scheme, minimal-signature-size)
https://eprint.iacr.org/2008/096 (the loop and the final power)
"""

from typing import Final

from mostrador.raffles.rules import bls_curve, bls_hash
from mostrador.raffles.rules.bls_curve import G2, Fp2, P, Point, R

DOMAIN: Final = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"

# The curve's parameter is -LOOP. The final power is (P^12 - 1) / R; its factor P^6 - 1 is left to _is_one.
_LOOP: Final = 0xD201000000010000
_POWER: Final = (P**2 + 1) * (P**4 - P**2 + 1) // R

# Fp12 = Fp2[w] / (w^6 - (1 + u)): six coefficients, that of 1 first.
_Fp12 = list[Fp2]
_DEGREE: Final = 6
_XI: Final = Fp2(1, 1)
_ZERO: Final = Fp2(0)
_ONE: Final[_Fp12] = [Fp2(1), _ZERO, _ZERO, _ZERO, _ZERO, _ZERO]


def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (48 bytes) is the signature of ``message`` by ``public_key`` (96 bytes).

    A message has exactly one signature: bytes that do not stand for a point of the group are refused.
    """
    try:
        key, signed = bls_curve.g2(public_key), bls_curve.g1(signature)
    except bls_curve.NotAPoint:
        return False
    hashed = bls_hash.hashed(message, DOMAIN)
    return hashed is not None and _is_one(_paired([(bls_curve.negative(signed), G2), (hashed, key)]))


def _paired(pairs: list[tuple[tuple[Fp2, Fp2], tuple[Fp2, Fp2]]]) -> _Fp12:
    """The product of the Miller loops of points of G1 with points of G2, before the final power."""
    product = _ONE
    moving: list[Point] = [of_g2 for _, of_g2 in pairs]
    for bit in f"{_LOOP:b}"[1:]:
        product = _multiplied(product, product)
        for index, (of_g1, of_g2) in enumerate(pairs):
            for step in [moving[index], of_g2] if bit == "1" else [moving[index]]:
                product = _multiplied(product, _line(moving[index], step, of_g1))
                moving[index] = bls_curve.add(moving[index], step)
    return product


def _line(left: Point, right: Point, at: tuple[Fp2, Fp2]) -> _Fp12:
    """The value of the line through two points of G2 at a point of G1.

    The points of G2 are untwisted by (x/w², y/w³). The value is multiplied by w³, which the final power undoes.
    """
    gradient = bls_curve.slope(left, right) if left and right else None
    if left is None or gradient is None:
        raise ArithmeticError("the line through multiples of a point of order R is never vertical in this loop")
    return [gradient * left[0] - left[1], _ZERO, -gradient * at[0], at[1], _ZERO, _ZERO]


def _is_one(value: _Fp12) -> bool:
    """Whether the final power of ``value`` is 1.

    With ``h = value^_POWER``, ``h^(P^6 - 1)`` is 1 where ``h^(P^6) = h``. That is where h lies in Fp6: its odd
    coefficients are 0.
    """
    power = _ONE
    for bit in f"{_POWER:b}":
        power = _multiplied(power, power)
        if bit == "1":
            power = _multiplied(power, value)
    return any(power[0::2]) and not any(power[1::2])


def _multiplied(left: _Fp12, right: _Fp12) -> _Fp12:
    wide = [_ZERO] * (2 * _DEGREE - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            if a and b:
                wide[i + j] += a * b
    return [low + _XI * high for low, high in zip(wide, wide[_DEGREE:], strict=False)] + [wide[_DEGREE - 1]]
