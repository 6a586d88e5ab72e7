"""See: the objects, one question at a time, and naming. The view of the page."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.pages.see.states import LOOKING, NO_OBJECTS, SeeState
from widgets import theme
from widgets.buttons import Link
from widgets.column import LeftColumn, RightColumn
from widgets.crop import CropView
from widgets.facts import Facts, Findings, separator
from widgets.naming import QuestionCard
from widgets.object_list import ObjectList
from widgets.parts import EmptyState, label


class SeePage:
    """The view. Intents: `right.action_requested(id)`, `objects.chosen`, `question.class_chosen`, `findings.action_requested`."""

    name = "see"
    holds = True

    def __init__(self) -> None:
        self.left = LeftColumn("Objects", add="Add a missed object (A)")
        self.objects = ObjectList()
        self.empty = EmptyState(NO_OBJECTS)
        self.left.add(self.objects, 1)
        self.left.add(self.empty, 1)
        self.left.finish()
        self.right = RightColumn()
        self.strip: QWidget | None = None
        self.centre: QWidget | None = None
        self.question = QuestionCard(digits=True)
        self.crop = CropView()
        self.facts = Facts()
        self.findings = Findings()
        self._rule = separator()
        self._said_title = label("What the camera said", "strong")
        self._said = label("", "caption", "2", wrap=True)
        self._note = label("", "body", "2", wrap=True)
        for widget in (self.question, self.crop, self.facts, self.findings, self._rule, self._said_title, self._said, self._note):
            self.right.add(widget)
        self._help_shown = True
        self._noted = ""
        self.copy_details = Link("Copy details", "copy")
        self.right.add(self.copy_details)

    def set_metrics(self, metrics: theme.Metrics) -> None:
        """Follow the window's width."""
        self.question.crop.setFixedHeight(metrics.question_height)
        self.crop.setFixedHeight(metrics.question_height)
        self._help_shown = metrics.help_shown
        self._note.setVisible(bool(self._noted) and self._help_shown)

    def set_state(self, state: SeeState) -> None:
        """Show a state."""
        self.objects.set_selected(state.selected)
        self.objects.set_objects(state.rows)
        self.objects.setVisible(bool(state.rows))
        self.empty.setVisible(not state.rows)
        self.empty.set_empty(LOOKING if state.count == "looking" else NO_OBJECTS)
        self.left.set_count(state.count or str(len(state.rows)))
        self.left.set_picture_title(state.picture_title)
        self.right.set_heading(state.heading)
        self.right.set_primary(state.primary)
        self.right.set_secondaries(state.secondaries)
        self.question.setVisible(state.ask)
        self.question.set_question(state.crop, state.guesses, state.names, hint=state.hint, taken=state.primary.id == "confirm")
        self.crop.setVisible(state.crop is not None and not state.ask)
        self.crop.set_crop(state.crop)
        self.facts.set_facts(state.facts)
        self.findings.set_findings(state.findings)
        self._rule.setVisible(bool((state.facts and state.note) or state.said))
        self._said_title.setVisible(bool(state.said))
        self._said.setText(state.said)
        self._said.setVisible(bool(state.said))
        self.copy_details.setVisible(bool(state.said))
        self._noted = state.note
        self._note.setText(state.note)
        self._note.setVisible(bool(state.note) and self._help_shown)
