/*
 * SentencePiece vocabularies: strings and dialogues that SentencePiece itself encoded, and what must
 * hold for any text and any file.
 */
#define _GNU_SOURCE 1
#include "engine/engine_int.h"
#include "fault.h"
#include "gguf_build.h"
#include "test.h"
#include "token_aid.h"

#include <math.h>
#include <stdlib.h>

#define SPACE "\xe2\x96\x81"

static void golden_with_bytes(void)
{
	token_golden("spm-bytes", 190);
}

static void golden_without_bytes(void)
{
	token_golden("spm-plain", 190);
}

/* ---- dialogues ---- */

static engine_turn turn(const char *role, const char *text)
{
	return (engine_turn){ role, text, strlen(text) };
}

static void dialogues_are_the_published_ones(void)
{
	const engine_turn turns[] = { turn("system", "Be brief."),
				      turn("user", "What is the name of my dog?"),
				      turn("assistant", "Your dog is called Biscuit."),
				      turn("user", "Which city do I live in?") };
	gguf *g = NULL;
	vocab *v = token_load(token_path("vocab", "spm-bytes", ".gguf"), &g);
	FILE *f = fopen(token_path("dialogue", "spm-bytes", ".jsonl"), "r");
	char line[4096], family[16], err[256] = "";
	int lines = 0;

	REQUIRE(v && f);
	for (; fgets(line, sizeof(line), f); lines++) {
		int32_t want[MAX_IDS], *ids = NULL;
		size_t n = token_ids(line, "\"ids\"", want), got = 0;

		REQUIRE(sscanf(line, "{\"family\":\"%15[^\"]", family) == 1);
		CHECK_INT(chat_template_tokens(chat_template_named(family), v, turns, 4, true,
					       SIZE_MAX, &ids, &got, NULL, err, sizeof(err)),
			  0);
		if (!CHECK_INT(got, n) || !CHECK(!memcmp(ids, want, n * sizeof(*ids))))
			printf("  %s %s\n", family, err);
		free(ids);
	}
	CHECK_INT(lines, 3);
	fclose(f);
	vocab_free(v);
	gguf_close(g);
}

/* The token under a byte of the question, with characters before it that tokens spell in more or
 * fewer bytes than the text. */
static void anchors_are_found(void)
{
	static const char text[] = "\xf0\x9f\x98\x80 " SPACE "my" SPACE "dog \xff";
	static const struct {
		size_t end;
		const char *bytes;
	} cases[] = { { 3, "\x98" }, { 4, "\x80" }, { 8, " my" }, { 10, " my" },
		      { 13, " dog" }, { 14, " dog" }, { 16, " dog" }, { 17, " " }, { 18, "\xff" } };
	gguf_builder *b = gguf_builder_new();
	char err[256] = "";
	gguf *g = NULL;
	vocab *v = NULL;
	size_t n;

	tiny_spm_add(b);
	unsigned char *bytes = gguf_builder_bytes(b, &n);

	gguf_builder_free(b);
	REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)) &&
		!vocab_new(&v, g, err, sizeof(err)));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		engine_turn t = turn("user", text);
		size_t anchor = 0, len;
		int32_t *ids = NULL;
		const char *s;

		REQUIRE(!chat_template_tokens(chat_template_named("zephyr"), v, &t, 1, true,
					      cases[i].end, &ids, &n, &anchor, err, sizeof(err)));
		REQUIRE(anchor < n);
		len = vocab_bytes(v, ids[anchor], &s);
		CHECK(len == strlen(cases[i].bytes) && !memcmp(s, cases[i].bytes, len));
		free(ids);
	}
	vocab_free(v);
	gguf_close(g);
	free(bytes);
}

/* ---- any text ---- */

/* The bytes of the tokens are the text with a space in front and for every U+2581. */
static void check_round_trip(const vocab *v, const char *text, size_t len)
{
	int32_t *ids = alloc_array(2 * len + 1, 1, sizeof(*ids));
	char *want = malloc(len + 1), *back = malloc(len + 1);
	int n = vocab_encode(v, text, len, false, ids, 2 * len + 1);
	size_t at = 0, n_want = 0;

	REQUIRE(n >= 0 && (size_t)n <= 2 * len + 1 && want && back);
	if (len)
		want[n_want++] = ' ';
	for (size_t i = 0; i < len; i++) {
		bool mark = len - i >= 3 && !memcmp(text + i, SPACE, 3);

		want[n_want++] = mark ? ' ' : text[i];
		i += mark ? 2 : 0;
	}
	for (int i = 0; i < n; i++) {
		const char *s;
		size_t k = vocab_bytes(v, ids[i], &s);

		CHECK(!vocab_control(v, ids[i]));
		if (CHECK(at + k <= n_want))
			memcpy(back + at, s, k);
		at += k;
	}
	CHECK_INT(at, n_want);
	CHECK(!memcmp(back, want, n_want));
	free(want);
	free(back);
	free(ids);
}

static void any_bytes_come_back(void)
{
	static const char letters[] = "the dog \xc3\xa9\xf0\x9f\x98\x80\n\0</s><0x41>" SPACE SPACE;
	gguf *g = NULL;
	vocab *v = token_load(token_path("vocab", "spm-bytes", ".gguf"), &g);
	char text[300];
	rng r;

	rng_seed(&r, 7);
	REQUIRE(v);
	for (int round = 0; round < 600; round++) {
		size_t len = rng_next(&r) % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = round % 2 ? (char)rng_next(&r)
					    : letters[rng_next(&r) % sizeof(letters)];
		check_round_trip(v, text, len);
	}
	check_round_trip(v, "\xed\xa0\x80 \xc0\xaf \xf4\x90\x80\x80 \xe2\x96", 15);
	vocab_free(v);
	gguf_close(g);
}

/* A quadratic step would take minutes on a megabyte in one piece. */
static void long_lines_end(void)
{
	enum { N = 1 << 20 };
	static const char *const fills[] = { "a", "ANSWER the dog  ", "\xff" };
	gguf *g = NULL;
	vocab *v = token_load(token_path("vocab", "spm-bytes", ".gguf"), &g);
	char *text = malloc(N);

	REQUIRE(v && text);
	for (size_t k = 0; k < sizeof(fills) / sizeof(fills[0]); k++) {
		for (size_t i = 0; i < N; i++)
			text[i] = fills[k][i % strlen(fills[k])];
		check_round_trip(v, text, N);
	}
	free(text);
	vocab_free(v);
	gguf_close(g);
}

/* ---- small vocabularies of one's own ---- */

typedef struct piece {
	const char *text;
	float score;
	int32_t type; /* 0 ends the list */
} piece;

typedef struct fixture {
	unsigned char *bytes;
	gguf *g;
	vocab *v;
	char err[256];
} fixture;

enum { MAX_PIECES = 32 };

static void add_pieces(gguf_builder *b, const piece *p)
{
	const char *texts[MAX_PIECES];
	float scores[MAX_PIECES];
	int32_t types[MAX_PIECES];
	size_t n = 0;

	for (; p[n].type; n++) {
		texts[n] = p[n].text;
		scores[n] = p[n].score;
		types[n] = p[n].type;
	}
	gguf_builder_str(b, "tokenizer.ggml.model", "llama");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", texts, n);
	gguf_builder_f32s(b, "tokenizer.ggml.scores", scores, n);
	gguf_builder_i32s(b, "tokenizer.ggml.token_type", types, n);
}

/* Frees b. */
static fixture fixture_new(gguf_builder *b)
{
	fixture f = { 0 };
	size_t n;

	f.bytes = gguf_builder_bytes(b, &n);
	gguf_builder_free(b);
	if (!gguf_open_memory(&f.g, f.bytes, n, f.err, sizeof(f.err)))
		vocab_new(&f.v, f.g, f.err, sizeof(f.err));
	return f;
}

static void fixture_free(fixture *f)
{
	vocab_free(f->v);
	gguf_close(f->g);
	free(f->bytes);
}

/* want: ids, ended by -1. */
static void check_ids(const fixture *f, const char *text, size_t len, bool special,
		      const int32_t *want)
{
	int32_t ids[64];
	int n = f->v ? vocab_encode(f->v, text, len, special, ids, 64) : -1;
	int m = 0;

	while (want[m] >= 0)
		m++;
	if (!CHECK_INT(n, m) || !CHECK(!memcmp(ids, want, (size_t)m * sizeof(*ids)))) {
		printf("  \"%s\": %s", text, f->err);
		for (int i = 0; i < n && i < 64; i++)
			printf(" %d", ids[i]);
		puts("");
	}
}

#define CHECK_IDS(f, text, special, ...)                                                           \
	check_ids(f, text, sizeof(text) - 1, special, (const int32_t[]){ __VA_ARGS__, -1 })

static const piece small[] = {
	{ "<unk>", 0, 2 }, { "<s>", 0, 3 },	 { "</s>", 0, 3 },    { SPACE, -1, 1 },
	{ "a", -2, 1 },	   { "b", -3, 1 },	 { "aa", -4, 1 },     { "ab", -5, 1 },
	{ "aab", -5, 1 },  { SPACE "a", -9, 1 }, { "<0x63>", 0, 6 },  { "<0x0A>", 0, 6 },
	{ "<t>", 0, 4 },   { "s>", -6, 1 },	 { "<s", -7, 1 },     { "<", -8, 1 },
	{ "s", -8, 1 },	   { ">", -8, 1 },	 { "<0xZZ>", 0, 6 },  { "zz", -1, 5 },
	{ "b b", -1, 1 },  { "q" SPACE, -1, 1 }, { NULL, 0, 0 },
};

static fixture small_new(void)
{
	gguf_builder *b = gguf_builder_new();

	add_pieces(b, small);
	return fixture_new(b);
}

static void highest_score_leftmost_first(void)
{
	fixture f = small_new();

	CHECK_IDS(&f, "aaa", false, 3, 6, 4);	/* the left aa before the right one */
	CHECK_IDS(&f, "aaaaa", false, 3, 6, 6, 4);
	CHECK_IDS(&f, "baab", false, 3, 5, 8);	/* aa, then aab with the score of ab */
	CHECK_IDS(&f, "a", false, 9);
	CHECK_IDS(&f, "ab", false, 3, 7);	/* ab before " a" */
	CHECK_IDS(&f, "b b", false, 3, 5, 3, 5); /* a plain space matches no text */
	CHECK_IDS(&f, " " SPACE, false, 3, 3, 3);
	CHECK_IDS(&f, "q ", false, 3, 21);	/* though q alone is no piece */
	fixture_free(&f);
}

static void bytes_or_the_unknown_token(void)
{
	fixture f = small_new();

	CHECK_IDS(&f, "c\na", false, 3, 10, 11, 4);
	CHECK_IDS(&f, "axyzb", false, 9, 0, 5);	/* one for the run */
	CHECK_IDS(&f, "xcx", false, 3, 0, 10, 0);
	CHECK_IDS(&f, "a\0b", false, 9, 0, 5);
	CHECK_IDS(&f, "\xc3\xa9", false, 3, 0);
	CHECK_IDS(&f, "zz", false, 3, 0);	/* unused tokens stay so */
	check_ids(&f, "", 0, false, (const int32_t[]){ -1 });
	check_ids(&f, "", 0, true, (const int32_t[]){ -1 });
	fixture_free(&f);
}

static void special_tokens(void)
{
	fixture f = small_new();
	const char *s;

	REQUIRE(f.v);
	CHECK_IDS(&f, "<s>", false, 3, 15, 13);
	CHECK_IDS(&f, "<s>a</s>", true, 1, 9, 2);
	CHECK_IDS(&f, "a<t>a", false, 9, 12, 9); /* matched in any text; a space follows */
	CHECK_IDS(&f, "<unk>", true, 0);
	CHECK_IDS(&f, "<0x63>", false, 3, 15, 0, 17);
	CHECK_INT(vocab_bos(f.v), 1);
	CHECK(vocab_ends(f.v, 2) && !vocab_ends(f.v, 1) && vocab_control(f.v, 1));
	CHECK_INT(vocab_bytes(f.v, 0, &s) + vocab_bytes(f.v, 1, &s) + vocab_bytes(f.v, 18, &s) +
			  vocab_bytes(f.v, 19, &s),
		  0);
	CHECK(vocab_bytes(f.v, 9, &s) == 2 && !memcmp(s, " a", 2));
	CHECK(vocab_bytes(f.v, 10, &s) == 1 && *s == 'c');
	CHECK(vocab_bytes(f.v, 20, &s) == 3 && !memcmp(s, "b b", 3));
	fixture_free(&f);
}

static void options_of_the_file(void)
{
	gguf_builder *b = gguf_builder_new();

	add_pieces(b, small);
	gguf_builder_bool(b, "tokenizer.ggml.add_space_prefix", false);
	gguf_builder_bool(b, "tokenizer.ggml.add_bos_token", false);
	gguf_builder_u32(b, "tokenizer.ggml.unknown_token_id", 5);
	fixture f = fixture_new(b);

	CHECK_IDS(&f, "aab", false, 8);
	CHECK_IDS(&f, "x", false, 5);
	CHECK_IDS(&f, "a<t>a", false, 4, 12, 4);
	CHECK(f.v && vocab_bos(f.v) == -1);
	fixture_free(&f);
	b = gguf_builder_new();
	add_pieces(b, small);
	gguf_builder_u32(b, "tokenizer.ggml.bos_token_id", 2);
	f = fixture_new(b);
	CHECK(f.v && vocab_bos(f.v) == 2);
	fixture_free(&f);
}

/* A file without token types: bytes and the three control tokens are known by their spelling. */
static void types_may_be_missing(void)
{
	static const char *const texts[] = { "<unk>", "<s>", "</s>", "<0x63>", SPACE, "a" };
	static const float scores[6] = { 0 };
	gguf_builder *b = gguf_builder_new();

	gguf_builder_str(b, "tokenizer.ggml.model", "llama");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", texts, 6);
	gguf_builder_f32s(b, "tokenizer.ggml.scores", scores, 6);
	fixture f = fixture_new(b);

	CHECK_IDS(&f, "ac<s>", false, 4, 5, 3, 0);
	CHECK(f.v && vocab_bos(f.v) == 1 && vocab_ends(f.v, 2));
	fixture_free(&f);
}

/* Files of chat models made from Mistral 7B say that the user defined the tokens between turns. */
static void tokens_between_turns_are_control_tokens(void)
{
	static const piece chat[] = { { "<unk>", 0, 2 },      { "<s>", 0, 1 },	  { "</s>", 0, 4 },
				      { "<|im_start|>", 0, 4 }, { "<|im_end|>", 0, 4 }, { "<tool>", 0, 4 },
				      { SPACE, -1, 1 },	      { NULL, 0, 0 } };
	gguf_builder *b = gguf_builder_new();

	add_pieces(b, chat);
	fixture f = fixture_new(b);

	CHECK_IDS(&f, "<|im_end|>", false, 6, 0);
	CHECK_IDS(&f, "<|im_end|>", true, 4);
	CHECK_IDS(&f, "<s></s>", false, 6, 0);
	CHECK_IDS(&f, "<tool>", false, 5);
	CHECK(f.v && vocab_bos(f.v) == 1 && vocab_ends(f.v, 2) && vocab_ends(f.v, 4));
	CHECK(f.v && vocab_find(f.v, "<|im_start|>") == 3);
	fixture_free(&f);
}

/* ---- bad files ---- */

static void check_refused(gguf_builder *b, const char *sentence)
{
	fixture f = fixture_new(b);

	CHECK(!f.v);
	if (!CHECK(strstr(f.err, sentence)))
		printf("  %s\n", f.err);
	fixture_free(&f);
}

static gguf_builder *with_tokens(const char *const *texts, size_t n)
{
	gguf_builder *b = gguf_builder_new();

	gguf_builder_str(b, "tokenizer.ggml.model", "llama");
	gguf_builder_strs(b, "tokenizer.ggml.tokens", texts, n);
	return b;
}

static void bad_vocabularies_are_refused(void)
{
	static const char *const two[] = { "a", "b" };
	static const float scores[] = { 0, NAN };
	gguf_builder *b = with_tokens(two, 2);

	check_refused(b, "2 tokens but 0 scores");
	b = with_tokens(two, 2);
	gguf_builder_f32s(b, "tokenizer.ggml.scores", scores, 1);
	check_refused(b, "2 tokens but 1 scores");
	b = with_tokens(two, 2);
	gguf_builder_f32s(b, "tokenizer.ggml.scores", scores, 2);
	check_refused(b, "the score of token 1 is no number");
	b = with_tokens(two, 2);
	gguf_builder_strs(b, "tokenizer.ggml.scores", two, 2);
	check_refused(b, "the score of token 0 is no number");
	b = with_tokens(two, 0);
	check_refused(b, "0 tokens");
	b = gguf_builder_new();
	add_pieces(b, small);
	gguf_builder_u32(b, "tokenizer.ggml.unknown_token_id", 22);
	check_refused(b, "unknown_token_id is 22 of 22");
	b = gguf_builder_new();
	add_pieces(b, small);
	gguf_builder_u32(b, "tokenizer.ggml.bos_token_id", UINT32_MAX);
	check_refused(b, "bos_token_id is 4294967295 of 22");
}

/* Strange, but no reason to refuse: types out of range, pieces that are empty, no text, or longer
 * than any word, and no token that could stand for the unknown. */
static void strange_pieces_do_no_harm(void)
{
	static char longest[60000];
	const piece strange[] = {
		{ "", 0, 1 },	      { longest, INFINITY, 1 }, { "\xe2\x96", -INFINITY, 1 },
		{ "b", 0, 99 },	      { "c", 0, -7 },		{ "<0x61>", 0, 6 },
		{ "<0x61>", 0, 6 },   { "d", 1, 1 },		{ "d", 2, 1 },
		{ "<0xE2>x", 0, 6 },  { "", 0, 3 },		{ NULL, 0, 0 },
	};
	gguf_builder *b = gguf_builder_new();

	memset(longest, 'a', sizeof(longest) - 1);
	add_pieces(b, strange);
	fixture f = fixture_new(b);

	CHECK_IDS(&f, "aabcd\xe2\x96", false, 6, 6, 8, 2);
	REQUIRE(f.v);
	int32_t ids[4];

	CHECK_INT(vocab_encode(f.v, longest, sizeof(longest) - 1, false, ids, 4), 59999);
	CHECK_INT(ids[0] + ids[3], 12);
	CHECK_INT(vocab_bos(f.v), -1);
	fixture_free(&f);
}

/* Sorting takes no harm from it: the C library then sorts in place. */
static void lack_of_memory_is_an_error(void)
{
	int errors = 0;
	gguf_builder *b = gguf_builder_new();
	bool fired = true;
	gguf *g = NULL;
	size_t n;
	char err[256];

	tiny_spm_add(b);
	unsigned char *bytes = gguf_builder_bytes(b, &n);

	gguf_builder_free(b);
	REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)));
	for (long k = 1; fired && fault_available(); k++) {
		vocab *v = NULL;
		int32_t ids[64];
		long before = fault_live();

		fault_arm(k);
		int rc = vocab_new(&v, g, err, sizeof(err)), got = 0;

		if (!rc)
			got = vocab_encode(v, "the dog is my dog", 17, false, ids, 64);
		fired = fault_fired();
		rc = got < 0 ? got : rc;
		CHECK(rc ? rc == ENGINE_ENOMEM && fired : got == 5);
		errors += rc != 0;
		vocab_free(v);
		CHECK_INT(fault_live(), before);
		REQUIRE(k < 200);
	}
	CHECK(errors >= 10 || !fault_available());
	gguf_close(g);
	free(bytes);
}

/* ---- through the engine ---- */

static engine *open_tiny(char *err, size_t errlen)
{
	char path[300], text[300];
	engine_options o = engine_options_default();
	tiny_model t = tiny_model_default();
	engine *e = NULL;

	t.arch = "llama";
	t.spm = true;
	t.own_output = true;
	test_path(path, sizeof(path), "spm.gguf");
	test_path(text, sizeof(text), "calibration.txt");
	tiny_model_write(&t, path);
	FILE *f = fopen(text, "w");

	if (!f || fputs("The dog is here.\n\nU: What is my name?\nA: You are Ann.\n", f) < 0 ||
	    fclose(f))
		return NULL;
	o.n_threads = 1;
	o.calibration = text;
	if (engine_open(&e, path, &o, err, errlen))
		printf("%s\n", err);
	return e;
}

/* The space between "[/INST]" and the reply belongs to the template: a reply does not begin with it. */
static void replies_begin_with_their_text(void)
{
	const engine_turn ask = turn("user", "is my dog");
	char err[256] = "", answer[256];
	engine *e = open_tiny(err, sizeof(err));
	int32_t ids[8];
	const char *s;
	double nll, p;

	REQUIRE(e);
	REQUIRE(engine_tokenize(e, "the dog", 7, false, ids, 8) == 2);
	CHECK(engine_token_bytes(e, ids[0], &s) == 4 && !memcmp(s, " the", 4));
	CHECK(engine_first_bytes(e, ids[0], &s) == 3 && !memcmp(s, "the", 3));
	REQUIRE(engine_tokenize(e, " ", 1, false, ids, 8) == 2);
	CHECK_INT(engine_first_bytes(e, ids[0], &s), 0);
	REQUIRE(engine_tokenize(e, "Z", 1, false, ids, 8) == 2);
	CHECK(engine_first_bytes(e, ids[1], &s) == 1 && *s == 'Z');
	CHECK_INT(engine_first_bytes(e, 1, &s), 0);
	CHECK_INT(engine_answer(e, &ask, 1, ENGINE_EDITED, 8, answer, sizeof(answer), NULL, NULL, NULL,
				err, sizeof(err)),
		  0);
	CHECK_INT(engine_score(e, &ask, 1, ENGINE_EDITED, "the dog", &nll, &p, err, sizeof(err)), 0);
	CHECK(nll > 0 && p > 0 && p < 1);
	engine_close(e);
}

int main(void)
{
	TEST_RUN(golden_with_bytes);
	TEST_RUN(golden_without_bytes);
	TEST_RUN(dialogues_are_the_published_ones);
	TEST_RUN(anchors_are_found);
	TEST_RUN(any_bytes_come_back);
	TEST_RUN(long_lines_end);
	TEST_RUN(highest_score_leftmost_first);
	TEST_RUN(bytes_or_the_unknown_token);
	TEST_RUN(special_tokens);
	TEST_RUN(options_of_the_file);
	TEST_RUN(types_may_be_missing);
	TEST_RUN(tokens_between_turns_are_control_tokens);
	TEST_RUN(bad_vocabularies_are_refused);
	TEST_RUN(strange_pieces_do_no_harm);
	TEST_RUN(lack_of_memory_is_an_error);
	TEST_RUN(replies_begin_with_their_text);
	return test_done();
}
