"""The menu at the top left: tasks, a new layout, themes, settings, the data folder, about. Forms open in place, in the right column."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.presenters.devices import DevicesPresenter
from app.presenters.status import StatusPresenter
from app.screen import SCALES, asks_for_more, fits, read_scale, store_scale
from app.session import Session
from core.cells import find_cell
from core.storage import edits
from core.storage.store import Changes, Row, Store
from widgets import theme
from widgets.device_panel import CLOSE, DeviceState
from widgets.values import ButtonSpec, Fact, Finding, Heading, Pick, Toast

_SETTINGS, _PROPOSED = "screen", "scale_proposed"
_NO_NAME, _TAKEN = "A name needs at least one letter.", "There is a task of that name. Choose another."
THEMES = ("dark", "light", "system")


class MenuPresenter(QObject):
    """Acts on what the menu and its forms ask."""

    def __init__(self, session: Session, window: MainWindow, status: StatusPresenter, devices: DevicesPresenter) -> None:
        super().__init__(window)
        self._session, self._window, self._status, self._devices = session, window, status, devices
        self._open: Callable[[], DeviceState] | None = None
        self._pending = ""
        self._scale = read_scale(session.store.folder.root)  # as it was at the start: another one counts from the next on
        stored = session.store.setting(_SETTINGS, {})
        self._theme = str(stored.get("theme", "dark"))
        self._still = bool(stored.get("reduce_motion", False))
        self._contrast = bool(stored.get("high_contrast", False))
        window.device.picks.picked.connect(self._pick)
        window.menu_chosen.connect(self.choose)
        window.device_action_requested.connect(self.act)
        session.task_changed.connect(self.show_tasks)
        session.changed.connect(self._on_changed)

    def show_tasks(self) -> None:
        """The task at work and the others, at the top left."""
        task = self._session.task
        self._window.set_task(task.title if task else "No task", [t.title for t in self._session.queries.tasks()])

    def apply(self, name: str = "") -> None:
        """Show everything in the chosen theme ("dark", "light", "system"), or in `name`."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            chosen = name or self._theme
            dark = app.styleHints().colorScheme() != Qt.ColorScheme.Light if chosen == "system" else chosen != "light"
            theme.apply_theme(app, "dark" if dark else "light", high_contrast=self._contrast, reduce_motion=self._still)

    @Slot(str)
    def choose(self, choice: str) -> None:
        """An entry of the menu."""
        forms = {
            "new_task": self._new_task,
            "edit_task": self._edit_task,
            "settings": self._settings,
            "data_folder": self._data,
            "about": self._about,
        }
        if choice.startswith("task:"):
            found = next((t.id for t in self._session.queries.tasks() if t.title == choice.removeprefix("task:")), None)
            if found is not None and not self._recording():
                self._close()  # a form that is open speaks of the task before
                self._session.choose_task(found)
        elif choice == "new_layout":
            self._new_layout()
        elif choice == "delete_task":
            self._delete_task()
        elif choice.startswith("theme:"):
            self._theme = choice.removeprefix("theme:")
            self._store_screen()
        elif choice == "keys":
            self._window.toggle_help()
        elif choice in forms:
            self._devices.forget()
            self._open = forms[choice]
            self._window.show_device(self._open())

    def _new_layout(self) -> None:
        live = self._session.live
        if self._session.cell == "":
            self._session.say(Toast("A real table is laid by hand.", "info", "plain"))
        elif live.arm is not None and live.arm.driver != "nobody":
            self._session.say(Toast("The arm is moving. Lay the table anew when it holds.", "warning", "warn"))
        else:
            live.lay_anew(int(live.host.now_ns() // 1000 % 100_000))
            self._status.tell("The table is laid anew.")

    @Slot(str)
    def act(self, action: str) -> None:
        """A button of an open form."""
        title = self._window.device.field.edit.text().strip()
        actions: dict[str, Callable[[], None]] = {
            "task_create": lambda: self._create(title),
            "task_rename": lambda: self._rename(title),
            "task_copy": lambda: self._create(title if title != self._title() else f"{title} copy", like_this=True),
            "who_store": lambda: self._store_who(title),
            "back_up": self._back_up,
        }
        if action in actions:
            actions[action]()

    def _title(self) -> str:
        return self._session.task.title if self._session.task is not None else ""

    def _new_task(self) -> DeviceState:
        where = Path(self._session.cell).stem or "this rig"
        return DeviceState(
            Heading("New task", "What shall the arm learn?", f"It is taught on {where}. The names of objects are shared."),
            primary=ButtonSpec("task_create", "Make the task", "Enter"),
            secondaries=(CLOSE,),
            field="Name, like “Mugs on the tray”",
        )

    def _edit_task(self) -> DeviceState:
        return DeviceState(
            Heading("Task", "Rename or copy", "A copy begins without demonstrations and versions."),
            primary=ButtonSpec("task_rename", "Rename", "Enter"),
            secondaries=(ButtonSpec("task_copy", "Copy"), CLOSE),
            field="Name of the task",
            text=self._title(),
        )

    def _settings(self) -> DeviceState:
        scale = read_scale(self._session.store.folder.root)
        return DeviceState(
            Heading("Settings", "The screen, and who is working", "The name stands beside every label and demonstration made from now on."),
            primary=ButtonSpec("who_store", "Store the name", "Enter"),
            secondaries=(CLOSE,),
            field="Name",
            text=self._session.store.who,
            picks=(
                Pick("theme", "Theme", ("Dark", "Light", "System"), THEMES.index(self._theme)),
                Pick("scale", "Size, from the next start on", tuple(f"{100 * s:.0f}%" for s in SCALES), SCALES.index(scale)),
                Pick("motion", "Motion", ("Full", "Reduced"), int(self._still)),
                Pick("contrast", "Contrast", ("Usual", "High"), int(self._contrast)),
            ),
        )

    @Slot(str, int)
    def _pick(self, setting: str, index: int) -> None:
        """A setting of the screen was chosen."""
        if setting == "theme":
            self._theme = THEMES[index]
        elif setting == "scale":
            self._choose_scale(SCALES[index])
        elif setting == "motion":
            self._still = bool(index)
        else:
            self._contrast = bool(index)
        self._store_screen()
        if self._open is not None:
            self._window.device.set_state(self._open())

    def _choose_scale(self, scale: float) -> None:
        if fits(scale, *self._screen()):
            store_scale(self._session.store.folder.root, scale)
        else:
            self._session.say(Toast(f"At {100 * scale:.0f}% the window would be larger than this screen.", "warning", "warn"))

    def _screen(self) -> tuple[int, int]:
        """The size of the screen as it were at 100 %."""
        size = self._window.screen().size()
        return round(size.width() * self._scale), round(size.height() * self._scale)

    def propose_scale(self) -> None:
        """On a large screen with small things on it, say once that all can be larger."""
        seen = bool(self._session.store.setting(_PROPOSED, {}))
        if not seen and asks_for_more(self._scale, self._screen()[0]):
            self._session.run(lambda store: store.set_setting(_PROPOSED, {"value": True}))
            self._session.say(Toast("This screen is large. Everything can be shown at 150%: Ctrl , then Size.", "info", "plain"))

    def _data(self) -> DeviceState:
        folder = self._session.store.folder
        size = sum(p.stat().st_size for p in folder.root.rglob("*") if p.is_file())
        kept = len(list(folder.backups.glob("*")))
        return DeviceState(
            Heading("Data", "The data folder", str(folder.root)),
            (Fact("Size", f"{size / 1e6:.0f} MB"), Fact("Backups", str(kept))),
            (Finding("info", "plain", "To move it, close Pendant, move the folder, and start with --data and its new place."),),
            ButtonSpec("back_up", "Back up now", "Enter"),
            (CLOSE,),
        )

    def _about(self) -> DeviceState:
        try:
            number = version("pendant")
        except PackageNotFoundError:
            number = "from its source folder"
        warning = (
            "STOP is software, not a safety-rated stop. Keep the robot’s own emergency stop within reach. Pendant does not see people."
        )
        return DeviceState(
            Heading("About", "Pendant", "Teach an arm by looking, correcting, showing and letting it try. Nothing leaves this machine."),
            (Fact("Version", number), Fact("Licence", "Apache 2.0")),
            (Finding("warning", "warn", warning),),
        )

    def _create(self, title: str, *, like_this: bool = False) -> None:
        if self._recording():
            return
        name = re.sub(r"[\W_]+", "-", title.casefold()).strip("-")
        if not name or self._session.queries.task_named(name) is not None or self._taken(title):
            self._window.device.field.set_error(_TAKEN if name else _NO_NAME)
            return
        task = self._session.task
        goal = edits.goal_from(task.goal) if like_this and task is not None else None
        cell = self._session.cell
        self._pending = name
        self._session.run(lambda store: edits.create_task(store, name, title, cell, goal))
        self._close()

    def _recording(self) -> bool:
        """Whether something is recorded, which belongs to the task at work; says so."""
        take = self._session.takes.current
        if take is not None:
            what = "A demonstration" if take.kind == "demonstration" else "A rollout"
            self._session.say(Toast(f"{what} of this task goes on. Finish it before you change the task.", "info", "plain"))
        return take is not None

    def _rename(self, title: str) -> None:
        task_id = self._session.task_id
        if not title or self._taken(title, but=task_id):
            self._window.device.field.set_error(_TAKEN if title else _NO_NAME)
            return
        self._session.run(lambda store: store.mutate("renaming the task", lambda _: [Row("task", task_id, {"title": title})]))
        self._close()

    def _delete_task(self) -> None:
        task, brought = self._session.task, find_cell(self._session.cell).tasks if self._session.cell else ()
        if task is None or self._recording():
            return
        if any(known.id == task.name for known in brought):
            self._session.say(Toast(f"{task.title} comes with this table, so it stays.", "info", "plain"))
        elif len(self._session.queries.tasks()) == 1:
            self._session.say(Toast("It is the only task. Make another one first.", "info", "plain"))
        else:
            self._close()
            self._session.run(lambda store: edits.delete_task(store, task.id))

    def _taken(self, title: str, but: int = 0) -> bool:
        """Whether another task has that title: the menu tells tasks apart by nothing else."""
        return any(t.title.casefold() == title.casefold() for t in self._session.queries.tasks() if t.id != but)

    def _store_who(self, name: str) -> None:
        if not name:
            return

        def remember(store: Store) -> Changes:
            store.who = name
            return store.set_setting("who", {"value": name})

        self._session.run(remember)
        self._close()

    def _store_screen(self) -> None:
        value = {"theme": self._theme, "reduce_motion": self._still, "high_contrast": self._contrast}
        self.apply()
        self._session.run(lambda store: store.set_setting(_SETTINGS, value))

    def _back_up(self) -> None:
        def backup(store: Store) -> None:
            store.backup()

        self._session.run(backup)
        self._session.say(Toast("The catalogue is backed up beside the data.", "check-circle"))
        self._close()

    def _close(self) -> None:
        self._open = None
        self._window.close_device()

    @Slot(object)
    def _on_changed(self, changes: Changes) -> None:
        if changes.touches("task"):
            made = self._session.queries.task_named(self._pending) if self._pending else None
            self._pending = ""
            if made is not None:
                self._session.choose_task(made.id)
            elif self._session.task is None or self._session.task.deleted:
                tasks, gone = self._session.queries.tasks(), self._session.task
                if gone is not None and not changes.undone:
                    self._session.say(Toast(f"{gone.title} is deleted.", "trash", "plain", "Undo", "Ctrl Z"))
                if tasks:
                    self._session.choose_task(tasks[0].id)
            self.show_tasks()
