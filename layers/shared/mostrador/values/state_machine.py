"""State machines: a table of moves, and the refusal of every other move."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final, Generic, TypeVar

from mostrador.errors import Conflict
from mostrador.values.next_actions import NextAction

S = TypeVar("S", bound=StrEnum)


class WrongState(Conflict):
    """The move from ``current`` to ``wanted`` is not in the table; each domain says it in its own words."""

    code = "wrong_state"
    en = "what is {current} cannot become {wanted}"
    es = "lo que está en estado {current} no puede pasar a {wanted}"
    next_action = NextAction.READ_AGAIN


class StateMachine(Generic[S]):
    """``moves``: each state with those that may follow it. A state without an entry is final."""

    def __init__(self, moves: Mapping[S, Collection[S]], refusal: type[WrongState] = WrongState) -> None:
        self._moves: Final[Mapping[str, frozenset[S]]] = {state: frozenset(after) for state, after in moves.items()}
        self._refusal: Final = refusal

    def following(self, current: str) -> frozenset[S]:
        """The states that ``current``, a state or its stored text, may become."""
        return self._moves.get(current, frozenset())

    def allows(self, current: str, wanted: S) -> bool:
        """Whether ``current`` may become ``wanted``."""
        return wanted in self.following(current)

    def check(self, current: str, wanted: S) -> None:
        """Raise the refusal unless ``current`` may become ``wanted``."""
        if not self.allows(current, wanted):
            raise self._refusal(current=str(current), wanted=wanted.value)
