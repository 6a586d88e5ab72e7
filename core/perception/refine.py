"""Outlines and low things from colour: snaps depth outlines to colour edges, finds what is too low for depth to show.

Called by `propose` and by `identify.grow`. Pure functions of arrays on one grid.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.types import ColorImage

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]

_PLAIN_LAB = 8.0
_MOST_MARKS = 8  # more are the table's own pattern
_ODD_CHROMA, _ODD_LIGHT = 2.5, 4.0  # of the table's own spread
_LOW_M2, _LEAST_PX = (5e-4, 0.02), 25  # a pen's 5 cm2 to 200; smaller ones were corners of things on real frames
_RISE_M = 0.003


def snap(labels: Labels, color: ColorImage, *, inner: int, outer: int, keep: Mask, closed: Mask) -> Labels:
    """Labels (H, W) whose outlines follow the colour within `inner` px inwards and `outer` px outwards: marker watershed (Meyer 1992).

    `keep` (H, W): pixels that stay what they are. `closed`: pixels that no object may take (the arm, another surface).
    """
    if not labels.any():
        return labels
    core = np.where(_away_from_edges(labels, inner), labels, 0)
    count = int(labels.max()) + 1
    lost = (np.bincount(labels.ravel(), minlength=count) > 0) & (np.bincount(core.ravel(), minlength=count) == 0)
    if lost.any():
        core = np.where(lost[labels], labels, core)
    core = np.where(keep & (labels > 0), labels, core)
    reach = cv2.dilate((labels > 0).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * outer + 1, 2 * outer + 1))) > 0
    ground = count
    markers = core.astype(np.int32)
    markers[~reach | closed] = ground
    cv2.watershed(cv2.GaussianBlur(color, (3, 3), 0), markers)
    return _close_lines(markers, ground)


def _away_from_edges(labels: Labels, distance: int) -> Mask:
    small = labels.astype(np.float32)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * distance + 1, 2 * distance + 1))
    return cv2.erode(small, kernel) == cv2.dilate(small, kernel)


def _close_lines(markers: Labels, ground: int) -> Labels:
    """Watershed lines (-1) go to the object beside them."""
    found = np.where((markers == ground) | (markers < 0), 0, markers).astype(np.int32)
    grown = cv2.dilate(found.astype(np.float32), np.ones((3, 3), np.uint8)).astype(np.int32)
    return np.where(markers < 0, grown, found)


class TableColor:
    """How unlike the table around it each pixel of a picture is, at half resolution.

    `chroma`, `light` f32 (H/2, W/2): distance in Lab over the table's own spread. The table's colour is a local mean over `window`
    pixels; where no table is near, over the whole table.
    """

    def __init__(self, color: ColorImage, table: Mask, *, window: int = 81) -> None:
        self._shape = table.shape
        size = (max(1, round(color.shape[1] / 2)), max(1, round(color.shape[0] / 2)))
        small = cv2.resize(color, size, interpolation=cv2.INTER_AREA)
        lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB)
        sure = cv2.erode(table.astype(np.uint8), np.ones((2, 2), np.uint8))
        weight = cv2.resize(sure, size, interpolation=cv2.INTER_NEAREST)
        if int(weight.sum()) < 50:
            self.chroma = self.light = np.zeros(small.shape[:2], np.float32)
            return
        mean = _local_mean(lab, weight, window // 2)
        # Depth takes a mark for table: what is unlike the first mean is left out of the second, or the mark would smear into a halo.
        off = cv2.absdiff(lab.astype(np.float32), mean)
        plain = weight * (cv2.magnitude(off[..., 1], off[..., 2]) < _PLAIN_LAB).astype(np.uint8)
        if int(plain.sum()) > 0.5 * int(weight.sum()):
            off = cv2.absdiff(lab.astype(np.float32), _local_mean(lab, plain, window // 2))
        self.chroma, self.light = cv2.magnitude(off[..., 1], off[..., 2]), np.ascontiguousarray(off[..., 0])
        on = weight[::2, ::2] > 0
        self.chroma *= 1 / (2.0 + np.float32(1.48) * np.median(self.chroma[::2, ::2][on]))
        self.light *= 1 / (4.0 + np.float32(1.48) * np.median(self.light[::2, ::2][on]))

    def near(self, window: tuple[slice, slice], chroma: float = 2.0, light: float = 2.5) -> Mask:
        """Pixels of a window of the picture that are unlike the table."""
        rows, columns = (slice(s.start // 2, (min(s.stop, n) + 1) // 2) for s, n in zip(window, self._shape, strict=True))
        odd = ((self.chroma[rows, columns] > chroma) | (self.light[rows, columns] > light)).astype(np.uint8)
        shift = (window[0].start % 2, window[1].start % 2)
        height, width = (min(s.stop, n) - s.start for s, n in zip(window, self._shape, strict=True))
        twice = cv2.resize(odd, (2 * odd.shape[1], 2 * odd.shape[0]), interpolation=cv2.INTER_NEAREST)
        out = np.zeros((height, width), bool)
        part = twice[shift[0] : shift[0] + height, shift[1] : shift[1] + width]
        out[: part.shape[0], : part.shape[1]] = part > 0
        return out


def _local_mean(lab: npt.NDArray[np.uint8], weight: npt.NDArray[np.uint8], window: int) -> Image:
    """The table's mean Lab around each pixel, f32 (H, W, 3), smooth enough to be made at a quarter of the resolution."""
    step = 4
    few = weight[::step, ::step].astype(np.float32)
    colors = lab[::step, ::step].astype(np.float32) * few[..., None]
    whole = colors.sum((0, 1)) / max(1.0, float(few.sum()))
    size = (window // step | 1, window // step | 1)
    near, local = cv2.boxFilter(few, -1, size), cv2.boxFilter(colors, -1, size)
    mean = (local + 0.02 * whole) / (near + 0.02)[..., None]
    return cv2.resize(mean.astype(np.float32), (lab.shape[1], lab.shape[0]))


def add_marks(labels: Labels, unlike: TableColor, table: Mask, depth_m: Image, focal: float, *, threshold: float = 5.0) -> None:
    """Add, in place, things lying flat on the table that only their colour shows: compact regions unlike it, 1 cm2 to 400 cm2.

    Where there are many, they are the table's pattern and none is added.
    A shadow changes lightness, not colour, so lightness alone does not count; a table's own edge is only faintly unlike it.
    labels, table, depth_m (H, W).
    """
    size = (unlike.chroma.shape[1], unlike.chroma.shape[0])
    flat = cv2.resize((table & (labels == 0)).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    odd = ((unlike.chroma > threshold) & (unlike.light < 25)).astype(np.uint8) & flat
    if not odd.any():
        return
    odd = cv2.morphologyEx(odd, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))  # an even kernel would shift the outline
    odd = cv2.morphologyEx(odd, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, parts, stats, centers = cv2.connectedComponentsWithStats(odd, connectivity=8)
    near_taken = cv2.dilate(cv2.resize((labels > 0).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), np.ones((5, 5), np.uint8))
    on_table = cv2.resize(table.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    chroma = np.bincount(parts.ravel(), unlike.chroma.ravel(), count) / np.maximum(1, stats[:, cv2.CC_STAT_AREA])
    marks = []
    for i in np.flatnonzero(chroma > 1.5 * threshold):
        z = depth_m[int(2 * centers[i][1]), int(2 * centers[i][0])]
        if i and z > 0 and _is_mark(parts, int(i), stats[i], focal / 2 / float(z), near_taken, on_table):
            marks.append(int(i))
    for mark in marks if len(marks) <= _MOST_MARKS else ():
        _enlarge(labels, parts, mark, stats[mark])


def add_low(labels: Labels, unlike: TableColor, table: Mask, depth_m: Image, height: Image, focal: float) -> None:
    """Add, in place, low things that depth nearly takes for the table: unlike it in colour or light, and a little higher than around them.

    A pen lies 5 mm over a table whose depth is as rough; it is told by the middle of its heights over that of a ring around it. A shadow
    has no height. labels, table, depth_m and height (H, W), metres.
    """
    size = (unlike.chroma.shape[1], unlike.chroma.shape[0])
    free = cv2.resize(((labels == 0) & (height != 0)).view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    odd = ((unlike.chroma > _ODD_CHROMA) | (unlike.light > _ODD_LIGHT)).view(np.uint8) & free
    if not odd.any():
        return
    odd = cv2.morphologyEx(cv2.morphologyEx(odd, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, parts, stats, centers = cv2.connectedComponentsWithStats(odd, connectivity=8)
    few_height = cv2.resize(height, size, interpolation=cv2.INTER_NEAREST)
    few_table = cv2.resize(table.view(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    found = []
    for i in np.flatnonzero(stats[:, cv2.CC_STAT_AREA] >= _LEAST_PX).tolist():
        z = float(depth_m[int(2 * centers[i][1]), int(2 * centers[i][0])])
        area = stats[i, cv2.CC_STAT_AREA] * (2 * z / focal) ** 2
        if i and _LOW_M2[0] < area < _LOW_M2[1] and _is_low(parts, i, stats[i], few_height, few_table):
            found.append(i)
    for i in found if len(found) <= _MOST_MARKS else ():
        _enlarge(labels, parts, i, stats[i])


def _is_low(parts: Labels, i: int, stats: npt.NDArray[np.int32], height: Image, table: npt.NDArray[np.uint8]) -> bool:
    """Whether a part is compact, lies with table nearly all around it, and higher than that."""
    x, y, w, h, pixels = (int(n) for n in stats)
    rows, columns = parts.shape
    if x <= 1 or y <= 1 or x + w >= columns - 1 or y + h >= rows - 1:
        return False
    window = np.s_[max(0, y - 6) : y + h + 6, max(0, x - 6) : x + w + 6]
    mask = (parts[window] == i).view(np.uint8)
    around = (cv2.dilate(mask, np.ones((13, 13), np.uint8)) & ~cv2.dilate(mask, np.ones((5, 5), np.uint8))) > 0
    level = height[window][around & (table[window] > 0)]
    if len(level) < 0.6 * np.count_nonzero(around):
        return False
    middle = float(np.median(level))
    rise = float(np.median(height[window][mask > 0])) - middle
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(max(contours, key=len)))
    return pixels > 0.6 * hull and rise > max(_RISE_M, 1.25 * 1.48 * float(np.median(np.abs(level - middle))))


def _enlarge(labels: Labels, parts: Labels, i: int, stats: npt.NDArray[np.int32]) -> None:
    x, y, width, height = stats[:4]
    mask = np.pad((parts[y : y + height, x : x + width] == i).astype(np.float32), 1)
    big = cv2.resize(mask, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)[2:-2, 2:-2] >= 0.5
    at = labels[2 * y : 2 * (y + height), 2 * x : 2 * (x + width)]
    big = big[: at.shape[0], : at.shape[1]]
    at[big & (at == 0)] = int(labels.max()) + 1


def _is_mark(
    parts: Labels, i: int, stats: npt.NDArray[np.int32], metre_px: float, taken: npt.NDArray[np.uint8], table: npt.NDArray[np.uint8]
) -> bool:
    x, y, w, h, pixels = (int(n) for n in stats)
    area = pixels / metre_px**2
    rows, columns = parts.shape
    at_border = x <= 1 or y <= 1 or x + w >= columns - 1 or y + h >= rows - 1
    if pixels < 10 or not 1e-4 < area < 0.04 or at_border:
        return False
    window = np.s_[max(0, y - 3) : y + h + 3, max(0, x - 3) : x + w + 3]
    mask = (parts[window] == i).astype(np.uint8)
    if (mask & taken[window]).sum() > 0.25 * pixels:
        return False
    around = (cv2.dilate(mask, np.ones((7, 7), np.uint8)) & ~mask) > 0
    if table[window][around].mean() < 0.93:
        return False
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(max(contours, key=len)))
    return pixels > 0.6 * hull
