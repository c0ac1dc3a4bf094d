/*
 * token: the vocabulary: pieces, merges and special tokens of a GGUF file. The pieces are spelled
 * with one character a byte in the file (GPT-2's alphabet; spm.c: SentencePiece's spelling) and kept
 * as plain bytes here. encode.c encodes with it.
 */
#define _GNU_SOURCE 1
#include "token_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- tables ---- */

static size_t hash_bytes(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

static size_t hash_pair(int32_t left, int32_t right)
{
	uint64_t x = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9e3779b97f4a7c15u;

	return (size_t)(x ^ x >> 29);
}

/* At least twice n, so that a search ends soon. */
static size_t table_size(size_t n)
{
	size_t size = 16;

	while (size < 2 * n)
		size *= 2;
	return size;
}

size_t vocab_place(const vocab *v, const char *s, size_t n)
{
	size_t i = hash_bytes(s, n) & (v->n_places - 1);

	while (v->by_bytes[i] >= 0) {
		const token *t = &v->tokens[v->by_bytes[i]];

		if (t->len == n && !memcmp(t->bytes, s, n))
			break;
		i = (i + 1) & (v->n_places - 1);
	}
	return i;
}

/* Where the pair is or would be in merges. */
static size_t merge_place(const vocab *v, int32_t left, int32_t right)
{
	size_t i = hash_pair(left, right) & (v->n_merge_places - 1);

	while (v->merges[i].left >= 0 && (v->merges[i].left != left || v->merges[i].right != right))
		i = (i + 1) & (v->n_merge_places - 1);
	return i;
}

const merge *vocab_merge(const vocab *v, int32_t left, int32_t right)
{
	if (left < 0 || right < 0)
		return NULL;
	const merge *m = &v->merges[merge_place(v, left, right)];

	return m->left >= 0 ? m : NULL;
}

/* ---- loading ---- */

/* Fills byte_of [324]: GPT-2's printable characters stand for their own byte, the characters from
 * 256 on for the other bytes in order; -1: no byte. */
static void byte_alphabet(int16_t byte_of[324])
{
	int next = 256;

	for (int i = 0; i < 324; i++)
		byte_of[i] = -1;
	for (int b = 0; b < 256; b++) {
		bool own = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;

		byte_of[own ? b : next++] = (int16_t)b;
	}
}

/* Spelled piece to bytes, at most len of them. Characters outside the alphabet are copied. Returns
 * the length. */
static size_t unspell(const int16_t byte_of[324], const char *s, size_t len, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)s[i],
			      next = i + 1 < len ? (unsigned char)s[i + 1] : 0;
		unsigned code = c;
		size_t used = 1;

		if ((c & 0xe0) == 0xc0 && (next & 0xc0) == 0x80) {
			code = (c & 0x1fu) << 6 | (next & 0x3fu);
			used = 2;
		}
		if ((c < 0x80 || used == 2) && code < 324 && byte_of[code] >= 0) {
			out[n++] = (char)byte_of[code];
		} else {
			memcpy(out + n, s + i, used);
			n += used;
		}
		i += used;
	}
	return n;
}

static bool is_special(const token *t)
{
	return t->type == TOKEN_CONTROL || t->type == TOKEN_USER || t->type == TOKEN_UNKNOWN;
}

/* Tokens that chat formats part turns with. Some files list them as the user's own or as plain pieces;
 * then any text could make them. */
static bool parts_turns(const char *s, size_t len)
{
	static const char *const names[] = {
		"<s>",           "</s>",	      "<|im_start|>",	     "<|im_end|>",
		"<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>",     "<|start_header_id|>",
		"<|eot_id|>",	 "<|eom_id|>",	      "<|end_header_id|>",   "<start_of_turn>",
		"<|end|>",	 "<|user|>",	      "<|assistant|>",	     "<end_of_turn>",
		"<|system|>",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len == strlen(names[i]) && !memcmp(s, names[i], len))
			return true;
	return false;
}

static int load_pieces(vocab *v, const gguf *g, const int16_t byte_of[324], char *err,
		       size_t errlen)
{
	size_t n_types = gguf_array_len(g, "tokenizer.ggml.token_type"), total = 0;
	const char *s;
	size_t len;

	if (n_types && n_types != v->n)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "the vocabulary has %zu tokens but %zu types", v->n, n_types);
	for (size_t i = 0; i < v->n; i++) {
		if (!gguf_array_str(g, "tokenizer.ggml.tokens", i, &s, &len) || len > 65535)
			return fail(err, errlen, ENGINE_EFORMAT,
				    "token %zu is not a string or too long", i);
		total += len;
	}
	v->arena = alloc_array(total, 1, 1);
	if (!v->arena)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	char *p = v->arena;

	for (size_t i = 0; i < v->n; i++) {
		token *t = &v->tokens[i];
		int64_t type = TOKEN_NORMAL;

		gguf_array_str(g, "tokenizer.ggml.tokens", i, &s, &len);
		if (n_types)
			gguf_array_i64(g, "tokenizer.ggml.token_type", i, &type);
		else if (!v->pre)
			type = spm_guess_type(s, len);
		if ((type == TOKEN_USER || type == TOKEN_NORMAL) && parts_turns(s, len))
			type = TOKEN_CONTROL;
		t->type =
			(uint8_t)(type >= TOKEN_NORMAL && type <= TOKEN_BYTE ? type : TOKEN_UNUSED);
		bool literal = is_special(t) || t->type == TOKEN_UNUSED;

		t->bytes = literal ? s : p;
		t->len = (uint32_t)(literal   ? len
				    : v->pre ? unspell(byte_of, s, len, p)
					     : spm_unspell(t, s, len, p));
		if (!literal)
			p += t->len;
	}
	return 0;
}

/* Control tokens stay out of the table: no text of a user can merge into one. */
static int index_pieces(vocab *v, const gguf *g, char *err, size_t errlen)
{
	v->n_places = table_size(v->n);
	v->by_bytes = alloc_array(v->n_places, 1, sizeof(*v->by_bytes));
	if (!v->by_bytes)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	memset(v->by_bytes, 0xff, v->n_places * sizeof(*v->by_bytes));
	if (!v->pre) {
		spm_index(v, g);
		return 0;
	}
	for (size_t i = 0; i < v->n; i++) {
		const token *t = &v->tokens[i];

		if (t->len &&
		    (t->type == TOKEN_NORMAL || t->type == TOKEN_USER || t->type == TOKEN_BYTE))
			v->by_bytes[vocab_place(v, t->bytes, t->len)] = (int32_t)i;
	}
	for (int b = 0; b < 256; b++) {
		char c = (char)b;

		v->of_byte[b] = v->by_bytes[vocab_place(v, &c, 1)];
	}
	return 0;
}

static void add_merge(vocab *v, int32_t left, int32_t right, int32_t result, size_t rank)
{
	if (left < 0 || right < 0 || result < 0)
		return; /* a part that is no token can never arise */
	merge *m = &v->merges[merge_place(v, left, right)];

	if (m->left < 0) /* of two equal merges the first holds */
		*m = (merge){ left, right, result, (uint32_t)rank };
}

/* A merge is spelled "LEFT RIGHT"; a space inside a part has another character, so the first one
 * parts them. */
static int load_merge(vocab *v, const int16_t byte_of[324], const char *s, size_t len, size_t rank,
		      char *err, size_t errlen)
{
	char bytes[512];
	const char *gap = len > 1 ? memchr(s + 1, ' ', len - 1) : NULL;

	if (!gap)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "merge %zu of the vocabulary is not two pieces", rank);
	if (len > sizeof(bytes))
		return 0; /* no word is that long */
	size_t left = unspell(byte_of, s, (size_t)(gap - s), bytes);
	size_t right = unspell(byte_of, gap + 1, len - 1 - (size_t)(gap - s), bytes + left);

	add_merge(v, v->by_bytes[vocab_place(v, bytes, left)],
		  v->by_bytes[vocab_place(v, bytes + left, right)],
		  v->by_bytes[vocab_place(v, bytes, left + right)], rank);
	return 0;
}

static int load_merges(vocab *v, const gguf *g, const int16_t byte_of[324], char *err,
		       size_t errlen)
{
	size_t n = gguf_array_len(g, "tokenizer.ggml.merges");
	int rc = 0;

	if (n > MAX_VOCAB)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "the vocabulary has %zu merges, which is impossible", n);
	v->n_merge_places = table_size(n);
	v->merges = alloc_array(v->n_merge_places, 1, sizeof(*v->merges));
	if (!v->merges)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	for (size_t i = 0; i < v->n_merge_places; i++)
		v->merges[i].left = -1;
	for (size_t i = 0; !rc && i < n; i++) {
		const char *s;
		size_t len;

		if (!gguf_array_str(g, "tokenizer.ggml.merges", i, &s, &len))
			return fail(err, errlen, ENGINE_EFORMAT,
				    "the vocabulary's merges are not strings");
		rc = load_merge(v, byte_of, s, len, i, err, errlen);
	}
	return rc;
}

static int by_length(const void *a, const void *b, void *arg)
{
	const token *tokens = arg;
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	if (tokens[x].len != tokens[y].len)
		return tokens[x].len < tokens[y].len ? 1 : -1;
	return (x > y) - (x < y);
}

static int list_specials(vocab *v, char *err, size_t errlen)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += is_special(&v->tokens[i]) && v->tokens[i].len;
	if (n > MAX_SPECIALS)
		return fail(err, errlen, ENGINE_EFORMAT,
			    "the vocabulary has %zu special tokens, which is too many", n);
	v->specials = alloc_array(n, 1, sizeof(*v->specials));
	if (!v->specials)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	for (size_t i = 0; i < v->n; i++)
		if (is_special(&v->tokens[i]) && v->tokens[i].len)
			v->specials[v->n_specials++] = (int32_t)i;
	qsort_r(v->specials, v->n_specials, sizeof(*v->specials), by_length, v->tokens);
	return 0;
}

/* -1 where the key is missing. */
static int token_of_key(const vocab *v, const gguf *g, const char *key, int32_t *out, char *err,
			size_t errlen)
{
	uint64_t id;

	*out = -1;
	if (!gguf_u64(g, key, &id))
		return 0;
	if (id >= v->n)
		return fail(err, errlen, ENGINE_EFORMAT, "%s is %llu of %zu tokens", key,
			    (unsigned long long)id, v->n);
	*out = (int32_t)id;
	return 0;
}

/* Tokens after which a reply is over: those that the metadata names, and those whose spelling says
 * so. */
static int mark_ends(vocab *v, const gguf *g, char *err, size_t errlen)
{
	static const char *const keys[] = { "tokenizer.ggml.eos_token_id",
					    "tokenizer.ggml.eot_token_id",
					    "tokenizer.ggml.eom_token_id" };
	static const char *const names[] = { "<|im_end|>",      "<|endoftext|>",
					     "<|eot_id|>",      "<|eom_id|>",
					     "<|end_of_text|>", "<|end|>",
					     "<end_of_turn>",   "</s>" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int32_t id;
		int rc = token_of_key(v, g, keys[i], &id, err, errlen);

		if (rc)
			return rc;
		if (id >= 0)
			v->tokens[id].ends = true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int32_t id = vocab_find(v, names[i]);

		if (id >= 0)
			v->tokens[id].ends = true;
	}
	return 0;
}

static int load_unknown(vocab *v, const gguf *g, char *err, size_t errlen)
{
	int rc = token_of_key(v, g, "tokenizer.ggml.unknown_token_id", &v->unknown, err, errlen);

	if (!rc && v->unknown >= 0 && v->tokens[v->unknown].type == TOKEN_CONTROL)
		v->unknown = -1; /* text of a user would make it */
	for (size_t i = 0; !rc && v->unknown < 0 && i < v->n; i++)
		if (v->tokens[i].type == TOKEN_UNKNOWN)
			v->unknown = (int32_t)i;
	return rc;
}

static int load_bos(vocab *v, const gguf *g, char *err, size_t errlen)
{
	uint64_t add = v->pre ? pretoken_adds_bos(v->pre) : true;
	int rc = token_of_key(v, g, "tokenizer.ggml.bos_token_id", &v->bos, err, errlen);

	if (!rc && !v->pre && v->bos < 0)
		v->bos = vocab_find(v, "<s>");
	gguf_u64(g, "tokenizer.ggml.add_bos_token", &add);
	if (!add)
		v->bos = -1;
	return rc;
}

static int load_pretoken(vocab *v, const gguf *g, char *err, size_t errlen)
{
	const char *s;
	size_t len;

	if (!gguf_str(g, "tokenizer.ggml.model", &s, &len))
		return fail(err, errlen, ENGINE_EFORMAT, "the file has no tokenizer");
	if (len == 5 && !memcmp(s, "llama", 5))
		return 0; /* SentencePiece has none */
	if (len != 4 || memcmp(s, "gpt2", 4))
		return fail(err, errlen, ENGINE_EFORMAT,
			    "tokenizer \"%.*s\" is not supported (gpt2 and llama are)",
			    len < 64 ? (int)len : 64, s);
	if (!gguf_str(g, "tokenizer.ggml.pre", &s, &len))
		return fail(err, errlen, ENGINE_EFORMAT,
			    "the file does not name its pre-tokenizer");
	return pretoken_new(&v->pre, s, len, err, errlen);
}

int vocab_new(vocab **out, const gguf *g, char *err, size_t errlen)
{
	int16_t byte_of[324];
	vocab *v = calloc(1, sizeof(*v));

	if (!v)
		return fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	byte_alphabet(byte_of);
	int rc = load_pretoken(v, g, err, errlen);

	v->n = gguf_array_len(g, "tokenizer.ggml.tokens");
	if (!rc && (!v->n || v->n > MAX_VOCAB))
		rc = fail(err, errlen, ENGINE_EFORMAT,
			  "the vocabulary has %zu tokens, which is impossible", v->n);
	if (!rc && !(v->tokens = alloc_array(v->n, 1, sizeof(*v->tokens))))
		rc = fail(err, errlen, ENGINE_ENOMEM, "out of memory");
	if (!rc)
		rc = load_pieces(v, g, byte_of, err, errlen);
	if (!rc)
		rc = index_pieces(v, g, err, errlen);
	if (!rc)
		rc = v->pre ? load_merges(v, g, byte_of, err, errlen) : spm_load(v, g, err, errlen);
	if (!rc)
		rc = list_specials(v, err, errlen);
	if (!rc)
		rc = mark_ends(v, g, err, errlen);
	if (!rc && !v->pre)
		rc = load_unknown(v, g, err, errlen);
	if (!rc)
		rc = load_bos(v, g, err, errlen);
	if (rc) {
		vocab_free(v);
		return rc;
	}
	*out = v;
	return 0;
}

void vocab_free(vocab *v)
{
	if (!v)
		return;
	pretoken_free(v->pre);
	free(v->specials);
	free(v->merges);
	free(v->ranks);
	free(v->by_bytes);
	free(v->arena);
	free(v->tokens);
	free(v);
}

/* ---- questions ---- */

size_t vocab_size(const vocab *v)
{
	return v->n;
}

static const token *token_at(const vocab *v, int32_t id)
{
	return id >= 0 && (size_t)id < v->n ? &v->tokens[id] : NULL;
}

size_t vocab_bytes(const vocab *v, int32_t id, const char **bytes)
{
	const token *t = token_at(v, id);

	if (!t || t->type == TOKEN_CONTROL || t->type == TOKEN_UNKNOWN || t->type == TOKEN_UNUSED) {
		*bytes = "";
		return 0;
	}
	*bytes = t->bytes;
	return t->len;
}

int32_t vocab_find(const vocab *v, const char *piece)
{
	size_t len = strlen(piece);

	for (size_t i = 0; i < v->n_specials; i++) {
		const token *t = &v->tokens[v->specials[i]];

		if (t->type == TOKEN_CONTROL && t->len == len && !memcmp(t->bytes, piece, len))
			return v->specials[i];
	}
	return -1;
}

bool vocab_ends(const vocab *v, int32_t id)
{
	const token *t = token_at(v, id);

	return t && t->ends;
}

bool vocab_control(const vocab *v, int32_t id)
{
	const token *t = token_at(v, id);

	return t && t->type == TOKEN_CONTROL;
}

int32_t vocab_bos(const vocab *v)
{
	return v->bos;
}
