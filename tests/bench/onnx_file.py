# SPDX-License-Identifier: MIT
"""Networks as ONNX files, float and quantised by onnxruntime."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat,
                                      QuantType, quantize_static)


def _attributes(layer):
    return dict(strides=[layer.stride] * 2, pads=list(layer.pads))


class _Writer:
    def __init__(self, network):
        self.network, self.nodes, self.constants = network, [], []
        self.names = {0: "input"}

    def constant(self, name, array):
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], name=output,
                                           **attributes))

    def layer(self, layer):
        name = f"t{layer.out}"
        inputs = [self.names[i] for i in layer.inputs]
        raw = name + "_raw" if layer.relu else name
        getattr(self, layer.kind)(layer, inputs, raw)
        if layer.relu == float("inf"):
            self.node("Relu", [raw], name)
        elif layer.relu:
            bounds = [self.constant(f"{name}_{i}", np.float32(bound))
                      for i, bound in enumerate((0, layer.relu))]
            self.node("Clip", [raw, *bounds], name)
        self.names[layer.out] = name

    def conv(self, layer, inputs, out):
        weights = [self.constant(out + "_w", layer.weights),
                   self.constant(out + "_b", layer.bias)]
        self.node("Conv", inputs + weights, out, group=layer.groups,
                  kernel_shape=list(layer.weights.shape[2:]),
                  **_attributes(layer))

    def fc(self, layer, inputs, out):
        self.node("Flatten", inputs, out + "_flat")
        weights = [self.constant(out + "_w", layer.weights),
                   self.constant(out + "_b", layer.bias)]
        self.node("Gemm", [out + "_flat"] + weights, out, transB=1)

    def add(self, _, inputs, out):
        self.node("Add", inputs, out)

    def pool(self, _, inputs, out):
        self.node("GlobalAveragePool", inputs, out)

    def maxpool(self, layer, inputs, out):
        self.node("MaxPool", inputs, out, kernel_shape=[layer.kernel] * 2,
                  **_attributes(layer))

    def concat(self, _, inputs, out):
        self.node("Concat", inputs, out, axis=1)

    def slice(self, layer, inputs, out):
        bounds = [self.constant(f"{out}_{i}", np.array([value], np.int64))
                  for i, value in enumerate((*layer.channels, 1))]
        self.node("Slice", inputs + bounds, out)


def write_float(network, path):
    writer = _Writer(network)
    for layer in network.layers:
        writer.layer(layer)
    last = network.layers[-1]
    graph = helper.make_graph(
        writer.nodes, network.name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT,
                                       (1, *network.shape))],
        [helper.make_tensor_value_info(writer.names[last.out],
                                       TensorProto.FLOAT, (1, *last.shape))],
        writer.constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(onnx.shape_inference.infer_shapes(model), path)


class _Images(CalibrationDataReader):
    def __init__(self, network, count):
        random = np.random.default_rng(2)
        self.images = iter([
            {"input": random.random((1, *network.shape), np.float32)}
            for _ in range(count)])

    def get_next(self):
        return next(self.images, None)


def write_quantised(network, source, path):
    """QDQ: uint8 activations, int8 weights per output channel."""
    quantize_static(source, path, _Images(network, 2),
                    quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8,
                    weight_type=QuantType.QInt8)
