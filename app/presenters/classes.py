"""The names behind the model's chip: a list, and for each rename, merge, split, colour, key, delete. Undo takes any of it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Slot

from app.actions import OVER
from app.main_window import MainWindow
from app.presenters.devices import DevicesPresenter
from app.presenters.label_crops import LabelCrops
from app.session import Session
from core.storage import class_edits
from core.storage.records import ObjectClass
from core.storage.store import Changes, Store
from widgets import theme
from widgets.device_panel import CLOSE, DeviceState
from widgets.values import ButtonSpec, Finding, Heading, Toast

_ALL = ButtonSpec("classes", "All names")
_NO_NAME = "A name needs at least one letter."


class ClassesPresenter(QObject):
    """Keeps the list or the class that is open; the panel shows it."""

    def __init__(self, session: Session, window: MainWindow, devices: DevicesPresenter) -> None:
        super().__init__(window)
        self._session, self._window, self._devices = session, window, devices
        self._open = False
        self._chosen = 0
        self._merge_into = 0
        self._crops, self._grid = LabelCrops(session, self), window.device.crops
        self._grid.wanted.connect(self._crops.ask)
        self._crops.made.connect(self._grid.set_crop)
        self._grid.picked_changed.connect(self._on_picked)
        window.closing.connect(self._crops.close)
        self._bind_keys()
        window.device_action_requested.connect(self.act)
        window.chip_clicked.connect(self._leave)
        window.menu_chosen.connect(self._leave)
        session.changed.connect(self._on_changed)

    def _bind_keys(self) -> None:
        """The grid has the arrows and Space while it has the focus; no page's own keys then."""
        bind, grid = partial(self._window.actions_table.bind, page=OVER, enabled=self._grid.hasFocus), self._grid
        for key, columns, rows in (
            ("previous", 0, -1), ("next", 0, 1), ("tool_left", -1, 0), ("tool_right", 1, 0), ("frame_back", -1, 0), ("frame_on", 1, 0),
        ):  # fmt: skip
            bind(key, partial(grid.move_by, columns, rows))
        bind("pause", grid.toggle_current)

    @Slot()
    def _on_picked(self) -> None:
        if self._open and self._class() is not None:
            self._window.device.set_state(self._state())

    @Slot(str)
    def act(self, action: str) -> None:
        """A button or link of the panel."""
        chosen = self._class()
        acts: dict[str, Callable[[ObjectClass], None]] = {
            "class_rename": self._rename,
            "class_merge": self._merge,
            "class_split": self._split,
            "class_fresh": lambda c: self._grid.pick(self._fresh(c)),
            "class_colour": lambda c: self._run(lambda store: class_edits.set_colour(store, c.id, c.colour % class_edits.PALETTE_SIZE + 1)),
            "class_key": lambda c: self._run(lambda store: class_edits.set_key(store, c.id, (c.key or 0) % 9 + 1)),
            "class_delete": self._delete,
        }
        if action == "classes":
            self._show(0)
        elif action.startswith("class:"):
            self._show(int(action.removeprefix("class:")))
        elif action == "class_new":
            self._add(self._typed())
        elif action in acts and chosen is not None:
            acts[action](chosen)

    def _show(self, class_id: int) -> None:
        self._devices.forget()
        self._open, self._chosen, self._merge_into = True, class_id, 0
        self._grid.pick(())
        self._window.show_device(self._state())

    @Slot()
    def _leave(self) -> None:
        self._open = False

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if self._open and self._window.device.isVisible() and changes.touches("object_class", "label"):
            if self._class() is None:
                self._chosen = 0
            self._window.device.set_state(self._state())

    def _class(self) -> ObjectClass | None:
        return next((c for c in self._session.classes if c.id == self._chosen), None)

    def _typed(self) -> str:
        return self._window.device.field.edit.text().strip()

    def _run(self, operation: Callable[[Store], Changes]) -> None:
        self._session.run(operation)

    def _state(self) -> DeviceState:
        counts = self._session.queries.labels_per_class()
        chosen = self._class()
        return self._all(counts) if chosen is None else self._one(chosen, counts.get(chosen.id, 0))

    def _all(self, counts: dict[int, int]) -> DeviceState:
        rows = tuple(
            Finding("tag", "plain", c.name, f"{_key(c)} · {_colour(c)} · {_labels(counts.get(c.id, 0))}", "Change", f"class:{c.id}")
            for c in self._session.classes
        )
        sentence = "" if rows else "No names yet. Click an object on See and type what it is."
        return DeviceState(
            Heading("Model", "Names", sentence), findings=rows, primary=ButtonSpec("class_new", "Add the name", "Enter"),
            secondaries=(CLOSE,), field="A new name",
        )  # fmt: skip

    def _one(self, chosen: ObjectClass, count: int) -> DeviceState:
        into = next((c for c in self._session.queries.classes() if c.id == self._merge_into), None)
        fresh = len(self._fresh(chosen))
        findings = [
            Finding("keyboard", "plain", _key(chosen), "names the selected object", "Next key", "class_key"),
            Finding("paint-brush", "plain", _colour(chosen).capitalize(), "on every screen", "Next colour", "class_colour"),
        ]
        picked = len(self._grid.picked())
        if fresh:
            findings.append(Finding("clock", "plain", f"{_labels(fresh)} made since the start", "", "Pick", "class_fresh"))
        if count > 1:
            words = "They get the name that is typed above." if picked else "Click those that are something else, then type its name."
            text = f"{picked} of {count} picked" if picked else "Two kinds under one name?"
            findings.insert(0, Finding("columns", "plain", text, words))
        if into is not None:
            question = Finding(
                "question",
                "warn",
                f"{into.name} is taken. Merge instead?",
                "Older versions still find the old name.",
                "Merge",
                "class_merge",
            )
            findings.insert(0, question)
        return DeviceState(
            Heading("Name", chosen.name, f"{_labels(count)} so far."),
            findings=tuple(findings),
            primary=ButtonSpec("class_split", f"Split off {picked}", "Enter") if picked else ButtonSpec("class_rename", "Rename", "Enter"),
            secondaries=(ButtonSpec("class_delete", "Delete", danger=True), _ALL),
            field=f"Name of {chosen.name}",
            text=chosen.name,
            crops=self._pickable(chosen) if count > 1 else (),
        )

    def _pickable(self, chosen: ObjectClass) -> tuple[tuple[int, str], ...]:
        """The labels of a class, the newest first, with words for those who do not see them."""
        labels = reversed(self._session.queries.labels_of_class(chosen.id))
        return tuple((label.id, f"{chosen.name}, {label.who}, {datetime.fromtimestamp(label.created_s):%d %b %H:%M}") for label in labels)

    def _add(self, name: str) -> None:
        field, taken = self._window.device.field, self._session.queries.class_named(name)
        if not name or taken is not None:
            field.set_error(f"There is {taken.name} already." if taken is not None else _NO_NAME)
            return
        field.set_text("")
        field.set_error("")
        self._run(lambda store: class_edits.create_class(store, name))

    def _rename(self, chosen: ObjectClass) -> None:
        name = self._typed()
        self._window.device.field.set_error("" if name else _NO_NAME)
        taken = self._session.queries.class_named(name)
        if taken is not None and taken.id != chosen.id:
            self._merge_into = taken.id
            self._window.device.set_state(self._state())
        elif name and name != chosen.name:
            self._run(lambda store: class_edits.rename_class(store, chosen.id, name))

    def _merge(self, chosen: ObjectClass) -> None:
        into, self._merge_into = self._merge_into, 0
        if not into:
            return
        self._run(lambda store: class_edits.merge_classes(store, chosen.id, into))
        self._session.say(Toast(f"{chosen.name} is merged. Its labels went over.", action="Undo", key="Ctrl Z"))
        self._chosen = into

    def _split(self, chosen: ObjectClass) -> None:
        name, ids = self._typed(), self._grid.picked()
        if not name or name.casefold() == chosen.name.casefold():
            self._window.device.field.set_error("Type the name that they get.")
            return
        self._grid.pick(())
        self._window.device.field.set_text(chosen.name)  # Enter would rename it to what was split off
        self._run(lambda store: class_edits.move_labels(store, ids, name))
        verb = "is" if len(ids) == 1 else "are"
        self._session.say(Toast(f"{_labels(len(ids))} of {chosen.name} {verb} now “{name}”.", action="Undo", key="Ctrl Z"))

    def _fresh(self, chosen: ObjectClass) -> list[int]:
        return [label.id for label in self._session.queries.labels_of_class(chosen.id) if label.created_s >= self._session.started_s]

    def _delete(self, chosen: ObjectClass) -> None:
        self._run(lambda store: class_edits.delete_class(store, chosen.id))
        self._session.say(Toast(f"{chosen.name} and its labels are deleted.", action="Undo", key="Ctrl Z"))


def _key(known: ObjectClass) -> str:
    return f"Key {known.key}" if known.key else "No key"


def _colour(known: ObjectClass) -> str:
    return theme.OBJECT_COLOR_NAMES[known.colour - 1]


def _labels(count: int) -> str:
    return f"{count} label{'' if count == 1 else 's'}"
