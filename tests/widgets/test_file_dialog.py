"""The dialog for files leaves the window in reach."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QTreeView, QWidget

from widgets import theme
from widgets.file_dialog import ask_path


def test_the_window_stays_in_reach_while_a_file_is_chosen(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    chosen = []
    dialog = ask_path(window, "Import", chosen.append, kinds="COCO (*.json)")
    assert not dialog.isModal()
    assert window.isEnabled()
    dialog.fileSelected.emit(str(tmp_path / "labels.json"))
    assert chosen == [tmp_path / "labels.json"]
    dialog.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog), timeout=5000)


def test_a_dialog_that_is_closed_chooses_nothing(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    chosen = []
    dialog = ask_path(window, "Export", chosen.append, name="labels-coco")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog), timeout=5000)
    assert chosen == []


def test_where_a_folder_is_asked_for_no_kind_of_file_is_and_no_file_is_listed(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_text("")
    chosen = []
    dialog = ask_path(window, "Export", chosen.append, name="labels-coco")
    assert not dialog.findChild(QWidget, "fileTypeCombo").isVisible()
    dialog.setDirectory(str(tmp_path))
    files = dialog.findChild(QTreeView, "treeView")
    qtbot.waitUntil(lambda: files.model().rowCount(files.rootIndex()) == 1, timeout=5000)
    assert files.model().index(0, 0, files.rootIndex()).data() == "folder"
    dialog.selectFile("labels-coco")
    dialog.accept()
    assert chosen == [tmp_path / "labels-coco"]
    importing = ask_path(window, "Import", chosen.append, kinds="COCO (*.json)")
    assert importing.findChild(QWidget, "fileTypeCombo").isVisible()
    importing.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog), timeout=5000)


def test_no_file_is_read_to_show_what_is_there(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    (tmp_path / "drawing").write_bytes(b"\x89PNG\r\n\x1a\n")  # by what is in it a picture, by its name nothing
    dialog = ask_path(window, "Import", lambda path: None, kinds="")
    dialog.setDirectory(str(tmp_path))
    files = dialog.findChild(QTreeView, "treeView")
    qtbot.waitUntil(lambda: files.model().rowCount(files.rootIndex()) == 1, timeout=5000)
    row = [files.model().index(0, column, files.rootIndex()).data() for column in range(3)]
    assert (row[0], row[2]) == ("drawing", "File")
    dialog.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog), timeout=5000)


@pytest.mark.parametrize("kind", [{"name": "labels-coco"}, {"kinds": "COCO (*.json)"}])
def test_no_box_comes_between_the_operator_and_stop_whatever_is_typed(qtbot, tmp_path, kind):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    typed = tmp_path / "labels.json"
    if "name" in kind:
        typed.touch()  # a new place is asked for, and this one is there; else one that is there, and this is not
    chosen, modal = [], []
    dialog = ask_path(window, "Import", chosen.append, **kind)
    QTimer.singleShot(1000, lambda: modal.extend(box.close() for box in [QApplication.activeModalWidget()] if box))
    dialog.findChild(QLineEdit, "fileNameEdit").setText(str(typed))
    QTest.keyClick(dialog.findChild(QLineEdit, "fileNameEdit"), Qt.Key.Key_Return)
    assert (chosen, modal) == ([typed], [])
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog), timeout=5000)


@pytest.mark.parametrize("kind", [{"name": "labels-coco"}, {"kinds": "COCO (*.json)"}])
def test_it_lies_over_neither_stop_nor_the_primary_button(qtbot, kind):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 720)
    with qtbot.waitExposed(window):
        window.show()
    dialog = ask_path(window, "Export", lambda path: None, **kind)
    m = theme.metrics_for(1280)
    free = lambda: window.mapFromGlobal(dialog.frameGeometry().topRight()).x() < 1280 - m.right  # noqa: E731
    qtbot.waitUntil(free, timeout=3000)
    assert window.mapFromGlobal(dialog.frameGeometry().topLeft()).y() >= 0
    dialog.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog), timeout=5000)
