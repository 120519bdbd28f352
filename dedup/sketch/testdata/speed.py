# Reads texts, one JSON string a line, and writes a line of JSON for each way to make
# signatures of 112 numbers of their runs of five words: its name, the seconds of
# processor time from the text on, and those from the shingles on.
#
# All normalize with datatrove's simplify_text and divide words at white space, where
# datatrove itself would use spaCy's words, and take longer.
import importlib.metadata
import json
import sys
import time

import datasketch
import numpy as np
import rensa
import xxhash
from datatrove.pipeline.dedup.minhash import MinhashDedupSignature
from datatrove.utils.text import ngrams, simplify_text
from datatrove.utils.word_tokenizers import WordTokenizer

LANES = 112


class NoWords(WordTokenizer):
    word_tokenize = sent_tokenize = span_tokenize = None


# Its hash function takes strings, which xxhash does not from version 4 on.
step = MinhashDedupSignature("memory://signatures", language=NoWords("en"))
step._hash_func = lambda text: xxhash.xxh64_intdigest(text.encode())


def shingles(text):
    return [" ".join(x) for x in ngrams(simplify_text(text).split(), 5)]


def encoded(text):
    return [s.encode() for s in shingles(text)]


def with_datatrove(shingles):  # the second halves of get_shingles and of run
    hashes = np.fromiter(map(step._hash_func, shingles), dtype=np.uint64).reshape((-1, 1))
    return step.get_signature(hashes)


def with_datasketch(scheme):
    permutations = datasketch.MinHash(num_perm=LANES, seed=1, scheme=scheme).permutations

    def sign(shingles):
        m = datasketch.MinHash(num_perm=LANES, seed=1, scheme=scheme, permutations=permutations)
        m.update_batch(shingles)
        return m.hashvalues

    return sign


def with_rensa(kind):
    def sign(shingles):
        m = kind(LANES, 1)
        m.update(shingles)
        return m.digest()

    return sign


def measure(name, prepare, sign):
    sign(prepare(" ".join(texts[:9])))  # what is done once
    start = time.process_time()
    prepared = [prepare(t) for t in texts]
    middle = time.process_time()
    for p in prepared:
        if len(p):
            sign(p)
    end = time.process_time()
    print(json.dumps({"name": name, "text": end - start, "shingles": end - middle}), flush=True)


def version(package):
    return package + " " + importlib.metadata.version(package)


texts = [json.loads(line) for line in sys.stdin]
measure(version("datatrove"), shingles, with_datatrove)
measure(version("datasketch") + ", affine32", encoded, with_datasketch("affine32"))
measure(version("datasketch") + ", legacy", encoded, with_datasketch("legacy"))
measure(version("rensa") + ", RMinHash", shingles, with_rensa(rensa.RMinHash))
measure(version("rensa") + ", CMinHash", shingles, with_rensa(rensa.CMinHash))
