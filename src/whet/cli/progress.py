"""Progress on stderr: a bar with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import signal
import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from whet.cli.output import printable


class Terminal:
    """A `Progress` that a person watches. Use as a context manager."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._tasks: dict[str, TaskID] = {}
        self._signals = 0
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )

    def __enter__(self) -> Terminal:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._on_signal)
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def _on_signal(self, signum: int, frame: object) -> None:
        """The first signal sets a flag, which long loops poll; the second leaves at once."""
        self._signals += 1
        if self._signals > 1:
            raise KeyboardInterrupt

    def should_stop(self) -> bool:
        """True after the first SIGINT or SIGTERM."""
        return self._signals > 0

    def say(self, text: str) -> None:
        """Prints a line above the bars."""
        self._console.print(printable(text), markup=False)

    def advance(self, task: str, done: int, total: int) -> None:
        """Moves the bar of a task, and takes it away when it is full."""
        if task not in self._tasks:
            self._tasks[task] = self._bars.add_task(task, total=total)
        self._bars.update(self._tasks[task], completed=done, total=total)
        if done >= total:
            self._bars.remove_task(self._tasks.pop(task))
