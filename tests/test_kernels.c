/*
 * kernels: every table the CPU can run against plain references, with random shapes, tails,
 * unaligned rows and guard bytes; and against the scalar table to the last bit, floats too.
 */
#include <stdlib.h>

#include "engine/gguf_block.h"
#include "engine/half.h"
#include "engine/kernels.h"
#include "tests/test.h"

enum { GUARD = 64 };
static const uint32_t guard_bits = 0x7fc0dead; /* a NaN: reading it spoils a result */

static rng random_state;

static size_t below(size_t n) { return (size_t)(rng_next(&random_state) % n); }

/* n floats at an odd address of 4, guarded on both sides. */
typedef struct guarded {
	uint32_t *all;
	float *x;
	size_t n;
} guarded;

static guarded guarded_new(size_t n)
{
	size_t shift = GUARD + below(16);
	guarded g = { malloc((n + 2 * GUARD + 16) * 4), NULL, n };
	for (size_t i = 0; i < n + 2 * GUARD + 16; i++)
		g.all[i] = guard_bits;
	g.x = (float *)(void *)g.all + shift;
	return g;
}

static guarded guarded_random(size_t n, double scale)
{
	guarded g = guarded_new(n);
	for (size_t i = 0; i < n; i++)
		g.x[i] = (float)(rng_normal(&random_state) * scale);
	return g;
}

static guarded guarded_copy(guarded from)
{
	guarded g = guarded_new(from.n);
	memcpy(g.x, from.x, from.n * 4);
	return g;
}

/* Whether the guards are whole; frees. */
static bool guarded_end(guarded g)
{
	bool ok = true;
	for (uint32_t *p = g.all; p < (uint32_t *)(void *)g.x; p++)
		ok = ok && *p == guard_bits;
	for (size_t i = 0; i < GUARD; i++) {
		uint32_t v;
		memcpy(&v, g.x + g.n + i, 4);
		ok = ok && (v == guard_bits ||
			    g.x + g.n + i >= (float *)(void *)g.all + g.n + 2 * GUARD + 16);
	}
	free(g.all);
	return ok;
}

static bool same(const float *a, const float *b, size_t n) { return !memcmp(a, b, n * 4); }

static bool near(const float *a, const double *b, size_t n, double tolerance)
{
	for (size_t i = 0; i < n; i++)
		if (!(fabs((double)a[i] - b[i]) <= tolerance * (1 + fabs(b[i]))))
			return false;
	return true;
}

/* ---- the tables ---- */

static kernels tables[4];
static size_t n_tables;

static void tables_init(void)
{
	static const unsigned masks[] = { 0, CPU_AVX2, CPU_AVX2 | CPU_AVX512 | CPU_VNNI,
					  CPU_DOTPROD };
	for (size_t i = 0; i < 4; i++) {
		kernels k;
		kernels_init(&k, cpu_features(masks[i]));
		if (n_tables && !strcmp(k.name, tables[n_tables - 1].name))
			continue;
		if (n_tables && !strcmp(k.name, "scalar"))
			continue;
		tables[n_tables++] = k;
	}
	printf("tables:");
	for (size_t i = 0; i < n_tables; i++)
		printf(" %s", tables[i].name);
	printf("\n");
}

/* ---- the quantised product ---- */

/* Weights w [rows, cols] as quant.c packs them. */
static void pack(linear *l, const int8_t *w)
{
	l->q = alloc_array(kernel_blocks(l->rows), kernel_block_bytes(l->cols), 1);
	for (size_t r = 0; r < l->rows; r++) {
		int8_t *block = l->q + r / 16 * kernel_block_bytes(l->cols);
		int32_t sum = 0;
		for (size_t c = 0; c < l->cols; c++) {
			block[64 + c / 4 * 64 + r % 16 * 4 + c % 4] = w[r * l->cols + c];
			sum -= 128 * w[r * l->cols + c];
		}
		memcpy(block + 4 * (r % 16), &sum, 4);
	}
}

typedef struct product_case {
	linear l;
	int8_t *w;
	guarded x, x_scale, y0, scale, bias;
	size_t n, stride;
	bool add;
} product_case;

enum { RANDOM, LARGEST, LARGEST_MIXED, LARGE };

static int8_t random_weight(int kind)
{
	switch (kind) {
	case LARGEST:
		return 127;
	case LARGEST_MIXED:
		return below(2) ? 127 : -127;
	case LARGE:
		return (int8_t)(100 + below(28));
	default:
		return (int8_t)((int)below(255) - 127);
	}
}

static float random_input(int kind)
{
	switch (kind) {
	case LARGEST:
		return 1e9f;
	case LARGEST_MIXED:
		return below(2) ? 1e9f : -1e9f;
	case LARGE:
		return (float)(20000 + below(12768));
	default:
		return (float)(rng_normal(&random_state) * 12000);
	}
}

static product_case product_new(size_t rows, size_t cols, size_t n, int kind)
{
	product_case p = { .l = { .rows = rows, .cols = cols },
			   .n = n,
			   .stride = rows + below(5),
			   .add = below(2) };
	p.w = malloc(rows * cols);
	for (size_t i = 0; i < rows * cols; i++)
		p.w[i] = random_weight(kind);
	pack(&p.l, p.w);
	p.scale = guarded_random(rows, 0.01);
	p.bias = guarded_random(rows, 1);
	p.l.scale = p.scale.x;
	p.l.bias = below(2) ? p.bias.x : NULL;
	p.x = guarded_new(n * cols);
	for (size_t i = 0; i < n * cols; i++)
		p.x.x[i] = random_input(kind);
	p.x_scale = guarded_random(n, 1);
	p.y0 = guarded_random(n * p.stride, 1);
	return p;
}

/* The definition: an exact sum, rounded once. */
static void product_reference(const product_case *p, float *y)
{
	for (size_t t = 0; t < p->n; t++)
		for (size_t r = 0; r < p->l.rows; r++) {
			int64_t sum = 0;
			for (size_t c = 0; c < p->l.cols; c++) {
				float v = p->x.x[t * p->l.cols + c];
				v = v < 32767 ? v : 32767;
				v = v > -32767 ? v : -32767;
				sum += (int64_t)lrintf(v) * p->w[r * p->l.cols + c];
			}
			float v = (float)sum * (p->l.scale[r] * p->x_scale.x[t]),
			      *at = y + t * p->stride + r;
			if (p->l.bias)
				v += p->l.bias[r];
			*at = p->add ? *at + v : v;
		}
}

static bool product_check(const kernels *k, const product_case *p, const float *want)
{
	size_t bytes = 2 * kernel_cols(p->l.cols);
	uint8_t *q = alloc_array(p->n, bytes, 1);
	guarded y = guarded_copy(p->y0);
	for (size_t t = 0; t < p->n; t++)
		k->quantise(p->x.x + t * p->l.cols, p->l.cols, 1.0f, q + t * bytes);
	size_t blocks = kernel_blocks(p->l.rows), cut = below(blocks + 1);
	gemm_args g = { .l = &p->l,
			.block1 = cut,
			.x = q,
			.x_scale = p->x_scale.x,
			.n = p->n,
			.y = y.x,
			.y_stride = p->stride,
			.add = p->add };
	k->gemm_q(&g);
	g.block0 = cut;
	g.block1 = blocks;
	k->gemm_q(&g);
	bool ok = same(y.x, want, y.n);
	if (!ok)
		printf("%s: product of %zu rows, %zu columns, %zu tokens differs\n", k->name,
		       p->l.rows, p->l.cols, p->n);
	free(q);
	return guarded_end(y) && ok;
}

static void product_free(product_case *p)
{
	free(p->w);
	free(p->l.q);
	guarded_end(p->x);
	guarded_end(p->x_scale);
	guarded_end(p->y0);
	guarded_end(p->scale);
	guarded_end(p->bias);
}

static bool product_all(size_t rows, size_t cols, size_t n, int kind)
{
	product_case p = product_new(rows, cols, n, kind);
	guarded want = guarded_copy(p.y0);
	bool ok = true;
	product_reference(&p, want.x);
	for (size_t i = 0; i < n_tables; i++)
		ok = product_check(&tables[i], &p, want.x) && ok;
	guarded_end(want);
	product_free(&p);
	return ok;
}

static void test_product_shapes(void)
{
	for (int i = 0; i < 60; i++)
		CHECK(product_all(1 + below(90), 1 + below(300), 1 + below(15), RANDOM));
	for (size_t n = 1; n <= 13; n++)
		CHECK(product_all(80, 64, n, RANDOM));
}

/* Largest weights and activations, signs alike and mixed: the int32 sums are at their bound. */
static void test_product_extremes(void)
{
	for (int kind = LARGEST; kind <= LARGEST_MIXED; kind++) {
		CHECK(product_all(17, 1024, 2, kind));
		CHECK(product_all(16, 1040, 3, kind));
		CHECK(product_all(33, 5000, 2, kind));
		CHECK(product_all(2, KERNEL_MAX_COLS, 1, kind));
	}
}

/* Sums beyond 24 bits, where rounding twice is not rounding once. */
static void test_product_rounding(void)
{
	CHECK(product_all(64, 1024, 7, LARGE));
	CHECK(product_all(64, 1040, 7, LARGE));
	CHECK(product_all(48, 6000, 6, LARGE));
}

static void test_quantise(void)
{
	static const float in[] = { 0.5f,  1.5f,   2.5f,  -0.5f,  -1.5f,
				    40000, -40000, 1e30f, -1e30f, 32766.5f };
	static const float out[] = { 0, 2, 2, 0, -2, 32767, -32767, 32767, -32767, 32766 };
	int8_t w = 1;
	for (size_t i = 0; i < n_tables; i++)
		for (size_t k = 0; k < sizeof(in) / sizeof(*in); k++) {
			linear l = { .rows = 1, .cols = 1 };
			float one = 1, y = 0;
			uint8_t q[2 * KERNEL_COLS];
			pack(&l, &w);
			l.scale = &one;
			tables[i].quantise(&in[k], 1, 1.0f, q);
			tables[i].gemm_q(&(gemm_args){ .l = &l,
						       .block1 = 1,
						       .x = q,
						       .x_scale = &one,
						       .n = 1,
						       .y = &y,
						       .y_stride = 1 });
			CHECK(y == out[k]);
			free(l.q);
		}
}

/* ---- floats ---- */

static void test_float_product(void)
{
	for (int i = 0; i < 40; i++) {
		size_t rows = 1 + below(40), cols = 1 + below(200), n = 1 + below(11),
		       stride = rows + below(3);
		guarded w = guarded_random(rows * cols, 1), x = guarded_random(n * cols, 1);
		guarded b = guarded_random(rows, 1), y0 = guarded_random(n * stride, 1),
			first = guarded_copy(y0);
		linear l = { .rows = rows, .cols = cols, .f32 = w.x, .bias = i % 2 ? b.x : NULL };
		for (size_t k = 0; k < n_tables; k++) {
			guarded y = guarded_copy(y0);
			size_t blocks = kernel_blocks(rows), cut = below(blocks + 1);
			gemm_args g = { .l = &l,
					.block1 = cut,
					.x = x.x,
					.n = n,
					.y = y.x,
					.y_stride = stride };
			tables[k].gemm_f(&g);
			g.block0 = cut;
			g.block1 = blocks;
			tables[k].gemm_f(&g);
			for (size_t t = 0; t < n; t++)
				for (size_t r = 0; r < rows; r++) {
					double sum = l.bias ? (double)b.x[r] : 0;
					for (size_t c = 0; c < cols; c++)
						sum += (double)w.x[r * cols + c] *
						       (double)x.x[t * cols + c];
					CHECK(near(&y.x[t * stride + r], &sum, 1, 2e-5));
				}
			if (k == 0)
				memcpy(first.x, y.x, y.n * 4);
			CHECK(same(first.x, y.x, y.n));
			CHECK(guarded_end(y));
		}
		guarded_end(first);
		guarded_end(w);
		guarded_end(x);
		guarded_end(b);
		guarded_end(y0);
	}
}

static void test_rows(void)
{
	for (size_t n = 1; n < 70; n++) {
		guarded x = guarded_random(n, 3), u = guarded_random(n, 1), norm0 = guarded_new(n),
			silu0 = guarded_new(n);
		double sum = 0, max = 0, top = -1e30, exps = 0, norm[70], silu[70];
		for (size_t i = 0; i < n; i++) {
			double v = (double)x.x[i];
			sum += v * v;
			max = fmax(max, fabs(v));
			top = fmax(top, v);
			silu[i] = v / (1 + exp(-v)) * (double)u.x[i];
		}
		for (size_t i = 0; i < n; i++) {
			norm[i] = (double)x.x[i] / sqrt(sum / (double)n + 1e-6) * (double)u.x[i];
			exps += exp((double)x.x[i] - top);
		}
		float exps0 = 0;
		for (size_t k = 0; k < n_tables; k++) {
			const kernels *t = &tables[k];
			guarded y = guarded_new(n), g = guarded_copy(x);
			float m = t->absmax(x.x, n), e = t->exp_sum(x.x, n, (float)top);
			CHECK((double)m == max && (double)t->top(x.x, n) == top);
			CHECK(near(&e, &exps, 1, 1e-6));
			exps0 = k ? exps0 : e;
			CHECK(e == exps0);
			t->rms_norm(x.x, u.x, n, 1e-6f, y.x);
			t->silu_mul(g.x, u.x, n);
			CHECK(near(y.x, norm, n, 1e-6) && near(g.x, silu, n, 1e-6));
			if (k == 0) {
				memcpy(norm0.x, y.x, n * 4);
				memcpy(silu0.x, g.x, n * 4);
			}
			CHECK(same(y.x, norm0.x, n) && same(g.x, silu0.x, n));
			CHECK(guarded_end(y));
			CHECK(guarded_end(g));
		}
		guarded_end(x);
		guarded_end(u);
		guarded_end(norm0);
		guarded_end(silu0);
	}
}

/* exp's whole range, through silu with gate v and up 1 at the far ends and through exp_sum of
 * one. */
static void test_exp(void)
{
	for (size_t k = 0; k < n_tables; k++)
		for (double v = -86; v <= 87; v += 0.137) {
			float x = (float)v, e = tables[k].exp_sum(&x, 1, 0);
			CHECK(fabs((double)e / exp((double)x) - 1) < 3e-7);
		}
	for (size_t k = 0; k < n_tables; k++) {
		float g[2] = { -1e4f, 1e4f }, u[2] = { 1, 1 };
		tables[k].silu_mul(g, u, 2);
		CHECK(fabsf(g[0]) < 1e-30f && g[1] == 1e4f);
	}
}

static void test_half(void)
{
	static uint16_t out[65536];
	static float in[65536];
	for (uint32_t i = 0; i < 65536; i++) /* there and back for every half but NaNs */
		if ((i & 0x7c00) != 0x7c00 || !(i & 0x3ff))
			CHECK(half_from_float(half_to_float((uint16_t)i)) == i);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < 65536; i++) {
			uint32_t bits = (uint32_t)rng_next(&random_state);
			if (round & 1) /* around the ties and the subnormals */
				bits = (bits & 0x8000ffff) | (0x32 + bits % 0x17) << 24 |
				       0x1000 * (bits >> 16 & 0xff);
			memcpy(&in[i], &bits, 4);
		}
		for (size_t k = 0; k < n_tables; k++) {
			size_t wrong = 0, n = 65536 - below(40);
			tables[k].to_half(in, n, out);
			for (size_t i = 0; i < n; i++)
				wrong += out[i] != half_from_float(in[i]);
			CHECK_INT(wrong, 0);
		}
	}
}

static void test_rope(void)
{
	for (size_t d = 2; d <= 64; d += 2)
		for (int neox = 0; neox < 2; neox++) {
			guarded x = guarded_random(d, 1), cs = guarded_random(d, 1),
				first = guarded_new(d);
			double want[64];
			for (size_t i = 0; i < d / 2; i++) {
				size_t a = neox ? i : 2 * i, b = neox ? i + d / 2 : 2 * i + 1;
				double c = (double)cs.x[i], s = (double)cs.x[d / 2 + i];
				want[a] = (double)x.x[a] * c - (double)x.x[b] * s;
				want[b] = (double)x.x[a] * s + (double)x.x[b] * c;
			}
			for (size_t k = 0; k < n_tables; k++) {
				guarded y = guarded_copy(x);
				tables[k].rope(y.x, cs.x, d, neox);
				CHECK(near(y.x, want, d, 1e-6));
				if (k == 0)
					memcpy(first.x, y.x, d * 4);
				CHECK(same(first.x, y.x, d));
				CHECK(guarded_end(y));
			}
			guarded_end(x);
			guarded_end(cs);
			guarded_end(first);
		}
}

/* ---- attention ---- */

static void attend_reference(const attn_args *a, double *out)
{
	size_t n = a->n0 + a->n1;
	double *s = malloc(n * sizeof(*s));
	for (size_t h = 0; h < a->n_q; h++) {
		double top = -1e30, sum = 0;
		for (size_t j = 0; j < n; j++) {
			const uint16_t *k =
				j < a->n0 ? a->k0 + j * a->stride : a->k1 + (j - a->n0) * a->stride;
			s[j] = 0;
			for (size_t c = 0; c < a->d; c++)
				s[j] += (double)a->q[h * a->d + c] * (double)half_to_float(k[c]);
			s[j] *= (double)a->scale;
			top = fmax(top, s[j]);
		}
		for (size_t j = 0; j < n; j++)
			sum += s[j] = exp(s[j] - top);
		for (size_t c = 0; c < a->d; c++) {
			double v = 0;
			for (size_t j = 0; j < n; j++)
				v += s[j] * (double)half_to_float(
						    j < a->n0 ? a->v0[j * a->stride + c]
							      : a->v1[(j - a->n0) * a->stride + c]);
			out[h * a->d + c] = v / sum;
		}
	}
	free(s);
}

/* Exactly as many halves as are read, so that the sanitiser sees one too many. */
static uint16_t *random_halves(size_t n)
{
	uint16_t *h = malloc(n ? n * 2 : 1);
	for (size_t i = 0; i < n; i++)
		h[i] = half_from_float((float)rng_normal(&random_state));
	return h;
}

static void attend_case(size_t d, size_t n_q, size_t n0, size_t n1)
{
	size_t stride = d + below(2) * d, n = n0 + n1;
	uint16_t *k0 = random_halves(n0 ? (n0 - 1) * stride + d : 0),
		 *v0 = random_halves(n0 ? (n0 - 1) * stride + d : 0);
	uint16_t *k1 = random_halves((n1 - 1) * stride + d),
		 *v1 = random_halves((n1 - 1) * stride + d);
	guarded q = guarded_random(n_q * d, 1), first = guarded_new(n_q * d);
	guarded scores = guarded_new(n_q * kernel_cols(n));
	double *want = malloc(n_q * d * sizeof(*want));
	attn_args a = { .q = q.x,
			.n_q = n_q,
			.d = d,
			.k0 = k0,
			.v0 = v0,
			.k1 = k1,
			.v1 = v1,
			.n0 = n0,
			.n1 = n1,
			.stride = stride,
			.scale = 0.2f,
			.scores = scores.x,
			.scores_stride = kernel_cols(n) };
	attend_reference(&a, want);
	for (size_t k = 0; k < n_tables; k++) {
		guarded out = guarded_copy(q); /* in place, as the engine calls it */
		a.q = a.out = out.x;
		tables[k].attend(&a);
		CHECK(near(out.x, want, n_q * d, 3e-6));
		if (k == 0)
			memcpy(first.x, out.x, n_q * d * 4);
		CHECK(same(first.x, out.x, n_q * d));
		CHECK(guarded_end(out));
	}
	CHECK(guarded_end(scores));
	free(k0);
	free(v0);
	free(k1);
	free(v1);
	free(want);
	guarded_end(q);
	guarded_end(first);
}

static void test_attend(void)
{
	static const size_t dims[] = { 64, 32, 128, 80, 16, 24, 7 };
	for (size_t i = 0; i < 7; i++)
		for (int k = 0; k < 12; k++)
			attend_case(dims[i], 1 + below(4), below(3) * below(40), 1 + below(50));
}

/* Where the positions lie, in one cache or in two, changes no bit. */
static void test_attend_split(void)
{
	size_t d = 48, n = 45;
	uint16_t *k = random_halves(n * d), *v = random_halves(n * d);
	guarded q = guarded_random(2 * d, 1);
	for (size_t t = 0; t < n_tables; t++) {
		float whole[96], part[96], scores[96];
		for (size_t cut = 0; cut < n; cut++) {
			attn_args a = { .q = q.x,
					.n_q = 2,
					.d = d,
					.k0 = k,
					.v0 = v,
					.k1 = k + cut * d,
					.v1 = v + cut * d,
					.n0 = cut,
					.n1 = n - cut,
					.stride = d,
					.scale = 0.1f,
					.scores = scores,
					.scores_stride = 48,
					.out = cut ? part : whole };
			tables[t].attend(&a);
			CHECK(!cut || same(whole, part, 2 * d));
		}
	}
	free(k);
	free(v);
	guarded_end(q);
}

/* ---- loading ---- */

/* Random blocks of a type, with scales that are numbers of ordinary size. */
static uint8_t *blocks_random(int type, size_t n, size_t *bytes)
{
	size_t values = 1, size = 1;
	gguf_block_size(type, &values, &size);
	*bytes = n / values * size;
	uint8_t *p = malloc(*bytes);
	for (size_t i = 0; i < *bytes; i++)
		p[i] = (uint8_t)rng_next(&random_state);
	for (size_t i = 0; i < *bytes; i += size) {
		static const uint8_t half[2] = { 0x66, 0x2e };
		float x = (float)rng_normal(&random_state);
		if (type == GGML_F32)
			memcpy(p + i, &x, 4);
		else if (values == 1)
			memcpy(p + i, (uint8_t *)&x + 2, 2); /* as BF16; as F16 also a number */
		else
			memcpy(p + i + (type == GGML_Q6_K ? 208 : 0), half, 2);
		if (type == GGML_F16)
			p[i + 1] &= 0xbf; /* a smaller exponent */
		if (type == GGML_Q4_1 || type == GGML_Q5_1 || type == GGML_Q4_K ||
		    type == GGML_Q5_K)
			memcpy(p + i + 2, half, 2);
	}
	return p;
}

static void test_decode(void)
{
	static const int types[] = { GGML_F32,  GGML_F16,  GGML_BF16, GGML_Q4_0, GGML_Q4_1, GGML_Q5_0,
				     GGML_Q5_1, GGML_Q8_0, GGML_Q4_K, GGML_Q5_K, GGML_Q6_K };
	for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
		size_t n = 256 * (1 + below(5)), bytes = 0;
		uint8_t *p = blocks_random(types[k], n, &bytes);
		gguf_tensor t = {
			.name = "w", .name_len = 1, .type = types[k], .rows = 1, .cols = n, .data = p
		};
		float *want = malloc(n * 4);
		gguf_row(&t, 0, want);
		for (size_t i = 0; i < n; i++)
			CHECK(isfinite(want[i]));
		for (size_t i = 0; i < n_tables; i++) {
			guarded got = guarded_new(n);
			tables[i].decode(types[k], p, n, got.x);
			CHECK(same(got.x, want, n));
			CHECK(guarded_end(got));
		}
		free(want);
		free(p);
	}
}

/* Every table rounds a row as lrintf does, and sees a number that is none. */
static void test_narrow(void)
{
	for (size_t round = 0; round < 40; round++) {
		size_t n = 1 + below(300), bad = below(n);
		guarded x = guarded_random(n, round % 4 == 3 ? 1e-40 : 0.02);
		float max = 0;
		for (size_t i = 0; i < n; i++)
			max = fmaxf(max, fabsf(x.x[i]));
		float inverse = max > 1e-30f ? 127.0f / max : 0;
		for (size_t i = 0; i < n_tables; i++) {
			int8_t out[304];
			float scale = -1;
			int32_t sum = 0, total = 0;
			memset(out, 99, sizeof(out));
			CHECK(tables[i].narrow(x.x, n, out, &scale, &sum));
			CHECK(scale == (inverse > 0 ? max / 127.0f : 0));
			for (size_t c = 0; c < n; c++) {
				CHECK_INT(out[c], lrintf(x.x[c] * inverse));
				total += out[c];
			}
			CHECK_INT(sum, total);
			CHECK_INT(out[n], 99);
			float was = x.x[bad];
			x.x[bad] = round % 2 ? NAN : -INFINITY;
			CHECK(!tables[i].narrow(x.x, n, out, &scale, &sum));
			x.x[bad] = was;
		}
		CHECK(guarded_end(x));
	}
}

int main(void)
{
	rng_seed(&random_state, 7);
	tables_init();
	TEST_RUN(test_quantise);
	TEST_RUN(test_decode);
	TEST_RUN(test_narrow);
	TEST_RUN(test_product_shapes);
	TEST_RUN(test_product_extremes);
	TEST_RUN(test_product_rounding);
	TEST_RUN(test_float_product);
	TEST_RUN(test_rows);
	TEST_RUN(test_exp);
	TEST_RUN(test_half);
	TEST_RUN(test_rope);
	TEST_RUN(test_attend);
	TEST_RUN(test_attend_split);
	return test_done();
}
