"""What is exported: frames with their named labels, read one by one; and how a folder comes to be there whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import Engine

from core.errors import StoreError
from core.storage.catalogue import Folder
from core.storage.frames import read_frame
from core.storage.masks import unpack
from core.storage.queries import Queries
from core.storage.records import Label
from core.types import Array, CameraInfo, Frame

Steps = Generator[tuple[int, int], None, str]
Exporter = Callable[["Labelled", Path], Steps]


@dataclass(frozen=True)
class LabelledFrame:
    """A frame with its named labels and their outlines: masks bool (H, W) on the colour grid."""

    name: str
    held_out: bool
    frame: Frame
    camera: CameraInfo
    T_base_camera: Array
    labels: tuple[Label, ...]
    masks: tuple[npt.NDArray[np.bool_], ...]


class Labelled:
    """The named labels of a data folder, by frame. `names`: class names by id, of standing classes; `colours`: theirs, 1..12."""

    def __init__(self, engine: Engine, folder: Folder) -> None:
        self._folder = folder
        queries = Queries(engine)
        classes = queries.classes()
        self.names = {c.id: c.name for c in classes}
        self.colours = {c.id: c.colour for c in classes}
        self._held_out = queries.held_out()
        self._by_frame: dict[str, list[Label]] = {}
        for label in queries.labels():
            if label.kind == "name" and label.class_id in self.names:
                self._by_frame.setdefault(label.frame_hash, []).append(label)
        if not self._by_frame:
            raise StoreError("There is no label yet, so there is nothing to export. Name an object first.")

    def __len__(self) -> int:
        return len(self._by_frame)

    def __iter__(self) -> Iterator[LabelledFrame]:
        """Frames in the order in which they were first labelled. Raises StoreError on a torn one."""
        for digest, labels in self._by_frame.items():
            frame, camera, T_base_camera = read_frame(self._folder.frames, digest)
            masks = tuple(unpack(label.mask) for label in labels)
            if any(mask.shape != frame.color.shape[:2] for mask in masks):
                raise StoreError("An outline does not fit its picture. `pendant check` names it; nothing was exported.")
            yield LabelledFrame(digest[:16], self._held_out.get(digest, False), frame, camera, T_base_camera, tuple(labels), masks)


def counted(count: int, noun: str) -> str:
    """ "1 label", "2 labels"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def export(write: Exporter, source: Labelled, out: Path) -> Steps:
    """Run an exporter so that `out` is there whole, or not at all. Yields (done, of how many); returns a sentence.

    Raises StoreError when `out` is taken or cannot be written. Closing the generator early removes what was written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StoreError(f"{out.name} is there already and not empty. Choose a new or empty folder; nothing was written.")
    part = out.with_name(out.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        written = yield from write(source, part)
        if out.exists():
            out.rmdir()
        part.rename(out)
    except OSError as error:
        raise StoreError(f"{out.name} could not be written: {error.strerror}. Nothing was exported. Choose another place.") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return f"Exported into the folder {out.name}: {written}."
