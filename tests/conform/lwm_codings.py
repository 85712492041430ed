# SPDX-License-Identifier: MIT
"""Decoders of a package's blobs, written from docs/lwm.md alone."""
import struct
import zlib


class Damaged(Exception):
    """EBADMSG"""


def need(condition, what):
    if not condition:
        raise Damaged(what)


# --- Huffman ---------------------------------------------------------------

class Bits:
    def __init__(self, data):
        self.data, self.at = data, 0

    def get(self, n=1):
        value = 0
        for _ in range(n):
            need(self.at < 8 * len(self.data), "codes go on past the end")
            value = value << 1 | (self.data[self.at // 8]
                                  >> (7 - self.at % 8)) & 1
            self.at += 1
        return value


def code_lengths(bits):
    lengths, last = [], 8
    while len(lengths) < 256:
        if not bits.get():
            pass
        elif not bits.get():
            last += -1 if bits.get() else 1
        elif bits.get():
            last = bits.get(4)
        else:
            zeros = 0
            while not bits.get():
                zeros += 1
                need(zeros <= 8, "run")
            run = 1 << zeros | bits.get(zeros)
            need(len(lengths) + run <= 256, "run")
            lengths += [0] * run
            continue
        need(1 <= last <= 12, "code length")
        lengths.append(last)
    return lengths


def huffman_decode(data, size):
    bits = Bits(data)
    lengths = code_lengths(bits)
    used = sorted((n, value) for value, n in enumerate(lengths) if n)
    need(sum(4096 >> n for n, _ in used) == 4096, "code is not complete")
    codes, code, before = {}, 0, used[0][0]
    for n, value in used:
        code <<= n - before
        codes[n, code] = value
        code, before = code + 1, n
    out = bytearray()
    while len(out) < size:
        n = code = 0
        while (n, code) not in codes:
            code = code << 1 | bits.get()
            n += 1
        out.append(codes[n, code])
    left = 8 * len(data) - bits.at
    need(left < 8 and bits.get(left) == 0, "bits are left over")
    return bytes(out)


# --- rANS ------------------------------------------------------------------

class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        need(n <= len(self.data) - self.at, "goes past the end")
        self.at += n
        return self.data[self.at - n:self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < 128:
                need((byte or not shift) and value < 1 << 32, "varint")
                return value
            shift += 7
            need(shift < 35, "varint")


def gamma(bits):
    zeros = 0
    while not bits.get():
        zeros += 1
        need(zeros <= 8, "run")
    return 1 << zeros | bits.get(zeros)


def levels_of(bits):
    levels, last = [], 25
    while len(levels) < 256:
        run, level = 1, None
        if not bits.get():
            pass
        elif not bits.get():
            last += -1 if bits.get() else 1
        elif not bits.get():
            run, level = gamma(bits), 0
        elif not bits.get():
            run = gamma(bits)
        else:
            last = bits.get(6)
        need(1 <= last <= 49 and len(levels) + run <= 256, "table")
        levels += [last if level is None else level] * run
    need(any(levels), "table has no symbol")
    return levels[128:] + levels[:128]


def frequencies_of(levels):
    weights = [(256, 304, 362, 431)[(v - 1) % 4] << (v - 1) // 4 if v else 0
               for v in levels]
    total = sum(weights)
    above = [max(4096 * w - total, 0) for w in weights]
    rest = 4096 - sum(v > 0 for v in levels)
    result, before, all_above = [], 0, sum(above)
    for level, a in zip(levels, above):
        result.append((level > 0) + (before + a) * rest // all_above
                      - before * rest // all_above)
        before += a
    return result


def rans_slice(data, size):
    data = Bytes(data)
    log2 = data.byte()
    need(log2 <= 3, "number of states")
    bits = Bits(data.data[data.at:])
    frequencies = frequencies_of(levels_of(bits))
    need(bits.get(-bits.at % 8) == 0, "bits after the table")
    data.take(bits.at // 8)
    states = list(struct.unpack(f"<{1 << log2}I", data.take(4 << log2)))
    need(min(states) >= 1 << 16, "state")
    places = [(value, i) for value, f in enumerate(frequencies)
              for i in range(f)]
    out = bytearray()
    for i in range(size):
        state = states[i % len(states)]
        value, offset = places[state % 4096]
        state = frequencies[value] * (state // 4096) + offset
        if state < 1 << 16:
            state = state << 16 | struct.unpack("<H", data.take(2))[0]
        states[i % len(states)] = state
        out.append(value)
    need(data.at == len(data.data), "bytes are left over")
    need(set(states) == {1 << 16}, "states at the end")
    return bytes(out)


def slices_decode(decode, data, size):
    data, out = Bytes(data), b""
    while len(out) < size:
        n = data.varint()
        need(1 <= n <= size - len(out), "slice")
        out += decode(data.take(data.varint()), n)
    need(data.at == len(data.data), "bytes are left over")
    return out


def rans_decode(data, size):
    return slices_decode(rans_slice, data, size)


# --- DEFLATE ---------------------------------------------------------------

def deflate_slice(data, size):
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        out = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise Damaged(str(error)) from error
    need(stream.eof and not stream.unused_data, "end")
    need(len(out) == size, "decodes to another size")
    return out


def deflate_decode(data, size):
    return slices_decode(deflate_slice, data, size)
