"""A small picture from above of what was shown, found again without knowing where one thing ends and the next begins.

Masked squared differences of colour and height over all turns, as the template baseline of `../shared/research/few-shot.md`; the picture
from above is made from one view, so what the camera does not see is left out of the comparison. Pure functions of arrays.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from core import geometry, registration
from core.geometry import Mask
from core.types import Array, CameraInfo, Data, Detection, Frame

CELL_M = 0.005
_LOW, _HIGH = np.array([0.12, -0.45]), np.array([0.72, 0.45])
_TURNS = 24
_RING = 3  # cells of table around the thing: its outline counts
_LEAST_SEEN = 0.6
_STANDS_M, _LEAST_CELLS = 0.006, 12
_MOST_PLACES = 5
# Red and green share, brightness, height: differences of this size are as likely noise as not.
_NOISE = np.array([0.04, 0.04, 0.15, 0.012])

Picture = npt.NDArray[np.float32]


class Template(Data, frozen=True, kw_only=True):
    """`values` f32 (N, N, 4): red share, green share, brightness (0..1), height (m) by cell; `weight` f32 (N, N): 1 where compared."""

    name: str | None
    values: Picture
    weight: Picture


class Match(Data, frozen=True, kw_only=True):
    """Where a template fits best: `p_base` (2,), and how unlike the place is; about 1 where the noise alone explains the difference."""

    p_base: Array
    apart: float


def from_above(frame: Frame, camera: CameraInfo, T_base_camera: Array) -> tuple[Picture, Picture]:
    """The table from above: values f32 (H, W, 4) and seen f32 (H, W), rows along x, columns along y of base, `CELL_M` a cell."""
    depth_m = registration.register_depth(frame.depth, camera)
    points = geometry.transform(T_base_camera, geometry.deproject(depth_m, camera.color))
    at = np.floor((points[..., :2] - _LOW) / CELL_M).astype(int)
    shape = np.ceil((_HIGH - _LOW) / CELL_M).astype(int)
    good = (depth_m > 0) & (at >= 0).all(axis=2) & (at < shape).all(axis=2) & (points[..., 2] > -0.03) & (points[..., 2] < 0.35)
    height, color, cells = points[..., 2][good], frame.color[good].astype(np.float32), at[good]
    order = np.argsort(height, kind="stable")  # the highest point of a cell is written last
    total = np.maximum(color.sum(axis=1), 1.0)
    rows = np.stack([color[:, 0] / total, color[:, 1] / total, color.mean(axis=1) / 255, height], axis=1)
    values = np.zeros((*shape, 4), np.float32)
    seen = np.zeros(shape, np.float32)
    where = tuple(cells[order].T)
    values[where], seen[where] = rows[order], 1.0
    return _closed(values, seen)


def cut(frame: Frame, camera: CameraInfo, T_base_camera: Array, item: Detection) -> Template | None:
    """The template of a thing that was seen in `frame`; None when too little of it is, or it lies at the rim of what is looked at."""
    values, seen = from_above(frame, camera, T_base_camera)
    radius = int(np.ceil(float(np.linalg.norm(item.box.size[:2])) / 2 / CELL_M)) + _RING
    row, column = _cell(item.box.center[:2])
    if row - radius < 0 or column - radius < 0 or row + radius >= len(seen) or column + radius >= seen.shape[1]:
        return None
    window = np.s_[row - radius : row + radius + 1, column - radius : column + radius + 1]
    stands = (values[window][..., 3] > _STANDS_M).astype(np.uint8) * (seen[window] > 0).astype(np.uint8)
    _, parts = cv2.connectedComponents(stands)
    own = (parts == parts[radius, radius]) & (stands > 0)
    if own.sum() < _LEAST_CELLS:
        return None
    near = cv2.dilate(own.astype(np.uint8), np.ones((2 * _RING - 1, 2 * _RING - 1), np.uint8)) > 0
    weight = (near & (own | (stands == 0)) & (seen[window] > 0)).astype(np.float32)
    return Template(name=item.name, values=values[window].copy(), weight=weight)


def find(templates: Sequence[Template], values: Picture, seen: Picture) -> Array:
    """How unlike every place is to the most similar template in its best turn: (H, W), infinite where too little is seen."""
    best = np.full(seen.shape, np.inf)
    scaled = np.asarray(values / _NOISE * seen[..., None], np.float32)
    squares = np.asarray((scaled**2).sum(axis=2), np.float32)
    for template in templates:
        for turn in np.arange(_TURNS) * 360.0 / _TURNS:
            best = np.minimum(best, _apart(*_turned(template, float(turn)), scaled, squares, seen))
    return best


def find_at(templates: Sequence[Template], values: Picture, seen: Picture, centres: Mask) -> Array:
    """As `find`, looked for only where `centres` (H, W) says, and infinite elsewhere: the whole table takes seconds, a place some 30 ms."""
    best = np.full(seen.shape, np.inf)
    reach = max((len(t.weight) // 2 for t in templates), default=0) + 1
    count, parts, stats, _ = cv2.connectedComponentsWithStats(centres.astype(np.uint8))
    for part in sorted(range(1, count), key=lambda i: -stats[i, cv2.CC_STAT_AREA])[:_MOST_PLACES]:
        left, top, width, height = stats[part, :4]
        rows, columns = slice(max(0, top - reach), top + height + reach), slice(max(0, left - reach), left + width + reach)
        here = find(templates, values[rows, columns], seen[rows, columns])
        best[rows, columns] = np.minimum(best[rows, columns], np.where(parts[rows, columns] == part, here, np.inf))
    return best


def standing(frame: Frame, camera: CameraInfo, T_base_camera: Array, free: Mask) -> Mask:
    """Cells (H, W) on which something stands that is seen in `free` pixels (of the colour grid), specks aside."""
    depth_m = registration.register_depth(frame.depth, camera)
    points = geometry.transform(T_base_camera, geometry.deproject(depth_m, camera.color))
    at = np.floor((points[..., :2] - _LOW) / CELL_M).astype(int)
    shape = np.ceil((_HIGH - _LOW) / CELL_M).astype(int)
    good = free & (depth_m > 0) & (at >= 0).all(axis=2) & (at < shape).all(axis=2)
    good &= (points[..., 2] > _STANDS_M) & (points[..., 2] < 0.35)
    cells = np.zeros(shape, np.uint8)
    cells[tuple(at[good].T)] = 1
    count, parts, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(cells, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
    large = stats[:, cv2.CC_STAT_AREA] >= _LEAST_CELLS
    large[0] = False
    return np.asarray(large[parts], bool)


def disc(p_base: Array, within_m: float) -> Mask:
    """Cells (H, W) within a distance of a point (2,) in base."""
    rows, columns = np.ceil((_HIGH - _LOW) / CELL_M).astype(int)
    row, column = _cell(p_base)
    away = np.hypot(np.arange(rows)[:, None] - row, np.arange(columns)[None] - column)
    return np.asarray(away <= max(1, round(within_m / CELL_M)), bool)


def best_match(apart: Array) -> Match:
    """The place that is most like the templates."""
    row, column = np.unravel_index(int(np.argmin(apart)), apart.shape)
    return Match(p_base=_LOW + (np.array([row, column]) + 0.5) * CELL_M, apart=float(apart[row, column]))


def at_place(apart: Array, p_base: Array, within_m: float) -> float:
    """The best value of `find` within a distance of a point (2,) in base."""
    row, column = _cell(p_base)
    reach = max(1, round(within_m / CELL_M))
    part = apart[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    return float(part.min()) if part.size else float("inf")


def _apart(values: Picture, weight: Picture, scaled: Picture, squares: Picture, seen: Picture) -> Array:
    own = np.asarray(values / _NOISE, np.float32)
    total = _correlate(seen, (own**2).sum(axis=2) * weight) + _correlate(squares, weight)
    for c in range(own.shape[2]):
        total -= 2 * _correlate(np.ascontiguousarray(scaled[..., c]), own[..., c] * weight)
    count = _correlate(seen, weight)
    enough = count > _LEAST_SEEN * weight.sum()
    return np.where(enough, np.maximum(total, 0) / np.maximum(count, 1) / own.shape[2], np.inf)


def _correlate(picture: Picture, kernel: Picture) -> Picture:
    return np.asarray(cv2.filter2D(picture, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT), np.float32)


def _turned(template: Template, degrees: float) -> tuple[Picture, Picture]:
    side = len(template.weight)
    M = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), degrees, 1.0)
    values = cv2.warpAffine(template.values, M, (side, side), flags=cv2.INTER_NEAREST)
    weight = cv2.warpAffine(template.weight, M, (side, side), flags=cv2.INTER_NEAREST)
    return np.asarray(values, np.float32), np.asarray(weight, np.float32)


def _closed(values: Picture, seen: Picture) -> tuple[Picture, Picture]:
    """Single empty cells take the mean of their neighbours: pixels lie sparser on the table than cells do, far from the camera."""
    kernel = np.ones((3, 3), np.float32)
    count = _correlate(seen, kernel)
    fill = (seen == 0) & (count >= 3)
    mean = np.stack([_correlate(np.ascontiguousarray(values[..., c]), kernel) for c in range(values.shape[2])], axis=2)
    values[fill] = mean[fill] / count[fill][:, None]
    return values, np.maximum(seen, fill.astype(np.float32))


def _cell(p_base: Array) -> tuple[int, int]:
    row, column = np.floor((np.asarray(p_base)[:2] - _LOW) / CELL_M).astype(int)
    return int(row), int(column)
