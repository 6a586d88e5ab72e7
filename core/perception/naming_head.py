"""A head on the naming vector, tuned to the labels of one data folder: a linear map, near the identity, before distances are taken.

Made by `core.learning.naming`, used by `core.learning.exemplars`. A head belongs to one `EMBEDDING_VERSION`; one made for another is
refused and the plain vector is used. At rest one safetensors file, never pickle.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from core.errors import WeightsError
from core.perception.names import EMBEDDING_VERSION, LENGTH, NOT_AN_OBJECT, Exemplar, NameModel, Naming, Vector
from core.storage.frames import write_durably

FILE = "naming.safetensors"
FEW = 5
_MOST_BYTES = 1_000_000
_MOST_RANK = 64
_MOST_GAIN = 20.0
"""By which a sound head could stretch anything; beyond it no distance in sigmas means anything."""


@dataclass(frozen=True)
class NamingHead:
    """x to scale * x + left @ (right.T @ x). scale f32 (LENGTH,); left, right f32 (LENGTH, rank). Distances see differences only."""

    scale: npt.NDArray[np.float32]
    left: npt.NDArray[np.float32]
    right: npt.NDArray[np.float32]
    version: str = ""

    def apply(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The map of vectors (..., LENGTH)."""
        return (vectors * self.scale + (vectors @ self.right) @ self.left.T).astype(np.float32)


class TunedNames(NameModel):
    """A `NameModel` whose vectors pass through a head.

    A kind with few labels is named as shipped where the head would say unknown: a head that knows many looks of other kinds is strict, and
    one click must be enough. What is "not an object" is told by the plain vector: no head learns of it.
    """

    def __init__(self, exemplars: Sequence[Exemplar], head: NamingHead) -> None:
        super().__init__([e if e.class_id == NOT_AN_OBJECT else replace(e, vector=head.apply(e.vector)) for e in exemplars])
        self._head = head
        self.suffix = suffix_of(head)
        counts = Counter(e.class_id for e in exemplars)
        self._few = {class_id for class_id, count in counts.items() if count < FEW}
        self._shipped = NameModel(exemplars if self._few else ())

    def classify(self, vector: Vector) -> Naming:
        """The name of one embedded thing (LENGTH,), given as `names.embed` made it."""
        tuned = super().classify(self._head.apply(vector))
        if tuned.class_id is not None or not self._few:
            return tuned
        shipped = self._shipped.classify(vector)
        return shipped if shipped.class_id in self._few else tuned


def names_of(exemplars: Sequence[Exemplar], head: NamingHead | None) -> NameModel:
    """The names that exemplars teach, through a head when there is one."""
    return NameModel(exemplars) if head is None else TunedNames(exemplars, head)


def suffix_of(head: NamingHead | None) -> str:
    """What the identifier's version ends with when names pass through `head`."""
    return f"+names-{head.version}" if head is not None else ""


def write_head(folder: Path, head: NamingHead) -> str:
    """Store a head durably in `folder`; the SHA-256 of its file, whose first eight digits are the head's version."""
    tensors = {"scale": head.scale, "left": head.left, "right": head.right}
    data = save({name: np.ascontiguousarray(t, np.float32) for name, t in tensors.items()}, {"embedding": EMBEDDING_VERSION})
    write_durably(folder / FILE, data)
    return hashlib.sha256(data).hexdigest()


def read_head(folder: Path, weights_hash: str, embedding: str) -> NamingHead:
    """The head in `folder`, which its manifest says has that hash and was made for that embedding.

    Raises WeightsError, in a sentence, when it is of another embedding, missing, torn, foreign or hostile.
    """
    if embedding != EMBEDDING_VERSION:
        raise WeightsError(
            "That naming was learned for another way to look at things, so the names as shipped are used. Learn names again."
        )
    try:
        if (folder / FILE).stat().st_size > _MOST_BYTES:
            raise WeightsError("The weights of that naming are far too large, so they were not loaded. Choose another version.")
        data = (folder / FILE).read_bytes()
    except OSError as error:
        raise WeightsError("The weights of that naming are missing. Learn names again, or choose another version.") from error
    if hashlib.sha256(data).hexdigest() != weights_hash:
        raise WeightsError("The weights of that naming are not those that were checked, so they were not loaded. Choose another version.")
    return _sound(data, weights_hash[:8])


def _sound(data: bytes, version: str) -> NamingHead:
    try:
        tensors = load(data)
        scale, left, right = tensors["scale"], tensors["left"], tensors["right"]
    except (SafetensorError, KeyError, ValueError) as error:
        raise WeightsError("The weights of that naming are torn or foreign, so they were not loaded. Choose another version.") from error
    rank = left.shape[-1]
    if scale.shape != (LENGTH,) or left.shape != right.shape or left.shape != (LENGTH, rank) or rank > _MOST_RANK:
        raise WeightsError("The weights of that naming do not fit this Pendant, so they were not loaded. Choose another version.")
    whole = np.diag(scale) + left.astype(np.float64) @ right.T.astype(np.float64)
    if not np.isfinite(whole).all() or np.abs(whole).max() > _MOST_GAIN:
        raise WeightsError("The weights of that naming hold numbers that none can have, so they were not loaded. Choose another version.")
    return NamingHead(scale.astype(np.float32), left.astype(np.float32), right.astype(np.float32), version)
