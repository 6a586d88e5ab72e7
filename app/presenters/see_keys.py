"""The keys of See, bound to the actions' table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from app.main_window import MainWindow
from app.pages.see import SeePage
from app.presenters.tools import Tools

if TYPE_CHECKING:
    from app.presenters.see import SeePresenter


def bind_keys(presenter: SeePresenter, tools: Tools, window: MainWindow, page: SeePage) -> None:
    """Bind all keys of See. With a tool in hand the arrows move its cross or the box, else they go through the list."""
    bind = partial(window.actions_table.bind, page="see")
    for digit in range(1, 10):
        bind(f"name_{digit}", partial(presenter.answers.digit, digit), enabled=lambda: not tools.name)
    for key, action in (("not_an_object", "not_an_object"), ("delete", "not_an_object"), ("unsure", "unsure"), ("again", "again")):
        bind(key, partial(presenter.act, action), enabled=lambda: not tools.name)
    bind("type_name", lambda: _type_name(presenter, window, page))
    bind("first", lambda: page.objects.choose_end(last=False))
    bind("last", lambda: page.objects.choose_end(last=True))
    bind("back", presenter.close)
    bind("add", presenter.take_add)
    bind("outline", lambda: presenter.take("outline"))
    bind("split_object", lambda: presenter.take("split"))
    bind("merge", lambda: presenter.take("merge"))
    bind("box", lambda: presenter.take("box"))
    _bind_tool_keys(bind, presenter, tools, page)


def _type_name(presenter: SeePresenter, window: MainWindow, page: SeePage) -> None:
    """Into the field that is shown; where none is, as with a tool in hand, into that of the popover."""
    asked, popover = presenter.screen.asked(), window.stage.popover
    if page.question.field.isVisible():
        page.question.field.setFocus()
    elif popover.isVisible():
        popover.field.setFocus()
    elif asked is not None:
        presenter.select(asked.track)
    else:
        presenter.tell_to_select()


def _bind_tool_keys(bind: Callable[..., None], presenter: SeePresenter, tools: Tools, page: SeePage) -> None:
    def in_hand() -> bool:
        return bool(tools.name) and tools.name != "merge"

    bind("next", lambda: tools.step(0, 1) if in_hand() else page.objects.choose_next(1))
    bind("previous", lambda: tools.step(0, -1) if in_hand() else page.objects.choose_next(-1))
    bind("tool_left", lambda: tools.step(-1, 0), enabled=in_hand)
    bind("tool_right", lambda: tools.step(1, 0), enabled=in_hand)
    bind("tool_up", lambda: presenter.box.move(0, 0, 1), enabled=lambda: tools.name == "box")
    bind("tool_down", lambda: presenter.box.move(0, 0, -1), enabled=lambda: tools.name == "box")
    bind("turn_left_box", lambda: presenter.box.turn(1), enabled=lambda: tools.name == "box")
    bind("turn_right_box", lambda: presenter.box.turn(-1), enabled=lambda: tools.name == "box")
    bind("larger", lambda: tools.size(1), enabled=in_hand)
    bind("smaller", lambda: tools.size(-1), enabled=in_hand)
    bind("dab", tools.dab, enabled=in_hand)
    bind("dab_off", lambda: tools.dab(erase=True), enabled=in_hand)
    bind("edges", tools.toggle_snap, enabled=lambda: tools.name == "outline")
