"""COCO files as labels: read and checked as a whole first, then entered in one undoable step. Nothing of a file that is torn is kept.

Pictures of another program have no depth: their labels are stored, shown and exported, and teach names only once depth is there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import StoreError
from core.storage.catalogue import Folder
from core.storage.class_edits import PALETTE_SIZE, class_values
from core.storage.edits import frame_row
from core.storage.exchange import rle
from core.storage.exchange.coco import ANNOTATIONS, camera_from
from core.storage.frames import unpng, write_frame
from core.storage.masks import pack
from core.storage.records import Label, LabelFrame, ObjectClass
from core.storage.store import Changes, Row, Store
from core.types import Array, CameraInfo, Frame, Intrinsics

SOURCE = "import"
_MOST_BYTES = 1_000_000_000
_MOST_NAME = 200
_FOCAL = 0.9
"""Focal length over width of a camera that nobody described: some 58 degrees across."""


class _Category(msgspec.Struct):
    id: int
    name: str
    pendant: dict[str, Any] = {}


class _Image(msgspec.Struct):
    id: int
    file_name: str
    width: int
    height: int
    pendant: dict[str, Any] = {}


class _Rle(msgspec.Struct):
    size: tuple[int, int]
    counts: str | list[int]


class _Annotation(msgspec.Struct):
    image_id: int
    category_id: int
    segmentation: _Rle | list[list[float]]
    score: float = 1.0
    pendant: dict[str, Any] = {}


class _Document(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[_Category]


@dataclass(frozen=True)
class Imported:
    """A checked label: its class's name and the values of its row (without class, track, who and when)."""

    name: str
    frame_hash: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Import:
    """A checked file: its labels, the frames that were written for them, by hash, and the palette colours that it gives to names."""

    labels: tuple[Imported, ...]
    frames: Mapping[str, Frame]
    colours: Mapping[str, int]


def read(folder: Folder, path: Path) -> Generator[tuple[int, int], None, Import]:
    """Check a COCO file (or the folder with its `annotations.json`) and write its frames; yields (done, of how many).

    Raises StoreError with a sentence on whatever is torn, absurd or points outside; then no label was made.
    """
    file = path / ANNOTATIONS if path.is_dir() else path
    document = _parse(file)
    names = {c.id: _name(c.name) for c in document.categories}
    by_image: dict[int, list[_Annotation]] = {}
    for annotation in document.annotations:
        if annotation.category_id not in names:
            raise StoreError(f"{file.name} speaks of a category that it does not list, so nothing was imported.")
        by_image.setdefault(annotation.image_id, []).append(annotation)
    images = {image.id: image for image in document.images}
    if by_image.keys() - images.keys():
        raise StoreError(f"{file.name} speaks of a picture that it does not list, so nothing was imported.")
    labels: list[Imported] = []
    frames: dict[str, Frame] = {}
    for n, (image_id, drawn) in enumerate(by_image.items()):
        yield n, len(by_image)
        masks = [_mask(a, images[image_id]) for a in drawn]
        frame, camera, T_base_camera = _frame(file.parent, images[image_id])
        digest = write_frame(folder.frames, frame, camera, T_base_camera)
        frames[digest] = frame
        labels += [_label(a, names[a.category_id], digest, mask) for a, mask in zip(drawn, masks, strict=True)]
    yield len(by_image), len(by_image)
    if not labels:
        raise StoreError(f"{file.name} holds no label, so there was nothing to import.")
    return Import(tuple(labels), frames, _colours(document.categories))


def enter(store: Store, found: Import) -> Changes:
    """Store all labels of a checked file as one step that undo takes back; those that are there already are left out."""

    def mutation(session: Session) -> Sequence[Row]:
        standing = session.scalars(select(Label).where(Label.frame_hash.in_(list(found.frames)))).all()
        there = {(x.frame_hash, x.class_id, x.mask) for x in standing if not x.deleted}
        classes, rows = _classes(store, session, {x.name for x in found.labels}, found.colours)
        rows += [frame_row(store, k, f) for k, f in found.frames.items() if session.get(LabelFrame, k) is None]
        tracks = {k: min([0, *(x.track for x in standing if x.frame_hash == k)]) for k in found.frames}
        before = len(rows)
        for label in found.labels:
            class_id = classes[label.name.casefold()]
            if (label.frame_hash, class_id, label.values["mask"]) in there:
                continue
            tracks[label.frame_hash] -= 1
            extra = {"class_id": class_id, "track": tracks[label.frame_hash], "who": store.who, "created_s": store.wall_s()}
            rows.append(Row("label", None, label.values | extra))
        if len(rows) == before:
            raise StoreError("All of these labels are here already, so nothing was changed.")
        return rows

    return store.mutate("importing labels", mutation)


def _classes(store: Store, session: Session, names: Collection[str], colours: Mapping[str, int]) -> tuple[dict[str, int], list[Row]]:
    """Ids by lower-case name, and the rows of the classes that are new: those whose colour is free first, or others would take it."""
    known = list(session.scalars(select(ObjectClass)).all())
    ids = {c.name.casefold(): c.id for c in known if not c.deleted}
    rows = []
    taken = {None, *(c.colour for c in known if not c.deleted)}
    for name in sorted(names, key=lambda name: (colours.get(name) in taken, name.casefold())):
        if name.casefold() not in ids:
            values = class_values(known, name, colours.get(name), store.wall_s())
            known.append(ObjectClass(**values, deleted=False))
            ids[name.casefold()] = values["id"]
            rows.append(Row("object_class", values["id"], values))
    return ids, rows


def _colours(categories: Sequence[_Category]) -> dict[str, int]:
    """Palette places 1..12 by name, of those that bring one; another program's word under the same key is none."""
    wanted = {_name(c.name): c.pendant.get("colour") for c in categories}
    return {name: colour for name, colour in wanted.items() if type(colour) is int and 1 <= colour <= PALETTE_SIZE}


def _parse(file: Path) -> _Document:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise StoreError(f"{file.name} is larger than 1 GB. Split it, then import the parts.")
        return msgspec.json.decode(file.read_bytes(), type=_Document)
    except OSError as error:
        raise StoreError(f"{file.name} could not be read: {error.strerror}. Choose the folder or file of a COCO export.") from error
    except (msgspec.DecodeError, RecursionError) as error:
        words = "Nothing was imported. Choose the .json that lists the labels."
        raise StoreError(f"{file.name} is torn, or not COCO. {words}") from error


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > _MOST_NAME or not name.isprintable():
        raise StoreError("A category of that file has no usable name, so nothing was imported.")
    return name


def _mask(annotation: _Annotation, image: _Image) -> rle.Mask:
    height, width = image.height, image.width
    if min(height, width) < 1 or height * width > rle.MOST_PIXELS:
        raise StoreError(f"{image.file_name} is said to be {width} by {height} pixels. Nothing was imported.")
    shape = annotation.segmentation
    if isinstance(shape, _Rle):
        mask = rle.decode(shape.size, shape.counts)
        if mask.shape != (height, width):
            raise StoreError(f"An outline does not fit {image.file_name}, so nothing was imported.")
    else:
        mask = filled(shape, height, width)
    if not mask.any():
        raise StoreError(f"An outline on {image.file_name} is empty, so nothing was imported.")
    return mask


def filled(polygons: list[list[float]], height: int, width: int) -> rle.Mask:
    """The pixels (H, W) of polygons [x0, y0, x1, y1, ...], each filled by the even-odd rule. Raises StoreError when one is torn."""
    picture = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        points = np.array(polygon, np.float64)
        if len(points) < 6 or len(points) % 2 or not np.isfinite(points).all() or np.abs(points).max() > 4 * max(height, width):
            raise StoreError("An outline in that file is torn or absurd, so nothing was imported.")
        cv2.fillPoly(picture, [points.reshape(-1, 2).round().astype(np.int32)], 1)
    return picture > 0


def _frame(place: Path, image: _Image) -> tuple[Frame, CameraInfo, Array]:
    color = unpng(_bytes(place, "images", image.file_name))
    color = np.repeat(color[..., None], 3, 2) if color.ndim == 2 else np.ascontiguousarray(color[..., -3:])
    if color.dtype != np.uint8 or color.shape[:2] != (image.height, image.width):
        raise StoreError(f"{image.file_name} has another size than the file says, so nothing was imported.")
    extra = image.pendant
    if not extra:
        camera = _nominal(image)
        depth = np.zeros(color.shape[:2], np.uint16)
        return Frame(camera=camera.id, seq=image.id, t_device_ns=0, t_host_ns=0, depth=depth, color=color), camera, np.eye(4)
    try:
        camera = camera_from(extra["camera"])
        pose: Array = np.array(extra["T_base_camera"], np.float64)
        times = {name: int(extra[name]) for name in ("seq", "t_device_ns", "t_host_ns")}
        depth = unpng(_bytes(place, "depth", str(extra["depth"])))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"What the file says of the camera of {image.file_name} is torn. Nothing was imported.") from error
    size = [camera.depth.height, camera.depth.width]
    if pose.size != 16 or pose.ndim != 2 or not np.isfinite(pose).all() or depth.dtype != np.uint16 or [*depth.shape] != size:
        raise StoreError(f"The depth of {image.file_name} does not fit its camera, so nothing was imported.")
    return Frame(camera=camera.id, depth=depth, color=color, **times), camera, pose


def _nominal(image: _Image) -> CameraInfo:
    """A camera for a picture of which nothing is known."""
    focal = _FOCAL * image.width
    lens = Intrinsics(width=image.width, height=image.height, fx=focal, fy=focal, cx=(image.width - 1) / 2, cy=(image.height - 1) / 2)
    return CameraInfo(id=SOURCE, serial="", name="Imported", depth=lens, color=lens, depth_scale=0.001, T_color_depth=np.eye(4))


def _bytes(place: Path, folder: str, name: str) -> bytes:
    """A picture beside the file; never one outside of its folder."""
    root = place.resolve()
    for candidate in (root / folder / name, root / name):
        resolved = candidate.resolve()
        if not resolved.is_relative_to(root):
            raise StoreError(f"The file names a picture outside its own folder ({name!r}). Nothing was imported.")
        if resolved.is_file():
            return resolved.read_bytes()
    raise StoreError(f"The picture {name} is missing beside the file, so nothing was imported.")


def _label(annotation: _Annotation, name: str, digest: str, mask: rle.Mask) -> Imported:
    extra = annotation.pendant
    try:
        center = [float(x) for x in extra.get("center_base", (0.0, 0.0, 0.0))]
        score = float(extra.get("score", annotation.score))
    except (TypeError, ValueError) as error:
        raise StoreError("A label in that file is torn, so nothing was imported.") from error
    if len(center) != 3 or not all(math.isfinite(x) and abs(x) < 100 for x in center) or not 0 <= score <= 1:
        raise StoreError("A label in that file has an absurd place or score, so nothing was imported.")
    values = {
        "frame_hash": digest,
        "kind": "name",
        "mask": pack(mask),
        "center_base": center,
        "added": False,
        "source": SOURCE,
        "identifier": str(extra.get("identifier", ""))[:_MOST_NAME],
        "score": score,
    }
    return Imported(name, digest, values)
