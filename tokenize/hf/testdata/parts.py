"""Runs normalizers and pre-tokenizers alone.

Reads {"normalizers": [...], "pre_tokenizers": [...], "texts": [...], "few": n} as
JSON, the parts as in a tokenizer.json. Pre-tokenizers after the first n get only the
texts before the first that is null. Writes, a line for every part, what becomes of the
texts: a list of texts, or a list of lists of words; or {"error": ...}.
"""
import json, sys
from tokenizers import Tokenizer, models

job = json.load(sys.stdin)
texts = job["texts"]
few = texts[:texts.index(None)]
texts = few + texts[len(few) + 1:]


def part(name, description):
    file = json.loads(Tokenizer(models.BPE()).to_str())
    file[name] = description
    return getattr(Tokenizer.from_str(json.dumps(file)), name)


for description in job["normalizers"]:
    n = part("normalizer", description)
    print(json.dumps([n.normalize_str(text) for text in texts]), flush=True)
for i, description in enumerate(job["pre_tokenizers"]):
    try:
        p = part("pre_tokenizer", description)
    except Exception as e:
        print(json.dumps({"error": str(e)}), flush=True)
        continue
    print(json.dumps([[w for w, _ in p.pre_tokenize_str(text)] for text in (texts if i < job["few"] else few)]), flush=True)
