"""Reads NAME.npy and NAME.ends.npy with NumPy and prints, on a line of JSON for each
NAME, what it got and whether numpy.save writes the same bytes."""

import io
import json
import sys

import numpy as np


def saved(array):
    b = io.BytesIO()
    np.save(b, array)
    return b.getvalue()


for name in sys.argv[1:]:
    same = True
    for path in (name + ".npy", name + ".ends.npy"):
        whole, mapped = np.load(path, allow_pickle=False), np.load(path, mmap_mode="r", allow_pickle=False)
        with open(path, "rb") as f:
            stored = f.read()
        same = same and np.array_equal(whole, mapped) and saved(whole) == stored
        # What maps an array without a header finds it at byte 128.
        raw = np.frombuffer(stored, whole.dtype, offset=128)
        same = same and np.array_equal(raw, whole.reshape(-1))
    tokens, ends = np.load(name + ".npy", mmap_mode="r"), np.load(name + ".ends.npy")
    assert ends.dtype == np.int64
    flat = tokens.reshape(-1)
    documents = [flat[a:b].tolist() for a, b in zip(np.concatenate([[0], ends[:-1]]) if len(ends) else [], ends)]
    print(json.dumps({"dtype": str(tokens.dtype), "shape": tokens.shape, "documents": documents, "same": bool(same)}))
