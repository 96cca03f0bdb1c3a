"""A process that runs SWMM jobs, one after the other: ``python -m chengshu.engines.swmm.worker``.

It reads requests on standard input and answers on what was its standard output (SWMM itself may print).
It ends when the other side goes away, however that happens, and takes its files with it.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import BinaryIO

import msgspec
from swmm.toolkit import solver

from chengshu.engines.swmm import solve
from chengshu.engines.swmm.wire import (
    Answer,
    Hello,
    Load,
    Loaded,
    NotLoaded,
    Request,
    Simulate,
    receive,
    send,
)

_KEPT_MODELS = 64


def main() -> None:
    """Serve until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the files below are taken along
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    parent = os.getppid()
    folder = Path(tempfile.mkdtemp(prefix="chengshu-swmm-"))
    try:
        send(answers, Hello(os.getpid(), str(folder), str(solver.swmm_version_info())))
        _serve(answers, folder, parent)
    except (BrokenPipeError, solve.ParentGone):
        pass
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(answers: BinaryIO, folder: Path, parent: int) -> None:
    models: OrderedDict[str, str] = OrderedDict()
    decoder = msgspec.msgpack.Decoder(Request)
    while (data := receive(sys.stdin.buffer)) is not None:
        send(answers, _answer(decoder.decode(data), models, folder, parent))


def _answer(request: Request, models: OrderedDict[str, str], folder: Path, parent: int) -> Answer:
    if isinstance(request, Load):
        models[request.model] = request.text
        while len(models) > _KEPT_MODELS:
            models.popitem(last=False)
        return Loaded()
    assert isinstance(request, Simulate)  # noqa: S101
    text = models.get(request.job.model)
    if text is None:
        return NotLoaded()
    models.move_to_end(request.job.model)
    return solve.run(request.job, text, folder, parent)


if __name__ == "__main__":
    main()
