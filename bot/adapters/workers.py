"""Runs functions on hostile bytes in processes that can be killed: for time, for memory, or by what they were given."""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, TypeVar

from bot.errors import BotError
from bot.ports import WorkerKilled

if TYPE_CHECKING:
    from pebble import ProcessPool

T = TypeVar("T")

MEMORY = 512 * 1024 * 1024
GRACE_S = 1.0  # what a worker has beyond its time before the kernel ends it: by then the pool should have
TASKS = 500  # a worker is replaced after so many: what libraries leak goes with it
_BROKEN = (BrokenProcessPool, CancelledError, RuntimeError)


class ProcessWorkers:
    """Workers in `processes` processes, each within `memory` bytes of address space.

    Nothing is started before the first call. The processes come from a fork server, which starts clean and without
    threads, has imported the modules of `preload`, and so replaces a killed worker in milliseconds. They ignore Ctrl-C,
    leave no core files, and end with the main process: idle ones at once, others when their time is up, to which the
    kernel sees (a parent-death signal would not do: their parent is the fork server, which lives as long as they do).
    """

    def __init__(
        self, processes: int = 2, *, memory: int = MEMORY, tasks: int = TASKS, preload: Sequence[str] = ()
    ) -> None:
        self._processes = processes
        self._memory = memory
        self._tasks = tasks
        self._preload = tuple(preload)
        self._pool: ProcessPool | None = None
        self._lock = threading.Lock()
        self._closed = False

    def call(self, function: Callable[..., T], *arguments: object, seconds: float) -> T:
        """Return `function(*arguments)`, both of which must pickle; its BotErrors come through whole.

        Raises WorkerKilled with a reason after `seconds` of work, out of memory, if the worker died, or if the function
        raised anything else. Waiting for a free worker does not count.
        """
        for _ in range(2):
            pool = self._running()
            failure, result = self._once(pool, function, arguments, seconds)
            if failure is None:
                return result
            if not (isinstance(failure, _BROKEN) and self._discard(pool)):
                break
        if isinstance(failure, BotError):
            raise failure
        raise WorkerKilled(_words(failure, seconds)) from failure

    def _once(
        self, pool: ProcessPool, function: Callable[..., T], arguments: tuple[object, ...], seconds: float
    ) -> tuple[BaseException | None, T]:
        """Call once; return what went wrong, and the result. Nothing of it is raised: it may be a SystemExit."""
        nothing: Any = None
        try:
            future = pool.schedule(_timed, args=(function, seconds + GRACE_S, *arguments), timeout=seconds)
            failure = future.exception()
        except (BrokenProcessPool, CancelledError, RuntimeError) as error:
            return error, nothing
        return (failure, nothing) if failure is not None else (None, future.result())

    def close(self) -> None:
        """Kill all workers; calls under way raise WorkerKilled."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            pool.join()

    def _running(self) -> ProcessPool:
        with self._lock:
            if self._closed:
                raise WorkerKilled("the bot is stopping")
            if self._pool is None:
                from pebble import ProcessPool
                from pebble.common.types import CONSTS

                CONSTS.term_timeout = 0.2  # pebble's 3 s would stall all calls whenever one worker ignores SIGTERM
                self._pool = ProcessPool(
                    max_workers=self._processes,
                    max_tasks=self._tasks,
                    initializer=_prepare,
                    initargs=(self._memory,),
                    context=_context(self._preload),
                )
            return self._pool

    def _discard(self, pool: ProcessPool) -> bool:
        """Drop a pool that broke, which an idle worker's death can do to it; tell whether another try makes sense."""
        with self._lock:
            if self._pool is pool:
                if pool.active:
                    return False
                self._pool = None
        with contextlib.suppress(Exception):
            pool.stop()  # type: ignore[no-untyped-call]
        return not self._closed


class InlineWorkers:
    """Runs functions where they are called, for tests and small commands. Nothing is killed, no time is kept."""

    def call(self, function: Callable[..., T], *arguments: object, seconds: float) -> T:  # noqa: ARG002 - the seam's
        """Return `function(*arguments)`; its BotErrors come through, any other error as WorkerKilled."""
        try:
            return function(*arguments)
        except BotError:
            raise
        except Exception as error:
            raise WorkerKilled(f"{type(error).__name__}: {error}"[:300]) from error

    def close(self) -> None:
        """Do nothing."""


def _words(failure: BaseException | None, seconds: float) -> str:
    """Say what happened to a worker."""
    from pebble import ProcessExpired

    rung = isinstance(failure, ProcessExpired) and failure.exitcode == -signal.SIGALRM  # the kernel was first
    if rung or isinstance(failure, TimeoutError):
        return f"took more than {seconds:g} s"
    if isinstance(failure, MemoryError):
        return "out of memory"
    if isinstance(failure, ProcessExpired):
        return f"died ({_exit_words(failure.exitcode)})"
    return f"{type(failure).__name__}: {failure}"[:300]


def _context(preload: Sequence[str]) -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *preload])
    return context


def _prepare(memory: int) -> None:
    """Set a worker's limits. Runs in the worker."""
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _timed(function: Callable[..., T], seconds: float, *arguments: object) -> T:
    """Call within `seconds`, after which the kernel ends the process, whatever it is doing. Runs in the worker."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function(*arguments)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit(kind: int, amount: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS knows RLIMIT_AS and refuses it
        resource.setrlimit(kind, (amount, amount))


def _exit_words(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit status {code}"
