"""One table of commands: what each key does, where, and in which words; menus, keys, the F1 page and a foot pedal read it.

`KeyFilter` is the application's event filter: Esc is STOP before every widget. Functions are bound by the pages' presenters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QDialog, QLineEdit, QPlainTextEdit, QWidget

from widgets.buttons import PaintedButton
from widgets.fields import NameField
from widgets.held_button import HeldButton

ALL = ("see", "show", "review", "learn", "run")
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
# Scan codes of the digit row on X11 and Wayland: digits go by key position, whatever the layout prints there.
_DIGIT_CODES = {code: str((code - 9) % 10) for code in range(10, 20)}


@dataclass(frozen=True, slots=True)
class Action:
    """One command. `keys` in Qt's portable text; `where` the pages; `driving` = only while driving by keys (None = either)."""

    id: str
    text: str
    keys: tuple[str, ...]
    where: tuple[str, ...] = ALL
    driving: bool | None = None
    repeats: bool = False


def _digits() -> tuple[Action, ...]:
    return tuple(
        Action(f"name_{n}", f"Name it as class {n} · pick object {n}, then goal", (str(n),), ("see", "show", "review"))
        for n in range(1, 10)
    )


TABLE: tuple[Action, ...] = (
    Action("stop", "STOP, and closes what is open", ("Esc",)),
    Action("primary", "The primary button", ("Return",)),
    Action("pause", "Pause what moves; on Run, take over", ("Space",)),
    Action("back", "Back: close, or clear the steps", ("Backspace",)),
    Action("delete", "Not an object · to the trash", ("Del",), ("see", "show", "review", "learn")),
    Action("undo", "Undo", ("Ctrl+Z",)),
    Action("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y")),
    *(Action(f"page_{page}", f"Go to {page.capitalize()}", (f"Ctrl+{i + 1}",)) for i, page in enumerate(ALL)),
    Action("previous", "Previous in the list", ("Up",), ALL, False, True),
    Action("next", "Next in the list", ("Down",), ALL, False, True),
    Action("first", "First in the list", ("Home",), ALL, False),
    Action("last", "Last in the list", ("End",), ALL, False),
    *_digits(),
    Action("not_an_object", "Not an object", ("0",), ("see", "review")),
    Action("type_name", "Type a name", ("N",), ("see", "review")),
    Action("unsure", "Unsure", ("U",), ("see", "review")),
    Action("add", "Add a missed object", ("A",), ("see", "review")),
    Action("outline", "Paint its outline", ("B",), ("see", "review")),
    Action("split_object", "Split it", ("X",), ("see",)),
    Action("merge", "Merge it with another", ("M",), ("see",)),
    Action("box", "Move its box", ("D",), ("see",)),
    Action("again", "Carry its label to other frames", ("T",), ("see", "review")),
    Action("edges", "Snap to edges, or not", ("E",), ("see", "review")),
    Action("dab", "Tool: paint or click at the cross, or begin and end a cut", (".",), ("see", "review"), None, True),
    Action("dab_off", "Tool: erase at the cross", (",",), ("see", "review"), None, True),
    Action("tool_left", "Tool: left", ("Left",), ("see",), None, True),
    Action("tool_right", "Tool: right", ("Right",), ("see",), None, True),
    Action("tool_up", "Tool: box up", ("PgUp",), ("see",), None, True),
    Action("tool_down", "Tool: box down", ("PgDown",), ("see",), None, True),
    Action("turn_left_box", "Tool: turn the box left", ("[",), ("see",), None, True),
    Action("turn_right_box", "Tool: turn the box right", ("]",), ("see",), None, True),
    Action("larger", "Tool: larger", ("+", "="), ("see",), None, True),
    Action("smaller", "Tool: smaller", ("-",), ("see",), None, True),
    Action("split", "Split at the playhead", ("X",), ("review",)),
    Action("frame_back", "One frame back", ("Left",), ("review",), None, True),
    Action("frame_on", "One frame on", ("Right",), ("review",), None, True),
    Action("second_back", "One second back", ("Shift+Left",), ("review",), None, True),
    Action("second_on", "One second on", ("Shift+Right",), ("review",), None, True),
    Action("extend_up", "Select one more upwards", ("Shift+Up",), ("review",), None, True),
    Action("extend_down", "Select one more downwards", ("Shift+Down",), ("review",), None, True),
    Action("trim_start", "Trim the start to the playhead", ("I",), ("review",)),
    Action("trim_end", "Trim the end to the playhead", ("O",), ("review",)),
    Action("more", "Rating or speed up", ("+", "="), ("review", "show", "run")),
    Action("less", "Rating or speed down", ("-",), ("review", "show", "run")),
    Action("preview", "Preview the motion as a ghost", ("P",), ("show",)),
    Action("drive_left", "Move left", ("Left",), ("show", "run"), True, True),
    Action("drive_right", "Move right", ("Right",), ("show", "run"), True, True),
    Action("drive_away", "Move away", ("Up",), ("show", "run"), True, True),
    Action("drive_near", "Move near", ("Down",), ("show", "run"), True, True),
    Action("drive_up", "Move up", ("PgUp",), ("show", "run"), True, True),
    Action("drive_down", "Move down", ("PgDown",), ("show", "run"), True, True),
    Action("turn_left", "Turn the gripper left", ("Q",), ("show", "run"), True, True),
    Action("turn_right", "Turn the gripper right", ("E",), ("show", "run"), True, True),
    Action("gripper", "Open or close the gripper", ("G",), ("show", "run"), True),
    Action("center", "Centre on the selection", ("C",)),
    Action("whole_table", "Whole table", ("Shift+C",)),
    Action("colouring", "Next colouring", ("V",)),
    Action("swap", "Swap cloud and image", ("S",), ("see", "show", "run")),
    Action("find", "Find", ("Ctrl+F",)),
    Action("keys", "All keys", ("F1",)),
    Action("full_screen", "Full screen", ("F11",)),
    Action("settings", "Settings", ("Ctrl+,",)),
)


OVER = "over"


@dataclass(slots=True)
class _Bound:
    function: Callable[[], None]
    enabled: Callable[[], bool]
    released: Callable[[], None] | None


@dataclass(slots=True)
class Actions:
    """The table with the functions bound to it. `page` and `driving` say where the operator is; `keys` holds rebound keys by id."""

    page: str = "see"
    driving: bool = False
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _bound: dict[tuple[str, str], _Bound] = field(default_factory=dict)

    def bind(
        self,
        action_id: str,
        function: Callable[[], None],
        *,
        page: str = "",
        enabled: Callable[[], bool] = lambda: True,
        released: Callable[[], None] | None = None,
    ) -> None:
        """Give an action its function, for one page, for all (""), or for what lies over a page (`OVER`), which goes first while enabled.

        `released` is called when the key is let go.
        """
        self._bound[(action_id, page)] = _Bound(function, enabled, released)

    def rebind(self, action_id: str, keys: tuple[str, ...]) -> str:
        """Give an action other keys; returns the id of an action that has one of them in the same place, or "" when done."""
        action = next(a for a in TABLE if a.id == action_id)
        if action_id == "stop" or "Esc" in keys:
            return "stop"
        for other in TABLE:
            same_place = set(other.where) & set(action.where) and (
                None in (other.driving, action.driving) or other.driving == action.driving
            )
            if other.id != action_id and same_place and set(self.keys.get(other.id, other.keys)) & set(keys):
                return other.id
        self.keys[action_id] = keys
        return ""

    def find(self, key: str) -> Action | None:
        """The action of a key where the operator is now."""
        for action in TABLE:
            here = self.page in action.where and action.driving in (None, self.driving)
            if here and key in self.keys.get(action.id, action.keys):
                return action
        return None

    def trigger(self, action_id: str) -> bool:
        """Run an action if it is bound and enabled here; says whether it ran."""
        bound = self._lookup(action_id)
        if bound is None or not bound.enabled():
            return False
        bound.function()
        return True

    def release(self, action_id: str) -> None:
        """A key was let go."""
        bound = self._lookup(action_id)
        if bound is not None and bound.released is not None:
            bound.released()

    def help(self) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """All commands as (text, keys, pages) for the F1 page."""
        return [(action.text, self.keys.get(action.id, action.keys), action.where) for action in TABLE]

    def _lookup(self, action_id: str) -> _Bound | None:
        over = self._bound.get((action_id, OVER))
        if over is not None and over.enabled():
            return over
        return self._bound.get((action_id, self.page)) or self._bound.get((action_id, ""))


class Window(Protocol):
    """What the filter needs of the main window."""

    def primary(self) -> HeldButton:
        """The primary button shown now."""
        ...

    def enter_presses_primary(self) -> bool:
        """False for the stop's release, which Enter presses only when focused."""
        ...


class KeyFilter(QObject):
    """Sees every key before any widget: Esc first, then Ctrl and F keys, then letters unless a field has the focus."""

    def __init__(self, actions: Actions, window: Window, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions, self._window = actions, window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) or not isinstance(event, QKeyEvent):
            return False
        if event.key() == Qt.Key.Key_Escape:
            if kind == QEvent.Type.KeyPress and not event.isAutoRepeat():
                self._actions.trigger("stop")
            return True
        if kind == QEvent.Type.KeyPress and QApplication.activePopupWidget() is not None:
            return False  # a menu is open: arrows and Enter are its own
        if not isinstance(watched, QWidget) or watched is not (QApplication.focusWidget() or QApplication.activeWindow()):
            return False
        if isinstance(watched.window(), QDialog):
            return False  # so are they a dialog's
        if event.key() in _ENTER:
            return self._enter(watched, event, kind == QEvent.Type.KeyPress)
        return self._press(watched, event) if kind == QEvent.Type.KeyPress else self._release(watched, event)

    def _enter(self, focus: QWidget, event: QKeyEvent, pressed: bool) -> bool:
        unsaid = isinstance(focus, NameField) and not focus.name()  # then Enter means the primary, as its cap says
        if (_types(focus) and not unsaid) or isinstance(focus, PaintedButton):
            return False
        if event.isAutoRepeat():
            return True
        primary = self._window.primary()
        if not pressed:
            primary.cancel_hold()
        elif self._window.enter_presses_primary():
            primary.press()
        return True

    def _press(self, focus: QWidget, event: QKeyEvent) -> bool:
        action = self._action(focus, event)
        if action is None or (event.isAutoRepeat() and not action.repeats):
            return action is not None and action.id == "pause"
        if event.isAutoRepeat() and action.driving:
            return True
        return self._actions.trigger(action.id) or action.id == "pause"

    def _release(self, focus: QWidget, event: QKeyEvent) -> bool:
        action = self._action(focus, event)
        if action is not None and not event.isAutoRepeat():
            self._actions.release(action.id)
        return False

    def _action(self, focus: QWidget, event: QKeyEvent) -> Action | None:
        key = key_text(event)
        always = key.startswith(("Ctrl+", "Meta+")) or (len(key) > 1 and key[0] == "F" and key[1:].isdigit())
        if _types(focus) and not always:
            return self._actions.find(_while_typing(focus, key))
        return self._actions.find(key)


def key_text(event: QKeyEvent) -> str:
    """A key with its modifiers in Qt's portable text, the keypad's like the others, digits by position."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    digit = _DIGIT_CODES.get(event.nativeScanCode())
    if digit is not None and not modifiers and QApplication.platformName() in ("xcb", "wayland"):
        return digit
    if event.text() in ("+", "=", "-") and not modifiers & Qt.KeyboardModifier.ControlModifier:
        return event.text()
    return QKeySequence(modifiers.value | event.key()).toString(QKeySequence.SequenceFormat.PortableText)


def _while_typing(focus: QWidget, key: str) -> str:
    """The key that one pressed in a field stands for: with Alt itself, the arrows up and down of a single line; else none ("").

    Space in an empty name field too: no name begins with it, and it holds the frame that the name is about.
    """
    if key == "Space" and isinstance(focus, NameField) and not focus.text():
        return key
    if key.startswith("Alt+"):
        return key.removeprefix("Alt+")
    return key if isinstance(focus, QLineEdit) and key in ("Up", "Down") else ""


def _types(widget: QWidget) -> bool:
    """Whether letters typed now are text."""
    return isinstance(widget, QLineEdit | QPlainTextEdit | QAbstractSpinBox)
