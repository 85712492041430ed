#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An independent reader of packages, written from docs/lwm.md alone.

    lwm_reader.py FILE...                prints what is in each
    lwm_reader.py --expected TABLE       checks the files that the table names

Checksums are verified if the module xxhash is there; zstd, of blobs or of the
header, is decoded if compression.zstd or zstandard is there. It says so where
it cannot tell.
"""
import hashlib
import os
import struct
import sys

import lwm_codings
import lwm_context
from lwm_codings import Damaged, need

try:
    import xxhash
except ImportError:
    xxhash = None
try:
    from compression import zstd as _zstd
    zstd_decode = _zstd.decompress
except ImportError:
    try:
        import zstandard
        zstd_decode = zstandard.ZstdDecompressor().decompress
    except ImportError:
        zstd_decode = None

MAGIC = b"\x8bLWM\r\n\x1a\n"
PRELUDE = struct.Struct("<8sQHHIQII")


class Unsupported(Exception):
    """EOPNOTSUPP"""


class Refused(Exception):
    """EINVAL"""


class CannotTell(Exception):
    """A Python module is missing."""


# --- protobuf -------------------------------------------------------------

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def get_varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data) and shift < 70, "varint goes on past the end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            need(byte or shift == 7, "varint is not in its shortest form")
            return value, at


def wire_fields(data):
    """(number, type, value) of each field of a message."""
    at = 0
    while at < len(data):
        tag, at = get_varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = get_varint(data, at)
        else:
            if kind == BYTES:
                size, at = get_varint(data, at)
            else:
                need(kind in (FIXED64, FIXED32), f"wire type {kind}")
                size = 8 if kind == FIXED64 else 4
            value = data[at:at + size]
            need(len(value) == size, f"field {number} goes past the end")
            at += size
        yield number, kind, value


def as_text(data):
    need(0 not in data, "zero byte in a string")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("string is not UTF-8") from error
    if any(ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 for c in text):
        raise Refused("control character in a string")
    return text


def as_floats(data):
    need(data and len(data) % 4 == 0, "packed numbers of 4 bytes")
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def as_varints(data):
    values, at = [], 0
    need(data, "packed field is empty")
    while at < len(data):
        value, at = get_varint(data, at)
        values.append(value)
    return values


# number: name, wire type, decoder, default (a list: repeated)
def number(name):
    return name, VARINT, int, 0


def string(name):
    return name, BYTES, as_text, ""


def fixed64(name):
    return name, FIXED64, lambda b: struct.unpack("<Q", b)[0], 0


def fixed32(name):
    return name, FIXED32, lambda b: struct.unpack("<I", b)[0], 0


def real(name):
    return name, FIXED32, lambda b: struct.unpack("<f", b)[0], 0.0


def one(name, schema):
    return name, BYTES, lambda b: message(b, schema), None


def many(name, schema):
    return name, BYTES, lambda b: message(b, schema), []


BLOB = {1: number("size"), 2: number("coding"), 3: number("stored_size"),
        4: fixed32("stored_xxh3")}
IO = {1: string("name"), 2: number("h"), 3: number("w"), 4: number("c"),
      5: real("scale"), 6: number("zero_point"), 7: number("is_signed"),
      8: ("dims", BYTES, as_varints, ()), 9: number("nchw"),
      10: real("norm_scale"), 11: ("mean", BYTES, as_floats, ()),
      12: ("std", BYTES, as_floats, ())}
LAYER = {1: string("name"), 2: number("n_ops"), 3: number("macs"),
         4: number("zero_macs")}
HEADER = {1: string("source"), 2: string("producer"), 3: one("ops", BLOB),
          4: many("segments", BLOB), 5: many("inputs", IO),
          6: many("outputs", IO), 7: many("layers", LAYER),
          8: fixed64("program_xxh3")}


def message(data, schema):
    result = {name: list(default) if isinstance(default, list) else default
              for name, _, _, default in schema.values()}
    last = 0
    for field, kind, raw in wire_fields(data):
        if field not in schema:
            raise Unsupported(f"field {field}")
        name, expected, decode, default = schema[field]
        need(kind == expected, f"{name}: wire type {kind}")
        repeated = isinstance(default, list)
        need(field > last or (repeated and field == last),
             f"{name}: not in canonical order")
        last = field
        value = decode(raw)
        if repeated:
            result[name].append(value)
            continue
        need(value != default, f"{name}: a default that is not left out")
        result[name] = value
    return result


# --- codings --------------------------------------------------------------

def raw_decode(data, size):
    return data


def zstd_blob(data, size):
    need(data[:4] == b"\x28\xb5\x2f\xfd", "no zstd frame")
    if not zstd_decode:
        raise CannotTell("no module that decodes zstd")
    try:
        return zstd_decode(data)
    except Exception as error:
        raise Damaged(f"zstd: {error}") from error


CODINGS = [("raw", raw_decode, 1),
           ("huffman", lwm_codings.huffman_decode, 8),
           ("zstd", zstd_blob, 32768), ("rans", lwm_codings.rans_decode, 1024),
           ("context", None, 1024),
           ("deflate", lwm_codings.deflate_decode, 1032)]


def check_coding(coding):
    if coding >= len(CODINGS):
        raise Unsupported(f"coding {coding}")


def check_size(coding, stored_size, size):
    need(1 <= size <= CODINGS[coding][2] * stored_size, "decoded size")


def decode(coding, stored, size, chain=None):
    if CODINGS[coding][0] == "context":
        decoded = lwm_context.context_decode(stored, size, chain)
    else:
        decoded = CODINGS[coding][1](stored, size)
    need(len(decoded) == size, "decodes to another size")
    return decoded


# --- packages -------------------------------------------------------------

def check_sum(data, expected, what, seed=0, bits=64):
    if xxhash:
        checksum = xxhash.xxh3_64_intdigest(data, seed=seed)
        need(checksum % (1 << bits) == expected, f"{what} is damaged")


def read_header(data):
    need(data[:8] == MAGIC[:len(data)], "not a package")
    need(len(data) >= PRELUDE.size, "truncated")
    _, checksum, version, coding, features, file_size, stored_size, size = \
        PRELUDE.unpack_from(data)
    if version != 1 or features:
        raise Unsupported(f"version {version}, features {features:#x}")
    check_coding(coding)
    end = PRELUDE.size + stored_size
    need(file_size == len(data) and end <= file_size and size <= 1 << 20,
         "prelude")
    check_sum(data[16:end], checksum, "header")
    check_size(coding, stored_size, size)
    return message(decode(coding, data[PRELUDE.size:end], size), HEADER), end


def read_blobs(data, blobs, at):
    """Stored bytes of each blob; nothing else is in the file."""
    stored = []
    for blob in blobs:
        need(blob, "no blob")
        check_coding(blob["coding"])
        check_size(blob["coding"], blob["stored_size"], blob["size"])
        stored.append(data[at:at + blob["stored_size"]])
        at += blob["stored_size"]
        need(at <= len(data), "blob goes past the end")
        check_sum(stored[-1], blob["stored_xxh3"], "blob", bits=32)
    need(at == len(data), "bytes after the last blob")
    return stored


def fill_shape(io):
    """Rows, columns and channels are in the file only if dims differ."""
    said = [io["h"], io["w"], io["c"]]
    shape = io["dims"][1:]
    if 1 <= len(shape) <= 3:
        ones = [1] * (3 - len(shape))
        shape = ([*shape[1:], *ones, shape[0]] if io["nchw"]
                 else [*ones, *shape])
        need(said != shape, "h, w, c repeat dims")
        if not any(said):
            io["h"], io["w"], io["c"] = shape


def read_package(data):
    """The header as a dictionary, operations, region 0."""
    header, end = read_header(data)
    for io in header["inputs"] + header["outputs"]:
        need(io["zero_point"] <= 255, "zero point")
        fill_shape(io)
    need(all(layer["zero_macs"] <= layer["macs"]
             for layer in header["layers"]), "multiply-accumulates")
    blobs = [header["ops"], *header["segments"]]
    stored = read_blobs(data, blobs, end)
    chain = lwm_context.Chain()
    ops, *pieces = [decode(b["coding"], s, b["size"], chain)
                    for b, s in zip(blobs, stored)]
    need(len(ops) % 128 == 0, "operations' size")
    weights = b"".join(pieces)
    if xxhash:
        check_sum(weights, header["program_xxh3"], "program",
                  xxhash.xxh3_64_intdigest(ops))
    return header, ops, weights


def describe(path):
    with open(path, "rb") as file:
        header, ops, weights = read_package(file.read())
    print(f"{path}: from {header['source']} by {header['producer']}: "
          f"{len(ops) // 128} operations, {len(weights)} bytes of weights, "
          f"SHA-256 {hashlib.sha256(weights).hexdigest()}")
    for i, blob in enumerate(header["segments"]):
        print(f"  segment {i}: {CODINGS[blob['coding']][0]} "
              f"{blob['stored_size']} of {blob['size']}")
    for what in "inputs", "outputs":
        for io in header[what]:
            print(f"  {what[:-1]} {io['name']}: {io['h']} x {io['w']} x "
                  f"{io['c']}, scale {io['scale']:g}")


def verdict(path):
    """As expected.txt has it."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        _, _, weights = read_package(data)
    except Damaged as error:
        return "EBADMSG", str(error)
    except Unsupported as error:
        return "EOPNOTSUPP", str(error)
    except Refused as error:
        return "EINVAL", str(error)
    return "OK", hashlib.sha256(weights).hexdigest()


def rows(table):
    """(path, verdict, rest of the line) of each file in expected.txt."""
    with open(table, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, code, rest = line.split(maxsplit=2)
                yield (os.path.join(os.path.dirname(table), name), code,
                       rest.strip())


def agrees(path, code, rest):
    """None if this reader's verdict is the table's, else what it is.

    Whether a program is valid is beyond this reader: what the table refuses
    with EINVAL it may read.
    """
    mine, detail = verdict(path)
    if mine == code and (code != "OK" or detail == rest):
        return None
    if mine == "OK" and code == "EINVAL":
        return None
    if mine == "OK" and "checksum" in rest and not xxhash:
        raise CannotTell("no module xxhash")
    return f"{mine} {detail}, expected {code} {rest}"


def check_table(table):
    wrong = unknown = n = 0
    for path, code, rest in rows(table):
        n += 1
        try:
            differs = agrees(path, code, rest)
        except CannotTell as reason:
            unknown += 1
            print(f"{path}: not checked: {reason}")
            continue
        if differs:
            wrong += 1
            print(f"{path}: {differs}")
    print(f"{n} files, {wrong} wrong, {unknown} not checked")
    return 1 if wrong or not n else 0


def main(words):
    if len(words) == 2 and words[0] == "--expected":
        return check_table(words[1])
    for path in words:
        try:
            describe(path)
        except (Damaged, Unsupported, Refused, CannotTell) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
