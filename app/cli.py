"""`pendant`: the window, and every job without one. Parses, calls `app.commands`, turns errors into one sentence and a status.

No Qt here: the window is imported only when it is opened.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from core.errors import PendantError

PAGES = ("see", "show", "review", "learn", "run")
_CELL_HELP = """A cell file is TOML: name, title, gap (m between things), [camera] position target width height fovy_deg noise,
[lights] key fill ambient, [[objects]] name kind size color mass count zone yaw_deg friction fixed, [[groups]] of count,
[[tasks]] id title words goals = [{ kind = "inside"|"on"|"at", object = NAME or [NAMES], reference = NAME, offset, yaw_deg,
tolerance_m, tolerance_deg }]; a goal without yaw_deg is met at any turn. The files in assets/cells are examples."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its status. Never shows a traceback unless --debug."""
    # The matrices here are small, and a second BLAS thread only spins: identifying a folder took 10.5 s of CPU instead of 5.6.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except PendantError as error:
        if options.debug:
            raise
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. What was done so far is kept.\n")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def default_data() -> Path:
    """The platform's user-data folder."""
    from platformdirs import user_data_path

    return user_data_path("pendant", appauthor=False)


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, default=default_data(), help="the data folder (default: %(default)s)")
    common.add_argument("--json", action="store_true", help="write the result as JSON")
    common.add_argument("--debug", action="store_true", help="show tracebacks")
    parser = argparse.ArgumentParser(prog="pendant", description="The teach pendant for robots that learn.", parents=[common])
    _window_options(parser)
    parser.set_defaults(run=_window)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, target: str, text: str, **extra: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text, parents=[common], epilog=extra.get("epilog"))
        made.set_defaults(run=_later(target))
        return made

    _loop_commands(command)
    _data_commands(command)
    _look_commands(command)
    tour = command("tour", "window:tour", "play the whole loop in the real window on the simulated cell")
    tour.add_argument("--out", type=Path, required=True)
    tour.add_argument("--seed", type=int, default=1)
    faces = command("faces", "window:faces", "picture every state of every page on the simulated cell")
    faces.add_argument("--out", type=Path, required=True)
    faces.add_argument("--work", type=Path, help="the data folder that is pictured, filled when it is new (default: a new one)")
    faces.add_argument("--theme", choices=("dark", "light"), action="append", help="may be given twice (default: both)")
    faces.add_argument("--size", action="append", help="of the window; may be given again (default: 1440x900)")
    faces.add_argument("--only", nargs="+", default=(), metavar="STATE", help="only states that begin so, such as see-naming")
    play = command("play", "window:play", "open the window upon a recording as its camera")
    play.add_argument("paths", nargs="+", metavar="PATH")
    play.add_argument("--fps", type=float, help="pictures a second of a folder (default: 15); 1 suits stills that are not of one scene")
    _window_options(play)
    return parser


Adder = Callable[..., argparse.ArgumentParser]


def _window_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rig", default="simulated", help="simulated, or realsense[:SERIAL]")
    parser.add_argument("--cell", default="fruit", help="the simulated cell: a name or a file")
    parser.add_argument("--page", choices=PAGES, default="see")
    parser.add_argument("--theme", choices=("dark", "light"))
    parser.add_argument("--seed", type=int, default=0, help="of the simulated layout")
    parser.add_argument("--picture", type=Path, help="save a picture of the window and end")
    parser.add_argument("--after", type=float, default=8.0, help="seconds before the picture (default %(default)s)")
    parser.add_argument("--size", default="1440x900", help="of the window (default %(default)s)")


def _loop_commands(command: Adder) -> None:
    teach = command("teach", "work:teach", "record demonstrations by a scripted operator")
    _cell_task(teach)
    teach.add_argument("--demos", type=int, required=True)
    teach.add_argument("--seed", type=int, default=1)
    train = command("train", "work:train", "learn on what the store holds; writes a version. identifier: its names")
    train.add_argument("what", choices=("policy", "identifier"), nargs="?", default="policy")
    train.add_argument("--task")
    train.add_argument("--synthetic", action="store_true", help="identifier: make its weights again, on made-up scenes")
    train.add_argument("--part", choices=("instances", "names"), default="instances", help="--synthetic: which of its networks")
    train.add_argument("--minutes", type=float, help="identifier: how long at most (default: until it is done; 45 for made-up instances)")
    train.add_argument("--resume", metavar="RUN", help="identifier: go on with a run that was stopped")
    train.add_argument("--out", type=Path, help="--synthetic: the folder of weights, manifest and checkpoint (default: in the data folder)")
    train.add_argument("--policy", default="pickplace", choices=("pickplace", "replay"))
    train.add_argument("--seed", type=int, default=1)
    push = command("push", "work:push", "make a version active after its checks")
    push.add_argument("version", help="v2 of a task; N2 of the names, or `shipped` for the names as shipped")
    push.add_argument("--task")
    listed = command("versions", "work:versions", "list versions with lineage and scores")
    listed.add_argument("--task")
    listed.add_argument("--identifier", action="store_true", help="those of the names instead")
    run = command("run", "work:run", "run the active version on unseen layouts")
    _cell_task(run)
    run.add_argument("--rollouts", type=int, default=10)
    run.add_argument("--seed", type=int, default=1)
    loop = command("loop", "work:loop", "teach, train, push and run in a fresh store")
    _cell_task(loop)
    loop.add_argument("--demos", type=int, required=True)
    loop.add_argument("--rollouts", type=int, default=50)
    loop.add_argument("--seed", type=int, default=1)
    loop.add_argument("--policy", default="pickplace", choices=("pickplace", "replay"))
    loop.add_argument("--train-task", help="train on another task's demonstrations: TASK, or CELL:TASK")
    loop.add_argument("--keep", type=Path, help="keep the store in this empty folder")


def _data_commands(command: Adder) -> None:
    episodes = command("episodes", "data:episodes", "list episodes")
    episodes.add_argument("--task")
    command("check", "data:check", "verify every file, reference and hash, and repair what a crash left")
    trash = command("trash", "data:trash", "list, restore or empty the trash")
    trash.add_argument("what", choices=("list", "restore", "empty"))
    trash.add_argument("ids", nargs="*", metavar="ID")
    trash.add_argument("--yes", action="store_true")
    out = command("export", "exchange:export_labels", "write the labels as COCO, YOLO, or a folder of frames with masks")
    out.add_argument("format", choices=("coco", "yolo", "png"))
    out.add_argument("out", metavar="OUT", help="a new or empty folder")
    brought = command("import", "exchange:import_labels", "take labels over, as one step that undo takes back")
    brought.add_argument("format", choices=("coco",))
    brought.add_argument("path", metavar="IN", help="a COCO file, or the folder with its annotations.json and images/")


def _look_commands(command: Adder) -> None:
    identify = command("identify", "look:identify", "identify frames without a window")
    identify.add_argument("paths", nargs="+", metavar="PATH", help="a folder of frames, a recording, an episode, or sim:CELL:SEED")
    identify.add_argument("--out", type=Path, required=True)
    score = command("score", "look:score", "the figures of instances, boxes, names or tracks")
    score.add_argument("what", choices=("instances", "boxes", "names", "tracks"))
    score.add_argument("paths", nargs="*", metavar="PATH")
    score.add_argument("--cell", default="fruit")
    score.add_argument("--seed", type=int, default=1)
    score.add_argument("--frames", type=int, default=100)
    score.add_argument("--layouts", type=int, default=10)
    score.add_argument("--labels", type=int, default=0, help="names: learn names from so many labels a kind, and score before and after")
    score.add_argument("--fitted", action="store_true", help="boxes: as motions use them, with blocks and round things fitted")
    score.add_argument("--carried", dest="how", action="store_const", const="carried", help="tracks: while the hand carries the things")
    score.add_argument(
        "--away", dest="how", action="store_const", const="away", help="tracks: of things that leave the picture and come back"
    )
    score.set_defaults(how="crossing")
    _names_options(score)
    cells = command("cells", "look:cells", "list, show and validate cell files", epilog=_CELL_HELP)
    cells.add_argument("files", nargs="*", metavar="CELL")
    cells.add_argument("--picture", type=Path)
    cells.add_argument("--seed", type=int, default=1)
    command("doctor", "look:doctor", "what is installed, found, missing, with the remedy")
    bench = command("bench", "bench:bench", "the project's own figures")
    bench.add_argument("what", choices=("see", "record", "store", "labels", "learn", "control", "all"), nargs="?", default="all")
    bench.add_argument("--seconds", type=float, default=20.0)


def _names_options(score: argparse.ArgumentParser) -> None:
    score.add_argument("--seeds", type=int, nargs="+", help="names: several seeds, and their mean")
    score.add_argument("--named", type=int, default=8, help="names: how many kinds get one click (default %(default)s)")
    score.add_argument("--size", type=float, default=10.0, help="names: +- percent of size (default %(default)s)")
    score.add_argument("--hue", type=float, default=8.0, help="names: +- degrees of hue (default %(default)s)")
    score.add_argument(
        "--occluded", type=float, default=0.0, help="names: the most percent of a thing that cards hide (default %(default)s)"
    )
    score.add_argument(
        "--corrections", type=int, default=0, help="names: labels set right before all is scored again (default %(default)s)"
    )


def _cell_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cell", required=True)
    parser.add_argument("--task", required=True)


def _later(target: str) -> Callable[[argparse.Namespace], int]:
    """Import a command's module only when it is called."""
    module, _, name = target.partition(":")

    def call(options: argparse.Namespace) -> int:
        from app.commands.console import Console

        function = getattr(import_module(f"app.commands.{module}"), name)
        return int(function(options, Console(as_json=options.json)))

    return call


def _window(options: argparse.Namespace) -> int:
    return int(import_module("app.commands.window").window(options))


if __name__ == "__main__":
    raise SystemExit(main())
