# SPDX-License-Identifier: MIT
"""The decoder of the context coding, written from docs/lwm.md alone."""
from lwm_codings import Bytes, need

CURVE = [22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812,
         11955, 17625, 24743, 32768, 40793, 47911, 53581, 57724, 60565, 62428,
         63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514]


def bound(p):
    return min(max(p, 32), 65504)


def make_squash(x):
    i, f = divmod(x + 2048, 128)
    return bound((CURVE[i] * (128 - f) + CURVE[i + 1] * f + 64) // 128)


SQUASH = {x: make_squash(x) for x in range(-2047, 2048)}


def make_stretch():
    x, result = -2047, []
    for i in range(4096):
        while x < 2047 and SQUASH[x + 1] <= 16 * i + 8:
            x += 1
        result.append(x)
    return result


STRETCH = make_stretch()


def rate(count):
    return 40960 // (5 * count + 8)


class Slots:
    """Slots by any key."""

    def __init__(self):
        self.slots = {}

    def get(self, key):
        return self.slots.setdefault(key, [1 << 21, 0])


def learn(slot, bit):
    target = (1 << 22) - 1 if bit else 0
    slot[0] += (target - slot[0]) // 8 * rate(slot[1]) // 1024
    slot[1] += slot[1] < 500


class Mixer:
    def __init__(self, n):
        self.weights = [19660] * n


class Arithmetic:
    def __init__(self, data):
        self.data, self.at = data, 0
        self.range, self.code = (1 << 32) - 1, 0
        for _ in range(4):
            self.code = self.code << 8 | self.next()

    def next(self):
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    def normalise(self):
        while self.range < 1 << 24:
            self.range <<= 8
            self.code = self.code << 8 | self.next()

    def decide(self, p):
        limit = (self.range >> 16) * p
        bit = self.code < limit
        if bit:
            self.range = limit
        else:
            self.code -= limit
            self.range -= limit
        self.normalise()
        return int(bit)

    def plain(self, n):
        step = self.range >> n
        value = min(self.code // step, (1 << n) - 1)
        self.code -= value * step
        self.range = (self.range - value * step if value == (1 << n) - 1
                      else step)
        self.normalise()
        return value

    def by_slot(self, slot):
        bit = self.decide(bound(slot[0] >> 6))
        learn(slot, bit)
        return bit

    def mix(self, slots, mixer):
        inputs = [STRETCH[slot[0] >> 10] for slot in slots]
        x = sum(i * w for i, w in zip(inputs, mixer.weights)) >> 16
        p = SQUASH[min(max(x, -2047), 2047)]
        bit = self.decide(p)
        error = (bit << 16) - p
        for i, value in enumerate(inputs):
            weight = mixer.weights[i] + (value * error >> 15)
            mixer.weights[i] = (weight + (1 << 31)) % (1 << 32) - (1 << 31)
        for slot in slots:
            learn(slot, bit)
        return bit

    def end(self):
        need(self.at == len(self.data) + 3 and self.code < 1 << 24,
             "end of the codes")


def decode_bytes(coder, stride, size):
    slots, mixer, out = Slots(), Mixer(6), bytearray()
    q = min(max((64 * size - 1).bit_length(), 12), 16)
    distance = stride if stride > 1 else 5

    def back(n):
        return out[len(out) - n] if n <= len(out) else 0

    def half(contexts, h):
        bases = []
        for k, c in enumerate(contexts):
            y = (c ^ k << 28) * 0x9e3779b1 % (1 << 32)
            y = ((y ^ y >> 15) + h) * 0x85ebca77 % (1 << 32)
            bases.append(y >> (36 - q) << 4)
        t = 1
        while t < 16:
            t = t << 1 | coder.mix([slots.get((k, base + t))
                                    for k, base in enumerate(bases)], mixer)
        return t - 16

    while len(out) < size:
        o, b, b2 = len(out) % stride, back(1), back(2)
        u, u2 = back(distance), back(2 * distance)
        contexts = [o, o << 8 | u, o << 8 | b, b << 8 | b2,
                    o << 16 | u << 8 | u2, (o & 3) << 16 | b << 8 | u]
        high = half(contexts, 0)
        out.append(high << 4 | half(contexts, 16 + high))
    return bytes(out)


def sign(weight):
    return 1 if weight < 0 else 2 if weight > 0 else 0


def level(mean):
    g = (2 * mean + 1).bit_length() - 1
    if not g:
        return 0
    return 2 * g - 1 + (mean >> (g - 2) & 1 if g > 1 else 0)


class Models:
    def __init__(self):
        self.slots = Slots()
        self.nodes = [Mixer(3) for _ in range(8)]
        self.sign, self.word = Mixer(3), Mixer(4)


class Rows:
    """A slice of rows of weights, as it is decoded."""

    def __init__(self, coder, models, row, step, lanes, masked):
        self.coder, self.models, self.step = coder, models, step
        self.row, self.lanes, self.masked = row, lanes, masked
        self.weights, self.words = [], []
        self.means, self.counts = [5120] * 4, [3] * 4
        self.columns, self.there = [0] * (4 * row), [0] * row

    def slot(self, *key):
        return self.models.slots.get(key)

    def weight(self, back, column):
        """The weight in a row before, or in this one."""
        r = len(self.weights) - 1 - back
        if r < 0 or not 0 <= column < len(self.weights[r]):
            return 0
        return self.weights[r][column]

    def word(self, back, word):
        r = len(self.words) - 1 - back
        if r < 0 or not 0 <= word < len(self.words[r]):
            return 0
        return self.words[r][word]

    def node(self, node, contexts):
        return self.coder.mix([self.slot(node, i, c)
                               for i, c in enumerate(contexts)],
                              self.models.nodes[node])

    def get_weight(self, column, not_zero):
        r = len(self.weights) - 1
        b, b2, b4 = (self.weight(0, column - n) for n in (1, 2, 4))
        t = self.weight(0, column - 4 * self.step)
        u, u2 = self.weight(1, column), self.weight(2, column)
        lane = column % 4 if self.lanes else 0
        tap = level(16 * abs(t))
        contexts = (
            (level(self.means[lane] // 16),
             level(self.columns[column] // 4) if r else 23),
            level(8 * abs(b) + 4 * abs(b2) + 4 * abs(b4)),
            (tap, level(10 * abs(u) + 6 * abs(u2))))
        if not not_zero and not self.node(0, contexts):
            return 0
        node = 1
        while node < 8:
            node = 2 * node + self.node(node, contexts)
        n = node - 7
        if n == 8:
            return -128
        magnitude, left = 1, n - 1
        for _ in range(min(left, 3)):
            bit = self.coder.by_slot(self.slot("leading", n, magnitude))
            magnitude, left = 2 * magnitude + bit, left - 1
        if left:
            magnitude = magnitude << left | self.coder.plain(left)
        negative = self.coder.mix([
            self.slot("sign", 0, 9 * sign(b) + 3 * sign(b2) + sign(b4)),
            self.slot("sign", 1, 9 * sign(t) + 3 * sign(u) + sign(u2)),
            self.slot("sign", 2, tap, sign(t))], self.models.sign)
        return -magnitude if negative else magnitude

    def learn_means(self, column, weight):
        r, w = len(self.weights) - 1, abs(weight)
        lane = column % 4 if self.lanes else 0
        self.means[lane] += (256 * w - self.means[lane]) * rate(
            self.counts[lane]) // 8192
        self.counts[lane] += self.counts[lane] < 500
        k = 0 if not r else 1 if r < 4 else 2 if r < 16 else 3
        self.columns[column] += (64 * w - self.columns[column]) >> k

    def get_word(self, word):
        zeros = self.masked
        for lane in range(4):
            column = 4 * word + lane
            weight = self.get_weight(column, zeros and lane == 3)
            zeros = zeros and not weight
            self.weights[-1].append(weight)
            self.learn_means(column, weight)
        return bytes(w & 255 for w in self.weights[-1][-4:])

    def presence(self, word):
        def share(x, y):
            return (15 * x + y // 2) // y if y else 8

        n = [self.word(0, word - i) for i in range(1, 7)]
        a, before, after = (self.word(1, word + i) for i in (0, -1, 1))
        s, s2 = (self.word(0, word - i * self.step) for i in (1, 2))
        v = share(self.there[word], len(self.words) - 1)
        in_row = self.words[-1]
        return self.coder.mix([
            self.slot("word", 0, tuple(n)),
            self.slot("word", 1, v, share(sum(in_row), len(in_row))),
            self.slot("word", 2, n[0], n[1], a, s, before, after,
                      self.word(2, word), s2),
            self.slot("word", 3, v, a, n[0], s)], self.models.word)

    def get_row(self):
        """Which words are there, and their weights."""
        self.weights.append([])
        self.words.append([])
        self.counts = [3] * 4
        out = b""
        for word in range(self.row):
            there = self.presence(word) if self.masked else 1
            self.there[word] += there
            if there:
                out += self.get_word(word)
            else:
                self.weights[-1] += [0] * 4
            self.words[-1].append(there)
        return self.words[-1], out


class Chain:
    """What a blob of weights has learned, if the next one may go on."""

    def __init__(self):
        self.models = None


def context_slices(data, rows, slice_rows, masked):
    """(rows, words or None, bytes) of each slice."""
    for at in range(0, rows, slice_rows):
        if rows - at <= slice_rows:
            yield rows - at, None, data.take(len(data.data) - data.at)
        else:
            words = data.varint() if masked else None
            yield slice_rows, words, data.take(data.varint())


def context_weights(data, size, kind, goes_on, chain):
    row, step = data.varint(), data.varint()
    need(row and not size % 4, "row")
    rows = data.varint() if kind == 3 else size // 4 // row
    slice_rows = data.varint()
    mask_size = (rows * row + 31) // 32 * 4 if kind == 3 else 0
    need(rows and row <= 1 << 20 and 1 <= step <= row, "layout")
    need(mask_size <= size if kind == 3 else 4 * rows * row == size, "layout")
    need(1 <= slice_rows <= rows, "slice rows")
    one = slice_rows == rows
    need(one or not (goes_on or kind == 3 and slice_rows * row % 8), "slices")
    need(not goes_on or chain and chain.models, "goes on with nothing")
    models = chain.models if goes_on else None
    mask, weights = [], b""
    for n_rows, words, stored in context_slices(data, rows, slice_rows,
                                                kind == 3):
        coder = Arithmetic(stored)
        models = models if goes_on else Models()
        slice_ = Rows(coder, models, row, step, kind == 2, kind == 3)
        before = len(weights)
        for _ in range(n_rows):
            there, more = slice_.get_row()
            mask += there
            weights += more
            need(len(weights) <= size - mask_size, "words")
        need(words is None or len(weights) - before == 4 * words, "words")
        coder.end()
    if chain:
        chain.models = models if one else None
    if kind != 3:
        return weights
    mask += [0] * (-len(mask) % 32)
    return bytes(sum(bit << i for i, bit in enumerate(mask[at:at + 8]))
                 for at in range(0, len(mask), 8)) + weights


def context_decode(data, size, chain=None):
    data = Bytes(data)
    first = data.byte()
    need(first < 8, "first byte")
    kind, goes_on = first & 3, first >> 2
    if kind:
        return context_weights(data, size, kind, goes_on, chain)
    stride = data.varint()
    need(not goes_on and 1 <= stride <= 4096, "stride")
    coder = Arithmetic(data.take(len(data.data) - data.at))
    out = decode_bytes(coder, stride, size)
    coder.end()
    return out
