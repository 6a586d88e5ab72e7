"""Policies by name; a new one is a new file and a line here."""

from core.policies.pickplace import PickPlacePolicy
from core.policies.replay import ReplayPolicy

POLICIES: dict[str, type[PickPlacePolicy]] = {policy.name: policy for policy in (PickPlacePolicy, ReplayPolicy)}
