"""A language model that sees, on this machine: any image-text-to-text model of transformers.

Pieces stream from a thread of its own, which ends with the request: at the text's end, at the time
limit, or at the next token after the reader has left.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jinja2
import torch
from PIL.Image import Image
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    StoppingCriteria,
    StoppingCriteriaList,
    TextIteratorStreamer,
)

from ml.artefacts import CHECKSUMS, ArtefactError, verify_checksums
from ml.description.generators.answers import text_of
from ml.description.generators.base import GeneratorError
from ml.description.generators.pictures import pictures
from ml.description.prompt import Message, messages, most_tokens
from ml.description.request import DraftRequest

DType = Literal["auto", "float32", "bfloat16", "float16"]
ADAPTER = "adapter_model.safetensors"  # the file name that peft gives LoRA weights

# What transformers and torch raise on weights, photos and prompts that do not fit together.
_MODEL_ERRORS = (RuntimeError, ValueError, IndexError, KeyError, TypeError, AttributeError, OSError)
_PROBE = "f6d2b1"


@dataclass(frozen=True)
class MultimodalConfig:
    """`model` is a hub tag or a folder, `lora` a folder that peft or train_description wrote."""

    model: str
    lora: Path | None = None
    device: str = "auto"  # cuda where there is one
    dtype: DType = "auto"  # as the weights were saved; float32 on a CPU
    most_photos: int = 3
    photo_side: int = 768  # pixels
    total_s: float = 120.0
    temperature: float = 0.7
    top_p: float = 0.9


class Multimodal:
    """Writes with a loaded model; requests of several threads are answered one after another."""

    name = "multimodal"

    def __init__(self, model: Any, processor: Any, config: MultimodalConfig, release: str) -> None:
        self.release = release
        self._model = model
        self._processor = processor
        self._config = config
        self._takes_system = takes_system(processor)
        self._one_at_a_time = threading.Lock()

    def write(self, request: DraftRequest) -> Iterator[str]:
        """Pieces as they are generated."""
        yield from text_of(request, self._pieces(request))

    def _pieces(self, request: DraftRequest) -> Iterator[str]:
        deadline = time.monotonic() + self._config.total_s
        stop = _Stop(deadline)
        streamer = TextIteratorStreamer(
            self._processor.tokenizer, skip_prompt=True, skip_special_tokens=True
        )
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="description")
        try:
            future = executor.submit(self._generate, request, streamer, stop)
            # Also where it fails before the first token, and the streamer never hears of an end.
            future.add_done_callback(lambda _: streamer.text_queue.put(streamer.stop_signal))
            yield from _until_end(streamer, deadline)
            self._check(future)
        finally:
            stop.asked.set()
            executor.shutdown(wait=True)

    def _generate(self, request: DraftRequest, streamer: TextIteratorStreamer, stop: _Stop) -> bool:
        """Whether the model came to an end by itself."""
        photos = pictures(
            request.photos, most=self._config.most_photos, side=self._config.photo_side
        )
        turns = chat(messages(request), photos, takes_system=self._takes_system)
        most = most_tokens(request)
        with self._one_at_a_time, torch.random.fork_rng(), torch.inference_mode():
            inputs = self._processor.apply_chat_template(
                turns, add_generation_prompt=True, tokenize=True, return_dict=True,
                return_tensors="pt",
            ).to(self._model.device, dtype=self._model.dtype)  # fmt: skip
            torch.manual_seed(request.seed)
            tokens = self._model.generate(
                **inputs,
                streamer=streamer,
                stopping_criteria=StoppingCriteriaList([stop]),
                max_new_tokens=most,
                **self._choice(),
            )  # (1, prompt and answer)
        ends = self._model.generation_config.eos_token_id
        return int(tokens[0, -1]) in (ends if isinstance(ends, list) else [ends])

    def _choice(self) -> dict[str, Any]:
        """How the next token is chosen: by chance among the likely ones, or the likeliest."""
        if not self._config.temperature:
            return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        return {
            "do_sample": True,
            "temperature": self._config.temperature,
            "top_p": self._config.top_p,
        }

    def _check(self, future: Future[bool]) -> None:
        try:
            came_to_an_end = future.result()
        except torch.OutOfMemoryError as error:
            raise GeneratorError("the language model ran out of memory") from error
        except _MODEL_ERRORS as error:
            raise GeneratorError(f"the language model failed ({type(error).__name__})") from error
        if not came_to_an_end:
            raise GeneratorError("the language model's text was too long or took too long")


class _Stop(StoppingCriteria):  # type: ignore[misc]
    """Ends generation at the next token, once asked or at the deadline."""

    def __init__(self, deadline: float) -> None:
        self.asked = threading.Event()
        self._deadline = deadline

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        ends = self.asked.is_set() or time.monotonic() > self._deadline
        return torch.full((len(input_ids),), ends, dtype=torch.bool, device=input_ids.device)


def _until_end(streamer: TextIteratorStreamer, deadline: float) -> Iterator[str]:
    while True:
        try:
            piece = streamer.text_queue.get(timeout=max(deadline - time.monotonic(), 0.01))
        except queue.Empty:
            raise GeneratorError("the language model does not answer in time") from None
        if piece is streamer.stop_signal:
            return
        if piece:
            yield piece


def chat(
    turns: tuple[Message, ...], photos: list[Image], *, takes_system: bool
) -> list[dict[str, Any]]:
    """Messages as processors' templates take them; the photos go with the first turn of the user.

    Where a template knows no system message, its rules open the user's.
    """
    images = [{"type": "image", "image": photo} for photo in photos]
    rules = "" if takes_system else turns[0].text + "\n\n"
    made = []
    for turn in turns[0 if takes_system else 1 :]:
        text = {"type": "text", "text": (rules if turn.role == "user" else "") + turn.text}
        shown = images if turn.role == "user" else []
        made.append({"role": turn.role, "content": [*shown, text]})
        rules = "" if turn.role == "user" else rules
    return made


def takes_system(processor: Any) -> bool:
    """Whether the chat template writes a system message down: some refuse it, some drop it."""
    turns = (Message("system", _PROBE), Message("user", "hello"))
    try:
        made = processor.apply_chat_template(chat(turns, [], takes_system=True), tokenize=False)
    except jinja2.TemplateError:
        return False
    return _PROBE in made


def load_multimodal(config: MultimodalConfig) -> Multimodal:
    """Load model and processor, and merge the LoRA weights. Raises GeneratorError with the reason.

    On a CPU it takes one thread, as every model of this project does.
    """
    device = config.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        torch.set_num_threads(1)
    try:
        processor, model = load_model(config.model, device=device, dtype=config.dtype)
        release = f"{Path(config.model).name} {_fingerprint(config.model, model)}"
        if config.lora:
            model = _with_lora(model, config.lora)
            release += f" + {_sha256(config.lora / ADAPTER)}"
    except ArtefactError as error:
        raise GeneratorError(f"LoRA weights cannot be used ({error})") from error
    except _MODEL_ERRORS as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise GeneratorError(f"the language model cannot be loaded ({first})") from error
    return Multimodal(model.eval(), processor, config, release)


def load_model(name: str, *, device: str, dtype: DType) -> tuple[Any, Any]:
    """(processor, model) of a hub tag or folder. Weights are read from safetensors alone."""
    processor = AutoProcessor.from_pretrained(name)
    if device == "cpu" and dtype == "auto":
        dtype = "float32"
    model = AutoModelForImageTextToText.from_pretrained(name, dtype=dtype, use_safetensors=True)
    return processor, model.to(device)


def _with_lora(model: Any, folder: Path) -> Any:
    from peft import PeftModel

    if (folder / CHECKSUMS).exists():
        verify_checksums(folder)
    return PeftModel.from_pretrained(model, str(folder)).merge_and_unload()


def _fingerprint(name: str, model: Any) -> str:
    """The hub's commit, or twelve digits of a folder's config and weights."""
    folder = Path(name)
    if not folder.is_dir():
        return str(getattr(model.config, "_commit_hash", None) or "")[:12]
    found = hashlib.sha256()
    for path in sorted([folder / "config.json", *folder.glob("*.safetensors")]):
        found.update(_sha256(path).encode())
    return found.hexdigest()[:12]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]
