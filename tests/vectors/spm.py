#!/usr/bin/env python3
"""SentencePiece vectors: trains two small BPE vocabularies with Debian's spm_train, writes them as
GGUF files without tensors and encodes strings with SentencePiece itself.   usage: spm.py OUTDIR
Needs the packages sentencepiece and python3-sentencepiece (0.1.97 made the files here)."""
import json, os, random, struct, subprocess, sys, tempfile
import sentencepiece

WORDS = """the a my your his our is was are be has have had will would can could do does not and or but if
then than when where who what which how why dog cat horse bird fish name called lives lived born in on at to
from with without under over between after before because during year day week month house city river mountain
doctor teacher engineer friend brother sister mother father daughter favourite colour blue green red yellow
white black small large old new good better best quick quickly slow slowly remember remembers remembered
forget forgets forgotten answer question information international understanding machine language model train
trains training trained number seven eleven twenty thousand one two three four five six Paris London Berlin
Biscuit Anna Peter Maria Oxford Thursday October walks walked walking reads reading wrote written writing
garden kitchen window table letter music paper water bread coffee winter summer""".split()
LINES = ["It's a test, isn't it? I'll go, you're here, they've gone; I'd say he's fine.",
         "int main(void) { return 0; } for (int i = 0; i < n; i++) { x[i] += y[i]; }",
         "    if (x == NULL) return -1;        while (1) { }",
         "def f(self):  # comment",
         "café naïve über résumé été straße mañana garçon déjà-vu",
         "привет мир как дела хорошо город река",
         "Ελληνικά γλώσσα καλημέρα",
         "你好世界 日本語 中文 你好 こんにちは 한국어",
         "(a) [b] {c} <d> \"e\" 'f' #g $h %i &j *k +l =m @n ^o _p `q |r ~s \\t /u :v ;w !x ?y",
         "0 1 2 3 4 5 6 7 8 9 10 12 100 1234 2024 3.14159 1e-6 0x1F"]


def corpus(path):
    r = random.Random(7)
    with open(path, "w", encoding="utf-8") as f:
        for i in range(3000):
            words = [r.choice(WORDS) for _ in range(r.randint(4, 14))]
            f.write(" ".join(words).capitalize() + r.choice(".!?") + "\n")
            if i % 20 == 0:
                f.write("\n".join(LINES) + "\n")


def train(corpus_path, prefix, size, fallback):
    subprocess.run(["spm_train", "--input=" + corpus_path, "--model_prefix=" + prefix, "--model_type=bpe",
                    "--vocab_size=%d" % size, "--normalization_rule_name=identity",
                    "--remove_extra_whitespaces=false", "--add_dummy_prefix=true", "--split_digits=true",
                    "--allow_whitespace_only_pieces=%s" % str(fallback).lower(),
                    "--byte_fallback=%s" % str(fallback).lower(), "--character_coverage=0.9995",
                    "--num_threads=1", "--minloglevel=2"], check=True)
    return sentencepiece.SentencePieceProcessor(model_file=prefix + ".model")


def string(x):
    x = x.encode()
    return struct.pack("<Q", len(x)) + x


def pair(key, kind, x):
    o = string(key)
    if kind == "u32": return o + struct.pack("<II", 4, x)
    if kind == "bool": return o + struct.pack("<IB", 7, x)
    if kind == "str": return o + struct.pack("<I", 8) + string(x)
    if kind == "strs": return o + struct.pack("<IIQ", 9, 8, len(x)) + b"".join(map(string, x))
    if kind == "i32s": return o + struct.pack("<IIQ", 9, 5, len(x)) + struct.pack("<%di" % len(x), *x)
    if kind == "f32s": return o + struct.pack("<IIQ", 9, 6, len(x)) + struct.pack("<%df" % len(x), *x)


def write_vocab(path, name, sp, explicit):
    ids = range(sp.get_piece_size())
    kind = lambda i: 2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 5 if sp.is_unused(i) else 6 if sp.is_byte(i) else 1
    k = [pair("general.architecture", "str", "llama"), pair("general.name", "str", name),
         pair("tokenizer.ggml.model", "str", "llama"), pair("tokenizer.ggml.pre", "str", "default"),
         pair("tokenizer.ggml.tokens", "strs", [sp.id_to_piece(i) for i in ids]),
         pair("tokenizer.ggml.scores", "f32s", [sp.get_score(i) for i in ids]),
         pair("tokenizer.ggml.token_type", "i32s", [kind(i) for i in ids]),
         pair("tokenizer.ggml.bos_token_id", "u32", sp.bos_id()), pair("tokenizer.ggml.eos_token_id", "u32", sp.eos_id()),
         pair("tokenizer.ggml.unknown_token_id", "u32", sp.unk_id())]
    if explicit:  # the other file leaves them to their defaults
        k += [pair("tokenizer.ggml.add_bos_token", "bool", True), pair("tokenizer.ggml.add_space_prefix", "bool", True)]
    with open(path, "wb") as f:
        f.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(k)) + b"".join(k))


STRINGS = ["", " ", "  ", "   ", "    ", "     ", "        ", "a", " a", "  a", "a ", "a  ", "a  b", "a   b", "a     b ",
           "\n", "\n\n", " \n ", "a\nb", "a\n\n\nb", "\t", "\t\t", "a\tb", " \t a", "\r\n", "a\r\nb", "\x0b\x0c", "\x00", "a\x00b",
           "\x7f", "\x01\x02", "\u00a0", "a\u00a0b", "\u2003", "\u3000", "a\u200bb", "\ufeffa", "\u2028", "\u0085",
           "Hello", "Hello world", "Hello, world!", " Hello  world ", "The dog's name is Biscuit.", "my dog is called Biscuit",
           "What is the name of my dog?", "the the the the", "theatre", "remembered", "unforgettable", "misunderstanding",
           "internationalinformationlanguage", "Donaudampfschifffahrtsgesellschaft", "ANSWER", "AnSwEr", "aAaAaA",
           "It's isn't I'll you're they've I'd he's", "'quoted' \"text\"", "3.14159", "1234567890", "12 345", "007", "1e-6", "0x1F",
           "a1b2c3", "\u0663\u0664", "\u00bd\u00b2", "int main(void) { return 0; }", "for (int i = 0; i < n; i++) { x[i] += y[i]; }",
           "    if (x == NULL)\n        return -1;\n", "def f(self):\n\tpass", "#include <stdio.h>", "x->y::z", "a&&b||!c", "//////", "======",
           "\\n is not \n", "http://example.org/a?b=c&d=%20", "user@example.org", "<s>", "</s>", "<unk>", "<0x41>", "[INST] hi [/INST]",
           "<<SYS>>", "<|im_start|>user", "caf\u00e9", "cafe\u0301", "na\u00efve r\u00e9sum\u00e9", "e\u0301e\u0300e\u0302", "a\u0308\u0323",
           "stra\u00dfe", "\u0130stanbul \u0131", "\ufb01n", "\u01c5", "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", "\u044a\u0451\u0449",
           "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac", "\u4f60\u597d\u4e16\u754c", "\u4f60\u597d, \u4e16\u754c!", "\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8",
           "\u9f98\u9f8d", "\ud55c\uad6d\uc5b4", "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
           "\U0001f600", "\U0001f600\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\ufe0f", "\U0001f1eb\U0001f1f7", "\U0010ffff", "a\U0001f680b",
           "\u2581", "a\u2581b", "\u2581\u2581", " \u2581 ", "\ufffd", "\u20ac100", "\u201cquoted\u201d \u2014 \u2026", "~" * 40, " " * 40, "a" * 100, "ab" * 50,
           "\U0001f600 the dog \u9f98 the cat", "xyz\u9f98\u9f8dxyz", "\u9f98 \u9f8d", "The quick brown fox jumps over the lazy dog. " * 3,
           "one two three\nfour  five\tsix   seven\n\n  eight"]


def strings():
    r = random.Random(11)
    out = list(STRINGS)
    chars = "abcdefghijklmnopqrstuvwxyz" * 3 + "ABCDE 0123456789   .,;'\n\t" + "\u00e9\u00df\u043f\u03bb\u4f60\u9f98\U0001f600\u0301\u2581"
    for _ in range(30):
        out.append("".join(r.choice(chars) for _ in range(r.randint(5, 60))))
        out.append("".join(r.choice(WORDS) + r.choice(["", " ", " ", "  "]) for _ in range(r.randint(2, 10))))
    return out


def dialogues(sp):
    """What the published templates make of one dialogue: control tokens by their ids, and each text
    between two of them encoded by itself (with the space in front), as Meta's and Mistral's code does."""
    s, u1, a1, u2 = "Be brief.", "What is the name of my dog?", "Your dog is called Biscuit.", "Which city do I live in?"
    bos, eos, e = [sp.bos_id()], [sp.eos_id()], sp.encode
    return {"llama-2": bos + e("[INST] <<SYS>>\n" + s + "\n<</SYS>>\n\n" + u1 + " [/INST] " + a1 + " ") + eos
                       + bos + e("[INST] " + u2 + " [/INST]"),
            "mistral": bos + e("[INST] " + s + "\n\n" + u1 + " [/INST] " + a1) + eos + e("[INST] " + u2 + " [/INST]"),
            "zephyr": bos + e("<|system|>\n" + s) + eos + e("\n<|user|>\n" + u1) + eos + e("\n<|assistant|>\n" + a1) + eos
                      + e("\n<|user|>\n" + u2) + eos + e("\n<|assistant|>\n")}


def main(out):
    with tempfile.TemporaryDirectory() as d:
        text = os.path.join(d, "corpus.txt")
        corpus(text)
        for name, size, fallback in (("spm-bytes", 900, True), ("spm-plain", 500, False)):
            sp = train(text, os.path.join(d, name), size, fallback)
            write_vocab(os.path.join(out, "vocab-%s.gguf" % name), name, sp, not fallback)
            with open(os.path.join(out, "tokenizer-%s.jsonl" % name), "w") as f:
                for x in strings():
                    f.write(json.dumps({"text": x, "hex": x.encode().hex(), "plain": sp.encode(x)}, separators=(",", ":")) + "\n")
            if fallback:
                with open(os.path.join(out, "dialogue-%s.jsonl" % name), "w") as f:
                    for family, ids in dialogues(sp).items():
                        f.write(json.dumps({"family": family, "ids": ids}, separators=(",", ":")) + "\n")


main(sys.argv[1])
