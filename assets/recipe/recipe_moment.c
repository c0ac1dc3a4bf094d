/*
 * moment --model NAME.gguf --data PREFIX [--tokens N]: the second moment of the edit layer's keys, the C of the joint
 * solve, over N tokens of the training documents, added to NAME.value.gguf as the tensor imprint.key_moment [n_ff, n_ff].
 * A text short enough to be run at every first start gives too few tokens for it: the solve then disturbs ordinary words.
 * Each document is run by itself from its first token, as a chat is.
 */
#include "gguf_write.h"

#include "../../engine/engine_int.h"

#include <cblas.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TOKENS = 400000, DOC_MAX = 512, DOCS_IN_FLOAT = 64 };

typedef struct args {
	const char *model, *data;
	size_t tokens;
} args;

static int die(const char *what, const char *why)
{
	fprintf(stderr, "moment: %s: %s\n", what, why);
	return 1;
}

static void *read_file(const char *prefix, const char *suffix, size_t *bytes)
{
	char path[4096];
	FILE *f;
	void *p = NULL;
	long n;

	snprintf(path, sizeof(path), "%s%s", prefix, suffix);
	f = fopen(path, "rb");
	if (f && !fseek(f, 0, SEEK_END) && (n = ftell(f)) > 0 && !fseek(f, 0, SEEK_SET)) {
		p = malloc((size_t)n);
		if (p && fread(p, 1, (size_t)n, f) != (size_t)n) {
			free(p);
			p = NULL;
		}
		*bytes = (size_t)n;
	}
	if (f)
		fclose(f);
	return p;
}

/* Adds k k^T of rows keys [n, m] to the upper triangle of part [m, m]. */
static void add_products(float *part, const float *keys, size_t n, size_t m)
{
	cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, (int)m, (int)n, 1.f, keys, (int)m, 1.f, part, (int)m);
}

/* The sums of some documents are floats, those of all doubles. */
static void move_products(double *sum, float *part, size_t m)
{
	for (size_t i = 0; i < m * m; i++) {
		sum[i] += (double)part[i];
		part[i] = 0;
	}
}

/* One document through layers 0 .. edit layer; keys [n, n_ff]. */
static int run_document(engine *e, kv_cache *kv, const uint16_t *doc, size_t n, float *x, float *keys)
{
	int32_t tokens[DOC_MAX];
	forward_seq seq = { .own = kv, .n_rows = n };
	forward_args a = { .seqs = &seq, .n_seqs = 1, .n_rows = n, .layer1 = (size_t)e->model->edit_layer + 1,
			   .weights = ENGINE_BASE, .keys_out = keys };
	int rc;

	for (size_t i = 0; i < n; i++)
		tokens[i] = doc[i];
	rc = forward_embed(e->fwd, tokens, n, x);
	return rc ? rc : forward_layers(e->fwd, &a, x);
}

static int run(engine *e, const args *a, float *moment)
{
	size_t m = e->info.n_ff, tok_bytes = 0, doc_bytes = 0, seen = 0, n_docs;
	uint16_t *tok = read_file(a->data, ".tok", &tok_bytes);
	uint32_t *doc = read_file(a->data, ".doc", &doc_bytes);
	float *x = alloc_array(DOC_MAX, e->info.n_embd, sizeof(*x)), *keys = alloc_array(DOC_MAX, m, sizeof(*keys));
	float *part = alloc_array(m, m, sizeof(*part));
	double *sum = alloc_array(m, m, sizeof(*sum));
	kv_cache kv = { 0 };
	int rc = !tok || !doc || !x || !keys || !sum || !part || kv_init(&kv, e->model, DOC_MAX);

	n_docs = doc_bytes / sizeof(*doc);
	for (size_t d = 0; !rc && d + 1 < n_docs && seen < a->tokens; d++) {
		size_t n = doc[d + 1] - doc[d];

		if (doc[d + 1] > tok_bytes / sizeof(*tok) || n < 2)
			continue;
		n = n - 1 < DOC_MAX ? n - 1 : DOC_MAX; /* without the end of text */
		rc = run_document(e, &kv, tok + doc[d], n, x, keys);
		add_products(part, keys, n, m);
		seen += n;
		if (d % DOCS_IN_FLOAT == 0)
			move_products(sum, part, m);
	}
	if (!rc)
		move_products(sum, part, m);
	for (size_t i = 0; !rc && i < m; i++)
		for (size_t j = i; j < m; j++)
			moment[i * m + j] = moment[j * m + i] = (float)(sum[i * m + j] / (double)(seen ? seen : 1));
	printf("%zu tokens of %s\n", seen, a->data);
	kv_release(&kv);
	free(sum);
	free(part);
	free(keys);
	free(x);
	free(doc);
	free(tok);
	return rc || !seen;
}

static int write_code(const engine *e, const float *moment, const char *path)
{
	const value_code *c = &e->code;
	gguf_write *g = gguf_write_new();
	char err[256] = "";
	int rc;

	if (!g)
		return die(path, "out of memory");
	gguf_write_string(g, "general.architecture", "imprint-value");
	gguf_write_u32(g, "imprint.edit_layer", (uint32_t)e->model->edit_layer);
	gguf_write_u32(g, "imprint.value.banks", (uint32_t)c->n_banks);
	gguf_write_u32(g, "imprint.value.tokens", (uint32_t)c->n_tokens);
	gguf_write_tensor(g, "imprint.value.A", GGUF_WRITE_F16, c->a, c->n_banks * c->n_tokens * c->d, c->d);
	gguf_write_tensor(g, "imprint.value.b", GGUF_WRITE_F32, c->b, c->n_banks, c->d);
	gguf_write_tensor(g, "imprint.key_moment", GGUF_WRITE_F32, moment, e->info.n_ff, e->info.n_ff);
	rc = gguf_write_finish(g, path, err, sizeof(err));
	gguf_write_free(g);
	return rc ? die(path, err) : 0;
}

static int parse(int argc, char **argv, args *a)
{
	static const struct option options[] = { { "model", required_argument, NULL, 'm' },
						 { "data", required_argument, NULL, 'd' },
						 { "tokens", required_argument, NULL, 't' },
						 { NULL, 0, NULL, 0 } };
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'm')
			a->model = optarg;
		else if (opt == 'd')
			a->data = optarg;
		else if (opt == 't')
			a->tokens = strtoul(optarg, NULL, 10);
		else
			return -1;
	}
	return a->model && a->data && a->tokens && strlen(a->model) > 5 ? 0 : -1;
}

int main(int argc, char **argv)
{
	args a = { .tokens = DEFAULT_TOKENS };
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "", path[4096];
	float *moment;
	int rc;

	if (parse(argc, argv, &a)) {
		fputs("usage: moment --model NAME.gguf --data PREFIX [--tokens N]\n",
		      stderr);
		return 2;
	}
	o.calibration = "assets/calibration.txt";
	if (engine_open(&e, a.model, &o, err, sizeof(err)))
		return die(a.model, err);
	if (!e->code.a)
		return die(a.model, "no value code lies beside it");
	moment = alloc_array(e->info.n_ff, e->info.n_ff, sizeof(*moment));
	rc = !moment || run(e, &a, moment) ? die(a.data, "cannot be read or run") : 0;
	snprintf(path, sizeof(path), "%.*s.value.gguf", (int)(strlen(a.model) - 5), a.model);
	if (!rc)
		rc = write_code(e, moment, path);
	free(moment);
	engine_close(e);
	return rc;
}
