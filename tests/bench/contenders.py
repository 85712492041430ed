# SPDX-License-Identifier: MIT
"""The runtimes that are timed. Each class loads a model and runs it once a call.

Imports are inside the classes: a process that times one runtime loads no other.
"""
import ctypes
import os

import numpy as np


def _image(shape, dtype):
    random = np.random.default_rng(3)
    if np.issubdtype(dtype, np.floating):
        return random.random(shape, dtype)
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, shape, dtype, endpoint=True)


class OnnxRuntime:
    suffix = ".onnx"

    def __init__(self, path, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.configure(options)
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"])
        port = self.session.get_inputs()[0]
        self.inputs = {port.name: _image(port.shape, np.float32)}

    def configure(self, options):
        pass

    def run(self):
        self.session.run(None, self.inputs)


class OnnxRuntimeExact(OnnxRuntime):
    """Without products that saturate where there is no VNNI."""

    def configure(self, options):
        options.add_session_config_entry("session.x64quantprecision", "1")


class OpenVino:
    suffix = ".onnx"

    def __init__(self, path, threads):
        import openvino
        core = openvino.Core()
        model = core.read_model(path)
        port = model.inputs[0]
        shape = [dim.get_min_length() or 1 for dim in port.partial_shape]
        model.reshape({port.any_name: shape})
        compiled = core.compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY"})
        self.request = compiled.create_infer_request()
        self.request.set_input_tensor(openvino.Tensor(
            _image(shape, port.element_type.to_dtype())))

    def run(self):
        self.request.infer()


class OpenVinoTflite(OpenVino):
    suffix = ".tflite"


class LiteRt:
    suffix = ".tflite"

    def __init__(self, path, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.runtime = Interpreter(path, num_threads=threads)
        self.runtime.allocate_tensors()
        port = self.runtime.get_input_details()[0]
        self.runtime.set_tensor(port["index"],
                                _image(port["shape"], port["dtype"]))

    def run(self):
        self.runtime.invoke()


class Ncnn:
    """Its own file of the same network, made by ncnn_file.py."""
    suffix = ".ncnn.param"

    def __init__(self, path, threads):
        import ncnn
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        self.net.load_param(path)
        self.net.load_model(path[:-len("param")] + "bin")
        with open(path, encoding="ascii") as file:
            line = file.readlines()[2]
        w, h, c = (int(word.split("=")[1]) for word in line.split()[-3:])
        self.image = ncnn.Mat(_image((c, h, w), np.float32))

    def run(self):
        extractor = self.net.create_extractor()
        extractor.input("0", self.image)
        extractor.extract("out")


class Mnn:
    """Its own file of the TFLite model, made by mnn_file.py. The input is as
    MNN leaves it: its Python interface cannot fill one of bytes."""
    suffix = ".mnn"

    def __init__(self, path, threads):
        import MNN
        self.net = MNN.Interpreter(path)
        self.session = self.net.createSession({"backend": "CPU",
                                               "numThread": threads})

    def run(self):
        self.net.runSession(self.session)


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("type", ctypes.c_int)]


class _Tensor(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("height", ctypes.c_uint32),
                ("width", ctypes.c_uint32), ("channels", ctypes.c_uint32),
                ("is_signed", ctypes.c_int), ("scale", ctypes.c_float),
                ("zero_point", ctypes.c_int32),
                ("native_size", ctypes.c_size_t)]


class _Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 512)]


class Lwnpu:
    """liblwnpu.so, whose path is in LWNPU_LIBRARY, on OpenCL."""
    suffix = ".lwm"

    def __init__(self, path, threads):
        os.environ["POCL_MAX_PTHREAD_COUNT"] = str(threads)
        self.lib = ctypes.CDLL(os.environ["LWNPU_LIBRARY"])
        self.error = _Error()
        device, self.model = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("lwnpu_device_open", ctypes.byref(device), b"opencl")
        self.call("lwnpu_model_load_file", ctypes.byref(self.model), device,
                  path.encode())
        self.memory = []
        self.inputs = self.buffers("input")
        self.outputs = self.buffers("output")

    def call(self, name, *arguments):
        if getattr(self.lib, name)(*arguments, ctypes.byref(self.error)) < 0:
            raise RuntimeError(self.error.message.decode())

    def buffers(self, kind):
        count = getattr(self.lib, f"lwnpu_model_{kind}s")(self.model)
        made = (_Buffer * count)()
        for i in range(count):
            info = _Tensor()
            getattr(self.lib, f"lwnpu_model_{kind}")(self.model, i,
                                                     ctypes.byref(info))
            array = _image((info.height, info.width, info.channels), np.uint8)
            self.memory.append(array)
            made[i] = _Buffer(array.ctypes.data, array.nbytes, 1)
        return made

    def run(self):
        self.call("lwnpu_model_run", self.model, self.inputs, self.outputs)


CONTENDERS = {
    "lwnpu": Lwnpu,
    "onnxruntime": OnnxRuntime,
    "onnxruntime exact": OnnxRuntimeExact,
    "OpenVINO": OpenVino,
    "OpenVINO tflite": OpenVinoTflite,
    "LiteRT": LiteRt,
    "ncnn": Ncnn,
    "MNN": Mnn,
}
