"""Saves pictures of every page, both themes, two sizes, into a folder: `python -m tests.widgets.gallery OUT [only]`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.pages import Pages, learn, review, run, see, show
from tests.widgets import scenes
from widgets import theme
from widgets.cloud_overlay import Marks
from widgets.gl_canvas import surface_format
from widgets.values import (
    Bar,
    BottomState,
    Check,
    Chip,
    Choice,
    Crop,
    Curve,
    DemoCard,
    Fact,
    Finding,
    PillState,
    Rehearsal,
    RolloutRow,
    StepRow,
    TimelineData,
    Toast,
    VersionRow,
)

CHIPS = [Chip("camera", "Camera", "30 fps", "ok"), Chip("arm", "Arm", "holding", "holding"), Chip("model", "Model", "v12", "ok")]
NAMES = tuple(
    Choice(i, n, i + 1, c) for i, (n, c) in enumerate([("banana", 0), ("apple", 1), ("orange", 2), ("basket", 9), ("mug", 7), ("lemon", 8)])
)
BOTTOM = BottomState(
    "Object 5 is now “mug”. The model uses it from this frame on.", action="Undo", action_key="Ctrl Z", disk="412 GB free", fps="60 fps"
)


def crop_of(frame, scene, track) -> Crop:
    instance = next((d.instance for d in scene.detections if d.track == track), 1)
    v, u = np.nonzero(scene.labels == instance)
    cv, cu = int(v.mean()), int(u.mean())
    half_w = int(max(60, np.ptp(u) * 0.9, np.ptp(v) * 1.5))
    half_h = int(half_w * 0.59)
    y0, x0 = max(0, cv - half_h), max(0, cu - half_w)
    sl = np.s_[y0 : cv + half_h, x0 : cu + half_w]
    return Crop(frame.color[sl], scene.labels[sl] == instance)


def demo_cards(picture) -> tuple[DemoCard, ...]:
    flags = {7: ("slow, 14 missing", "warn", "warning"), 5: ("almost like 4", "warn", "copy")}
    cards = []
    for n in range(10, 2, -1):
        flag, tone, icon = flags.get(n, ("good", "ok", "check-circle"))
        detail = f"{11.2 + n / 9:.1f} s · {'by clicking' if n % 2 else 'leader arm'}"
        cards.append(DemoCard(str(n), f"Demonstration {n}", detail, flag, tone, icon, picture if n != 4 else None))
    return tuple(cards)


def timeline(picture) -> TimelineData:
    t = np.linspace(0, 26.3, 160)
    speed = (
        np.exp(-((t - 4) ** 2) / 2) + 0.8 * np.exp(-((t - 9) ** 2) / 3) + np.exp(-((t - 15) ** 2) / 3) + 1.1 * np.exp(-((t - 18) ** 2) / 4)
    )
    return TimelineData(26.3, 789, (picture,) * 10, speed, ((7.3, 18.9),), ((6.0, 6.5),), ((8.0, 11.0),), (3.1, 20.8))


def versions() -> tuple[VersionRow, ...]:
    return (
        VersionRow("13", "v13", "10 shown, 236 labels", "learning", "accent", "clock", "62%"),
        VersionRow("12", "v12", "8 shown, 214 labels", "on the arm", "ok", "arm", "8 of 10"),
        VersionRow("11", "v11", "7 shown, 190 labels", "today 08:40", "plain", "", "7 of 10"),
        VersionRow("10", "v10", "5 shown, 171 labels", "failed its checks", "danger", "x-circle", "4 of 10"),
        VersionRow("9", "v9", "5 shown, 160 labels", "yesterday", "plain", "", "6 of 10"),
    )


def rollouts(first="running") -> tuple[RolloutRow, ...]:
    look = {"running": ("play", "accent"), "worked": ("check-bold", "ok"), "take-over": ("user", "warn"), "stopped": ("x-circle", "danger")}
    outcomes = [first, "worked", "take-over", "worked", "worked", "worked"]
    return tuple(RolloutRow(str(8 - i), f"Rollout {8 - i}", o, *look[o], f"{11.4 + i / 3:.1f} s") for i, o in enumerate(outcomes))


def checks(stopped=False) -> tuple[Check, ...]:
    arm = Check("Arm", "stopped" if stopped else "100 per second", not stopped)
    return (Check("Camera", "31 ms old", True), Check("Objects", "5 sure", True), Check("Policy", "14 ms a step", True), arm)


def arm_meshes(boxes):
    """A made-up ghost: three cylinders, so that the drawing can be judged."""
    angle = np.linspace(0, 2 * np.pi, 33)[:-1]
    ring = np.stack([0.045 * np.cos(angle), 0.045 * np.sin(angle)], axis=1)
    low = np.column_stack([ring, np.zeros(32)])
    high = np.column_stack([ring, np.full(32, 0.28)])
    i = np.arange(32)
    j = (i + 1) % 32
    faces = np.concatenate([np.stack([i, j, i + 32], 1), np.stack([j, j + 32, i + 32], 1)])
    meshes = [(np.concatenate([low, high]), faces)] * 3
    poses = []
    T = np.eye(4)
    T[:3, 3] = [-0.25, 0.25, 0.0]
    for tilt in (0.0, 0.9, 0.9):
        c, s = np.cos(tilt), np.sin(tilt)
        T = T @ np.array([[c, 0, s, 0], [0, 1, 0, 0], [-s, 0, c, 0], [0, 0, 0, 1.0]])
        poses.append(T)
        up = np.eye(4)
        up[2, 3] = 0.28
        T = T @ up
    return meshes, poses


class Gallery:
    """Puts the window into states and saves pictures."""

    def __init__(self, out: Path, app: QApplication) -> None:
        self.out, self.app = out, app
        out.mkdir(parents=True, exist_ok=True)
        self.pages = Pages()
        self.window = MainWindow(self.pages.by_name())
        self.camera, self.frame, self.scene = scenes.real("uoc-realsense", 1) or scenes.synthetic(5)
        self.rows = scenes.rows_of(self.scene)
        w = self.window
        w.set_task("Fruit in basket", ["Fruit in basket", "First task"])
        w.set_chips(CHIPS)
        w.set_badges({"see": 2, "review": 7})
        w.set_bottom(BOTTOM)
        w.show()
        QTest.qWaitForWindowExposed(w)
        for view in (w.stage.cloud, w.stage.image):
            view.set_frame(self.frame)
            view.set_scene(self.scene, self.rows)
        w.stage.cloud.set_camera(self.camera)
        w.stage.cloud.go_home(animate=False)

    def select(self, track: int) -> None:
        self.window.stage.cloud.set_selection(track)
        self.window.stage.image.set_selection(track)

    def save(self, name: str) -> None:
        QTest.qWait(500)
        self.window.grab().save(str(self.out / f"{name}.png"))

    def see(self) -> None:
        w = self.window
        w.show_page("see")
        self.select(3)
        state = see.asking(
            1, 2, [replace(NAMES[2], score=0.58), replace(NAMES[1], score=0.31), replace(NAMES[5], score=0.07)], self.crop(3), NAMES
        )
        self.pages.see.set_state(replace(state, rows=tuple(self.rows), selected=3))

    def crop(self, track: int) -> Crop:
        return crop_of(self.frame, self.scene, track)

    def naming(self) -> None:
        w = self.window
        self.see()
        last = self.rows[-1].track
        self.select(last)
        facts = (
            Fact("Size", "11.6 × 7.2 × 4.4 cm"),
            Fact("From the camera", "0.89 m"),
            Fact("Seen", "12 s, 360 frames"),
            Fact("Looks most like", "lemon, 18%"),
        )
        self.pages.see.set_state(replace(see.naming(6, None, "sponge", self.crop(last), facts), rows=tuple(self.rows), selected=last))
        w.set_pill(PillState("Frame held while you edit", "pause"))
        w.stage.popover.set_choices(NAMES)
        w.open_popover(last)
        QTest.keyClicks(w.stage.popover.field, "sponge")

    def lost(self) -> None:
        w = self.window
        self.see()
        w.close_popover()
        self.select(0)
        said = "Frame did not arrive within 5000 ms. Serial 043422250695, USB 3.2, firmware 5.16.0.1."
        self.pages.see.set_state(see.camera_lost(self.rows, "10:41:20", 14, "9 demonstrations and 236 labels", said))
        for view in (w.stage.cloud, w.stage.image):
            view.set_frozen(True)
        w.set_pill(PillState("Last frame, 14 s old", "warning", "warn"))
        w.set_chips([Chip("camera", "Camera", "lost", "lost"), *CHIPS[1:]])
        w.set_bottom(
            BottomState("Camera lost at 10:41:20. The arm was told to hold and did.", "warning", "warn", disk="412 GB free", fps="60 fps")
        )

    def usual(self) -> None:
        w = self.window
        for view in (w.stage.cloud, w.stage.image):
            view.set_frozen(False)
        w.set_pill(PillState(""))
        w.set_chips(CHIPS)
        w.set_bottom(BOTTOM)
        w.set_stopped(False)
        w.close_popover()
        w.stage.cloud.set_ghost([], [])
        w.stage.cloud.set_marks(Marks())
        w.stage.cloud.set_scene(self.scene, self.rows)

    def show(self) -> None:
        w = self.window
        w.show_page("show")
        self.select(1)
        state = show.ready(
            10,
            "Banana into the basket",
            "banana",
            "inside the basket",
            "4.6 s, clears the mug by 6 cm",
            "A start at the back left would teach the next version most.",
        )
        self.pages.show.set_state(replace(state, cards=demo_cards(self.frame.color)[1:]))
        w.set_pill(PillState("Arm holding until you press Show", "pause"))
        w.set_bottom(replace(BOTTOM, text="Demonstration 9 kept: 12.1 s, 363 frames, none missing."))
        w.stage.cloud.set_ghost(*arm_meshes(self.scene))
        a, b = self.scene.detections[0].box.center, self.scene.detections[3].box.center
        t = np.linspace(0, 1, 40)[:, None]
        path = (1 - t) * a + t * b + np.array([0, 0, 0.25]) * 4 * t * (1 - t)
        w.stage.cloud.set_marks(Marks(planned=path, pick=a, place=(b + [0, 0, 0.05], 0.06), start_here=a + [0.0, 0.2, -0.03]))
        w.stage.cloud.set_scene(self.scene, [replace(r, full_tag=r.track in (1, 4)) for r in self.rows])

    def review(self) -> None:
        w = self.window
        w.show_page("review")
        self.select(0)
        findings = (
            Finding("clock", "warn", "26.3 s. The others take 12 s.", "Cut it to 17.7 s with the handles."),
            Finding("missing", "warn", "14 frames missing at 6.2 s.", "The policy will not learn from them."),
            Finding("question", "warn", "One unnamed object.", "8 s to 11 s, 90 frames.", "Name", "name"),
        )
        state = review.watching("Demonstration 7", "Slower than the rest", findings, 1)
        bars = (Bar("banana", 71), Bar("basket", 58), Bar("apple", 56), Bar("mug", 40), Bar("orange", 11, True))
        self.pages.review.set_state(replace(state, cards=demo_cards(self.frame.color), selected="7", trash="2 · 1.1 GB", bars=bars))
        self.pages.review.timeline.set_data(timeline(self.frame.color))
        self.pages.review.timeline.set_time(6.2)
        w.set_pill(PillState("Replay, arm not moving", "film-strip"))
        w.set_bottom(replace(BOTTOM, text="Demonstration 10 kept as it is."))

    def learn(self) -> None:
        w = self.window
        w.show_page("learn")
        steps = (
            StepRow("done", "Identifier", "41 s", strong_first=True),
            StepRow("now", "Policy", "step 6 200 of 10 000", strong_first=True),
            StepRow("waiting", "Check on 2 demonstrations", "held out, waiting", strong_first=True),
            StepRow("waiting", "Rehearse 10 times", "5 of 6 worked so far", strong_first=True),
        )
        state = learn.learning(
            "v13",
            "6 minutes",
            "10:52",
            0.62,
            steps,
            "10 demonstrations, 236 labels and 3 take-overs, as they were at 10:31.",
            "This machine’s GPU, 5.1 of 12 GB. The arm and the picture are not slowed down.",
        )
        x = np.linspace(0, 6000, 16)
        curves = (
            Curve(
                "training 0.07",
                np.linspace(0, 6200, 120),
                0.06 + 0.38 * np.exp(-np.linspace(0, 6200, 120) / 900) + 0.004 * np.sin(np.arange(120) * 1.7),
                "training",
            ),
            Curve("v12 held-out", np.array([0.0, 10000.0]), np.array([0.143, 0.143]), "before"),
            Curve("v13 held-out 0.10", x, 0.095 + 0.39 * np.exp(-x / 1100), "counts"),
        )
        picture = self.frame.color
        rehearsals = tuple(
            Rehearsal(i + 1, ("missed" if i == 3 else "worked") if i < 6 else "waiting", picture if i < 6 else None) for i in range(10)
        )
        finding = Finding("x-circle", "danger", "Rehearsal 4 missed by 3 cm.", action="Watch")
        state = replace(
            state,
            versions=versions(),
            selected="13",
            disk="13 versions use 2.6 GB. None is ever deleted on its own.",
            curves=curves,
            steps_total=10000,
            preview=picture,
        )
        self.pages.learn.set_state(
            replace(
                state,
                rehearsals=rehearsals,
                rehearsal_score="5 of 6 worked",
                rehearsal_note="v13 tries the task in the simulated cell.",
                finding=finding,
            )
        )
        w.set_bottom(replace(BOTTOM, text="v13 is learning. You can go on working on every other page.", icon="info", action=""))

    def run(self, kind="running") -> None:
        w = self.window
        w.show_page("run")
        self.select(1)
        marks = ("worked",) * 5 + ("take-over", "worked", {"running": "running", "stopped": "stopped"}.get(kind, "take-over"))
        score = {"figure": "6 of 7", "marks": marks}
        about = {
            "version": "v13",
            "version_score": "9 of 10 rehearsals",
            "version_words": "From 10 demonstrations and 236 labels. v12 is loaded and ready to come back.",
        }
        if kind == "running":
            state = replace(run.running(8, "Carrying the banana to the basket", "v12"), speed=1, **score, **about)
            w.set_pill(PillState("v13 moves the arm", "play", "accent", True))
        elif kind == "takeover":
            state = replace(run.taken_over(8, "v13", "keys"), speed=0)
            w.set_pill(PillState("You move the arm", "user", "warn", True))
        else:
            state = replace(
                run.stopped("Rollout 8 of today", "It holds its position and still grips the banana. Rollout 8 is kept up to the stop."),
                speed=1,
                **score,
                **about,
            )
            w.set_pill(PillState("Arm stopped", "minus-circle", "danger", True))
            w.set_stopped(True)
        first = {"running": "running", "takeover": "take-over"}.get(kind, "stopped")
        self.pages.run.set_state(replace(state, checks=checks(kind == "stopped"), rollouts=rollouts(first), rollouts_note="8 today"))
        arm = {"running": ("moving", "moving"), "takeover": ("moving", "moving")}.get(kind, ("stopped", "lost"))
        w.set_chips([CHIPS[0], Chip("arm", "Arm", *arm), Chip("model", "Model", "v13", "ok")])
        w.stage.cloud.set_scene(self.scene, [replace(r, full_tag=r.track in (1, 4)) for r in self.rows])

    def empties(self) -> None:
        w = self.window
        self.usual()
        self.select(0)
        w.set_chips(
            [
                Chip("camera", "Camera", "simulated", "simulated"),
                Chip("arm", "Arm", "simulated", "simulated"),
                Chip("model", "Model", "none yet", "none"),
            ]
        )
        w.set_bottom(BottomState("No camera and no arm found, so this is the simulated cell. Everything works here.", "info"))
        for name, view, state in (
            ("see", self.pages.see, see.empty_table()),
            ("show", self.pages.show, show.choosing(1)),
            ("review", self.pages.review, review.empty()),
            ("learn", self.pages.learn, learn.too_few(0)),
            ("run", self.pages.run, run.no_version()),
        ):
            w.show_page(name)
            view.set_state(state)
            self.save(f"empty-{name}")


def main() -> None:
    out = Path(sys.argv[1])
    QSurfaceFormat.setDefaultFormat(surface_format())
    app = QApplication([])
    theme.load_fonts()
    theme.apply_theme(app, "dark")
    gallery = Gallery(out, app)
    only = sys.argv[2:] or ["dark-1440", "light-1440", "dark-1280", "light-1280", "empty"]
    for variant in only:
        if variant == "empty":
            theme.apply_theme(app, "dark")
            gallery.window.resize(1440, 900)
            gallery.empties()
            gallery.window.toggle_help()
            gallery.save("help")
            gallery.window.toggle_help()
            continue
        name, width = variant.split("-")
        theme.apply_theme(app, name)
        gallery.window.resize(int(width), {"1440": 900, "1280": 720}[width])
        for state in ("see", "naming", "lost", "show", "review", "learn", "run", "takeover", "stopped"):
            gallery.usual()
            (gallery.run(state.replace("run", "running")) if state in ("run", "takeover", "stopped") else getattr(gallery, state)())
            if state == "see":
                gallery.window.show_toast(
                    Toast("v13 is ready, 9 of 10 worked.", action="Open Run")
                ) if width == "1440" and name == "light" else None
            gallery.save(f"{state}-{variant}")
    gallery.window.close()


if __name__ == "__main__":
    main()
