"""Labels as COCO: `annotations.json` with run-length masks, `images/`, and beside them `depth/` and the cameras, so that nothing is lost.

What COCO has no word for (camera, depth, provenance, a name's colour) stands under the key "pendant", which other readers leave alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from core.storage.exchange import rle
from core.storage.exchange.labelled import Labelled, LabelledFrame, Steps, counted
from core.storage.frames import png
from core.storage.records import Label
from core.types import CameraInfo

ANNOTATIONS = "annotations.json"


def write(source: Labelled, out: Path) -> Steps:
    """Write into the empty folder `out`; yields after every frame, returns what was written, in words."""
    for name in ("images", "depth"):
        (out / name).mkdir()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for labelled in source:
        yield len(images), len(source)
        image_id = len(images) + 1
        images.append(_image(labelled, image_id))
        for label, mask in zip(labelled.labels, labelled.masks, strict=True):
            annotations.append(_annotation(label, mask, len(annotations) + 1, image_id))
        (out / "images" / f"{labelled.name}.png").write_bytes(png(labelled.frame.color))
        (out / "depth" / f"{labelled.name}.png").write_bytes(png(labelled.frame.depth))
    categories = [
        {"id": class_id, "name": name, "supercategory": "", "pendant": {"colour": source.colours[class_id]}}
        for class_id, name in source.names.items()
    ]
    info = {"description": "Labels of Pendant", "version": "1"}
    document = {"info": info, "licenses": [], "images": images, "annotations": annotations, "categories": categories}
    (out / ANNOTATIONS).write_text(json.dumps(document))
    yield len(source), len(source)
    return f"{counted(len(annotations), 'label')} on {counted(len(images), 'picture')}"


def _image(labelled: LabelledFrame, image_id: int) -> dict[str, Any]:
    frame = labelled.frame
    height, width = frame.color.shape[:2]
    extra = {
        "depth": f"{labelled.name}.png",
        "camera": camera_data(labelled.camera),
        "T_base_camera": labelled.T_base_camera.tolist(),
        "seq": frame.seq,
        "t_device_ns": frame.t_device_ns,
        "t_host_ns": frame.t_host_ns,
        "held_out": labelled.held_out,
    }
    return {"id": image_id, "file_name": f"{labelled.name}.png", "width": width, "height": height, "pendant": extra}


def _annotation(label: Label, mask: rle.Mask, annotation_id: int, image_id: int) -> dict[str, Any]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = [0, 0, 0, 0]
    if len(rows):
        box = [int(columns[0]), int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1]
    names = ("who", "source", "identifier", "score", "created_s", "track", "center_base", "added")
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": label.class_id,
        "segmentation": rle.encode(mask),
        "area": int(mask.sum()),
        "bbox": box,
        "iscrowd": 0,
        "pendant": {name: getattr(label, name) for name in names},
    }


def camera_data(camera: CameraInfo) -> dict[str, Any]:
    """A camera as plain data."""
    return dict(msgspec.to_builtins(camera, enc_hook=lambda array: array.tolist()))


def camera_from(data: object) -> CameraInfo:
    """The camera in plain data. Raises msgspec.ValidationError when it is none."""
    return msgspec.convert(data, CameraInfo, dec_hook=_matrix)


def _matrix(kind: type, value: Any) -> Any:
    array = np.asarray(value, np.float64)
    if array.shape != (4, 4) or not np.isfinite(array).all():
        raise ValueError("a transform must be four rows of four numbers")
    return array
