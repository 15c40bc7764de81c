"""How sellers put words together: a small causal transformer over lower-case word pieces.

Pre-norm decoder with tied embeddings (Radford et al., "Language Models are Unsupervised Multitask
Learners", 2019, section 2.3), word pieces by byte-pair encoding. It weighs sentences that others
wrote; nothing samples from it. Figures are all one digit to it: it cannot recite one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer
from tokenizers.models import BPE
from tokenizers.normalizers import NFKC, Lowercase, Replace
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.trainers import BpeTrainer
from torch import Tensor, nn
from torch.nn import functional

KIND = "description"
FORMAT_VERSION = 2
PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
PAD_ID, END_ID = 0, 1
_CONTEXT = 48  # word pieces of what stands before a sentence that are looked at


@dataclass(frozen=True)
class LanguageModelConfig:
    pieces: int = 4_000
    width: int = 192
    layers: int = 3
    heads: int = 6
    length: int = 128  # word pieces of a training window
    dropout: float = 0.1  # of the embeddings


class Decoder(nn.Module):
    """Next-piece logits at every place of a text."""

    def __init__(self, config: LanguageModelConfig) -> None:
        super().__init__()
        self.config = config
        self.pieces = nn.Embedding(config.pieces, config.width, padding_idx=PAD_ID)
        self.places = nn.Embedding(config.length, config.width)
        layer = nn.TransformerEncoderLayer(
            config.width,
            config.heads,
            4 * config.width,
            dropout=0.0,  # half of a step's time, where early stopping does as well
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.blocks = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.apply(_initialise)

    def forward(
        self, ids: Tensor, places: Tensor | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """(batch, length) piece numbers → (batch, length, width), to be met with the embeddings.

        Pieces stand one after the other and look back, unless their places (length,) and an
        additive mask (length, length) of who sees whom are given.
        """
        length = ids.shape[1]
        if places is None:
            places = torch.arange(length, device=ids.device)
        states = self.dropout(self.pieces(ids) + self.places(places))  # (batch, length, width)
        is_causal = mask is None
        if mask is None:
            mask = nn.Transformer.generate_square_subsequent_mask(length, device=ids.device)
        states = self.blocks(states, mask=mask, is_causal=is_causal)
        normed: Tensor = self.norm(states)
        return normed

    def logits(self, states: Tensor) -> Tensor:
        """(..., width) → (..., pieces)."""
        return functional.linear(states, self.pieces.weight)

    def loss(self, ids: Tensor) -> Tensor:
        """Mean negative log-probability of every piece after the first, padding left out."""
        logits = self.logits(self(ids[:, :-1])).float()  # (batch, length - 1, pieces)
        return functional.cross_entropy(
            logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=PAD_ID
        )


class LanguageModel:
    """Weighs sentences. Deterministic: the same sentence after the same words weighs the same."""

    def __init__(self, tokenizer: Tokenizer, decoder: Decoder) -> None:
        self.tokenizer = tokenizer
        self.decoder = decoder.eval()

    def fluency(self, sentences: Sequence[str], before: str = "") -> NDArray[np.float64]:
        """Mean log-probability per word piece and end, (n,); higher reads more like a seller's."""
        logs, counts = self._sums(sentences, before)
        return logs / counts

    def log_probabilities(self, sentences: Sequence[str], before: str = "") -> NDArray[np.float64]:
        """Log-probability of each whole sentence and its end, (n,)."""
        return self._sums(sentences, before)[0]

    def _sums(
        self, sentences: Sequence[str], before: str
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Sums of log-probabilities and numbers of pieces, each (n,).

        All sentences lie in one row behind what stands before them; each sees that and itself, so
        what they share is read once.
        """
        if not sentences:
            return np.zeros(0), np.ones(0, np.int64)
        start = [END_ID, *(self.encode(before) if before else [])][-_CONTEXT:]
        room = self.decoder.config.length - len(start)
        rows = [[*self.encode(sentence)[: room - 1], END_ID] for sentence in sentences]
        counts = np.array([len(row) for row in rows])
        ids = torch.tensor([*start, *(piece for row in rows for piece in row)])  # (all,)
        owner = torch.tensor(
            [0] * len(start) + np.repeat(np.arange(len(rows)) + 1, counts).tolist()
        )
        firsts = len(start) + np.concatenate([[0], counts.cumsum()[:-1]])
        places = torch.arange(len(ids))
        places[len(start) :] -= torch.from_numpy(np.repeat(firsts - len(start), counts))
        seen = (owner[None] == 0) | (owner[None] == owner[:, None])
        seen &= torch.arange(len(ids))[None] <= torch.arange(len(ids))[:, None]
        mask = torch.zeros(seen.shape).masked_fill(~seen, -torch.inf)  # (all, all)
        # A sentence's first piece is told from what stands before, the others from their neighbour.
        tellers = torch.arange(len(start), len(ids)) - 1
        tellers[torch.from_numpy(firsts - len(start))] = len(start) - 1
        with torch.inference_mode():
            states = self.decoder(ids[None], places, mask)[0, tellers]  # (pieces said, width)
            logs = functional.log_softmax(self.decoder.logits(states).float(), dim=-1)
            picked = logs.gather(1, ids[len(start) :, None])[:, 0].double().numpy()
        return np.add.reduceat(picked, firsts - len(start)), counts

    def encode(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text).ids
        return ids

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Weights in half precision, and the word pieces as bytes of JSON."""
        weights = {
            name: value.detach().half().numpy() for name, value in self.decoder.state_dict().items()
        }
        said = self.tokenizer.to_str().encode()
        return {**weights, "tokenizer": np.frombuffer(said, np.uint8)}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, NDArray[Any]], config: LanguageModelConfig
    ) -> LanguageModel:
        decoder = Decoder(config)
        weights = {
            name: torch.from_numpy(value.astype(np.float32))
            for name, value in tensors.items()
            if name in decoder.state_dict()
        }
        decoder.load_state_dict(weights)
        return cls(Tokenizer.from_str(tensors["tokenizer"].tobytes().decode()), decoder)


def fit_tokenizer(texts: Iterable[str], pieces: int) -> Tokenizer:
    """Byte-pair encoding of lower-case words, every digit a zero."""
    tokenizer = Tokenizer(BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = Normalizers([NFKC(), Lowercase(), Replace(Regex(r"\d"), "0")])
    tokenizer.pre_tokenizer = Whitespace()
    trainer = BpeTrainer(
        vocab_size=pieces,
        special_tokens=[PAD, END, UNKNOWN],
        limit_alphabet=200,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
