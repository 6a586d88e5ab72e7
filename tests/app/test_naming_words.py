"""What Learn says of the names: which way is back, which version cannot be used, and how a job goes on."""

from datetime import datetime

import pytest

from app.presenters import naming_words as words
from app.presenters import version_words
from app.presenters.course import Course
from app.presenters.names_screen import former, next_name, ways_back
from core.learning.progress import Point, Progress
from core.perception.names import EMBEDDING_VERSION
from core.storage.records import NamingVersion, Version
from core.transport.clock import HostClock


def naming(number, state="passed", active=False, embedding=EMBEDDING_VERSION):
    manifest = {"embedding": embedding, "labels": [1, 2, 3], "sentence": "fine"}
    return NamingVersion(number=number, state=state, active=active, folder=f"versions/{number}", created_s=0.0, manifest=manifest)


@pytest.mark.parametrize(
    ("namings", "back"),
    [
        ([], ()),
        ([naming(1)], ()),
        ([naming(1, active=True)], ("as shipped",)),
        ([naming(3, active=True), naming(2, "failed"), naming(1)], ("N1", "as shipped")),
        ([naming(2), naming(1, active=True)], ("as shipped",)),
        ([naming(2, active=True), naming(1, embedding="crop-of-yesterday")], ("as shipped",)),
    ],
)
def test_one_click_goes_back_to_the_version_before_or_to_the_names_as_shipped(namings, back):
    assert ways_back(namings) == back
    assert (former(namings) is not None) == (len(back) == 2)
    assert next_name(namings) == f"N{(namings[0].number if namings else 0) + 1}"


def test_a_version_for_another_way_to_look_says_so():
    today = datetime(2026, 1, 1)
    old = naming(1, active=True, embedding="crop-of-yesterday")
    assert words.row_of(old, today).status == "learn it again"
    (finding,) = words.unfit([old])
    assert finding.text.startswith("N1 was learned for another way")
    assert words.unfit([naming(1, active=True)]) == ()
    assert words.row_of(naming(1, active=True), today).status == "in use"
    assert words.row_of(naming(1, "failed"), today).status == "failed its checks"


def test_the_course_goes_through_its_steps():
    course = words.NamingCourse(HostClock())
    assert [s.state for s in course.steps()] == ["now", "waiting", "waiting"] and course.fraction() == 0.0
    course.heard(Progress(stage="looks", done=5, total=10))
    assert 0.1 < course.fraction() < 0.3
    course.heard(Progress(stage="tune", done=50, total=100, loss=[Point(1, 2.0, 2.0), Point(50, 1.0, 1.5)]))
    assert [s.state for s in course.steps()] == ["done", "now", "waiting"]
    chart = course.loss_chart("N1")
    assert chart.end == 100 and "left out" in chart.note and chart.curves[0].label == "N1, 1.50"
    assert course.left_s() is None  # in the first seconds nothing is guessed
    course.heard(Progress(stage="score", done=0, total=1))
    assert course.fraction() == 0.95


def version(episodes, curve):
    return Version(number=2, manifest={"loss": [], "curve": curve, "episodes": episodes})


def test_the_chart_of_one_demonstration_says_why_it_is_empty():
    assert version_words.chart_of([version(["a"], [])]).empty == version_words.ALONE
    assert version_words.chart_of([version(["a", "b"], [(1, 2.0)])]).empty != version_words.ALONE


def test_a_check_that_had_nothing_to_check_on_says_so():
    course = Course(HostClock())
    course.heard(Progress(stage="rehearse", done=0, total=10))
    assert "needs two demonstrations" in str(course.steps()[1])
    course.heard(Progress(stage="rehearse", done=0, total=10, curve=[(1, 2.0)]))
    assert "off by 2.0 cm" in str(course.steps()[1])
