"""A detector of road damage as a plug-in: any ONNX model with the documented input and output. None is shipped.

The contract is docs/reference/damage-detector.md. Responsible for bringing a picture into the model's form and its
answer into words; not for what is done with it: a report's kind stays what the carrier said.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from umaya.types.errors import InputError, Place

OUTPUTS: Final = ("boxes", "classes", "scores")
CLASSES_KEY: Final = "classes"
LEAST_SCORE: Final = 0.5
_GRAY: Final = (114, 114, 114)


@dataclass(frozen=True)
class Damage:
    """Something that a model saw.

    Attributes:
        name: the model's word for it.
        score: from 0 to 1.
        box: left, upper, right, lower, pixels of the picture.
    """

    name: str
    score: float
    box: tuple[float, float, float, float]


class DamageDetector:
    """A model, loaded once.

    Args:
        model: the ONNX file.

    Raises:
        InputError: when ONNX Runtime is not installed, or the file is no model of the documented form.
    """

    def __init__(self, model: Path) -> None:
        place = Place(str(model))
        try:
            import onnxruntime  # noqa: PLC0415 # an extra
        except ImportError as error:
            raise InputError(place, "needs ONNX Runtime", "install it: pip install 'umaya[damage]'") from error
        try:
            self._session: Any = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        except Exception as error:  # the library raises kinds of its own that it does not export
            raise InputError(place, "is no ONNX model that can be run", "give another file") from error
        self._input, self._size = _checked_input(self._session, place)
        names = [output.name for output in self._session.get_outputs()]
        if any(name not in names for name in OUTPUTS):
            raise InputError(place, "lacks one of the outputs boxes, classes, scores", "export it with these names")
        words = self._session.get_modelmeta().custom_metadata_map.get(CLASSES_KEY, "")
        self._names = tuple(word.strip() for word in words.split(",") if word.strip())
        if not self._names:
            raise InputError(place, "has no names of classes in its metadata `classes`", "add them, parted by commas")

    def find(self, picture: bytes, least: float = LEAST_SCORE) -> list[Damage]:
        """Return what the model sees, the surest first.

        Args:
            picture: JPEG or PNG.
            least: scores below it are left out.
        """
        with Image.open(io.BytesIO(picture)) as opened:
            tensor, scale, shift = _letterbox(opened.convert("RGB"), self._size)
        boxes, classes, scores = self._session.run(list(OUTPUTS), {self._input: tensor})
        found = [
            Damage(self._names[int(number)], float(score), _back(box, scale, shift))
            for box, number, score in zip(boxes, classes, scores, strict=True)
            if score >= least and 0 <= int(number) < len(self._names)
        ]
        return sorted(found, key=lambda one: (-one.score, one.name, one.box))


def surest(detector: DamageDetector) -> Callable[[bytes], str | None]:
    """Return what a report keeps of a detector's answer: the name of the surest damage, or None."""

    def word(picture: bytes) -> str | None:
        found = detector.find(picture)
        return found[0].name[:64] if found else None

    return word


def _checked_input(session: Any, place: Place) -> tuple[str, tuple[int, int]]:
    """Return name, height and width of the model's one input."""
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    known = len(shape) == 4 and shape[0] in {1, "batch", "N"} and shape[1] == 3
    if not known or inputs[0].type != "tensor(float)" or not all(isinstance(side, int) for side in shape[2:]):
        raise InputError(place, "has another input than float32 [1, 3, height, width]", "export it so")
    return inputs[0].name, (shape[2], shape[3])


def _letterbox(picture: Image.Image, size: tuple[int, int]) -> tuple[NDArray[np.float32], float, tuple[int, int]]:
    """Scale a picture into the input without changing its shape, on gray; return the tensor, the scale, the place."""
    height, width = size
    scale = min(width / picture.width, height / picture.height)
    inner = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    shift = ((width - inner.width) // 2, (height - inner.height) // 2)
    canvas = Image.new("RGB", (width, height), _GRAY)
    canvas.paste(inner, shift)
    pixels = np.asarray(canvas, dtype=np.float32) / 255.0
    return np.ascontiguousarray(pixels.transpose(2, 0, 1)[None]), scale, shift


def _back(box: Any, scale: float, shift: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return a box of the input as one of the picture."""
    left, upper, right, lower = (float(side) for side in box)
    return (
        (left - shift[0]) / scale,
        (upper - shift[1]) / scale,
        (right - shift[0]) / scale,
        (lower - shift[1]) / scale,
    )
