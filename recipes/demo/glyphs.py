#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Procedural glyph images: 36 classes, 32x32 RGB uint8, drawn from nothing but a seed.

A glyph is a list of polylines in the unit square (x to the right, y down). For
each image the polylines are bent and placed at random, the distance of every
pixel to the nearest segment gives an anti-aliased stroke, and the result lies
on a textured background between clutter strokes, then blurred and made noisy.

As a program it writes the data files that the demo ships:  glyphs.py [DIR]
"""
import pathlib
import struct
import sys
import zlib

import numpy as np

SIZE = 32
LABELS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Every split has a seed of its own, so none depends on the size of another.
SEEDS = {"train": 1001, "test": 2002, "calib": 3003}
TEST_PER_CLASS = 100
SHIPPED_PER_CLASS = 8
CALIB_IMAGES = 128

# ---------------------------------------------------------------- the glyphs


def line(*xy):
    """A polyline, each side cut in four so that bending it shows."""
    p = np.array(xy, np.float32).reshape(-1, 2)
    t = np.linspace(0, 1, 5, dtype=np.float32)[:-1, None]
    sides = [a + t * (b - a) for a, b in zip(p[:-1], p[1:])]
    return np.concatenate(sides + [p[-1:]])


def arc(cx, cy, rx, ry, start=0, end=360):
    """An elliptic arc; degrees, 0 is right, 90 is down."""
    n = max(4, int(abs(end - start) / 24))
    a = np.radians(np.linspace(start, end, n + 1))
    return np.stack([cx + rx * np.cos(a), cy + ry * np.sin(a)], 1).astype(np.float32)


_STEM = line(.06, 0, .06, 1)
_P_BOWL = [line(.06, 0, .5, 0), arc(.5, .27, .45, .27, -90, 90), line(.06, .54, .5, .54)]
_RING = arc(.5, .5, .5, .5)

# One entry a class: the forms in which the glyph is written.
GLYPHS = {
    "0": [[_RING, line(.28, .72, .72, .28)], [_RING, line(.5, .42, .5, .58)]],
    "1": [[line(.15, .24, .55, 0, .55, 1)],
          [line(.2, .24, .55, 0, .55, 1), line(.15, 1, .95, 1)]],
    "2": [[arc(.5, .28, .45, .28, -170, 45), line(.818, .478, .02, 1, 1, 1)]],
    "3": [[arc(.45, .26, .45, .26, -150, 90), arc(.45, .75, .5, .25, -90, 150)],
          [line(.05, 0, .9, 0, .42, .42), arc(.42, .71, .5, .29, -90, 150)]],
    "4": [[line(.72, 1, .72, 0, 0, .68, 1, .68)],
          [line(.15, 0, .1, .55, .95, .55), line(.72, .2, .72, 1)]],
    "5": [[line(.9, 0, .15, 0, .1, .45), arc(.45, .68, .5, .32, -135, 140)]],
    "6": [[arc(.5, .7, .45, .3), arc(.85, .7, .8, .7, -180, -100)]],
    "7": [[line(0, 0, 1, 0, .35, 1)],
          [line(0, 0, 1, 0, .35, 1), line(.3, .5, .9, .5)]],
    "8": [[arc(.5, .25, .4, .25), arc(.5, .74, .48, .26)]],
    "9": [[arc(.5, .3, .45, .3), arc(.15, .3, .8, .7, 0, 80)]],
    "A": [[line(0, 1, .5, 0, 1, 1), line(.2, .62, .8, .62)],
          [line(.05, 1, .05, .45), arc(.5, .45, .45, .45, -180, 0),
           line(.95, .45, .95, 1), line(.05, .6, .95, .6)]],
    "B": [[_STEM, line(.06, 0, .5, 0), arc(.5, .24, .38, .24, -90, 90), line(.06, .48, .5, .48),
           arc(.5, .74, .45, .26, -90, 90), line(.06, 1, .5, 1)]],
    "C": [[arc(.55, .5, .55, .5, 50, 310)]],
    "D": [[_STEM, line(.06, 0, .4, 0), arc(.4, .5, .58, .5, -90, 90), line(.06, 1, .4, 1)]],
    "E": [[line(.95, 0, .08, 0, .08, 1, .95, 1), line(.08, .5, .75, .5)]],
    "F": [[line(.95, 0, .08, 0, .08, 1), line(.08, .48, .75, .48)]],
    "G": [[arc(.52, .5, .52, .5, 0, 310), line(.58, .5, 1.04, .5)],
          [arc(.52, .5, .5, .5, 40, 310), line(.55, .58, .95, .58, .95, .95)]],
    "H": [[line(.05, 0, .05, 1), line(.95, 0, .95, 1), line(.05, .5, .95, .5)]],
    "I": [[line(.5, 0, .5, 1)],
          [line(.5, 0, .5, 1), line(.15, 0, .85, 0), line(.15, 1, .85, 1)]],
    "J": [[line(.75, 0, .75, .7), arc(.4, .7, .35, .3, 0, 170)],
          [line(.75, 0, .75, .7), arc(.4, .7, .35, .3, 0, 170), line(.4, 0, 1, 0)]],
    "K": [[_STEM, line(.95, 0, .06, .6), line(.34, .42, 1, 1)]],
    "L": [[line(.1, 0, .1, 1, .95, 1)]],
    "M": [[line(0, 1, .05, 0, .5, .6, .95, 0, 1, 1)]],
    "N": [[line(.05, 1, .05, 0, .95, 1, .95, 0)]],
    "O": [[_RING]],
    "P": [[_STEM] + _P_BOWL],
    "Q": [[_RING, line(.6, .7, 1, 1.05)]],
    "R": [[_STEM] + _P_BOWL + [line(.45, .54, 1, 1)]],
    "S": [[arc(.5, .26, .45, .26, -30, -270), arc(.5, .76, .47, .24, -90, 150)]],
    "T": [[line(0, 0, 1, 0), line(.5, 0, .5, 1)]],
    "U": [[line(.05, 0, .05, .6), arc(.5, .6, .45, .4, 180, 0), line(.95, .6, .95, 0)]],
    "V": [[line(0, 0, .5, 1, 1, 0)]],
    "W": [[line(0, 0, .25, 1, .5, .35, .75, 1, 1, 0)]],
    "X": [[line(0, 0, 1, 1), line(1, 0, 0, 1)]],
    "Y": [[line(0, 0, .5, .48, 1, 0), line(.5, .48, .5, 1)],
          [line(0, 0, .5, .5), line(1, 0, .3, 1)]],
    "Z": [[line(0, 0, 1, 0, 0, 1, 1, 1)],
          [line(0, 0, 1, 0, 0, 1, 1, 1), line(.25, .5, .75, .5)]],
}

# --------------------------------------------------------------- the drawing

_Y, _X = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
_PIXELS = np.stack([_X.ravel(), _Y.ravel()], 1) + .5


def coverage(strokes, width):
    """How much of every pixel the strokes cover, 0..1, from the distance to them."""
    a = np.concatenate([s[:-1] for s in strokes])
    d = np.concatenate([s[1:] for s in strokes]) - a
    # t is where on each segment the point nearest to the pixel lies.
    t = _PIXELS @ d.T - (a * d).sum(1)
    t = np.clip(t / np.maximum((d * d).sum(1), 1e-6), 0, 1)
    dx = _PIXELS[:, :1] - (a[:, 0] + t * d[:, 0])
    dy = _PIXELS[:, 1:] - (a[:, 1] + t * d[:, 1])
    near = np.sqrt((dx * dx + dy * dy).min(1))
    return np.clip(.5 + width / 2 - near, 0, 1).reshape(SIZE, SIZE)


def paint(image, cover, colour):
    """Lay a colour (one, or one a pixel) over the image where cover says."""
    image += cover[..., None] * (colour - image)


def bend(rng, points):
    """Elastic distortion: move points of the unit square by a slow wave."""
    amp = rng.uniform(-.07, .07, (2, 2)).astype(np.float32)
    phase = rng.uniform(0, 2 * np.pi, (2, 2)).astype(np.float32)
    wave = np.sin(points[:, None, :] * rng.uniform(2, 5) + phase)
    return points + (wave * amp).sum(2)


def placement(rng, centre):
    """A random affine map from the unit square to pixels, as (matrix, offset)."""
    height = rng.uniform(14, 25)
    scale = np.diag([height * rng.uniform(.5, .95), height])
    shear = np.array([[1, rng.normal(0, .16)], [rng.normal(0, .06), 1]])
    a = np.radians(np.clip(rng.normal(0, 10), -24, 24))
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    m = turn @ shear @ scale
    return m, np.asarray(centre) - m @ [.5, .5]


def place_glyph(rng, label, centre):
    """The strokes of one of the label's forms, distorted, in pixel coordinates."""
    forms = GLYPHS[LABELS[label]]
    form = forms[rng.integers(len(forms))]
    m, offset = placement(rng, centre)
    ends = np.cumsum([len(s) for s in form])[:-1]
    # All strokes are bent as one, or the joints of the glyph would come apart.
    points = bend(rng, np.concatenate(form)) @ m.T + offset
    return np.split(points.astype(np.float32), ends)


def ramp(rng):
    """A linear gradient over the image in a random direction, 0..1."""
    a = rng.uniform(0, 2 * np.pi)
    g = (_X * np.cos(a) + _Y * np.sin(a)).astype(np.float32)
    return (g - g.min()) / (g.max() - g.min())


def smooth_noise(rng, cells):
    """Random values on a grid of cells, interpolated to the image, 0..1."""
    grid = rng.random((cells + 1, cells + 1), np.float32)
    at = (np.arange(SIZE, dtype=np.float32) + .5) * cells / SIZE
    i = at.astype(int)
    f = at - i
    rows = grid[i] * (1 - f)[:, None] + grid[i + 1] * f[:, None]
    return rows[:, i] * (1 - f) + rows[:, i + 1] * f


def stripes(rng):
    """Soft stripes in a random direction, 0..1."""
    a = rng.uniform(0, np.pi)
    wave = (_X * np.cos(a) + _Y * np.sin(a)) * rng.uniform(.4, 1.4)
    return (.5 + .5 * np.sin(wave + rng.uniform(0, 6.3))).astype(np.float32)


def checks(rng):
    """A chequered plane, 0 or 1."""
    n = rng.integers(3, 9)
    x0, y0 = rng.integers(0, n, 2)
    return ((_X + x0) // n + (_Y + y0) // n).astype(np.float32) % 2


def background(rng):
    """Two colours, mixed by a texture; returns the image and the two colours."""
    kind = rng.integers(5)
    if kind == 0:
        mix = ramp(rng)
    elif kind <= 2:
        mix = smooth_noise(rng, int(rng.integers(2, 11)))
    else:
        mix = (stripes if kind == 3 else checks)(rng)
    first = rng.random(3, np.float32)
    second = np.clip(first + rng.normal(0, .22, 3), 0, 1).astype(np.float32)
    return first + mix[..., None] * (second - first), first, second


def ink(rng, first, second):
    """A colour that can be told from both background colours, if only just."""
    while True:
        colour = rng.random(3, np.float32)
        far = min(np.linalg.norm(colour - first), np.linalg.norm(colour - second))
        if far > .35:
            return colour


def clutter(rng, image, colour, most):
    """Stray thin strokes, sometimes of nearly the glyph's own colour."""
    for _ in range(rng.integers(0, most + 1)):
        cx, cy = rng.uniform(0, SIZE, 2)
        start = rng.uniform(0, 360)
        stroke = arc(cx, cy, *rng.uniform(3, 18, 2), start, start + rng.uniform(20, 120))
        own = rng.random() < .3
        c = np.clip(colour + rng.normal(0, .08, 3), 0, 1) if own else rng.random(3)
        paint(image, coverage([stroke], rng.uniform(.6, 1.8)), c.astype(np.float32))


def neighbour(rng, image, colour):
    """A second glyph that reaches in from the left or the right."""
    side = rng.choice([-1, 1])
    centre = (16 + side * rng.uniform(16, 20), rng.uniform(12, 20))
    strokes = place_glyph(rng, rng.integers(len(LABELS)), centre)
    paint(image, coverage(strokes, rng.uniform(1.3, 2.6)), colour)


def blur(image, sigma):
    """Gaussian blur of five taps, the borders repeated."""
    k = np.exp(-.5 * (np.arange(-2, 3) / sigma) ** 2).astype(np.float32)
    k /= k.sum()
    p = np.pad(image, ((2, 2), (2, 2), (0, 0)), "edge")
    rows = sum(w * p[i:i + SIZE] for i, w in enumerate(k))
    return sum(w * rows[:, i:i + SIZE] for i, w in enumerate(k))


def camera(rng, image):
    """What a cheap camera adds: blur, uneven light, noise, eight bits."""
    if rng.random() < .7:
        image = blur(image, rng.uniform(.4, 1.1))
    light = rng.uniform(.7, 1.2) + rng.normal(0, .15) * (ramp(rng)[..., None] - .5)
    noise = rng.standard_normal(image.shape, np.float32) * rng.uniform(.01, .09)
    return np.clip((image * light + noise) * 255 + .5, 0, 255).astype(np.uint8)


def draw(rng, label):
    """One image of the class: uint8 [SIZE, SIZE, 3]."""
    image, first, second = background(rng)
    colour = ink(rng, first, second)
    clutter(rng, image, colour, 3)
    if rng.random() < .3:
        neighbour(rng, image, colour)
    strokes = place_glyph(rng, label, rng.normal(16, 1.3, 2))
    shade = colour + (ramp(rng)[..., None] - .5) * rng.normal(0, .2, 3)
    paint(image, coverage(strokes, rng.uniform(1.2, 3.2)), np.clip(shade, 0, 1).astype(np.float32))
    clutter(rng, image, colour, 2)
    return camera(rng, image)


# ---------------------------------------------------------- splits and files


def make(count, seed):
    """count images, the classes in turn: (uint8 [count, 32, 32, 3], int64 [count])."""
    y = np.arange(count) % len(LABELS)
    # One stream an image: a longer set begins with the images of a shorter one.
    x = [draw(np.random.default_rng([seed, i]), int(c)) for i, c in enumerate(y)]
    return np.stack(x), y


def write_png(path, image):
    """An 8-bit RGB image as a PNG file, unfiltered."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    height, width, _ = image.shape
    rows = b"".join(b"\0" + row.tobytes() for row in image)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
                     + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def write_files(where):
    """The shipped test, calibration and sample images, and the labels."""
    where = pathlib.Path(where)
    (where / "samples").mkdir(parents=True, exist_ok=True)
    x, y = make(SHIPPED_PER_CLASS * len(LABELS), SEEDS["test"])
    np.save(where / "test_x.npy", x)
    np.save(where / "test_y.npy", y)
    np.save(where / "calib_x.npy", make(CALIB_IMAGES, SEEDS["calib"])[0])
    (where / "labels.txt").write_text("".join(c + "\n" for c in LABELS))
    for i, c in enumerate(LABELS):
        write_png(where / "samples" / f"{c}_{i}.png", x[i])


if __name__ == "__main__":
    write_files(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
