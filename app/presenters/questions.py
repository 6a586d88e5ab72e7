"""Which object See asks about, and what is said of one: guesses, facts, picture."""

from __future__ import annotations

from collections.abc import Collection

from app.presenters.objects import SURE, crop_of
from app.session import Session
from core import geometry
from core.types import Detection, Scene
from widgets.values import Choice, Crop, Fact

_EVERY_FIFTH = 5
_LIKELY = 0.3  # below it, asking for that name would only invite a wrong yes
_CROP_NS = 250_000_000  # a picture of what is asked about, made with each of the camera's, took a tenth of the window's time


class Questions:
    """Remembers what was answered or skipped."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._skipped: set[int] = set()
        self._stored: dict[int, bool] = {}
        self._pictured: tuple[int, int, Crop] | None = None

    @property
    def answered(self) -> int:
        """How many were answered or skipped."""
        return len(self._skipped | self._stored.keys())

    def skip(self, track: int) -> None:
        """An object is left for now."""
        self._skipped.add(track)

    def done(self, track: int) -> None:
        """An object was answered; the catalogue is still being written."""
        self._stored[track] = False

    def follow(self, spoken_of: Collection[int]) -> None:
        """The catalogue changed, and its labels speak of these tracks: of what they spoke before an undo is asked again."""
        self._stored = {t: known or t in spoken_of for t, known in self._stored.items() if t in spoken_of or not known}

    def of(self, scene: Scene) -> list[Detection]:
        """Objects to ask about: least sure first, every fifth question at random (by track, so that it does not jump)."""
        left = self._skipped | self._stored.keys()
        doubtful = [d for d in scene.detections if d.area_px > 0 and not d.confirmed and d.track not in left]
        doubtful = [d for d in doubtful if d.class_id is None or d.score < SURE]
        doubtful.sort(key=lambda d: (d.class_id is None and bool(self._session.classes), d.score, d.track))
        if len(doubtful) > 1 and self.answered % _EVERY_FIFTH == _EVERY_FIFTH - 1:
            odd = doubtful.pop(self.answered * 7 % len(doubtful))
            doubtful.insert(0, odd)
        return doubtful

    def guesses(self, detection: Detection) -> tuple[Choice, ...]:
        """The top three that stand, with their chances."""
        by_id = {c.class_id: c for c in self._session.choices()}
        known = [(by_id[g.class_id], g.score) for g in detection.guesses if g.class_id in by_id][:3]
        return tuple(Choice(c.class_id, c.name, c.key, c.color, round(score, 2)) for c, score in known)  # as shown: a card repaints less

    def likely(self, detection: Detection) -> tuple[Choice, ...]:
        """The guesses, when the first of them is worth asking for; else none."""
        guesses = self.guesses(detection)
        return guesses if guesses and (detection.class_id is not None or (guesses[0].score or 0.0) >= _LIKELY) else ()

    def crop(self, scene: Scene, detection: Detection) -> Crop | None:
        """A picture of an object, while its frame is kept; of a live one renewed a few times a second."""
        if self._pictured is not None and not self._session.live.frozen:
            track, made_ns, crop = self._pictured
            if track == detection.track and 0 <= scene.t_host_ns - made_ns < _CROP_NS:
                return crop
        frame = self._session.frame_of(scene)
        made = crop_of(frame, scene, detection) if frame is not None else None
        self._pictured = (detection.track, scene.t_host_ns, made) if made is not None else None
        return made

    def facts(self, scene: Scene, detection: Detection) -> tuple[Fact, ...]:
        """What is measured of an object."""
        size = " × ".join(f"{100 * s:.1f}" for s in detection.box.size)
        center = geometry.transform(geometry.invert(scene.T_base_camera), detection.box.center[None])[0]
        guess = next(iter(self.guesses(detection)), None)
        alike = guess is not None and round(100 * (guess.score or 0.0)) > 0
        frames = "1 frame" if detection.seen_frames == 1 else f"{detection.seen_frames} frames"
        return (
            Fact("Size", f"{size} cm"),
            Fact("From the camera", f"{float((center**2).sum()) ** 0.5:.2f} m"),
            Fact("Seen", f"{detection.age_s:.0f} s, {frames}"),
            Fact("Looks most like", f"{guess.name}, {guess.score:.0%}" if guess is not None and alike else "nothing known"),
        )
