/* bench_scale: see bench_scale.h. */
#include "tui/bench_scale.h"

#include "tui/cli.h"
#include "tui/json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ASKED_OF_EACH = 2, WINDOW = 512, TEXT_MOST = 1 << 20 };

int bench_sizes_parse(const char *text, size_t sizes[BENCH_SIZES_MAX], size_t *n, const char **what)
{
	size_t k = 0;

	for (const char *s = text; *s;) {
		char *end;
		unsigned long long x = strtoull(s, &end, 10);

		*what = *s < '0' || *s > '9' || (*end && *end != ',') || (*end == ',' && !end[1]) ? "takes sizes like 10,50,100" :
			!x || x > BENCH_FACTS_MAX ? "takes sizes from 1 to 65536" :
			k && x <= sizes[k - 1] ? "takes sizes that grow" :
			k == BENCH_SIZES_MAX ? "takes at most 32 sizes" : NULL;
		if (*what)
			return -1;
		sizes[k++] = (size_t)x;
		s = *end ? end + 1 : end;
	}
	*n = k;
	*what = k ? NULL : "takes sizes like 10,50,100";
	return k ? 0 : -1;
}

/* ---- a text ---- */

typedef struct text {
	int32_t *tokens;
	size_t n;
	float nll[WINDOW];
} text;

static int text_read(const engine *e, const char *path, text *t, char *err, size_t errlen)
{
	FILE *f = fopen(path, "r");
	char *s = f ? malloc(TEXT_MOST) : NULL;
	size_t len = s ? fread(s, 1, TEXT_MOST, f) : 0;
	int n = -1;

	if (!f || !s || ferror(f) || len == TEXT_MOST)
		snprintf(err, errlen, "%s: %s", path, len == TEXT_MOST ? "too long: 1 MiB at most" : f && !s ? "out of memory" :
			 strerror(errno));
	else if ((t->tokens = calloc(2 * len + 2, sizeof(*t->tokens))))
		n = engine_tokenize(e, s, len, false, t->tokens, 2 * len + 1);
	if (f && s && !ferror(f) && len < TEXT_MOST && n < 2)
		snprintf(err, errlen, "%s: no text that could be read", path);
	if (f)
		fclose(f);
	free(s);
	t->n = n < 2 ? 0 : (size_t)n;
	return n < 2 ? ENGINE_ERR : 0;
}

static bool stopped(void *arg)
{
	(void)arg;
	return cli_stopped(NULL);
}

/* exp of the mean of -log p over windows that follow one another, the first token of each not scored. */
static int perplexity(bench *b, text *t, bool base, double *out, char *err, size_t errlen)
{
	engine *e = b->app.engine;
	size_t most = engine_describe(e)->n_ctx < WINDOW ? engine_describe(e)->n_ctx : WINDOW, scored = 0;
	double sum = 0;
	int rc = 0;

	for (size_t at = 0; !rc && at + 1 < t->n; at += most) {
		size_t n = t->n - at < most ? t->n - at : most;

		if (n < 2)
			break;
		if (b->method && !base)
			rc = method_nll(b->method, t->tokens + at, n, 1, t->nll, stopped, NULL, err, errlen);
		else
			rc = engine_nll(e, t->tokens + at, n, 1, base ? ENGINE_BASE : ENGINE_EDITED, t->nll, stopped, NULL, err,
					errlen);
		for (size_t i = 0; !rc && i < n - 1; i++)
			sum += (double)t->nll[i];
		scored += n - 1;
	}
	*out = scored ? exp(sum / (double)scored) : NAN;
	return rc;
}

/* ---- sizes ---- */

static int measure_size(bench *b, size_t n, text *t, bench_size *s, char *err, size_t errlen)
{
	const double begun = app_now();
	int rc = 0;

	bench_record_begin(b, &b->list->facts[0], &s->total);
	if (!b->method) { /* what a start of the program does */
		rc = learn_apply(&b->app, err, errlen);
		s->solve_seconds = app_now() - begun;
	}
	for (size_t i = 0; !rc && i < n; i++)
		rc = bench_measure_fact(b, &b->list->facts[i], ASKED_OF_EACH, &s->total, err, errlen);
	if (!rc)
		rc = bench_measure_probes(b, &s->total, err, errlen);
	s->perplexity = s->perplexity_before = NAN;
	if (!rc && t->n)
		rc = perplexity(b, t, true, &s->perplexity_before, err, errlen);
	if (!rc && t->n)
		rc = perplexity(b, t, false, &s->perplexity, err, errlen);
	return rc;
}

int bench_scale(bench *b, const size_t *sizes, size_t n_sizes, const char *path, bench_record *records, int64_t *ids,
		bench_taught_fn taught, bench_size_fn told, void *arg, char *err, size_t errlen)
{
	text t = { .n = 0 };
	size_t next = 0, last = 0;
	double seconds = 0, learned = 0, peak = 0;
	int rc = path ? text_read(b->app.engine, path, &t, err, errlen) : 0;

	for (size_t i = 0; !rc && i < b->n; i++) {
		bench_record_begin(b, &b->list->facts[i], &records[i]);
		rc = bench_teach(b, &b->list->facts[i], b->list->facts[i].value, &records[i], &ids[i], err, errlen);
		if (rc)
			break;
		seconds += records[i].seconds;
		learned += !strcmp(records[i].state, "verified") || !strcmp(records[i].state, "converged");
		peak = records[i].peak_bytes > peak ? records[i].peak_bytes : peak;
		taught(i + 1, arg);
		while (next < n_sizes && sizes[next] < i + 1)
			next++;
		if (i + 1 == b->n || (next < n_sizes && sizes[next] == i + 1)) {
			bench_size s = { .at = i + 1, .learned = learned, .peak_bytes = peak,
					 .teach_seconds = seconds / (double)(i + 1 - last), .solve_seconds = NAN };

			rc = measure_size(b, i + 1, &t, &s, err, errlen);
			if (!rc)
				told(&s, arg);
			last = i + 1;
			seconds = 0;
		}
	}
	for (size_t i = 0; !rc && i < b->n; i++)
		rc = bench_measure(b, &b->list->facts[i], &records[i], err, errlen);
	free(t.tokens);
	return rc;
}

static double share(const bench_size *s, enum bench_count c)
{
	return s->total.share[c].n ? (double)s->total.share[c].k / s->total.share[c].n : NAN;
}

void bench_size_json(FILE *out, const bench *b, const bench_size *s)
{
	const struct { const char *key; double x; } figures[] = {
		{ "verified", s->learned / (double)s->at }, { "own", share(s, BENCH_OWN) }, { "paraphrase", share(s, BENCH_PARA) },
		{ "far", share(s, BENCH_FAR) },
		{ "unrelated", share(s, BENCH_OTHER) }, { "forced_unrelated", share(s, BENCH_FORCED_OTHER) },
		{ "perplexity", s->perplexity }, { "perplexity_before", s->perplexity_before },
		{ "teach_seconds", s->teach_seconds }, { "solve_seconds", s->solve_seconds }, { "peak_bytes", s->peak_bytes },
	};

	fprintf(out, "{\"at\":%zu,\"method\":\"%s\",\"precision\":\"%s\"", s->at, b->name, b->set.precision ? "fp32" : "w8a16");
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		fprintf(out, ",\"%s\":", figures[i].key);
		json_number(out, figures[i].x);
	}
	fputs("}\n", out);
}

void bench_sizes_table(FILE *out, const bench *b, const bench_size *s, size_t n)
{
	fprintf(out, "\n**Many facts in one model: %s, %s**\n\n", b->name, b->set.precision ? "fp32" : "w8a16");
	fputs("| facts | learned, % | own question, % | other wordings, % | other words, % | locality, % | perplexity | "
	      "drift, % | teach, s a fact | solve, s | peak, MB |\n|---|---|---|---|---|---|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "| %zu |", s[i].at);
		bench_cell(out, 1, 100 * s[i].learned / (double)s[i].at);
		bench_cell(out, 1, 100 * share(&s[i], BENCH_OWN));
		bench_cell(out, 1, 100 * share(&s[i], BENCH_PARA));
		bench_cell(out, 1, 100 * share(&s[i], BENCH_FAR));
		bench_cell(out, 1, 100 * share(&s[i], BENCH_OTHER));
		bench_cell(out, 2, s[i].perplexity);
		bench_cell(out, 2, 100 * (s[i].perplexity / s[i].perplexity_before - 1));
		bench_cell(out, 2, s[i].teach_seconds);
		bench_cell(out, 3, s[i].solve_seconds);
		bench_cell(out, 1, 1e-6 * s[i].peak_bytes);
		fputs("\n", out);
	}
}

/* ---- forgetting half ---- */

static bool is_kept(size_t i)
{
	return i % 2 == 0;
}

static int ask_forgotten(bench *b, const bench_fact *x, bench_half *h, char *err, size_t errlen)
{
	const relation *r = relations_find(b->app.relations, x->subject, x->relation);
	char question[QUESTION_MAX], answer[ANSWER_MAX];

	for (size_t i = 0; i < r->n_ask; i++) {
		int rc;

		if (relation_fill(r->ask[i], x->subject, NULL, question, sizeof(question), NULL) < 0)
			continue;
		rc = bench_ask(b, question, answer, err, errlen);
		if (rc)
			return rc;
		h->n_asked++;
		h->answered += answer_holds(answer, x->value);
	}
	return 0;
}

static bool was_learned(const bench_record *r)
{
	return !strcmp(r->state, "verified");
}

/* Teaches another ledger the kept facts, last one first, and compares the layers. A fact that only one of them could
 * learn, for the company it came into, is forgotten there first. */
static int other_order(bench *b, const settings *s, const bench_record *records, const int64_t *ids, bench_half *h,
		       char *err, size_t errlen)
{
	bench other;
	int rc = bench_open(&other, s, b->list, err, errlen);

	for (size_t i = b->n; !rc && i-- > 0;) {
		bench_record r;
		int64_t id = 0;
		bool here = was_learned(&records[i]);

		if (!is_kept(i))
			continue;
		bench_record_begin(&other, &b->list->facts[i], &r);
		rc = bench_teach(&other, &b->list->facts[i], b->list->facts[i].value, &r, &id, err, errlen);
		if (!rc && here != was_learned(&r))
			rc = here ? bench_forget(b, ids[i], err, errlen) : bench_forget(&other, id, err, errlen);
		h->both += here && was_learned(&r);
	}
	h->identical = !rc && engine_layer_hash(other.app.engine) == engine_layer_hash(b->app.engine);
	bench_close(&other);
	return rc;
}

int bench_forget_half(bench *b, const settings *s, const bench_record *records, const int64_t *ids, bench_half *h, char *err,
		      size_t errlen)
{
	bench_record r;
	int rc = 0;

	*h = (bench_half){ .forgotten = 0 };
	bench_record_begin(b, &b->list->facts[0], &r);
	for (size_t i = 0; !rc && i < b->n; i++)
		if (!is_kept(i)) {
			rc = bench_forget(b, ids[i], err, errlen);
			h->forgotten++;
		}
	for (size_t i = 0; !rc && i < b->n; i++) {
		if (!is_kept(i)) {
			rc = ask_forgotten(b, &b->list->facts[i], h, err, errlen);
			continue;
		}
		h->kept++;
		rc = bench_measure_fact(b, &b->list->facts[i], SIZE_MAX, &r, err, errlen);
	}
	h->own = r.share[BENCH_OWN];
	h->para = r.share[BENCH_PARA];
	return rc ? rc : other_order(b, s, records, ids, h, err, errlen);
}

void bench_half_line(FILE *out, const bench_half *h, bool json)
{
	double own = h->own.n ? (double)h->own.k / h->own.n : 1, para = h->para.n ? (double)h->para.k / h->para.n : 1;

	fprintf(out, json ? "{\"forgotten\":%d,\"asked\":%d,\"still_answered\":%d,\"kept\":%d,\"own\":%.4f,\"paraphrase\":%.4f,"
			    "\"learned_in_both_orders\":%d,\"identical\":%s}\n" :
			    "\nforgot %d: of %d questions for them %d were still answered; the other %d: own %.3f, "
			    "paraphrase %.3f; layer identical to one taught only these (%d learned in both orders): %s\n",
		h->forgotten, h->n_asked, h->answered, h->kept, own, para, h->both,
		json ? (h->identical ? "true" : "false") : h->identical ? "yes" : "no");
}
