"""Many crops to pick from, three a row: a click or Space picks one, Shift-click all up to it. Only what comes into sight is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from widgets import paint, theme
from widgets.crop import outlined
from widgets.values import Crop

_PER_ROW, _CELL_H, _GAP = 3, 72, 6
_ROWS_SHOWN = 3
_BAR = 12
Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.ids: tuple[int, ...] = ()
        self.words: Mapping[int, str] = {}
        self.picked: set[int] = set()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.ids)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        label = self.ids[index.row()]
        return f"{self.words.get(label, '')}{', picked' if label in self.picked else ''}"

    def reset(self, ids: Sequence[int], words: Mapping[int, str]) -> None:
        """Show other labels; what was picked and is still there stays picked."""
        self.beginResetModel()
        self.ids, self.words = tuple(ids), words
        self.picked &= set(ids)
        self.endResetModel()


class _Delegate(QStyledItemDelegate):
    def __init__(self, grid: CropGrid) -> None:
        super().__init__(grid)
        self._grid = grid

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._grid.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect = QRectF(option.rect).adjusted(_GAP / 2, _GAP / 2, -_GAP / 2, -_GAP / 2)
        self._grid.paint_cell(painter, rect, index.row())


class CropGrid(QListView):
    """Emits `picked_changed` when a person picks or leaves one, and `wanted(id)` for a crop that came into sight."""

    picked_changed = Signal()
    wanted = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model()
        self._crops: dict[int, QImage | None] = {}
        self._asked: set[int] = set()
        self._anchor = 0
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(name)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setStyleSheet("QListView { background: transparent; border: none; outline: none; }")
        self.setProperty("ring_radius", 8)

    def set_crops(self, ids: Sequence[int], words: Mapping[int, str]) -> None:
        """Show these, in this order; `words` are read aloud."""
        if tuple(ids) != self._model.ids:
            self._model.reset(ids, words)
        rows = min(_ROWS_SHOWN, -(-len(ids) // _PER_ROW))
        self.setFixedHeight(rows * (_CELL_H + _GAP))
        self.setVisible(bool(ids))

    @Slot(int, object)
    def set_crop(self, label: int, crop: Crop | None) -> None:
        """The picture of one; None when it is gone."""
        size = self.gridSize() * self.devicePixelRatioF()
        self._crops[label] = outlined(crop, size.width(), size.height()) if crop is not None else None
        self.viewport().update()

    def picked(self) -> tuple[int, ...]:
        """What is picked, in the order shown."""
        return tuple(label for label in self._model.ids if label in self._model.picked)

    def pick(self, ids: Sequence[int]) -> None:
        """Pick these alone."""
        self._model.picked = set(ids) & set(self._model.ids)
        self._changed()

    def move_by(self, columns: int, rows: int) -> None:
        """Arrow keys: go to another cell."""
        at = max(0, self.currentIndex().row()) if self.currentIndex().isValid() else -max(0, columns + rows * _PER_ROW)
        target = min(max(0, at + columns + rows * _PER_ROW), len(self._model.ids) - 1)
        self.setCurrentIndex(self._model.index(target))
        self.viewport().update()

    def toggle_current(self) -> None:
        """Space: pick the cell the keys are on, or leave it."""
        if self.currentIndex().isValid():
            self._toggle(self.currentIndex().row(), extend=False)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.setCurrentIndex(index)
            self._toggle(index.row(), extend=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Three cells a row in the width at hand, with or without a scroll bar."""
        self.setGridSize(QSize(max(40, (self.width() - _BAR) // _PER_ROW), _CELL_H + _GAP))
        super().resizeEvent(event)

    def paint_cell(self, painter: QPainter, rect: QRectF, at: int) -> None:
        """A crop, outlined when it is picked, with its check."""
        label = self._model.ids[at]
        if label not in self._asked:
            self._asked.add(label)
            self.wanted.emit(label)
        picked, here = label in self._model.picked, self.hasFocus() and self.currentIndex().row() == at
        image = self._crops.get(label)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if image is None:
            paint.rounded(painter, rect, 8, theme.color("raised"), theme.color("line"))
        else:
            paint.picture(painter, rect, image, 8)
        if picked or here:
            edge = rect.adjusted(1, 1, -1, -1)
            paint.rounded(painter, edge, 8, None, theme.color("accent" if picked else "line_strong"), 2.5 if picked else 1.5)
        if picked:
            paint.rounded(painter, QRectF(rect.right() - 28, rect.top() + 6, 22, 22), 11, theme.color("accent_fill"))
            paint.icon(painter, "check-bold", rect.right() - 25, rect.top() + 17, theme.color("on_accent"), 16)
        painter.restore()

    def _toggle(self, row: int, *, extend: bool) -> None:
        if extend:
            first, last = sorted((self._anchor, row))
            self._model.picked |= set(self._model.ids[first : last + 1])
        else:
            self._model.picked ^= {self._model.ids[row]}
            self._anchor = row
        self._changed()

    def _changed(self) -> None:
        self.viewport().update()
        self.picked_changed.emit()
