"""Worker processes, and jobs spread over them. Which worker runs a job changes nothing in the answer."""

from __future__ import annotations

import selectors
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from chengshu.engines.swmm.wire import (
    Answer,
    Done,
    Failed,
    Hello,
    Job,
    Load,
    NotLoaded,
    Simulate,
    receive,
    send,
)
from chengshu.kernel.errors import Unavailable

_ATTEMPTS = 2  # a job is a pure function: after a worker's death it may be tried once more


class WorkerDied(Unavailable):
    """A worker process went away in the middle of a job; the twin's state is untouched."""

    title = "The twin's process died"


class Worker:
    """One process of :mod:`chengshu.engines.swmm.worker`, seen from the hub."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chengshu.engines.swmm.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(cast("type[Answer]", Answer))
        hello = self.answer()
        if not isinstance(hello, Hello):
            raise WorkerDied("twin-worker-died", "the twin's process did not start", where="swmm worker")
        self.pid, self.version, self._folder = hello.pid, hello.version, hello.folder

    @property
    def output(self) -> int:
        """The file descriptor that becomes readable when an answer comes."""
        assert self._process.stdout is not None  # noqa: S101
        return self._process.stdout.fileno()

    def ask(self, request: Load | Simulate) -> None:
        """Send a request. Raises :class:`WorkerDied`."""
        assert self._process.stdin is not None  # noqa: S101
        try:
            send(cast("object", self._process.stdin), request)  # type: ignore[arg-type]
        except (BrokenPipeError, ValueError):
            raise self._died() from None

    def answer(self) -> Answer:
        """Wait for the answer. Raises :class:`WorkerDied`."""
        assert self._process.stdout is not None  # noqa: S101
        data = receive(cast("object", self._process.stdout))  # type: ignore[arg-type]
        if data is None:
            raise self._died()
        return self._decoder.decode(data)

    def _died(self) -> WorkerDied:
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return WorkerDied(
            "twin-worker-died",
            f"the simulation process ended by {how}",
            where="swmm worker",
            remedy="the run is tried once more; if it stays, check the model file with a short run",
        )

    def kill(self) -> None:
        """End the process now, whatever it does."""
        self._process.kill()
        self._reap()
        shutil.rmtree(self._folder, ignore_errors=True)

    def close(self) -> None:
        """Let the process end by itself: it is idle and sees its input close."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reap()

    def _reap(self) -> None:
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None and not stream.closed:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue


class Pool:
    """Up to ``size`` workers, started when first needed and kept. Safe to use from several threads."""

    def __init__(self, size: int = 2, job_limit_s: float = 600.0) -> None:
        self._size = size
        self.limit = job_limit_s  # longest time for one job, in seconds
        self._workers: list[Worker] = []
        self._lock = threading.Lock()
        self._closed = False

    def pids(self) -> list[int]:
        """Process ids of the running workers."""
        return [worker.pid for worker in self._workers]

    def version(self) -> str:
        """The version of the SWMM engine."""
        with self._lock:
            return self._ready(1)[0].version

    def run(self, jobs: Sequence[Job], texts: Mapping[str, str]) -> list[Done | Failed]:
        """Run all jobs; answers in their order. ``texts`` holds the model text of each digest.

        Raises :class:`WorkerDied` when a job has killed a worker twice, :class:`Unavailable` when one takes
        longer than the limit.
        """
        if not jobs:
            return []
        with self._lock:
            return _Batch(self, jobs, texts).run()

    def _ready(self, count: int) -> list[Worker]:
        if self._closed:
            raise Unavailable("twin-closed", "the simulation processes are closed")
        while len(self._workers) < min(count, self._size):
            self._workers.append(Worker())
        return self._workers[:count]

    def replace(self, worker: Worker) -> Worker:
        """Kill ``worker`` and start another in its place."""
        worker.kill()
        self._workers.remove(worker)
        fresh = Worker()
        self._workers.append(fresh)
        return fresh

    def drop(self, worker: Worker) -> None:
        """Kill ``worker``; another is started when needed."""
        worker.kill()
        if worker in self._workers:
            self._workers.remove(worker)

    def workers_for(self, count: int) -> list[Worker]:
        """Idle workers for ``count`` jobs; the lock is held by the caller."""
        return list(self._ready(count))

    def close(self) -> None:
        """End all workers."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.close()
            self._workers.clear()


class _Batch:
    """Jobs under way: each idle worker takes the next job until all are answered."""

    def __init__(self, pool: Pool, jobs: Sequence[Job], texts: Mapping[str, str]) -> None:
        self._pool, self._jobs, self._texts = pool, jobs, texts
        self._waiting = list(range(len(jobs)))[::-1]
        self._attempts = [0] * len(jobs)
        self._answers: list[Done | Failed | None] = [None] * len(jobs)
        self._busy: dict[Worker, tuple[int, float]] = {}

    def run(self) -> list[Done | Failed]:
        with selectors.DefaultSelector() as selector:
            try:
                for worker in self._pool.workers_for(len(self._jobs)):
                    self._give(worker, selector)
                while self._busy:
                    self._collect(selector)
            except BaseException:  # also Ctrl-C: an answer still to come would belong to nobody
                for worker in list(self._busy):
                    self._pool.drop(worker)
                raise
        return [answer for answer in self._answers if answer is not None]

    def _give(self, worker: Worker, selector: selectors.BaseSelector) -> None:
        if not self._waiting:
            return
        index = self._waiting.pop()
        request = Simulate(self._jobs[index])
        try:
            worker.ask(request)
        except WorkerDied:  # it died while idle: that was not the job's doing
            worker = self._pool.replace(worker)
            worker.ask(request)
        self._attempts[index] += 1
        self._busy[worker] = (index, time.monotonic() + self._pool.limit)
        selector.register(worker.output, selectors.EVENT_READ, worker)

    def _collect(self, selector: selectors.BaseSelector) -> None:
        patience = min(end for _, end in self._busy.values()) - time.monotonic()
        ready = selector.select(max(patience, 0.0))
        if not ready:
            raise Unavailable(
                "twin-too-slow",
                f"a simulation took longer than {self._pool.limit:.0f} s",
                where="swmm worker",
                remedy="shorten the horizon or check the model's stability",
            )
        for key, _ in ready:
            self._one(key.data, selector)

    def _one(self, worker: Worker, selector: selectors.BaseSelector) -> None:
        index, _ = self._busy[worker]
        try:
            answer = worker.answer()
            if isinstance(answer, NotLoaded):
                digest = self._jobs[index].model
                worker.ask(Load(digest, self._texts[digest]))
                worker.answer()
                worker.ask(Simulate(self._jobs[index]))
                return
        except WorkerDied:
            selector.unregister(worker.output)
            del self._busy[worker]
            if self._attempts[index] >= _ATTEMPTS:
                self._pool.drop(worker)
                raise
            self._waiting.append(index)
            self._give(self._pool.replace(worker), selector)
            return
        selector.unregister(worker.output)
        del self._busy[worker]
        assert isinstance(answer, Done | Failed)  # noqa: S101
        self._answers[index] = answer
        self._give(worker, selector)
