# SPDX-License-Identifier: MIT
"""liblwnpu through ctypes: packages run in this process."""
import ctypes
import os
import pathlib

import numpy as np
from conftest import LWCTL

F32, QUANT = 0, 1


class _Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 512)]


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("type", ctypes.c_int)]


def _buffers(arrays):
    """Bytes are the model's own type, all else is real numbers."""
    return (_Buffer * len(arrays))(*[
        _Buffer(a.ctypes.data, a.nbytes, QUANT if a.itemsize == 1 else F32)
        for a in arrays])


class Device:
    """An open device of the library beside the command under test."""

    def __init__(self, name):
        path = os.environ.get("LIBLWNPU",
                              pathlib.Path(LWCTL).parent / "liblwnpu.so")
        self.lib = ctypes.CDLL(str(path))
        self.handle = ctypes.c_void_p()
        self.call("lwnpu_device_open", ctypes.byref(self.handle),
                  name.encode())

    def call(self, function, *args):
        error = _Error()
        if getattr(self.lib, function)(*args, ctypes.byref(error)):
            raise OSError(-error.code, error.message.decode())

    def load(self, package):
        return Model(self, package)


class Model:
    """A package in the device's memory."""

    def __init__(self, device, package):
        self.device, self.handle = device, ctypes.c_void_p()
        device.call("lwnpu_model_load_memory", ctypes.byref(self.handle),
                    device.handle, package, ctypes.c_size_t(len(package)))

    def run(self, inputs, likes):
        """Outputs with the shapes and types of the arrays in likes."""
        inputs = [np.ascontiguousarray(x) for x in inputs]
        outputs = [np.empty_like(like, order="C") for like in likes]
        self.device.call("lwnpu_model_run", self.handle, _buffers(inputs),
                         _buffers(outputs))
        return outputs

    def close(self):
        self.device.lib.lwnpu_model_free(self.handle)
