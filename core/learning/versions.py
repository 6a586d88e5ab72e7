"""Versions at rest: a folder with weights (safetensors) and a manifest (JSON) that says what they were made from.

Written by the trainer, read by `act` and by checks. A version whose weights do not match their manifest is never loaded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.errors import WeightsError
from core.learning.progress import Point
from core.learning.renamed import Aliases, renamed_fit, renamed_goal
from core.policies import POLICIES, weights
from core.policies.pickplace import PickPlacePolicy
from core.storage.edits import goal_from
from core.storage.frames import write_durably
from core.types import Goal

MANIFEST = "manifest.json"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Lineage and scores of a version.

    `data_hash`: of the demonstrations and labels it was made from; `left_out`: ids of demonstrations that taught nothing, each with why;
    `held_out_cm`, `held_out_deg`: median leave-one-out error, None with fewer than two demonstrations; `rehearsals`, `rehearsed_ok`: tries
    in the simulated cell and how many worked; `curve`: (demonstrations, error in cm) pairs; `ranking`, `refinement`: in words whether a
    learned one is used and why; `loss`: of the learned part, if one was trained; `passed`: whether its checks allow it on the arm, with
    the sentence.
    """

    task: str
    policy: str
    seed: int
    number: int = 0
    episodes: list[str] = []
    left_out: list[tuple[str, str]] = []
    labels: int = 0
    takeovers: int = 0
    names_revision: int = 0
    identifier: str = ""
    goals: list[dict[str, object]] = []
    settings: dict[str, float] = {}
    data_hash: str = ""
    weights_hash: str = ""
    relation: str = ""
    runner_up: str = ""
    held_out_cm: float | None = None
    held_out_deg: float | None = None
    curve: list[tuple[int, float]] = []
    ranking: str = ""
    refinement: str = ""
    loss: list[Point] = []
    rehearsals: int = 0
    rehearsed_ok: int = 0
    rehearsal_reasons: list[str] = []
    passed: bool = False
    sentence: str = ""
    made_s: float = 0.0
    device: str = "cpu"


@dataclass(frozen=True)
class LoadedVersion:
    """A version in memory: its folder, its name on screen, the policy and the goals of its task."""

    folder: str
    name: str
    policy: PickPlacePolicy
    goals: tuple[Goal, ...]
    manifest: Manifest


def write_version(folder: Path, policy: PickPlacePolicy, manifest: Manifest) -> Manifest:
    """Write weights, then the manifest with their hash, into an existing folder; returns the manifest as written."""
    policy.save(folder)
    digest = hashlib.sha256((folder / weights.FILE).read_bytes()).hexdigest()
    complete = msgspec.structs.replace(manifest, weights_hash=digest)
    write_manifest(folder, complete)
    return complete


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest durably."""
    write_durably(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder. Raises WeightsError when it is missing or torn."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise WeightsError("The description of that version is missing or torn, so it was not loaded. Choose another version.") from error


def load_version(folder: str, aliases: Aliases) -> LoadedVersion:
    """Load a version, check its hash, and put it under the names that stand. Raises WeightsError with a sentence."""
    path = Path(folder)
    manifest = read_manifest(path)
    if manifest.policy not in POLICIES:
        raise WeightsError(f"That version needs the policy {manifest.policy!r}, which this Pendant does not have.")
    try:
        digest = hashlib.sha256((path / weights.FILE).read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError("The weights of that version are missing. Learn it again, or choose another version.") from error
    if digest != manifest.weights_hash:
        raise WeightsError("The weights of that version are not those that were checked, so they were not loaded. Choose another version.")
    goals = tuple(renamed_goal(goal, aliases) for data in manifest.goals if (goal := goal_from(dict(data))) is not None)
    policy = POLICIES[manifest.policy].load(path)
    policy.fitted = renamed_fit(policy.state(), aliases)
    return LoadedVersion(folder, f"v{manifest.number}", policy, goals, manifest)
