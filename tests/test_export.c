/*
 * Exports of tiny models: what is copied is copied byte for byte, the edited matrix is the base's and the change, the
 * adapter's factors give the change, and no failure leaves a file or harms one.
 */
#define _DEFAULT_SOURCE 1
#include "engine/gguf_int.h"
#include "fault.h"
#include "forward_aid.h"
#include "gguf_build.h"
#include "golden_model.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKENS = 24, FACTS = 3 };

static char model_path[300], file_path[300], folder[300], err[512];
static rig base;
static engine edited; /* base's model, with something learned */

/* ---- a model that has learned ---- */

static void fill(float *x, size_t n, rng *r)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float)rng_normal(r);
}

/* n facts, by a real solve; keys are random, ordinary keys of unit moment. */
static void learn(size_t n)
{
	const size_t d = base.m->hp.n_embd, m = base.m->hp.n_ff;
	float *moment = alloc_array(m, m, sizeof(*moment)), *keys = alloc_array(n, m, sizeof(*keys)),
	      *deltas = alloc_array(n, d, sizeof(*deltas));
	engine_delta *facts = alloc_array(n, 1, sizeof(*facts));
	rng r;

	rng_seed(&r, 7);
	fill(keys, n * m, &r);
	fill(deltas, n * d, &r);
	for (size_t i = 0; i < m; i++)
		moment[i * m + i] = 1;
	for (size_t i = 0; i < n; i++)
		facts[i] = (engine_delta){ keys + i * m, deltas + i * d, 1 };
	edited = (engine){ .model = base.m, .calib = { .c = moment } };
	if (engine_apply(&edited, facts, n, NULL, 0, err, sizeof(err)))
		abort();
	solve_cache_free(edited.solve_cache);
	edited.solve_cache = NULL;
	free(moment);
	free(keys);
	free(deltas);
	free(facts);
}

static bool set_up(const tiny_model *t, size_t n)
{
	tiny_model_write(t, model_path);
	unlink(file_path);
	if (!rig_open(&base, model_path, ENGINE_FP32, ~0u, 1))
		return false;
	learn(n);
	return true;
}

static int export_to(enum engine_export_as as, const char *path, bool overwrite, engine_exported *x)
{
	return engine_export(&edited, as, path, overwrite, x, NULL, NULL, err, sizeof(err));
}

static gguf *open_export(void)
{
	gguf *g = NULL;

	if (!CHECK_INT(gguf_open(&g, file_path, err, sizeof(err)), 0))
		printf("  %s\n", err);
	return g;
}

/* Logits of the edited model, or of the file: [TOKENS, n_vocab], malloc'd. */
static float *logits_of(rig *r)
{
	int32_t tokens[TOKENS];

	for (int i = 0; i < TOKENS; i++)
		tokens[i] = (i * 37 + 5) % 200;
	return rig_logits(r, tokens, TOKENS);
}

/* ---- the model ---- */

/* Every pair of the old file is in the new one, and its tensors are, but for one. */
static void check_copied(const gguf *old, const gguf *new, const char *changed)
{
	CHECK_INT(new->n_tensors, old->n_tensors);
	CHECK_INT(new->n_pairs, old->n_pairs + 1); /* general.description */
	for (size_t i = 0; i < old->n_pairs; i++) {
		const gguf_pair *a = &old->pairs[i],
				*b = bsearch(a, new->pairs, new->n_pairs, sizeof(*b), gguf_compare_pairs);

		REQUIRE(b && b->type == a->type && b->array == a->array && b->n == a->n);
		if (a->type != KV_STR)
			CHECK(!memcmp(a->value, b->value, a->n * gguf_value_size(a->type)));
		for (size_t k = 0; a->type == KV_STR && k < a->n; k++) {
			const unsigned char *x = a->array ? a->strings[k] : a->value, *y = b->array ? b->strings[k] : b->value;
			uint64_t len;

			memcpy(&len, x, sizeof(len));
			CHECK(!memcmp(x, y, sizeof(len) + len));
		}
	}
	for (size_t i = 0; i < old->n_tensors; i++) {
		const gguf_tensor *a = &old->tensors[i], *b = &new->tensors[i]; /* in the same order */
		bool same_type = a->type == b->type, same = same_type && !memcmp(a->data, b->data, a->bytes);

		CHECK(a->name_len == b->name_len && !memcmp(a->name, b->name, a->name_len));
		CHECK(a->rows == b->rows && a->cols == b->cols);
		CHECK(same == (strncmp(a->name, changed, a->name_len) != 0));
	}
}

/* Each number of the edited matrix is base + change but for a share of the largest of its block of 32, and of itself. */
static void check_matrix(const gguf *g, const char *name, double of_block, double of_itself)
{
	const gguf_tensor *t = gguf_find(g, name);
	float *row = alloc_array(t->cols, 1, sizeof(*row));
	double worst = 0;

	for (size_t r = 0; r < t->rows; r++) {
		const float *want = base.m->down_edited + r * t->cols;

		gguf_row(t, r, row);
		for (size_t c = 0; c < t->cols; c++) {
			double max = 0, x = (double)want[c];

			for (size_t k = c / 32 * 32; k < t->cols && k < c / 32 * 32 + 32; k++)
				max = fmax(max, fabs((double)want[k]));
			worst = fmax(worst, fabs((double)row[c] - x) - of_block * max - of_itself * fabs(x));
		}
	}
	CHECK(worst <= 0);
	free(row);
}

static bool moves(const float *a, const float *b, size_t n, double by)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++)
		worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
	return worst > by;
}

/* The file is what the edited engine is: logits within tolerance (0: bit for bit). */
static void check_logits(double tolerance)
{
	float *was = logits_of(&base), *is = NULL;
	size_t n = TOKENS * base.m->hp.n_vocab;
	rig file;

	REQUIRE(rig_open(&file, file_path, ENGINE_FP32, ~0u, 1));
	is = logits_of(&file);
	CHECK(!moves(was, is, n, tolerance));
	free(was);
	/* and it is not what the base is */
	memcpy(base.m->down_edited, base.m->down_base, base.m->hp.n_embd * base.m->hp.n_ff * sizeof(float));
	float *plain = logits_of(&base);

	CHECK(moves(plain, is, n, tolerance * 2 + 0.1));
	free(plain);
	free(is);
	rig_close(&file);
}

static void check_model(const tiny_model *t, const char *type, double of_block, double tolerance)
{
	engine_exported x = { .rank = 99 };
	char hash[65], after[65];
	struct stat st;
	gguf *g = NULL;

	REQUIRE(set_up(t, FACTS));
	REQUIRE(!engine_hash(model_path, hash, err, sizeof(err)));
	umask(0);
	REQUIRE(!export_to(ENGINE_EXPORT_MODEL, file_path, false, &x));
	umask(077);
	CHECK_STR(x.tensor, "blk.1.ffn_down.weight");
	CHECK_STR(x.type, type);
	CHECK_INT(x.rank, 0);
	REQUIRE(!stat(file_path, &st));
	CHECK_INT(st.st_size, x.bytes);
	CHECK_INT(st.st_mode & 0777, 0600);
	g = open_export();
	REQUIRE(g);
	check_copied(base.m->file, g, x.tensor);
	check_matrix(g, x.tensor, of_block, 0);
	gguf_close(g);
	check_logits(tolerance);
	CHECK(!engine_hash(model_path, after, err, sizeof(err)) && !strcmp(hash, after));
	rig_close(&base);
}

static tiny_model three_layers(const char *arch, int type)
{
	tiny_model t = tiny_model_default();

	t.arch = arch;
	t.n_layer = 3;
	t.type = type;
	t.own_output = !strcmp(arch, "llama");
	return t;
}

static void a_model_is_copied(void)
{
	static const char *const archs[] = { "qwen2", "qwen3", "llama" };

	for (size_t i = 0; i < sizeof(archs) / sizeof(*archs); i++) {
		tiny_model plain = three_layers(archs[i], GGML_F32), small = three_layers(archs[i], GGML_Q8_0);

		check_model(&plain, "F32", 0, 0);
		check_model(&small, "Q8_0", 0.51 / 127, 0.2);
	}
}

/* Tensors of another size stand elsewhere after it. What F16 has no room for is in F32. */
static void large_numbers_are_in_f32(void)
{
	tiny_model t = three_layers("qwen2", GGML_Q8_0);
	engine_exported x;
	gguf *g;

	REQUIRE(set_up(&t, FACTS));
	base.m->down_edited[5] = 70000;
	REQUIRE(!export_to(ENGINE_EXPORT_MODEL, file_path, false, &x));
	CHECK_STR(x.type, "F32");
	g = open_export();
	REQUIRE(g);
	check_copied(base.m->file, g, x.tensor);
	check_matrix(g, x.tensor, 0, 0);
	gguf_close(g);
	rig_close(&base);
}

/* Coarser types than Q8_0 give way to F16; the others stay. */
static void coarse_types_become_f16(void)
{
	static const int types[] = { GGML_Q4_0, GGML_Q5_1, GGML_BF16, GGML_F16 };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		golden_model gm = { .arch = "qwen2", .type = types[i] };
		engine_exported x;
		size_t n;
		unsigned char *bytes = golden_model_bytes(&gm, &n);
		FILE *f = fopen(model_path, "wb");
		gguf *g;

		REQUIRE(f && fwrite(bytes, n, 1, f) == 1 && !fclose(f));
		free(bytes);
		unlink(file_path);
		REQUIRE(rig_open(&base, model_path, ENGINE_FP32, ~0u, 1));
		learn(FACTS);
		REQUIRE(!export_to(ENGINE_EXPORT_MODEL, file_path, false, &x));
		CHECK_STR(x.type, "F16");
		g = open_export();
		REQUIRE(g);
		check_copied(base.m->file, g, x.tensor);
		check_matrix(g, x.tensor, 1e-6, 1.0 / 2048);
		gguf_close(g);
		rig_close(&base);
	}
}

/* An export has a description of its own and is a model like any other: of the second one, the file's note stays alone. */
static void an_export_is_exported(void)
{
	tiny_model t = three_layers("qwen2", GGML_Q8_0);
	engine_exported x;
	const char *s;
	size_t len, pairs;
	gguf *g;

	REQUIRE(set_up(&t, FACTS));
	REQUIRE(!export_to(ENGINE_EXPORT_MODEL, file_path, false, &x));
	rig_close(&base);
	REQUIRE(!rename(file_path, model_path) && rig_open(&base, model_path, ENGINE_FP32, ~0u, 1));
	pairs = base.m->file->n_pairs;
	CHECK(gguf_str(base.m->file, "general.description", &s, &len));
	learn(1);
	REQUIRE(!export_to(ENGINE_EXPORT_MODEL, file_path, false, &x));
	g = open_export();
	REQUIRE(g);
	CHECK_INT(g->n_pairs, pairs);
	gguf_close(g);
	rig_close(&base);
}

/* A file of 16-byte alignment: its header is made to end where that of one of 32 bytes would. */
/* A description that is no text is the file's all the same: with a second one nobody could open it. */
static void an_odd_description_stays_alone(void)
{
	tiny_model t = three_layers("qwen2", GGML_F32);
	gguf_builder *b = tiny_model_build(&t);
	engine_exported x;
	gguf *g;

	gguf_builder_u32(b, "general.description", 7);
	gguf_builder_write(b, model_path);
	gguf_builder_free(b);
	unlink(file_path);
	REQUIRE(rig_open(&base, model_path, ENGINE_FP32, ~0u, 1));
	learn(1);
	REQUIRE(!export_to(ENGINE_EXPORT_MODEL, file_path, false, &x));
	g = open_export();
	REQUIRE(g);
	CHECK_INT(g->n_pairs, base.m->file->n_pairs);
	gguf_close(g);
	rig_close(&base);
}

static void another_alignment_is_kept(void)
{
	tiny_model t = three_layers("qwen2", GGML_Q8_0);
	char filler[40] = "";
	engine_exported x;
	uint64_t alignment;
	gguf *g = NULL;
	size_t header = 1;

	for (size_t n = 0; header % 32 && n < 32; n++) {
		gguf_builder *b = tiny_model_build(&t);

		filler[n] = 'x';
		gguf_builder_u32(b, "general.alignment", 16);
		gguf_builder_str(b, "filler", filler);
		gguf_builder_write(b, model_path);
		gguf_builder_free(b);
		REQUIRE(!gguf_open(&g, model_path, err, sizeof(err)));
		header = g->header_size;
		gguf_close(g);
	}
	REQUIRE(header % 32 == 0 && rig_open(&base, model_path, ENGINE_FP32, ~0u, 1));
	learn(FACTS);
	unlink(file_path);
	REQUIRE(!export_to(ENGINE_EXPORT_MODEL, file_path, false, &x));
	g = open_export();
	REQUIRE(g && gguf_u64(g, "general.alignment", &alignment) && alignment == 16);
	check_copied(base.m->file, g, x.tensor);
	gguf_close(g);
	check_logits(0.2);
	rig_close(&base);
}

/* ---- the adapter ---- */

static bool has_text(const gguf *g, const char *key, const char *want)
{
	const char *s;
	size_t len;

	return gguf_str(g, key, &s, &len) && len == strlen(want) && !memcmp(s, want, len);
}

/* B A against the change, and how the shapes stand: rank, n_ff and n_embd. */
static void check_factors(const gguf *g, size_t rank, double tolerance)
{
	const gguf_tensor *a = gguf_find(g, "blk.1.ffn_down.weight.lora_a"), *b = gguf_find(g, "blk.1.ffn_down.weight.lora_b");
	const size_t d = base.m->hp.n_embd, m = base.m->hp.n_ff;
	double off = 0, size = 0;

	REQUIRE(a && b && a->type == GGML_F32 && b->type == GGML_F32);
	CHECK(a->rows == rank && a->cols == m && b->rows == d && b->cols == rank);
	const float *fa = a->data, *fb = b->data;

	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < m; j++) {
			double y = 0, change = (double)base.m->down_edited[i * m + j] - (double)base.m->down_base[i * m + j];

			for (size_t r = 0; r < rank; r++)
				y += (double)fb[i * rank + r] * (double)fa[r * m + j];
			off += (y - change) * (y - change);
			size += change * change;
		}
	CHECK(sqrt(off / size) < tolerance);
}

static void an_adapter_gives_the_change(void)
{
	static const struct {
		const char *arch;
		size_t facts, rank;
	} cases[] = { { "qwen2", 1, 1 }, { "llama", FACTS, FACTS }, { "qwen3", 63, 63 }, { "qwen2", 80, 64 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tiny_model t = three_layers(cases[i].arch, GGML_Q8_0);
		engine_exported x;
		double alpha = 0;
		uint64_t count = 0;
		gguf *g;

		REQUIRE(set_up(&t, cases[i].facts));
		REQUIRE(!export_to(ENGINE_EXPORT_LORA, file_path, false, &x));
		CHECK_INT(x.rank, cases[i].rank);
		CHECK(x.residual >= 0 && x.residual < 1e-6);
		CHECK_STR(x.type, "F32");
		g = open_export();
		REQUIRE(g);
		CHECK_INT(g->n_tensors, 2);
		CHECK_INT(g->size, x.bytes);
		CHECK(has_text(g, "general.type", "adapter") && has_text(g, "adapter.type", "lora"));
		CHECK(has_text(g, "general.architecture", cases[i].arch));
		CHECK(gguf_f64(g, "adapter.lora.alpha", &alpha) && alpha == (double)x.rank); /* a scale of 1 */
		CHECK(gguf_u64(g, "general.base_model.count", &count) && count == 1);
		CHECK(has_text(g, "general.base_model.0.name", "tiny"));
		check_factors(g, x.rank, 1e-6);
		gguf_close(g);
		rig_close(&base);
	}
}

/* ---- what must not happen ---- */

/* Files in the test's folder. */
static int count_files(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static bool reads(const char *path, const char *want)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");
	bool same = f && fread(got, 1, sizeof(got) - 1, f) == strlen(want) && !strcmp(got, want);

	if (f)
		fclose(f);
	return same;
}

static void check_refused(const char *path, bool overwrite, int code, const char *why)
{
	engine_exported x = { .bytes = 77 };
	int before = count_files();

	for (int as = ENGINE_EXPORT_MODEL; as <= ENGINE_EXPORT_LORA; as++) {
		CHECK_INT(export_to(as, path, overwrite, &x), code);
		if (!CHECK(strstr(err, why)))
			printf("  %s\n", err);
		CHECK(x.bytes == 77 && count_files() == before);
	}
}

static void files_are_not_harmed(void)
{
	tiny_model t = three_layers("qwen2", GGML_Q8_0);
	char other[340], below[340];
	engine_exported x;

	REQUIRE(set_up(&t, FACTS));
	snprintf(other, sizeof(other), "%s-link", model_path);
	snprintf(below, sizeof(below), "%s/below", file_path);
	write_text(file_path, "mine");
	check_refused(file_path, false, ENGINE_EARG, "--force");
	CHECK(reads(file_path, "mine"));
	check_refused(below, true, ENGINE_EIO, "below");
	check_refused(folder, true, ENGINE_EARG, "not a regular file");
	check_refused("/dev/null", true, ENGINE_EARG, "not a regular file");
	check_refused("/proc/imprint.gguf", false, ENGINE_EIO, "/proc/imprint.gguf");
	check_refused("", false, ENGINE_EIO, "No such file");
	check_refused(model_path, true, ENGINE_EARG, "the model itself");
	REQUIRE(!symlink(model_path, other));
	check_refused(other, true, ENGINE_EARG, "the model itself");
	unlink(other);
	REQUIRE(!symlink("nowhere", other));
	check_refused(other, false, ENGINE_EARG, "--force");
	unlink(other);
	CHECK(!export_to(ENGINE_EXPORT_LORA, file_path, true, &x) && !reads(file_path, "mine"));
	base.m->down_edited[0] += 1; /* and over an export of its own */
	CHECK(!export_to(ENGINE_EXPORT_MODEL, file_path, true, &x));
	rig_close(&base);
}

static void nothing_learned_is_no_file(void)
{
	tiny_model t = three_layers("qwen2", GGML_F32);

	REQUIRE(set_up(&t, FACTS));
	CHECK(!engine_apply(&edited, NULL, 0, NULL, 0, err, sizeof(err)));
	check_refused(file_path, false, ENGINE_ENONE, "nothing is learned");
	rig_close(&base);
}

/* A limit on the file's size stands for a full disk: write() fails in the middle. */
static void a_full_disk_leaves_nothing(void)
{
	tiny_model t = three_layers("qwen2", GGML_F32);
	struct rlimit old, small;

	REQUIRE(set_up(&t, 60));
	REQUIRE(!getrlimit(RLIMIT_FSIZE, &old));
	small = (struct rlimit){ 20000, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &small));
	check_refused(file_path, false, ENGINE_EIO, strerror(EFBIG));
	setrlimit(RLIMIT_FSIZE, &old);
	write_text(file_path, "mine");
	setrlimit(RLIMIT_FSIZE, &small);
	check_refused(file_path, true, ENGINE_EIO, strerror(EFBIG));
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	CHECK(reads(file_path, "mine"));
	rig_close(&base);
}

static bool stop_at(void *arg) { return --*(int *)arg < 0; }

static void stopping_leaves_nothing(void)
{
	tiny_model t = three_layers("qwen2", GGML_F32);
	engine_exported x;
	int before, left;

	REQUIRE(set_up(&t, FACTS));
	before = count_files();
	for (left = 0; left < 20; left++) {
		int polls = left;

		CHECK_INT(engine_export(&edited, ENGINE_EXPORT_MODEL, file_path, false, &x, stop_at, &polls, err, sizeof(err)),
			  ENGINE_ESTOP);
		CHECK_INT(count_files(), before);
	}
	left = 1;
	CHECK_INT(engine_export(&edited, ENGINE_EXPORT_LORA, file_path, false, &x, stop_at, &left, err, sizeof(err)),
		  ENGINE_ESTOP);
	CHECK_INT(count_files(), before);
	rig_close(&base);
}

static void lack_of_memory_leaves_nothing(void)
{
	tiny_model t = three_layers("qwen2", GGML_Q8_0);

	REQUIRE(set_up(&t, FACTS));
	for (int as = ENGINE_EXPORT_MODEL; as <= ENGINE_EXPORT_LORA; as++) {
		engine_exported x;
		int rc = -1, before = count_files(), n = 0;

		for (bool fired = true; fired && n < 200;) {
			long live = fault_live();

			fault_arm(++n);
			rc = export_to(as, file_path, true, &x);
			fired = fault_fired();
			CHECK(!rc || (rc == ENGINE_ENOMEM && fired && strstr(err, "memory")));
			CHECK_INT(count_files(), before + !rc);
			CHECK_INT(fault_live(), live);
			unlink(file_path);
		}
		CHECK(n > 3 && n < 200 && !rc);
	}
	rig_close(&base);
}

int main(void)
{
	test_path(model_path, sizeof(model_path), "tiny.gguf");
	test_path(file_path, sizeof(file_path), "export.gguf");
	test_path(folder, sizeof(folder), "");
	TEST_RUN(a_model_is_copied);
	TEST_RUN(large_numbers_are_in_f32);
	TEST_RUN(coarse_types_become_f16);
	TEST_RUN(an_export_is_exported);
	TEST_RUN(an_odd_description_stays_alone);
	TEST_RUN(another_alignment_is_kept);
	TEST_RUN(an_adapter_gives_the_change);
	TEST_RUN(files_are_not_harmed);
	TEST_RUN(nothing_learned_is_no_file);
	TEST_RUN(a_full_disk_leaves_nothing);
	TEST_RUN(stopping_leaves_nothing);
	if (fault_available())
		TEST_RUN(lack_of_memory_leaves_nothing);
	else
		test_skip("lack of memory", "the sanitizer's allocator cannot be made to fail");
	return test_done();
}
