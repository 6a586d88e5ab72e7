"""Open containers as one thing: a closed high rim with something lower inside, seen from above whatever the camera's tilt.

Called by `propose` before fragments are merged: baskets, bowls, mugs and trays fall into many pieces by depth edges alone. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.perception import contents
from core.perception.evidence import THING
from core.perception.segment import GRID, Evidence
from core.types import Array, ColorImage

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Pairs = list[tuple[int, int]]

_CELL = 0.008
_BINS = 16
_BULGE = 1.12
_ENOUGH = 4000  # pixels of a group that decide; all are labelled


@dataclass(frozen=True)
class Seen:
    """Pixels over the table: flat index, footprint (N, 2) m, height m, label; all (N,) but the footprint."""

    index: npt.NDArray[np.int64]
    foot: npt.NDArray[np.float32]
    height: npt.NDArray[np.float32]
    label: Labels

    def without(self, pieces: npt.NDArray[np.integer]) -> Seen:
        """The same but for these labels."""
        kept = ~np.isin(self.label, pieces)
        return Seen(self.index[kept], self.foot[kept], self.height[kept], self.label[kept])


def join(
    labels: Labels,
    over: Mask,
    height: Image,
    across: Image,
    along: Image,
    color: ColorImage,
    *,
    evidence: Evidence | None = None,
    min_height_m: float = 0.02,
) -> tuple[Labels, Pairs]:
    """Labels (H, W) in which the pieces of each open container are one, and its bottom belongs to it.

    Also which pieces are things inside of which: (thing, container), not to be joined by what follows. `evidence`: the walls of a shelf
    or of a bin around everything, which a network takes for scenery, make no container.
    """
    index = np.flatnonzero(over & (labels > 0))
    inside: Pairs = []
    if len(index) < 200:
        return labels, inside
    foot = np.stack([across.ravel()[index], along.ravel()[index]], 1)
    seen = Seen(index, foot, height.ravel()[index], labels.ravel()[index])
    group = _groups(foot)
    labels = labels.copy()
    lab: npt.NDArray[np.uint8] = cv2.cvtColor(color, cv2.COLOR_RGB2LAB)
    for g in range(1, int(group.max()) + 1):
        here = np.flatnonzero(group == g)
        if len(here) < 200:
            continue
        box = _window(index[here], labels.shape[1])
        here = here[:: 1 + len(here) // _ENOUGH]
        part = Seen(index[here], foot[here], seen.height[here], seen.label[here])
        rim = _rim(part, min_height_m)
        if rim is None or _is_scenery(part, rim, labels.shape, evidence):
            continue
        if _is_open(rim, box, height, across, along, contents.distance(lab[box], _own_color(part, rim, lab))):
            part, rim = _apart(part, rim, min_height_m)
            mouth = _mouth(part, rim, labels.shape)
            target, others, own = _unite(labels, part, rim, mouth, lab, box)
            _give_bottom(labels, target, rim, mouth, box, height, across, along)
            seen_in = mouth.reshape(labels.shape)[box]
            radius = rim.relative(across[box], along[box])
            first = int(labels.max()) + 1  # of the whole picture, not of the window
            others += contents.cut_out(labels[box], lab[box], height[box], radius, seen_in, target, own, others, first)
            inside += [(other, target) for other in others] + contents.unlike_pairs(labels[box], lab[box], others)
    return labels, inside


def _groups(foot: npt.NDArray[np.float32]) -> Labels:
    """Which of the points (N, 2) stand together on the table: 1..n, split at gaps of a few cells."""
    low = foot.min(0)
    cell = np.minimum(((foot - low) / _CELL).astype(np.int32), 800)
    grid = np.zeros(cell.max(0)[::-1] + 1, np.uint8)
    grid[cell[:, 1], cell[:, 0]] = 1
    grid = cv2.dilate(grid, np.ones((3, 3), np.uint8))
    _, parts = cv2.connectedComponents(grid, connectivity=8)
    return parts[cell[:, 1], cell[:, 0]]


@dataclass(frozen=True)
class Rim:
    """A closed high rim: its middle (2,) m on the table, its distance from there in each sector m, its top height m."""

    middle: npt.NDArray[np.float32]
    reach: npt.NDArray[np.float32]
    top: float

    def relative(self, across: Image, along: Image) -> Image:
        """How far points lie from the middle, 1 at the rim."""
        x, y = across - self.middle[0], along - self.middle[1]
        return np.hypot(x, y) / self.reach[_sector(x, y)]


def _sector(x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """Which of `_BINS` equal parts of the way around a middle offsets from it lie in."""
    return ((np.arctan2(y, x) / (2 * np.pi) + 0.5) * _BINS).astype(np.int64) % _BINS


def _is_high(height: Image, top: float) -> Mask:
    """Whether heights (m) are a rim's whose top is at `top`."""
    return height > top - max(0.2 * top, 0.008)


def _rim(part: Seen, min_height_m: float) -> Rim | None:
    """The rim of these points; None when they are no open container."""
    ranked = np.sort(part.height[::3])
    top = float(ranked[int(0.97 * (len(ranked) - 1))])
    high = _is_high(part.height, top)
    if top < min_height_m or high.sum() < 40:
        return None
    edge = part.foot[high]
    (x, y), _ = cv2.minEnclosingCircle(cv2.convexHull(np.ascontiguousarray(edge[:: max(1, len(edge) // 500)], np.float32)))
    off = edge - np.array([x, y], np.float32)
    sector = _sector(off[:, 0], off[:, 1])
    distance = np.hypot(off[:, 0], off[:, 1])
    reach = np.array([_upper(distance[sector == b]) for b in range(_BINS)], np.float32)
    if (reach > 0).sum() < _BINS - 2 or reach[reach > 0].min() < 0.4 * reach.max() or not 0.02 < reach.max() < 0.22:
        return None
    reach[reach == 0] = np.median(reach[reach > 0])
    return Rim(np.array([x, y], np.float32), reach, top)


def _apart(part: Seen, rim: Rim, min_height_m: float) -> tuple[Seen, Rim]:
    """The container without what only stands close to it and bulges its rim, where that is round: most of such a piece lies outside."""
    circle = _circle(part.foot[_is_high(part.height, rim.top)]) if rim.reach.max() > _BULGE * np.median(rim.reach) else None
    if circle is None:
        return part, rim
    outside = np.hypot(*(part.foot - circle[:2]).T) > _BULGE * circle[2]
    counts = np.bincount(part.label)
    alone = part.without(np.flatnonzero(np.bincount(part.label, outside, len(counts)) > 0.5 * np.maximum(counts, 1)))
    true = _rim(alone, min_height_m) if len(alone.index) >= 200 else None
    return (part, rim) if true is None else (alone, true)


def _circle(high: npt.NDArray[np.float32], tries: int = 80) -> npt.NDArray[np.float64] | None:
    """The circle (x, y, radius) that passes nearly all around through high points (N, 2), many of them in or on it; None without one.

    RANSAC (Fischler and Bolles, 1981) with three points a try, drawn the same way every time.
    """
    edge = np.unique(np.round(high / _CELL), axis=0).astype(np.float64) * _CELL  # a flat top has many more points than a rim
    circles = _through(edge[np.random.default_rng(0).integers(0, len(edge), (tries, 3))])
    circles = circles[(circles[:, 2] > 0.02) & (circles[:, 2] < 0.22)]
    off = edge - circles[:, None, :2]
    away = np.hypot(off[..., 0], off[..., 1]) - circles[:, 2:]
    on = np.abs(away) < _CELL
    sector = _sector(off[..., 0], off[..., 1])
    around = np.sum([(on & (sector == b)).any(1) for b in range(_BINS)], axis=0)
    good = (around > _BINS - 3) & ((away < _CELL).mean(1) > 0.4)
    return circles[np.argmax(good * (around * len(edge) + on.sum(1)))] if good.any() else None


def _through(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The circles (N, 3), x, y and radius, through three points each (N, 3, 2); those through points on one line are left out."""
    a, b = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    cross = 2 * (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0])
    a, b, first, cross = (v[np.abs(cross) > 1e-6] for v in (a, b, points[:, 0], cross))
    aa, bb = (a * a).sum(1), (b * b).sum(1)
    x, y = (b[:, 1] * aa - a[:, 1] * bb) / cross, (a[:, 0] * bb - b[:, 0] * aa) / cross
    return np.stack([first[:, 0] + x, first[:, 1] + y, np.hypot(x, y)], 1)


def _is_open(rim: Rim, box: tuple[slice, slice], height: Image, across: Image, along: Image, unlike: Array) -> bool:
    """Whether what is seen in the middle, bottom and all, is clearly lower than the rim; or what has the rim's colour there, in a full one.

    unlike (H, W) of the window `box`: distance from the rim's colour.
    """
    step = 2 if (box[0].stop - box[0].start) * (box[1].stop - box[1].start) > 4 * _ENOUGH else 1
    unlike = unlike[::step, ::step]
    box = (slice(box[0].start, box[0].stop, step), slice(box[1].start, box[1].stop, step))
    middle = (rim.relative(across[box], along[box]) < 0.6) & (height[box] != 0)
    return _is_low(height[box][middle], rim.top) or _is_low(height[box][middle & (unlike < contents.UNLIKE)], rim.top)


def _is_low(height: Image, top: float) -> bool:
    return len(height) >= 30 and _is_high(height, top).sum() < 0.3 * len(height) and float(np.median(height)) < 0.7 * top


def _own_color(part: Seen, rim: Rim, lab: npt.NDArray[np.uint8]) -> Array:
    """The median colour (3,) of what stands where the rim is."""
    wall = _is_wall(rim.relative(part.foot[:, 0], part.foot[:, 1]))
    return np.asarray(np.median(lab.reshape(-1, 3)[part.index[wall]], axis=0)) if wall.any() else np.zeros(3)


def _is_wall(radius: Image) -> Mask:
    """Which points stand about where the rim is, by their distance from the middle, 1 at the rim."""
    return (radius > 0.75) & (radius < 1.15)


def _is_scenery(part: Seen, rim: Rim, shape: tuple[int, ...], evidence: Evidence | None) -> bool:
    """Whether the network takes the piece that has most of the rim for no thing."""
    radius = rim.relative(part.foot[:, 0], part.foot[:, 1])
    wall = part.label[_is_wall(radius)]
    if evidence is None or not len(wall):
        return False
    v, u = np.divmod(part.index[part.label == np.bincount(wall).argmax()], shape[1])
    return float(evidence.thing[v // GRID, u // GRID].mean()) < THING


def _upper(values: npt.NDArray[np.float32]) -> float:
    return float(np.sort(values)[int(0.9 * (len(values) - 1))]) if len(values) >= 3 else 0.0


def _window(index: npt.NDArray[np.int64], width: int) -> tuple[slice, slice]:
    v, u = np.divmod(index, width)
    return slice(int(v.min()), int(v.max()) + 1), slice(int(u.min()), int(u.max()) + 1)


def _mouth(part: Seen, rim: Rim, shape: tuple[int, ...]) -> Mask:
    """What the rim encloses in the picture, filled, flat (H * W,)."""
    radius = rim.relative(part.foot[:, 0], part.foot[:, 1])
    return _outline(part.index[_is_wall(radius) & (part.height > 0.75 * rim.top)], shape)


def _unite(
    labels: Labels, part: Seen, rim: Rim, mouth: Mask, lab: npt.NDArray[np.uint8], box: tuple[slice, slice]
) -> tuple[int, list[int], Array]:
    """Give the container's pieces one label, in place; that label, 0 when there is no wall, those of the things inside, and its colour."""
    radius = rim.relative(part.foot[:, 0], part.foot[:, 1])
    colors = lab.reshape(-1, 3)[part.index]
    wall = _is_wall(radius)
    if not wall.any():
        return 0, [], np.zeros(3)
    own = np.median(colors[wall], axis=0)
    target = int(np.bincount(part.label[wall]).argmax())
    count = int(labels.max()) + 1
    mine = np.zeros(count, bool)
    others = []
    for p in np.flatnonzero(np.bincount(part.label)).tolist():
        if p != target and _is_other(part, p, mouth, radius, colors, own):
            others.append(p)
        else:
            mine[p] = np.median(radius[part.label == p]) < 1.25
    labels[box][mine[labels[box]]] = target
    return target, others, own


def _outline(index: npt.NDArray[np.int64], shape: tuple[int, ...]) -> Mask:
    """The convex outline of pixels, filled, flat (H * W,)."""
    v, u = np.divmod(index, shape[1])
    filled = np.zeros(shape, np.uint8)
    if len(index) > 2:
        cv2.fillConvexPoly(filled, cv2.convexHull(np.stack([u, v], 1).astype(np.int32)), 1)
    return filled.ravel() > 0


def _is_other(part: Seen, piece: int, mouth: Mask, radius: Image, colors: npt.NDArray[np.uint8], own: npt.NDArray[np.float64]) -> bool:
    """Whether a piece is a thing of its own in the container: seen through its mouth, inside its rim, of another colour."""
    mine = part.label == piece
    if mine.sum() < 60 or np.median(radius[mine]) > 0.85 or mouth[part.index[mine]].mean() < 0.7:
        return False
    return float(contents.distance(np.median(colors[mine], axis=0), own)) > contents.UNLIKE


def _give_bottom(
    labels: Labels, target: int, rim: Rim, mouth: Mask, box: tuple[slice, slice], height: Image, across: Image, along: Image
) -> None:
    """What is as low as the table but seen through the mouth, within the rim, is the container's bottom, in place."""
    low = (labels[box] == 0) & (np.abs(height[box]) < 0.5 * rim.top) & (height[box] != 0) & mouth.reshape(labels.shape)[box]
    labels[box][low & (rim.relative(across[box], along[box]) < 0.85)] = target
