# SPDX-License-Identifier: MIT
"""Networks as ncnn's .param and .bin, convolutions in int8.

As ncnn's own ncnn2int8 leaves them: a scale per output channel, and where a
convolution's output goes to convolutions alone it stays int8 (a term above
100). Scales are of no particular data: they cost the same time.
"""
import struct

import numpy as np

MAGIC = 7767517
INT8_TAG = 0x000D4B38
RANGE = 6.0


class _Writer:
    def __init__(self, network):
        self.layers, self.blobs, self.data = [], 0, b""
        self.shapes = network.shapes
        self.readers, self.taken = {}, {}
        for layer in network.layers:
            for x in layer.inputs:
                self.readers.setdefault(x, []).append(layer)
        self.last = network.layers[-1].out
        c, h, w = network.shape
        self.emit("Input", [], [0], f"0={w}", f"1={h}", f"2={c}")
        self.split(0)

    def emit(self, kind, inputs, outputs, *parameters):
        name = f"{kind}{len(self.layers)}"
        self.layers.append(" ".join(map(str, (
            kind, name, len(inputs), len(outputs), *inputs, *outputs,
            *parameters))))
        self.blobs += len(outputs)

    def split(self, x):
        """A blob has one reader: more read copies, x_0, x_1, …"""
        n = len(self.readers.get(x, []))
        if n > 1:
            self.emit("Split", [x], [f"{x}_{i}" for i in range(n)])

    def take(self, x):
        i = self.taken.get(x, 0)
        self.taken[x] = i + 1
        return f"{x}_{i}" if len(self.readers[x]) > 1 else x

    def stays_int8(self, layer):
        readers = self.readers.get(layer.out, [])
        return readers and all(r.kind == "conv" for r in readers)

    def put_weights(self, layer, scales):
        weights = layer.weights.reshape(len(scales), -1)
        quantised = np.rint(weights * scales[:, None]).astype(np.int8)
        raw = quantised.tobytes()
        self.data += struct.pack("<I", INT8_TAG) + raw + bytes(-len(raw) % 4)
        self.data += layer.bias.astype("<f4").tobytes()
        self.data += scales.astype("<f4").tobytes()
        self.data += struct.pack("<f", 127 / RANGE)

    @staticmethod
    def scales(layer):
        weights = layer.weights.reshape(len(layer.weights), -1)
        return 127 / np.abs(weights).max(axis=1)

    @staticmethod
    def activation(layer):
        if layer.relu == float("inf"):
            return ["9=1"]
        return ["9=3", f"-23310=2,0.0,{layer.relu}"] if layer.relu else []

    def layer(self, layer):
        inputs = [self.take(x) for x in layer.inputs]
        out = "out" if layer.out == self.last else layer.out
        getattr(self, layer.kind)(layer, inputs, out)
        self.split(layer.out)

    def conv(self, layer, inputs, out):
        if self.shapes[layer.inputs[0]][1:] == (1, 1):
            self.fc(layer, inputs, out)
            return
        term = 101 if self.stays_int8(layer) else 1
        kernel_h, kernel_w = layer.weights.shape[2:]
        top, left, bottom, right = layer.pads
        parameters = [
            f"0={layer.shape[0]}", f"1={kernel_w}", f"11={kernel_h}",
            f"3={layer.stride}", f"4={left}", f"14={top}", f"15={right}",
            f"16={bottom}", "5=1", f"6={layer.weights.size}", f"8={term}"]
        if layer.groups > 1:
            parameters.append(f"7={layer.groups}")
        parameters += self.activation(layer)
        self.emit("ConvolutionDepthWise" if layer.groups > 1 else
                 "Convolution", inputs, [out], *parameters)
        self.put_weights(layer, self.scales(layer))
        if term > 100:
            self.data += struct.pack("<f", 127 / RANGE)

    def fc(self, layer, inputs, out):
        self.emit("InnerProduct", inputs, [out], f"0={layer.shape[0]}", "1=1",
                 f"2={layer.weights.size}", "8=1", *self.activation(layer))
        self.put_weights(layer, self.scales(layer))

    def add(self, layer, inputs, out):
        raw = f"{out}_sum" if layer.relu else out
        self.emit("BinaryOp", inputs, [raw], "0=0")
        if layer.relu:
            self.emit("ReLU", [raw], [out])

    def pool(self, _, inputs, out):
        self.emit("Pooling", inputs, [out], "0=1", "4=1")

    def maxpool(self, layer, inputs, out):
        self.emit("Pooling", inputs, [out], "0=0", f"1={layer.kernel}",
                 f"2={layer.stride}", f"3={layer.pads[0]}", "5=1")

    def slice(self, layer, inputs, out):
        begin, end = layer.channels
        self.emit("Crop", inputs, [out], f"-23309=1,{begin}",
                 f"-23310=1,{end}", "-23311=1,0")

    def concat(self, _, inputs, out):
        self.emit("Concat", inputs, [out], "0=0")


def write(network, param, binary):
    writer = _Writer(network)
    for layer in network.layers:
        writer.layer(layer)
    with open(param, "w", encoding="ascii") as file:
        print(MAGIC, f"{len(writer.layers)} {writer.blobs}", *writer.layers,
              sep="\n", file=file)
    with open(binary, "wb") as file:
        file.write(writer.data)
