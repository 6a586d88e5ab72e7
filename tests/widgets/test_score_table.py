"""The table of names says who was named how often right, and takes the height that its rows need."""

from widgets.score_table import ScoreTable
from widgets.values import NameScoreRow

ROWS = [NameScoreRow(f"kind {n}", n, n, 5, 6 if n % 2 else 4, 6) for n in range(1, 8)]


def test_two_columns_need_half_the_height_and_every_row_is_spoken(qtbot):
    table = ScoreTable()
    qtbot.addWidget(table)
    table.resize(320, 300)
    table.set_rows(ROWS)
    narrow = table.minimumHeight()
    table.resize(900, 300)
    table.show()
    assert table.minimumHeight() < 0.7 * narrow
    assert "kind 3: 5 of 6 right before, 6 after" in table.accessibleDescription()
    table.set_rows(())
    assert table.minimumHeight() == 0 and not table.accessibleDescription()
    assert not table.grab().isNull()
