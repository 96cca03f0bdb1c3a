"""A matcher whose time is bounded: back-tracking that never visits one (instruction, place) twice.

The visits are only repeated when the pattern has back-references; then the budget of the evaluation ends it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from chengshu.rules.feel.pattern_syntax import Anchor, Back, Char, Choice, Group, Piece, Repeat, Sequence, bad

MAX_PROGRAM = 20_000
Saves = tuple[int, ...]


@dataclass(slots=True)
class Step:
    """One instruction: ``op`` with targets, a character test or a number."""

    op: str
    test: re.Pattern[str] | None = None
    number: int = 0
    targets: tuple[int, ...] = ()


class Machine:
    """A compiled pattern."""

    def __init__(self, tree: Piece, groups: int, flags: int) -> None:
        self.flags = flags
        self.groups = groups
        self.steps: list[Step] = []
        self.repeats = False
        self.tests: dict[str, re.Pattern[str]] = {}
        self.emit(tree)
        self.add(Step("match"))

    def add(self, step: Step) -> int:
        if len(self.steps) >= MAX_PROGRAM:
            raise bad("…", "too complex")
        self.steps.append(step)
        return len(self.steps) - 1

    def emit(self, piece: Piece) -> None:
        if isinstance(piece, Char):
            test = self.tests.setdefault(piece.source, re.compile(piece.source, self.flags))
            self.add(Step("char", test))
        elif isinstance(piece, Anchor):
            self.add(Step("start" if piece.start else "end"))
        elif isinstance(piece, Back):
            self.repeats = True
            self.add(Step("back", number=piece.group))
        elif isinstance(piece, Sequence):
            for part in piece.parts:
                self.emit(part)
        elif isinstance(piece, Group):
            if piece.index:
                self.add(Step("save", number=2 * piece.index))
            self.emit(piece.body)
            if piece.index:
                self.add(Step("save", number=2 * piece.index + 1))
        elif isinstance(piece, Choice):
            self.emit_choice(piece)
        elif isinstance(piece, Repeat):
            self.emit_repeat(piece)

    def emit_choice(self, piece: Choice) -> None:
        jumps: list[int] = []
        for branch in piece.branches[:-1]:
            fork = self.add(Step("fork"))
            self.emit(branch)
            jumps.append(self.add(Step("jump")))
            self.steps[fork].targets = (fork + 1, len(self.steps))
        self.emit(piece.branches[-1])
        for jump in jumps:
            self.steps[jump].targets = (len(self.steps),)

    def emit_repeat(self, piece: Repeat) -> None:
        for _ in range(piece.low):
            self.emit(piece.body)
        if piece.high is None:
            fork = self.add(Step("fork"))
            self.emit(piece.body)
            self.add(Step("jump", targets=(fork,)))
            self.aim(fork, piece.lazy)
            return
        forks: list[int] = []
        for _ in range(piece.high - piece.low):
            forks.append(self.add(Step("fork")))
            self.emit(piece.body)
        for fork in forks:
            self.aim(fork, piece.lazy)

    def aim(self, fork: int, lazy: bool) -> None:
        inside, after = fork + 1, len(self.steps)
        self.steps[fork].targets = (after, inside) if lazy else (inside, after)

    def search(self, text: str, begin: int, spend: Callable[[int], None]) -> Saves | None:
        """Starts and ends of the groups of the first match from ``begin`` on; -1 for those without part."""
        visited: set[int] = set()
        for start in range(begin, len(text) + 1):
            found = self.at(text, start, visited, spend)
            if found is not None:
                return found
        return None

    def at(self, text: str, start: int, visited: set[int], spend: Callable[[int], None]) -> Saves | None:
        empty = (start, *([-1] * (2 * self.groups + 1)))
        waiting: list[tuple[int, int, Saves]] = [(0, start, empty)]
        steps = self.steps
        while waiting:
            pc, place, saves = waiting.pop()
            while True:
                spend(1)
                state = place * len(steps) + pc
                if state in visited and not self.repeats:
                    break
                visited.add(state)
                step = steps[pc]
                pc += 1
                if step.op == "match":
                    return (saves[0], place, *saves[2:])
                if step.op == "fork":
                    waiting.append((step.targets[1], place, saves))
                    pc = step.targets[0]
                elif step.op == "jump":
                    pc = step.targets[0]
                elif step.op == "save":
                    saves = (*saves[: step.number], place, *saves[step.number + 1 :])
                else:
                    width = self.width(step, text, place, saves)
                    if width < 0:
                        break
                    place += width
        return None

    def width(self, step: Step, text: str, place: int, saves: Saves) -> int:
        """How many characters a test takes at a place, or -1 when it fails."""
        many = bool(self.flags & re.MULTILINE)
        if step.op == "char" and step.test is not None:
            return 1 if step.test.match(text, place) else -1
        if step.op == "start":
            return 0 if place == 0 or (many and text[place - 1] == "\n") else -1
        if step.op == "end":
            return 0 if place == len(text) or (many and text[place] == "\n") else -1
        low, high = saves[2 * step.number], saves[2 * step.number + 1]
        if low < 0 or high < 0:
            return 0
        wanted, here = text[low:high], text[place : place + high - low]
        same = wanted.casefold() == here.casefold() if self.flags & re.IGNORECASE else wanted == here
        return len(wanted) if same else -1
