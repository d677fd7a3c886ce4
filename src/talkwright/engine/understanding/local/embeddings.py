"""Static embeddings of English word pieces: the table that the wordllama package ships, mapped, never copied."""

from __future__ import annotations

import importlib.util
import json
import struct
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

DIMENSIONS = 256
_TABLE = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class Embeddings:
    """Turns English text into one vector of length 1. The table stays 16 bits wide; only rows in use are widened."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._table = _mapped(folder / _TABLE)

    def embed(self, text: str) -> NDArray[np.float32]:
        """The mean of the text's pieces, of length 1 (all zeros for an empty text)."""
        pieces = self._tokenizer.encode(text, add_special_tokens=False).ids
        if not pieces:
            return np.zeros(DIMENSIONS, np.float32)
        vector: NDArray[np.float32] = self._table[pieces].astype(np.float32).mean(axis=0)
        length = float(np.sqrt(vector @ vector))
        return vector / length if length else vector

    def length(self, word: str) -> float:
        """How long a word's vector was before it was made 1: rare and telling words have long ones."""
        pieces = self._tokenizer.encode(word, add_special_tokens=False).ids
        if not pieces:
            return 0.0
        vector = self._table[pieces].astype(np.float32).mean(axis=0)
        return float(np.sqrt(vector @ vector))


def _mapped(path: Path) -> NDArray[np.float16]:
    """The one tensor of a safetensors file, where it lies (the format: 8 bytes of header length, JSON header, data)."""
    with path.open("rb") as file:
        (header_size,) = struct.unpack("<Q", file.read(8))
        (tensor,) = (value for name, value in json.loads(file.read(header_size)).items() if name != "__metadata__")
    start = tensor["data_offsets"][0] + 8 + header_size
    return np.memmap(path, dtype=np.dtype("<f2"), mode="r", offset=start, shape=tuple(tensor["shape"]))


@cache
def english_embeddings() -> Embeddings:
    """The table of this process. The package is never imported: it would copy the table and bring what no bot needs."""
    spec = importlib.util.find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        message = "The package wordllama, which ships the word table of English, is not installed."
        raise RuntimeError(message)
    return Embeddings(Path(spec.submodule_search_locations[0]))
