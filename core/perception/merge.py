"""Joins fragments that belong to one thing: the inside and the outside of a bowl, slivers, surfaces that an artefact cut apart.

Called by `propose`. A fragment is described by a quadratic of inverse depth, which tells hollow from flat from bulging. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.geometry import Mask
from core.perception import evidence as evidences
from core.perception.segment import Evidence
from core.types import Array

Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Fragment:
    """One piece: area in pixels, heights (low, high) in metres, bulge (metres of sagitta; negative = hollow), image hull, mean depth."""

    area: int
    low: float
    high: float
    bulge: float
    span: float
    hull: npt.NDArray[np.int32]
    z: float


def join(
    labels: Labels,
    height: Image,
    depth_m: Image,
    crease: Image,
    focal: float,
    *,
    min_area: int,
    evidence: Evidence | None = None,
    inside: Sequence[tuple[int, int]] = (),
) -> Labels:
    """Labels (H, W) with the pieces of hollow things joined and slivers given to the neighbour they touch most.

    `evidence`: what a network says of the pieces; without it the smoothness of their borders decides. `inside`: (thing, container)
    that stay two whatever else is said: their depth runs smoothly into each other where the thing lies on the bottom.
    """
    count = int(labels.max()) + 1
    if count < 2:
        return labels
    fragments = describe(labels, height, depth_m, focal)
    touching, soft = contacts(labels, depth_m, crease, focal)
    apart = _apart(inside, count)
    if evidence is None:
        parent = np.arange(count)
        for a, b in np.argwhere((np.triu(touching, 1) > 0) & ~apart):
            if a and b and _belongs(fragments, int(a), int(b), touching, soft):
                parent[_root(parent, int(b))] = _root(parent, int(a))
    else:
        parent = evidences.joined(labels, evidence, touching, soft, _hollows(fragments, touching), apart).astype(np.int64)
    labels = _fill_hollows(labels, fragments, parent, apart)
    _feed_slivers(fragments, touching, soft, parent, min_area)
    return np.array([_root(parent, i) for i in range(count)], np.int32)[labels]


def _apart(pairs: Sequence[tuple[int, int]], count: int) -> Mask:
    """The pairs as a table (N, N), both ways."""
    apart = np.zeros((count, count), bool)
    for a, b in pairs:
        apart[a, b] = apart[b, a] = True
    return apart


def _root(parent: npt.NDArray[np.int64], i: int) -> int:
    while parent[i] != i:
        i = int(parent[i])
    return i


def describe(labels: Labels, height: Image, depth_m: Image, focal: float) -> dict[int, Fragment]:
    """Every label's `Fragment`."""
    at = np.flatnonzero(labels)
    flat = labels.ravel()[at]
    order = at[np.argsort(flat.astype(np.uint16), kind="stable")]
    edges = np.concatenate([[0, 0], np.cumsum(np.bincount(flat, minlength=int(labels.max()) + 1)[1:])])
    found = {}
    for i in range(1, int(labels.max()) + 1):
        pixels = order[edges[i] : edges[i + 1]]
        if len(pixels):
            found[i] = _fragment(pixels, labels.shape, height, depth_m, focal)
    return found


def _fragment(pixels: npt.NDArray[np.int64], shape: tuple[int, ...], height: Image, depth_m: Image, focal: float) -> Fragment:
    v, u = np.divmod(pixels, shape[1])
    z, h = depth_m.ravel()[pixels], height.ravel()[pixels]
    step = max(1, len(pixels) // 400)
    ranked = np.sort(h[::step])
    low, high = ranked[len(ranked) // 20], ranked[-1 - len(ranked) // 20]
    bulge, span = _bulge(u[::step], v[::step], z[::step], focal)
    turn = np.append(0, np.flatnonzero(v[1:] != v[:-1]) + 1)
    ends = np.concatenate([turn, np.append(turn[1:], len(v)) - 1])
    hull = cv2.convexHull(np.stack([u[ends], v[ends]], 1).astype(np.int32))
    return Fragment(len(pixels), float(low), float(high), bulge, span, hull, float(np.median(z)))


def _bulge(u: npt.NDArray[np.int64], v: npt.NDArray[np.int64], z: Image, focal: float) -> tuple[float, float]:
    """Sagitta over the piece's width in the image, metres, by a quadratic of 1/z (positive towards the camera), and that width."""
    good = z > 0
    if good.sum() < 12:
        return 0.0, 0.0
    x, y = u[good] - u[good].mean(), v[good] - v[good].mean()
    half = max(2.0, 1.7 * float(x.std()))
    tall = max(2.0, 1.7 * float(y.std()))
    A = np.stack([np.ones_like(x), x / half, y / tall, (x / half) ** 2, x * y / half / tall], 1)
    c = np.linalg.solve(A.T @ A + 1e-9 * np.eye(5), A.T @ (1 / z[good].astype(np.float64)))
    depth = float(np.median(z[good]))
    return float(-c[3] * depth**2), 2 * half * depth / focal


def contacts(labels: Labels, depth_m: Image, crease: Image, focal: float) -> tuple[Array, Array]:
    """Per pair of labels: length of the common border in pixels, and of its part without a step or a crease (N, N)."""
    n = int(labels.max()) + 1
    touching, soft = np.zeros((n, n)), np.zeros((n, n))
    few = labels.astype(np.uint16)
    thing = few > 0
    flat, z, creases, width = few.ravel(), depth_m.ravel(), crease.ravel(), labels.shape[1]
    for dv, du in ((0, 1), (1, 0), (0, 2), (2, 0)):
        here, there = np.s_[: labels.shape[0] - dv, : labels.shape[1] - du], np.s_[dv:, du:]
        apart = few[here] != few[there]
        apart &= thing[here]
        apart &= thing[there]
        v, u = np.divmod(np.flatnonzero(apart), apart.shape[1])
        one = v * width + u
        two = one + dv * width + du
        la, lb = flat[one], flat[two]
        za, zb = z[one], z[two]
        bend = np.maximum(creases[one], creases[two])
        smooth = (np.abs(za - zb) < za * 5 / focal * (dv + du) + 0.003) & (bend < 0.33) & (za > 0) & (zb > 0)
        pair = la.astype(np.int64) * n + lb
        for table, weight in ((touching, None), (soft, smooth)):
            counted = np.bincount(pair, weight, n * n).reshape(n, n)
            table += counted + counted.T
    return touching, soft


def _belongs(fragments: dict[int, Fragment], a: int, b: int, touching: Array, soft: Array) -> bool:
    if a not in fragments or b not in fragments:
        return False
    if touching[a, b] > 8 and soft[a, b] > 0.6 * touching[a, b]:
        return True
    one, two = fragments[a], fragments[b]
    return _hollow_of(one, two) or _hollow_of(two, one)


def _hollow_of(inside: Fragment, wall: Fragment) -> bool:
    """Whether `inside` is the hollow whose rim is `wall`'s: it curves away from the camera, and both end at about the same height."""
    hollow = is_hollow(inside)
    level = abs(inside.high - wall.high) < max(0.012, 0.2 * max(inside.high, wall.high))
    middle = wall.hull[:, 0].mean(0)
    within = cv2.pointPolygonTest(inside.hull, (float(middle[0]), float(middle[1])), False) > 0
    return hollow and level and not within and _overlap(inside.hull, wall.hull) > 0.3


def _hollows(fragments: dict[int, Fragment], touching: Array) -> Mask:
    """Which pairs of touching pieces are a hollow and its wall, (N, N)."""
    hollow = np.zeros(touching.shape, bool)
    for a, b in np.argwhere(touching > 0):
        if int(a) in fragments and int(b) in fragments and _hollow_of(fragments[int(a)], fragments[int(b)]):
            hollow[a, b] = hollow[b, a] = True
    return hollow


def is_hollow(piece: Fragment) -> bool:
    """Whether it curves away from the camera beyond the noise."""
    return piece.bulge < -max(0.003, 0.04 * piece.span)


def _fill_hollows(labels: Labels, fragments: dict[int, Fragment], parent: npt.NDArray[np.int64], apart: Mask) -> Labels:
    """Give a bowl its bottom: what lies within the outline of a hollow, is low and does not bulge (fruit does)."""
    for i, bowl in fragments.items():
        if not is_hollow(bowl) or bowl.area < 150:
            continue
        x, y, width, height = cv2.boundingRect(bowl.hull)
        inside = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(inside, bowl.hull - (x, y), 1)
        part = labels[y : y + height, x : x + width]
        within = np.bincount(part[inside > 0])
        for j in np.flatnonzero(within[1:]) + 1:
            piece = fragments[int(j)]
            share = within[j] / piece.area
            if j != i and not apart[i, j] and share > 0.85 and piece.bulge < 0.06 * piece.span and piece.high < max(0.02, 0.4 * bowl.high):
                parent[_root(parent, int(j))] = _root(parent, i)
        part[(inside > 0) & (part == 0)] = i
    return labels


def _overlap(a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> float:
    """Share of the narrower of two pieces that lies in the other's columns."""
    low = max(a[..., 0].min(), b[..., 0].min())
    high = min(a[..., 0].max(), b[..., 0].max())
    return float(max(0, high - low) / max(1, min(np.ptp(a[..., 0]), np.ptp(b[..., 0]))))


def _feed_slivers(fragments: dict[int, Fragment], touching: Array, soft: Array, parent: npt.NDArray[np.int64], min_area: int) -> None:
    total = np.zeros(len(parent))
    for i, piece in fragments.items():
        total[_root(parent, i)] += piece.area
    roots = np.array([_root(parent, j) for j in range(len(parent))])
    for i, piece in sorted(fragments.items(), key=lambda item: item[1].area):
        if total[_root(parent, i)] >= min_area:
            continue
        near = touching[i] + 2 * soft[i]
        near = near * (roots != _root(parent, i))
        if near.any():
            to = _root(parent, int(np.argmax(near)))
            total[to] += piece.area
            parent[_root(parent, i)] = to
            roots = np.array([_root(parent, j) for j in range(len(parent))])


def fill_holes(mask: Mask, fillable: Mask) -> Mask:
    """The mask with those enclosed holes filled that lie mostly in `fillable`."""
    outside = (~mask).astype(np.uint8)
    count, parts, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    if count <= 2:
        return mask
    border = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]]))
    closed = np.ones(count, bool)
    closed[border] = False
    closed[0] = False
    share = np.bincount(parts.ravel(), fillable.ravel(), count) / np.maximum(stats[:, cv2.CC_STAT_AREA], 1)
    return mask | (closed & (share > 0.5))[parts]
