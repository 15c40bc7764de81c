"""Domain instruction tuning with LoRA (IPL, papers.md 2.1) of any image-text-to-text model.

Low-rank matrices beside the language model's projections learn the lessons of `instructions.py`;
the model itself and what looks at photos stay as they are. Loss is on the answers alone. A run that
is killed goes on from its last checkpoint and ends with the weights of a run that was not.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import (
    LoraConfig,
    get_peft_model,
    get_peft_model_state_dict,
    set_peft_model_state_dict,
)
from tqdm import tqdm

from ml.description.generators.multimodal import DType, chat, load_model, takes_system
from ml.description.generators.pictures import pictures
from ml.description.prompt import Message
from ml.description.tuning.instructions import Lesson
from ml.fitting import FitError

IGNORED = -100  # the label that cross entropy passes over
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class TuningConfig:
    """`model` is a hub tag or a folder; a step is `accumulation` lessons."""

    model: str
    epochs: int = 2
    accumulation: int = 16
    learning_rate: float = 1e-4
    warmup: float = 0.03  # share of all steps
    weight_decay: float = 0.0
    gradient_norm: float = 1.0
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    most_tokens: int = 4096  # of prompt, photos and answer; longer lessons are left out
    most_photos: int = 1
    photo_side: int = 448  # pixels
    most_valid: int = 200  # lessons that the validation loss is measured on
    gradient_checkpointing: bool = True  # a third more time for a fraction of the memory
    checkpoint_every: int = 25  # steps
    device: str = "cpu"
    dtype: DType = "auto"
    seed: int = 0


@dataclass(frozen=True)
class Tuned:
    """A model with its LoRA weights, and how it came to them. Losses are nats per token."""

    model: Any  # peft's wrapper: `disable_adapter()` gives the model as it was
    processor: Any
    losses: tuple[float, ...]  # of every step
    valid_before: float
    valid_after: float
    left_out: int  # lessons too long for `most_tokens`
    fingerprint: str


class Lessons:
    """Lessons as a model reads them: token numbers, photos, and labels on the answer alone."""

    def __init__(self, processor: Any, config: TuningConfig) -> None:
        self._processor = processor
        self._config = config
        self._takes_system = takes_system(processor)

    def encode(self, lesson: Lesson) -> dict[str, torch.Tensor]:
        """Tensors of one row; `labels` is `input_ids` (1, tokens) with the prompt ignored.

        Raises FitError where the chat template does not continue a prompt with its answer.
        """
        photos = pictures(
            lesson.photos, most=self._config.most_photos, side=self._config.photo_side
        )
        prompt = chat(lesson.turns, photos, takes_system=self._takes_system)
        answered = [*prompt, *chat((Message("assistant", lesson.answer),), [], takes_system=True)]
        asked = self._tokens(prompt, add_generation_prompt=True)["input_ids"]
        whole = self._tokens(answered, add_generation_prompt=False)
        labels = whole["input_ids"].clone()
        length = asked.shape[1]
        if not torch.equal(labels[:, :length], asked):
            raise FitError("the chat template writes a prompt otherwise once it is answered")
        labels[:, :length] = IGNORED
        return {**whole, "labels": labels}

    def fits(self, lesson: Lesson) -> bool:
        return self.encode(lesson)["labels"].shape[1] <= self._config.most_tokens

    def _tokens(self, turns: list[dict[str, Any]], *, add_generation_prompt: bool) -> Any:
        return self._processor.apply_chat_template(
            turns,
            add_generation_prompt=add_generation_prompt,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        )


def tune(
    train: Sequence[Lesson], valid: Sequence[Lesson], config: TuningConfig, work: Path
) -> Tuned:
    """Tune on `train`; `work` keeps the checkpoint.

    1. Load the model and put LoRA beside the projections named in `targets`.
    2. Measure the validation loss of the model as it was.
    3. Go on from the checkpoint, if there is one of this very run.
    4. Train, with a checkpoint every `checkpoint_every` steps.
    5. Measure again.

    Raises FitError on no lessons, on a loss that is not finite, and on another run's checkpoint.
    """
    processor, model = load_model(config.model, device=config.device, dtype=config.dtype)
    lessons = Lessons(processor, config)
    kept = [lesson for lesson in tqdm(train, desc="lessons", mininterval=5) if lessons.fits(lesson)]
    held_out = [lesson for lesson in valid if lessons.fits(lesson)][: config.most_valid]
    if not kept or not held_out:
        raise FitError(
            f"{len(kept)} lessons to train on and {len(held_out)} to validate: name more data"
        )
    torch.manual_seed(config.seed)
    model = with_lora(model, config)
    run = _Run(model, lessons, kept, config, work)
    before = loss_on(model, lessons, held_out) if not run.step else run.valid_before
    run.valid_before = before
    run.train()
    return Tuned(
        model=model.eval(),
        processor=processor,
        losses=tuple(run.losses),
        valid_before=before,
        valid_after=loss_on(model, lessons, held_out),
        left_out=len(train) - len(kept),
        fingerprint=run.fingerprint,
    )


def with_lora(model: Any, config: TuningConfig) -> Any:
    """The model with trainable low-rank matrices in its language part, all else frozen.

    Raises FitError where no module has a name in `targets`.
    """
    names = "|".join(config.targets)
    lora = LoraConfig(
        r=config.rank,
        lora_alpha=config.alpha,
        lora_dropout=config.dropout,
        # What looks at photos has projections of the same names.
        target_modules=rf"^(?!.*(?:vision|visual|image)).*\.(?:{names})$",
        task_type="CAUSAL_LM",
    )
    try:
        wrapped = get_peft_model(model, lora)
    except ValueError as error:
        raise FitError(f"targets {', '.join(config.targets)}: {error}") from error
    if config.gradient_checkpointing:
        wrapped.gradient_checkpointing_enable({"use_reentrant": False})
        wrapped.enable_input_require_grads()
    return wrapped


def loss_on(model: Any, lessons: Lessons, chosen: Sequence[Lesson]) -> float:
    """Mean over lessons of the answer's nats per token."""
    model.eval()
    with torch.inference_mode():
        return float(np.mean([_loss(model, lessons.encode(lesson)).item() for lesson in chosen]))


def _loss(model: Any, row: dict[str, torch.Tensor]) -> torch.Tensor:
    moved = {
        name: value.to(model.device, dtype=model.dtype if value.is_floating_point() else None)
        for name, value in row.items()
    }
    loss: torch.Tensor = model(**moved).loss
    return loss


class _Run:
    """Training from the last checkpoint to the end."""

    def __init__(
        self,
        model: Any,
        lessons: Lessons,
        kept: Sequence[Lesson],
        config: TuningConfig,
        work: Path,
    ) -> None:
        self.step = 0
        self.losses: list[float] = []
        self.valid_before = math.nan
        self.fingerprint = fingerprint_of(kept, config)
        self._model = model
        self._lessons = lessons
        self._kept = kept
        self._config = config
        self._path = work / CHECKPOINT
        self._steps = config.epochs * math.ceil(len(kept) / config.accumulation)
        self._trainable = [p for p in model.parameters() if p.requires_grad]
        self._optimiser = torch.optim.AdamW(
            self._trainable, lr=config.learning_rate, weight_decay=config.weight_decay
        )
        if self._path.exists():
            self._restore()

    def train(self) -> None:
        self._model.train()
        progress = tqdm(
            total=self._steps, initial=self.step, desc="steps", unit="step", mininterval=2
        )
        for number, batch in enumerate(self._batches()):
            if number < self.step:
                continue
            self.losses.append(self._learn(batch))
            self.step += 1
            if self.step % self._config.checkpoint_every == 0 or self.step == self._steps:
                self._save()
            progress.update()
            progress.set_postfix(loss=f"{self.losses[-1]:.3f}")
        progress.close()

    def _batches(self) -> Iterator[list[Lesson]]:
        size = self._config.accumulation
        for epoch in range(self._config.epochs):
            order = np.random.default_rng((self._config.seed, epoch)).permutation(len(self._kept))
            for start in range(0, len(order), size):
                yield [self._kept[place] for place in order[start : start + size]]

    def _learn(self, batch: Sequence[Lesson]) -> float:
        """One step. The seed is the step's own, so that a resumed run drops out the same."""
        torch.manual_seed(self._config.seed * 1_000_003 + self.step)
        self._optimiser.zero_grad(set_to_none=True)
        total = 0.0
        for lesson in batch:
            loss = _loss(self._model, self._lessons.encode(lesson))
            if not torch.isfinite(loss):
                raise FitError(
                    f"loss is {loss.item()} at step {self.step + 1}, listing {lesson.listing}"
                )
            (loss / len(batch)).backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self._trainable, self._config.gradient_norm)
        for group in self._optimiser.param_groups:
            group["lr"] = self._config.learning_rate * self._share()
        self._optimiser.step()
        return total / len(batch)

    def _share(self) -> float:
        """Of the learning rate: a linear rise, then a cosine to zero."""
        warm = max(1, int(self._steps * self._config.warmup))
        if self.step < warm:
            return (self.step + 1) / warm
        done = (self.step - warm) / max(1, self._steps - warm)
        return 0.5 * (1 + math.cos(math.pi * done))

    def _save(self) -> None:
        """Beside the last one, then over it: a kill leaves the old checkpoint or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        state = {
            "fingerprint": self.fingerprint,
            "step": self.step,
            "losses": self.losses,
            "valid_before": self.valid_before,
            "weights": get_peft_model_state_dict(self._model),
            "optimiser": self._optimiser.state_dict(),
        }
        torch.save(state, draft)
        draft.replace(self._path)

    def _restore(self) -> None:
        # Only tensors and plain values are read: a checkpoint runs no code.
        state = torch.load(self._path, map_location=self._config.device, weights_only=True)
        if state["fingerprint"] != self.fingerprint:
            raise FitError(
                f"{self._path} is of another model, configuration or data: name another folder"
            )
        set_peft_model_state_dict(self._model, state["weights"])
        self._optimiser.load_state_dict(state["optimiser"])
        self.step, self.losses = state["step"], state["losses"]
        self.valid_before = state["valid_before"]


def fingerprint_of(lessons: Sequence[Lesson], config: TuningConfig) -> str:
    """Twelve digits that change with what is learnt and how."""
    found = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode())
    for lesson in lessons:
        said = [lesson.listing, lesson.task, *(turn.text for turn in lesson.turns), lesson.answer]
        found.update("\x00".join(said).encode())
    return found.hexdigest()[:12]
