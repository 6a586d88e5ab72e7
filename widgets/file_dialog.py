"""The one dialog of the program: a place for files. Qt's own, because a native one would swallow Esc; in our icons and sizes.

It is not modal: STOP and everything else of the window stay in reach while it is open.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qtawesome
from PySide6.QtCore import QDir, QSize
from PySide6.QtWidgets import QFileDialog, QToolButton, QWidget

from widgets import theme

_ICONS = {
    "backButton": ("arrow-left", "Back"),
    "forwardButton": ("arrow-right", "Forward"),
    "toParentButton": ("arrow-up", "The folder above"),
    "newFolderButton": ("folder-plus", "New folder"),
    "listModeButton": ("squares-four", "Names only"),
    "detailModeButton": ("list", "With size and date"),
}


def ask_path(parent: QWidget, title: str, chosen: Callable[[Path], None], *, name: str = "", kinds: str = "") -> QFileDialog:
    """Ask for a file of `kinds` that is there, or, with a `name`, for a new place; `chosen` is called with it, or not at all."""
    dialog = made(parent, title, name, kinds)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.show()
    return dialog


def made(parent: QWidget, title: str, name: str, kinds: str) -> QFileDialog:
    """The dialog, in the home folder."""
    dialog = QFileDialog(parent, title, QDir.homePath(), kinds)
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave if name else QFileDialog.AcceptMode.AcceptOpen)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile if name else QFileDialog.FileMode.ExistingFile)
    dialog.setLabelText(QFileDialog.DialogLabel.Accept, "Export" if name else "Import")
    if name:
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, "New folder:")
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
