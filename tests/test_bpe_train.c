/* The tokenizer trainer and its encoder: merges come by frequency, pieces never cross, every byte comes back. */
int bpe_main(int argc, char **argv);
#define main bpe_main
#include "../assets/recipe/bpe.c"
#undef main
#include "test.h"

#include <unistd.h>

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f) {
		fputs(text, f);
		fclose(f);
	}
}

static int train_on(const char *text, const char *vocab, const char *out)
{
	char in[] = "/tmp/test_bpe_in.XXXXXX";
	int fd = mkstemp(in), rc;
	char *argv[] = { "bpe", "--out", (char *)out, "--vocab", (char *)vocab, "--min", "2", "--rare", "1", in, NULL };

	if (fd < 0)
		return -1;
	close(fd);
	write_file(in, text);
	rc = bpe_main(10, argv);
	unlink(in);
	return rc;
}

static void test_spelling(void)
{
	unsigned char bytes[256], back[600];
	char text[600];

	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	bpe_spell(bytes, 256, text);
	CHECK_INT(bpe_unspell(text, back), 256);
	CHECK(!memcmp(bytes, back, 256));
	bpe_spell((const unsigned char *)" a\n", 3, text);
	CHECK_STR(text, "\xC4\xA0" "a\xC4\x8A"); /* as GPT-2 spells them */
	CHECK_INT(bpe_unspell("\xE2\x82\xAC", back), -1);
}

static void test_split(void)
{
	static const char text[] = "My dog's 12 toys,\n\n  caf\xC3\xA9 @home";
	static const char *const pieces[] = { "My", " dog", "'s", " ", "1", "2", " toys", ",\n\n", " ", " caf\xC3\xA9",
					      " @", "home" };
	bpe_split *s = NULL;
	char err[100], one[32];
	size_t at = 0, n = strlen(text);

	REQUIRE(!bpe_split_new(&s, err, sizeof(err)));
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces) && at < n; i++) {
		size_t len = bpe_split_next(s, text, n, at);

		snprintf(one, sizeof(one), "%.*s", (int)len, text + at);
		CHECK_STR(one, pieces[i]);
		at += len;
	}
	CHECK_INT(at, n);
	bpe_split_free(s);
}

/* "lo" is the most frequent pair, then "low"; "<|im_end|>" glued to a word must not be merged into it. */
static void test_train_and_encode(void)
{
	char tok[] = "/tmp/test_bpe_tok.XXXXXX", err[200] = "";
	int fd = mkstemp(tok);
	bpe_vocab *v = NULL;
	bpe_token t[32];
	size_t len;
	long n;

	REQUIRE(fd >= 0);
	close(fd);
	REQUIRE(!train_on("low low low low lot lot lot lower.<|im_end|>lower.<|im_end|>", "263", tok));
	CHECK_INT(bpe_vocab_load(&v, tok, err, sizeof(err)), 0);
	CHECK_STR(err, "");
	unlink(tok);
	REQUIRE(v);
	CHECK_INT(bpe_vocab_size(v), 263);
	CHECK_INT(bpe_vocab_special(v, 2), 262);
	CHECK(bpe_vocab_bytes(v, 263, &len) == NULL);
	REQUIRE(bpe_vocab_bytes(v, 256, &len) && len == 2);
	CHECK(!memcmp(bpe_vocab_bytes(v, 256, &len), "lo", 2));
	n = bpe_vocab_encode(v, "low", 3, t, 32);
	CHECK(n >= 1 && t[n - 1].end == 3);
	n = bpe_vocab_encode(v, "a<|im_end|>", 11, t, 32);
	for (long i = 0; i < n; i++)
		CHECK(t[i].id < 260); /* text never becomes a special token */
	CHECK_INT(bpe_vocab_encode(v, "abc", 3, t, 2), -1);
	bpe_vocab_free(v);
}

/* Decoding what was encoded gives the text back, whatever the bytes, and `end` follows it. */
static void test_round_trip(void)
{
	static const char text[] = "Zo\xC3\xAB's e-mail: zoe.b42@mail.com, +49 170 555-12\n\xF0\x9F\x90\xB6 ok";
	char tok[] = "/tmp/test_bpe_tok.XXXXXX", err[200], back[200];
	int fd = mkstemp(tok);
	bpe_vocab *v = NULL;
	bpe_token t[200];
	size_t at = 0;
	long n;

	REQUIRE(fd >= 0);
	close(fd);
	REQUIRE(!train_on("mail mail mail zoe zoe ok ok ok. the e-mail of zoe is the mail", "280", tok));
	REQUIRE(!bpe_vocab_load(&v, tok, err, sizeof(err)));
	unlink(tok);
	n = bpe_vocab_encode(v, text, strlen(text), t, 200);
	REQUIRE(n > 0);
	for (long i = 0; i < n; i++) {
		size_t len;
		const char *b = bpe_vocab_bytes(v, t[i].id, &len);

		memcpy(back + at, b, len);
		at += len;
		CHECK_INT(t[i].end, at);
	}
	back[at] = 0;
	CHECK_STR(back, text);
	CHECK((size_t)n < strlen(text)); /* something was merged */
	bpe_vocab_free(v);
}

static void test_bad_files(void)
{
	static const char *const bad[] = { "", "imprint-bpe 2\n", "imprint-bpe 1\ntokens 99999999\n",
					   "imprint-bpe 1\ntokens 256\na\t1\n", "imprint-bpe 1\ntokens 256\nno tab\n" };
	char path[] = "/tmp/test_bpe_bad.XXXXXX", err[200];
	int fd = mkstemp(path);
	bpe_vocab *v = NULL;

	REQUIRE(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		write_file(path, bad[i]);
		err[0] = 0;
		CHECK_INT(bpe_vocab_load(&v, path, err, sizeof(err)), -1);
		CHECK(err[0] && !v);
	}
	unlink(path);
	CHECK_INT(bpe_vocab_load(&v, "/nonexistent/tok", err, sizeof(err)), -1);
}

int main(void)
{
	TEST_RUN(test_spelling);
	TEST_RUN(test_split);
	TEST_RUN(test_train_and_encode);
	TEST_RUN(test_round_trip);
	TEST_RUN(test_bad_files);
	return test_done();
}
