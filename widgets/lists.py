"""The list in the left column: painted rows over a Qt model, so that screen readers see them and order never jumps.

Concrete lists say how a row is painted and read aloud. Emits what was chosen; a page moves the selection.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QFocusEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from widgets import paint, theme

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractListModel):
    """Rows as they are, read aloud through the display role."""

    def __init__(self, spoken: Callable[[Any], str]) -> None:
        super().__init__()
        self.rows: list[Any] = []
        self._spoken = spoken

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(self.rows[index.row()])
        return None

    def replace(self, rows: Sequence[Any]) -> None:
        """Change in place while the count stays, so scrolling and focus stay too."""
        if len(rows) == len(self.rows):
            before, self.rows = self.rows, list(rows)
            # A view lays all its rows out anew when it is told of changed ones: 40 ms for ten thousand. It paints them without being told.
            changed = (
                [n for n, (old, new) in enumerate(zip(before, self.rows, strict=True)) if old != new] if QAccessible.isActive() else []
            )
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
        else:
            self.beginResetModel()
            self.rows = list(rows)
            self.endResetModel()


class _Delegate(QStyledItemDelegate):
    def __init__(self, owner: RowList[Any]) -> None:
        super().__init__(owner)
        self._owner = owner

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(0, self._owner.row_height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        painter.save()
        self._owner.paint_frame(painter, QRectF(rect), index.row())
        painter.restore()


class RowList(QListView, Generic[Row]):
    """Base of the lists. `row_id`, `spoken` and `paint_row` are given by the concrete list."""

    chosen = Signal(object, int)
    hovered_row = Signal(object)
    row_height = 56
    selected_bar = True

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self.spoken)
        self._selected: object = None
        self._also: frozenset[object] = frozenset()
        self._hover: object = None
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setStyleSheet("QListView { background: transparent; border: none; outline: none; }")
        self.setProperty("ring_radius", 8)

    def row_id(self, row: Row) -> object:
        """What names a row."""
        raise NotImplementedError

    def spoken(self, row: Row) -> str:
        """What a screen reader says."""
        raise NotImplementedError

    def paint_row(self, painter: QPainter, rect: QRectF, row: Row) -> None:
        """Paint a row's content; the frame is already there."""
        raise NotImplementedError

    def rows(self) -> list[Row]:
        """The rows in the order they are shown."""
        return list(self._model.rows)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show rows in the given order."""
        if list(rows) != self._model.rows:
            self._model.replace(rows)
            self._show_current()
            self.viewport().update()

    def set_selected(self, row_id: object) -> None:
        """Mark a row and bring it into sight."""
        if row_id != self._selected:
            self._selected = row_id
            self._show_current()
            self.viewport().update()

    def set_also(self, row_ids: Collection[object]) -> None:
        """Mark rows that are selected beside it."""
        if frozenset(row_ids) != self._also:
            self._also = frozenset(row_ids)
            self.viewport().update()

    def selected(self) -> object:
        """The marked row's id."""
        return self._selected

    def choose_next(self, step: int) -> None:
        """As ↑ and ↓ do: asks for the next row in a direction, or the first."""
        if not self._model.rows:
            return
        at = self._position(self._selected)
        row = self._model.rows[max(0, min(len(self._model.rows) - 1, at + step if at >= 0 else 0))]
        self.chosen.emit(self.row_id(row), 0)

    def choose_end(self, *, last: bool) -> None:
        """As Home and End do."""
        if self._model.rows:
            self.chosen.emit(self.row_id(self._model.rows[-1 if last else 0]), 0)

    def paint_frame(self, painter: QPainter, rect: QRectF, at: int) -> None:
        """The row's background in its state, then its content."""
        row = self._model.rows[at]
        key = self.row_id(row)
        inset = rect.adjusted(8, 0, 0 if self.verticalScrollBar().isVisible() else -8, 0)
        if key == self._selected or key in self._also:
            paint.rounded(painter, inset, 8, theme.color("selected"))
            if self.selected_bar and key == self._selected:
                bar = QRectF(-4, rect.center().y() - min(20, rect.height() / 2 - 10), 8, min(40, rect.height() - 20))
                paint.rounded(painter, bar, 4, theme.color("accent"))
        elif key == self._hover:
            paint.rounded(painter, inset, 8, theme.color("hover"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_row(painter, inset.adjusted(8, 0, -8, 0), row)

    def _position(self, row_id: object) -> int:
        return next((i for i, row in enumerate(self._model.rows) if self.row_id(row) == row_id), -1)

    def _show_current(self) -> None:
        at = self._position(self._selected)
        if at >= 0:
            self.setCurrentIndex(self._model.index(at))

    def scrollTo(self, index: Index, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible) -> None:
        # Qt asks every row for its place first: 40 ms in a list of ten thousand. Ours are all of one height.
        bar, top = self.verticalScrollBar(), index.row() * self.row_height
        if top < bar.value():
            bar.setValue(top)
        elif top + self.row_height > bar.value() + self.viewport().height():
            bar.setValue(top + self.row_height - self.viewport().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.chosen.emit(self.row_id(self._model.rows[index.row()]), event.modifiers().value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._set_hover(self.row_id(self._model.rows[index.row()]) if index.isValid() else None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self._set_hover(None)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_current()

    def _set_hover(self, row_id: object) -> None:
        if row_id != self._hover:
            self._hover = row_id
            self.hovered_row.emit(row_id)
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.choose_next(-1 if key == Qt.Key.Key_Up else 1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.choose_end(last=key == Qt.Key.Key_End)
        else:
            event.ignore()


def two_lines(painter: QPainter, rect: QRectF, first: str, second: str, token: str = "text_3", icon: str = "") -> None:
    """A name over a quieter line with an optional icon before it."""
    cy = rect.center().y()
    paint.text(painter, QRectF(rect.left(), cy - 21, rect.width(), 22), first, theme.font("medium"), theme.color("text"))
    x = rect.left()
    if icon:
        paint.icon(painter, icon, x, cy + 11, theme.color(token), 16)
        x += 21
    paint.text(painter, QRectF(x, cy + 1, rect.right() - x, 20), second, theme.font("caption"), theme.color(token))
