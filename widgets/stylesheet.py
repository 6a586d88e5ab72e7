"""The application's style sheet and palette, made from the tokens of a theme."""

from __future__ import annotations

from dataclasses import fields

from PySide6.QtGui import QColor, QPalette

from widgets.tokens import Tokens


def palette(t: Tokens) -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: t.window,
        QPalette.ColorRole.WindowText: t.text,
        QPalette.ColorRole.Base: t.raised,
        QPalette.ColorRole.AlternateBase: t.panel,
        QPalette.ColorRole.Text: t.text,
        QPalette.ColorRole.Button: t.panel,
        QPalette.ColorRole.ButtonText: t.text,
        QPalette.ColorRole.Highlight: t.accent_fill,
        QPalette.ColorRole.HighlightedText: t.on_accent,
        QPalette.ColorRole.PlaceholderText: t.text_3,
        QPalette.ColorRole.ToolTipBase: t.raised,
        QPalette.ColorRole.ToolTipText: t.text,
    }
    for role, value in roles.items():
        palette.setColor(role, QColor(value))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text, QColor(t.text_off))
    return palette


_QSS = """
QMainWindow, QWidget[surface="window"] { background: {window}; }
QWidget[surface="panel"] { background: {panel}; }
QWidget[surface="canvas"] { background: {canvas}; }
QFrame[surface="card"] { background: {panel}; border: 1px solid {line}; border-radius: 10px; }
QFrame[surface="raised"] { background: {raised}; border: 1px solid {line}; border-radius: 10px; }
QFrame[surface="danger"] { background: {danger_soft}; border: 1px solid {danger}; border-radius: 10px; }
QFrame[surface="popover"] { background: {raised}; border: 1px solid {line_strong}; border-radius: 12px; }
QFrame[surface="bar"] { background: {panel}; border: 1px solid {line}; border-radius: 10px; }
QFrame[surface="line"] { background: {line}; border: none; }
QLabel { color: {text}; background: transparent; }
QLabel[tone="2"] { color: {text_2}; }
QLabel[tone="3"] { color: {text_3}; }
QLabel[tone="off"] { color: {text_off}; }
QLabel[tone="accent"] { color: {accent}; }
QLabel[tone="ok"] { color: {ok}; }
QLabel[tone="warn"] { color: {warn}; }
QLabel[tone="danger"] { color: {danger}; }
QLineEdit { background: {raised}; color: {text}; border: 1px solid {line_strong}; border-radius: 8px; min-height: 42px; padding: 0 13px;
  selection-background-color: {accent_fill}; selection-color: {on_accent}; }
QLineEdit:disabled { color: {text_off}; border-color: {line}; }
QLineEdit[error="true"] { border-color: {danger}; }
QComboBox, QSpinBox, QDoubleSpinBox { background: {raised}; color: {text}; border: 1px solid {line_strong}; border-radius: 8px;
  min-height: 42px; padding: 0 13px; }
QComboBox::drop-down { border: none; width: 28px; }
QScrollArea, QScrollArea > QWidget > QWidget[surface="clear"] { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 1px; }
QScrollBar::handle:vertical { background: {line_strong}; border-radius: 3px; min-height: 32px; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: transparent; height: 0; width: 0; }
QScrollBar:horizontal { height: 0; }
QDialog { background: {panel}; }
QDialog QPushButton { background: transparent; color: {text}; border: 1px solid {line_strong}; border-radius: 8px;
  min-height: 42px; min-width: 84px; padding: 0 14px; }
QDialog QPushButton:hover, QDialog QToolButton:hover { background: {hover}; }
QDialog QPushButton:default { background: {accent_fill}; color: {on_accent}; border-color: {accent_fill}; }
QDialog QPushButton:default:hover { background: {accent_fill_hover}; }
QDialog QPushButton:disabled { background: {raised}; color: {text_off}; border-color: {line}; }
QDialog QPushButton:focus { border: 2px solid {accent}; }
QDialog QToolButton { background: transparent; border: none; border-radius: 8px; min-width: 40px; min-height: 40px; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QDialog QAbstractItemView { background: {raised}; color: {text}; border: 1px solid {line}; border-radius: 8px; outline: none; }
QDialog QAbstractItemView::item { min-height: 36px; }
QDialog QAbstractItemView::item:selected { background: {selected}; color: {text}; }
QHeaderView::section { background: {panel}; color: {text_3}; border: none; border-bottom: 1px solid {line}; padding: 8px; }
QComboBox QAbstractItemView { background: {raised}; color: {text}; selection-background-color: {hover}; selection-color: {text}; }
QMenu { background: {raised}; color: {text}; border: 1px solid {line_strong}; border-radius: 8px; padding: 6px; }
QMenu::item { min-height: 40px; padding: 0 20px 0 14px; border-radius: 6px; }
QMenu::item:selected { background: {hover}; }
QMenu::item:disabled { color: {text_off}; }
QMenu::separator { height: 1px; background: {line}; margin: 6px 8px; }
QToolTip { background: {raised}; color: {text}; border: 1px solid {line_strong}; padding: 6px 8px; }
"""


def stylesheet(t: Tokens) -> str:
    """The application's style sheet in a theme: surfaces, labels, fields, menus; everything with states is painted by its widget."""
    text = _QSS
    for field in fields(t):
        text = text.replace("{" + field.name + "}", str(getattr(t, field.name)))
    return text
