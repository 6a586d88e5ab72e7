"""A device's page in the right column: state, serial, connection, what can be done. Opened by its chip on any page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from widgets.column import RightColumn
from widgets.facts import Facts, Findings
from widgets.values import ButtonSpec, Fact, Finding, Heading

CLOSE = ButtonSpec("close_device", "Close", "Backspace")


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What a device's page says."""

    heading: Heading
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    primary: ButtonSpec = CLOSE
    secondaries: Sequence[ButtonSpec] = ()


class DevicePanel(RightColumn):
    """Emits `action_requested(id)`; `close_device` is one of the ids."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.facts = Facts()
        self.findings = Findings()
        self.add(self.facts)
        self.add(self.findings)
        self.hide()

    def set_state(self, state: DeviceState) -> None:
        """Show a device."""
        self.set_heading(state.heading)
        self.facts.set_facts(state.facts)
        self.findings.set_findings(state.findings)
        self.set_primary(state.primary)
        self.set_secondaries(state.secondaries)
