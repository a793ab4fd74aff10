"""The moves of a visit in requests."""

from pydantic import Field

from mostrador.fields import Request
from mostrador.scheduling.rules.visits import VisitMove


class Undoing(Request):
    move: VisitMove = Field(
        title="Lo que se deshace", description="The last thing done; `may` names it. Another one is refused."
    )
