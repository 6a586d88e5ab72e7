"""Where commands speak and what they open: results to stdout (JSON when asked), progress to a terminal only, the store of a folder."""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.learning.progress import Progress
from core.storage.store import Store


@contextmanager
def opened(data: Path) -> Iterator[Store]:
    """The store of a data folder, closed afterwards whatever happens."""
    store = Store(data, wall_s=time.time, who=getpass.getuser())
    try:
        yield store
    finally:
        store.close()


class Console:
    """`as_json`: results as one JSON value; else as short lines."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._terminal = sys.stderr.isatty()
        self._started = time.monotonic()
        self._stage = ""

    def result(self, value: Any, lines: Sequence[str] = ()) -> None:
        """The command's result: `value` as JSON, or `lines` for a person."""
        if self._json or not lines:
            sys.stdout.write(json.dumps(value, indent=None if self._json else 1, default=_plain) + "\n")
        else:
            sys.stdout.write("\n".join(lines) + "\n")

    def progress(self, progress: Progress) -> None:
        """One line that is written over, with the time left, on a terminal only."""
        if not self._terminal:
            return
        if progress.stage != self._stage:
            self._stage, self._started = progress.stage, time.monotonic()
        left = ""
        if 0 < progress.done < progress.total:
            seconds = (time.monotonic() - self._started) / progress.done * (progress.total - progress.done)
            left = f", {seconds:.0f} s left" if seconds < 120 else f", {seconds / 60:.0f} min left"
        sys.stderr.write(f"\r\x1b[K{progress.stage} {progress.done} of {progress.total}{left} {progress.sentence}")
        if progress.done >= progress.total:
            sys.stderr.write("\n")
        sys.stderr.flush()


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
