"""A page over the right column: a device's state and what can be done, or a small form. Opened by a chip or the menu on any page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from widgets.column import RightColumn
from widgets.crop_grid import CropGrid
from widgets.facts import Facts, Findings
from widgets.fields import Field
from widgets.pickers import SpeedPicker
from widgets.values import ButtonSpec, Fact, Finding, Heading, Pick

CLOSE = ButtonSpec("close_device", "Close", "Backspace")


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What the panel says. `field`: the caption of its text field ("" = none) and what stands in it at first.

    `crops`: labels to pick from, as (id, words); the pictures come by themselves.
    """

    heading: Heading
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    primary: ButtonSpec = CLOSE
    secondaries: Sequence[ButtonSpec] = ()
    field: str = ""
    text: str = ""
    picks: tuple[Pick, ...] = ()
    crops: tuple[tuple[int, str], ...] = ()


class Picks(QWidget):
    """Settings as switches; the same ones stay in place while their values change, so that the focus stays too."""

    picked = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._switches: dict[str, SpeedPicker] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(16)

    def set_picks(self, picks: Sequence[Pick]) -> None:
        """Show settings."""
        for pick in picks:
            if pick.id not in self._switches:
                self._switches[pick.id] = self._made(pick)
            self._switches[pick.id].set_index(pick.index)
        self.setVisible(bool(picks))

    def _made(self, pick: Pick) -> SpeedPicker:
        switch = SpeedPicker(pick.title, pick.options, keys=False)
        switch.chosen.connect(lambda index, identity=pick.id: self.picked.emit(identity, index))
        self._column.addWidget(switch)
        return switch


class DevicePanel(RightColumn):
    """Emits `action_requested(id)`; `close_device` is one of the ids. Enter in the field is the primary button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = Field("")
        self._caption_shown = ""
        self.field.submitted.connect(lambda _: self.primary.press())
        self.setFocusProxy(self.field.edit)  # a click beside a field that is typed into leaves it the keys
        self.facts = Facts()
        self.findings = Findings()
        self.findings.action_requested.connect(self.action_requested)
        self.picks = Picks()
        self.crops = CropGrid("Labels to pick from")
        for widget in (self.field, self.picks, self.facts, self.crops, self.findings):
            self.add(widget)
        self.hide()

    def set_state(self, state: DeviceState) -> None:
        """Show a device or a form; what is typed stays while the same field is shown, and goes when the panel is closed."""
        self.set_heading(state.heading)
        self.field.setVisible(bool(state.field))
        if state.field != self._caption_shown or self.isHidden():
            self._caption_shown = state.field
            self.field.set_caption(state.field)
            self.field.set_text(state.text)
            self.field.set_error("")
            if state.field:
                self.field.edit.setFocus(Qt.FocusReason.PopupFocusReason)
        self.picks.set_picks(state.picks)
        self.facts.set_facts(state.facts)
        self.findings.set_findings(state.findings)
        self.crops.set_crops([label for label, _ in state.crops], dict(state.crops))
        self.set_primary(state.primary)
        self.set_secondaries(state.secondaries)
