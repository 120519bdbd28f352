"""Trains tokenizers and encodes texts with them.

Reads {"corpus": [...], "texts": [...], "size": n, "only": names with commas between
them, or ""} as JSON. Writes a line of
JSON for every tokenizer: its name, the file that describes it, and the ids of the
texts: with special tokens as text, with special tokens, and with the template.
"""
import base64, json, struct, sys
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers,
                        processors, trainers)

job = json.load(sys.stdin)
corpus, texts = job["corpus"], job["texts"]

BLANKS = r"\s*[\r\n]+|\s+(?!\S)|\s+"
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + BLANKS
QWEN2 = LLAMA3.replace("{1,3}", "")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
O200K = "|".join([
    r"[^\r\n\p{L}\p{N}]?" + UPPER + "*" + LOWER + "+" + CONTRACTIONS + "?",
    r"[^\r\n\p{L}\p{N}]?" + UPPER + "+" + LOWER + "*" + CONTRACTIONS + "?",
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + BLANKS])
DEEPSEEK = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"""
            r""" ?[\p{P}\p{S}]+[\r\n]*|""" + BLANKS)
SIZE = job["size"]


def byte_level(pre, normalizer=None, ignore_merges=False, prefix=None, suffix=None):
    affixes = {} if suffix is None else {"continuing_subword_prefix": prefix, "end_of_word_suffix": suffix}
    t = Tokenizer(models.BPE(ignore_merges=ignore_merges, **affixes))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizer, pre, decoders.ByteLevel()
    t.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **affixes))
    t.post_processor = processors.ByteLevel(trim_offsets=False)
    return t


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def seq(*steps):
    return pre_tokenizers.Sequence(list(steps))


def bytes_only():
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


FALLBACK = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % i for i in range(256)]


def sentencepiece(normalizer, pre, decoder, template=True, fuse=True, prepared=None, specials=FALLBACK, **model):
    """A BPE model with byte fallback. It is trained on words and used without them."""
    train = Tokenizer(models.BPE(unk_token="<unk>"))
    train.pre_tokenizer = prepared or pre_tokenizers.Metaspace()
    train.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=specials, show_progress=False, limit_alphabet=150,
        initial_alphabet=["▁"]))
    parts = json.loads(train.to_str())["model"]
    t = Tokenizer(models.BPE(vocab=parts["vocab"], merges=[tuple(m) for m in parts["merges"]], unk_token="<unk>",
                             fuse_unk=fuse, **{"byte_fallback": True, **model}))
    t.normalizer, t.decoder = normalizer, decoder
    if pre is not None:
        t.pre_tokenizer = pre
    t.add_special_tokens(["<unk>", "<s>", "</s>"])
    if template:
        t.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    return t


def unigram(normalizer, pre, fallback=False):
    t = Tokenizer(models.Unigram())
    t.normalizer, t.pre_tokenizer, t.decoder = normalizer, pre, decoders.Metaspace()
    special = ["<pad>", "</s>", "<unk>"] + (["<0x%02X>" % i for i in range(256)] if fallback else [])
    t.train_from_iterator(corpus, trainers.UnigramTrainer(
        vocab_size=4 * SIZE, special_tokens=special, unk_token="<unk>", show_progress=False))
    parts = json.loads(t.to_str())
    parts["model"]["byte_fallback"] = fallback
    parts["added_tokens"] = parts["added_tokens"][:3]
    t = Tokenizer.from_str(json.dumps(parts))
    t.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return t


def llama2_normalizer():
    return normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])


def llama2_decoder():
    return decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])


def charsmap(table):
    """SentencePiece's table of replacements: a double array of what is replaced, and
    texts that end with a zero byte."""
    texts, root = b"", {}
    for what in sorted(table):
        node = root
        for byte in what.encode():
            node = node.setdefault(byte, {})
        node[0] = len(texts)
        texts += table[what].encode() + b"\0"
    units, used, bases, queue = {0: 0}, {0}, set(), [(0, root)]
    while queue:
        at, node = queue.pop(0)
        base = 1
        while base in bases or any((base ^ label) in used for label in node):
            base += 1
        bases.add(base)
        units[at] = units.get(at, 0) & 0xFF | (at ^ base) << 10 | (0 in node) << 8
        for label, below in node.items():
            used.add(base ^ label)
            units[base ^ label] = (1 << 31 | below) if label == 0 else label
            if label:
                queue.append((base ^ label, below))
    size = (max(max(units), max(b | 0xFF for b in bases)) | 0xFF) + 1
    blob = b"".join(struct.pack("<I", units.get(i, 0)) for i in range(size))
    return struct.pack("<I", len(blob)) + blob + texts


def precompiled():
    table = {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}
    table.update({"\t": " ", "\n": " ", "\r": " ", "\u3000": " ", "\u00a0": " ", "\u200b": "", "\u0001": "",
                  "ﬁ": "fi", "①": "1", "…": "...", "e\u0301": "é", "é": "é", "A\u030a": "Å", "㌔": "キロ",
                  "™": "TM", "\u0958": "\u0915\u093c", "½": "1⁄2", "²": "2", "\u0344": "\u0308\u0301"})
    return normalizers.Precompiled(charsmap(table))


def added():
    t = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))
    t.add_tokens([AddedToken("left", lstrip=True), AddedToken("right", rstrip=True), AddedToken("both", lstrip=True, rstrip=True),
                  AddedToken("single", single_word=True), AddedToken("sin", normalized=False), AddedToken("ein Wort"),
                  AddedToken("\n\n"), AddedToken("日本"), AddedToken("the"), AddedToken("  ", single_word=True)])
    t.add_special_tokens([AddedToken("<mask>", lstrip=True), AddedToken("<|left|>", lstrip=True, rstrip=True),
                          AddedToken("<|fim|>"), AddedToken("<|fim|>x", normalized=False), "Straße"])
    return t


def added_normalized():
    t = sentencepiece(normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(" ", "▁")]),
                      None, llama2_decoder())
    t.add_tokens([AddedToken("LEFT", lstrip=True), AddedToken("ﬁn", single_word=True), AddedToken("Ein Wort", rstrip=True),
                  AddedToken("RAW", normalized=False)])
    return t


def wordpiece(accents=None):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(strip_accents=accents)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    t.train_from_iterator(corpus, trainers.WordPieceTrainer(
        vocab_size=SIZE, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t


def wordlevel():
    t = Tokenizer(models.WordLevel(unk_token="<unk>"))
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator(corpus, trainers.WordLevelTrainer(vocab_size=SIZE, special_tokens=["<unk>"], show_progress=False))
    return t


def falcon():
    return byte_level(seq(pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
                          pre_tokenizers.Digits(individual_digits=False), split("[0-9][0-9][0-9]")))


def nmt():
    return normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])


MAKERS = {
    "gpt2": lambda: byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "roberta": lambda: byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "llama3": lambda: byte_level(seq(split(LLAMA3), bytes_only()), ignore_merges=True),
    "qwen2": lambda: byte_level(seq(split(QWEN2), bytes_only()), normalizer=normalizers.NFC()),
    "gpt4o": lambda: byte_level(seq(split(O200K), bytes_only())),
    "deepseek3": lambda: byte_level(seq(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK), bytes_only())),
    "starcoder": lambda: byte_level(seq(pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False))),
    "falcon": falcon,
    "bloom": lambda: byte_level(seq(split(" ?[^(\\s|[.,!?…。，、।۔،])]+"), bytes_only())),
    "clip": lambda: byte_level(seq(split(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", "removed", True), bytes_only()),
                               normalizer=normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
                               prefix="", suffix="</w>"),
    "llama2": lambda: sentencepiece(llama2_normalizer(), None, llama2_decoder()),
    "llama2-unk": lambda: sentencepiece(llama2_normalizer(), None, llama2_decoder(), byte_fallback=False),
    "llama2-unk-apart": lambda: sentencepiece(llama2_normalizer(), None, llama2_decoder(), byte_fallback=False, fuse=False),
    "some-bytes": lambda: sentencepiece(llama2_normalizer(), None, llama2_decoder(), specials=FALLBACK[:3] + ["<0x0A>", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]),
    "mistral": lambda: sentencepiece(None, pre_tokenizers.Metaspace(prepend_scheme="first", split=False), llama2_decoder()),
    "metaspace-split": lambda: sentencepiece(None, pre_tokenizers.Metaspace(prepend_scheme="always", split=True), decoders.Metaspace()),
    "gemma": lambda: sentencepiece(normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"),
                                   decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])),
    "across-words": lambda: sentencepiece(normalizers.Replace(" ", "▁"), None, llama2_decoder(),
                                          prepared=seq(pre_tokenizers.Metaspace(split=False), pre_tokenizers.FixedLength(12))),
    "t5": lambda: unigram(precompiled(), pre_tokenizers.Metaspace()),
    "t5-first": lambda: unigram(normalizers.Sequence([precompiled(), normalizers.Strip(True, True)]), pre_tokenizers.Metaspace(prepend_scheme="first")),
    "xlm-r": lambda: unigram(normalizers.Sequence([nmt(), normalizers.StripAccents()]), seq(pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace())),
    "unigram-bytes": lambda: unigram(normalizers.NFKD(), pre_tokenizers.Metaspace(split=False), fallback=True),
    "added": added,
    "added-normalized": added_normalized,
    "bert": wordpiece,
    "bert-accents": lambda: wordpiece(accents=False),
    "wordlevel": wordlevel,
}

for name, make in MAKERS.items():
    if job["only"] and name not in job["only"].split(","):
        continue
    t = make()
    ids = lambda template: [e.ids for e in t.encode_batch(texts, add_special_tokens=template)]
    t.encode_special_tokens = True
    plain = ids(False)
    t.encode_special_tokens = False
    special = ids(False)
    print(json.dumps({
        "name": name, "file": t.to_str(), "plain": plain, "special": special, "template": ids(True),
        "decoded": [t.decode(e, skip_special_tokens=False) for e in plain],
    }), flush=True)
