"""Writes all-MiniLM-L6-v2 as an ONNX graph from its safetensors weights.

Usage: export-minilm.py WEIGHTS_DIR OUT_DIR
WEIGHTS_DIR holds config.json and model.safetensors. OUT_DIR/onnx/model.onnx is written: opset 17,
fp32, inputs input_ids, attention_mask and token_type_ids of [batch, sequence] int64, output
last_hidden_state of [batch, sequence, 384]. Exits 1 when onnxruntime does not run the result.
"""

import json
import math
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file


class Graph:
    """Collects nodes and constants; every method returns the name of the tensor it makes."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def const(self, name, value):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def op(self, kind, *inputs, **attributes):
        out = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [out], name=out, **attributes))
        return out

    def weight(self, name):
        return self.const(name, self.weights[name])

    def linear(self, x, name):
        kernel = self.const(f"{name}.weight", self.weights[f"{name}.weight"].T)
        return self.op("Add", self.op("MatMul", x, kernel), self.weight(f"{name}.bias"))

    def norm(self, x, name, epsilon):
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon)


def embed(g, config):
    def table(name):
        return g.weight(f"embeddings.{name}_embeddings.weight")

    words = g.op("Gather", table("word"), "input_ids")
    types = g.op("Gather", table("token_type"), "token_type_ids")
    length = g.op("Gather", g.op("Shape", "input_ids"), g.const("one", np.array([1], np.int64)))
    # Slice and not Range + Gather: onnxruntime's embedding fusion breaks on the latter.
    zero = g.const("zero", np.array([0], np.int64))
    positions = g.op("Slice", table("position"), zero, length, zero)
    summed = g.op("Add", g.op("Add", words, types), positions)
    return g.norm(summed, "embeddings.LayerNorm", config["layer_norm_eps"])


def attend(g, x, mask, name, heads, size):
    shape = g.const("heads", np.array([0, 0, heads, size], np.int64))

    def split(part, perm):
        projected = g.linear(x, f"{name}.self.{part}")
        return g.op("Transpose", g.op("Reshape", projected, shape), perm=perm)

    query, key, value = (
        split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
    )
    scale = g.const("scale", np.array(math.sqrt(size), np.float32))
    scores = g.op("Add", g.op("Div", g.op("MatMul", query, key), scale), mask)
    mixed = g.op("MatMul", g.op("Softmax", scores, axis=-1), value)
    joined = g.op("Transpose", mixed, perm=[0, 2, 1, 3])
    merged = g.op("Reshape", joined, g.const("merged", np.array([0, 0, heads * size], np.int64)))
    return g.linear(merged, f"{name}.output.dense")


def gelu(g, x):
    half, one = g.const("half", np.float32(0.5)), g.const("unit", np.float32(1))
    root = g.const("root2", np.float32(math.sqrt(2)))
    return g.op(
        "Mul", g.op("Mul", x, half), g.op("Add", g.op("Erf", g.op("Div", x, root)), one)
    )


def build(weights, config):
    g = Graph(weights)
    heads = config["num_attention_heads"]
    size, epsilon = config["hidden_size"] // heads, config["layer_norm_eps"]
    seen = g.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    wide = g.op("Unsqueeze", seen, g.const("mask_axes", np.array([1, 2], np.int64)))
    hidden = g.op("Sub", g.const("mask_one", np.float32(1)), wide)
    mask = g.op("Mul", hidden, g.const("lowest", np.float32(np.finfo(np.float32).min)))
    x = embed(g, config)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}"
        attended = attend(g, x, mask, f"{name}.attention", heads, size)
        x = g.norm(g.op("Add", attended, x), f"{name}.attention.output.LayerNorm", epsilon)
        inner = gelu(g, g.linear(x, f"{name}.intermediate.dense"))
        outer = g.linear(inner, f"{name}.output.dense")
        x = g.norm(g.op("Add", outer, x), f"{name}.output.LayerNorm", epsilon)
    g.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"], name="last_hidden_state"))

    def ids(name):
        return helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])

    output = helper.make_tensor_value_info(
        "last_hidden_state", TensorProto.FLOAT, ["batch", "sequence", config["hidden_size"]]
    )
    inputs = [ids("input_ids"), ids("attention_mask"), ids("token_type_ids")]
    graph = helper.make_graph(g.nodes, "minilm", inputs, [output], list(g.constants.values()))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def check(path):
    """Runs one padded and one full row: padding must not change what the other tokens become."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    tokens = np.array([[101, 7592, 2088, 102, 0, 0]], np.int64)

    def run(ids, mask):
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return session.run(None, feed)[0]

    padded = run(tokens, (tokens != 0).astype(np.int64))
    bare = run(tokens[:, :4], np.ones((1, 4), np.int64))
    if not np.allclose(padded[:, :4], bare, atol=1e-5) or not np.isfinite(bare).all():
        sys.exit("The exported graph gives different vectors for padded and unpadded input.")


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    config = json.loads((source / "config.json").read_text())
    model = build(load_file(source / "model.safetensors"), config)
    onnx.checker.check_model(model)
    path = target / "onnx" / "model.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    check(path)


main()
