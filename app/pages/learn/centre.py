"""The middle of Learn: the curve, and what the version would do now with its rehearsals, or what it names right."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.pages.learn.states import LearnState
from widgets import paint, theme
from widgets.buttons import Link
from widgets.charts import ErrorChart
from widgets.parts import IconLabel, label, surface
from widgets.rehearsal_grid import RehearsalGrid
from widgets.score_table import ScoreTable
from widgets.values import Picture


class _Preview(QWidget):
    """A still picture with rounded lower corners."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self.setAccessibleName("What the version would do now")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_picture(self, picture: Picture | None) -> None:
        """Show a picture, or say that there is none."""
        self._picture = picture
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        if self._picture is None:
            words = "Shown as soon as a version has learned something"
            paint.paragraph(painter, rect.adjusted(20, 0, -20, 0), words, theme.font("body"), theme.color("text_3"))
        else:
            paint.picture(painter, rect.adjusted(0, -12, 0, 0), paint.to_image(self._picture), 9)
        painter.end()


class Centre(QWidget):
    """The Learn content, at most 1600 wide and centred."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.chart = ErrorChart()
        self.title = label("", "heading")
        self.note = label("", "body", "2", wrap=True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.preview_title = label("", "heading")
        self.preview = _Preview()
        self.grid = RehearsalGrid()
        self.score = label("", "medium")
        self.tries = label("", "body", "2", wrap=True)
        self.missed = label("", "body")
        self.missed_icon = IconLabel("x-circle", "danger", 20)
        self.watch = Link("Watch")
        self.scores = ScoreTable()
        self.scores_title = label("", "heading")
        self.scores_note = label("", "body", "2")
        self.strangers = label("", "body", "2", wrap=True)
        self._task_cards = [self._preview_card(), self._rehearsal_card()]
        self._names_card = self._score_card()
        lower = QHBoxLayout()
        lower.setSpacing(16)
        lower.addWidget(self._task_cards[0], 9)
        lower.addWidget(self._task_cards[1], 10)
        lower.addWidget(self._names_card, 19)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(16)
        self._column.addWidget(self._chart_card(), 10)
        self._column.addLayout(lower, 12)

    def _chart_card(self) -> QWidget:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(20, 16, 20, 8)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title)
        head.addWidget(self.note, 1)
        column.addLayout(head)
        column.addWidget(self.chart, 1)
        return card

    def _preview_card(self) -> QWidget:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(1, 15, 1, 1)
        column.setSpacing(14)
        head = QHBoxLayout()
        head.setContentsMargins(19, 0, 19, 0)
        head.addWidget(self.preview_title)
        column.addLayout(head)
        column.addWidget(self.preview, 1)
        return card

    def _rehearsal_card(self) -> QWidget:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(20, 15, 20, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(label("Rehearsals", "heading"), 1)
        head.addWidget(self.score)
        column.addLayout(head)
        column.addWidget(self.tries)
        column.addSpacing(8)
        column.addWidget(self.grid, 1)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addWidget(self.missed_icon)
        foot.addWidget(self.missed, 1)
        foot.addWidget(self.watch)
        column.addLayout(foot)
        return card

    def _score_card(self) -> QWidget:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(20, 15, 20, 16)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.scores_title)
        head.addWidget(self.scores_note, 1)
        column.addLayout(head)
        column.addWidget(self.strangers)
        area = QScrollArea()
        area.setWidget(self.scores)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.viewport().setProperty("surface", "clear")
        column.addWidget(area, 1)
        return card

    def _set_names(self, state: LearnState) -> None:
        for card in self._task_cards:
            card.setVisible(not state.names)
        self._names_card.setVisible(state.names)
        self.scores.set_rows(state.scores)
        self.scores_title.setText(state.scores_title)
        self.scores_note.setText(state.scores_note)
        self.strangers.setText(state.strangers)
        self.strangers.setVisible(bool(state.strangers))

    def set_state(self, state: LearnState) -> None:
        """Show a state's curves, and its preview and rehearsals or its scores per name."""
        self._set_names(state)
        self.title.setText(state.chart_title)
        self.note.setText(state.chart_note)
        self.chart.set_curves(state.curves, state.steps_total, empty=state.chart_empty)
        self.preview_title.setText(state.preview_title)
        self.preview.set_picture(state.preview)
        self.grid.set_rehearsals(state.rehearsals)
        self.score.setText(state.rehearsal_score)
        self.tries.setText(state.rehearsal_note)
        finding = state.finding
        for item in (self.missed, self.missed_icon):
            item.setVisible(finding is not None)
        self.watch.setVisible(finding is not None and bool(finding.action))
        self.missed.setText(finding.text if finding else "")
        if finding:
            self.missed_icon.set_icon(finding.icon, finding.tone)

    def resizeEvent(self, event: QResizeEvent) -> None:
        side = max(24, (self.width() - 1600) // 2)
        top = 24 if self.height() > 700 else 16
        self._column.setContentsMargins(side, top, side, top)
