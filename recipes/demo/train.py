#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Train the demo model and write every file that this directory ships.

    train.py [--epochs N] [--out DIR]

Needs numpy, torch (the CPU is enough), onnx and onnxruntime.
"""
import argparse
import collections
import pathlib
import time

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn

import glyphs

# A channel, of pixel / 255; near those of the training images, and fixed: they
# are part of the model's interface, and the ONNX file carries them as metadata.
MEAN = (0.4715, 0.4740, 0.4737)
STD = (0.2751, 0.2762, 0.2754)

TRAIN_IMAGES = 1200 * len(glyphs.LABELS)
TEST_IMAGES = glyphs.TEST_PER_CLASS * len(glyphs.LABELS)
BATCH = 128
SHIFT = 2

# ----------------------------------------------------------------- the model


class Unit(nn.Sequential):
    """Convolution, batch normalisation, activation."""

    def __init__(self, cin, cout, size=3, stride=1, groups=1, act=nn.ReLU):
        conv = nn.Conv2d(cin, cout, size, stride, size // 2, groups=groups, bias=False)
        super().__init__(conv, nn.BatchNorm2d(cout), act())


def separable(cin, cout, stride=1):
    """A depthwise 3x3 and a pointwise convolution."""
    return nn.Sequential(Unit(cin, cin, 3, stride, groups=cin, act=nn.ReLU6),
                         Unit(cin, cout, 1, act=nn.ReLU6))


class Residual(nn.Module):
    """Two 3x3 convolutions around which the input is added."""

    def __init__(self, ch):
        super().__init__()
        self.body = nn.Sequential(Unit(ch, ch), Unit(ch, ch, act=nn.Identity))

    def forward(self, x):
        return F.relu(x + self.body(x))


class Inverted(nn.Module):
    """Pointwise up, depthwise, pointwise down; a linear sum."""

    def __init__(self, ch, wide):
        super().__init__()
        self.body = nn.Sequential(Unit(ch, wide, 1, act=nn.ReLU6),
                                  Unit(wide, wide, 3, groups=wide, act=nn.ReLU6),
                                  Unit(wide, ch, 1, act=nn.Identity))

    def forward(self, x):
        return x + self.body(x)


def build():
    """The network; it has one of each kind of layer that a small CNN is made of."""
    return nn.Sequential(collections.OrderedDict(
        stem=Unit(3, 16),
        sep1=separable(16, 32),
        pool=nn.MaxPool2d(2),           # 32x32 -> 16x16
        res1=Residual(32),
        sep2=separable(32, 64, 2),      # -> 8x8
        res2=Residual(64),
        inv2=Inverted(64, 128),
        down=Unit(64, 96, 3, 2),        # -> 4x4
        res3=Residual(96),
        head=Unit(96, 128, 1),
        mean=nn.AdaptiveAvgPool2d(1),
        flat=nn.Flatten(),
        fc=nn.Linear(128, len(glyphs.LABELS)),
    ))


def count_macs(model):
    """Multiply-accumulates of one image, convolutions and fully connected."""
    total = 0

    def hook(module, _, out):
        nonlocal total
        # weight.numel() / outputs is what one output value costs.
        total += module.weight[0].numel() * out.numel()

    hooks = [m.register_forward_hook(hook) for m in model.modules()
             if isinstance(m, (nn.Conv2d, nn.Linear))]
    model.eval()(torch.zeros(1, 3, glyphs.SIZE, glyphs.SIZE))
    for h in hooks:
        h.remove()
    return total

# ---------------------------------------------------------------- the training


def normalise(x):
    """uint8 NHWC to what the model reads: float32 NCHW."""
    x = np.asarray(x, np.float32) / 255
    x = (x - np.float32(MEAN)) / np.float32(STD)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2))


def augment(rng, x):
    """Shift every image, exchange its channels, and invert half of them."""
    n, size = len(x), glyphs.SIZE
    image = np.arange(n)[:, None, None, None]
    at = np.arange(size) + rng.integers(-SHIFT, SHIFT + 1, (2, n, 1))
    rows, cols = np.clip(at, 0, size - 1)
    channels = rng.permuted(np.tile(np.arange(3), (n, 1)), axis=1)
    x = x[image, rows[:, :, None, None], cols[:, None, :, None], channels[:, None, None, :]]
    return np.where(rng.random((n, 1, 1, 1)) < .5, 255 - x, x)


def decay_groups(model, decay):
    """Weight decay for the weights alone: biases and normalisation are few and needed."""
    params = list(model.parameters())
    return [{"params": [p for p in params if p.ndim > 1], "weight_decay": decay},
            {"params": [p for p in params if p.ndim == 1], "weight_decay": 0}]


def train(model, x, y, epochs, rng):
    steps = len(x) // BATCH
    opt = torch.optim.SGD(decay_groups(model, 5e-4), lr=.1, momentum=.9, nesterov=True)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, .2, epochs * steps, pct_start=.25)
    for epoch in range(epochs):
        model.train()
        start, total, order = time.time(), 0., rng.permutation(len(x))
        for step in range(steps):
            pick = order[step * BATCH:(step + 1) * BATCH]
            batch = torch.from_numpy(normalise(augment(rng, x[pick])))
            batch = batch.contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(model(batch), torch.from_numpy(y[pick]), label_smoothing=.05)
            opt.zero_grad()
            loss.backward()
            opt.step()
            plan.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / steps:.3f}, {time.time() - start:.0f} s", flush=True)


def logits_torch(model, x):
    model.eval()
    with torch.no_grad():
        return torch.cat([model(torch.from_numpy(normalise(x[i:i + 100])))
                          for i in range(0, len(x), 100)]).numpy()

# ----------------------------------------------------------------- the export


def constants_to_initializers(graph):
    """The exporter writes the bounds of a Clip as nodes; make them plain constants."""
    for node in [n for n in graph.node if n.op_type == "Constant"]:
        tensor = graph.initializer.add()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        graph.node.remove(node)


def export(model, path):
    """Write the float model; BatchNormalization stays in the graph."""
    model = model.eval().to(memory_format=torch.contiguous_format)
    shape = (1, 3, glyphs.SIZE, glyphs.SIZE)
    # PRESERVE of a model in eval mode: inference, with nothing folded.
    torch.onnx.export(model, (torch.zeros(shape),), str(path), opset_version=17,
                      input_names=["image"], output_names=["logits"], dynamo=False,
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    proto = onnx.load(path)
    constants_to_initializers(proto.graph)
    proto.graph.name = "glyphs"
    onnx.helper.set_model_props(proto, {
        "mean": ",".join(f"{v:.4f}" for v in MEAN),
        "std": ",".join(f"{v:.4f}" for v in STD),
        "license": "MIT"})
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)


def logits_onnx(path, x):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    x = normalise(x)
    return np.concatenate([session.run(["logits"], {"image": x[i:i + 1]})[0]
                           for i in range(len(x))])


def accuracy(logits, y):
    return 100 * float((logits.argmax(1) == y).mean())


def report(model, path, x, y):
    """The figures of the README; the file must compute what the model computes."""
    want, got = logits_torch(model, x), logits_onnx(path, x)
    worst = np.abs(want - got).max()
    if worst > 1e-3:
        raise SystemExit(f"{path} is not the trained model: logits differ by {worst:g}")
    shipped = glyphs.SHIPPED_PER_CLASS * len(glyphs.LABELS)
    params = sum(p.numel() for p in model.parameters())
    ops = collections.Counter(n.op_type for n in onnx.load(path).graph.node)
    print(f"{params} parameters, {count_macs(model) / 1e6:.2f} MMAC, {path.stat().st_size} bytes")
    print(", ".join(f"{k} {v}" for k, v in sorted(ops.items())))
    print(f"accuracy on {len(x)}: torch {accuracy(want, y):.2f} %, onnx {accuracy(got, y):.2f} %"
          f" (logits differ by at most {worst:.1e})")
    print(f"accuracy on the first {shipped}: {accuracy(got[:shipped], y[:shipped]):.2f} %")


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--epochs", type=int, default=18)
    args.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    args = args.parse_args()
    torch.manual_seed(1)
    glyphs.write_files(args.out)
    x, y = glyphs.make(TRAIN_IMAGES, glyphs.SEEDS["train"])
    print("mean", np.round(x.mean((0, 1, 2)) / 255, 4), "std", np.round(x.std((0, 1, 2)) / 255, 4))
    model = build().to(memory_format=torch.channels_last)
    train(model, x, y, args.epochs, np.random.default_rng(1))
    path = args.out / "glyphs.onnx"
    export(model, path)
    report(model, path, *glyphs.make(TEST_IMAGES, glyphs.SEEDS["test"]))


if __name__ == "__main__":
    main()
