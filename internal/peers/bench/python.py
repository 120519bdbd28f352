"""Encodes texts with tiktoken and tokenizers, on one thread, and measures the CPU
time. Each line of the input is a request, each line of the output an answer."""

import array, hashlib, json, os, sys, time

cache, name, path = sys.argv[1:]
os.environ['TIKTOKEN_CACHE_DIR'] = cache
import tiktoken
import tokenizers
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

enc = tiktoken.get_encoding(name)

# The patterns as files of tokenizers have them. They divide texts as tiktoken's do,
# which are written for a library with possessive quantifiers.
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
PATTERNS = {
    'r50k_base': GPT2,
    'p50k_base': GPT2,
    'cl100k_base': r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    'o200k_base': enc._pat_str,
}


def merges(ranks):
    """The two tokens that each is made of: what joining by rank leaves of it before
    the last step."""
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        parts = [token[i:i + 1] for i in range(len(token))]
        while len(parts) > 2:
            best, at = rank, -1
            for i in range(len(parts) - 1):
                r = ranks.get(parts[i] + parts[i + 1], rank)
                if r < best:
                    best, at = r, i
            if at < 0:
                break
            parts[at:at + 2] = [parts[at] + parts[at + 1]]
        if len(parts) == 2:
            yield parts


def tokenizer():
    """A tokenizer of tokenizers with the vocabulary of enc."""
    printable = [b for b in range(256) if chr(b).isprintable() and b != 0x20 and b != 0xad]
    alphabet = {b: chr(b) for b in printable}
    for b in range(256):
        if b not in alphabet:
            alphabet[b] = chr(256 + len(alphabet) - len(printable))
    spell = lambda token: ''.join(alphabet[b] for b in token)
    ranks = enc._mergeable_ranks
    model = models.BPE(vocab={spell(t): r for t, r in ranks.items()},
                       merges=[(spell(a), spell(b)) for a, b in merges(ranks)], ignore_merges=True)
    t = Tokenizer(model)
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERNS[name]), 'isolated'),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(['<|endoftext|>'])  # so it has another id than tiktoken's
    return t


def by_tiktoken(texts):
    return [enc.encode_ordinary(text) for text in texts]


def by_tokenizers(texts):
    # The fast variant keeps no offsets.
    return [e.ids for e in tok.encode_batch_fast(texts, add_special_tokens=False)]


def digest(ids):
    return hashlib.sha1(array.array('I', ids).tobytes()).hexdigest()[:16]


tok = tokenizer()
tok.encode_special_tokens = True
tok.save(path)
peers = {'tiktoken': by_tiktoken, 'tokenizers': by_tokenizers}
lists = {}
answer = {'Tiktoken': tiktoken.__version__, 'Tokenizers': tokenizers.__version__}
while True:
    json.dump(answer, sys.stdout)
    print(flush=True)
    line = sys.stdin.readline()
    if not line:
        break
    request = json.loads(line)
    if request['Do'] == 'keep':
        lists[request['List']] = request['Texts']
        answer = {}
    elif request['Do'] == 'digest':
        answer = {'Digests': [digest(ids) for ids in peers[request['Peer']](lists[request['List']])]}
    else:
        encode, texts, count = peers[request['Peer']], lists[request['List']], 0
        began = time.process_time()
        for _ in range(request['Passes']):
            for i in range(0, len(texts), 64):
                encode(texts[i:i + 64])
        answer = {'Seconds': time.process_time() - began}
