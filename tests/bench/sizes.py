# SPDX-License-Identifier: MIT
"""What a package stores, and what others would make of the same weights."""
import glob
import importlib.util
import lzma
import pathlib
import struct
import sys

import numpy as np
import zstandard
from ethosu import mlw_codec

sys.path.append(str(pathlib.Path(__file__).parent.parent / "conform"))
import lwm_reader  # noqa: E402

CONV, DWCONV = 1, 2
LANES = 4


def _load_nncodec():
    """Its coder alone: the package around it wants a training framework."""
    spec = importlib.util.find_spec("nncodec")
    files = glob.glob(str(pathlib.Path(spec.origin).parent /
                          "extensions/deepCABAC*.so"))
    spec = importlib.util.spec_from_file_location("deepCABAC", files[0])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


deep_cabac = _load_nncodec()


def _dense(op, weights):
    """The weights of a convolution, [outputs][inputs of each], or None."""
    opcode, = struct.unpack_from("<I", op, 0)
    in_c, = struct.unpack_from("<H", op, 8 + 16)
    out_c, = struct.unpack_from("<H", op, 48 + 16)
    offset, length = struct.unpack_from("<II", op, 68)
    if opcode not in (CONV, DWCONV):
        return None
    stream = np.frombuffer(weights, np.int8, length, offset)
    if opcode == DWCONV:
        return stream.reshape(-(-in_c // LANES), -1)
    groups, kernel_h, kernel_w = struct.unpack_from("<HBB", op, 68 + 16)
    if op[68 + 28]:
        blocks = out_c * kernel_h * kernel_w * (-(-in_c // LANES) // groups)
        words = -(-blocks // 32) * 4
        used = np.unpackbits(stream[:words].view(np.uint8), count=blocks,
                             bitorder="little").astype(bool)
        full = np.zeros((blocks, LANES), np.int8)
        full[used] = stream[words:].reshape(-1, LANES)
        stream = full
    return stream.reshape(out_c, -1)


def _nncodec(layers):
    total = 0
    none = np.zeros(0, np.int32)
    for layer in layers:
        encoder = deep_cabac.Encoder()
        encoder.initCtxModels(10, 0)
        encoder.encodeLayer(layer.astype(np.int32), 0, 0, 0, 0, 0, none,
                            deep_cabac.HdspMode.AlwaysOff,
                            np.zeros(0, np.int8), 0, 0)
        total += len(encoder.finish())
    return total


def _vela(layers):
    return sum(len(mlw_codec.encode(layer.ravel().tolist()))
               for layer in layers)


def weigh(package):
    """Bytes of a package, of its weights as stored, and by other coders. The
    others get the weights with their zeros, layer by layer where they know
    layers; each layer that shares another's counts once."""
    data = package.read_bytes()
    header, ops, weights = lwm_reader.read_package(data)
    layers = {}
    for at in range(0, len(ops), 128):
        layer = _dense(ops[at:at + 128], weights)
        if layer is not None:
            layers.setdefault(struct.unpack_from("<I", ops, at + 68)[0],
                              layer)
    layers = list(layers.values())
    raw = b"".join(layer.tobytes() for layer in layers)
    streams = header["segments"][:-1]  # the last: biases, scales, tables
    return {
        "package": len(data),
        "weights": sum(segment["stored_size"] for segment in streams),
        "raw": len(raw),
        "zstd -19": len(zstandard.compress(raw, 19)),
        "xz -9e": len(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)),
        "NNCodec": _nncodec(layers),
        "Vela": _vela(layers),
    }


def print_table(rows):
    columns = list(next(iter(rows.values())))
    print("\nbytes: the package; of it the weights; they raw, by other coders")
    print(" " * 20, *(f"{column:>11}" for column in columns))
    for name, row in rows.items():
        print(f"  {name:18}", *(f"{row[column]:11,}" for column in columns))
