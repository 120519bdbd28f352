"""Reads data prefixes with NumPy by the rules of Megatron-LM's IndexedDataset, and
prints for each a line of JSON: the type of its ids, its sequences, its documents.

Usage: read.py WINDOW PREFIX …

If all sequences have WINDOW tokens, it also puts samples together as GPTDataset does
for that sequence length, from sequences in another order: each of WINDOW + 1 tokens,
the last of which is the first of the next sample. They are in "samples", and the order in
"order".
"""

import json
import struct
import sys

import numpy as np

DTYPES = {1: np.uint8, 2: np.int8, 3: np.int16, 4: np.int32, 5: np.int64, 6: np.float64, 7: np.float32, 8: np.uint16}


def read(prefix):
    with open(prefix + ".idx", "rb") as f:
        assert f.read(9) == b"MMIDIDX\x00\x00"
        assert struct.unpack("<Q", f.read(8)) == (1,)
        dtype = DTYPES[struct.unpack("<B", f.read(1))[0]]
        sequences, documents = struct.unpack("<QQ", f.read(16))
        at = f.tell()
    idx = np.memmap(prefix + ".idx", mode="r")
    lengths = np.frombuffer(idx, np.int32, sequences, at)
    at += lengths.nbytes
    pointers = np.frombuffer(idx, np.int64, sequences, at)
    at += pointers.nbytes
    first = np.frombuffer(idx, np.int64, documents, at)
    assert at + first.nbytes == idx.size
    assert lengths.shape[0] == sequences == first[-1]
    tokens = np.memmap(prefix + ".bin", mode="r")
    assert tokens.size == lengths.sum() * dtype().itemsize
    return dtype, first, [np.frombuffer(tokens, dtype, n, p) for n, p in zip(lengths, pointers)]


window = int(sys.argv[1])
for prefix in sys.argv[2:]:
    dtype, first, sequences = read(prefix)
    out = {
        "dtype": dtype.__name__,
        "sequences": [s.tolist() for s in sequences],
        "documents": [[s.tolist() for s in sequences[a:b]] for a, b in zip(first, first[1:])],
    }
    if all(len(s) == window for s in sequences):
        order = np.random.RandomState(1).permutation(len(sequences))
        flat = np.concatenate([sequences[i] for i in order])
        out["order"] = order.tolist()
        out["samples"] = [flat[a : a + window + 1].tolist() for a in range(0, len(flat) - window, window)]
    print(json.dumps(out))
