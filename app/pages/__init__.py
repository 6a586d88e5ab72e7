"""The five page views. `Pages` builds them for the window; presenters bind them to live state, operations and jobs."""

from __future__ import annotations

from app.pages.learn import LearnPage
from app.pages.review import ReviewPage
from app.pages.run import RunPage
from app.pages.see import SeePage
from app.pages.show import ShowPage


class Pages:
    """The five views by name."""

    def __init__(self) -> None:
        self.see = SeePage()
        self.show = ShowPage()
        self.review = ReviewPage()
        self.learn = LearnPage()
        self.run = RunPage()

    def by_name(self) -> dict[str, SeePage | ShowPage | ReviewPage | LearnPage | RunPage]:
        """For `MainWindow`."""
        return {"see": self.see, "show": self.show, "review": self.review, "learn": self.learn, "run": self.run}
