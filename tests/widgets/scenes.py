"""Hand-made frames and scenes for the screen's tests and pictures: a synthetic table, or a real frame where shared data is present."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

from core.types import ARM_LABEL, TABLE_LABEL, CameraInfo, Detection, Frame, Guess, Intrinsics, OrientedBox, Scene
from widgets.values import ObjectRow

NAMES = ("banana", "apple", "orange", "basket", "mug", None, "lemon", "box", "bowl")
COLORS = (0, 1, 2, 9, 7, None, 8, 3, 5)
SHARED = Path(os.environ.get("PENDANT_SHARED", "../shared"))


def camera_info(width=640, height=480, fx=613.0, fy=613.0, cx=322.0, cy=240.0, scale=0.001, shift=0.0) -> CameraInfo:
    k = Intrinsics(width=width, height=height, fx=fx, fy=fy, cx=cx, cy=cy)
    T = np.eye(4)
    T[0, 3] = shift
    return CameraInfo(id="cam", serial="0434", name="Test", depth=k, color=k, depth_scale=scale, T_color_depth=T, T_mount_camera=None)


def looking_down(height=0.62, tilt=0.9) -> np.ndarray:
    """A camera at `height` in front of the table, tilted down by `tilt` radians."""
    c, s = np.cos(tilt), np.sin(tilt)
    R = np.array([[1.0, 0, 0], [0, -s, c], [0, -c, -s]])
    T = np.eye(4)
    T[:3, :3] = R
    T[:3, 3] = [0.0, -0.45, height]
    return T


def render(k, T, n):
    """What a camera at T (4, 4) in base sees of a table with n balls: depth u16 mm, colour, labels, ball centres."""
    v, u = np.mgrid[0 : k.height, 0 : k.width].astype(np.float64)
    rays = np.stack([(u - k.cx) / k.fx, (v - k.cy) / k.fy, np.ones_like(u)], axis=-1)
    direction = rays @ T[:3, :3].T
    t = -T[2, 3] / np.minimum(direction[..., 2], -1e-6)
    color = np.full((k.height, k.width, 3), (150, 130, 110), np.uint8)
    labels = np.full((k.height, k.width), TABLE_LABEL, np.uint16)
    centers = []
    for i in range(n):
        center = np.array([-0.15 + 0.15 * i, 0.05, 0.04])
        oc = T[:3, 3] - center
        b, c0, a = (direction @ oc), oc @ oc - 0.04**2, (direction**2).sum(-1)
        disc = b * b - a * c0
        near = np.where(disc > 0, (-b - np.sqrt(np.maximum(disc, 0))) / a, np.inf)
        hit = near < t
        t = np.where(hit, near, t)
        labels[hit] = i + 1
        color[hit] = ((220, 200, 40), (200, 60, 30), (240, 140, 40))[i % 3]
        centers.append(center)
    return np.where(t < 3.0, t * 1000, 0).astype(np.uint16), color, labels, centers


def synthetic(n=3, shift=0.0):
    """A table with n balls: camera, frame, scene; the depth camera sits `shift` metres to the right of the colour camera."""
    camera = camera_info(shift=shift)
    T = looking_down()
    depth = render(camera.depth, T @ camera.T_color_depth, n)[0]
    _, color, labels, centers = render(camera.color, T, n)
    boxes = [OrientedBox(center=center, size=np.full(3, 0.08), R=np.eye(3)) for center in centers]
    return camera, Frame(camera="cam", seq=1, t_device_ns=0, t_host_ns=0, depth=depth, color=color), make_scene(labels, boxes, T)


def make_scene(labels, boxes, T) -> Scene:
    detections = []
    for i, box in enumerate(boxes):
        name = NAMES[i % len(NAMES)]
        score = (0.97, 0.93, 0.58, 0.99, 1.0, 0.0)[i % 6]
        detections.append(
            Detection(
                instance=i + 1,
                track=i + 1,
                class_id=None if name is None else i,
                name=name,
                score=score,
                guesses=(Guess(class_id=0, name="apple", score=0.31),),
                box=box,
                area_px=int((labels == i + 1).sum()),
                mean_color=np.array([200.0, 120, 40]),
                confirmed=name == "mug",
            )
        )
    return Scene(
        camera="cam",
        frame_seq=1,
        t_host_ns=0,
        labels=labels,
        detections=tuple(detections),
        T_base_camera=T,
        table_frame=True,
        identifier="test",
        names_revision=1,
    )


def rows_of(scene: Scene, quiet=()) -> list[ObjectRow]:
    rows = []
    for d in scene.detections:
        i = d.track - 1
        state = "unknown" if d.name is None else "yours" if d.confirmed else "sure" if d.score >= 0.8 else "unsure"
        rows.append(ObjectRow(d.track, d.name, i + 1, COLORS[i % len(COLORS)], d.score, state, full_tag=d.track not in quiet))
    return rows


def read_image(path: Path) -> np.ndarray:
    image = QImage(str(path))
    if "depth" in path.name or "mask" in path.name:
        image = image.convertToFormat(QImage.Format.Format_Grayscale16)
        return np.frombuffer(image.constBits(), np.uint16).reshape(image.height(), image.bytesPerLine() // 2)[:, : image.width()].copy()
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    return (
        np.frombuffer(image.constBits(), np.uint8)
        .reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3]
        .reshape(image.height(), image.width(), 3)
        .copy()
    )


def real(folder="posecnnpt-realsense", number=0):
    """Camera, frame and scene of a real frame with its hand-made mask; None where shared data is absent."""
    base = SHARED / "data" / "real" / folder
    if not (base / "camera.json").exists():
        return None
    info = json.loads((base / "camera.json").read_text())
    camera = camera_info(fx=info["fx"], fy=info["fy"], cx=info["cx"], cy=info["cy"], scale=info["depth_scale"])
    depth = read_image(base / f"{number:04d}-depth.png")
    mask = read_raw_mask(base / f"{number:04d}-handmask.png")
    frame = Frame(camera="cam", seq=1, t_device_ns=0, t_host_ns=0, depth=depth, color=read_image(base / f"{number:04d}-color.png"))
    T, boxes, labels = fit(frame, camera, mask)
    return camera, frame, make_scene(labels, boxes, T)


def read_raw_mask(path: Path) -> np.ndarray:
    import cv2

    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        os.environ.pop(name, None)
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED).astype(np.uint16)


def fit(frame, camera, mask):
    """A table frame by least squares on what is not an object, and a box an instance."""
    from widgets.cloud_points import deproject

    pts = deproject(frame, camera, 2)
    values = mask[pts.pixels[:, 1], pts.pixels[:, 0]]
    ids = [i for i in np.unique(mask) if i and (values == i).sum() > 80][:8]
    table = pts.p_camera[(values == 0) & (pts.p_camera[:, 2] < 1.3)]
    keep = np.ones(len(table), bool)
    for _ in range(8):
        mean = table[keep].mean(0)
        normal = np.linalg.svd(table[keep][::7] - mean, full_matrices=False)[2][2]
        keep = np.abs((table - mean) @ normal) < 0.012
        if keep.sum() < 500:
            keep = np.ones(len(table), bool)
            break
    normal = normal if normal[1] < 0 else -normal
    x = np.array([1.0, 0, 0]) - normal[0] * normal
    x /= np.linalg.norm(x)
    R = np.stack([x, np.cross(normal, x), normal])
    T = np.eye(4)
    T[:3, :3], T[:3, 3] = R, -R @ mean
    labels = np.full(mask.shape, TABLE_LABEL, np.uint16)
    boxes = []
    for k, value in enumerate(ids, 1):
        labels[mask == value] = k
        p = pts.p_camera[values == value] @ R.T + T[:3, 3]
        low, high = np.percentile(p, 2, axis=0), np.percentile(p, 98, axis=0)
        low[2] = min(low[2], 0.0)
        boxes.append(OrientedBox(center=(low + high) / 2, size=high - low, R=np.eye(3)))
    return T, boxes, labels


__all__ = ["ARM_LABEL", "camera_info", "make_scene", "real", "rows_of", "synthetic"]
