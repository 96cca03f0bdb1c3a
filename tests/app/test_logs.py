"""What the log says of a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO

import pytest
import structlog

from chengshu.app.logs import log_to_stderr


@pytest.fixture
def log() -> Iterator[structlog.stdlib.BoundLogger]:
    before = structlog.get_config()
    log_to_stderr()
    yield structlog.get_logger("test")
    structlog.configure(**before)


def test_the_log_follows_stderr_wherever_it_is_led(log: structlog.stdlib.BoundLogger) -> None:
    said = []
    for word in ("one", "two"):
        with redirect_stderr(StringIO()) as led:
            log.error(word)
        said.append(led.getvalue())
    assert "one" in said[0] and "two" in said[1] and "one" not in said[1]


def test_a_traceback_names_the_place_and_not_what_was_held_there(
    capsys: pytest.CaptureFixture[str], log: structlog.stdlib.BoundLogger
) -> None:
    secret = "the key of the city"
    try:
        assert len(secret) < 1
    except AssertionError as error:
        log.error("part failed", exc_info=ValueError("beyond repair").with_traceback(error.__traceback__))
    said = capsys.readouterr()
    assert said.out == "" and "part failed" in said.err and "beyond repair" in said.err
    assert "test_logs.py" in said.err and secret not in said.err
