"""Tuned namings at rest: a folder with weights and a manifest that says what they were made from and how they were scored.

Written by `naming`, read by `exemplars` and by checks. Light: no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.errors import WeightsError
from core.learning.progress import Point
from core.perception.naming_head import NamingHead, read_head, write_head
from core.perception.standard import standard_version
from core.storage.frames import write_durably
from core.storage.records import NamingVersion

MANIFEST = "naming.json"
TOLERANCE = 0.05
"""By which a class may be named worse than before, or one label where that is more; the same for strangers."""


class ClassScore(msgspec.Struct, frozen=True, kw_only=True):
    """How a class was named: `before` and `after` of `total` right; `held_out` of them were kept aside from the start."""

    class_id: int
    name: str
    before: int
    after: int
    total: int
    held_out: int

    @property
    def worse(self) -> bool:
        """Whether it lost more than is allowed."""
        return self.before - self.after > allowed(self.total)


class NamingScore(msgspec.Struct, frozen=True, kw_only=True):
    """All classes; how many looks were called unknown when their kind was taken away; and when they were changed into another kind."""

    classes: list[ClassScore]
    strangers_before: int
    strangers_after: int
    strangers: int
    changed_before: int = 0
    changed_after: int = 0
    changed: int = 0

    @property
    def right_before(self) -> int:
        """Looks named right before."""
        return sum(c.before for c in self.classes)

    @property
    def right_after(self) -> int:
        """Looks named right after."""
        return sum(c.after for c in self.classes)

    @property
    def total(self) -> int:
        """Looks asked about."""
        return sum(c.total for c in self.classes)

    @property
    def gained(self) -> int:
        """By how many right answers it is better, of all kinds."""
        unknown = self.strangers_after + self.changed_after - self.strangers_before - self.changed_before
        return self.right_after - self.right_before + unknown


class NamingManifest(msgspec.Struct, frozen=True, kw_only=True):
    """Lineage and scores of a tuned naming.

    `labels`: ids of those it learned from; `data_hash`: of their vectors and classes; `before`: number of the naming it was compared
    with, 0 as shipped; `loss`: on what it learned from and on what was left out; `passed`: whether it may be used, with the sentence.
    """

    number: int = 0
    seed: int = 1
    embedding: str = ""
    names_revision: int = 0
    labels: list[int] = []
    data_hash: str = ""
    weights_hash: str = ""
    settings: dict[str, float] = {}
    before: int = 0
    score: NamingScore | None = None
    loss: list[Point] = []
    passed: bool = False
    sentence: str = ""
    made_s: float = 0.0
    device: str = "cpu"


def allowed(total: int) -> float:
    """Labels of a class that may be lost."""
    return max(1.0, TOLERANCE * total)


@dataclass(frozen=True)
class LoadedNaming:
    """A naming in memory."""

    head: NamingHead
    manifest: NamingManifest


def write_naming(folder: Path, head: NamingHead, manifest: NamingManifest) -> NamingManifest:
    """Write weights, then the manifest with their hash, into an existing folder; returns the manifest as written."""
    complete = msgspec.structs.replace(manifest, weights_hash=write_head(folder, head))
    write_naming_manifest(folder, complete)
    return complete


def write_naming_manifest(folder: Path, manifest: NamingManifest) -> None:
    """Write the manifest durably."""
    write_durably(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


def read_naming(folder: Path) -> NamingManifest:
    """The manifest in a folder. Raises WeightsError when it is missing or torn."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=NamingManifest)
    except (OSError, msgspec.DecodeError) as error:
        raise WeightsError("The description of that naming is missing or torn, so it was not loaded. Choose another version.") from error


def load_naming(folder: Path) -> LoadedNaming:
    """Load a naming and check its hash and embedding. Raises WeightsError with a sentence."""
    manifest = read_naming(folder)
    return LoadedNaming(read_head(folder, manifest.weights_hash, manifest.embedding), manifest)


def identifier_with(naming: NamingVersion | None) -> str:
    """The identifier's version with the naming in use, as manifests pin it."""
    return standard_version() + ("" if naming is None else f"+names-{naming.manifest['weights_hash'][:8]}")
