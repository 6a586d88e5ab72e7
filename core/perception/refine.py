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


def snap(labels: Labels, color: ColorImage, *, inner: int, outer: int, keep: Mask, closed: Mask) -> Labels:
    """Labels (H, W) whose outlines follow the colour within `inner` px inwards and `outer` px outwards: marker watershed (Meyer 1992).

    `keep` (H, W): pixels that stay what they are. `closed`: pixels that no object may take (the arm, another surface).
    """
    if not labels.any():
        return labels
    core = np.where(_away_from_edges(labels, inner), labels, 0)
    lost = np.setdiff1d(np.unique(labels), np.unique(core))
    if len(lost):
        core = np.where(np.isin(labels, lost), labels, core)
    core = np.where(keep & (labels > 0), labels, core)
    reach = cv2.dilate((labels > 0).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * outer + 1, 2 * outer + 1))) > 0
    ground = int(labels.max()) + 1
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


def table_distance(color: ColorImage, table: Mask, *, window: int = 81) -> tuple[Image, Image]:
    """How unlike the table around it each pixel is: chroma and lightness distance in Lab over the table's own spread, f32 (H, W) each.

    The table's colour is a local mean over `window` pixels; where no table is near, over the whole table.
    """
    small = cv2.resize(color, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    weight = cv2.resize(table.astype(np.float32), (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    weight = (weight > 0.99).astype(np.float32)
    if weight.sum() < 50:
        nothing = np.zeros(table.shape, np.float32)
        return nothing, nothing
    mean = _local_mean(lab, weight, window)
    # A mark counts as table in depth: what is unlike the first mean is left out of the second, or the mean would smear round it.
    plain = weight * (np.hypot(*(lab - mean)[..., 1:].transpose(2, 0, 1)) < 8.0)
    if plain.sum() > 0.5 * weight.sum():
        mean = _local_mean(lab, plain, window)
    off = lab - mean
    chroma, light = np.hypot(off[..., 1], off[..., 2]), np.abs(off[..., 0])
    spread_c = 2.0 + np.float32(1.48) * np.median(chroma[weight > 0])
    spread_l = 4.0 + np.float32(1.48) * np.median(light[weight > 0])
    full = (table.shape[1], table.shape[0])
    return cv2.resize(chroma / spread_c, full), cv2.resize(light / spread_l, full)


def _local_mean(lab: Image, weight: Image, window: int) -> Image:
    mean_all = (lab * weight[..., None]).sum((0, 1)) / weight.sum()
    size = (window // 2 | 1, window // 2 | 1)
    near = cv2.boxFilter(weight, -1, size, normalize=True)
    local = cv2.boxFilter(lab * weight[..., None], -1, size, normalize=True)
    return (local + 0.02 * mean_all) / (near + 0.02)[..., None]


def colored_marks(chroma: Image, light: Image, table: Mask, taken: Mask, *, metre_px: Image, threshold: float = 5.0) -> Labels:
    """Things lying flat on the table that only their colour shows: labels (H, W) of compact regions unlike it, 1 cm2 to 400 cm2.

    `metre_px` (H, W): pixels a metre. A shadow changes lightness, not colour, so lightness alone does not count.
    """
    odd = (chroma > threshold) & (light < 25) & table & ~taken
    odd_u8 = cv2.morphologyEx(odd.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    odd_u8 = cv2.morphologyEx(odd_u8, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    count, parts, stats, centers = cv2.connectedComponentsWithStats(odd_u8, connectivity=8)
    keep = np.zeros(count, np.int32)
    near_taken = cv2.dilate(taken.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    for i in range(1, count):
        scale = metre_px[int(centers[i][1]), int(centers[i][0])]
        if _is_mark(parts == i, stats[i], float(scale), near_taken, table):
            keep[i] = keep.max() + 1
    return keep[parts]


def _is_mark(mask: Mask, stats: npt.NDArray[np.int32], metre_px: float, near_taken: Mask, table: Mask) -> bool:
    if metre_px <= 0 or stats[cv2.CC_STAT_AREA] < 40:
        return False
    area = stats[cv2.CC_STAT_AREA] / metre_px**2
    height, width = mask.shape
    at_border = stats[0] <= 1 or stats[1] <= 1 or stats[0] + stats[2] >= width - 1 or stats[1] + stats[3] >= height - 1
    if not 1e-4 < area < 0.04 or at_border or (mask & near_taken).sum() > 0.25 * stats[cv2.CC_STAT_AREA]:
        return False
    around = (cv2.dilate(mask.astype(np.uint8), np.ones((13, 13), np.uint8)) > 0) & ~mask
    if table[around].mean() < 0.93:
        return False
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.contourArea(cv2.convexHull(contours[0]))
    return stats[cv2.CC_STAT_AREA] > 0.6 * hull
