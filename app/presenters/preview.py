"""What a version would do now, as a picture: the colour image with the object it would take and where it would put it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen, QPolygonF

from core import geometry
from core.errors import PendantError
from core.learning.versions import LoadedVersion, load_version
from core.types import Array, CameraInfo, Frame, Scene
from widgets import paint, theme
from widgets.crop import outline
from widgets.values import Mask, Picture


class Preview:
    """Keeps the last version that was asked about in memory."""

    def __init__(self) -> None:
        self._version: LoadedVersion | None = None
        self._aliases: Mapping[str, str] = {}

    def picture(
        self, folder: Path, aliases: Mapping[str, str], scene: Scene, frame: Frame, camera: CameraInfo
    ) -> tuple[Picture | None, str]:
        """The picture, and in words what the version would do or why it abstains."""
        if self._version is None or self._version.folder != str(folder) or self._aliases != aliases:
            try:
                self._version, self._aliases = load_version(str(folder), aliases), aliases
            except PendantError as error:
                return None, str(error)
        proposal = self._version.policy.propose([d for d in scene.detections if d.area_px > 0])
        picture = np.ascontiguousarray(frame.color)
        if proposal.target is None:
            return picture, proposal.reason
        item = next(d for d in scene.detections if d.instance == proposal.pick)
        start = _pixel(scene, camera, item.box.center)
        end = _pixel(scene, camera, proposal.target.T_base_object[:3, 3])
        words = f"Take the {item.name or 'object'} and put it {proposal.relation}"
        return _drawn(picture, scene.labels == item.instance, start, end), words


def _pixel(scene: Scene, camera: CameraInfo, point: Array) -> QPointF:
    x, y, z = geometry.transform(geometry.invert(scene.T_base_camera), np.asarray(point)[None])[0]
    return QPointF(camera.color.fx * x / z + camera.color.cx, camera.color.fy * y / z + camera.color.cy)


def _drawn(picture: Picture, mask: Mask, start: QPointF, end: QPointF) -> Picture:
    image = paint.to_image(picture).convertToFormat(QImage.Format.Format_RGB888)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath(start)
    lift = max(40.0, 0.5 * abs(end.x() - start.x()))
    over = QPointF((start.x() + end.x()) / 2, min(start.y(), end.y()) - lift)
    path.quadTo(over, end)
    for pen in (QPen(theme.color("canvas"), 7), _dashed()):
        painter.setPen(pen)
        painter.drawPath(path)
    painter.setPen(QPen(theme.color("accent"), 3))
    painter.drawPath(outline(mask))
    _arrow(painter, over, end)
    painter.end()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def _dashed() -> QPen:
    pen = QPen(theme.color("accent"), 3.5)
    pen.setDashPattern([2.9, 2.0])
    return pen


def _arrow(painter: QPainter, before: QPointF, tip: QPointF) -> None:
    along = tip - before
    length = max(1e-6, (along.x() ** 2 + along.y() ** 2) ** 0.5)
    along = along / length
    side = QPointF(-along.y(), along.x())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("accent"))
    painter.drawPolygon(QPolygonF([tip, tip - along * 18 + side * 9, tip - along * 18 - side * 9]))
