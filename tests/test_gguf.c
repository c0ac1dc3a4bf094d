/*
 * The GGUF reader: what it reads, every block format against a second reading of the format's
 * definition, and that damaged files end in a sentence, whatever byte is wrong.
 */
#define _DEFAULT_SOURCE 1
#include "engine/engine_int.h"
#include "fault.h"
#include "gguf_build.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static gguf_builder *small_file(void)
{
	static const float x[6] = { 1, -2, 3.5f, 0, 1e-3f, -1e30f };
	static const char *const words[] = { "one", "", "three" };
	static const int32_t numbers[] = { -1, 0, 70000 };
	gguf_builder *b = gguf_builder_new();

	gguf_builder_u32(b, "a.number", 4000000000u);
	gguf_builder_f32(b, "a.float", 0.25f);
	gguf_builder_bool(b, "a.flag", true);
	gguf_builder_str(b, "a.string", "h\xc3\xa9llo");
	gguf_builder_strs(b, "a.words", words, 3);
	gguf_builder_i32s(b, "a.numbers", numbers, 3);
	gguf_builder_floats(b, "matrix", GGML_F32, 2, 3, x);
	gguf_builder_floats(b, "vector", GGML_F32, 0, 6, x);
	return b;
}

static gguf *open_builder(gguf_builder *b, unsigned char **bytes, int *rc, char *err, size_t errlen)
{
	gguf *g = NULL;
	size_t n;

	*bytes = gguf_builder_bytes(b, &n);
	gguf_builder_free(b);
	*rc = gguf_open_memory(&g, *bytes, n, err, errlen);
	return g;
}

static void metadata_is_read(void)
{
	char err[256] = "";
	unsigned char *bytes;
	const char *s;
	size_t len;
	uint64_t u = 0;
	int64_t i = 0;
	double f = 0;
	int rc;
	gguf *g = open_builder(small_file(), &bytes, &rc, err, sizeof(err));

	REQUIRE(g);
	CHECK(gguf_u64(g, "a.number", &u) && u == 4000000000u);
	CHECK(gguf_f64(g, "a.number", &f) && f == 4e9);
	CHECK(gguf_f64(g, "a.float", &f) && f == 0.25);
	CHECK(gguf_u64(g, "a.flag", &u) && u == 1);
	CHECK(gguf_str(g, "a.string", &s, &len) && len == 6 && !memcmp(s, "h\xc3\xa9llo", 6));
	CHECK(!gguf_u64(g, "a.string", &u) && !gguf_str(g, "a.number", &s, &len) &&
	      !gguf_u64(g, "a", &u));
	CHECK_INT(gguf_array_len(g, "a.words"), 3);
	CHECK_INT(gguf_array_len(g, "a.string"), 0);
	CHECK(gguf_array_str(g, "a.words", 2, &s, &len) && len == 5 && !memcmp(s, "three", 5));
	CHECK(gguf_array_str(g, "a.words", 1, &s, &len) && len == 0);
	CHECK(!gguf_array_str(g, "a.words", 3, &s, &len) &&
	      !gguf_array_str(g, "a.numbers", 0, &s, &len));
	CHECK(gguf_array_i64(g, "a.numbers", 0, &i) && i == -1);
	CHECK(gguf_array_f64(g, "a.numbers", 2, &f) && f == 70000);
	CHECK(!gguf_array_i64(g, "a.numbers", 3, &i) && !gguf_array_i64(g, "a.number", 0, &i));
	CHECK(!gguf_u64(g, "a.numbers", &u));
	gguf_close(g);
	free(bytes);
}

static void tensors_are_found(void)
{
	char err[256] = "";
	unsigned char *bytes;
	float row[6];
	int rc;
	gguf *g = open_builder(small_file(), &bytes, &rc, err, sizeof(err));

	REQUIRE(g);
	const gguf_tensor *t = gguf_find(g, "matrix");

	REQUIRE(t);
	CHECK_INT(t->rows, 2);
	CHECK_INT(t->cols, 3);
	gguf_row(t, 1, row);
	CHECK(row[0] == 0 && row[1] == 1e-3f && row[2] == -1e30f);
	CHECK_INT(gguf_tensor_count(g), 2);
	CHECK(gguf_tensor_at(g, 0) == t && !gguf_tensor_at(g, 2));
	CHECK(gguf_find(g, "vector") && gguf_find(g, "vector")->rows == 1 &&
	      gguf_find(g, "vector")->cols == 6);
	CHECK(!gguf_find(g, "matri") && !gguf_find(g, ""));
	gguf_close(g);
	free(bytes);
}

/* ---- block formats ---- */

static float half_value(const unsigned char *p)
{
	unsigned h = p[0] | (unsigned)p[1] << 8;
	int e = (int)(h >> 10 & 31), m = (int)(h & 1023);
	float x = e == 31 ? (m ? NAN : INFINITY)
		  : e     ? ldexpf((float)(1024 + m), e - 25)
			  : ldexpf((float)m, -24);

	return h >> 15 ? -x : x;
}

static int bits(const unsigned char *p, int from, int n)
{
	int x = 0;

	for (int i = 0; i < n; i++)
		x |= (p[(from + i) / 8] >> (from + i) % 8 & 1) << i;
	return x;
}

/* Six-bit scale or minimum j of a K block, from the picture in ggml-common.h. */
static int k_scale(const unsigned char *s, int j, int minimum)
{
	if (j < 4)
		return bits(s + j + 4 * minimum, 0, 6);
	return bits(s + 8 + j - 4, minimum ? 4 : 0, 4) | bits(s + j - 4 + 4 * minimum, 6, 2) << 4;
}

/* Value i of a block, one at a time. */
static float block_value(int type, const unsigned char *p, int i)
{
	const float d = half_value(p), m = half_value(p + 2);
	int j = i / 32, half = i / 128, k = i % 128 / 32, l = i % 32;

	switch (type) {
	case GGML_Q4_0:
		return (float)(bits(p + 2 + i % 16, i / 16 * 4, 4) - 8) * d;
	case GGML_Q4_1:
		return (float)bits(p + 4 + i % 16, i / 16 * 4, 4) * d + m;
	case GGML_Q5_0:
		return (float)((bits(p + 6 + i % 16, i / 16 * 4, 4) | bits(p + 2, i, 1) << 4) -
			       16) *
		       d;
	case GGML_Q5_1:
		return (float)(bits(p + 8 + i % 16, i / 16 * 4, 4) | bits(p + 4, i, 1) << 4) * d +
		       m;
	case GGML_Q8_0:
		return (float)(signed char)p[2 + i] * d;
	case GGML_Q4_K:
		return d * (float)k_scale(p + 4, j, 0) *
			       (float)bits(p + 16 + j / 2 * 32 + l, j % 2 * 4, 4) -
		       m * (float)k_scale(p + 4, j, 1);
	case GGML_Q5_K:
		return d * (float)k_scale(p + 4, j, 0) *
			       (float)(bits(p + 48 + j / 2 * 32 + l, j % 2 * 4, 4) |
				       bits(p + 16 + l, j, 1) << 4) -
		       m * (float)k_scale(p + 4, j, 1);
	case GGML_Q6_K:
		return half_value(p + 208) *
		       (float)(signed char)p[192 + half * 8 + k * 2 + l / 16] *
		       (float)((bits(p + half * 64 + k % 2 * 32 + l, k / 2 * 4, 4) |
				bits(p + 128 + half * 32 + l, 2 * k, 2) << 4) -
			       32);
	case GGML_F16:
		return d;
	default: {
		uint32_t u = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 24;
		float f;

		memcpy(&f, &u, sizeof(f));
		return f;
	}
	}
}

static bool same_float(float a, float b)
{
	return !memcmp(&a, &b, sizeof(a)) || (isnan(a) && isnan(b));
}

static void check_blocks(int type, int values, size_t bytes, bool any_bits)
{
	enum { BLOCKS = 40 };
	unsigned char data[BLOCKS * 210];
	static float out[BLOCKS * 256];
	gguf_tensor t = {
		.type = type, .rows = 2, .cols = BLOCKS / 2 * (size_t)values, .data = data
	};
	rng r;

	rng_seed(&r, (uint64_t)type);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)rng_next(&r);
	for (size_t i = 0; !any_bits && i < BLOCKS;
	     i++) /* scales stay finite: products of infinities are NaN */
		for (size_t k = 0; k < bytes; k++)
			if (k == 1 || k == 3 || k == 209)
				data[i * bytes + k] &= 0xbb;
	gguf_row(&t, 0, out);
	gguf_row(&t, 1, out + t.cols);
	for (size_t i = 0; i < 2 * t.cols; i++) {
		float want = block_value(type, data + i / (size_t)values * bytes,
					 (int)(i % (size_t)values));

		if (!CHECK(same_float(out[i], want))) {
			printf("  type %d value %zu: %g is not %g\n", type, i, (double)out[i],
			       (double)want);
			return;
		}
	}
}

static void blocks_are_decoded(void)
{
	check_blocks(GGML_F16, 1, 2, true);
	check_blocks(GGML_BF16, 1, 2, true);
	check_blocks(GGML_Q4_0, 32, 18, false);
	check_blocks(GGML_Q4_1, 32, 20, false);
	check_blocks(GGML_Q5_0, 32, 22, false);
	check_blocks(GGML_Q5_1, 32, 24, false);
	check_blocks(GGML_Q8_0, 32, 34, false);
	check_blocks(GGML_Q4_K, 256, 144, false);
	check_blocks(GGML_Q5_K, 256, 176, false);
	check_blocks(GGML_Q6_K, 256, 210, false);
}

static const char *golden_path(const char *format)
{
	static char path[512];
	const char *dir = getenv("IMPRINT_VECTORS");

	snprintf(path, sizeof(path), "%s/models/qwen2-%s.gguf", dir ? dir : "../shared/vectors",
		 format);
	return path;
}

/* The golden models: the same weights in every format, so each is near the F32 ones. Bounds: rms of
 * the format's own rounding of N(0, 0.05), as llama.cpp writes it, with some air. */
static void golden_models_agree(void)
{
	static const struct {
		const char *name;
		double rms;
	} files[] = {
		{ "bf16", 1e-4 },   { "f16", 2e-5 },    { "q8_0", 4e-4 },     { "q6_k", 1.2e-3 },
		{ "q5_k", 2.4e-3 }, { "q5_1", 2.4e-3 }, { "q5_0", 2.8e-3 },   { "q4_k", 4.5e-3 },
		{ "q4_1", 5e-3 },   { "q4_0", 5.5e-3 }, { "q4_k_m", 4.5e-3 },
	};
	char err[256];
	float x[512], y[512];
	gguf *reference = NULL, *g = NULL;

	REQUIRE(!gguf_open(&reference, golden_path("f32"), err, sizeof(err)));
	for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
		double sum = 0, n = 0;

		if (!CHECK_INT(gguf_open(&g, golden_path(files[f].name), err, sizeof(err)), 0))
			continue;
		for (size_t i = 0; i < gguf_tensor_count(g); i++) {
			const gguf_tensor *a = gguf_tensor_at(g, i), *b;
			char name[64];

			snprintf(name, sizeof(name), "%.*s", (int)a->name_len, a->name);
			b = gguf_find(reference, name);

			if (a->type == GGML_F32 ||
			    !CHECK(b && a->cols <= 512 && a->cols == b->cols && a->rows == b->rows))
				continue;
			for (size_t r = 0; r < a->rows; r++) {
				gguf_row(a, r, x);
				gguf_row(b, r, y);
				for (size_t k = 0; k < a->cols; k++)
					sum += (double)(x[k] - y[k]) * (double)(x[k] - y[k]);
			}
			n += (double)(a->rows * a->cols);
		}
		if (!CHECK(n > 0 && sqrt(sum / n) < files[f].rms))
			printf("  %s: rms %g\n", files[f].name, sqrt(sum / n));
		gguf_close(g);
	}
	gguf_close(reference);
}

/* ---- damage ---- */

static void check_refused(gguf_builder *b, const char *sentence)
{
	char err[256] = "";
	unsigned char *bytes;
	int rc;
	gguf *g = open_builder(b, &bytes, &rc, err, sizeof(err));

	CHECK_INT(rc, ENGINE_EFORMAT);
	CHECK(!g);
	if (!CHECK(strstr(err, sentence)))
		printf("  \"%s\" has no \"%s\"\n", err, sentence);
	gguf_close(g);
	free(bytes);
}

static void wrong_files_are_named(void)
{
	static const float x[64] = { 0 };
	gguf_builder *b = small_file();

	gguf_builder_version(b, 1);
	check_refused(b, "version 1 is not supported");
	b = small_file();
	gguf_builder_version(b, 0x03000000);
	check_refused(b, "big-endian");
	b = small_file();
	gguf_builder_u32(b, "a.number", 1);
	check_refused(b, "\"a.number\" is in the metadata twice");
	b = small_file();
	gguf_builder_floats(b, "matrix", GGML_F32, 2, 3, x);
	check_refused(b, "tensor matrix is there twice");
	b = small_file();
	gguf_builder_tensor(b, "odd", GGML_Q8_0, 1, 33, x, 68);
	check_refused(b, "33 columns are not whole blocks of 32");
	b = small_file();
	gguf_builder_tensor(b, "new", 39, 1, 32, x, 32);
	check_refused(b, "tensor new is stored as type 39");
	b = small_file();
	gguf_builder_tensor(b, "long", GGML_F32, 1, 1000, x, sizeof(x));
	check_refused(b, "truncated: tensor long ends at");
	b = small_file();
	gguf_builder_tensor(b, "huge", GGML_F32, (size_t)1 << 40, (size_t)1 << 40, x, sizeof(x));
	check_refused(b, "tensor huge has an impossible size");
	b = small_file();
	gguf_builder_tensor(b, "none", GGML_F32, 1, 0, x, 0);
	check_refused(b, "tensor none has an impossible size");
	b = small_file();
	gguf_builder_u32(b, "general.alignment", 24);
	check_refused(b, "impossible alignment 24");
	b = small_file();
	gguf_builder_str(b, "", "no name");
	check_refused(b, "name is empty");
}

static void wrong_paths_are_named(void)
{
	char path[300], err[256];
	gguf *g = NULL;
	gguf_builder *b = small_file();
	size_t n;

	free(gguf_builder_bytes(b, &n));
	test_path(path, sizeof(path), "missing.gguf");
	CHECK_INT(gguf_open(&g, path, err, sizeof(err)), ENGINE_EIO);
	CHECK(strstr(err, "missing.gguf: No such file"));
	test_path(path, sizeof(path), ".");
	CHECK_INT(gguf_open(&g, path, err, sizeof(err)), ENGINE_EIO);
	test_path(path, sizeof(path), "empty.gguf");
	FILE *f = fopen(path, "w");

	REQUIRE(f);
	fclose(f);
	CHECK_INT(gguf_open(&g, path, err, sizeof(err)), ENGINE_EFORMAT);
	CHECK(strstr(err, "empty.gguf: not a GGUF file"));
	test_path(path, sizeof(path), "cut.gguf");
	gguf_builder_write(b, path);
	CHECK_INT(truncate(path, (off_t)n - 4), 0);
	CHECK_INT(gguf_open(&g, path, err, sizeof(err)), ENGINE_EFORMAT);
	CHECK(strstr(err, "cut.gguf: truncated: tensor"));
	CHECK(!g);
	gguf_builder_free(b);
}

/* ---- a file that others change while it is open ---- */

static void on_bus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!engine_fault(info->si_addr)) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

enum { LONG_ROWS = 4096 };

/* A matrix of many pages behind some metadata; row i is i, i, ... */
static gguf *open_long(const char *path)
{
	static float x[LONG_ROWS * 8];
	char err[256] = "";
	gguf_builder *b = gguf_builder_new();
	gguf *g = NULL;

	for (size_t i = 0; i < sizeof(x) / sizeof(*x); i++)
		x[i] = (float)(i / 8);
	gguf_builder_str(b, "a.string", "hello");
	gguf_builder_floats(b, "matrix", GGML_F32, LONG_ROWS, 8, x);
	gguf_builder_write(b, path);
	gguf_builder_free(b);
	if (gguf_open(&g, path, err, sizeof(err)))
		printf("%s\n", err);
	return g;
}

static void a_file_cut_short_reads_as_zeros(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
	char path[300], other[300];
	float row[8];

	REQUIRE(!sigaction(SIGBUS, &sa, NULL));
	test_path(path, sizeof(path), "long.gguf");
	test_path(other, sizeof(other), "other.gguf");
	for (int cut = 0; cut < 3; cut++) {
		gguf *g = open_long(path), *g2 = open_long(other);

		REQUIRE(g && g2);
		const gguf_tensor *t = gguf_find(g, "matrix");
		size_t size = gguf_size(g);

		REQUIRE(t);
		CHECK(gguf_intact(g));
		CHECK_INT(truncate(path, cut == 0 ? 0 : cut == 1 ? (off_t)size / 2 : (off_t)size - 4), 0);
		gguf_row(t, LONG_ROWS - 1, row);
		CHECK(cut == 2 || (row[0] == 0 && row[7] == 0));
		gguf_row(t, 1, row);
		CHECK(row[0] == (cut == 0 ? 0 : 1));
		CHECK(!gguf_intact(g));
		CHECK(!gguf_intact(g)); /* and it stays so */
		CHECK(!engine_fault(row) && !engine_fault(NULL));
		gguf_row(gguf_find(g2, "matrix"), LONG_ROWS - 1, row);
		CHECK(row[0] == LONG_ROWS - 1 && gguf_intact(g2)); /* the other one is as it was */
		gguf_close(g);
		gguf_close(g2);
	}
	signal(SIGBUS, SIG_DFL);
}

static void a_file_written_to_is_noticed(void)
{
	static const struct timespec then[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	char path[300], moved[300];
	FILE *f;

	test_path(path, sizeof(path), "written.gguf");
	test_path(moved, sizeof(moved), "moved.gguf");
	gguf *g = open_long(path);

	REQUIRE(g);
	CHECK(!utimensat(AT_FDCWD, path, then, 0));
	CHECK(gguf_intact(g)); /* touched only */
	CHECK(!rename(path, moved));
	f = fopen(path, "w"); /* replaced: what is open stays what it is */
	REQUIRE(f);
	fclose(f);
	CHECK(gguf_intact(g));
	f = fopen(moved, "r+");
	REQUIRE(f && !fseek(f, 40, SEEK_SET));
	fputs("xx", f);
	fclose(f);
	CHECK(!gguf_intact(g));
	gguf_close(g);
}

/* Copies to the heap's end exactly, so that a sanitizer sees a read past it. */
static int open_copy(const unsigned char *bytes, size_t n)
{
	char err[256] = "";
	gguf *g = NULL;
	unsigned char *copy = malloc(n ? n : 1);
	float row[64];

	memcpy(copy, bytes, n);
	int rc = gguf_open_memory(&g, copy, n, err, sizeof(err));

	CHECK(rc ? err[0] && !g : g != NULL);
	for (size_t i = 0; g && i < gguf_tensor_count(g); i++) {
		const gguf_tensor *t = gguf_tensor_at(g, i);

		for (size_t r = 0; t->cols <= 64 && r < t->rows; r++)
			gguf_row(t, r, row);
	}
	gguf_close(g);
	free(copy);
	return rc;
}

static void every_truncation_is_an_error(void)
{
	gguf_builder *b = small_file();
	size_t n;
	unsigned char *bytes = gguf_builder_bytes(b, &n);

	CHECK_INT(open_copy(bytes, n), 0);
	for (size_t i = 0; i < n; i++)
		CHECK_INT(open_copy(bytes, i), ENGINE_EFORMAT);
	gguf_builder_free(b);
	free(bytes);
}

static void no_damaged_byte_does_harm(void)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	gguf_builder *b = small_file();
	size_t n;
	unsigned char *bytes = gguf_builder_bytes(b, &n);
	rng r;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(values); k++) {
			unsigned char was = bytes[i];

			bytes[i] = values[k];
			open_copy(bytes, n);
			bytes[i] = was;
		}
	rng_seed(&r, 3);
	for (int round = 0; round < 5000; round++) {
		unsigned char *copy = malloc(n);

		memcpy(copy, bytes, n);
		for (int k = 0; k < 4; k++)
			copy[rng_next(&r) % n] = (unsigned char)rng_next(&r);
		open_copy(copy, n);
		free(copy);
	}
	gguf_builder_free(b);
	free(bytes);
}

static void lack_of_memory_is_an_error(void)
{
	char path[300], err[256];
	gguf_builder *b = small_file();
	bool fired = true;

	test_path(path, sizeof(path), "small.gguf");
	gguf_builder_write(b, path);
	gguf_builder_free(b);
	for (long n = 1; fired && fault_available(); n++) {
		gguf *g = NULL;
		long before = fault_live();

		fault_arm(n);
		int rc = gguf_open(&g, path, err, sizeof(err));

		fired = fault_fired();
		CHECK_INT(rc, fired ? ENGINE_ENOMEM : 0);
		gguf_close(g);
		CHECK_INT(fault_live(), before);
		REQUIRE(n < 100);
	}
}

static void hash_names_the_content(void)
{
	char err[256], first[65];
	unsigned char *bytes;
	size_t n;
	gguf_builder *b = small_file();
	gguf *g = NULL;

	bytes = gguf_builder_bytes(b, &n);
	gguf_builder_free(b);
	REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)));
	snprintf(first, sizeof(first), "%s", gguf_hash(g));
	CHECK_INT(strlen(first), 64);
	CHECK_INT(gguf_size(g), n);
	gguf_close(g);
	REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)));
	CHECK_STR(gguf_hash(g), first);
	gguf_close(g);
	bytes[n - 1] ^= 1;
	REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)));
	CHECK(strcmp(gguf_hash(g), first) != 0);
	gguf_close(g);
	free(bytes);
}

/* Whoever writes to an open file may make a string longer than what is there: it ends with the file. */
static void no_string_reaches_past_the_end(void)
{
	unsigned char *bytes;
	char err[256];
	const char *s;
	size_t n, len;
	gguf_builder *b = small_file();
	gguf *g = NULL;

	bytes = gguf_builder_bytes(b, &n);
	gguf_builder_free(b);
	REQUIRE(!gguf_open_memory(&g, bytes, n, err, sizeof(err)));
	REQUIRE(gguf_str(g, "a.string", &s, &len) && len == 6);
	memset((char *)(uintptr_t)s - 8, 0xff, 8);
	CHECK(gguf_str(g, "a.string", &s, &len) && (const unsigned char *)s + len == bytes + n);
	REQUIRE(gguf_array_str(g, "a.words", 2, &s, &len) && len == 5);
	memset((char *)(uintptr_t)s - 8, 0xff, 8);
	CHECK(gguf_array_str(g, "a.words", 2, &s, &len) && (const unsigned char *)s + len == bytes + n);
	gguf_close(g);
	free(bytes);
}

int main(void)
{
	TEST_RUN(metadata_is_read);
	TEST_RUN(tensors_are_found);
	TEST_RUN(blocks_are_decoded);
	if (access(golden_path("f32"), R_OK) == 0)
		TEST_RUN(golden_models_agree);
	else
		test_skip("golden_models_agree",
			  "no golden models beside the checkout (IMPRINT_VECTORS)");
	TEST_RUN(wrong_files_are_named);
	TEST_RUN(wrong_paths_are_named);
	TEST_RUN(a_file_cut_short_reads_as_zeros);
	TEST_RUN(a_file_written_to_is_noticed);
	TEST_RUN(every_truncation_is_an_error);
	TEST_RUN(no_damaged_byte_does_harm);
	TEST_RUN(lack_of_memory_is_an_error);
	TEST_RUN(hash_names_the_content);
	TEST_RUN(no_string_reaches_past_the_end);
	return test_done();
}
