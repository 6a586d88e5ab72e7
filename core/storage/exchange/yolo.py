"""Labels for YOLO segmentation: `data.yaml`, `images/` and `labels/` by train and val, an outline a line.

Held-out frames are val. The format has one outline a thing: parts are joined by a line of no width, holes are lost.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from core.storage.exchange.labelled import Labelled, LabelledFrame, Steps
from core.storage.frames import png

Points = npt.NDArray[np.int32]


def write(source: Labelled, out: Path) -> Steps:
    """Write into the empty folder `out`; yields after every frame, returns a sentence."""
    for split in ("train", "val"):
        (out / "images" / split).mkdir(parents=True)
        (out / "labels" / split).mkdir(parents=True)
    index = {class_id: n for n, class_id in enumerate(source.names)}
    counts = {"train": 0, "val": 0}
    for n, labelled in enumerate(source):
        yield n, len(source)
        split = "val" if labelled.held_out else "train"
        counts[split] += 1
        (out / "images" / split / f"{labelled.name}.png").write_bytes(png(labelled.frame.color))
        (out / "labels" / split / f"{labelled.name}.txt").write_text("".join(_lines(labelled, index)))
    names = "".join(f"  {n}: {json.dumps(name)}\n" for n, name in enumerate(source.names.values()))
    (out / "data.yaml").write_text(f"path: .\ntrain: images/train\nval: images/val\nnames:\n{names}")
    yield len(source), len(source)
    return f"{counts['train']} pictures to train on and {counts['val']} held-out ones are exported."


def _lines(labelled: LabelledFrame, index: dict[int, int]) -> list[str]:
    height, width = labelled.frame.color.shape[:2]
    lines = []
    for label, mask in zip(labelled.labels, labelled.masks, strict=True):
        outline = outline_of(mask)
        if len(outline) and label.class_id is not None:
            numbers = (outline / (width, height)).ravel()
            lines.append(f"{index[label.class_id]} {' '.join(f'{x:.6f}' for x in numbers)}\n")
    return lines


def outline_of(mask: npt.NDArray[np.bool_]) -> Points:
    """One closed outline (N, 2) of x, y in pixels around all parts of a mask (H, W); empty when a line or a dot is all there is."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    parts = sorted((part[:, 0] for part in found if len(part) >= 3), key=len, reverse=True)
    if not parts:
        return np.zeros((0, 2), np.int32)
    whole = parts[0]
    for part in parts[1:]:
        apart = np.abs(whole[:, None] - part[None]).sum(2)
        at, start = np.unravel_index(int(apart.argmin()), apart.shape)
        loop = np.concatenate([part[start:], part[: start + 1]])
        whole = np.concatenate([whole[: at + 1], loop, whole[at:]])
    return np.asarray(whole, np.int32)
