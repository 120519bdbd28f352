"""Prints what datatrove makes of texts: the verdicts that datatrove_test.go expects.

    go test -run TestAgainstDatatrove -texts texts.jsonl ./filter
    pip install datatrove==0.10.1 spacy==3.8.18 numpy
    python filter/testdata/verdicts.py texts.jsonl > filter/testdata/datatrove.txt

Words are those of str.split in every filter, so that the rules are compared and not
the tokenizers. Sentences are those of datatrove's own splitter for English.
"""

import hashlib
import json
import sys
import warnings

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4ParagraphFilter,
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    fineweb_quality_filter,
    gopher_quality_filter,
    gopher_repetition_filter,
)

warnings.filterwarnings("ignore", category=RuntimeWarning)  # means of nothing

for module in (gopher_repetition_filter, gopher_quality_filter, fineweb_quality_filter):
    module.split_into_words = lambda text, language=None: text.split()

FILTERS = [
    GopherRepetitionFilter(),
    GopherRepetitionFilter(top_n_grams=()),
    GopherQualityFilter(),
    GopherQualityFilter(min_doc_words=None, min_avg_word_length=None, min_stop_words=1),
    C4QualityFilter(),
    C4QualityFilter(filter_no_terminal_punct=False, min_num_sentences=1),
    C4ParagraphFilter(),
    FineWebQualityFilter(),
    FineWebQualityFilter(line_punct_thr=0, short_line_thr=1, char_duplicates_ratio=0.1),
]


def verdict(filter, text):
    doc = Document(text=text, id="")
    try:
        result = filter.filter(doc)
    except ZeroDivisionError:
        return "error"
    if isinstance(result, tuple):
        return result[1].replace("< 3 paragraphs", "too_few_paragraphs")
    if doc.text == text:
        return "keep"
    if not doc.text:
        return "keep:nothing"
    return "keep:" + hashlib.sha256(doc.text.encode()).hexdigest()[:8]


for line in open(sys.argv[1], encoding="utf-8"):
    text = json.loads(line)
    print(*(verdict(f, text) for f in FILTERS))
