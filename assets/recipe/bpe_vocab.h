/*
 * A byte-level BPE vocabulary: the pre-tokenizer (the qwen2 expression, run by PCRE2), the tokenizer file, and an encoder
 * with rank-ordered merges, so that any engine that knows "gpt2" vocabularies with the qwen2 pre-tokenizer cuts alike.
 *
 * Tokenizer file, text: "imprint-bpe 1", then "tokens N" and N lines "token TAB type" (GPT-2's byte-to-unicode spelling,
 * special tokens literally; type 1 normal, 3 control), then "merges M" and M lines "left right", best first.
 * Ids: 0..255 the bytes, then the merges in order, the special tokens last.
 *
 * Functions that can fail return 0 or -1 with a sentence in err. One thread at a time: the encoder keeps a cache.
 */
#ifndef RECIPE_BPE_VOCAB_H
#define RECIPE_BPE_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#define BPE_BYTES 256
#define BPE_SPECIALS 3
extern const char *const bpe_specials[BPE_SPECIALS]; /* <|endoftext|> <|im_start|> <|im_end|> */

/* ---- pre-tokenizer ---- */

typedef struct bpe_split bpe_split;
int bpe_split_new(bpe_split **out, char *err, size_t errlen);
void bpe_split_free(bpe_split *s);
/* The piece that begins at `at` (< len) of valid UTF-8 text: its length, at least 1. */
size_t bpe_split_next(bpe_split *s, const char *text, size_t len, size_t at);

/* ---- spelling ---- */

/* Bytes to GPT-2's printable spelling, terminated; out needs 2 * len + 1 bytes. Returns its length. */
size_t bpe_spell(const unsigned char *bytes, size_t len, char *out);
/* The way back; returns the number of bytes, or -1 for a spelling that stands for no bytes. out needs strlen(text). */
long bpe_unspell(const char *text, unsigned char *out);

/* ---- vocabulary and encoder ---- */

typedef struct bpe_vocab bpe_vocab;

typedef struct bpe_token {
	uint16_t id;
	uint32_t end; /* byte offset just past the token in the encoded text */
} bpe_token;

int bpe_vocab_load(bpe_vocab **out, const char *path, char *err, size_t errlen);
void bpe_vocab_free(bpe_vocab *v);
size_t bpe_vocab_size(const bpe_vocab *v);
/* Id of special token i of bpe_specials. */
uint16_t bpe_vocab_special(const bpe_vocab *v, int i);
/* The bytes of a token; NULL for an id out of range. Special tokens: their name. */
const char *bpe_vocab_bytes(const bpe_vocab *v, unsigned id, size_t *len);
/*
 * Encodes plain text (special tokens are not recognised in it). Returns the number of tokens, or -1 when more than cap
 * would be needed or memory ran out.
 */
long bpe_vocab_encode(bpe_vocab *v, const char *text, size_t len, bpe_token *out, size_t cap);

#endif
