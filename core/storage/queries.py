"""Questions to the catalogue. All return detached rows, in a steady order; none of them writes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, func, select

from core.storage.catalogue import reading
from core.storage.records import Episode, Label, LabelFrame, NamingVersion, ObjectClass, Setting, Task, Version


class Queries:
    """Reads the catalogue behind `engine`; may be used beside a writer, from any process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def names_revision(self) -> int:
        """Grows with every change of a label, a class, or the naming in use."""
        with reading(self._engine) as session:
            row = session.get(Setting, "names_revision")
            return int(row.value["value"]) if row else 0

    def classes(self) -> list[ObjectClass]:
        """The classes that stand, by id."""
        with reading(self._engine) as session:
            return list(session.scalars(select(ObjectClass).where(~ObjectClass.deleted).order_by(ObjectClass.id)))

    def class_named(self, name: str) -> ObjectClass | None:
        """The standing class of that name, without regard to case, in every alphabet (SQLite's own `lower` knows only ASCII)."""
        wanted = name.strip().casefold()
        return next((c for c in self.classes() if c.name.casefold() == wanted), None)

    def aliases(self) -> dict[str, str]:
        """Names that went (renamed, merged) and the name of the class that stands for each; what stands is no alias."""
        with reading(self._engine) as session:
            by_id = {c.id: c for c in session.scalars(select(ObjectClass))}
        found: dict[str, str] = {}
        standing = {c.name for c in by_id.values() if not c.deleted}
        for start in by_id.values():
            at: ObjectClass | None = start
            seen: set[int] = set()
            while at is not None and at.deleted and at.alias_of is not None and at.id not in seen:
                seen.add(at.id)
                at = by_id.get(at.alias_of)
            if at is not None and not at.deleted and start.deleted and start.name not in standing:
                found[start.name] = at.name
        return found

    def tasks(self) -> list[Task]:
        """The tasks that stand, by id."""
        with reading(self._engine) as session:
            return list(session.scalars(select(Task).where(~Task.deleted).order_by(Task.id)))

    def task_named(self, name: str) -> Task | None:
        """The standing task of that name."""
        with reading(self._engine) as session:
            return session.scalars(select(Task).where(Task.name == name, ~Task.deleted)).first()

    def task(self, task_id: int) -> Task | None:
        """The task of that id."""
        with reading(self._engine) as session:
            return session.get(Task, task_id)

    def labels(self) -> list[Label]:
        """The labels that stand, oldest first."""
        with reading(self._engine) as session:
            return list(session.scalars(select(Label).where(~Label.deleted).order_by(Label.id)))

    def labels_of_class(self, class_id: int) -> list[Label]:
        """The labels of a class that stand, oldest first."""
        with reading(self._engine) as session:
            return list(session.scalars(select(Label).where(Label.class_id == class_id, ~Label.deleted).order_by(Label.id)))

    def labels_on(self, camera: str, seq: int, since_s: float) -> list[Label]:
        """The labels that stand on frame `seq` of a camera, made since then (a later run counts its frames anew); oldest first."""
        frames = select(LabelFrame.hash).where(LabelFrame.camera == camera, LabelFrame.seq == seq)
        query = select(Label).where(Label.frame_hash.in_(frames), Label.created_s >= since_s, ~Label.deleted)
        with reading(self._engine) as session:
            return list(session.scalars(query.order_by(Label.id)))

    def labels_between(self, camera: str, first: int, last: int) -> list[tuple[int, Label]]:
        """The labels that stand on frames `first` to `last` of a camera, of any run, with the frame's number; oldest first."""
        query = select(LabelFrame.seq, Label).join(LabelFrame, LabelFrame.hash == Label.frame_hash).where(~Label.deleted)
        query = query.where(LabelFrame.camera == camera, LabelFrame.seq >= first, LabelFrame.seq <= last)
        with reading(self._engine) as session:
            return [(int(seq), label) for seq, label in session.execute(query.order_by(Label.id))]

    def labels_since(self, since_s: float) -> list[Label]:
        """The labels that stand and were made since then, oldest first."""
        with reading(self._engine) as session:
            query = select(Label).where(Label.created_s >= since_s, ~Label.deleted)
            return list(session.scalars(query.order_by(Label.id)))

    def confirmed_since(self, since_s: float) -> dict[int, tuple[int, str]]:
        """Tracks that were named since then: track to class id and name, by the last label of each."""
        query = (
            select(Label.track, ObjectClass.id, ObjectClass.name)
            .join(ObjectClass, Label.class_id == ObjectClass.id)
            .where(Label.created_s >= since_s, Label.kind == "name", Label.track != 0, ~Label.deleted, ~ObjectClass.deleted)
            .order_by(Label.id)
        )
        with reading(self._engine) as session:
            return {int(track): (int(class_id), str(name)) for track, class_id, name in session.execute(query)}

    def label_frames(self) -> list[LabelFrame]:
        """All frames that carry labels, oldest first."""
        with reading(self._engine) as session:
            return list(session.scalars(select(LabelFrame).order_by(LabelFrame.created_s)))

    def labels_per_class(self) -> dict[int, int]:
        """How many labels each class has."""
        with reading(self._engine) as session:
            query = select(Label.class_id, func.count()).where(~Label.deleted, Label.class_id.is_not(None)).group_by(Label.class_id)
            return {int(class_id): int(count) for class_id, count in session.execute(query) if class_id is not None}

    def names_per_class(self) -> dict[int, tuple[int, int]]:
        """Per class how many names stand on frames that may be learned from, and on held-out ones."""
        counts: dict[int, tuple[int, int]] = {}
        query = select(Label.class_id, LabelFrame.held_out, func.count()).join(LabelFrame, LabelFrame.hash == Label.frame_hash)
        query = query.where(~Label.deleted, Label.kind == "name", Label.class_id.is_not(None))
        with reading(self._engine) as session:
            for class_id, held, count in session.execute(query.group_by(Label.class_id, LabelFrame.held_out)):
                taught, kept = counts.get(int(class_id or 0), (0, 0))
                counts[int(class_id or 0)] = (taught, kept + int(count)) if held else (taught + int(count), kept)
        return counts

    def label_count(self) -> int:
        """How many labels stand."""
        with reading(self._engine) as session:
            return session.scalar(select(func.count()).where(~Label.deleted)) or 0

    def labels_by_id(self, ids: Iterable[int]) -> list[Label]:
        """Labels by their ids, deleted ones too."""
        with reading(self._engine) as session:
            return list(session.scalars(select(Label).where(Label.id.in_(list(ids)))))

    def labels_of_frame(self, frame_hash: str) -> list[Label]:
        """The labels that stand on one frame, oldest first."""
        with reading(self._engine) as session:
            query = select(Label).where(Label.frame_hash == frame_hash, ~Label.deleted).order_by(Label.id)
            return list(session.scalars(query))

    def label(self, label_id: int) -> Label | None:
        """The label of that id, standing or not."""
        with reading(self._engine) as session:
            return session.get(Label, label_id)

    def held_out(self) -> dict[str, bool]:
        """Per hash of a labelled frame, whether it was drawn to be scored only."""
        with reading(self._engine) as session:
            return {row.hash: row.held_out for row in session.execute(select(LabelFrame.hash, LabelFrame.held_out))}

    def episodes(
        self, task_id: int | None = None, *, states: tuple[str, ...] = ("kept", "partial"), kinds: tuple[str, ...] = ()
    ) -> list[Episode]:
        """Episodes in these states (and of these kinds, when given), newest first."""
        query = select(Episode).where(Episode.state.in_(states)).order_by(Episode.created_s.desc(), Episode.number.desc())
        if task_id is not None:
            query = query.where(Episode.task_id == task_id)
        if kinds:
            query = query.where(Episode.kind.in_(kinds))
        with reading(self._engine) as session:
            return list(session.scalars(query))

    def demonstrations(self, task_id: int) -> list[Episode]:
        """What a policy may learn from: kept demonstrations, and rollouts that hold a take-over; newest first."""
        return [e for e in self.episodes(task_id) if e.kind == "demonstration" or e.has_takeover]

    def episode(self, episode_id: str) -> Episode | None:
        """The episode of that id."""
        with reading(self._engine) as session:
            return session.get(Episode, episode_id)

    def next_number(self, task_id: int, kind: str) -> int:
        """The number that the next demonstration or rollout of a task gets."""
        with reading(self._engine) as session:
            query = select(func.max(Episode.number)).where(Episode.task_id == task_id, Episode.kind == kind)
            return (session.scalar(query) or 0) + 1

    def versions(self, task_id: int | None = None) -> list[Version]:
        """The versions of a task (or of all), newest first."""
        query = select(Version).order_by(Version.task_id, Version.number.desc())
        if task_id is not None:
            query = query.where(Version.task_id == task_id)
        with reading(self._engine) as session:
            return list(session.scalars(query))

    def version(self, task_id: int, number: int) -> Version | None:
        """Version vN of a task."""
        with reading(self._engine) as session:
            return session.scalars(select(Version).where(Version.task_id == task_id, Version.number == number)).first()

    def active_version(self, task_id: int) -> Version | None:
        """The version on the arm, None when none is."""
        with reading(self._engine) as session:
            return session.scalars(select(Version).where(Version.task_id == task_id, Version.active)).first()

    def namings(self) -> list[NamingVersion]:
        """The namings that were tuned here, newest first."""
        with reading(self._engine) as session:
            return list(session.scalars(select(NamingVersion).order_by(NamingVersion.number.desc())))

    def active_naming(self) -> NamingVersion | None:
        """The naming in use, None for the names as shipped."""
        with reading(self._engine) as session:
            return session.scalars(select(NamingVersion).where(NamingVersion.active)).first()
