"""What Learn says a version is made from: what is learned from is counted, what is left out is named with the reason."""

import pytest

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
