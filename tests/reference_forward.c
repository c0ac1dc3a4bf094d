#include "reference_forward.h"

#include "engine/half.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct reference {
	const model *m;
	size_t n; /* tokens */
	double *x; /* [n, n_embd]: the residual stream */
} reference;

static void *array(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		abort();
	return p;
}

static float *row_of(const gguf_tensor *t, size_t row)
{
	float *w = array(t->cols, sizeof(*w));

	gguf_row(t, row, w);
	return w;
}

static const gguf_tensor *tensor(const reference *r, size_t index, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "blk.%zu.%s", index, name);
	return gguf_find(r->m->file, full);
}

/* w x + b for n vectors x [n, cols]; b may be NULL. */
static double *multiply(const gguf_tensor *w, const gguf_tensor *b, const double *x, size_t n)
{
	double *y = array(n * w->rows, sizeof(*y));
	float *bias = b ? row_of(b, 0) : NULL;

	for (size_t i = 0; i < w->rows; i++) {
		float *row = row_of(w, i);

		for (size_t t = 0; t < n; t++) {
			double sum = bias ? (double)bias[i] : 0;

			for (size_t c = 0; c < w->cols; c++)
				sum += (double)row[c] * x[t * w->cols + c];
			y[t * w->rows + i] = sum;
		}
		free(row);
	}
	free(bias);
	return y;
}

/* Each of n vectors x [n, size] over its root mean square, times w; NULL w: not at all. */
static void normalise(const reference *r, const gguf_tensor *w, double *x, size_t n, size_t size)
{
	float *weight = w ? row_of(w, 0) : NULL;

	for (size_t t = 0; w && t < n; t++) {
		double sum = 0;

		for (size_t c = 0; c < size; c++)
			sum += x[t * size + c] * x[t * size + c];
		double scale = 1 / sqrt(sum / (double)size + (double)r->m->hp.norm_eps);

		for (size_t c = 0; c < size; c++)
			x[t * size + c] *= scale * (double)weight[c];
	}
	free(weight);
}

static double *normalised(const reference *r, const gguf_tensor *w)
{
	size_t size = r->m->hp.n_embd;
	double *x = array(r->n * size, sizeof(*x));

	memcpy(x, r->x, r->n * size * sizeof(*x));
	normalise(r, w, x, r->n, size);
	return x;
}

static void add(reference *r, const double *y)
{
	for (size_t i = 0; i < r->n * r->m->hp.n_embd; i++)
		r->x[i] += y[i];
}

/* What positions are divided by (arXiv 2306.15595). */
static double position_scale(const reference *r)
{
	static const char *const names[] = { "rope.scaling.factor", "rope.scale_linear" };
	char key[64];
	double x;

	for (int i = 0; i < 2; i++) {
		snprintf(key, sizeof(key), "%s.%s", r->m->hp.arch, names[i]);
		if (gguf_f64(r->m->file, key, &x))
			return x;
	}
	return 1;
}

/* Rotary embedding (Su et al. 2021, eq. 34) of one head h [d] at a position. */
static void rotate(const reference *r, double *h, size_t position)
{
	const hparams *hp = &r->m->hp;
	const gguf_tensor *f = gguf_find(r->m->file, "rope_freqs.weight");
	float *factors = f ? row_of(f, 0) : NULL;
	size_t d = hp->head_dim;
	double scaled = (double)position / position_scale(r);

	for (size_t i = 0; i < d / 2; i++) {
		double angle = scaled * pow((double)hp->rope_theta, -2.0 * (double)i / (double)d) /
			       (factors ? (double)factors[i] : 1.0);
		double *a = h + (hp->rope_neox ? i : 2 * i), *b = h + (hp->rope_neox ? i + d / 2 : 2 * i + 1);
		double x = *a, y = *b;

		*a = x * cos(angle) - y * sin(angle);
		*b = x * sin(angle) + y * cos(angle);
	}
	free(factors);
}

/* Query, key or value of layer `index`, [n, heads, head_dim]. */
static double *project(const reference *r, size_t index, char which, const double *x, size_t heads, bool half)
{
	char weight[32], bias[32], norm[32];
	size_t d = r->m->hp.head_dim;

	snprintf(weight, sizeof(weight), "attn_%c.weight", which);
	snprintf(bias, sizeof(bias), "attn_%c.bias", which);
	snprintf(norm, sizeof(norm), "attn_%c_norm.weight", which);
	double *y = multiply(tensor(r, index, weight), tensor(r, index, bias), x, r->n);

	normalise(r, tensor(r, index, norm), y, r->n * heads, d);
	for (size_t t = 0; which != 'v' && t < r->n; t++)
		for (size_t h = 0; h < heads; h++)
			rotate(r, y + (t * heads + h) * d, t);
	for (size_t i = 0; half && i < r->n * heads * d; i++)
		y[i] = (double)half_to_float(half_from_float((float)y[i]));
	return y;
}

/* One head at one position: out [d] = sum of softmax(q k / sqrt d) v over the positions up to it. */
static void attend_one(const double *q, const double *k, const double *v, size_t position, size_t stride,
		       size_t d, double *out)
{
	double *p = array(position + 1, sizeof(*p)), most = -INFINITY, sum = 0;

	for (size_t t = 0; t <= position; t++) {
		for (size_t c = 0; c < d; c++)
			p[t] += q[c] * k[t * stride + c] / sqrt((double)d);
		most = fmax(most, p[t]);
	}
	for (size_t t = 0; t <= position; t++)
		sum += p[t] = exp(p[t] - most);
	for (size_t t = 0; t <= position; t++)
		for (size_t c = 0; c < d; c++)
			out[c] += p[t] / sum * v[t * stride + c];
	free(p);
}

static void attend(reference *r, size_t index, bool half_kv)
{
	const hparams *hp = &r->m->hp;
	size_t d = hp->head_dim, heads = hp->n_head, kv = hp->n_head_kv;
	double *x = normalised(r, tensor(r, index, "attn_norm.weight"));
	double *q = project(r, index, 'q', x, heads, false), *k = project(r, index, 'k', x, kv, half_kv);
	double *v = project(r, index, 'v', x, kv, half_kv), *o = array(r->n * heads * d, sizeof(*o));

	for (size_t t = 0; t < r->n; t++)
		for (size_t h = 0; h < heads; h++) {
			size_t at = (t * heads + h) * d, shared = h / (heads / kv) * d;

			attend_one(q + at, k + shared, v + shared, t, kv * d, d, o + at);
		}
	double *y = multiply(tensor(r, index, "attn_output.weight"), NULL, o, r->n);

	add(r, y);
	free(x);
	free(q);
	free(k);
	free(v);
	free(o);
	free(y);
}

/* SwiGLU (Shazeer 2020). */
static void feed_forward(reference *r, size_t index)
{
	double *x = normalised(r, tensor(r, index, "ffn_norm.weight"));
	double *gate = multiply(tensor(r, index, "ffn_gate.weight"), NULL, x, r->n);
	double *up = multiply(tensor(r, index, "ffn_up.weight"), NULL, x, r->n);

	for (size_t i = 0; i < r->n * r->m->hp.n_ff; i++)
		up[i] *= gate[i] / (1 + exp(-gate[i]));
	double *y = multiply(tensor(r, index, "ffn_down.weight"), NULL, up, r->n);

	add(r, y);
	free(x);
	free(gate);
	free(up);
	free(y);
}

void reference_logits(const model *m, bool half_kv, const int32_t *tokens, size_t n, float *logits)
{
	size_t size = m->hp.n_embd;
	const gguf_tensor *embd = gguf_find(m->file, "token_embd.weight");
	const gguf_tensor *out = gguf_find(m->file, "output.weight");
	reference r = { m, n, array(n * size, sizeof(*r.x)) };

	for (size_t t = 0; t < n; t++) {
		float *row = row_of(embd, (size_t)tokens[t]);

		for (size_t c = 0; c < size; c++)
			r.x[t * size + c] = (double)row[c];
		free(row);
	}
	for (size_t i = 0; i < m->hp.n_layer; i++) {
		attend(&r, i, half_kv);
		feed_forward(&r, i);
	}
	double *x = normalised(&r, gguf_find(m->file, "output_norm.weight"));
	double *y = multiply(out ? out : embd, NULL, x + (n - 1) * size, 1);

	for (size_t i = 0; i < m->hp.n_vocab; i++)
		logits[i] = (float)y[i];
	free(x);
	free(y);
	free(r.x);
}
