#!/usr/bin/env python3
"""Cuts the logits of llama.cpp (one text file a model and sequence) down to logits.txt: last logits with six
decimals, the two best tokens of every position, and the greedy continuation.   usage: logits.py FOLDER > logits.txt"""
import os, sys

MODELS = ("qwen2-f32", "qwen3-f32", "llama-f32", "qwen2-f16", "qwen2-bf16", "qwen2-q8_0", "qwen2-q4_0", "qwen2-q4_1", "qwen2-q5_0",
          "qwen2-q5_1", "qwen3-q8_0", "llama-q8_0", "qwen2-q4_k_m", "qwen2-q5_k")
for model in MODELS:
    for seq in ("s24", "s100"):
        name = "%s.%s" % (model, seq) + ("" if model.endswith("f32") else ".f32act")
        lines = open(os.path.join(sys.argv[1], name + ".txt")).read().split("\n")
        at = {x.split()[0]: i for i, x in enumerate(lines) if x and x[0].isalpha()}
        print("model", name)
        print("tokens", len(lines[at["tokens"] + 1].split()))
        print(lines[at["tokens"] + 1])
        print("logits 384")
        logits = ["%.6f" % float(x) for x in lines[at["logits"] + 1:at["logits"] + 385]]
        for i in range(0, 384, 12):
            print(" ".join(logits[i:i + 12]))
        print(lines[at["top5"]])
        for x in lines[at["top5"] + 1:at["top5"] + 1 + int(lines[at["top5"]].split()[1])]:
            w = x.split()
            print(w[0], w[1], "%.5f" % float(w[2]), w[3], "%.5f" % float(w[4]))
        if "greedy" in at:
            print("greedy 16")
            for x in lines[at["greedy"] + 1:at["greedy"] + 17]:
                w = x.split()
                print(w[0], "%.5f" % float(w[1]), "%.5f" % float(w[2]))
        print("end")
