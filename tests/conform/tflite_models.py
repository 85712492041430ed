# SPDX-License-Identifier: MIT
"""TFLite models to compare with: made of one operator, or altered."""
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {np.dtype(np.float32): schema.TensorType.FLOAT32,
         np.dtype(np.float16): schema.TensorType.FLOAT16,
         np.dtype(np.int8): schema.TensorType.INT8,
         np.dtype(np.uint8): schema.TensorType.UINT8,
         np.dtype(np.int32): schema.TensorType.INT32,
         np.dtype(np.int64): schema.TensorType.INT64}
DTYPES = {number: dtype for dtype, number in TYPES.items()}


def write(model):
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def read(data):
    return schema.ModelT.InitFromPackedBuf(data)


def code(model, op):
    entry = model.operatorCodes[op.opcodeIndex]
    return max(entry.builtinCode, entry.deprecatedBuiltinCode)


def constant(model, tensor):
    """A constant's array, or None."""
    data = model.buffers[tensor.buffer].data
    if data is None or not len(data):
        return None
    return np.frombuffer(bytes(bytearray(data)),
                         DTYPES[tensor.type]).reshape(tensor.shape)


def without_softmax(data):
    """The model up to its logits."""
    model = read(data)
    graph = model.subgraphs[0]
    ops = graph.operators
    at = next((i for i, op in enumerate(ops) if
               code(model, op) == schema.BuiltinOperator.SOFTMAX), None)
    if at is None:
        return data
    graph.outputs = [ops[at].inputs[0]]
    del ops[at:]
    model.signatureDefs = None
    return write(model)


def real(array, quantization):
    """Real numbers of a quantised constant."""
    scale = np.asarray(quantization.scale, np.float32)
    zero = np.asarray(quantization.zeroPoint, np.int64)
    if len(scale) > 1:
        shape = [1] * array.ndim
        shape[quantization.quantizedDimension] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return ((array.astype(np.int64) - zero) * scale).astype(np.float32)


def skip_operator(graph, op):
    """Takes an operator out; its readers read its input."""
    source, gone = op.inputs[0], op.outputs[0]
    graph.operators.remove(op)
    for other in graph.operators:
        other.inputs = [source if i == gone else i for i in other.inputs]
    graph.outputs = [source if i == gone else i for i in graph.outputs]


def float_twin(data):
    """The same model in float: no quantisation is left in it."""
    model = read(data)
    graph = model.subgraphs[0]
    for op in list(graph.operators):
        if code(model, op) == schema.BuiltinOperator.QUANTIZE:
            skip_operator(graph, op)
    for tensor in graph.tensors:
        quantization = tensor.quantization
        tensor.quantization = None
        if quantization is None or quantization.scale is None or \
           not len(quantization.scale):
            continue
        array = constant(model, tensor)
        if array is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(real(array, quantization).tobytes(),
                                        np.uint8)
            tensor.buffer = len(model.buffers)
            model.buffers.append(buffer)
        tensor.type = schema.TensorType.FLOAT32
    model.signatureDefs = None
    return write(model)


def quantization(scale, zero=0, axis=0):
    """Of a tensor: one scale and zero point, or one for each channel."""
    made = schema.QuantizationParametersT()
    made.scale = [float(np.float32(v)) for v in np.atleast_1d(scale)]
    made.zeroPoint = [int(zero)] * len(made.scale)
    made.quantizedDimension = axis
    return made


class Maker:
    """Makes a model operator by operator."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes = []
        self.model.buffers = [schema.BufferT()]
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.model.subgraphs = [self.graph]

    def tensor(self, shape, dtype=np.float32, quanta=None, buffer=0):
        tensor = schema.TensorT()
        tensor.shape = list(shape)
        tensor.type = TYPES[np.dtype(dtype)]
        tensor.buffer = buffer
        tensor.name = f"t{len(self.graph.tensors)}"
        tensor.quantization = quanta
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, array, quanta=None):
        array = np.asarray(array, order="C")
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(array.tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return self.tensor(array.shape, array.dtype, quanta,
                           len(self.model.buffers) - 1)

    def add(self, name, inputs, outputs, options=None, custom=None, **values):
        """An operator; options are the schema's, by the name of their type,
        or bytes of one that is no builtin operator."""
        entry = schema.OperatorCodeT()
        if custom is not None:
            entry.customCode, name = name, "CUSTOM"
        entry.builtinCode = getattr(schema.BuiltinOperator, name)
        entry.deprecatedBuiltinCode = min(entry.builtinCode, 127)
        entry.version = 1
        self.model.operatorCodes.append(entry)
        op = schema.OperatorT()
        op.opcodeIndex = len(self.model.operatorCodes) - 1
        op.inputs, op.outputs = inputs, outputs
        if custom is not None:
            op.customOptions = np.frombuffer(custom, np.uint8)
        if options:
            op.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            op.builtinOptions = getattr(schema, options + "T")()
            for key, value in values.items():
                assert hasattr(op.builtinOptions, key), key
                setattr(op.builtinOptions, key, value)
        self.graph.operators.append(op)

    def operator(self, name, inputs, shape, options=None, custom=None,
                 **values):
        """The same, of one float output, which it gives."""
        output = self.tensor(shape)
        self.add(name, inputs, [output], options, custom, **values)
        return output

    def finish(self, output, inputs=(0,)):
        self.graph.inputs = list(inputs)
        self.graph.outputs = np.atleast_1d(output).tolist()
        return write(self.model)
