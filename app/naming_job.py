"""Learning names as a job: on what, with which limits, and its result into the catalogue and into use. No Qt; torch only where it runs.

Window, trainer and commands share it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from app.training_files import FINISH, TrainSpec
from core.learning.naming_versions import NamingManifest, load_naming, read_naming, write_naming_manifest
from core.learning.progress import Report
from core.storage import naming_edits
from core.storage.queries import Queries
from core.storage.records import NamingVersion
from core.storage.store import Changes, Store
from core.transport.clock import HostClock

SHIPPED = "as shipped"


def naming_spec(store: Store, *, seed: int = 1, minutes: float = 0.0) -> TrainSpec:
    """What to learn names from: all labels that the store holds now."""
    folder = store.folder.versions / secrets.token_hex(8)
    folder.mkdir(parents=True)
    return TrainSpec(data=str(store.folder.root), folder=str(folder), task="", what="names", seed=seed, rehearsals=0, minutes=minutes)


def tune_names(spec: TrainSpec, report: Report, stopped: Callable[[], bool]) -> NamingManifest:
    """Do the job of `spec`, or go on with it. It ends early when its time is over, when it shall finish, or when `stopped` says so.

    Raises NothingToLearn with what is needed.
    """
    from core.learning.naming import tune  # torch takes seconds to load

    folder, clock = Path(spec.folder), HostClock()
    end_ns = clock.now_ns() + int(spec.minutes * 60e9)

    def over() -> bool:
        return stopped() or (folder / FINISH).exists() or (spec.minutes > 0 and clock.now_ns() >= end_ns)

    return tune(folder, Path(spec.data), seed=spec.seed, made_s=clock.wall_s(), report=report, stopped=over)


def adopt_naming(store: Store, folder: Path) -> Changes:
    """Enter a written naming as a row with the next number, and write the number into its manifest. Raises WeightsError when torn."""
    written = read_naming(folder)
    state = "passed" if written.passed else "failed"
    changes = naming_edits.add_naming(store, state, str(folder.relative_to(store.folder.root)), msgspec.to_builtins(written))
    number = Queries(store.engine).namings()[0].number
    write_naming_manifest(folder, msgspec.structs.replace(written, number=number))
    return changes


def use_naming(store: Store, naming: NamingVersion | None) -> Changes:
    """Check a naming's files and let it name things; None: the names as shipped. Raises WeightsError or StoreError in a sentence."""
    if naming is not None:
        load_naming(store.folder.root / naming.folder)
    return naming_edits.use_naming(store, naming.id if naming is not None else None)


def name_of(number: int) -> str:
    """ "N2", for 0 the names as shipped."""
    return f"N{number}" if number else SHIPPED
