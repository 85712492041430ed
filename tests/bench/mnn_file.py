# SPDX-License-Identifier: MIT
"""MNN's file of a TFLite model.

Of MNN's wheel only the converter's module is used: its command-line wrappers,
and whatever imports MNN.tools, install packages. MNN 3.6.1's converter aborts
on our ONNX files, which have QuantizeLinear and DequantizeLinear (out of range
in a vector), and its quantizer on all models tried. So MNN runs where there is
a TFLite file, and of these not ResNet-8, where it dies while it prepares.
"""
import subprocess
import sys

CONVERT = """
import sys, _tools
_tools.mnnconvert(["mnnconvert", "-f", "TFLITE", "--modelFile", sys.argv[1],
                   "--MNNModel", sys.argv[2], "--bizCode", "none"])
"""


def write(tflite, path):
    """Writes nothing if the converter fails: it may end its process."""
    done = subprocess.run([sys.executable, "-c", CONVERT, tflite, path],
                          capture_output=True, check=False)
    if done.returncode:
        path.unlink(missing_ok=True)
