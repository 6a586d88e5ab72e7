"""Frame to Scene: proposes, tracks, names and boxes what is seen. The `Identifier` that the perceive worker runs, one frame at a time.

Knows neither topics nor storage: names come as a `NameModel`, confirmed labels as a mapping, the clock as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from core import geometry, registration
from core.geometry import Depth, Mask
from core.motion.body import Capsule
from core.perception import bodies, click, looks, names, propose, track
from core.perception.added import Added, AddedPlace
from core.perception.behind import Behind, Whole
from core.perception.camera_check import CameraCheck
from core.perception.carried import Carried
from core.perception.corrected import Corrected, Correction
from core.perception.names import NameModel, Naming
from core.perception.table_frame import TableFrame
from core.types import ARM_LABEL, TABLE_LABEL, Array, CameraInfo, Detection, Frame, LabelMap, OrientedBox, Scene

VERSION = "geometric-1+" + names.EMBEDDING_VERSION

_SETTLED = 3  # frames after which a thing is worth remembering
_RENEW = 5  # frames after which a settled thing's box and vector are made anew, at the earliest

ArmGeometry = Callable[[Array], Sequence[Capsule]]
Proposer = Callable[..., propose.Proposal]
_Part = tuple[tuple[slice, slice], Mask]


@dataclass(frozen=True)
class Settings:
    """`margin_m`: how far the robot's pixels may lie outside its capsules."""

    propose: propose.Settings = field(default_factory=propose.Settings)
    track: track.Settings = field(default_factory=track.Settings)
    margin_m: float = 0.012


@dataclass(frozen=True)
class _Seen:
    depth_m: Depth
    T_base_camera: Array
    table_frame: bool
    proposal: propose.Proposal
    drawn: Mapping[int, Correction]
    recalled: Mapping[Correction, _Look]


@dataclass(frozen=True)
class _Look:
    """What one instance looks like; `z` its mean depth, `age` frames since box and vector were made."""

    sighting: track.Sighting
    box: OrientedBox
    area: int
    mean: Array
    z: float
    age: int = 0


class GeometricIdentifier:
    """`core.ports.Identifier` without learned weights.

    arm_geometry: joints (as given to `identify`; (7,) when the gripper's opening is known) to capsules in base. tool: joints (6,) to
    T_base_tool, to follow what is carried. flange: joints to T_base_flange, for a camera on the flange.
    clock: seconds, for `last_timings` (milliseconds a stage) and `Scene.duration_ms`. proposer: same signature as `propose.propose`.
    `notice`: what it has to do without, said in every scene.
    """

    version = VERSION

    def __init__(
        self,
        *,
        arm_geometry: ArmGeometry | None = None,
        tool: Callable[[Array], Array] | None = None,
        flange: Callable[[Array], Array] | None = None,
        clock: Callable[[], float] | None = None,
        settings: Settings | None = None,
        proposer: Proposer = propose.propose,
    ) -> None:
        self._arm_geometry, self._flange, self._clock = arm_geometry, flange, clock
        self._settings = settings or Settings()
        self._propose = proposer
        self._tracker = track.Tracker(self._settings.track)
        self._names, self._revision, self._fresh = NameModel(()), 0, True
        self._confirmed: dict[int, tuple[int, str]] = {}
        self._table = TableFrame()
        self._added, self._corrected = Added(), Corrected()
        self._behind: Behind[_Look] = Behind()
        self._carried: Carried[_Look] = Carried(tool)
        self._check = CameraCheck()
        self._last: tuple[LabelMap, tuple[_Look, ...]] | None = None
        self.last_timings: dict[str, float] = {}
        self.notice = ""

    def set_names(self, model: NameModel, revision: int) -> None:
        """Use other names from the next frame on; smoothed chances start afresh."""
        self._names, self._revision, self._fresh = model, revision, True

    def set_confirmed(self, confirmed: Mapping[int, tuple[int, str]]) -> None:
        """Tracks whose name an operator gave: track id to (class id, name). It sticks to the track."""
        self._confirmed = dict(confirmed)

    def set_added(self, places: Sequence[AddedPlace]) -> None:
        """Where an operator added a missed thing: it becomes an instance wherever nothing covers it, under the track it was added as."""
        self._added.set(places)

    def set_corrected(self, corrections: Sequence[Correction]) -> None:
        """Things as an operator drew, split or merged them, oldest first: they stay so while they lie there."""
        self._corrected.set(corrections)
        self._last = None

    def identify(self, frame: Frame, camera: CameraInfo, arm_joints: Array | None) -> Scene:
        """Instances, tracks, names and boxes of one frame."""
        started = self._clock() if self._clock else 0.0
        seen = self._see(frame, camera, arm_joints)
        after_see = self._clock() if self._clock else 0.0
        labels, detections = self._describe(frame, camera, seen)
        ended = self._clock() if self._clock else 0.0
        inner = sum(seen.proposal.ms.values())
        self.last_timings = {"register": 1e3 * (after_see - started) - inner, **seen.proposal.ms, "describe": 1e3 * (ended - after_see)}
        return Scene(
            camera=frame.camera,
            frame_seq=frame.seq,
            t_host_ns=frame.t_host_ns,
            labels=labels,
            detections=tuple(detections),
            T_base_camera=seen.T_base_camera,
            table_frame=seen.table_frame,
            identifier=self.version + self._names.suffix,
            names_revision=self._revision,
            duration_ms=1e3 * (ended - started),
            camera_moved=self._check.moved,
            notice=self.notice,
        )

    def grow(self, frame: Frame, camera: CameraInfo, u: int, v: int) -> Mask:
        """A missed thing (H, W) grown from a click at colour pixel (u, v), by depth and colour; empty where nothing can be told apart."""
        depth_m = registration.register_depth(frame.depth, camera)
        plane = self._table.plane(camera)
        if camera.T_mount_camera is not None and camera.mount == "base":
            plane = geometry.plane_of(camera.T_mount_camera)
        return click.grow(frame.color, depth_m, camera.color, u, v, table=plane)

    def _see(self, frame: Frame, camera: CameraInfo, joints: Array | None) -> _Seen:
        depth_m = registration.register_depth(frame.depth, camera)
        T = self._calibrated(camera, joints)
        expected = geometry.plane_of(T) if T is not None else self._table.plane(camera)
        arm = None
        if T is not None and joints is not None and self._arm_geometry is not None:
            capsules = self._arm_geometry(joints)
            arm = bodies.arm_mask(capsules, geometry.invert(T), depth_m, camera.color, margin_m=self._settings.margin_m)
        proposal = self._propose(
            frame.color,
            depth_m,
            camera.color,
            arm=arm,
            expected=expected,
            certain=T is not None,
            settings=self._settings.propose,
            clock=self._clock,
        )
        if T is not None:
            self._check.see(proposal.plane, geometry.plane_of(T), camera)
        T_base_camera = T if T is not None else self._table.fit(camera, proposal.plane)
        things = self._added.extend(
            proposal.labels, proposal.arm, frame.color, depth_m, camera.color, T_base_camera, geometry.plane_of(T_base_camera)
        )
        self._carried.feel(joints, frame.t_host_ns)
        recalled = self._carried.recall(things, frame.color, depth_m, camera.color, T_base_camera)
        recalled |= self._behind.recall(proposal.arm, frame.color, depth_m, gone=self._carried.taken)
        things, drawn = self._corrected.lay(things, proposal.arm, frame.color, depth_m, tuple(recalled))
        if things is not proposal.labels:
            proposal = replace(proposal, labels=things, table=proposal.table & (things == 0))
        return _Seen(depth_m, T_base_camera, T is None, proposal, drawn, recalled)

    def _calibrated(self, camera: CameraInfo, joints: Array | None) -> Array | None:
        if camera.T_mount_camera is None:
            return None
        if camera.mount == "base":
            return camera.T_mount_camera
        return None if joints is None or self._flange is None else self._flange(joints) @ camera.T_mount_camera

    def _describe(self, frame: Frame, camera: CameraInfo, seen: _Seen) -> tuple[LabelMap, list[Detection]]:
        parts = propose.windows(seen.proposal.labels)
        found = self._looks(frame, camera, seen, parts)
        labels = np.zeros(seen.depth_m.shape, np.uint16)
        labels[seen.proposal.table] = TABLE_LABEL
        labels[seen.proposal.arm] = ARM_LABEL
        numbers = np.zeros(int(seen.proposal.labels.max()) + 1, np.uint16)
        for number, look in enumerate(found, 1):
            numbers[look.sighting.instance] = number
        things = numbers[seen.proposal.labels]
        np.copyto(labels, things, where=things > 0)
        drawn = [seen.drawn.get(look.sighting.instance) for look in found]
        known = self._known(things, found, drawn)
        sightings = [replace(look.sighting, instance=n, known=known[n - 1]) for n, look in enumerate(found, 1)]
        self._tracker.retract(self._confirmed.keys() | self._added.standing() | self._corrected.standing())
        hidden = self._behind.hidden | self._carried.hidden
        tracks = self._tracker.update(sightings, things, frame.t_host_ns, hidden=hidden, expected=self._carried.expected)
        for correction, followed in zip(drawn, tracks, strict=True):
            self._corrected.follow(correction, followed.id)
        detections = [self._detection(t, s, look, frame.t_host_ns) for t, s, look in zip(tracks, sightings, found, strict=True)]
        self._remember(frame, seen, parts, found, tracks)
        self._last = (things, tuple(found))
        self._fresh = False
        return labels, detections

    def _known(self, things: LabelMap, found: Sequence[_Look], drawn: Sequence[Correction | None]) -> list[int]:
        """Per thing of `things` (H, W) the track that a person's correction or addition says it is, 0 = none."""
        added = self._added.tracks(things, [look.box.center for look in found], self._tracker.place_of)
        return [self._corrected.track_of(correction) or added.get(n, 0) for n, correction in enumerate(drawn, 1)]

    def _remember(self, frame: Frame, seen: _Seen, parts: Sequence[_Part], found: Sequence[_Look], tracks: Sequence[track.Track]) -> None:
        """Things that the robot may pass in front of, or take."""
        self._carried.note({followed.id: look for look, followed in zip(found, tracks, strict=True)}, self._tracker.last_seen())
        if not seen.proposal.arm.any():
            return
        settled = [(look, followed.id) for look, followed in zip(found, tracks, strict=True) if followed.frames >= _SETTLED]
        whole = [Whole(number, *parts[look.sighting.instance - 1], look) for look, number in settled]
        self._behind.remember(whole, self._tracker.last_seen(), seen.proposal.arm, frame.color, seen.depth_m)

    def _looks(self, frame: Frame, camera: CameraInfo, seen: _Seen, parts: Sequence[_Part]) -> list[_Look]:
        """What the proposals look like: box, embedding, area and mean colour; without those that an operator called no object."""
        result = []
        white = names.table_level(frame.color, seen.proposal.table)
        before = self._settled(seen.proposal.labels, len(parts))
        for i, (window, inside) in enumerate(parts, 1):
            look = self._look(frame, camera, seen, i, window, inside, before.get(i), white)
            if look is not None and not self._names.is_rejected(look.sighting.vector, look.box.center):
                result.append(look)
        return result

    def _look(
        self,
        frame: Frame,
        camera: CameraInfo,
        seen: _Seen,
        i: int,
        window: tuple[slice, slice],
        inside: Mask,
        before: _Look | None,
        white: float,
    ) -> _Look | None:
        """One proposal's look. What lies still keeps box and vector for a few frames, each thing made anew in a frame of its own."""
        mask = inside.view(np.uint8)
        area = int(cv2.countNonZero(mask))
        mean = np.array(cv2.mean(frame.color[window], mask)[:3], np.float64)
        z = float(cv2.mean(seen.depth_m[window], mask & (seen.depth_m[window] > 0))[0])
        if before is not None and before.age < _RENEW + i % _RENEW and abs(z - before.z) < 0.003 and np.abs(mean - before.mean).max() < 5:
            return replace(before, sighting=replace(before.sighting, instance=i), area=area, age=before.age + 1)
        drawn = seen.drawn.get(i)
        if drawn is not None and drawn in seen.recalled:
            known = seen.recalled[drawn]
            now = drawn.box or known.box
            return replace(known, sighting=replace(known.sighting, instance=i, center=now.center), box=now, area=area, age=0)
        if not area:
            return None
        fixed = drawn.box if drawn is not None else None
        box = fixed or looks.box_of(seen.depth_m, camera.color, seen.T_base_camera, window, inside)
        if box is None:
            return None
        vector = names.embed_part(frame.color, seen.depth_m, window, inside, box, white=white)
        return _Look(track.Sighting(i, box.center, box.size, vector), box, area, mean, z)

    def _settled(self, labels: propose.Labels, count: int) -> dict[int, _Look]:
        """Which proposals cover nearly the same pixels as a thing of the last frame."""
        if self._last is None or self._last[0].shape != labels.shape or not count or not self._last[1]:
            return {}
        before = looks.unchanged(labels, self._last[0], count, len(self._last[1]))
        return {now: self._last[1][then - 1] for now, then in before.items()}

    def _detection(self, found: track.Track, sighting: track.Sighting, look: _Look, t_ns: int) -> Detection:
        naming = self._tracker.name(found, self._names.classify(found.vector if found.frames > 1 else sighting.vector), fresh=self._fresh)
        confirmed = self._confirmed.get(found.id)
        if confirmed:
            naming = Naming(confirmed[0], confirmed[1], 1.0, naming.guesses)
        return Detection(
            instance=sighting.instance,
            track=found.id,
            class_id=naming.class_id,
            name=naming.name,
            score=naming.score,
            guesses=naming.guesses,
            box=look.box,
            area_px=look.area,
            mean_color=look.mean,
            confirmed=confirmed is not None,
            age_s=(t_ns - found.first_ns) * 1e-9,
            seen_frames=found.frames,
        )
