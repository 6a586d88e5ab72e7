"""What a depth camera makes of true depth: noise that grows with z squared, steps, ragged and bleeding edges, shadows, holes, smoothing.

The kinds of fault of active stereo (RealSense), structured light (Kinect, PrimeSense) and time of flight, each drawn at random for a
scene, so that no single camera is learnt. Pure functions of arrays.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int32]


def measured(depth_m: Image, ids: Ids, focal: float, rng: np.random.Generator) -> Image:
    """Depth f32 (H, W) as a camera would report it, 0 = none. ids (H, W): surfaces that may fail as a whole (dark, shiny)."""
    z = _ragged(depth_m, rng)
    seen = z > 0
    seen &= ~_shadow(z, focal, rng)
    if rng.random() < 0.35:
        z = _bled(z, rng)
    z = _noisy(z, focal, rng)
    seen &= ~_failed(ids, rng)
    seen &= ~_lost_edges(depth_m, rng)
    if rng.random() < 0.1:
        seen &= rng.random(z.shape, np.float32) > 0.06
    z = np.where(seen, z, 0).astype(np.float32)
    return _filled(z, rng) if rng.random() < 0.3 else z


def field(shape: tuple[int, int], blur: float, rng: np.random.Generator) -> Image:
    """Smooth noise of unit spread."""
    step = max(1, int(blur))
    small = rng.standard_normal((shape[0] // step + 3, shape[1] // step + 3), np.float32)
    small = cv2.GaussianBlur(small, (0, 0), max(0.4, blur / step))
    big = cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(big / max(1e-6, float(big.std())), np.float32)


def _ragged(z: Image, rng: np.random.Generator) -> Image:
    """Edges that wander by about a pixel."""
    amount, blur = float(rng.uniform(0.1, 1.2)), float(rng.uniform(0.6, 3))
    v, u = np.mgrid[0 : z.shape[0], 0 : z.shape[1]].astype(np.float32)
    return cv2.remap(
        z,
        u + amount * field(z.shape, blur, rng),
        v + amount * field(z.shape, blur, rng),
        cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.float32)


def _shadow(z: Image, focal: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """What the second imager or the projector, beside the first, cannot see."""
    if rng.random() < 0.25:
        return np.zeros(z.shape, bool)
    baseline = float(rng.uniform(0.015, 0.08))
    flipped = rng.random() < 0.5
    source = z[:, ::-1] if flipped else z
    disparity = np.where(source > 0, focal * baseline / np.maximum(source, 0.1), 0)
    at = np.arange(z.shape[1], dtype=np.float32) - disparity
    nearest = np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]
    hidden = np.zeros(z.shape, bool)
    hidden[:, :-1] = at[:, :-1] > nearest[:, 1:] + 0.3
    return hidden[:, ::-1] if flipped else hidden


def _bled(z: Image, rng: np.random.Generator) -> Image:
    """Ramps instead of steps: what smoothing filters and hole filling leave."""
    size = int(rng.choice([3, 5]))
    w = np.divide(1, z, out=np.zeros_like(z), where=z > 0)
    weight = cv2.blur((z > 0).astype(np.float32), (size, size))
    smooth = cv2.blur(w, (size, size)) / np.maximum(weight, 1e-6)
    return np.where(z > 0, 1 / np.maximum(smooth, 1e-3), 0).astype(np.float32)


def _noisy(z: Image, focal: float, rng: np.random.Generator) -> Image:
    """Noise and steps in inverse depth, and a smooth warp of a few millimetres."""
    sigma = float(np.exp(rng.uniform(np.log(0.0003), np.log(0.004))))  # of depth over depth squared
    noise = sigma * (field(z.shape, float(rng.uniform(0.5, 2.5)), rng) * 0.8 + rng.standard_normal(z.shape, np.float32) * 0.3)
    w = np.divide(1, z, out=np.zeros_like(z), where=z > 0) + noise.astype(np.float32)
    if rng.random() < 0.7:
        step = float(rng.choice([1 / 32, 1 / 8])) / (2 * focal * float(rng.uniform(0.05, 0.08)))
        w = np.round(w / step) * np.float32(step)
    warped = 1 / np.maximum(w, 0.1) + np.float32(rng.uniform(0, 0.002)) * field(z.shape, 60.0, rng)
    return np.where(z > 0, warped, 0).astype(np.float32)


def _failed(ids: Ids, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Holes: blobs anywhere, and whole surfaces that are too dark or shiny."""
    blobs = field((ids.shape[0], ids.shape[1]), float(rng.uniform(2, 8)), rng)
    lost = blobs > rng.uniform(2.2, 4.5)
    limit = np.full(int(ids.max()) + 2, 9.0, np.float32)
    dark = rng.random(len(limit)) < 0.1
    limit[dark] = rng.uniform(-1.5, 1.5, int(dark.sum()))
    limit[0] = 9.0
    return lost | (blobs > limit[np.maximum(ids, -1) + 1])


def _lost_edges(z: Image, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Pixels beside a jump, lost with some chance."""
    size = int(rng.choice([2, 3, 5]))
    far = np.where(z > 0, z, np.float32(9))
    kernel = np.ones((size, size), np.uint8)
    jump = cv2.dilate(far, kernel) - cv2.erode(far, kernel) > 0.03 * far
    return jump & (rng.random(z.shape, np.float32) < rng.uniform(0, 0.9))


def _filled(z: Image, rng: np.random.Generator) -> Image:
    """Holes filled from their surroundings, by the farther or the nearer side, as drivers do."""
    far = rng.random() < 0.7
    for _ in range(int(rng.integers(2, 8))):
        empty = z == 0
        if far:
            near = cv2.dilate(z, np.ones((3, 3), np.uint8))
        else:
            near = cv2.erode(np.where(empty, np.float32(99), z), np.ones((3, 3), np.uint8))
            near = np.where(near > 90, 0, near)
        z = np.where(empty, near, z).astype(np.float32)
    return z
