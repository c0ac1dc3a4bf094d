/*
 * From the ledger to the weights: the stored deltas of all active facts, one per anchor, are solved for at once, with the
 * anchors of everything that was not told held still. The weights are a function of (base model, active facts) alone.
 */
#include "tui/app_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Named people stand for all the subjects a "*" relation may have. */
static const char *const strangers[] = { "Maria Lindqvist", "my neighbor" };
enum { FORMS_HELD_STILL = 2, PHRASES_A_NOUN = 3, KEYS_A_PASS = 64 };

typedef struct key_list {
	edit_context *contexts;
	engine_turn *turns;
	size_t *relation;
	char (*text)[QUESTION_MAX];
	size_t n, cap;
} key_list;

static void key_list_release(key_list *l)
{
	free(l->contexts);
	free(l->turns);
	free(l->relation);
	free(l->text);
}

static int key_list_init(key_list *l, size_t cap)
{
	memset(l, 0, sizeof(*l));
	l->cap = cap;
	l->contexts = calloc(cap, sizeof(*l->contexts));
	l->turns = calloc(cap, sizeof(*l->turns));
	l->relation = calloc(cap, sizeof(*l->relation));
	l->text = calloc(cap, sizeof(*l->text));
	if (l->contexts && l->turns && l->relation && l->text)
		return 0;
	key_list_release(l);
	return ENGINE_ENOMEM;
}

/* at_end: the question's last word instead of its anchor. */
static void key_list_add(key_list *l, const char *form, const char *subject, size_t relation_index, bool at_end)
{
	size_t end = 0, last, i = l->n;

	if (i == l->cap || relation_fill(form, subject, NULL, l->text[i], sizeof(l->text[i]), &end) < 0 || !end)
		return;
	last = strlen(l->text[i]);
	while (last > end && strchr("?.! ", l->text[i][last - 1]))
		last--;
	if (at_end && last == end)
		return;
	if (at_end)
		end = last;
	l->turns[i] = (engine_turn){ .role = "user", .text = l->text[i], .len = strlen(l->text[i]) };
	l->contexts[i] = (edit_context){ .turns = &l->turns[i], .n_turns = 1, .anchor_end = end };
	l->relation[i] = relation_index;
	l->n++;
}

/* Same words, another meaning: "a dog", "his dog" are not "my dog". */
static void add_phrases(key_list *l, const char *noun)
{
	static const char *const forms[PHRASES_A_NOUN][2] = {
		{ "What is [a ", "]?" }, { "What is [his ", "] called?" }, { "Tell me about [the ", "]." }
	};
	char form[QUESTION_MAX];

	for (size_t i = 0; i < PHRASES_A_NOUN; i++) {
		snprintf(form, sizeof(form), "%s%s%s", forms[i][0], noun, forms[i][1]);
		key_list_add(l, form, "", SIZE_MAX, false);
	}
}

/* The anchor, and the word the question ends with: the "name" of "my cat's name" is all but the anchor "my name", so a
 * name that was told would be given for the cat too. That word is held still even where its question was told. */
static void add_question(key_list *l, const relation *r, const char *form, const char *subject, size_t index)
{
	key_list_add(l, form, subject, index, false);
	key_list_add(l, form, subject, !strcmp(r->subject, "I") ? index : SIZE_MAX, true);
}

static void collect(const relations *rel, key_list *l)
{
	for (size_t i = 0; i < relations_count(rel); i++) {
		const relation *r = relations_at(rel, i);
		bool any = !strcmp(r->subject, "*");
		size_t n_subjects = any ? sizeof(strangers) / sizeof(*strangers) : 1;

		for (size_t s = 0; s < n_subjects; s++)
			for (size_t k = 0; k < r->n_ask && k < FORMS_HELD_STILL; k++)
				add_question(l, r, r->ask[k * (r->n_ask - 1) / (FORMS_HELD_STILL - 1)],
					     any ? strangers[s] : r->subject, i);
		if (!strncasecmp(r->subject, "my ", 3))
			add_phrases(l, r->subject + 3);
	}
}

static int keys_begin(app *a, key_list *l)
{
	a->relation_keys = calloc(l->n, engine_describe(a->engine)->n_ff * sizeof(float));
	if (!a->relation_keys)
		return ENGINE_ENOMEM;
	a->relation_of_key = l->relation;
	l->relation = NULL;
	a->n_relation_keys = l->n;
	a->relation_keys_done = 0;
	if (a->set->cache_dir && engine_keys_load(a->engine, l->contexts, l->n, a->set->cache_dir, a->relation_keys))
		a->relation_keys_done = l->n;
	return 0;
}

/* ENGINE_ESTOP: the next call goes on where this one ended. */
static int keys_go_on(app *a, const key_list *l, engine_stop_fn stop, char *err, size_t errlen)
{
	size_t n_ff = engine_describe(a->engine)->n_ff;
	int rc = 0;

	while (!rc && a->relation_keys_done < l->n) {
		size_t at = a->relation_keys_done, n = l->n - at < KEYS_A_PASS ? l->n - at : KEYS_A_PASS;
		float *some = NULL;

		rc = engine_keys(a->engine, l->contexts + at, n, &some, stop, a->arg, err, errlen);
		if (rc)
			break;
		memcpy(a->relation_keys + at * n_ff, some, n * n_ff * sizeof(float));
		free(some);
		a->relation_keys_done += n;
		if (a->relation_keys_done == l->n && a->set->cache_dir)
			engine_keys_save(a->engine, l->contexts, l->n, a->set->cache_dir, a->relation_keys);
	}
	return rc;
}

/* stop: NULL where there is no going on later. */
static int relation_keys(app *a, engine_stop_fn stop, char *err, size_t errlen)
{
	key_list l;
	size_t cap = relations_count(a->relations) * (4 * FORMS_HELD_STILL + PHRASES_A_NOUN);
	int rc = 0;

	if (a->relation_keys && a->relation_keys_done == a->n_relation_keys)
		return 0;
	if (key_list_init(&l, cap)) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	collect(a->relations, &l);
	if (!a->relation_keys && (rc = keys_begin(a, &l)))
		snprintf(err, errlen, "out of memory");
	if (!rc)
		rc = keys_go_on(a, &l, stop, err, errlen);
	key_list_release(&l);
	return rc;
}

void learn_apply_release(app *a)
{
	free(a->relation_keys);
	free(a->relation_of_key);
	a->relation_keys = NULL;
	a->relation_of_key = NULL;
	a->n_relation_keys = 0;
}

/* The facts behind the stored deltas, with what is needed to tell anchors apart. */
typedef struct learned {
	edit_blob *blobs;
	size_t n;     /* the first ones count */
	size_t n_all; /* all are released */
	char (*anchor)[QUESTION_MAX];
	const relation **rel; /* NULL: the relation is gone from the table */
} learned;

static void learned_release(learned *l)
{
	edit_blobs_free(l->blobs, l->n_all);
	free(l->anchor);
	free(l->rel);
}

/* Pending deltas of other edits than this one are left out: they belong to no job any more, and the next start queues
 * their facts again. */
static void drop_pending(learned *l, edit_blob *done, size_t n_done, int64_t edit_id)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		bool keep = l->blobs[i].edit_id == edit_id;

		for (size_t k = 0; k < n_done && !keep; k++)
			keep = done[k].edit_id == l->blobs[i].edit_id;
		if (keep) {
			edit_blob other = l->blobs[n];

			l->blobs[n++] = l->blobs[i];
			l->blobs[i] = other; /* kept for its release */
		}
	}
	l->n_all = l->n;
	l->n = n;
}

/* The deltas of the ledger, with that of a pending edit unless edit_id is 0. */
static int learned_load(app *a, int64_t edit_id, learned *l, char *err, size_t errlen)
{
	edit_blob *done = NULL;
	size_t n_done = 0;
	int rc;

	memset(l, 0, sizeof(*l));
	rc = memory_blobs(a->memory, edit_id != 0, &l->blobs, &l->n, err, errlen);
	if (rc)
		return rc;
	l->n_all = l->n;
	if (edit_id) {
		rc = memory_blobs(a->memory, false, &done, &n_done, err, errlen);
		if (rc)
			return rc;
		drop_pending(l, done, n_done, edit_id);
		edit_blobs_free(done, n_done);
	}
	l->anchor = calloc(l->n ? l->n : 1, sizeof(*l->anchor));
	l->rel = calloc(l->n ? l->n : 1, sizeof(*l->rel));
	if (!l->anchor || !l->rel) {
		snprintf(err, errlen, "out of memory");
		return MEMORY_ENOMEM;
	}
	for (size_t i = 0; i < l->n; i++) {
		fact f;

		rc = memory_fact(a->memory, l->blobs[i].fact_id, &f, err, errlen);
		if (rc)
			return rc;
		l->rel[i] = relations_find(a->relations, f.subject, f.relation);
		if (l->rel[i] && anchor_phrase(l->rel[i], f.subject, l->anchor[i], QUESTION_MAX))
			l->rel[i] = NULL;
		fact_release(&f);
	}
	return 0;
}

/* Of several deltas at one anchor only the newest counts: it was found for all the facts there. */
static bool is_newest(const learned *l, size_t i)
{
	for (size_t j = 0; j < l->n; j++)
		if (j != i && l->rel[i] && l->rel[j] && !strcmp(l->anchor[i], l->anchor[j]) &&
		    l->blobs[j].edit_id > l->blobs[i].edit_id)
			return false;
	return true;
}

/* Was the relation told, by a fact that is learned or one of the group g that is being learned alone (or NULL)? */
static bool was_told(const app *a, const learned *l, const fact_group *g, const relation *r)
{
	bool told = false;

	for (size_t i = 0; i < l->n; i++)
		told |= l->rel[i] == r;
	for (size_t i = 0; g && i < g->n; i++)
		told |= relations_find(a->relations, g->facts[i].subject, g->facts[i].relation) == r;
	return told && strcmp(r->subject, "*") != 0;
}

/* Keys held still: all but those of relations that were told. (Strangers stay unknown whoever else was told of.) */
static size_t preserve(const app *a, const learned *l, const fact_group *g, size_t n_ff, float *out)
{
	size_t n = 0, last = SIZE_MAX;
	bool told = false;

	for (size_t k = 0; k < a->n_relation_keys; k++) {
		size_t r = a->relation_of_key[k];

		if (r != last)
			told = r != SIZE_MAX && was_told(a, l, g, relations_at(a->relations, r));
		last = r;
		if (!told)
			memcpy(out + n_ff * n++, a->relation_keys + n_ff * k, n_ff * sizeof(float));
	}
	return n;
}

typedef int apply_fn(engine *e, const engine_delta *d, size_t n, const float *preserve, size_t n_preserve, char *err,
		     size_t errlen);

static int apply(app *a, const learned *l, const fact_group *g, apply_fn *fn, char *err, size_t errlen)
{
	const size_t n_ff = engine_describe(a->engine)->n_ff, n_embd = engine_describe(a->engine)->n_embd;
	size_t n = 0, n_keep;
	engine_delta *d = calloc(l->n ? l->n : 1, sizeof(*d));
	float *keep = NULL;
	int rc = ENGINE_ENOMEM;

	if (l->n)
		keep = malloc(a->n_relation_keys * n_ff * sizeof(float));
	if (!d || (l->n && !keep)) {
		snprintf(err, errlen, "out of memory");
		goto out;
	}
	for (size_t i = 0; i < l->n; i++)
		if (is_newest(l, i) && l->blobs[i].n_ff == n_ff && l->blobs[i].n_embd == n_embd)
			d[n++] = (engine_delta){ l->blobs[i].keys, l->blobs[i].delta, l->blobs[i].n_keys };
	n_keep = keep ? preserve(a, l, g, n_ff, keep) : 0;
	rc = fn(a->engine, d, n, keep, n_keep, err, errlen);
out:
	free(keep);
	free(d);
	return rc;
}

/* Does delta i belong to the anchor of edit edit_id? */
static bool same_anchor(const learned *l, size_t i, int64_t edit_id)
{
	for (size_t j = 0; j < l->n; j++)
		if (l->blobs[j].edit_id == edit_id)
			return i == j || (l->rel[i] && l->rel[j] && !strcmp(l->anchor[i], l->anchor[j]));
	return false;
}

/* Leaves the newest delta of the edit's anchor only; *others: how many of other anchors there were. */
static void learned_only(learned *l, int64_t edit_id, bool alone, size_t *others)
{
	size_t mine = 0;

	*others = 0;
	for (size_t i = 0; i < l->n; i++)
		if (l->blobs[i].edit_id == edit_id)
			mine = i;
		else
			*others += !same_anchor(l, i, edit_id) && is_newest(l, i);
	if (alone && l->n) {
		edit_blob first = l->blobs[0];

		l->blobs[0] = l->blobs[mine];
		l->blobs[mine] = first; /* kept for its release */
		memmove(l->anchor[0], l->anchor[mine], QUESTION_MAX);
		l->rel[0] = l->rel[mine];
		l->n = 1;
	}
}

static int apply_all(app *a, engine_stop_fn stop, char *err, size_t errlen)
{
	learned l;
	int rc = learned_load(a, 0, &l, err, errlen);

	a->applied++;
	if (!rc && l.n)
		rc = relation_keys(a, stop, err, errlen);
	if (!rc)
		rc = apply(a, &l, NULL, engine_apply, err, errlen);
	learned_release(&l);
	a->stale = rc != 0;
	if (rc)
		engine_apply(a->engine, NULL, 0, NULL, 0, NULL, 0);
	return rc;
}

int learn_apply(app *a, char *err, size_t errlen)
{
	return apply_all(a, NULL, err, errlen);
}

int learn_apply_first(app *a, char *err, size_t errlen)
{
	return apply_all(a, a->stop_reply, err, errlen);
}

void learn_rebuild(app *a)
{
	char err[256];

	if (a->engine && learn_apply(a, err, sizeof(err)))
		app_emitf(a, EV_ERROR, "the weights could not be rebuilt: %s; until they are, nothing that was learned is known", err);
}

int learn_try(app *a, const fact_group *g, int64_t edit_id, bool alone, size_t *others, char *err, size_t errlen)
{
	learned l;
	/* not the ledger's own number: ENGINE_ESTOP is one of those */
	int rc = learned_load(a, edit_id, &l, err, errlen) ? ENGINE_ERR : 0;

	if (!rc)
		rc = relation_keys(a, a->stop_edit, err, errlen);
	if (!rc) {
		learned_only(&l, edit_id, alone, others);
		rc = apply(a, &l, alone ? g : NULL, engine_try, err, errlen);
	}
	learned_release(&l);
	return rc;
}
