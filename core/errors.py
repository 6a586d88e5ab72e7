"""Errors whose message is a sentence a person can act on: what happened, what it means for the work, what to do."""

from __future__ import annotations


class PendantError(Exception):
    """Base of all our errors; `str(error)` is fit for the screen."""


class DeviceError(PendantError):
    """A camera, arm or teleoperator could not be used."""


class CameraLost(DeviceError):
    """The camera vanished: nothing more will come until it is opened again."""


class CameraStalled(DeviceError):
    """The camera is there but sent no frame in time."""


class StoreError(PendantError):
    """The data folder could not be read or written."""


class DiskFull(StoreError):
    """There is no room left in the data folder."""

    def __init__(self) -> None:
        super().__init__(
            "The disk is full, so that is not saved. Nothing was changed. Empty the trash or free some space, then do it again."
        )


class NothingToLearn(PendantError):
    """A policy or identifier has too little to be made from."""


class CellFileError(PendantError):
    """A cell or task file says something that cannot be built."""


class WeightsError(PendantError):
    """A file of weights is torn, foreign or hostile; it was not loaded."""
