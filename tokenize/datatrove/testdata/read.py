"""Reads NAME.ds with datatrove's own code and prints what it gets as JSON.

Usage: read.py SEQ_LEN FILE.ds:TOKEN_SIZE …

Prints, on a line for each file, {"documents": …, "items": …, "positions": …, "same": …}: the documents by
datatrove.tools.check_dataset, the items and positions by its DatatroveFileDataset
(which needs torch; where that is absent, NumPy takes its place), and whether its
TokenizedFile writes the same bytes for the same documents.
"""

import importlib.machinery
import json
import os
import sys
import tempfile
import types

import numpy as np


def stand_in_for_torch():
    """Registers a module torch with the few functions that datatrove's dataset calls."""

    def module(name):
        m = types.ModuleType(name)
        m.__spec__ = importlib.machinery.ModuleSpec(name, None)
        m.__path__ = []
        sys.modules[name] = m
        return m

    torch = module("torch")
    torch.utils = module("torch.utils")
    torch.utils.data = module("torch.utils.data")
    torch.utils.data.Dataset = object
    torch.long, torch.int, torch.int64 = np.int64, np.int32, np.int64
    torch.as_tensor = lambda values, dtype=None: np.asarray(values, dtype=dtype)
    torch.tensor = lambda values, dtype=None: np.array(values, dtype=dtype)
    torch.ones = lambda n, dtype=None: np.ones(n, dtype=dtype)
    torch.ones_like = lambda a, dtype=None: np.ones_like(a, dtype=dtype)
    torch.cat = np.concatenate
    torch.cumsum = lambda a, dim: np.cumsum(a, axis=dim)
    torch.where = np.where


try:
    import torch  # noqa: F401
except ImportError:
    stand_in_for_torch()

from datatrove.pipeline.tokens.tokenizer import TokenizedFile  # noqa: E402
from datatrove.tools.check_dataset import load_dataset_bytes, load_doc_ends  # noqa: E402
from datatrove.utils.dataset import DatatroveFileDataset  # noqa: E402


def show(path, token_size, seq_len):
    ends = load_doc_ends(open(path + ".index", "rb"))
    dtype = np.dtype("<u2" if token_size == 2 else "<u4")
    documents = [
        np.frombuffer(b, dtype).tolist() for b in load_dataset_bytes(open(path, "rb"), ends, bytes_per_value=token_size)
    ]

    items, positions = [], []
    if sum(map(len, documents)) > seq_len:
        data = DatatroveFileDataset(path, seq_len=seq_len, token_size=token_size, return_positions=True)
        items = [data[i]["input_ids"].tolist() for i in range(len(data))]
        positions = [data[i]["positions"].tolist() for i in range(len(data))]

    with open(path + ".metadata") as f:
        metadata = f.read()
    with tempfile.TemporaryDirectory() as own:
        t = TokenizedFile(
            own,
            "own.ds",
            tokenizer_name_or_path=metadata.split("\n")[0].rpartition("|")[0],
            save_final_metadata=True,
            token_size=token_size,
        )
        for d in documents:
            t.write(d, None)
        t.close()
        same = all(
            open(os.path.join(own, "own.ds" + s), "rb").read() == open(path + s, "rb").read()
            for s in ("", ".index", ".metadata")
        )
    print(json.dumps({"documents": documents, "items": items, "positions": positions, "same": same}))


for arg in sys.argv[2:]:
    path, _, token_size = arg.rpartition(":")
    show(path, int(token_size), int(sys.argv[1]))
