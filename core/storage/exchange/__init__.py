"""Labels to and from other programs. A format is one module and one line in these tables; called by commands and by the window.

An exporter is `write(source, out) -> Steps`, an importer `read(folder, path) -> Generator` whose result `enter` stores in one step.
"""

from __future__ import annotations

from core.storage.exchange import coco, coco_import, png, yolo
from core.storage.exchange.labelled import Labelled, counted, export

EXPORTERS = {"coco": coco.write, "yolo": yolo.write, "png": png.write}
IMPORTERS = {"coco": coco_import.read}

__all__ = ["EXPORTERS", "IMPORTERS", "Labelled", "counted", "export"]
