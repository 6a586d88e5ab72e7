"""The chart on Learn: words without a curve, pyqtgraph's plot with one, in the tokens of the theme in force."""

import numpy as np
from PySide6.QtGui import QColor

from widgets import paint, theme
from widgets.charts import ErrorChart
from widgets.curve_plot import CurvePlot, nice_step
from widgets.figures import Bars
from widgets.values import Bar, Curve


def colors(chart):
    image = chart.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def accent():
    return QColor(theme.tokens().accent).name()


def shown(qtbot, curves, x_max):
    chart = ErrorChart()
    qtbot.addWidget(chart)
    chart.resize(560, 240)
    chart.set_curves(curves, x_max)
    with qtbot.waitExposed(chart):
        chart.show()
    return chart


def curve(n=5):
    return Curve("v2, 1.2 cm", np.arange(1.0, n + 1), np.linspace(3, 1.2, n), "counts")


def test_without_a_curve_it_says_when_there_is_one(qtbot):
    chart = shown(qtbot, (), 0)
    assert accent() not in colors(chart)
    assert len(colors(chart)) > 1


def test_a_curve_is_drawn_in_the_accent_of_the_theme_and_named(qtbot, qapp):
    chart = shown(qtbot, (curve(),), 5)
    assert accent() in colors(chart)
    assert chart.accessibleDescription() == "v2, 1.2 cm"
    before = accent()
    theme.apply_theme(qapp, "light")
    try:
        assert accent() != before
        assert {accent(), QColor(theme.tokens().panel).name()} <= colors(chart)
    finally:
        theme.apply_theme(qapp, "dark")


def test_the_plot_goes_when_there_is_nothing_to_show_any_more(qtbot):
    chart = shown(qtbot, (curve(),), 5)
    chart.set_curves((), 0)
    assert accent() not in colors(chart)


def test_steps_are_round_and_few():
    assert nice_step(5, 5) == 1.0
    assert nice_step(10_000, 5) == 2000.0
    assert nice_step(0.48, 5) == 0.1
    assert nice_step(0, 5) == 1.0


def test_curves_come_and_go_while_the_plot_is_painted(qtbot, qapp):
    plot = CurvePlot()
    qtbot.addWidget(plot)
    plot.resize(770, 300)
    plot.show()
    rng = np.random.default_rng(0)
    steps = np.arange(1, 102, 20.0)
    for turn in range(300):
        loss = (Curve("N1", steps, rng.random(6), "counts"), Curve("training", steps, rng.random(6), "training"))
        plot.set_curves((loss, (Curve("v2", np.ones(1), np.zeros(1), "counts"),), ())[turn % 3], (100.0, 1.0, 1.0)[turn % 3])
        plot.setVisible(turn % 5 != 0)
        plot.resize(500 + int(rng.integers(400)), 300)
        qapp.processEvents()
    assert not plot.grab().isNull()


def test_bars_leave_the_room_that_a_name_needs(qtbot, monkeypatch):
    bars, drawn = Bars("Labels per name"), {}
    qtbot.addWidget(bars)
    bars.resize(280, 200)
    monkeypatch.setattr(paint, "text", lambda painter, rect, words, *_: drawn.update({words: rect.width()}))
    bars.set_bars([Bar("yellow block", 2), Bar("mat", 1)])
    bars.grab()
    assert drawn["yellow block"] >= paint.text_width(theme.font("body"), "yellow block")
