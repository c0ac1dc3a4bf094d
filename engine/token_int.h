/*
 * token_int: the vocabulary's tables, which token.c fills and encode.c reads.
 */
#ifndef ENGINE_TOKEN_INT_H
#define ENGINE_TOKEN_INT_H

#include "engine_int.h"
#include "pretoken.h"

enum { TOKEN_NORMAL = 1, TOKEN_UNKNOWN, TOKEN_CONTROL, TOKEN_USER, TOKEN_UNUSED, TOKEN_BYTE };

/* Cutting text at special tokens recurses once per kind of token at most. */
enum { MAX_SPECIALS = 16384, MAX_VOCAB = 1 << 24 };

typedef struct token {
	const char *bytes; /* into vocab.arena; special tokens: into the file */
	uint32_t len;
	uint8_t type;
	bool ends;
} token;

typedef struct merge {
	int32_t left, right, result; /* left < 0: an empty place of the table */
	uint32_t rank;
} merge;

struct vocab {
	token *tokens; /* [n] */
	size_t n;
	char *arena;

	int32_t *by_bytes; /* [n_places]: open addressing, -1 empty; plain tokens only */
	size_t n_places;
	merge *merges; /* [n_merge_places]: open addressing */
	size_t n_merge_places;
	int32_t of_byte[256]; /* -1: the vocabulary cannot spell this byte */

	/* SentencePiece only; ranks NULL: byte-level BPE */
	uint32_t *ranks; /* [n]: the lowest is joined first */
	size_t longest;  /* piece in by_bytes */
	int32_t unknown; /* -1: none */
	bool space_prefix;

	int32_t *specials; /* [n_specials], longest first */
	size_t n_specials;
	int32_t bos; /* -1: none is added */
	pretoken *pre;
};

/* Where these bytes are or would be in by_bytes. */
size_t vocab_place(const vocab *v, const char *s, size_t n);
/* NULL: the two do not merge. Negative ids are no tokens. */
const merge *vocab_merge(const vocab *v, int32_t left, int32_t right);

/* ---- spm.c ---- */

int spm_guess_type(const char *s, size_t len); /* for a file that says no types */
/* A piece as the file spells it to bytes, at most len of them; returns how many. A byte token that
 * spells no byte becomes TOKEN_UNUSED. */
size_t spm_unspell(token *t, const char *s, size_t len, char *out);
void spm_index(vocab *v, const gguf *g); /* fills by_bytes and of_byte */
int spm_load(vocab *v, const gguf *g, char *err, size_t errlen); /* scores and options */
/* The character at s [n], n > 0, in the spelling of the pieces: a space for U+2581, and a byte that
 * begins no character by itself. Returns the bytes read. */
size_t spm_character(const char *s, size_t n, char *out, size_t *wrote);
int32_t spm_piece(const vocab *v, const char *s, size_t n); /* -1: no piece that text can make */

#endif
