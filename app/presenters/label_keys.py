"""The keys of the queue of labels, bound to the actions' table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.main_window import MainWindow
from app.pages.review import ReviewPage

if TYPE_CHECKING:
    from app.presenters.labels import Labels


def bind_keys(labels: Labels, window: MainWindow, page: ReviewPage) -> None:
    """Bind the digits, the tools and the fields; the fields only while the queue is shown."""
    bind = partial(window.actions_table.bind, page="review")
    for digit in range(1, 10):
        bind(f"name_{digit}", partial(labels.name_digit, digit))
    for key in ("not_an_object", "unsure"):
        bind(key, partial(labels.act, key))
    bind("type_name", page.question.field.setFocus, enabled=lambda: labels.on)
    bind("find", page.queue_head.open_filter, enabled=lambda: labels.on)
