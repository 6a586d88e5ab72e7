"""What was learned or recorded under names that went since (renamed, merged): the same under the names that stand.

Called where versions are loaded and demonstrations are read; `aliases` maps a name that went to the one that stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from sqlalchemy.exc import OperationalError

from core.policies.demonstration import Demonstration
from core.policies.pickplace import Fitted
from core.policies.relations import Relation
from core.storage.catalogue import Folder, engine_of
from core.storage.queries import Queries
from core.types import Detection, Goal

Aliases = Mapping[str, str]


def aliases_in(root: Path) -> dict[str, str]:
    """The aliases of a data folder, read beside its writer; none where nothing was stored yet, or by an earlier Pendant."""
    folder = Folder(root)
    if not folder.catalogue.exists():
        return {}
    engine = engine_of(folder.catalogue, read_only=True)
    try:
        return Queries(engine).aliases()
    except OperationalError:
        return {}  # its tables are older: whoever opens it for writing brings them on first
    finally:
        engine.dispose()


def renamed_goal(goal: Goal, aliases: Aliases) -> Goal:
    """A goal under the names that stand."""
    reference = aliases.get(goal.reference, goal.reference) if goal.reference is not None else None
    return msgspec.structs.replace(goal, object_class=aliases.get(goal.object_class, goal.object_class), reference=reference)


def renamed_fit(fitted: Fitted, aliases: Aliases) -> Fitted:
    """What a policy holds, under the names that stand."""
    return msgspec.structs.replace(
        fitted,
        relation=_relation(fitted.relation, aliases),
        runner_up=_relation(fitted.runner_up, aliases) if fitted.runner_up is not None else None,
        exemplars=tuple(_detection(d, aliases) for d in fitted.exemplars),
        kinds=tuple(sorted({aliases.get(kind, kind) for kind in fitted.kinds})),
        looks=tuple(msgspec.structs.replace(x, name=aliases.get(x.name or "", x.name)) for x in fitted.looks),
    )


def renamed_demonstration(demonstration: Demonstration, aliases: Aliases) -> Demonstration:
    """A demonstration under the names that stand; its template, if any, too."""
    detections = tuple(_detection(d, aliases) for d in demonstration.detections)
    template = demonstration.template
    if template is not None and template.name is not None:
        template = msgspec.structs.replace(template, name=aliases.get(template.name, template.name))
    return msgspec.structs.replace(demonstration, detections=detections, template=template)


def _relation(relation: Relation, aliases: Aliases) -> Relation:
    if relation.reference is None:
        return relation
    return msgspec.structs.replace(relation, reference=_detection(relation.reference, aliases))


def _detection(detection: Detection, aliases: Aliases) -> Detection:
    name = detection.name or ""
    return msgspec.structs.replace(detection, name=aliases[name]) if name in aliases else detection
