"""Learn: the page and its states."""

from app.pages.learn.page import LearnPage
from app.pages.learn.states import LearnState, busy, cut_off, finishing, learn_ready, learned, learning, not_passed, paused, too_few

__all__ = [
    "LearnPage",
    "LearnState",
    "busy",
    "cut_off",
    "finishing",
    "learn_ready",
    "learned",
    "learning",
    "not_passed",
    "paused",
    "too_few",
]
