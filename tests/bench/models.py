# SPDX-License-Identifier: MIT
"""Model files for all contenders, made once, in a folder."""
import hashlib
import logging
import os
import pathlib
import subprocess

import mnn_file
import ncnn_file
import onnx_file
from network import NETWORKS

# MLPerf Tiny's and others, as TFLite files, where the development data is.
TFLITE = {
    "resnet8": "resnet8.int8.tflite",
    "kws": "kws.int8.tflite",
    "vww": "vww.int8.tflite",
    "mobilenetv2": "tf2_mobilenet_v2_1.0_224_ptq.tflite",
}

HERE = pathlib.Path(__file__).parent
SHARED = pathlib.Path(os.environ.get("LWNPU_SHARED",
                                     HERE / "../../../shared")).resolve()


def _version():
    text = b"".join((HERE / name).read_bytes() for name in
                    ("network.py", "onnx_file.py", "ncnn_file.py",
                     "mnn_file.py"))
    return hashlib.sha256(text).hexdigest()[:12]


def _make_sources(name, folder):
    network = NETWORKS[name]()
    plain = folder / f"{name}.float.onnx"
    onnx_file.write_float(network, plain)
    # It advises steps that these graphs have no use for.
    logging.disable(logging.WARNING)
    onnx_file.write_quantised(network, plain, folder / f"{name}.onnx")
    plain.unlink()
    ncnn_file.write(network, folder / f"{name}.ncnn.param",
                    folder / f"{name}.ncnn.bin")
    tflite = SHARED / "models" / TFLITE.get(name, "none")
    if tflite.exists():
        (folder / f"{name}.tflite").symlink_to(tflite)
        mnn_file.write(tflite, folder / f"{name}.mnn")
    (folder / f"{name}.macs").write_text(str(network.macs))


def prepare(name, folder, lwctl, sparsities):
    """Files NAME.SUFFIX in the folder that is returned; packages always anew,
    NAME.lwm and NAME.SPARSITY.lwm."""
    folder = pathlib.Path(folder) / _version()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / f"{name}.macs").exists():
        for old in folder.glob(f"{name}.*"):
            old.unlink()
        _make_sources(name, folder)
    for sparsity in (0, *sparsities):
        package = folder / (f"{name}.{sparsity}.lwm" if sparsity else
                            f"{name}.lwm")
        subprocess.run([lwctl, "pack", "-q", folder / f"{name}.onnx",
                        "-o", package, "--sparsity", str(sparsity)],
                       check=True)
    return folder
