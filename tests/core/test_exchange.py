"""Labels to other programs and back: read by their own readers, and by ours without a loss; nothing of a bad file is kept."""

import json

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as cocomask
from pycocotools.coco import COCO

from core.errors import StoreError
from core.storage import class_edits, edits
from core.storage.exchange import EXPORTERS, IMPORTERS, Labelled, counted, export, rle
from core.storage.exchange.coco import camera_data, camera_from
from core.storage.exchange.coco_import import enter, filled
from core.storage.exchange.yolo import outline_of
from core.storage.masks import unpack
from core.storage.queries import Queries
from core.storage.store import Store
from devices.playback import FolderCamera
from tests.core.test_store import judgement

# Whole numbers come back as floats, and a frame's hash tells them apart: real cameras give floats.
CAMERA = camera_from(camera_data(judgement().camera))
MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=24))


def blank(path):
    return Store(path, wall_s=lambda: 7.0, who="test")


@pytest.fixture
def store(tmp_path):
    """Three frames with two things each: two kinds, one outline with a hole and a second part."""
    made = blank(tmp_path / "store")
    rng = np.random.default_rng(2)
    for seq in range(3):
        for track, name in ((1, "banana"), (2, "red mug")):
            asked = judgement(track, seq)
            mask = rng.random(asked.mask.shape) > 0.6 if track == 1 else asked.mask
            edits.name_object(made, msgspec.structs.replace(asked, mask=mask, camera=CAMERA), name)
    yield made
    made.close()


def run(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def written(store, kind, out):
    run(export(EXPORTERS[kind], Labelled(store.engine, store.folder), out))
    return out


def masks_of(store):
    names = {c.id: c.name for c in Queries(store.engine).classes()}
    return sorted((x.frame_hash, names[x.class_id], bytes(x.mask)) for x in Queries(store.engine).labels())


@given(MASKS)
def test_run_lengths_are_those_of_the_coco_api(mask):
    ours = rle.encode(mask)
    theirs = cocomask.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert ours == {"size": theirs["size"], "counts": theirs["counts"].decode()}
    np.testing.assert_array_equal(rle.decode(ours["size"], ours["counts"]), mask)


@given(st.one_of(st.text(max_size=40), st.lists(st.integers(-5, 2**40), max_size=9)))
def test_torn_run_lengths_are_refused_or_fit(counts):
    try:
        assert rle.decode((4, 5), counts).shape == (4, 5)
    except StoreError as error:
        assert "nothing was imported" in str(error)


def test_coco_is_read_by_pycocotools(store, tmp_path):
    out = written(store, "coco", tmp_path / "out")
    coco = COCO(str(out / "annotations.json"))
    assert sorted(c["name"] for c in coco.loadCats(coco.getCatIds())) == ["banana", "red mug"]
    wanted = sorted(unpack(x.mask).tobytes() for x in Queries(store.engine).labels())
    found = coco.loadAnns(coco.getAnnIds())
    assert sorted(coco.annToMask(a).astype(bool).tobytes() for a in found) == wanted
    for a in found:
        assert a["area"] == coco.annToMask(a).sum() and a["bbox"] == cocomask.toBbox(coco.annToRLE(a)).tolist()
    for image in coco.loadImgs(coco.getImgIds()):
        assert cv2.imread(str(out / "images" / image["file_name"])).shape[:2] == (image["height"], image["width"])


def test_export_and_import_lose_nothing(store, tmp_path):
    first = written(store, "coco", tmp_path / "first")
    other = blank(tmp_path / "other")
    try:
        enter(other, run(IMPORTERS["coco"](other.folder, first)))
        assert masks_of(other) == masks_of(store)
        assert {x.source for x in Queries(other.engine).labels()} == {"import"}
        assert Queries(other.engine).held_out() == Queries(store.engine).held_out()
        second = written(other, "coco", tmp_path / "second")
    finally:
        other.close()
    for picture in sorted(p.relative_to(first) for p in first.rglob("*.png")):
        assert (first / picture).read_bytes() == (second / picture).read_bytes()
    one, two = (json.loads((p / "annotations.json").read_text()) for p in (first, second))
    assert [a["segmentation"] for a in one["annotations"]] == [a["segmentation"] for a in two["annotations"]]
    assert one["images"] == two["images"]


def colours_of(store):
    return {c.name: c.colour for c in Queries(store.engine).classes()}


def test_names_keep_their_colours_where_these_are_free(store, tmp_path):
    banana, mug = (next(c.id for c in Queries(store.engine).classes() if c.name == name) for name in ("banana", "red mug"))
    class_edits.set_colour(store, banana, 9)
    class_edits.set_colour(store, mug, 1)
    out = written(store, "coco", tmp_path / "out")
    assert {c["name"] for c in COCO(str(out / "annotations.json")).dataset["categories"]} == {"banana", "red mug"}
    fresh, taken = blank(tmp_path / "fresh"), blank(tmp_path / "taken")
    class_edits.create_class(taken, "spoon", colour=9)
    for other in (fresh, taken):
        enter(other, run(IMPORTERS["coco"](other.folder, out)))
    assert colours_of(fresh) == {"banana": 9, "red mug": 1}
    assert colours_of(taken) == {"spoon": 9, "red mug": 1, "banana": 2}
    fresh.close()
    taken.close()


@pytest.mark.parametrize("word", ["red", 0, 13, True, None, [1]])
def test_a_colour_that_is_none_of_ours_is_passed_over(store, tmp_path, word):
    out = written(store, "coco", tmp_path / "out")
    data = json.loads((out / "annotations.json").read_text())
    for category in data["categories"]:
        category["pendant"] = {"colour": word}
    (out / "annotations.json").write_text(json.dumps(data))
    other = blank(tmp_path / "other")
    enter(other, run(IMPORTERS["coco"](other.folder, out)))
    assert colours_of(other) == {"banana": 1, "red mug": 2}
    other.close()


def test_a_whole_import_is_one_step_and_a_second_one_changes_nothing(store, tmp_path):
    out = written(store, "coco", tmp_path / "out")
    other = blank(tmp_path / "other")
    try:
        found = run(IMPORTERS["coco"](other.folder, out))
        enter(other, found)
        whole = masks_of(other)
        with pytest.raises(StoreError, match="here already"):
            enter(other, found)
        other.undo()
        assert not Queries(other.engine).labels() and not Queries(other.engine).classes()
        other.redo()
        assert masks_of(other) == whole
    finally:
        other.close()


def foreign(place, **changes):
    """A COCO file as other programs write it: a polygon, no depth, no camera."""
    place.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(place / "a.png"), np.full((40, 60, 3), 90, np.uint8))
    document = {
        "images": [{"id": 5, "file_name": "a.png", "width": 60, "height": 40}],
        "annotations": [{"id": 1, "image_id": 5, "category_id": 3, "segmentation": [[10, 10, 30, 10, 30, 25, 10, 25]]}],
        "categories": [{"id": 3, "name": "mug"}],
    }
    (place / "annotations.json").write_text(json.dumps(document | changes))
    return place


def test_a_foreign_file_without_depth_comes_in(tmp_path):
    store = blank(tmp_path / "store")
    try:
        enter(store, run(IMPORTERS["coco"](store.folder, foreign(tmp_path / "in"))))
        (label,) = Queries(store.engine).labels()
        assert (label.who, label.source) == ("test", "import")
        assert unpack(label.mask).sum() == 21 * 16
    finally:
        store.close()


BAD = {
    "outside": {"images": [{"id": 5, "file_name": "../../secret.png", "width": 60, "height": 40}]},
    "absolute": {"images": [{"id": 5, "file_name": "/etc/hostname", "width": 60, "height": 40}]},
    "missing": {"images": [{"id": 5, "file_name": "b.png", "width": 60, "height": 40}]},
    "size": {"images": [{"id": 5, "file_name": "a.png", "width": 61, "height": 40}]},
    "huge": {"images": [{"id": 5, "file_name": "a.png", "width": 10**9, "height": 10**9}]},
    "negative": {"images": [{"id": 5, "file_name": "a.png", "width": -60, "height": 40}]},
    "camera": {"images": [{"id": 5, "file_name": "a.png", "width": 60, "height": 40, "pendant": {"camera": {}, "T_base_camera": 1}}]},
    "no name": {"categories": [{"id": 3, "name": " "}]},
    "no such category": {"categories": [{"id": 4, "name": "mug"}]},
    "no such picture": {"annotations": [{"image_id": 6, "category_id": 3, "segmentation": [[0, 0, 9, 0, 9, 9]]}]},
    "far away": {"annotations": [{"image_id": 5, "category_id": 3, "segmentation": [[0, 0, 1e12, 0, 9, 9]]}]},
    "odd": {"annotations": [{"image_id": 5, "category_id": 3, "segmentation": [[0, 0, 9, 0, 9]]}]},
    "empty": {"annotations": [{"image_id": 5, "category_id": 3, "segmentation": []}]},
    "other grid": {"annotations": [{"image_id": 5, "category_id": 3, "segmentation": {"size": [4, 5], "counts": [3, 17]}}]},
    "does not add up": {"annotations": [{"image_id": 5, "category_id": 3, "segmentation": {"size": [40, 60], "counts": [3, 17]}}]},
    "score": {"annotations": [{"image_id": 5, "category_id": 3, "score": 7.0, "segmentation": [[0, 0, 9, 0, 9, 9]]}]},
    "no list": {"annotations": {"a": 1}},
    "nothing": {"annotations": []},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_a_sentence_and_leaves_nothing(name, tmp_path):
    store = blank(tmp_path / "store")
    (tmp_path / "secret.png").write_bytes((foreign(tmp_path / "in" / "deep") / "a.png").read_bytes())
    try:
        with pytest.raises(StoreError, match=r"[.]$"):
            run(IMPORTERS["coco"](store.folder, foreign(tmp_path / "in" / "deep", **BAD[name])))
        assert not Queries(store.engine).labels() and not Queries(store.engine).label_frames()
    finally:
        store.close()


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'{"images": [', b"\x89PNG", b"[" * 100_000])
def test_a_torn_file_is_refused(data, tmp_path):
    place = foreign(tmp_path / "in")
    (place / "annotations.json").write_bytes(data)
    store = blank(tmp_path / "store")
    try:
        with pytest.raises(StoreError, match="torn, or not COCO"):
            run(IMPORTERS["coco"](store.folder, place))
    finally:
        store.close()


@given(MASKS)
def test_a_yolo_outline_covers_every_pixel_but_lines_and_dots(mask):
    points = outline_of(mask)
    drawn = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [points], 1) > 0 if len(points) else np.zeros(mask.shape, bool)
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    parts = [cv2.drawContours(np.zeros(mask.shape, np.uint8), [c], -1, 1, -1) > 0 for c in found if cv2.contourArea(c) > 0]
    assert all(drawn[part & mask].all() for part in parts)


CIRCLES = st.lists(st.tuples(st.integers(15, 145), st.integers(15, 105), st.integers(2, 14)), min_size=1, max_size=6)


@given(CIRCLES)
def test_holes_survive_yolo_and_our_own_reading_of_its_outlines(holes):
    mask = np.zeros((120, 160), np.uint8)
    cv2.ellipse(mask, (80, 60), (74, 55), 0, 0, 360, 1, -1)
    for x, y, radius in holes:
        cv2.circle(mask, (x, y), radius, 0, -1)
    line = (outline_of(mask > 0) / (160, 120)).ravel()  # as it stands in the file
    again = filled([[float(f"{x:.6f}") * side for x, side in zip(line, (160, 120) * len(line), strict=False)]], 120, 160)
    assert (again & (mask > 0)).sum() / (again | (mask > 0)).sum() > 0.97


def test_yolo_has_the_held_out_frames_as_val_and_outlines_that_fit(store, tmp_path):
    out = written(store, "yolo", tmp_path / "out")
    held = {digest[:16]: split for digest, split in Queries(store.engine).held_out().items()}
    for split in ("train", "val"):
        assert {p.stem for p in (out / "images" / split).iterdir()} == {k for k, v in held.items() if v == (split == "val")}
        for file in (out / "labels" / split).iterdir():
            lines = [line.split() for line in file.read_text().splitlines()]
            assert sorted(int(line[0]) for line in lines) == [0, 1]
            assert all(len(line) % 2 == 1 and 0 <= float(x) <= 1 for line in lines for x in line[1:])
    assert 'names:\n  0: "banana"\n  1: "red mug"\n' in (out / "data.yaml").read_text()


def test_png_is_a_folder_of_frames_that_plays(store, tmp_path):
    out = written(store, "png", tmp_path / "out")
    camera = FolderCamera(out, now_ns=lambda: 0, wait_s=lambda _: None)
    camera.open()
    frame = camera.read(1.0)
    assert frame is not None
    masks = [cv2.imread(str(p), cv2.IMREAD_UNCHANGED) for p in sorted(out.glob("*-mask.png"))]
    assert len(masks) == 3 and all(m.dtype == np.uint16 and m.shape == frame.color.shape[:2] for m in masks)
    assert [f["instances"][1]["name"] for f in json.loads((out / "labels.json").read_text())["frames"]] == ["red mug"] * 3


@pytest.mark.parametrize(("kind", "what"), [("coco", "6 labels on 3 pictures"), ("png", "3 frames with masks"), ("yolo", " held out")])
def test_an_export_says_what_is_in_which_folder(store, kind, what, tmp_path):
    said = run(export(EXPORTERS[kind], Labelled(store.engine, store.folder), tmp_path / "mine"))
    assert "folder mine" in said and what in said and said.endswith(".")


def test_one_label_is_counted_as_one():
    assert (counted(1, "label"), counted(2, "label")) == ("1 label", "2 labels")


def test_an_export_is_there_whole_or_not_at_all(store, tmp_path):
    steps = export(EXPORTERS["coco"], Labelled(store.engine, store.folder), tmp_path / "out")
    next(steps)
    next(steps)
    steps.close()
    assert not list(tmp_path.glob("out*"))
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="not empty"):
        written(store, "yolo", tmp_path / "taken")
    assert [p.name for p in (tmp_path / "taken").iterdir()] == ["mine.txt"]


def test_without_labels_there_is_nothing_to_export(tmp_path):
    store = blank(tmp_path / "store")
    try:
        with pytest.raises(StoreError, match="Name an object first"):
            Labelled(store.engine, store.folder)
    finally:
        store.close()
