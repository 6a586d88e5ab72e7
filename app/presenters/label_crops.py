"""Pictures of stored labels, read beside the window as they come into sight."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal, Slot

from app.presenters.objects import crop_of_mask
from app.session import Session
from core.errors import StoreError
from core.storage.frames import read_frame
from core.storage.masks import unpack
from core.storage.records import Label
from widgets.values import Crop


class LabelCrops(QObject):
    """`made(label id, Crop or None)`: its picture, None when that is gone."""

    made = Signal(int, object)

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._thread = ThreadPoolExecutor(1, "label-crops")

    @Slot()
    def close(self) -> None:
        """End with the window; what was not read is not needed."""
        self._thread.shutdown(cancel_futures=True)

    @Slot(int)
    def ask(self, label_id: int) -> None:
        """Read the picture of a label."""
        label = self._session.queries.label(label_id)
        if label is not None:
            self._thread.submit(self._read, label)

    def _read(self, label: Label) -> None:
        self.made.emit(label.id, self._crop(label))

    def _crop(self, label: Label) -> Crop | None:
        try:
            frame, _, _ = read_frame(self._session.store.folder.frames, label.frame_hash)
            mask = unpack(label.mask)
        except StoreError:
            return None  # `pendant check` names it
        return crop_of_mask(frame.color, mask) if mask.shape == frame.color.shape[:2] else None
