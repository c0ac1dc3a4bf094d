/* methods: see methods.h. The table of methods, and what all of them have in common: counting and asking. */
#include "methods.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "method_int.h"

static const method_kind *const kinds[] = { &method_ours, &method_mobiedit, &method_rome, &method_memit, &method_alphaedit,
					    &method_wise, &method_none, &method_in_context };
enum { KINDS = sizeof kinds / sizeof *kinds };

method_options method_options_default(void)
{
	return (method_options){ .warm_start = true };
}

/* ---- the table ---- */

static const method_kind *find(const char *name)
{
	for (size_t i = 0; name && i < KINDS; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

const char *const *method_names(void)
{
	static const char *names[KINDS + 1]; /* the same at every call */

	for (size_t i = 0; i < KINDS; i++)
		names[i] = kinds[i]->name;
	return names;
}

const char *method_source(const char *name)
{
	const method_kind *k = find(name);

	return k ? k->source : NULL;
}

static int unknown(const char *name, char *err, size_t errlen)
{
	char known[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < KINDS; i++)
		len += (size_t)snprintf(known + len, sizeof known - len, "%s%s", i == 0 ? "" : i + 1 < KINDS ? ", " : " and ",
					kinds[i]->name);
	return fail(err, errlen, ENGINE_EARG, "unknown method \"%s\" (%s are known)", name ? name : "", known);
}

/* ---- for the methods ---- */

char *method_statement(const method_fact *f)
{
	bool own = !f->statement && !strcmp(f->subject, "I");
	size_t cap = f->statement ? strlen(f->statement) + 1 :
				    strlen(f->subject) + strlen(f->relation) + strlen(f->value) + 16;
	char *s = malloc(cap);

	if (s && f->statement)
		memcpy(s, f->statement, cap);
	else if (s)
		snprintf(s, cap, "%s%s %s is %s.", own ? "My" : f->subject, own ? "" : "'s", f->relation, f->value);
	return s;
}

void method_bytes(method *m, size_t bytes)
{
	if (bytes > m->cost.peak_bytes)
		m->cost.peak_bytes = bytes;
}

int method_memory(char *err, size_t errlen)
{
	return fail(err, errlen, ENGINE_ENOMEM, "not enough memory for this method");
}

/* ---- counting ---- */

static double seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct count {
	double seconds;
	size_t work; /* rows times layers */
} count;

static size_t work_of(const method *m)
{
	size_t rows, logits;

	forward_work(m->e->fwd, &rows, &logits);
	return rows;
}

static count count_begin(method *m, engine_stop_fn stop, void *arg)
{
	m->cost = (method_cost){ 0 };
	m->stop = stop;
	m->arg = arg;
	return (count){ seconds_now(), work_of(m) };
}

static void count_end(method *m, const count *c, int rc, method_cost *cost)
{
	m->stop = NULL;
	m->arg = NULL;
	m->cost.seconds = seconds_now() - c->seconds;
	m->cost.forward_tokens += (double)(work_of(m) - c->work) / (double)m->e->model->hp.n_layer;
	if (!rc && cost)
		*cost = m->cost;
}

/* ---- life ---- */

int method_begin(method **out, engine *e, const char *name, const method_options *opt, char *err, size_t errlen)
{
	const method_kind *k = find(name);
	int rc = k ? engine_for_chat(e, err, errlen) : unknown(name, err, errlen);

	if (rc)
		return rc;
	if (e->model->down_edited)
		return fail(err, errlen, ENGINE_EARG, "a method begins with a model that holds no edits");
	method *m = calloc(1, sizeof *m);

	if (!m)
		return method_memory(err, errlen);
	*m = (method){ .kind = k, .e = e, .opt = opt ? *opt : method_options_default() };
	rc = k->begin ? k->begin(m, err, errlen) : 0;
	m->opt.calibration = NULL;
	if (rc) {
		method_end(m);
		return rc;
	}
	*out = m;
	return 0;
}

void method_reset(method *m)
{
	if (m->kind->reset)
		m->kind->reset(m);
	if (m->kind->edits_weights)
		overlay_drop(m->e);
}

void method_end(method *m)
{
	if (!m)
		return;
	method_reset(m);
	if (m->kind->end)
		m->kind->end(m);
	free(m);
}

/* ---- teaching ---- */

static int fact_check(const method_fact *f, char *err, size_t errlen)
{
	size_t answered = 0;

	if (!f->subject || !f->relation || !f->value)
		return fail(err, errlen, ENGINE_EARG, "a fact needs a subject, a relation and a value");
	for (size_t i = 0; i < f->n_contexts; i++)
		answered += f->contexts[i].answer != NULL;
	return answered ? 0 : fail(err, errlen, ENGINE_EARG, "a fact needs a question with an answer");
}

int method_teach(method *m, const method_fact *f, method_cost *cost, engine_stop_fn stop, void *arg, char *err,
		 size_t errlen)
{
	int rc = fact_check(f, err, errlen);

	if (rc)
		return rc;
	count c = count_begin(m, stop, arg);

	if (m->kind->teach)
		rc = m->kind->teach(m, f, err, errlen);
	count_end(m, &c, rc, cost);
	return rc;
}

int method_finish(method *m, method_cost *cost, engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	count c = count_begin(m, stop, arg);
	int rc = m->kind->finish ? m->kind->finish(m, err, errlen) : 0;

	count_end(m, &c, rc, cost);
	return rc;
}

/* ---- asking ---- */

static int prompt_init(method *m, method_prompt *p, const engine_turn *turns, size_t n, char *err, size_t errlen)
{
	*p = (method_prompt){ .turns = turns, .n = n, .weights = m->kind->edits_weights ? ENGINE_EDITED : ENGINE_BASE };
	return m->kind->prompt ? m->kind->prompt(m, p, err, errlen) : 0;
}

int method_answer(method *m, const engine_turn *turns, size_t n, size_t max_tokens, char *out, size_t cap, bool *ended,
		  engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	method_prompt p;
	int rc = prompt_init(m, &p, turns, n, err, errlen);

	if (!rc)
		rc = engine_answer(m->e, p.turns, p.n, p.weights, max_tokens, out, cap, ended, stop, arg, err, errlen);
	free(p.own);
	return rc;
}

int method_forced(method *m, const engine_turn *turns, size_t n, const char *answer, int32_t *want, int32_t *top, size_t cap,
		  size_t *n_out, char *err, size_t errlen)
{
	method_prompt q;
	int rc = prompt_init(m, &q, turns, n, err, errlen);

	if (!rc)
		rc = engine_forced(m->e, q.turns, q.n, q.weights, answer, want, top, cap, n_out, err, errlen);
	free(q.own);
	return rc;
}

/* The bytes of the first tokens, malloc'd; NULL: no memory. */
static char *spell(const engine *e, const int32_t *tokens, size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; f && i < n; i++) {
		const char *bytes;
		size_t len = engine_token_bytes(e, tokens[i], &bytes);

		fwrite(bytes, 1, len, f);
	}
	if (f)
		fclose(f);
	return text;
}

int method_nll(method *m, const int32_t *tokens, size_t n, size_t first, float *nll, engine_stop_fn stop, void *arg, char *err,
	       size_t errlen)
{
	enum { LOOKED_AT = 64 };
	method_prompt q;
	char *text = spell(m->e, tokens, n < LOOKED_AT ? n : LOOKED_AT);

	if (!text)
		return method_memory(err, errlen);
	int rc = prompt_init(m, &q, &(engine_turn){ "user", text, strlen(text) }, 1, err, errlen);

	if (!rc)
		rc = engine_nll(m->e, tokens, n, first, q.weights, nll, stop, arg, err, errlen);
	free(q.own);
	free(text);
	return rc;
}
