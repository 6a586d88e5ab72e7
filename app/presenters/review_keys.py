"""The keys of Review, bound to the actions' table: the queue of labels, what is selected on a replay, or the replay itself has them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.main_window import MainWindow
from app.pages.review import ReviewPage

if TYPE_CHECKING:
    from app.presenters.review import ReviewPresenter


def bind_keys(review: ReviewPresenter, window: MainWindow, page: ReviewPage) -> None:
    """Bind all of them."""
    bind = partial(window.actions_table.bind, page="review")
    labels, carry = review.labels, review.carry
    for digit in range(1, 10):
        bind(f"name_{digit}", partial(review.name_digit, digit))
    for key in ("not_an_object", "unsure"):
        bind(key, partial(review.act, key))
    bind("delete", lambda: review.act("not_an_object" if carry.open else "trash"))
    bind("type_name", page.question.field.setFocus, enabled=lambda: labels.on or carry.open)
    bind("find", page.queue_head.open_filter, enabled=lambda: labels.on)
    for key, step in (("extend_up", -1), ("extend_down", 1)):
        bind(key, partial(labels.extend, step), enabled=lambda: labels.on)
    bind("again", lambda: review.act("carry") if labels.on else carry.select_next())
    bind("outline", partial(review.act, "outline"), enabled=lambda: carry.open)
    bind("back", carry.close, enabled=lambda: carry.open)
    bind("edges", carry.tools.toggle_snap, enabled=lambda: bool(carry.tools.name))
    bind("dab", carry.tools.dab, enabled=lambda: bool(carry.tools.name))
    bind("dab_off", lambda: carry.tools.dab(erase=True), enabled=lambda: bool(carry.tools.name))
    _bind_replay(review, window)


def _bind_replay(review: ReviewPresenter, window: MainWindow) -> None:
    bind = partial(window.actions_table.bind, page="review")
    labels, carry, play = review.labels, review.carry, review.play
    for key, function in (
        ("pause", play.toggle),
        ("second_back", lambda: play.seek(play.time - 1)),
        ("second_on", lambda: play.seek(play.time + 1)),
        ("trim_start", lambda: review.store_trim(play.time, play.trim_now()[1])),
        ("trim_end", lambda: review.store_trim(play.trim_now()[0], play.time)),
        ("split", lambda: review.act("split")),
        ("more", lambda: carry.widen(1) if carry.open else review.rate_by(1)),
        ("less", lambda: carry.widen(-1) if carry.open else review.rate_by(-1)),
    ):
        bind(key, function, enabled=lambda: not labels.on)
    for key, step in (("frame_back", -1), ("frame_on", 1)):
        bind(key, partial(review.step, step))
    for key, step in (("previous", -1), ("next", 1)):
        bind(key, partial(review.choose, step))
    for key, last in (("first", False), ("last", True)):
        bind(key, partial(review.choose_end, last))
