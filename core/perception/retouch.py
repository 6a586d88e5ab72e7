"""What the tools do to a mask: brush and eraser that snap to edges, cuts by a stroke or by a click.

Called by the window's tools with the held frame. Pure functions of arrays on the colour grid.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Depth, Mask
from core.types import ColorImage

_BAND_PX = 6  # how far beyond a stroke an edge is looked for
_JUMP_M = 0.03
_LEAST_PX = 20
_LEAST_SHARE = 0.03
_ROUNDS = 8

Features = npt.NDArray[np.float64]


def stroke_mask(shape: tuple[int, int], points: npt.NDArray[np.floating], radius_px: float) -> Mask:
    """The pixels (H, W) = `shape` under a round brush that goes through `points` (N, 2) as (u, v)."""
    drawn = np.zeros(shape, np.uint8)
    path = np.rint(points).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(drawn, [path], False, 1, max(1, round(2 * radius_px)))
    for at in (path[0, 0], path[-1, 0]):
        cv2.circle(drawn, (int(at[0]), int(at[1])), max(0, round(radius_px)), 1, -1)
    return drawn > 0


def borders(mask: Mask) -> list[npt.NDArray[np.float64]]:
    """The closed borders of a mask (H, W), each (N, 2) as (u, v)."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [border[:, 0].astype(np.float64) for border in found if len(border) > 2]


def brushed(before: Mask, stroke: Mask, color: ColorImage, depth_m: Depth, *, erase: bool = False, snap: bool = True) -> Mask:
    """`before` with `stroke` added or erased (all (H, W)); with `snap` the new border goes to the nearest colour or depth edge.

    Pixels away from the stroke never change. GrabCut (Rother et al. 2004) in the band around the stroke, its middle being sure.
    """
    plain = before & ~stroke if erase else before | stroke
    if not snap or not stroke.any():
        return plain
    zone = cv2.dilate(stroke.view(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _BAND_PX + 1,) * 2)) > 0
    window = _around(zone, 3 * _BAND_PX)
    core = _core(stroke[window])
    seeds = _seeds(before[window], stroke[window], zone[window], core, _far(depth_m[window], core), erase)
    if not (np.isin(seeds, (cv2.GC_FGD, cv2.GC_PR_FGD)).any() and np.isin(seeds, (cv2.GC_BGD, cv2.GC_PR_BGD)).any()):
        return plain
    cv2.setRNGSeed(0)
    crop = np.ascontiguousarray(color[window])
    cv2.grabCut(crop, seeds, (0, 0, 1, 1), np.zeros((1, 65)), np.zeros((1, 65)), 2, cv2.GC_INIT_WITH_MASK)
    found = np.isin(seeds, (cv2.GC_FGD, cv2.GC_PR_FGD))
    out = before.copy()
    out[window] = np.where(zone[window], before[window] & found if erase else before[window] | found, before[window])
    return out if out.any() else plain


def cut_by_stroke(mask: Mask, stroke: Mask) -> list[Mask]:
    """The pieces (H, W), largest first, that a stroke cuts `mask` into; the stroke's own pixels go to the nearest piece.

    Empty when the stroke does not go all the way through.
    """
    rest = mask & ~stroke
    count, parts, stats, _ = cv2.connectedComponentsWithStats(rest.view(np.uint8), connectivity=4)
    least = max(_LEAST_PX, _LEAST_SHARE * int(np.count_nonzero(mask)))
    large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= least]
    if len(large) < 2:
        return []
    away = np.stack([cv2.distanceTransform((parts != i).astype(np.uint8), cv2.DIST_L2, 3) for i in large])
    nearest = away.argmin(0)
    pieces = [mask & (nearest == n) for n in range(len(large))]
    return sorted(pieces, key=lambda piece: -int(np.count_nonzero(piece)))


def cut_by_click(mask: Mask, color: ColorImage, depth_m: Depth, u: int, v: int) -> list[Mask]:
    """Two pieces (H, W), largest first: what belongs to pixel (u, v) of `mask`, and the rest; empty where no two can be told apart.

    Two Gaussians over place, depth and colour, fitted by expectation and maximisation (Dempster et al. 1977) from the click and the
    point farthest from it.
    """
    height, width = mask.shape
    if not (0 <= u < width and 0 <= v < height and mask[v, u]):
        return []
    rows, columns = np.nonzero(mask)
    far = int(np.argmax((rows - v) ** 2 + (columns - u) ** 2))
    x = _features(rows, columns, color, depth_m)
    sides = np.stack([(rows - v) ** 2 + (columns - u) ** 2, (rows - rows[far]) ** 2 + (columns - columns[far]) ** 2])
    belongs = (sides[0] < sides[1]).astype(np.float64)
    for _ in range(_ROUNDS):
        if not 0.02 < belongs.mean() < 0.98:
            return []
        chance = _log_chance(x, belongs) - _log_chance(x, 1 - belongs)
        belongs = 1 / (1 + np.exp(-np.clip(chance, -50, 50)))
    near = np.zeros(mask.shape, np.uint8)
    near[rows, columns] = belongs > 0.5
    near = cv2.medianBlur(near, 5)
    _, parts = cv2.connectedComponents(near, connectivity=4)
    piece = mask & (parts == parts[v, u]) & (near[v, u] > 0)
    pieces = [piece, mask & ~piece]
    if min(int(np.count_nonzero(p)) for p in pieces) < _LEAST_PX:
        return []
    return sorted(pieces, key=lambda p: -int(np.count_nonzero(p)))


def _around(mask: Mask, margin: int) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return np.s_[max(0, rows[0] - margin) : rows[-1] + 1 + margin, max(0, columns[0] - margin) : columns[-1] + 1 + margin]


def _core(stroke: Mask) -> Mask:
    """The middle of a stroke, half as wide."""
    inside = cv2.distanceTransform(np.pad(stroke, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return np.asarray(inside > 0.5 * inside.max())


def _far(depth_m: Depth, core: Mask) -> Mask:
    """Pixels that lie clearly before or behind what the stroke's middle covers."""
    known = depth_m[core & (depth_m > 0)]
    if not len(known):
        return np.zeros(depth_m.shape, bool)
    low, high = np.percentile(known, (5, 95))
    return (depth_m > 0) & ((depth_m < low - _JUMP_M) | (depth_m > high + _JUMP_M))


def _seeds(before: Mask, stroke: Mask, zone: Mask, core: Mask, far: Mask, erase: bool) -> npt.NDArray[np.uint8]:
    seeds = np.where(before, cv2.GC_FGD, cv2.GC_BGD).astype(np.uint8)
    if erase:
        seeds[zone & before] = cv2.GC_PR_FGD
        seeds[stroke & before] = cv2.GC_PR_BGD
        seeds[core] = cv2.GC_BGD
    else:
        seeds[zone & ~before] = cv2.GC_PR_BGD
        seeds[stroke & ~before] = cv2.GC_PR_FGD
        seeds[far & ~before] = cv2.GC_BGD
        seeds[core] = cv2.GC_FGD
    return seeds


def _features(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], color: ColorImage, depth_m: Depth) -> Features:
    """Place in pixels, depth in millimetres and colour of pixels (N,): (N, 6)."""
    window = np.s_[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    lab = cv2.cvtColor(cv2.blur(color[window], (3, 3)), cv2.COLOR_RGB2LAB)[rows - rows.min(), columns - columns.min()]
    z = depth_m[rows, columns] * 1000.0
    z = np.where(z > 0, z, np.median(z[z > 0]) if (z > 0).any() else 0.0)
    return np.column_stack([columns, rows, z, lab]).astype(np.float64)


def _log_chance(x: Features, weight: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log of the weighted Gaussian's density at x (N, D), but for a constant."""
    share = weight.sum()
    mean = (weight[:, None] * x).sum(0) / share
    off = x - mean
    spread = (weight[:, None] * off).T @ off / share + np.diag([1.0, 1.0, 4.0, 9.0, 4.0, 4.0])
    _, logdet = np.linalg.slogdet(spread)
    return np.asarray(np.log(share) - 0.5 * logdet - 0.5 * np.einsum("ij,ij->i", off @ np.linalg.inv(spread), off))
