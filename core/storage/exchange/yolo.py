"""Labels for YOLO segmentation: `data.yaml`, `images/` and `labels/` by train and val, an outline a line.

Held-out frames are val. The format has one outline a thing: parts and holes are joined to it by cuts of no width, as converters from
COCO do; filled by the even-odd rule, it gives the mask back.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from core.storage.exchange.labelled import Labelled, LabelledFrame, Steps, counted
from core.storage.frames import png

Points = npt.NDArray[np.int32]


def write(source: Labelled, out: Path) -> Steps:
    """Write into the empty folder `out`; yields after every frame, returns what was written, in words."""
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
    return f"{counted(counts['train'], 'picture')} to train on, {counts['val']} held out"


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
    """One closed outline (N, 2) of x, y in pixels around all parts of a mask (H, W), in and out of its holes; empty for a line or a dot."""
    found, tree = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    loops = [loop[:, 0] for loop in found]
    outer = [loop[3] < 0 for loop in tree[0]] if tree is not None else []
    parts = sorted((loop for loop, out in zip(loops, outer, strict=True) if out and len(loop) >= 3), key=len, reverse=True)
    holes = [loop for loop, out in zip(loops, outer, strict=True) if not out]
    if not parts:
        return np.zeros((0, 2), np.int32)
    whole = parts[0]
    for loop in (*parts[1:], *holes):
        whole = _bridged(whole, loop)
    return np.asarray(whole, np.int32)


def _bridged(whole: Points, loop: Points) -> Points:
    """`loop` (M, 2) taken into the outline `whole` (N, 2) by a cut there and back where they are nearest."""
    apart = np.abs(whole[:, None] - loop[None]).sum(2)
    at, start = np.unravel_index(int(apart.argmin()), apart.shape)
    return np.concatenate([whole[: at + 1], loop[start:], loop[: start + 1], whole[at:]])
