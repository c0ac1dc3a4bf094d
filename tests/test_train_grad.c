/*
 * The trainer: products against the scalar reference, gradients against finite differences, bfloat16
 * against float, documents that must not see each other, packing of windows, and resuming.
 */
#define _POSIX_C_SOURCE 200809L
#include "../assets/recipe/trainer.h"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static char err[512];

/* ---- a tiny net with a window that has everything in it ---- */

enum { N = 75, DOC2 = 41 };

typedef struct tiny {
	net *n;
	net_work *w;
	uint16_t tok[N], target[N];
	uint32_t start[N];
	float weight[N];
	net_inject inject[3];
	net_window win;
	float *grad;
} tiny;

static net_config tiny_config(void)
{
	return (net_config){ .hidden = 128, .layers = 2, .heads = 2, .kv_heads = 1, .ffn = 64, .vocab = 96,
			     .ctx = 96, .edit_layer = 0, .banks = 2 };
}

/* Larger and less regular than a real start, so that every gradient matters. */
static void tiny_params(net *n)
{
	uint64_t s = 5;

	net_init(n, 3);
	for (size_t i = 0; i < n->n_tensor; i++) {
		const net_tensor *t = n->tensor + i;
		int vector = t->rows == 1 || t->kind == NET_CODE_B;

		for (size_t j = 0; j < t->rows * t->cols; j++)
			if (t->kind == NET_EMBED)
				n->p[t->off + j] = 0.3f * net_gauss(&s);
			else if (vector)
				n->p[t->off + j] += 0.2f * net_gauss(&s);
	}
	net_pack_all(n);
}

static int tiny_init(tiny *t, int reference)
{
	net_config c = tiny_config();
	uint64_t s = 11;
	float total = 0;

	memset(t, 0, sizeof *t);
	if (net_new(&c, reference, &t->n, err, sizeof err) || net_work_new(t->n, &t->w))
		return -1;
	tiny_params(t->n);
	t->grad = calloc(t->n->n_param, sizeof *t->grad);
	for (uint32_t i = 0; i < N; i++) {
		t->tok[i] = (uint16_t)(net_random(&s) % c.vocab);
		t->target[i] = (uint16_t)(net_random(&s) % c.vocab);
		t->start[i] = i < DOC2 ? 0 : DOC2;
		t->weight[i] = i % 5 == 2 ? 0.f : i % 3 == 0 ? 0.5f : 1.f;
		total += t->weight[i];
	}
	t->inject[0] = (net_inject){ .pos = 7, .n = 3, .bank = 1, .tok = { 4, 9, 4 } };
	t->inject[1] = (net_inject){ .pos = 20, .n = 16, .bank = 0, .tok = { 1, 2, 3, 4, 5, 6, 7, 8 } };
	t->inject[2] = (net_inject){ .pos = 50, .n = 1, .bank = 1, .tok = { 77 } };
	t->win = (net_window){ .n = N, .tok = t->tok, .start = t->start, .target = t->target,
			       .weight = t->weight, .inject = t->inject, .n_inject = 3,
			       .scale = 1 / total };
	return t->grad ? 0 : -1;
}

static void tiny_free(tiny *t)
{
	net_work_free(t->w);
	net_free(t->n);
	free(t->grad);
}

static double tiny_loss(tiny *t, float *grad)
{
	net_loss l = { 0 };

	net_run(t->n, t->w, &t->win, grad, &l);
	return l.sum / l.weight;
}

/* ---- products ---- */

static void kernels_agree_with_scalar(void)
{
	gemm_kernel k[GEMM_KERNELS];
	size_t n = gemm_kernels(k, GEMM_KERNELS);

	for (size_t i = 1; i < n; i++)
		if (!CHECK(gemm_error(k[i].fn, 99) < k[i].tolerance))
			printf("kernel %s\n", k[i].name);
}

static void wrong_kernel(const gemm_args *g)
{
	gemm_scalar(g);
	if (g->c)
		g->c[g->n - 1] += 1;
	else
		g->c16[g->n - 1] ^= 0x40;
}

static void a_wrong_kernel_is_noticed(void)
{
	CHECK(gemm_error(wrong_kernel, 99) > 1e-3);
}

/* ---- gradients ---- */

/*
 * Derivative of the loss along u, a mixture of the gradient's direction and a random one inside the
 * tensor, against (L(p + eu) - L(p - eu)) / 2e. The code's A is perturbed with its own embedding rows
 * held fixed, and the embedding with the value codes' use of it held fixed (no gradient by design), so
 * the embedding is checked without value vectors.
 */
static double direction_error(tiny *t, const net_tensor *x, uint64_t seed)
{
	size_t n = x->rows * x->cols;
	float *u = malloc(n * sizeof *u), *old = malloc(n * sizeof *old);
	double norm = 0, length = 0, slope = 0, diff, e = 4e-3, at[2];

	for (size_t i = 0; i < n; i++)
		norm += (double)t->grad[x->off + i] * (double)t->grad[x->off + i];
	for (size_t i = 0; i < n; i++) {
		u[i] = (float)((double)t->grad[x->off + i] / sqrt(norm)) +
		       0.5f * net_gauss(&seed) / sqrtf((float)n);
		length += (double)u[i] * (double)u[i];
	}
	for (size_t i = 0; i < n; i++) {
		u[i] /= (float)sqrt(length);
		slope += (double)u[i] * (double)t->grad[x->off + i];
		old[i] = t->n->p[x->off + i];
	}
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < n; i++)
			t->n->p[x->off + i] = old[i] + (float)(side ? -e : e) * u[i];
		net_pack(t->n, x, 0, x->rows);
		at[side] = tiny_loss(t, NULL);
	}
	memcpy(t->n->p + x->off, old, n * sizeof *old);
	net_pack(t->n, x, 0, x->rows);
	free(u);
	free(old);
	diff = (at[0] - at[1]) / (2 * e);
	return norm > 0 ? fabs(diff - slope) / fabs(slope) : INFINITY;
}

static void gradients_match_finite_differences(void)
{
	static const char *name[NET_KINDS] = { "embedding", "norm 1", "qkv", "bias", "out", "norm 2",
					       "gate and up", "down", "last norm", "code A", "code b",
					       "moment", "spread" };
	tiny t;

	REQUIRE(tiny_init(&t, 1) == 0);
	tiny_loss(&t, t.grad);
	for (size_t i = 0; i < t.n->n_tensor; i++) {
		const net_tensor *x = t.n->tensor + i;
		double e;

		if (x->kind == NET_EMBED || x->kind == NET_MOMENT || x->kind == NET_SPREAD)
			continue;
		e = direction_error(&t, x, 17 + i);
		if (!CHECK(e < 2e-3))
			printf("%s of layer %u: relative error %g\n", name[x->kind], x->layer, e);
	}
	t.win.n_inject = 0;
	memset(t.grad, 0, t.n->n_param * sizeof *t.grad);
	tiny_loss(&t, t.grad);
	CHECK(direction_error(&t, net_find(t.n, NET_EMBED, 0), 3) < 2e-3);
	tiny_free(&t);
}

/* With noise the vector is scaled: the gradient of b must carry the same scale. */
static void gradients_match_with_noise(void)
{
	tiny t;

	REQUIRE(tiny_init(&t, 1) == 0);
	t.win.noise = (net_noise){ .prob = 1, .max_rel = 0, .scale_lo = 0.5f, .scale_hi = 1.5f, .seed = 4 };
	tiny_loss(&t, t.grad);
	CHECK(direction_error(&t, net_find(t.n, NET_CODE_B, 0), 3) < 2e-3);
	CHECK(direction_error(&t, net_find(t.n, NET_CODE_A, 0), 3) < 2e-3);
	tiny_free(&t);
}

/* Counts the keys of the window and works out the inverse of their moment. */
static void tiny_spread(tiny *t)
{
	const net_tensor *m = net_find(t->n, NET_MOMENT, 0);

	t->win.noise.count_keys = 1;
	tiny_loss(t, t->grad);
	memcpy(t->n->p + m->off, t->grad + m->off, m->rows * m->cols * sizeof(float));
	CHECK(net_spread(t->n) == 0);
	t->win.noise.count_keys = 0;
	memset(t->grad, 0, t->n->n_param * sizeof *t->grad);
}

static void the_spread_inverts_the_moment(void)
{
	tiny t;
	const float *m, *s;
	double mean = 0, worst = 0;
	size_t f;

	REQUIRE(tiny_init(&t, 1) == 0);
	tiny_spread(&t);
	f = t.n->c.ffn;
	m = t.n->p + net_find(t.n, NET_MOMENT, 0)->off;
	s = t.n->p + net_find(t.n, NET_SPREAD, 0)->off;
	for (size_t i = 0; i < f; i++)
		mean += (double)m[i * f + i] / (double)f;
	CHECK(mean > 0);
	for (size_t i = 0; i < f; i++)
		for (size_t j = 0; j < f; j++) {
			double x = 1e-3 * (double)s[i * f + j];

			for (size_t k = 0; k < f; k++)
				x += (double)m[i * f + k] / mean * (double)s[k * f + j];
			x -= i == j;
			worst = fabs(x) > worst ? fabs(x) : worst;
		}
	CHECK(worst < 1e-3);
	tiny_free(&t);
}

/* Vectors that come through a weight edit: the gradient goes through the keys as well. */
static void gradients_match_through_the_solve(void)
{
	static const enum net_kind kind[] = { NET_GATEUP, NET_QKV, NET_NORM2, NET_DOWN, NET_CODE_A, NET_CODE_B, NET_OUT };
	tiny t;
	double direct, solved;

	REQUIRE(tiny_init(&t, 1) == 0);
	tiny_spread(&t);
	t.inject[1] = t.inject[0]; /* one fact at two rows, so that its key matters */
	t.inject[1].pos = 20;
	direct = tiny_loss(&t, NULL);
	t.win.noise = (net_noise){ .solve = 1, .ridge = 0.1f, .others = 1, .others_gain = 2, .seed = 9 };
	solved = tiny_loss(&t, t.grad);
	CHECK(fabs(solved - direct) > 1e-4);
	for (size_t i = 0; i < sizeof kind / sizeof *kind; i++) {
		double e = direction_error(&t, net_find(t.n, kind[i], 0), 5 + i);

		if (!CHECK(e < 8e-3))
			printf("kind %d: relative error %g\n", (int)kind[i], e);
	}
	tiny_free(&t);
}

static void bfloat16_gradients_are_near_the_float_ones(void)
{
	tiny a, b;

	REQUIRE(tiny_init(&a, 1) == 0 && tiny_init(&b, 0) == 0);
	CHECK(fabs(tiny_loss(&a, a.grad) - tiny_loss(&b, b.grad)) < 0.01);
	for (size_t i = 0; i < a.n->n_tensor; i++) {
		const net_tensor *x = a.n->tensor + i;
		double aa = 0, bb = 0, ab = 0;

		for (size_t j = x->off; j < x->off + x->rows * x->cols; j++) {
			aa += (double)a.grad[j] * (double)a.grad[j];
			bb += (double)b.grad[j] * (double)b.grad[j];
			ab += (double)a.grad[j] * (double)b.grad[j];
		}
		if (x->kind == NET_MOMENT || x->kind == NET_SPREAD)
			continue;
		if (!CHECK(ab / sqrt(aa * bb) > 0.999 && fabs(sqrt(bb / aa) - 1) < 0.02))
			printf("tensor %zu: cosine %g, ratio %g\n", i, ab / sqrt(aa * bb), sqrt(bb / aa));
	}
	tiny_free(&a);
	tiny_free(&b);
}

/* The compiled forms this machine can run give the same loss. */
static void compiled_forms_agree(void)
{
	const net_ops *forms[] = { &net_ops_base, &net_ops_avx2 };
	tiny t;
	double want;

	REQUIRE(tiny_init(&t, 0) == 0);
	want = tiny_loss(&t, t.grad);
	for (size_t i = 0; i < 2; i++) {
		double norm = 0, diff = 0;
		float *g = calloc(t.n->n_param, sizeof *g);

#if defined(__x86_64__)
		if (forms[i] == &net_ops_avx2 && !__builtin_cpu_supports("fma")) {
			test_skip("avx2 form", "the processor has no FMA");
			free(g);
			continue;
		}
#endif
		t.n->ops = forms[i];
		net_pack_all(t.n);
		CHECK(fabs(tiny_loss(&t, g) - want) < 1e-3);
		for (size_t j = 0; j < t.n->n_param; j++) {
			norm += (double)g[j] * (double)g[j];
			diff += ((double)g[j] - (double)t.grad[j]) * ((double)g[j] - (double)t.grad[j]);
		}
		CHECK(sqrt(diff / norm) < 5e-3);
		free(g);
	}
	tiny_free(&t);
}

/* The second document's loss is the same whatever the first one says: bit by bit with products that round every number by
 * itself (gemm_int16 rounds by the largest of 128 tokens). */
static void documents_do_not_see_each_other(void)
{
	tiny t;
	double a, b;

	REQUIRE(tiny_init(&t, 0) == 0);
	t.n->gemm = gemm_scalar;
	for (int i = 0; i < DOC2; i++)
		t.weight[i] = 0;
	a = tiny_loss(&t, NULL);
	for (int i = 0; i < DOC2; i++)
		t.tok[i] = (uint16_t)((t.tok[i] + 13) % 96);
	b = tiny_loss(&t, NULL);
	CHECK(a == b);
	t.tok[DOC2 + 3] = (uint16_t)((t.tok[DOC2 + 3] + 13) % 96);
	CHECK(tiny_loss(&t, NULL) != b);
	tiny_free(&t);
}

/* ---- data, resuming ---- */

static char dir[] = "/tmp/imprint-train-XXXXXX";

static void put_file(const char *ext, const void *p, size_t n)
{
	char name[256];
	FILE *f;

	snprintf(name, sizeof name, "%s/set.%s", dir, ext);
	f = fopen(name, "wb");
	if (CHECK(f != NULL)) {
		CHECK(fwrite(p, 1, n, f) == n);
		fclose(f);
	}
}

enum { DOCS = 120, MAX_TOK = DOCS * 60 };

static void put_set(void)
{
	static uint16_t tok[MAX_TOK];
	static uint8_t msk[MAX_TOK];
	static windows_record inj[DOCS];
	uint32_t doc[DOCS], n = 0, n_inj = 0;
	uint64_t s = 8;

	for (uint32_t d = 0; d < DOCS; d++) {
		uint32_t len = 5 + (uint32_t)(net_random(&s) % 55);

		doc[d] = n;
		if (d % 3 == 0)
			inj[n_inj++] = (windows_record){ .pos = n + 2, .n = 2, .tok = { 5, (uint16_t)(d % 90) } };
		for (uint32_t i = 0; i < len; i++, n++) {
			tok[n] = (uint16_t)(i + 1 == len ? 0 : (d * 7 + i * 3) % 96);
			msk[n] = (uint8_t)(i % 4 ? 100 : 30);
		}
	}
	put_file("tok", tok, n * sizeof *tok);
	put_file("doc", doc, sizeof doc);
	put_file("inj", inj, n_inj * sizeof *inj);
	put_file("msk", msk, n);
}

static void windows_hold_every_document_once(void)
{
	net_config c = tiny_config();
	windows_set s;
	windows_buf b;
	char prefix[256];
	size_t tokens = 0, values = 0, crowded = 0;

	snprintf(prefix, sizeof prefix, "%s/set", dir);
	REQUIRE(windows_open(&s, prefix, &c, err, sizeof err) == 0);
	REQUIRE(windows_plan(&s, c.ctx, 1, 0, err, sizeof err) == 0 && windows_buf_init(&b, c.ctx) == 0);
	for (size_t i = 0; i < s.n_window; i++) {
		REQUIRE(windows_fill(&s, i, &b) == 0);
		CHECK(b.win.n <= c.ctx);
		tokens += b.win.n;
		values += b.win.n_inject;
		crowded += b.win.n_inject == s.first[i + 1] - s.first[i];
		for (size_t t = 0; t + 1 < b.win.n; t++)
			if (b.start[t] == b.start[t + 1])
				CHECK(b.target[t] == b.tok[t + 1] && b.weight[t] > 0);
			else
				CHECK(b.weight[t] == 0 && b.tok[t] == 0);
	}
	CHECK_INT(tokens, s.n_tok);
	CHECK_INT(values, DOCS / 3);
	CHECK(crowded > s.n_window / 10 && crowded < s.n_window / 3); /* 60 % of a third of the documents */
	CHECK((double)tokens / (double)(s.n_window * c.ctx) > 0.9);
	windows_buf_free(&b);
	windows_close(&s);
	c.vocab = 64;
	CHECK(windows_open(&s, prefix, &c, err, sizeof err) == -1);
}

static trainer_options run_options(const char *prefix)
{
	trainer_options o = trainer_options_default();

	o.data = o.valid = prefix;
	o.config = tiny_config();
	o.batch = 5;
	o.threads = 2;
	o.tokens = 12000;
	o.warm_tokens = 1000;
	o.lr = 3e-3;
	return o;
}

static void resume_run(int muon)
{
	char prefix[256], path[256];
	trainer_options o;
	trainer *t = NULL;
	trainer_step s = { 0 };
	double want[16], first;
	net_loss before;

	snprintf(prefix, sizeof prefix, "%s/set", dir);
	snprintf(path, sizeof path, "%s/ckpt.bin", dir);
	o = run_options(prefix);
	o.muon = muon;
	REQUIRE(trainer_open(&o, &t, err, sizeof err) == 0);
	for (int i = 0; i < 16; i++) {
		if (i == 6)
			CHECK(trainer_save(t, path, err, sizeof err) == 0);
		CHECK(trainer_next(t, &s, err, sizeof err) == 0);
		want[i] = s.loss;
	}
	first = want[0];
	CHECK(want[15] < first);
	before = trainer_valid(t, 1000);
	CHECK(before.weight > 0 && before.told_weight > 0 && before.told_weight < before.weight);
	trainer_close(t);

	o.resume = path;
	REQUIRE(trainer_open(&o, &t, err, sizeof err) == 0);
	for (int i = 6; i < 16; i++) {
		CHECK(trainer_next(t, &s, err, sizeof err) == 0);
		CHECK(s.loss == want[i]);
	}
	CHECK(trainer_valid(t, 1000).sum == before.sum);
	while (trainer_next(t, &s, err, sizeof err) == 0)
		;
	CHECK(trainer_state(t)->leg.done >= 12000 && trainer_next(t, &s, err, sizeof err) == 1);
	trainer_close(t);
}

static void resuming_gives_the_same_losses(void)
{
	resume_run(0);
	resume_run(1);
}

static void damaged_checkpoints_are_refused(void)
{
	char prefix[256], path[256];
	trainer_options o;
	trainer *t = NULL;
	FILE *f;

	snprintf(prefix, sizeof prefix, "%s/set", dir);
	snprintf(path, sizeof path, "%s/ckpt.bin", dir);
	o = run_options(prefix);
	o.resume = path;
	f = fopen(path, "r+b");
	REQUIRE(f != NULL);
	fseek(f, 5000, SEEK_SET);
	fputc(0x5a, f);
	fclose(f);
	CHECK(trainer_open(&o, &t, err, sizeof err) == -1 && t == NULL);
	CHECK(truncate(path, 3000) == 0);
	CHECK(trainer_open(&o, &t, err, sizeof err) == -1 && t == NULL);
}

static void clean(void)
{
	static const char *names[] = { "set.tok", "set.doc", "set.inj", "set.msk", "ckpt.bin" };
	char name[256];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "%s/%s", dir, names[i]);
		remove(name);
	}
	rmdir(dir);
}

int main(void)
{
	TEST_RUN(kernels_agree_with_scalar);
	TEST_RUN(a_wrong_kernel_is_noticed);
	TEST_RUN(gradients_match_finite_differences);
	TEST_RUN(gradients_match_with_noise);
	TEST_RUN(the_spread_inverts_the_moment);
	TEST_RUN(gradients_match_through_the_solve);
	TEST_RUN(bfloat16_gradients_are_near_the_float_ones);
	TEST_RUN(compiled_forms_agree);
	TEST_RUN(documents_do_not_see_each_other);
	if (!mkdtemp(dir)) {
		test_skip("data and resuming", "no temporary folder");
		return test_done();
	}
	put_set();
	TEST_RUN(windows_hold_every_document_once);
	TEST_RUN(resuming_gives_the_same_losses);
	TEST_RUN(damaged_checkpoints_are_refused);
	clean();
	return test_done();
}
