"""The right column: caption, sentence, facts, two secondaries, one primary; and the left column's heading and picture slot.

The primary and the secondaries never scroll away. A page fills the body between.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from widgets.buttons import Button, IconButton
from widgets.held_button import HeldButton
from widgets.parts import label, line
from widgets.values import ButtonSpec, Heading


class RightColumn(QWidget):
    """Emits `action_requested(id)` of the primary or a secondary."""

    action_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._caption = label("", "caption", "3")
        self._title = label("", "title", wrap=True)
        self._sentence = label("", "body", "2", wrap=True)
        self._primary_id = ""
        self._wanted: tuple[Heading, ButtonSpec, Sequence[ButtonSpec]] = (Heading("", ""), ButtonSpec("", ""), ())
        self._cover: tuple[Heading, ButtonSpec] | None = None
        self._shown: tuple[Heading, ButtonSpec, Sequence[ButtonSpec]] | None = None
        self._secondary_ids: list[str] = ["", ""]
        self.primary = HeldButton()
        self.primary.activated.connect(lambda: self.action_requested.emit(self._primary_id))
        self.secondaries = [Button(""), Button("")]
        for i, button in enumerate(self.secondaries):
            button.clicked.connect(lambda _=False, at=i: self.action_requested.emit(self._secondary_ids[at]))
            button.hide()
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(12)
        self._assemble()

    def _assemble(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "clear")
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(20, 20, 20, 12)
        stack.setSpacing(4)
        for item in (self._caption, self._title, self._sentence):
            stack.addWidget(item)
        stack.addSpacing(8)
        stack.addLayout(self._body)
        stack.addStretch(1)
        self.body = QScrollArea()
        self.body.setWidget(inner)
        self.body.setWidgetResizable(True)
        self.body.setFrameShape(QFrame.Shape.NoFrame)
        self.body.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bar = self.body.verticalScrollBar()
        bar.rangeChanged.connect(lambda low, high: stack.setContentsMargins(20, 20, 12 if high > low else 20, 12))
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        for button in self.secondaries:
            self._row.addWidget(button, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(20, 4, 20, 20)
        foot.setSpacing(12)
        foot.addLayout(self._row)
        foot.addWidget(self.primary)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.body, 1)
        whole.addLayout(foot)

    def add(self, widget: QWidget) -> QWidget:
        """Put a page's widget into the body."""
        self._body.addWidget(widget)
        return widget

    def heading(self) -> Heading:
        """The words that stand at the top now."""
        return self._wanted[0] if self._cover is None else self._cover[0]

    def set_heading(self, heading: Heading) -> None:
        """The words at the top."""
        self._wanted = (heading, *self._wanted[1:])
        self._show()

    def set_primary(self, spec: ButtonSpec) -> None:
        """The one filled button."""
        self._wanted = (self._wanted[0], spec, self._wanted[2])
        self._show()

    def set_secondaries(self, specs: Sequence[ButtonSpec]) -> None:
        """None, one or two buttons above the primary; each takes the room its words need."""
        self._wanted = (*self._wanted[:2], specs)
        self._show()

    def set_cover(self, heading: Heading | None, primary: ButtonSpec | None) -> None:
        """Something that goes before whatever the page says (the stop): its heading and its one button; None, None takes it away."""
        self._cover = (heading, primary) if heading is not None and primary is not None else None
        self._show()

    def _show(self) -> None:
        shown = self._wanted if self._cover is None else (*self._cover, ())
        if shown == self._shown:
            return
        self._shown = shown
        heading, primary, secondaries = shown
        self._caption.setText(heading.caption)
        self._title.setText(heading.title)
        self._sentence.setText(heading.sentence)
        self._sentence.setVisible(bool(heading.sentence))
        if primary.id:
            self._primary_id = primary.id
            self.primary.set_spec(primary)
        self._show_secondaries(secondaries)

    def _show_secondaries(self, specs: Sequence[ButtonSpec]) -> None:
        for i, button in enumerate(self.secondaries):
            button.setVisible(i < len(specs))
            if i < len(specs):
                self._secondary_ids[i] = specs[i].id
                button.set_spec(specs[i])
        widths = [button.sizeHint().width() for button in self.secondaries]
        uneven = len(specs) == 2 and max(widths) > 140
        for i in range(2):
            self._row.setStretch(i, widths[i] if uneven else 1)


class LeftColumn(QWidget):
    """A heading with a count and a "+", a page's list, and the slot where the small picture lies."""

    add_requested = Signal()
    swap_requested = Signal()

    def __init__(self, title: str, *, add: str = "", note: str = "", picture: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._count = label("", "body", "3")
        self.head = QWidget()
        self.head.setFixedHeight(56)
        row = QHBoxLayout(self.head)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(label(title, "heading"))
        row.addWidget(self._count)
        row.addStretch(1)
        self._note = label(note, "caption", "3")
        if note:
            row.addWidget(self._note)
            row.addSpacing(8)
        if add:
            plus = IconButton("plus", add)
            plus.clicked.connect(self.add_requested)
            row.addWidget(plus)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.head)
        self.slot: QWidget | None = None
        self._picture_words, self._swapped = "Colour image", False
        self._picture_title = label(self._picture_words, "strong")
        self._picture = picture

    def add(self, widget: QWidget, stretch: int = 0) -> QWidget:
        """Put a page's widget under the heading."""
        self._column.addWidget(widget, stretch)
        return widget

    def finish(self) -> None:
        """Close the column with the picture's slot, if it has one."""
        if not self._picture:
            return
        swap = IconButton("picture-in-picture", "Swap cloud and image (S)")
        swap.clicked.connect(self.swap_requested)
        head = QWidget()
        head.setFixedHeight(44)
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 6, 0)
        row.addWidget(self._picture_title, 1)
        row.addWidget(swap)
        self.slot = QWidget()
        self.slot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._column.addWidget(line())
        self._column.addWidget(head)
        self._column.addWidget(self.slot)

    def set_count(self, words: str) -> None:
        """The quiet words beside the title."""
        self._count.setText(words)

    def set_note(self, words: str) -> None:
        """The quiet words at the end of the heading, for a column that has some."""
        self._note.setText(words)

    def set_picture_title(self, words: str) -> None:
        """The small picture's caption, while it is the colour image."""
        self._picture_words = words
        self.set_swapped(self._swapped)

    def set_swapped(self, swapped: bool) -> None:
        """Whether the cloud is the small picture."""
        self._swapped = swapped
        self._picture_title.setText("Cloud" if swapped else self._picture_words)

    def set_width(self, width: int) -> None:
        """Follow the window; the picture keeps 16:9."""
        self.setFixedWidth(width)
        if self.slot is not None:
            self.slot.setFixedHeight(round(width * 9 / 16))

    def sizeHint(self) -> QSize:
        return QSize(272, 600)
