"""The keys of Show, bound to the actions' table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.main_window import MainWindow
from app.pages.show import ShowPage

if TYPE_CHECKING:
    from app.presenters.show import ShowPresenter


def bind_keys(presenter: ShowPresenter, window: MainWindow, page: ShowPage) -> None:
    """Bind all keys of Show but those that drive."""
    bind = partial(window.actions_table.bind, page="show")
    for digit in range(1, 10):
        bind(f"name_{digit}", partial(presenter.cycle, digit))
    for key, action in (("back", "clear"), ("delete", "discard"), ("preview", "preview"), ("pause", "pause")):
        bind(key, partial(presenter.act, action))
    bind("more", lambda: presenter.change_speed(1))
    bind("less", lambda: presenter.change_speed(-1))
    bind("next", lambda: page.demos.choose_next(1))
    bind("previous", lambda: page.demos.choose_next(-1))
