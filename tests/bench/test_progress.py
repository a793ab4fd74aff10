"""The bench says what it measures and how far it is, in a terminal and outside one."""

import io

from bench import progress
from bench.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_outside_a_terminal_each_group_begins_and_ends_with_a_line():
    out = io.StringIO()
    shown = Progress(["packages", "race"], out)

    shown.begin("packages")
    shown.end(12.3)
    shown.begin("race")

    assert [line.partition("] ")[2] for line in out.getvalue().splitlines()] == [
        "1/2 packages: started",
        "1/2 packages: done in 12 s",
        "2/2 race: started",
    ]


def test_outside_a_terminal_steps_are_told_after_some_seconds(monkeypatch):
    out, clock = io.StringIO(), iter([0.0, 1.0, 2.0, 9.0])
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    shown = Progress(["race"], out)

    shown.begin("race")
    shown.step("rounds", 1, 20)
    shown.step("rounds", 2, 20)

    assert out.getvalue().splitlines() == ["[0:01] 1/1 race: started", "[0:09] 1/1 race: rounds 2/20"]


def test_a_terminal_shows_each_step_on_one_line():
    out = Terminal()
    shown = Progress(["race"], out)

    shown.begin("race")
    shown.step("rounds", 1, 20)

    assert "\n" not in out.getvalue()
    assert out.getvalue().split("\r")[-1].strip().endswith("race: rounds 1/20")


def test_steps_are_reported_one_after_the_other(monkeypatch):
    told = []
    monkeypatch.setattr(progress, "step", lambda *step: told.append(step))

    assert list(progress.steps("sizes", [10, 20])) == [10, 20]
    assert told == [("sizes", 1, 2), ("sizes", 2, 2)]
