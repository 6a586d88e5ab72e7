"""What Learn says a version is made from: what is learned from is counted, what is left out is named with the reason."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QFrame, QLabel

from app.pages import learn
from app.pages.learn import LearnPage
from app.presenters.taught import taught_now
from core.learning.dataset import NOTHING_PICKED, POOR
from core.storage.records import Episode


def episode(number, **given):
    kind = "rollout" if given.get("has_takeover") else "demonstration"
    return Episode(**{"id": f"e{number}", "number": number, "kind": kind, "rating": "", "has_takeover": False} | given)


def test_what_is_not_learned_from_is_not_counted_and_its_reason_is_said():
    shown = [episode(4), episode(3, has_takeover=True), episode(2, rating="poor"), episode(1, has_takeover=True)]
    made = taught_now(shown, 12, {"e3": NOTHING_PICKED})
    assert made.words() == "1 demonstration, 12 labels and 1 take-over."
    assert [(f.text, f.detail) for f in made.left_out] == [
        ("Demonstration 2 is left out", POOR),
        ("Take-over 3 is left out", NOTHING_PICKED),
    ]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((1, 2), "Demonstration 1 and Demonstration 2 are left out"), ((1, 2, 3, 4), "4 demonstrations are left out")],
)
def test_one_reason_is_said_once(numbers, words):
    shown = [episode(n) for n in reversed(numbers)]
    (finding,) = taught_now(shown, 0, dict.fromkeys((e.id for e in shown), NOTHING_PICKED)).left_out
    assert finding.text == words


def test_a_first_version_that_was_cut_off_or_goes_on_is_not_said_to_need_showing_first(qtbot):
    page = LearnPage()
    qtbot.addWidget(page.left)
    states = [learn.cut_off("v1"), learn.paused("v1", 0.4, (), "3", ""), learn.learning("v1", "", "", None, (), "3", "")]
    for state in (learn.too_few(1), *states):
        page.set_state(state)
        said = " ".join(words.text() for words in page.empty.findChildren(QLabel))
        assert "No versions yet" in said and ("Show at least" in said) == (state not in states)


def test_without_a_version_there_is_no_head_of_their_scores_and_no_rule_over_nothing(qtbot):
    page = LearnPage()
    qtbot.addWidget(page.left)
    page.set_state(learn.too_few(0))
    shown = [part for part in page.left.findChildren(QFrame) if not part.isHidden() and part.property("surface") == "line"]
    assert "rehearsals" not in [words.text() for words in page.left.findChildren(QLabel)]
    page.set_state(replace(learn.too_few(0), disk="1 version uses 0.1 MB."))
    under = [part for part in page.left.findChildren(QFrame) if not part.isHidden() and part.property("surface") == "line"]
    assert len(under) == len(shown) + 1
