"""The one dialog of the program: a place for files. Qt's own, because a native one would swallow Esc; in our icons and sizes.

It is not modal: STOP and everything else of the window stay in reach while it is open.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qtawesome
from PySide6.QtCore import QDir, QFileInfo, QPoint, QSize
from PySide6.QtGui import QAbstractFileIconProvider, QIcon
from PySide6.QtWidgets import QDialog, QFileDialog, QFileIconProvider, QToolButton, QWidget

from widgets import theme

_ICONS = {
    "backButton": ("arrow-left", "Back"),
    "forwardButton": ("arrow-right", "Forward"),
    "toParentButton": ("arrow-up", "The folder above"),
    "newFolderButton": ("folder-plus", "New folder"),
    "listModeButton": ("squares-four", "Names only"),
    "detailModeButton": ("list", "With size and date"),
}


class Names(QFileIconProvider):
    """Icons and kinds by name alone. Qt's own reads into every file to tell its kind, in the window's thread: a slow drive, or a file of
    the system that has nothing to give, held the whole window, STOP too."""

    def __init__(self) -> None:
        super().__init__()
        kind = QAbstractFileIconProvider.IconType
        self._folder, self._file = super().icon(kind.Folder), super().icon(kind.File)

    def icon(self, of: QFileInfo | QAbstractFileIconProvider.IconType) -> QIcon:
        if isinstance(of, QFileInfo):
            return self._folder if of.isDir() else self._file
        return super().icon(of)

    def type(self, of: QFileInfo) -> str:
        suffix = of.suffix().upper()
        return "Folder" if of.isDir() else f"{suffix} file" if suffix else "File"


class PathDialog(QFileDialog):
    """Asks nothing back and complains of nothing: Qt's boxes for that are modal, and STOP could not be clicked while one was up.

    Whoever gets the path says what is wrong with it.
    """

    def accept(self) -> None:
        """Hand over what was chosen, be it there or not; a folder is entered."""
        named = self.selectedFiles()
        if not named or QFileInfo(named[0]).isDir():
            super().accept()
            return
        self.done(QDialog.DialogCode.Accepted)
        self.fileSelected.emit(named[0])


def ask_path(parent: QWidget, title: str, chosen: Callable[[Path], None], *, name: str = "", kinds: str = "") -> QFileDialog:
    """Ask for a file of `kinds` that is there, or, with a `name`, for a new place; `chosen` is called with it, or not at all."""
    dialog = made(parent, title, name, kinds)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.move(_beside_stop(parent, dialog.size()))
    dialog.show()
    return dialog


def _beside_stop(parent: QWidget, size: QSize) -> QPoint:
    """Where the dialog covers neither STOP nor the primary button: a window manager's middle lay over both in the smallest window."""
    m, window = theme.metrics_for(parent.width()), parent.window()
    x = max(0, (window.width() - m.right - size.width()) // 2)
    y = max(m.top, (window.height() - size.height()) // 2)
    return window.mapToGlobal(QPoint(x, y))


def made(parent: QWidget, title: str, name: str, kinds: str) -> QFileDialog:
    """The dialog, in the home folder."""
    dialog = PathDialog(parent, title, QDir.homePath(), kinds)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setIconProvider(Names())
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave if name else QFileDialog.AcceptMode.AcceptOpen)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile if name else QFileDialog.FileMode.ExistingFile)
    dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Export" if name else "Import")
    if name:
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, "New folder:")
        dialog.setFilter(QDir.Filter.Dirs | QDir.Filter.Drives | QDir.Filter.NoDotAndDotDot)
        for kinds_row in ("fileTypeLabel", "fileTypeCombo"):
            if (part := dialog.findChild(QWidget, kinds_row)) is not None:
                part.hide()
    dialog.selectFile(name)
    dialog.resize(840, 560)
    for button in dialog.findChildren(QToolButton):
        icon, words = _ICONS.get(button.objectName(), ("", ""))
        if icon:
            button.setIcon(qtawesome.icon(f"ph.{icon}", color=theme.tokens().text_2, color_disabled=theme.tokens().text_off))
            button.setIconSize(QSize(22, 22))
            button.setAccessibleName(words)
            button.setToolTip(words)
    return dialog
