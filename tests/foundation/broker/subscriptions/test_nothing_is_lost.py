"""Whatever the endpoints do and whenever the hub is killed: every match is delivered, in order."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.foundation.broker.subscriptions.bench import Bench, Post, choosy, ill, silent

from chengshu.foundation import journal

_ENDPOINTS = ("http://a.test/1", "http://a.test/2", "http://b.test/")
_SUBSCRIPTIONS: dict[str, dict[str, Any]] = {
    "all": {"uri": _ENDPOINTS[0]},
    "power": {"uri": _ENDPOINTS[1], "watchedAttributes": ["power"]},
    "high": {"uri": _ENDPOINTS[2], "q": "level>5"},
}
_BEHAVIOURS = {"silent": silent, "ill": ill, "choosy": choosy}
_steps = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 2), st.integers(0, 10)),
    st.tuples(st.just("many"), st.integers(40, 90), st.integers(0, 10)),
    st.tuples(st.just("power"), st.integers(0, 2), st.integers(0, 10)),
    st.tuples(st.just("fail"), st.sampled_from(_ENDPOINTS), st.sampled_from(sorted(_BEHAVIOURS))),
    st.tuples(st.just("heal"), st.sampled_from(_ENDPOINTS)),
    st.tuples(st.just("time"), st.integers(0, 400)),
    st.tuples(st.just("restart")),
    st.tuples(st.just("kill")),
)


class Story:
    """What happens to a hub, and what must have been told in the end."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self.expected: dict[str, list[int]] = {name: [] for name in _SUBSCRIPTIONS}
        self.got: dict[str, list[int]] = {name: [] for name in _SUBSCRIPTIONS}
        for name, members in _SUBSCRIPTIONS.items():
            self.bench.subscribe(name, **dict(members))
        for number in range(3):
            self.bench.create(f"g{number}", level=0, power=0)
            self._expect("all", "power")
        self.levels = [0, 0, 0]

    def _expect(self, *names: str) -> None:
        with self.bench.database.read() as connection:
            seq = journal.last_seq(connection)
        for name in names:
            self.expected[name].append(seq)

    def do(self, step: tuple[Any, ...]) -> None:
        """One step."""
        kind, *rest = step
        getattr(self, f"_{kind}")(*rest)

    def _write(self, number: int, level: int) -> None:
        self.bench.update(f"g{number}", level=level)
        self.levels[number] = level
        self._expect("all", *(["high"] if level > 5 else []))

    def _many(self, count: int, level: int) -> None:
        for _ in range(count):
            self._write(0, level)

    def _power(self, number: int, power: int) -> None:
        self.bench.update(f"g{number}", power=power)
        self._expect("all", "power", *(["high"] if self.levels[number] > 5 else []))

    def _fail(self, endpoint: str, how: str) -> None:
        self.bench.post.behaviours[endpoint] = _BEHAVIOURS[how]

    def _heal(self, endpoint: str) -> None:
        self.bench.post.behaviours.pop(endpoint, None)

    def _time(self, seconds: int) -> None:
        self.bench.pass_time(seconds)

    def _restart(self) -> None:
        self._collect(self.bench.post)
        self.bench = self.bench.reopened()

    def _kill(self) -> None:
        post = self.bench.post
        self.bench = self.bench.kill_while_sending()
        self._collect(post)

    def end(self) -> None:
        """Everything works again; time passes."""
        self.bench.post.behaviours.clear()
        self.bench.pass_time(3600)
        self._collect(self.bench.post)
        self.bench.database.close()

    def _collect(self, post: Post) -> None:
        for outgoing in post.got:
            name = outgoing.body.split(b"urn:ngsi-ld:Subscription:")[1].split(b'"')[0].decode()
            self.got[name] += [int(seq) for seq in outgoing.headers["Chengshu-Sequence"].split(", ")]


@settings(max_examples=examples(40))
@given(st.lists(_steps, max_size=25))
def test_every_match_is_delivered_in_order(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder))
        for step in steps:
            story.do(step)
        story.end()
        for name, expected in story.expected.items():
            assert list(dict.fromkeys(story.got[name])) == expected
            if not any(step[0] == "kill" for step in steps):
                assert story.got[name] == expected  # and nothing twice
