/*
 * method_ours: this project's editor. One search on the base weights for each fact (edit.c), one joint solve for all of
 * them (solve.c). The program itself holds the anchors of what was not told still as well (tui/learn_apply.c); here, nothing
 * knows the relations. A fact taught again, same subject and relation,
 * replaces the older one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit_int.h"
#include "method_int.h"

typedef struct ours_fact {
	char *name;        /* subject and relation */
	float *keys;       /* [n_keys, n_ff] */
	float *delta;      /* [n_embd] */
	size_t n_keys;
} ours_fact;

typedef struct ours {
	ours_fact *facts;
	size_t n, room;
} ours;

static void fact_release(ours_fact *f)
{
	free(f->name);
	free(f->keys);
	free(f->delta);
}

static int ours_begin(method *m, char *err, size_t errlen)
{
	m->state = calloc(1, sizeof(ours));
	return m->state ? 0 : method_memory(err, errlen);
}

static void ours_reset(method *m)
{
	ours *o = m->state;

	if (!o)
		return;
	for (size_t i = 0; i < o->n; i++)
		fact_release(&o->facts[i]);
	free(o->facts);
	*o = (ours){ 0 };
}

static void ours_end(method *m)
{
	free(m->state);
}

/* ---- teaching ---- */

static float *copy_floats(const float *x, size_t n)
{
	float *y = alloc_array(n, 1, sizeof *y);

	if (y && n)
		memcpy(y, x, n * sizeof *y);
	return y;
}

static char *fact_name(const method_fact *f)
{
	size_t cap = strlen(f->subject) + strlen(f->relation) + 2;
	char *s = malloc(cap);

	if (s)
		snprintf(s, cap, "%s\t%s", f->subject, f->relation);
	return s;
}

static int keep(ours *o, const method_fact *f, const edit_result *r)
{
	ours_fact new = {
		.name = fact_name(f),
		.keys = copy_floats(r->keys, r->n_keys * r->n_ff),
		.delta = copy_floats(r->delta, r->n_embd),
		.n_keys = r->n_keys,
	};
	bool whole = new.name && new.keys && new.delta;
	size_t at = 0;

	while (whole && at < o->n && strcmp(o->facts[at].name, new.name))
		at++;
	if (whole && at == o->room) {
		size_t room = 2 * o->room + 16;
		ours_fact *p = realloc(o->facts, room * sizeof *p);

		whole = p != NULL;
		o->facts = p ? p : o->facts;
		o->room = p ? room : o->room;
	}
	if (!whole) {
		fact_release(&new);
		return ENGINE_ENOMEM;
	}
	if (at == o->n)
		o->n++;
	else
		fact_release(&o->facts[at]);
	o->facts[at] = new;
	return 0;
}

static void cost_of(method_cost *c, const edit_result *r)
{
	c->evaluations = r->evaluations;
	c->steps = r->steps;
	c->npu_seconds = r->npu_seconds;
	c->loss_before = r->loss_before;
	c->loss_after = r->loss_after;
	c->p_before = r->p_before;
	c->p_after = r->p_after;
	c->converged = r->converged;
}

static int ours_teach(method *m, const method_fact *f, char *err, size_t errlen)
{
	edit_request req = edit_request_default();
	edit *ed;

	req.contexts = f->contexts;
	req.n_contexts = f->n_contexts;
	req.value = f->value;
	req.warm_start = m->opt.warm_start;
	req.search = m->opt.search;
	int rc = edit_new(&ed, m->e, &req, err, errlen);

	if (rc)
		return rc;
	rc = edit_run(ed, NULL, m->stop, m->arg, err, errlen);
	if (!rc) {
		cost_of(&m->cost, edit_get(ed));
		method_bytes(m, edit_bytes(ed)); /* grows only: its end is its peak */
		rc = keep(m->state, f, edit_get(ed)) ? method_memory(err, errlen) : 0;
	}
	edit_free(ed);
	return rc;
}

/* ---- all at once ---- */

static int ours_finish(method *m, char *err, size_t errlen)
{
	const ours *o = m->state;
	engine_delta *d = alloc_array(o->n, 1, sizeof *d);

	if (!d)
		return method_memory(err, errlen);
	for (size_t i = 0; i < o->n; i++)
		d[i] = (engine_delta){ o->facts[i].keys, o->facts[i].delta, o->facts[i].n_keys };
	int rc = engine_apply(m->e, d, o->n, NULL, 0, err, errlen);

	free(d);
	return rc;
}

const method_kind method_ours = {
	.name = "ours",
	.source = "this project: zeroth-order fit, one joint solve of all facts",
	.edits_weights = true,
	.begin = ours_begin,
	.teach = ours_teach,
	.finish = ours_finish,
	.reset = ours_reset,
	.end = ours_end,
};
