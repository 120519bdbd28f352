# Reads texts, one JSON string a line, and writes for each a line of JSON with the
# numbers that datatrove and datasketch make of it: [[datatrove...], [datasketch...]],
# or [null, null] where datatrove makes none, for want of five words.
#
# Words are those of package sketch: datatrove's own come from spaCy.
import json
import sys

import datasketch
import numpy as np
import regex
import xxhash
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.utils.text import ngrams, simplify_text
from datatrove.utils.word_tokenizers import WordTokenizer

SCRIPTS = "Han Hiragana Katakana Bopomofo Yi Thai Lao Khmer Myanmar Tibetan Tai_Le New_Tai_Lue Tai_Tham Tai_Viet"
ALONE = regex.compile("([" + "".join(r"\p{Script=%s}" % s for s in SCRIPTS.split()) + "\u3031-\u3035\u30fc\uff70])")


class Words(WordTokenizer):
    def word_tokenize(self, text):
        return [word for field in text.split() for word in ALONE.split(field) if word]

    def sent_tokenize(self, text):
        raise NotImplementedError

    def span_tokenize(self, text):
        raise NotImplementedError


words = Words("en")
lanes = MinhashConfig().num_buckets * MinhashConfig().hashes_per_bucket
step = MinhashDedupSignature("memory://signatures", language=words)
# Its hash function takes strings, which xxhash does not from version 4 on.
step._hash_func = lambda text: xxhash.xxh64_intdigest(text.encode())
permutations = datasketch.MinHash(num_perm=lanes, seed=1, scheme="legacy").permutations

for line in sys.stdin:
    text = json.loads(line)
    shingles = step.get_shingles(text)
    if shingles.size == 0:
        print("[null, null]")
        continue
    datatrove = np.concatenate(step.get_signature(shingles)).tolist()
    minhash = datasketch.MinHash(num_perm=lanes, seed=1, scheme="legacy", permutations=permutations)
    minhash.update_batch([" ".join(x).encode() for x in ngrams(words.word_tokenize(simplify_text(text)), 5)])
    print(json.dumps([datatrove, minhash.hashvalues.tolist()]))
