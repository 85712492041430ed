# SPDX-License-Identifier: MIT
"""QDQ networks of onnxruntime's own quantizer against its exact mode."""
import numpy as np
import onnx
import peers
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (CalibrationDataReader, QuantFormat,
                                      QuantType, quantize_static)

# Kernel, stride, padding, dilation, groups, output channels.
LAYERS = [(3, 1, 1, 1, 1, 16), (3, 2, 1, 1, 1, 24), (3, 1, 1, 1, 24, 24),
          (1, 1, 0, 1, 1, 30), (3, 1, 2, 2, 1, 32), (3, 1, 1, 1, 4, 32),
          (5, 2, 0, 1, 1, 10)]


def conv_net(seed):
    """A chain of convolutions, most with a ReLU or a clip behind."""
    rng = np.random.default_rng(seed)
    nodes, constants = [], []
    last, channels = "x", 3
    for i, (k, s, p, d, g, out) in enumerate(LAYERS):
        w = rng.normal(size=(out, channels // g, k, k)) * 1.4
        w /= np.sqrt(channels // g * k * k)
        constants += [
            numpy_helper.from_array(w.astype(np.float32), f"w{i}"),
            numpy_helper.from_array(
                (rng.normal(size=out) * 0.1).astype(np.float32), f"b{i}")]
        nodes.append(helper.make_node(
            "Conv", [last, f"w{i}", f"b{i}"], [f"c{i}"], name=f"conv{i}",
            kernel_shape=[k, k], strides=[s, s], pads=[p] * 4,
            dilations=[d, d], group=g))
        last, channels = f"c{i}", out
        if i % 3 != 2:
            nodes.append(helper.make_node("Relu", [last], [f"r{i}"]))
            last = f"r{i}"
    graph = helper.make_graph(
        nodes, "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT,
                                       [1, 3, 32, 32])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
        constants)
    model = helper.make_model(graph, ir_version=9, opset_imports=[
        helper.make_opsetid("", 17)])
    return onnx.shape_inference.infer_shapes(model)


class Images(CalibrationDataReader):
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.left = [rng.normal(size=(1, 3, 32, 32)).astype(np.float32)
                     for _ in range(8)]

    def get_next(self):
        return {"x": self.left.pop()} if self.left else None


@pytest.mark.parametrize("activations", [QuantType.QUInt8, QuantType.QInt8])
@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_byte_is_equal(tmp_path, lwctl, activations, per_channel, seed):
    onnx.save(conv_net(seed), tmp_path / "float.onnx")
    quantize_static(tmp_path / "float.onnx", tmp_path / "qdq.onnx",
                    Images(seed), quant_format=QuantFormat.QDQ,
                    activation_type=activations, weight_type=QuantType.QInt8,
                    per_channel=per_channel)
    x = np.random.default_rng(seed + 50).normal(
        size=(40, 3, 32, 32)).astype(np.float32)
    lwctl("pack", "qdq.onnx", "-o", "m.lwm")
    ours = lwctl.submit("m.lwm", x)
    theirs = peers.OnnxRuntime(tmp_path / "qdq.onnx").run(x)
    assert len(np.unique(theirs)) > 50, "inputs that tell nothing"
    # Both are scale x (byte - zero point): equal floats are equal bytes.
    np.testing.assert_array_equal(ours, theirs)
