# SPDX-License-Identifier: MIT
"""If: early exits, whose condition the model's own numbers decide."""
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from onnx_models import Net
from test_import_onnx import assert_close, run_ours, run_theirs

SHAPE = (1, 5, 11, 9)


class Branch(Net):
    """A graph inside of another, whose names it may use."""

    def __init__(self, net, prefix):
        super().__init__(opset=net.opset, seed=len(prefix))
        self.prefix = prefix

    def const(self, array, dtype=np.float32):
        name = super().const(array, dtype)
        self.constants[-1].name = self.prefix + name
        return self.prefix + name

    def op(self, kind, *inputs, outputs=1, **attributes):
        names = super().op(kind, *inputs, outputs=outputs, **attributes)
        node = self.nodes[-1]
        node.name = self.prefix + node.name
        for i, name in enumerate(node.output):
            node.output[i] = self.prefix + name
        return (self.prefix + names if outputs == 1 else
                [self.prefix + n for n in names])

    def graph(self, *outputs):
        return helper.make_graph(
            self.nodes, self.prefix, [],
            [helper.make_tensor_value_info(o, TensorProto.FLOAT, None)
             for o in outputs], self.constants)


def head(net, x):
    x = net.op("Flatten", net.op("GlobalMaxPool", x))
    return net.op("Gemm", x, net.random(4, 8), transB=1)


def exits(net, test, name="", swap=False, features="x", channels=5):
    """Two heads, of which the second runs unless the test of the first says."""
    features = net.op("Relu", net.conv(features, 8, channels, pads=[1] * 4))
    scores = net.op("Softmax", head(net, features))
    early, late = Branch(net, name + "early_"), Branch(net, name + "late_")
    then = early.graph(early.op("Identity", scores))
    deeper = late.op("Relu", late.conv(features, 8, 8))
    other = late.graph(late.op("Softmax", head(late, deeper)))
    condition = test(net, scores)
    if swap:
        condition = net.op("Not", condition)
        then, other = other, then
    return net.op("If", condition, then_branch=then, else_branch=other)


def greatest(net, scores, kind="Greater", threshold=0.5, **options):
    x = net.op("ReduceMax", scores, **options)
    return net.op(kind, net.op("Squeeze", x) if not options else x,
                  net.const(threshold))


def constant_first(net, scores):
    x = net.op("ReduceMax", scores, keepdims=0)
    return net.op("Less", net.const(0.5), x)


def margin(net, scores, part="Split", threshold=0.2):
    values = net.op("TopK", scores, net.ints(2), outputs=2)[0]
    if part == "Split":
        a, b = net.op("Split", values, axis=1, outputs=2)
    elif part == "Gather":
        a, b = (net.op("Gather", values, net.const(i, np.int64), axis=1)
                for i in range(2))
    else:
        a, b = (net.op("Slice", values, net.ints(i), net.ints(i + 1),
                       net.ints(1)) for i in range(2))
    gap = net.op("Reshape", net.op("Sub", a, b), net.ints(1))
    return net.op("GreaterOrEqual", gap, net.const([threshold]))


TESTS = {
    "greatest": greatest,
    "all": lambda n, s: greatest(n, s, keepdims=0),
    "equal": lambda n, s: greatest(n, s, "GreaterOrEqual"),
    "less": lambda n, s: n.op("Not", greatest(n, s, "Less")),
    "less_or_equal": lambda n, s: n.op("Not", greatest(n, s, "LessOrEqual")),
    "constant_first": constant_first,
    "split": margin,
    "gather": lambda n, s: margin(n, s, "Gather"),
    "slice": lambda n, s: margin(n, s, "Slice"),
}


def inputs(count=40):
    rng = np.random.default_rng(9)
    x = rng.normal(size=(count, *SHAPE[1:]))
    x *= rng.uniform(0, 1, (count, 1, 1, 1))
    return x.astype(np.float32)


def check_both_ways(model, x):
    """The first If of a model takes each of its branches."""
    probe = onnx.ModelProto()
    probe.CopyFrom(model)
    at = next(i for i, n in enumerate(probe.graph.node)
              if n.op_type == "If")
    condition = probe.graph.node[at].input[0]
    del probe.graph.node[at:]
    probe.graph.node.append(helper.make_node("Cast", [condition], ["flag"],
                                             to=TensorProto.FLOAT))
    probe.graph.output[0].name = "flag"
    taken = run_theirs(probe.SerializeToString(), x)
    assert 3 < taken.sum() < len(x) - 3, "inputs that tell nothing"


def check(model, x, folder):
    check_both_ways(model, x)
    data = model.SerializeToString()
    assert_close(run_ours(data, x, folder), run_theirs(data, x))


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("name", sorted(TESTS))
def test_early_exit(name, swap, tmp_path):
    net = Net(SHAPE)
    model = net.model(exits(net, TESTS[name], swap=swap))
    check(model, inputs(), tmp_path)


def nested(net):
    """An exit in the branch behind another."""
    features = net.op("Relu", net.conv("x", 8, 5, pads=[1] * 4))
    scores = net.op("Softmax", head(net, features))
    early, late = Branch(net, "early_"), Branch(net, "late_")
    second = exits(late, greatest, "second_", features=features, channels=8)
    return net.op("If", greatest(net, scores),
                  then_branch=early.graph(early.op("Identity", scores)),
                  else_branch=late.graph(second))


def test_exit_behind_an_exit(tmp_path):
    net = Net(SHAPE)
    check(net.model(nested(net)), inputs(), tmp_path)


def test_packed_exit_skips(tmp_path, lwctl):
    """In bytes: near the model, and on both ways."""
    net = Net(SHAPE)
    model = net.model(exits(net, greatest))
    x = inputs()
    onnx.save(model, tmp_path / "m.onnx")
    lwctl("pack", "m.onnx", "-o", "m.lwm", "--calib", lwctl.save("c.npy", x))
    ours = lwctl.submit("m.lwm", x).reshape(len(x), -1)
    theirs = run_theirs(model.SerializeToString(), x)
    near = np.abs(ours - theirs).max(axis=1) < 0.05
    assert near.mean() > 0.9, "those at the threshold may go the other way"
    assert "GATE" in lwctl("disasm", "m.lwm").upper()


def known(net, value):
    then, other = Branch(net, "then_"), Branch(net, "else_")
    return net.op("If", net.const(value, bool),
                  then_branch=then.graph(then.op("Relu", "x")),
                  else_branch=other.graph(other.op("Sigmoid", "x")))


@pytest.mark.parametrize("value", [True, False])
def test_known_condition(value, tmp_path):
    net = Net(SHAPE)
    data = net.model(known(net, value)).SerializeToString()
    x = inputs(3)
    assert_close(run_ours(data, x, tmp_path), run_theirs(data, x))


def unequal(net, scores):
    then, other = Branch(net, "then_"), Branch(net, "else_")
    return net.op("If", greatest(net, scores),
                  then_branch=then.graph(then.op("Relu", scores)),
                  else_branch=other.graph(other.op("Relu", "x")))


def second_greatest(net, scores):
    values = net.op("TopK", scores, net.ints(2), outputs=2)[0]
    return net.op("Greater", net.op("Gather", values, net.ints(1), axis=1),
                  net.const(0.1))


def deep(net, left=20):
    x = known(net, True)
    for _ in range(left):
        outer = Branch(net, f"level{left}_")
        graph = outer.graph(x)
        graph.node.append(net.nodes.pop())
        x = net.op("If", net.const(True, bool), then_branch=graph,
                   else_branch=outer.graph("x"))
        left -= 1
    return x


REFUSALS = {
    "shapes": (lambda n: unequal(n, n.op("Softmax", head(n, n.conv(
        "x", 8, 5)))), "results 0 of the branches differ in type or shape"),
    "numbers": (lambda n: exits(n, lambda n, s: n.op("Greater", s,
                                                     n.const(0.1))),
                "the condition is neither a constant nor the comparison"),
    "second": (lambda n: exits(n, second_greatest),
               "input 0 is not the greatest number"),
    "use": (lambda n: n.op("Cast", greatest(n, "x"), to=1),
            "input 0 is a test, which only If may read"),
    "depth": (deep, "more than 16 branches in each other"),
}


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_refusal(name, tmp_path):
    make, expected = REFUSALS[name]
    net = Net(SHAPE)
    model = net.model(make(net), checked=False)
    said = run_ours(model.SerializeToString(), np.zeros((0, 1)), tmp_path)
    assert isinstance(said, str), "was not refused"
    assert expected in said


def test_damaged_branch(tmp_path):
    net = Net(SHAPE)
    model = net.model(exits(net, greatest))
    node = next(n for n in model.graph.node if n.op_type == "If")
    data = model.SerializeToString()
    inner = node.attribute[0].g.SerializeToString()
    at = data.index(inner)
    data = data[:at] + b"\xff" * len(inner) + data[at + len(inner):]
    said = run_ours(data, np.zeros((0, 1)), tmp_path)
    assert "_branch is damaged, or too large" in said
