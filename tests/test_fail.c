/*
 * The small things that every file of the engine leans on: fail(), alloc_array(), the generator,
 * SHA-256.
 */
#include "engine/engine_int.h"
#include "engine/sha256.h"
#include "test.h"

#include <stdlib.h>

static void sentences_are_cut_and_masked(void)
{
	char err[16];

	CHECK_INT(fail(err, sizeof(err), ENGINE_EIO, "%s: %d", "a\033[2Jb\nc", 7), ENGINE_EIO);
	CHECK_STR(err, "a?[2Jb?c: 7");
	CHECK_INT(fail(err, sizeof(err), -3, "%s", "fourteen bytes\xc3\xa9"), -3);
	CHECK_STR(err, "fourteen bytes");
	fail(err, sizeof(err), -3, "%s", "thirteen byte\xc3\xa9");
	CHECK_STR(err, "thirteen byte\xc3\xa9");
	fail(err, sizeof(err), -3, "%s", "twelve bytes\xf0\x9f\x98\x80");
	CHECK_STR(err, "twelve bytes");
	CHECK_INT(fail(NULL, 0, ENGINE_ERR, "nobody reads this"), ENGINE_ERR);
}

/* C1 controls, bytes that some terminals take for them, line separators, changes of direction. */
static void sentences_are_one_harmless_line(void)
{
	char err[80];

	fail(err, sizeof(err), -3, "%s", "a\xc2\x9b" "31m b\x9b" "31m c\xe2\x80\xa8" "d\xe2\x80\xae" "e\xe2\x81\xa6" "f\x7f");
	CHECK_STR(err, "a??31m b?31m c???d???e???f?");
	fail(err, sizeof(err), -3, "%s", "\xff \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x80");
	CHECK_STR(err, "? ?? ??? ???? ??");
	fail(err, sizeof(err), -3, "%s", "na\xc3\xafve \xe6\x97\xa5 \xf0\x9f\x98\x80 \xe2\x80\x9cq\xe2\x80\x9d");
	CHECK_STR(err, "na\xc3\xafve \xe6\x97\xa5 \xf0\x9f\x98\x80 \xe2\x80\x9cq\xe2\x80\x9d");
}

static void arrays_are_zeroed_aligned_and_checked(void)
{
	unsigned char *p = alloc_array(7, 3, 5);
	unsigned sum = 0;

	REQUIRE(p);
	for (size_t i = 0; i < 7 * 3 * 5; i++)
		sum += p[i];
	CHECK_INT(sum, 0);
	CHECK_INT((uintptr_t)p % 64, 0);
	free(p);
	CHECK(!alloc_array(SIZE_MAX / 2, 3, 1));
	CHECK(!alloc_array(SIZE_MAX / 4, 1, 8));
	CHECK(!alloc_array(SIZE_MAX, 1, 1));
	p = alloc_array(0, 5, 8);
	CHECK(p);
	free(p);
}

/* First numbers of the authors' reference code after splitmix64 from 42. */
static void generator_is_the_published_one(void)
{
	rng r;

	rng_seed(&r, 42);
	CHECK(rng_next(&r) == 0x15780b2e0c2ec716u);
	CHECK(rng_next(&r) == 0x6104d9866d113a7eu);
	CHECK(rng_next(&r) == 0xae17533239e499a1u);
}

static void generator_has_the_right_moments(void)
{
	enum { N = 100000 };
	double u = 0, m = 0, s = 0;
	rng r;

	rng_seed(&r, 1);
	for (int i = 0; i < N; i++) {
		double x = rng_uniform(&r), z = rng_normal(&r);

		CHECK(x >= 0 && x < 1 && isfinite(z));
		u += x;
		m += z;
		s += z * z;
	}
	CHECK(fabs(u / N - 0.5) < 0.005);
	CHECK(fabs(m / N) < 0.02);
	CHECK(fabs(s / N - 1) < 0.02);
}

static const char *hash(const char *text, size_t repeat)
{
	static char hex[65];
	sha256 s;

	sha256_init(&s);
	for (size_t i = 0; i < repeat; i++)
		sha256_add(&s, text, strlen(text));
	sha256_hex(&s, hex);
	return hex;
}

/* FIPS 180-4 examples. */
static void sha256_is_the_published_one(void)
{
	CHECK_STR(hash("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	CHECK_STR(hash("abc", 1),
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK_STR(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1),
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	CHECK_STR(hash("aaaaaaaaaa", 100000),
		  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
	TEST_RUN(sentences_are_cut_and_masked);
	TEST_RUN(sentences_are_one_harmless_line);
	TEST_RUN(arrays_are_zeroed_aligned_and_checked);
	TEST_RUN(generator_is_the_published_one);
	TEST_RUN(generator_has_the_right_moments);
	TEST_RUN(sha256_is_the_published_one);
	return test_done();
}
