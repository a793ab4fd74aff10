"""Text as people type it, cleaned; and text for searching and sorting, without accents and case."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

SLUG: Final = r"^[a-z0-9-]{2,63}$"
"""The form of a tenant's identifier."""
_LINE_BREAKS: Final = ("\r\n", "\r", "\u2028", "\u2029")
_JOINER: Final = "\u200d"
_JOINERS: Final = ("\u200c", _JOINER)
"""They shape the letters of Indic scripts after a virama; the second also joins emoji."""
_VIRAMA: Final = 9
_PRESENTATION: Final = ("\ufe0e", "\ufe0f")
"""Variation selectors: the sign before them is shown as text, or as an emoji."""
_SHOWN_EITHER_WAY: Final = frozenset("0123456789#*\u203c\u2049\u3030")
"""What is no symbol, and has a form as an emoji."""
_FLAG: Final = "\U0001f3f4"
_TAGS: Final = range(0xE0020, 0xE0080)
"""Invisible letters that name the region of a flag."""
_PICTOGRAPHS: Final = range(0x1F000, 0x1FFFE)
"""Set aside for emoji: Python's tables do not know the newest ones."""
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
"""Letters and marks without a shape, beside Unicode's format characters (Cf)."""
_MOST_MARKS: Final = 30
"""On one letter, as in Unicode's stream-safe text (UAX #15): to sort marks takes time quadratic in their number."""
_BLANK: Final = "\u2800"
"""The Braille pattern without dots, which looks like a space."""
_PLAIN: Final = {
    "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n", "ə": "e", "ĸ": "k",
    "’": "'", "‘": "'", "ʼ": "'", "ʹ": "'", "`": "'", "‐": "-", "‑": "-", "–": "-", "—": "-",
}  # fmt: skip
"""Letters and signs whose name does not tell the plain one."""
_VARIANT: Final = re.compile(r"LATIN SMALL LETTER (?:CLOSED |OPEN |SCRIPT |DOTLESS )?([A-Z])(?: WITH .+)?")
_REPLACED: Final = "\ufffd"
"""It stands where bytes were no text."""


class BadCharacter(ValueError):
    """``character``, as ``U+0000``, is no text that a person can write."""

    def __init__(self, character: str) -> None:
        self.character = f"U+{ord(character):04X}"
        super().__init__(f"the character {self.character} cannot be stored")


def folded(text: str) -> str:
    """``"Ñandutí  Łópez"`` -> ``"nanduti lopez"``; ``#`` is dropped because keys are split by it.

    Latin letters with a stroke, a hook or another form become the plain letter: ø o, đ d, æ ae. Typographic
    apostrophes and dashes become those of the keyboard.
    """
    plain = folded_before(text.replace("´", "'"))
    return plain if plain.isascii() else " ".join("".join(map(_plain_letter, plain)).split())


def folded_before(text: str) -> str:
    """``folded`` as items of before have it: without accents and case, and with letters such as ł."""
    plain = unicodedata.normalize("NFKD", _without_piles(text.casefold()))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter) and letter != "#")
    return " ".join(kept.split())


def is_part(q: str | None, *texts: str | None) -> bool:
    """Whether one of the texts has ``q``, both ``folded``; None is a part of any."""
    wanted = folded(q or "")
    return any(wanted in folded(text) for text in texts if text)


def _plain_letter(letter: str) -> str:
    """Unicode names the plain letter: ``LATIN SMALL LETTER L WITH STROKE``."""
    if letter.isascii() or letter in _PLAIN:
        return _PLAIN.get(letter, letter)
    named = _VARIANT.fullmatch(unicodedata.name(letter, ""))
    return named[1].lower() if named else letter


def one_line(text: str) -> str:
    """A name as it is stored: ``visible``, and one space for any spaces, tabs and line breaks. Raises BadCharacter."""
    return " ".join(visible(text).replace(_BLANK, " ").split())


def paragraph(text: str) -> str:
    """Text of several lines as it is stored: ``visible``, without space around it. Raises BadCharacter."""
    return visible(text).strip()


def visible(text: str) -> str:
    """``text`` in NFC without invisible marks, its lines ended by a newline. Joined emoji stay whole.

    Raises BadCharacter for a control character other than newline and tab.
    """
    for line_break in _LINE_BREAKS:
        text = text.replace(line_break, "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    kept: list[str] = []
    for letter, after in zip(text, [*text[1:], ""], strict=True):
        if _is_bad(letter):
            raise BadCharacter(letter)
        if not _is_invisible(letter) or (kept and _has_meaning(letter, kept[-1], after)):
            kept.append(letter)
    return unicodedata.normalize("NFC", _without_piles(kept))


def _without_piles(text: Iterable[str]) -> str:
    """The text with at most _MOST_MARKS marks on one letter."""
    kept, marks = list[str](), 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def _is_bad(letter: str) -> bool:
    """Whether it is a control character, a lone surrogate, a letter of nobody or one that was lost."""
    if letter.isprintable() or letter in "\n\t" or ord(letter) in _PICTOGRAPHS:
        return letter == _REPLACED
    return unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn")


def _is_invisible(letter: str) -> bool:
    is_format = not letter.isprintable() and unicodedata.category(letter) == "Cf"
    return is_format or letter in _INVISIBLE or letter in _PRESENTATION


def _has_meaning(mark: str, before: str, after: str) -> bool:
    """Whether an invisible mark is part of the sign between whose letters it stands."""
    if mark in _PRESENTATION:
        return _is_sign(before) or before in _SHOWN_EITHER_WAY
    if ord(mark) in _TAGS:
        return before == _FLAG or ord(before) in _TAGS
    if mark == _JOINER and after and _is_sign(after):
        return _is_sign(before) or before in _PRESENTATION
    return mark in _JOINERS and unicodedata.combining(before) == _VIRAMA


def _is_sign(letter: str) -> bool:
    """Whether it can be part of an emoji."""
    return unicodedata.category(letter)[0] == "S" or ord(letter) in _PICTOGRAPHS
