"""Bytes of flowing values: a msgpack header in which arrays are replaced by references, then the raw arrays, 64-byte aligned.

Used for shared memory (written once into a loan, read in place) and for blobs in files. Nothing is ever un-pickled; everything that
is decoded is checked against its declared type.
"""

from __future__ import annotations

import math
import struct
from typing import Any, TypeVar, get_origin

import msgspec
import numpy as np

from core.types import Data

T = TypeVar("T", bound=Data)
_HEAD = struct.Struct("<4sII")  # magic, bytes of the msgpack header, bytes in all
_MAGIC = b"PND1"
_ALIGN = 64
_DTYPES = {"|u1", "<u2", "<u4", "<i4", "<i8", "<f4", "<f8", "|b1"}


class CodecError(ValueError):
    """The bytes are torn or foreign."""


def _aligned(n: int) -> int:
    return -(-n // _ALIGN) * _ALIGN


class Encoded:
    """A value ready to be written: `size` bytes, by `write_into(buffer)` or `tobytes()`."""

    def __init__(self, value: Data) -> None:
        self._arrays: list[np.ndarray[Any, Any]] = []
        self._offsets: list[int] = []
        self._length = 0
        self._header = msgspec.msgpack.encode(value, enc_hook=self._reference)
        self._base = _aligned(_HEAD.size + len(self._header))
        self.size = self._base + self._length

    def _reference(self, value: object) -> object:
        if isinstance(value, np.generic):
            return value.item()
        if not isinstance(value, np.ndarray) or value.dtype.str not in _DTYPES:
            raise TypeError(f"{type(value).__name__} cannot travel")
        array = np.ascontiguousarray(value).reshape(value.shape)
        offset = self._length
        self._arrays.append(array)
        self._offsets.append(offset)
        self._length += _aligned(array.nbytes)
        return [array.dtype.str, list(array.shape), offset]

    def write_into(self, buffer: memoryview) -> None:
        """Write into a writable byte buffer of at least `size` bytes."""
        buffer = np.frombuffer(buffer, np.uint8).data  # ctypes memory calls its bytes "<B", which cannot be sliced
        _HEAD.pack_into(buffer, 0, _MAGIC, len(self._header), self.size)
        buffer[_HEAD.size : _HEAD.size + len(self._header)] = self._header
        for array, offset in zip(self._arrays, self._offsets, strict=True):
            start = self._base + offset
            target = np.frombuffer(buffer, np.uint8, count=array.nbytes, offset=start)
            target[:] = array.reshape(-1).view(np.uint8)

    def tobytes(self) -> bytes:
        """The bytes."""
        out = bytearray(self.size)
        self.write_into(memoryview(out))
        return bytes(out)


def encode(value: Data) -> bytes:
    """Bytes of `value`."""
    return Encoded(value).tobytes()


def decode(data: bytes | memoryview, kind: type[T], *, copy: bool = True) -> T:
    """The value in `data`, checked against `kind`. With `copy` false its arrays are read-only views of `data`. Raises CodecError."""
    view = np.frombuffer(data, np.uint8).data if len(data) else memoryview(b"")
    if len(view) < _HEAD.size:
        raise CodecError("too short")
    magic, header_size, size = _HEAD.unpack_from(view, 0)
    if magic != _MAGIC or size > len(view) or _HEAD.size + header_size > size:
        raise CodecError("torn or foreign bytes")
    base = _aligned(_HEAD.size + header_size)

    def dereference(kind: type, value: object) -> object:
        if get_origin(kind) is not np.ndarray and kind is not np.ndarray:
            raise CodecError(f"{kind} cannot travel")
        return _array(view[base:size], value, copy)

    try:
        return msgspec.msgpack.decode(view[_HEAD.size : _HEAD.size + header_size], type=kind, dec_hook=dereference)
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise CodecError(str(error)) from error


def _array(view: memoryview, reference: object, copy: bool) -> np.ndarray[Any, Any]:
    match reference:
        case [str(name), list(shape), int(offset)] if name in _DTYPES and all(isinstance(n, int) and n >= 0 for n in shape):
            count = math.prod(shape)
        case _:
            raise CodecError("not an array reference")
    if offset < 0 or offset + count * np.dtype(name).itemsize > len(view):
        raise CodecError("array outside the bytes")
    array = np.frombuffer(view, np.dtype(name), count=count, offset=offset).reshape(shape)
    if copy:
        return array.copy()
    array.flags.writeable = False
    return array
