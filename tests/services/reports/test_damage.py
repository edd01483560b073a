"""The plug-in for road damage: any model of the documented form, and no other; no model is shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.services.reports.pictures import jpeg
from umaya.services.reports.damage import DamageDetector, surest
from umaya.types.errors import InputError

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'umaya[dev]'")
pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed: pip install 'umaya[damage]'")


def model(
    path: Path,
    *,
    outputs: tuple[str, ...] = ("boxes", "classes", "scores"),
    classes: str = "crack, pothole",
    side: int = 32,
) -> Path:
    """A model that always sees a pothole surely and a crack less surely; the pothole's score is the mean of red."""
    from onnx import TensorProto, helper, numpy_helper

    values = {
        "boxes": np.array([[8, 8, 24, 16], [0, 8, 4, 12]], np.float32),
        "classes": np.array([1, 0], np.int64),
    }
    starts, ends, axes = (np.array([n], np.int64) for n in (0, 1, 1))
    constants = [numpy_helper.from_array(value, f"{name}-value") for name, value in values.items()]
    constants += [numpy_helper.from_array(v, n) for n, v in (("starts", starts), ("ends", ends), ("axes", axes))]
    constants += [
        numpy_helper.from_array(np.array([0.6], np.float32), "low"),
        numpy_helper.from_array(np.array([1], np.int64), "one"),
    ]
    nodes = [
        helper.make_node("Identity", ["boxes-value"], ["boxes"]),
        helper.make_node("Identity", ["classes-value"], ["classes"]),
        helper.make_node("Slice", ["image", "starts", "ends", "axes"], ["red"]),
        helper.make_node("ReduceMean", ["red"], ["mean"], keepdims=0),
        helper.make_node("Reshape", ["mean", "one"], ["high"]),
        helper.make_node("Concat", ["high", "low"], ["scores"], axis=0),
    ]
    kinds = {
        "boxes": (TensorProto.FLOAT, [2, 4]),
        "classes": (TensorProto.INT64, [2]),
        "scores": (TensorProto.FLOAT, [2]),
    }
    graph = helper.make_graph(
        nodes,
        "damage",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(name, *kinds[name]) for name in outputs],
        constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if classes:
        helper.set_model_props(made, {"classes": classes})
    onnx.save(made, str(path))
    return path


def test_what_a_model_sees_comes_back_in_the_pixels_of_the_picture(tmp_path: Path) -> None:
    """A picture twice as wide as high lies between gray bars in the square input; boxes are brought back."""
    detector = DamageDetector(model(tmp_path / "damage.onnx"))
    found = detector.find(jpeg(Image.new("RGB", (640, 320), (255, 0, 0))))
    assert [one.name for one in found] == ["pothole", "crack"]
    assert found[0].score == pytest.approx((255 * 16 + 114 * 16) / 32 / 255, abs=0.02)
    assert found[0].box == pytest.approx((160, 0, 480, 160))
    assert found[1].score == pytest.approx(0.6)


def test_scores_below_the_least_are_left_out(tmp_path: Path) -> None:
    detector = DamageDetector(model(tmp_path / "damage.onnx"))
    dark = jpeg(Image.new("RGB", (32, 32)))
    assert [one.name for one in detector.find(dark)] == ["crack"]
    assert detector.find(dark, least=0.7) == []
    assert surest(detector)(dark) == "crack"


@pytest.mark.parametrize("fault", ["file", "outputs", "classes", "input"])
def test_a_file_of_another_form_is_refused(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "damage.onnx"
    if fault == "file":
        path.write_bytes(b"no model")
        told = "is no ONNX model that can be run"
    elif fault == "outputs":
        model(path, outputs=("boxes", "scores"))
        told = "lacks one of the outputs"
    elif fault == "classes":
        model(path, classes="")
        told = "has no names of classes"
    else:
        loaded = onnx.load(str(model(path)))
        loaded.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
        onnx.save(loaded, str(path))
        told = "has another input than float32"
    with pytest.raises(InputError, match=told):
        DamageDetector(path)
