"""Reader of the distillation teachers: MobileNetV2 (Sandler et al. 2018) without batch norm.

Only training reads these. The weights are no part of the project and no tower starts from them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from ml.artefacts import CorruptArtefactError, IncompatibleArtefactError, MissingArtefactError

TEACHER_DIM = 1280
INPUT_SIZE = 224
# (expansion, channels at width 1, blocks, stride of the first), the paper's table 2.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class TailPaddedConv(nn.Conv2d):
    """3×3 convolution; with stride 2 it pads right and bottom only, as TensorFlow does."""

    def __init__(self, inputs: int, outputs: int, stride: int, groups: int = 1) -> None:
        padding = 0 if stride == 2 else 1
        super().__init__(inputs, outputs, 3, stride=stride, padding=padding, groups=groups)

    def forward(self, input: Tensor) -> Tensor:
        if self.stride == (2, 2):
            input = F.pad(input, (0, 1, 0, 1))
        return super().forward(input)


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [nn.Conv2d(inputs, hidden, 1), nn.ReLU6()]
        layers += [TailPaddedConv(hidden, hidden, stride, groups=hidden), nn.ReLU6()]
        layers += [nn.Conv2d(hidden, outputs, 1)]
        self.net = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        transformed: Tensor = self.net(features)
        return features + transformed if self.residual else transformed


class Teacher(nn.Module):
    """RGB in -1..1 (n, 3, 224, 224) to features (n, 1280)."""

    def __init__(self, width: float) -> None:
        super().__init__()
        channels = _round_to_8(32 * width)
        self.stem = TailPaddedConv(3, channels, stride=2)
        blocks: list[nn.Module] = []
        for expansion, base, count, stride in STAGES:
            outputs = _round_to_8(base * width)
            for number in range(count):
                blocks.append(
                    InvertedResidual(channels, outputs, stride if number == 0 else 1, expansion)
                )
                channels = outputs
        self.body = nn.Sequential(*blocks)
        self.last = nn.Conv2d(channels, TEACHER_DIM, 1)

    def forward(self, images: Tensor) -> Tensor:
        features = F.relu6(self.stem(images))
        features = F.relu6(self.last(self.body(features)))
        return features.mean(dim=(2, 3))


def load_teacher(path: Path) -> Teacher:
    """Read a teacher's safetensors; the width follows from the stem.

    Raises MissingArtefactError, CorruptArtefactError or IncompatibleArtefactError.
    """
    if not path.is_file():
        raise MissingArtefactError(path, "no such teacher")
    try:
        tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
    except SafetensorError as error:
        raise CorruptArtefactError(path, "does not parse") from error
    if "stem.weight" not in tensors:
        raise IncompatibleArtefactError(path, "is no MobileNetV2 teacher: it has no stem")
    teacher = Teacher(width=len(tensors["stem.weight"]) / 32)
    try:
        teacher.load_state_dict(tensors)
    except RuntimeError as error:
        raise IncompatibleArtefactError(path, "is no MobileNetV2 teacher") from error
    return teacher.eval()


def compiled_teacher(teacher: Teacher) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    """The teacher for OpenVINO: pictures (n, 3, 224, 224) in -1..1 to features (n, 1280).

    Three to eight times as fast as torch on a CPU; the features differ in the third digit.
    """
    import openvino

    example = torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)
    model = openvino.convert_model(
        teacher, example_input=example, input=[-1, 3, INPUT_SIZE, INPUT_SIZE]
    )
    compiled = openvino.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": 1})

    def features(pictures: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.array(compiled(pictures)[0], dtype=np.float32)

    return features


def _round_to_8(channels: float) -> int:
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
