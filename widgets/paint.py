"""Small painting verbs shared by our widgets: icons, key caps, swatches, pictures, elided text.

Called from paint events only; colours come from `widgets.theme`.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import qtawesome
from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtSvg import QSvgRenderer

from widgets import theme
from widgets.values import Picture

_ICONS = Path(__file__).parent.parent / "assets" / "icons"
OWN_ICONS = ("mark", "arm", "leader", "missing")


@lru_cache(maxsize=512)
def _icon(name: str, rgba: str, size: int, scale: float, accent: str) -> QPixmap:
    px = round(size * scale)
    if name in OWN_ICONS:
        svg = (_ICONS / f"{name}.svg").read_text().replace("currentColor", rgba).replace('"accent"', f'"{accent}"')
        pixmap = QPixmap(px, px)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer = QSvgRenderer(QByteArray(svg.encode()))
        renderer.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
        renderer.render(painter)
        painter.end()
    else:
        pixmap = QPixmap(qtawesome.icon(f"ph.{name}", color=rgba).pixmap(px, px))
    pixmap.setDevicePixelRatio(pixmap.width() / size)
    return pixmap


def icon(painter: QPainter, name: str, x: float, cy: float, color: QColor, size: int = 22) -> None:
    """Draw a Phosphor (or own) icon with its left edge at x, centred on cy."""
    scale = painter.device().devicePixelRatioF()
    accent = theme.tokens().accent_fill if name == "mark" else ""
    painter.drawPixmap(QPointF(x, cy - size / 2), _icon(name, color.name(), size, scale, accent))


def text_width(font: QFont, text: str) -> float:
    """The advance of a text in a font."""
    return QFontMetricsF(font).horizontalAdvance(text)


def text(
    painter: QPainter,
    rect: QRectF,
    words: str,
    font: QFont,
    color: QColor,
    flags: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
) -> None:
    """Draw one line of text, elided at its right end where it does not fit."""
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(rect, flags, QFontMetricsF(font).elidedText(words, Qt.TextElideMode.ElideRight, rect.width() + 0.5))


def paragraph(painter: QPainter, rect: QRectF, words: str, font: QFont, color: QColor) -> None:
    """Draw centred text in as many lines as it takes."""
    painter.setFont(font)
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)


def rounded(painter: QPainter, rect: QRectF, radius: float, fill: QColor | None, edge: QColor | None = None, width: float = 1.0) -> None:
    """Fill and outline a rounded rectangle; the outline lies inside the rectangle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(edge, width) if edge is not None else Qt.PenStyle.NoPen)
    inset = width / 2 if edge is not None else 0.0
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius - inset, radius - inset)


_CAP_ICONS = {"Backspace": "backspace-bold"}
_CAP_WORDS = {"Up": "↑", "Down": "↓", "Left": "←", "Right": "→"}


def key_cap_width(key: str) -> float:
    """The width `key_cap` will take for this key."""
    if key in _CAP_ICONS:
        return 30.0
    return max(24.0, text_width(theme.font("caption"), _CAP_WORDS.get(key, key)) + 14)


def key_cap(painter: QPainter, x: float, cy: float, key: str, color: QColor, edge: QColor | None, fill: QColor | None = None) -> float:
    """Draw a key cap with its left edge at x; returns its width."""
    width = key_cap_width(key)
    rect = QRectF(x, cy - 11, width, 22)
    rounded(painter, rect, 5, fill, edge)
    if key in _CAP_ICONS:
        icon(painter, _CAP_ICONS[key], x + 7, cy, color, 16)
    else:
        font = theme.font("caption")
        font.setWeight(QFont.Weight.Medium)
        text(painter, rect, _CAP_WORDS.get(key, key), font, color, Qt.AlignmentFlag.AlignCenter)
    return width


def swatch(painter: QPainter, rect: QRectF, label: str, color_index: int | None) -> None:
    """Draw an object's swatch: its class colour with the key, or the hatched dotted "?" of an unknown."""
    size = rect.width()
    radius = 7.0 if size >= 24 else 5.0
    font = theme.sized_font(13 if size < 24 or len(label) > 1 else 15)
    if color_index is None:
        ratio = painter.device().devicePixelRatioF()
        colors = (
            theme.color("raised").name(),
            theme.color("line_strong", 0.45).name(QColor.NameFormat.HexArgb),
            theme.color("text_2").name(),
        )
        painter.drawPixmap(rect.topLeft(), _hatched(rect.width(), rect.height(), radius, ratio, *colors))
        text(painter, rect, "?", font, theme.color("text"), Qt.AlignmentFlag.AlignCenter)
        return
    casing = QColor(theme.CASING) if not theme.tokens().dark else None
    rounded(painter, rect, radius, theme.object_color(color_index), casing, 1.5)
    text(painter, rect.adjusted(-2, 0, 2, 0), label, font, theme.color("ink"), Qt.AlignmentFlag.AlignCenter)


@lru_cache(maxsize=16)
def _hatched(width: float, height: float, radius: float, ratio: float, ground: str, hatching: str, edge: str) -> QPixmap:
    """The ground of an unknown's swatch, drawn once: hatching under a clip is slow and lists repaint with every scene."""
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    rect = QRectF(0, 0, width, height)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rounded(painter, rect, radius, QColor(ground))
    clip = QPainterPath()
    clip.addRoundedRect(rect, radius, radius)
    painter.setClipPath(clip)
    painter.setPen(QPen(QColor(hatching), 2))
    for offset in range(-int(height), int(width), 7):
        painter.drawLine(QPointF(offset, height), QPointF(offset + height, 0))
    painter.setClipping(False)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(edge), 1, Qt.PenStyle.DotLine))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    painter.end()
    return pixmap


def to_image(picture: Picture) -> QImage:
    """A QImage that owns a copy of an RGB u8 (H, W, 3) picture."""
    pixels = np.ascontiguousarray(picture)
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def picture(painter: QPainter, rect: QRectF, image: QImage | QPixmap, radius: float = 6) -> None:
    """Draw a picture filling a rounded rectangle, cropped at its centre."""
    painter.save()
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    clip = QPainterPath()
    clip.addRoundedRect(rect, radius, radius)
    painter.setClipPath(clip)
    scale = max(rect.width() / image.width(), rect.height() / image.height())
    width, height = rect.width() / scale, rect.height() / scale
    source = QRectF((image.width() - width) / 2, (image.height() - height) / 2, width, height)
    if isinstance(image, QImage):
        painter.drawImage(rect, image, source)
    else:
        painter.drawPixmap(rect, image, source)
    painter.restore()


def tone(name: str, plain: str = "text_2") -> QColor:
    """The colour of a tone ("ok", "warn", "danger", "accent"); "plain" is the given token."""
    return theme.color(plain if name == "plain" else name)
