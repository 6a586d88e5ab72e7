"""Gathers what could be asked about: things in recorded scenes, labels that look wrong, and what is in view; in slices, with a cache.

Called by the window's queue on a thread of its own. Reads the catalogue beside its writer and episodes that are never rewritten.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.errors import StoreError
from core.learning.doubt import Doubt, Look, fold, name_all, order
from core.learning.exemplars import NamesSource, Standing
from core.learning.label_checks import HeldOutScore, outliers, score_held_out
from core.learning.sights import Sight, look_of_label, looks_of, mask_key, sight_of
from core.perception import names
from core.perception.names import EMBEDDING_VERSION, LENGTH, NameModel, Naming
from core.perception.naming_head import names_of
from core.storage.catalogue import Folder
from core.storage.class_edits import REVIEWED
from core.storage.episode import EpisodeReader
from core.storage.records import Episode, Label
from core.transport.codec import CodecError, decode, encode
from core.types import Data

_SCENES_PER_EPISODE = 8
_SLICE = 10
_EXEMPLARS = 200

Steps = Generator[tuple[int, int], None, "Queue"]


class _Looks(Data, frozen=True, kw_only=True):
    looks: tuple[Look, ...]


@dataclass(frozen=True)
class Queue:
    """The questions in order, with the counts and held-out scores per class at the time of gathering."""

    doubts: tuple[Doubt, ...] = ()
    revision: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)
    scores: Mapping[int, HeldOutScore] = field(default_factory=dict)


class Gatherer:
    """Makes the queue of a data folder, once for every opening. Keeps embeddings in memory and in the folder's cache."""

    def __init__(self, root: Path) -> None:
        self._folder = Folder(root)
        self._names = NamesSource(root, float("inf"))

    def steps(self, episodes: Sequence[Episode], live: Sight | None, *, seed: int) -> Steps:
        """Yields (done, of how many) after every slice of at most some tens of milliseconds; returns the queue."""
        standing = self._names.standing()
        slices = -(-len(standing.labels) // _SLICE)
        total = slices + len(episodes) + 1
        embedded: dict[int, names.Vector] = {}
        for n in range(slices):
            yield n, total
            embedded |= self._embed(standing.labels[n * _SLICE : (n + 1) * _SLICE])
        found = looks_of(live, "live", "") if live is not None else []
        for n, episode in enumerate(episodes):
            yield slices + n, total
            for looks in self._episode_slices(episode):
                found += looks
                yield slices + n, total
        yield total - 1, total
        return self._queue(standing, embedded, found, seed)

    def name_again(self, doubts: Sequence[Doubt]) -> dict[str, Naming]:
        """What the names of now say of questions about things that nobody labelled, by key."""
        model = self._model(self._names.standing())
        return {d.key: model.classify(d.look.vector) for d in doubts if d.look.source != "label"}

    def _model(self, standing: Standing) -> NameModel:
        """The names, from at most `_EXEMPLARS` of the newest looks a class: what is nearest hardly changes, and a queue stays quick."""
        seen: Counter[int] = Counter()
        chosen = []
        for exemplar in reversed(self._names.exemplars(standing)):
            seen[exemplar.class_id] += 1
            if seen[exemplar.class_id] <= _EXEMPLARS:
                chosen.append(exemplar)
        return names_of(chosen[::-1], self._names.head(standing)[0])

    def _queue(self, standing: Standing, embedded: Mapping[int, names.Vector], found: Sequence[Look], seed: int) -> Queue:
        model = self._model(standing)
        answered = {mask_key(label.mask) for label in standing.labels}
        asked = [d for d in name_all(found, model) if d.look.mask_key not in answered]
        known = np.stack(list(embedded.values())) if embedded else np.zeros((0, LENGTH), np.float32)
        queue = order([*fold(asked), *self._outliers(standing, embedded)], known, seed=seed)
        held = [x for x in standing.labels if x.id in standing.scored_only and x.id in embedded]
        scores = score_held_out(model, [(x.class_id or 0, embedded[x.id]) for x in held])
        counts = Counter(x.class_id for x in standing.labels if x.class_id is not None)
        return Queue(tuple(queue), standing.revision, counts, scores)

    def _embed(self, labels: Sequence[Label]) -> dict[int, names.Vector]:
        return {label.id: v for label in labels if (v := self._names.vector(label)) is not None}

    def _outliers(self, standing: Standing, embedded: Mapping[int, names.Vector]) -> list[Doubt]:
        """Labels that look unlike their class and were not asked about before."""
        named = [x for x in standing.labels if x.kind == "name" and x.class_id in standing.class_names and x.id in embedded]
        if not named:
            return []
        vectors = np.stack([embedded[x.id] for x in named])
        flagged = outliers([x.class_id or 0 for x in named], vectors, standing.class_names)
        asked = [(named[at], naming) for at, naming in flagged.items() if named[at].source != REVIEWED]
        return [Doubt(look_of_label(label, embedded[label.id], standing.revision), naming, "outlier") for label, naming in asked]

    def _episode_slices(self, episode: Episode) -> Generator[list[Look], None, None]:
        """The looks of an episode, one scene at a time; a torn file gives none (its card says so)."""
        try:
            reader = EpisodeReader(self._folder.root / episode.path)
        except StoreError:
            return
        try:
            for seq in _chosen(reader, episode):
                yield self._scene(reader, episode, seq)
        finally:
            reader.close()

    def _scene(self, reader: EpisodeReader, episode: Episode, seq: int) -> list[Look]:
        key = hashlib.sha256(f"{episode.path}:{seq}:{EMBEDDING_VERSION}".encode()).hexdigest()[:32]
        path = self._folder.cache / f"{key}.looks"
        try:
            return list(decode(path.read_bytes(), _Looks).looks)
        except (OSError, CodecError):
            sight = sight_of(reader, seq, episode.created_s)  # not there, or of an earlier format: made again
        if sight is None:
            return []
        made = looks_of(sight, "episode", episode.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(_Looks(looks=tuple(made))))
        return made


def _chosen(reader: EpisodeReader, episode: Episode) -> list[int]:
    """Frames spread evenly over the kept part of an episode."""
    seqs, times = reader.seqs(), reader.times_ns()
    if not len(times):
        return []
    at_s = (times - times[0]) / 1e9
    end = episode.trim_end_s if episode.trim_end_s is not None else at_s[-1]
    inside = np.flatnonzero((at_s >= episode.trim_start_s) & (at_s <= end))
    if not len(inside):
        return []
    identified = set(reader.scene_seqs())
    own = [i for i in inside if seqs[i] in identified]
    picked = np.linspace(0, len(own) - 1, min(_SCENES_PER_EPISODE, len(own))).round().astype(int)
    return [seqs[own[i]] for i in np.unique(picked)]
