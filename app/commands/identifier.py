"""train identifier, push N2, versions --identifier: the naming tuned to the labels, and the weights that ship with Pendant."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from app.commands.console import Console, opened
from app.naming_job import SHIPPED, adopt_naming, name_of, naming_spec, tune_names, use_naming
from app.training import TrainingJob, unfinished
from app.training_files import SPEC, TrainSpec
from core.errors import NothingToLearn, PendantError, StoreError
from core.learning.progress import Progress
from core.storage.frames import write_durably
from core.storage.queries import Queries
from core.storage.records import NamingVersion
from core.storage.store import Store


def train(options: argparse.Namespace, console: Console) -> int:
    """Learn names from the labels of the store and enter the version; with --synthetic make weights that ship with Pendant."""
    if options.minutes is not None and not options.minutes > 0:
        raise PendantError("Training needs some time: say --minutes with a number above 0.")
    if options.synthetic:
        return (_train_encoder if options.part == "names" else _train_segmenter)(options, console)
    with opened(options.data) as store:
        spec = _resumed(store, options.resume) if options.resume else naming_spec(store, seed=options.seed, minutes=options.minutes or 0.0)
        write_durably(Path(spec.folder) / SPEC, msgspec.json.encode(spec))
        _tune(spec, console)
        adopt_naming(store, Path(spec.folder))
        made = Queries(store.engine).namings()[0]
    console.result(_value(made), [f"N{made.number}: {made.manifest['sentence']}", *_class_lines(made)])
    return 0


def push(options: argparse.Namespace, console: Console) -> int:
    """Let a naming name things after its checks, or go back to the names as shipped."""
    number = 0 if options.version.lower() == "shipped" else int(options.version[1:])
    with opened(options.data) as store:
        naming = next((n for n in Queries(store.engine).namings() if n.number == number), None)
        if number and naming is None:
            raise StoreError(f"There is no N{number}. `pendant versions --identifier` lists them.")
        use_naming(store, naming)
    console.result({"active": number, "names": name_of(number)}, [f"Things are named {f'by N{number}' if number else SHIPPED}."])
    return 0


def versions(options: argparse.Namespace, console: Console) -> int:
    """List the namings with lineage and scores."""
    with opened(options.data) as store:
        found = Queries(store.engine).namings()
    lines = [f"N{n.number} {n.state}{' active' if n.active else ''}: {n.manifest['sentence']}" for n in found]
    console.result([_value(n) for n in found], lines or ["No names were learned yet: they are as shipped."])
    return 0


def is_naming(version: str) -> bool:
    """Whether a version on the command line is one of the names."""
    return version.lower() == "shipped" or (version[:1].lower() == "n" and version[1:].isdigit())


def _tune(spec: TrainSpec, console: Console) -> None:
    """Tune in this process. Ctrl+C ends it with a sentence that says how to go on; what cannot begin leaves nothing behind."""
    run = Path(spec.folder).name
    with interrupted() as pressed:

        def told(progress: Progress) -> None:
            if pressed():
                raise PendantError(f"Stopped; everything up to now is kept. `pendant train identifier --resume {run}` goes on.")
            console.progress(progress)

        try:
            tune_names(spec, told, stopped=lambda: False)
        except NothingToLearn:
            TrainingJob.discard(spec)
            raise


def _resumed(store: Store, run: str) -> TrainSpec:
    specs = [s for s in unfinished(store) if s.what == "names"]
    spec = next((s for s in specs if Path(s.folder).name == run), None)
    if spec is None:
        there = ", ".join(Path(s.folder).name for s in specs) or "none"
        raise StoreError(f"There is no run {run} of learning names to go on with. There are: {there}.")
    return spec


def _value(naming: NamingVersion) -> dict[str, Any]:
    keys = ("sentence", "before", "score", "labels", "embedding", "data_hash", "weights_hash", "settings", "seed", "device")
    lineage = {key: naming.manifest.get(key) for key in keys}
    return {"version": naming.number, "state": naming.state, "active": naming.active, "folder": naming.folder} | lineage


def _class_lines(naming: NamingVersion) -> list[str]:
    score = naming.manifest["score"] or {"classes": []}
    return [f"  {c['name']}: {c['before']} of {c['total']} right before, {c['after']} now" for c in score["classes"]]


def _train_encoder(options: argparse.Namespace, console: Console) -> int:
    """Make the weights of the identifier's names from made-up things."""
    from app.encoder_training import train_encoder
    from core.perception.encoder_training import Settings

    folder = options.out or options.data / "identifier"
    with interrupted() as stopped:
        manifest = train_encoder(folder, Settings(seed=options.seed), console.progress, stopped)
    sentence = f"{manifest['looks']} looks, {100 * manifest['held_out_right']:.1f} % of those held out decided right, in {folder}."
    console.result({**manifest, "folder": str(folder)}, [sentence])
    return 0


def _train_segmenter(options: argparse.Namespace, console: Console) -> int:
    """Make the segmenter's weights from made-up scenes; Ctrl+C ends it early, and the same command goes on from there."""
    from app.identifier_training import train_identifier
    from core.perception.training import Settings

    minutes = options.minutes or 45.0
    folder = options.out or options.data / "identifier"
    with interrupted() as stopped:
        manifest = train_identifier(folder, Settings(minutes=minutes, seed=options.seed), console.progress, stopped)
    early = " It was stopped early; the same command goes on." if manifest["minutes"] < minutes - 0.1 else ""
    sentence = f"{manifest['scenes']} scenes, held-out loss {manifest['held_out_loss']}, in {folder}.{early}"
    console.result({**manifest, "folder": str(folder)}, [sentence])
    return 0


@contextmanager
def interrupted() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl+C was pressed; while it is asked, Ctrl+C does nothing else."""
    pressed = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
