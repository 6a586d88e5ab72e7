"""A picture of one object with its outline, and outlines as paths."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import paint, theme
from widgets.values import Crop, Mask


class CropView(QWidget):
    """A picture of one object with its outline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._crop: Crop | None = None
        self._drawn = QImage()
        self.setFixedHeight(158)
        self.setAccessibleName("Picture of the object")

    def set_crop(self, crop: Crop | None) -> None:
        """Show a crop, or a raised block while there is none."""
        if crop is not self._crop:
            self._crop = crop
            self._drawn = QImage()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        if self._crop is None:
            paint.rounded(painter, rect, 8, theme.color("raised"))
            painter.end()
            return
        ratio = self.devicePixelRatioF()
        if self._drawn.size() != self.size() * ratio:
            self._drawn = outlined(self._crop, round(self.width() * ratio), round(self.height() * ratio))
        paint.picture(painter, rect, self._drawn, 8)
        painter.end()


def outlined(crop: Crop, width: int, height: int) -> QImage:
    """The crop scaled to fill (width, height) with a smooth white line, cased in ink, around its mask."""
    picture = paint.to_image(crop.picture)
    scale = max(width / picture.width(), height / picture.height())
    size = QSize(max(width, round(picture.width() * scale)), max(height, round(picture.height() * scale)))
    x, y = (size.width() - width) // 2, (size.height() - height) // 2
    smooth, ignore = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.IgnoreAspectRatio
    result = picture.scaled(size, ignore, smooth).copy(x, y, width, height)
    mask = paint.to_image(np.repeat(crop.mask.astype(np.uint8)[..., None] * 255, 3, axis=2)).scaled(size, ignore, smooth)
    grey = mask.copy(x, y, width, height).convertToFormat(QImage.Format.Format_Grayscale8)
    inside = np.frombuffer(grey.constBits(), np.uint8).reshape(height, grey.bytesPerLine())[:, :width] > 127
    line_up = _grown(inside, 2) & ~inside
    casing = _grown(inside, 4) & ~_grown(inside, 2)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[casing] = (0, 0, 0, 110)
    pixels[line_up] = (255, 255, 255, 255)
    painter = QPainter(result)
    painter.drawImage(0, 0, QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888))
    painter.end()
    return result


def _grown(mask: Mask, by: int) -> Mask:
    """A mask grown by a few pixels, round."""
    height, width = mask.shape
    padded = np.pad(mask, by)
    offsets = [(dy, dx) for dy in range(-by, by + 1) for dx in range(-by, by + 1) if dy * dy + dx * dx <= by * by + 1]
    return np.logical_or.reduce([padded[by + dy : by + dy + height, by + dx : by + dx + width] for dy, dx in offsets])


def outline(mask: Mask) -> QPainterPath:
    """The border of a mask (H, W) as a path of unit edges, in pixels."""
    path = QPainterPath()
    padded = np.pad(mask.astype(bool), 1)
    height, width = mask.shape
    across = padded[:-1, 1:-1] != padded[1:, 1:-1]
    down = padded[1:-1, :-1] != padded[1:-1, 1:]
    for y, x0, x1 in _runs(across[: height + 1]):
        path.moveTo(x0, y)
        path.lineTo(x1, y)
    for x, y0, y1 in _runs(down.T[: width + 1]):
        path.moveTo(x, y0)
        path.lineTo(x, y1)
    return path


def _runs(edges: Mask) -> list[tuple[int, int, int]]:
    """Runs of set cells a row as (row, start, end)."""
    changes = np.diff(np.pad(edges.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    row, start = np.nonzero(changes == 1)
    _, end = np.nonzero(changes == -1)
    return list(zip(row.tolist(), start.tolist(), end.tolist(), strict=True))
