"""Labels to names: every standing label is embedded once (cached by label and encoder), and together they make the `NameModel`.

Prototypes are derived data: undoing a label undoes what it taught. Labels held out for scoring (`core.storage.held_out`) teach nothing.
Reads the catalogue beside its writer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from sqlalchemy.exc import OperationalError

from core import registration
from core.errors import StoreError, WeightsError
from core.geometry import Depth, Mask
from core.learning.naming_versions import load_naming
from core.learning.turned import TurnedLooks
from core.perception import looks, names
from core.perception.added import AddedPlace
from core.perception.corrected import Correction
from core.perception.names import EMBEDDING_VERSION, NOT_AN_OBJECT, SAME_PLACE_M, Exemplar, NameModel
from core.perception.naming_head import NamingHead, names_of
from core.storage.catalogue import Folder, engine_of
from core.storage.edits import PERSON, Judgement
from core.storage.frames import read_frame
from core.storage.held_out import scored_only
from core.storage.mask_edits import box_from
from core.storage.masks import unpack
from core.storage.queries import Queries
from core.storage.records import Label, NamingVersion
from core.transport.codec import CodecError, decode, encode
from core.types import Array, CameraInfo, Data, Frame

_MOST_CORRECTIONS = 48


class _Cached(Data, frozen=True, kw_only=True):
    vector: names.Vector
    place: Array


@dataclass(frozen=True)
class Names:
    """What labels teach: the model, its revision, tracks that an operator named (track to class id and name).

    `added`: missed things that were added by a click since this run began. `corrected`: things as they were drawn, split or merged,
    oldest first; of earlier runs too, since each is tested on the picture.
    `told`: per track of `confirmed` the key of the label that named it, for looks at its other sides (`core.learning.turned`).
    `notice`: a sentence when the naming in use could not be loaded and the names as shipped stand in for it.
    `waiting`: labels that were not embedded yet and teach nothing so far; `revision` is the last one without any such.
    """

    model: NameModel
    revision: int = 0
    confirmed: Mapping[int, tuple[int, str]] = field(default_factory=dict)
    told: Mapping[int, str] = field(default_factory=dict)
    added: tuple[AddedPlace, ...] = ()
    corrected: tuple[Correction, ...] = ()
    notice: str = ""
    waiting: int = 0


@dataclass(frozen=True)
class Standing:
    """The labels that stand, oldest first, the names of the classes by id, and the labels that are scored and teach nothing.

    `confirmed`: tracks of this run that an operator named. `held_out`: per hash of a labelled frame; `naming`: the tuned naming in use,
    None as shipped.
    """

    revision: int
    labels: tuple[Label, ...]
    class_names: Mapping[int, str]
    scored_only: frozenset[int]
    confirmed: Mapping[int, tuple[int, str]]
    held_out: Mapping[str, bool]
    naming: NamingVersion | None


class NamesSource:
    """Makes the names of a data folder. `since_s`: when this run began; older labels confirm no track and add nothing."""

    def __init__(self, root: Path, since_s: float) -> None:
        self._folder = Folder(root)
        self._turned = TurnedLooks(self._folder.looks)
        self._since_s = since_s
        self._known: dict[str, _Cached] = {}
        self._unseen: set[str] = set()
        self._standing: Standing | None = None
        self._whole = 0
        self._drawn: dict[str, Correction | None] = {}
        self._head: tuple[Path, NamingHead | None, str] | None = None

    def load(self, most: int | None = None) -> Names:
        """What stands in the catalogue now. most: so many labels that were never embedded are embedded now, the others wait for `more`."""
        self._standing = self.standing() if self._folder.catalogue.exists() else None
        self._unseen.clear()
        return self.more(most)

    def more(self, most: int | None = None) -> Names:
        """What stood in the catalogue at the last `load`, with up to `most` labels more, the newest first; None: all."""
        standing = self._standing
        if standing is None:
            return Names(NameModel(()))
        waiting = self._embed(standing, most)
        self._whole = self._whole if waiting else standing.revision
        fresh = [label for label in standing.labels if label.created_s >= self._since_s]
        added = [AddedPlace(np.array(x.center_base, float), max(0, x.track)) for x in fresh if x.added and x.kind != "not_object"]
        head, notice = self.head(standing)
        model, corrected = names_of(self._known_exemplars(standing), head), self._corrections(standing.labels)
        told = {label.track: label_key(label) for label in fresh if label.kind == "name" and label.track in standing.confirmed}
        return Names(model, self._whole, standing.confirmed, told, tuple(added), corrected, notice, waiting)

    def head(self, standing: Standing) -> tuple[NamingHead | None, str]:
        """The head of the naming in use; None where there is none, with a sentence where it could not be loaded."""
        if standing.naming is None:
            return None, ""
        folder = self._folder.root / standing.naming.folder
        if self._head is None or self._head[0] != folder:
            try:
                self._head = folder, load_naming(folder).head, ""
            except WeightsError as error:
                self._head = folder, None, f"N{standing.naming.number} is not used. {error}"
        return self._head[1:]

    def _corrections(self, labels: Sequence[Label]) -> tuple[Correction, ...]:
        drawn = [label for label in labels if label.shape and label.kind != "not_object" and label.source == PERSON][-_MOST_CORRECTIONS:]
        keys = {label.id: hashlib.sha256(f"{label.frame_hash}{label.box}".encode() + label.mask).hexdigest() for label in drawn}
        self._drawn = {keys[label.id]: self._drawn.get(keys[label.id]) or self._correction(label) for label in drawn}
        return tuple(found for label in drawn if (found := self._drawn[keys[label.id]]) is not None)

    def _correction(self, label: Label) -> Correction | None:
        seen = self.seen(label)
        if seen is None:
            return None
        frame, _, _, depth_m, mask = seen
        track = label.track if label.created_s >= self._since_s else 0
        return Correction.of_mask(mask, frame.color, depth_m, box_from(label.box), track)

    def standing(self) -> Standing:
        """The labels and classes that stand in the catalogue now. Raises StoreError when there is none yet, or an older one."""
        if not self._folder.catalogue.exists():
            raise StoreError("Nothing was stored here yet.")
        engine = engine_of(self._folder.catalogue, read_only=True)
        try:
            queries = Queries(engine)
            labels = queries.labels()
            held_out = queries.held_out()
            return Standing(
                revision=queries.names_revision(),
                labels=tuple(labels),
                class_names={c.id: c.name for c in queries.classes()},
                scored_only=frozenset(scored_only(labels, held_out)),
                confirmed=queries.confirmed_since(self._since_s),
                held_out=held_out,
                naming=queries.active_naming(),
            )
        except OperationalError as error:
            raise StoreError(
                "This data folder was written by an earlier Pendant. Open it in the window once, or run `pendant check`: that brings it on."
            ) from error
        finally:
            engine.dispose()

    def exemplars(self, standing: Standing) -> list[Exemplar]:
        """What the labels teach: all of them but those that are only scored."""
        self._embed(standing, None)
        return self._known_exemplars(standing)

    def _known_exemplars(self, standing: Standing) -> list[Exemplar]:
        turned, found = self._turned.vectors(), list[Exemplar]()
        for label in self._last_words(standing):
            exemplar = self._exemplar(label, standing.class_names)
            if exemplar is not None:
                sides = turned.get(label_key(label), ()) if turned and label.kind == "name" else ()
                found += [exemplar, *(replace(exemplar, vector=vector) for vector in sides)]
        return found

    def _last_words(self, standing: Standing) -> list[Label]:
        """The labels that teach, without those that say "not an object" of what was later given a name at the same place."""
        taught = _taught(standing)
        if all(label.kind != "not_object" for label in taught):
            return taught
        named = [label for label in standing.labels if label.kind == "name"]
        places = np.array([label.center_base for label in named], np.float64).reshape(-1, 3)
        return [label for label in taught if label.kind != "not_object" or not self._is_overruled(label, named, places)]

    def _is_overruled(self, label: Label, named: Sequence[Label], places: Array) -> bool:
        """Whether one of the `named` labels, whose places are (N, 3), was said later of the very thing that `label` calls no object."""
        exemplar = self._exemplar(label, {})
        if exemplar is None:
            return False
        model, near = NameModel([exemplar]), np.linalg.norm(places - np.array(label.center_base), axis=1) < SAME_PLACE_M
        later = [each for each, there in zip(named, near, strict=True) if there and each.id > label.id]
        known = [self._known[key] for each in later if self._has(key := _key_of(each.frame_hash, each.mask)) and key in self._known]
        return any(model.is_rejected(cached.vector, cached.place) for cached in known)

    def _embed(self, standing: Standing, most: int | None) -> int:
        """Embed up to `most` labels that never were; returns how many are left. What is in the cache does not count."""
        wanting = [(key, label) for label in reversed(_taught(standing)) if not self._has(key := _key_of(label.frame_hash, label.mask))]
        for key, label in wanting[:most]:
            self._keep(key, self._make(label, key))
        return len(wanting[most:]) if most is not None else 0

    def _has(self, key: str) -> bool:
        """Whether a label is embedded, or cannot be."""
        return key in self._known or key in self._unseen or self._keep(key, self._read(key), final=False)

    def _keep(self, key: str, found: _Cached | None, *, final: bool = True) -> bool:
        """Note what was made; `final`: None is so until the next `load`."""
        if found is not None:
            self._known[key] = found
        elif final:
            self._unseen.add(key)
        return found is not None

    def vector(self, label: Label) -> names.Vector | None:
        """The embedding of a label's thing; None when its picture or outline is gone, or no box can be fitted."""
        cached = self._embedded(label)
        return cached.vector if cached is not None else None

    def _exemplar(self, label: Label, class_names: Mapping[int, str]) -> Exemplar | None:
        cached = self._known.get(_key_of(label.frame_hash, label.mask))
        if cached is None:
            return None
        if label.kind == "not_object":
            return Exemplar(NOT_AN_OBJECT, "", cached.vector, cached.place)
        if label.class_id is None or label.class_id not in class_names:
            return None
        return Exemplar(label.class_id, class_names[label.class_id], cached.vector)

    def _embedded(self, label: Label) -> _Cached | None:
        key = _key_of(label.frame_hash, label.mask)
        if not self._has(key):
            self._keep(key, self._make(label, key))
        return self._known.get(key)

    def _read(self, key: str) -> _Cached | None:
        try:
            return decode((self._folder.cache / f"{key}.vector").read_bytes(), _Cached)
        except (OSError, CodecError):
            return None  # it is made again

    def _make(self, label: Label, key: str) -> _Cached | None:
        seen = self.seen(label)
        if seen is None:
            return None
        frame, camera, T_base_camera, depth_m, mask = seen
        vector = looks.embed(frame.color, depth_m, camera.color, T_base_camera, mask)
        if vector is None:
            return None
        made = _Cached(vector=vector, place=np.array(label.center_base, np.float64))
        _write(self._folder, key, made)
        return made

    def seen(self, label: Label) -> tuple[Frame, CameraInfo, Array, Depth, Mask] | None:
        """A label's frame, camera, T_base_camera, registered depth and mask; None where a file is missing or torn."""
        try:
            frame, camera, T_base_camera = read_frame(self._folder.frames, label.frame_hash)
            mask = unpack(label.mask)
        except StoreError:
            return None  # `pendant check` reports it; the other labels go on teaching
        depth_m = registration.register_depth(frame.depth, camera)
        if mask.shape != depth_m.shape or not mask.any():
            return None
        return frame, camera, T_base_camera, depth_m, mask


def _taught(standing: Standing) -> list[Label]:
    """The labels that teach, oldest first."""
    return [label for label in standing.labels if label.id not in standing.scored_only and label.kind not in ("unsure", "shape")]


def embed_ahead(folder: Folder, frame_hash: str, packed: bytes, judgement: Judgement, depth_m: Depth) -> None:
    """Keep in the cache what a label will teach, while its picture is at hand. packed: its mask; depth_m (H, W) registered.

    A thing without a box teaches nothing.
    """
    vector = looks.embed(judgement.frame.color, depth_m, judgement.camera.color, judgement.T_base_camera, judgement.mask)
    if vector is not None:
        _write(folder, _key_of(frame_hash, packed), _Cached(vector=vector, place=np.array(judgement.center_base, np.float64)))


def label_key(label: Label) -> str:
    """Names what a label was said of: its picture and outline."""
    return _key_of(label.frame_hash, label.mask, version="")


def _key_of(frame_hash: str, packed: bytes, version: str = EMBEDDING_VERSION) -> str:
    return hashlib.sha256(frame_hash.encode() + packed + version.encode()).hexdigest()[:32]


def _write(folder: Folder, key: str, made: _Cached) -> None:
    folder.cache.mkdir(parents=True, exist_ok=True)
    (folder.cache / f"{key}.vector").write_bytes(encode(made))
