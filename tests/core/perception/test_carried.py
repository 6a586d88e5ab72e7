"""What a hand carries keeps its track: a ray-cast hand takes things, hides them, lets go of them; nobody tells where they are."""

import numpy as np
import pytest

from core.perception.identify import GeometricIdentifier
from tests.core.perception.scenes import Scene, Solid

CUBE = Solid("box", (-0.15, 0.0, 0.025), (0.05, 0.05, 0.05), (190, 40, 40))
TWIN = Solid("box", (0.15, 0.1, 0.025), (0.05, 0.05, 0.05), (190, 40, 40))
BALL = Solid("ball", (0.0, -0.08, 0.03), (0.06, 0.06, 0.06), (40, 150, 60))
OPEN, CLOSED, EMPTY = 0.09, 0.05, 0.002
GREY = (225, 225, 225)


def tool(q):
    T = np.diag([1.0, -1.0, -1.0, 1.0])
    T[:3, 3] = q[:3]
    return T


def bars(q):
    """The hand's three bars: lower and upper end, half width. q: tool point, nothing, opening."""
    x, y, z = q[:3]
    fingers = [((x + side * (q[6] / 2 + 0.01), y, z - 0.02), (x + side * (q[6] / 2 + 0.01), y, z + 0.1), 0.012) for side in (-1, 1)]
    return [*fingers, ((x, y, z + 0.12), (x, y, z + 0.3), 0.05)]


def capsules(q):
    return [(np.array(a), np.array(b), radius) for a, b, radius in bars(q)]


class Hand:
    """A tool point with jaws, and the identifier that looks on. `things` lie where they are; what is `held` moves along."""

    def __init__(self, *things):
        self.identifier = GeometricIdentifier(arm_geometry=capsules, tool=tool)
        self.things, self.held = list(things), None
        self.q = np.array([0.0, 0.35, 0.3, 0, 0, 0, OPEN])
        self.seq = 0

    def look(self, frames=1):
        for _ in range(frames):
            hand = [Solid("box", tuple((np.array(a) + b) / 2), (2 * r, 2 * r, b[2] - a[2]), GREY) for a, b, r in bars(self.q)]
            self.seq += 1
            scene = Scene([t for t in self.things if t is not None] + hand, seed=self.seq)
            self.scene = self.identifier.identify(scene.frame(self.seq)[0], scene.info(), self.q.copy())
        return self.scene

    def go(self, x, y, z, opening=None, steps=3):
        start, end = self.q.copy(), np.array([x, y, z, 0, 0, 0, self.q[6] if opening is None else opening])
        for share in np.linspace(0, 1, steps + 1)[1:]:
            self.q = start + share * (end - start)
            if self.held is not None:
                thing = self.things[self.held]
                self.things[self.held] = Solid(thing.kind, tuple(self.q[:3]), thing.size, thing.color)
            self.look()

    def take(self, index, opening=CLOSED):
        x, y, z = self.things[index].center
        self.go(x, y, 0.2)
        self.go(x, y, z)
        self.go(x, y, z, opening)
        self.held = index

    def put(self, x, y, z=None):
        rest = self.things[self.held].size[2] / 2
        self.go(x, y, 0.2)
        self.go(x, y, z or rest)
        thing, index, self.held = self.things[self.held], self.held, None
        self.things[index] = Solid(thing.kind, (x, y, rest), thing.size, thing.color)
        self.go(x, y, z or rest, OPEN)
        self.go(x, y, 0.25)
        self.go(0.0, 0.35, 0.3)
        self.look(3)

    def track_at(self, center):
        near = [d for d in self.scene.detections if np.linalg.norm(d.box.center - center) < 0.03]
        return near[0].track if near else 0

    def tracks(self):
        return {k: self.track_at(t.center) for k, t in enumerate(self.things) if t is not None}


@pytest.fixture
def hand():
    hand = Hand(CUBE, TWIN, BALL)
    hand.look(5)
    return hand


def test_what_is_carried_is_itself_all_the_way(hand):
    before = hand.tracks()
    assert 0 not in before.values()
    hand.take(0)
    hand.go(-0.15, 0.0, 0.2)
    assert hand.track_at(hand.things[0].center) in (before[0], 0)
    hand.put(-0.05, 0.12)
    assert hand.tracks() == before


def test_it_is_itself_though_the_hand_hides_it_and_it_falls(hand):
    before = hand.tracks()
    hand.take(2)
    hand.things[2], ball = None, hand.things[2]
    hand.held = None
    hand.go(0.0, -0.08, 0.2, steps=3)
    hand.go(-0.1, 0.15, 0.2, steps=6)
    assert before[2] not in {d.track for d in hand.scene.detections}
    hand.things[2] = Solid(ball.kind, (-0.08, 0.17, 0.03), ball.size, ball.color)
    hand.go(-0.1, 0.15, 0.2, OPEN)
    hand.go(0.0, 0.35, 0.3)
    hand.look(3)
    assert hand.tracks() == before


def test_its_twin_does_not_take_its_place(hand):
    before = hand.tracks()
    hand.take(0)
    hand.put(0.06, 0.1)
    assert hand.tracks() == before


def test_what_slips_out_of_the_closing_jaws_is_not_carried(hand):
    before = hand.tracks()
    hand.go(-0.15, 0.0, 0.2)
    hand.go(-0.15, 0.0, 0.03)
    hand.things[0] = Solid(CUBE.kind, (-0.15, -0.045, 0.025), CUBE.size, CUBE.color)
    hand.go(-0.15, 0.0, 0.03, EMPTY)
    hand.go(-0.15, 0.0, 0.25)
    hand.go(0.0, 0.35, 0.3, OPEN)
    hand.look(3)
    assert hand.tracks() == before


def test_without_a_hand_nothing_is_carried():
    identifier = GeometricIdentifier(arm_geometry=capsules, tool=tool)
    scene = Scene([CUBE, BALL])
    tracks = {d.track for n in range(3) for d in identifier.identify(scene.frame(n)[0], scene.info(), None).detections}
    assert len(tracks) == 2
