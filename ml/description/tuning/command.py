"""python -m ml.description.tuning.command: from files of listings to LoRA weights and a report."""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from ml.artefacts import Artefact, save_artefact
from ml.description.generators.multimodal import ADAPTER, Multimodal, MultimodalConfig
from ml.description.tuning.instructions import Lesson, read_listings, split_lessons
from ml.description.tuning.report import Figures, measure, write_report
from ml.description.tuning.training import Tuned, TuningConfig, tune
from ml.fitting import FitError
from ml.records import RecordError

KIND = "description_lora"
FORMAT_VERSION = 1

_CARD = """# LoRA weights for drafting descriptions

Base model: {model}. Its licence binds these weights too.
Data: {lessons} lessons ({tasks}) of {listings} listings in {files}; licences of the data bind too.
Answers are people's descriptions without the sentences that the claim checker refused.
Made by: `{command}` on torch {torch}, {machine}.

Validation loss {before:.3f} -> {after:.3f} nats per token on listings that were not learnt from.
Limits: the model still invents; nothing that it writes is shown unchecked. One language per run.
"""


def run(
    files: Sequence[Path],
    config: TuningConfig,
    out: Path,
    *,
    language: str = "en",
    samples: int = 12,
    total_s: float = 120.0,
) -> Artefact:
    """Tune, measure and save. The checkpoint lies in a folder beside `out` until all is saved."""
    items = chain.from_iterable(read_listings(path) for path in files)
    train, valid = split_lessons(items, language)
    work = out.with_name(f"{out.name}.work")
    tuned = tune(train, valid, config, work)
    drafts = [lesson for lesson in valid if lesson.task == "draft"][:samples]
    before, after = _compared(tuned, drafts, config, total_s)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tuned.model.save_pretrained(folder)
        report = write_report(
            folder,
            model=config.model,
            trained_on=len(train) - tuned.left_out,
            lessons=drafts,
            before=before,
            after=after,
        )
        artefact = save_artefact(
            out,
            kind=KIND,
            format_version=FORMAT_VERSION,
            config={**asdict(config), "language": language, "fingerprint": tuned.fingerprint},
            tensors={},
            metrics=_metrics(tuned, train, valid, before, after),
            card=_card(tuned, train, files, config),
            files=[folder / "adapter_config.json", folder / ADAPTER, *report],
        )
    for path in work.glob("*"):
        path.unlink()
    work.rmdir()
    return artefact


def _compared(
    tuned: Tuned, drafts: Sequence[Lesson], config: TuningConfig, total_s: float
) -> tuple[Figures, Figures]:
    serving = MultimodalConfig(
        config.model,
        most_photos=config.most_photos,
        photo_side=config.photo_side,
        total_s=total_s,
        temperature=0.0,  # the most likely text, so that chance explains no difference
    )
    engine = Multimodal(tuned.model, tuned.processor, serving, release=tuned.fingerprint)
    with tuned.model.disable_adapter():
        before = measure(engine, drafts, valid_loss=tuned.valid_before)
    return before, measure(engine, drafts, valid_loss=tuned.valid_after)


def _metrics(
    tuned: Tuned,
    train: Sequence[Lesson],
    valid: Sequence[Lesson],
    before: Figures,
    after: Figures,
) -> dict[str, Any]:
    figures = {
        moment: {name: value for name, value in asdict(found).items() if name != "texts"}
        for moment, found in (("before", before), ("after", after))
    }
    return {
        "lessons": len(train) - tuned.left_out,
        "left_out_too_long": tuned.left_out,
        "valid_lessons": len(valid),
        "steps": len(tuned.losses),
        "train_loss_first": tuned.losses[0],
        "train_loss_last": tuned.losses[-1],
        **figures,
    }


def _card(
    tuned: Tuned, train: Sequence[Lesson], files: Sequence[Path], config: TuningConfig
) -> str:
    tasks = Counter(lesson.task for lesson in train)
    return _CARD.format(
        model=Path(config.model).name if Path(config.model).is_dir() else config.model,
        lessons=len(train) - tuned.left_out,
        tasks=", ".join(f"{count} {task}" for task, count in tasks.most_common()),
        listings=len({lesson.listing for lesson in train}),
        files=", ".join(path.name for path in files),
        command="manage.py train_description",
        torch=torch.__version__,
        machine=platform.machine(),
        before=tuned.valid_before,
        after=tuned.valid_after,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Tune a model that sees with LoRA.")
    parser.add_argument("--model", required=True, help="hub tag or folder")
    parser.add_argument("--data", type=Path, action="append", required=True, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--language", default="en")
    parser.add_argument("--samples", type=int, default=12, help="drafts in the report")
    defaults = TuningConfig("")
    for name in (
        "epochs", "accumulation", "learning_rate", "rank", "alpha", "dropout", "most_tokens",
        "most_photos", "photo_side", "most_valid", "checkpoint_every", "device", "dtype", "seed",
    ):  # fmt: skip
        default = getattr(defaults, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    parser.add_argument("--targets", nargs="+", default=list(defaults.targets))
    parser.add_argument(
        "--no-gradient-checkpointing", dest="gradient_checkpointing", action="store_false",
        help="faster, for several times the memory",
    )  # fmt: skip
    given = vars(parser.parse_args())
    files, out = given.pop("data"), given.pop("out")
    language, samples = given.pop("language"), given.pop("samples")
    if given["device"] == "cpu":
        torch.set_num_threads(1)
    config = TuningConfig(**{**given, "targets": tuple(given["targets"])})
    try:
        run(files, config, out, language=language, samples=samples)
    except (FitError, RecordError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
