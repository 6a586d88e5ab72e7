"""export, import: labels to other programs and back."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

from app.commands.console import Console, opened
from core.errors import StoreError
from core.learning.progress import Progress
from core.storage.exchange import EXPORTERS, IMPORTERS, Labelled, counted, export
from core.storage.exchange.coco_import import enter

Result = TypeVar("Result")


def export_labels(options: argparse.Namespace, console: Console) -> int:
    """Write the labels in a format of other programs."""
    out = Path(options.out).absolute()
    with opened(options.data) as store:
        source = Labelled(store.engine, store.folder)
        steps = export(EXPORTERS[options.format], source, out)
        sentence = _run(steps, "export", console)
    console.result({"format": options.format, "out": str(out), "frames": len(source), "sentence": sentence}, [sentence])
    return 0


def import_labels(options: argparse.Namespace, console: Console) -> int:
    """Take labels of another program over, as one step that undo takes back."""
    path = Path(options.path)
    if not path.exists():
        raise StoreError(f"{path} is not there. Check the path.")
    with opened(options.data) as store:
        found = _run(IMPORTERS[options.format](store.folder, path), "import", console)
        changes = enter(store, found)
    count = sum(table == "label" for table, _ in changes.touched)
    sentence = f"Imported: {counted(count, 'label')} on {counted(len(found.frames), 'picture')}."
    console.result({"format": options.format, "labels": count, "frames": len(found.frames), "sentence": sentence}, [sentence])
    return 0


def _run(steps: Generator[tuple[int, int], None, Result], stage: str, console: Console) -> Result:
    """Drive a job to its end, with progress."""
    while True:
        try:
            done, total = next(steps)
        except StopIteration as end:
            return end.value
        console.progress(Progress(stage=stage, done=done, total=total))
