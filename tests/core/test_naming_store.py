"""Namings in the catalogue: numbered, one in use or none, never undone, and there after every kind of restart."""

import sqlite3
from pathlib import Path

import pytest

from core.errors import StoreError
from core.storage import catalogue, naming_edits
from core.storage.queries import Queries
from tests.core.test_store import judgement, open_store


def in_use(store):
    naming = Queries(store.engine).active_naming()
    return naming.number if naming is not None else 0


def test_one_naming_is_in_use_and_the_former_comes_back(tmp_path):
    store = open_store(tmp_path)
    for state in ("passed", "passed", "failed"):
        naming_edits.add_naming(store, state, f"versions/{state}", {"sentence": state})
    third, second, first = Queries(store.engine).namings()
    assert [n.number for n in (first, second, third)] == [1, 2, 3] and second.manifest["number"] == 2
    revision = store.names_revision()
    for naming, number in ((first, 1), (second, 2), (first, 1)):
        naming_edits.use_naming(store, naming.id)
        assert in_use(store) == number
    with pytest.raises(StoreError, match="passed its checks"):
        naming_edits.use_naming(store, third.id)
    with pytest.raises(StoreError, match="passed its checks"):
        naming_edits.use_naming(store, 99)
    assert in_use(store) == 1
    naming_edits.use_naming(store, None)
    assert in_use(store) == 0 and store.names_revision() == revision + 4
    store.close()


def test_undo_passes_over_what_is_in_use(tmp_path):
    store = open_store(tmp_path)
    from core.storage import edits

    edits.name_object(store, judgement(1, 1), "orange")
    naming_edits.add_naming(store, "passed", "versions/a", {})
    naming_edits.use_naming(store, 1)
    assert store.undo().text == 'naming "orange"'
    assert in_use(store) == 1 and Queries(store.engine).labels() == []
    store.close()


def test_a_damaged_catalogue_gets_its_namings_back_from_the_journal(tmp_path):
    store = open_store(tmp_path)
    naming_edits.add_naming(store, "passed", "versions/a", {"sentence": "fine"})
    naming_edits.use_naming(store, 1)
    store.close()
    for backup in (tmp_path / "backups").glob("*.db"):
        backup.unlink()
    (tmp_path / "catalogue.db").write_bytes(b"no catalogue" * 100)
    store = open_store(tmp_path)
    assert in_use(store) == 1 and Queries(store.engine).namings()[0].manifest["sentence"] == "fine"
    store.close()


def test_a_catalogue_of_the_second_format_is_brought_on(tmp_path):
    from alembic import command
    from alembic.config import Config

    folder = catalogue.Folder(tmp_path)
    folder.create()
    config = Config()
    config.set_main_option("script_location", str(Path(catalogue.__file__).parent / "migrations"))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{folder.catalogue}")
    command.upgrade(config, "0002")
    with sqlite3.connect(folder.catalogue) as db:
        db.execute("INSERT INTO task VALUES (1, 'sort', 'Sort', NULL, '', 1.0, 0)")
    store = open_store(tmp_path)
    assert Queries(store.engine).namings() == [] and Queries(store.engine).task_named("sort").title == "Sort"
    naming_edits.add_naming(store, "passed", "versions/a", {})
    assert Queries(store.engine).namings()[0].number == 1
    assert list(folder.backups.glob("catalogue-before-0002.db"))
    store.close()
