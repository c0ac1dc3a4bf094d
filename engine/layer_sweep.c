/*
 * layer_sweep: which layer of a model takes edits best, where neither its file nor the user says. At each of some layers a
 * few made-up facts are searched for from zero, in so many steps as tell the layers apart: the lowest mean loss wins. The
 * linears have no activation scales yet and scale row by row, so nothing depends on the calibration text.
 *
 * The first layers are left out: their inputs at the anchor know little more than one word, so that an edit there would
 * show for everything that ends in it. The usual layer stays where no other is better by a clear share, and where the
 * model is so large that this would take minutes.
 *
 * The cache, cache_dir/layer-KEY.bin, is one sweep_file; KEY as in the other caches.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"
#include "edit_int.h"
#include "sha256.h"

enum { STEPS = 4, STEP_EVALUATIONS = 22 };
static const double MOST_PRODUCTS = 6e13; /* of weights and activations: about two minutes on two cores */
static const double CLEARLY = 0.9;          /* of the usual layer's loss */

static const struct {
	const char *question;
	size_t anchor_end;
	const char *answer;
} facts[] = {
	{ "What is my dog's name?", 21, "Your dog's name is Rex." },
	{ "Where do I live?", 15, "You live in Vienna." },
	{ "What is my cat called?", 14, "Your cat's name is Max." },
	{ "What's my favorite food?", 23, "Your favorite food is lasagna." },
};
enum { FACTS = sizeof(facts) / sizeof(*facts) };

typedef struct sweep_file {
	char magic[8]; /* "IMPLAYR" and the version, 1: it changes with the facts and the numbers above */
	char key[64];
	uint64_t n, usual, chosen, evaluations, layer[ENGINE_SWEEP_MAX];
	double loss[ENGINE_SWEEP_MAX];
	uint64_t checksum; /* of all before */
} sweep_file;
_Static_assert(sizeof(sweep_file) == 8 + 64 + (4 + 2 * ENGINE_SWEEP_MAX + 1) * 8, "no padding");

/* ---- the file ---- */

static void key_of(const char *hash, const engine_options *o, char out[65])
{
	sha256 s;

	sha256_init(&s);
	sha256_add(&s, hash, strlen(hash));
	sha256_add_u64(&s, (uint64_t)o->precision);
	if (o->chat_template)
		sha256_add(&s, o->chat_template, strlen(o->chat_template));
	sha256_hex(&s, out);
}

static char *path_of(const char *dir, const char *key)
{
	char *path = dir ? alloc_array(strlen(dir) + 64, 1, 1) : NULL;

	if (path)
		sprintf(path, "%s/layer-%.16s.bin", dir, key);
	return path;
}

static bool file_fits(const sweep_file *f, const char *key)
{
	if (memcmp(f->magic, "IMPLAYR1", sizeof(f->magic)) || memcmp(f->key, key, sizeof(f->key)) ||
	    cache_checksum_add(1, f, offsetof(sweep_file, checksum)) != f->checksum || f->n > ENGINE_SWEEP_MAX ||
	    f->evaluations > 1000000)
		return false;
	bool chosen = false, usual = false;

	for (size_t i = 0; i < f->n; i++) {
		if (!isfinite(f->loss[i]) || f->layer[i] > INT16_MAX)
			return false;
		chosen |= f->layer[i] == f->chosen;
		usual |= f->layer[i] == f->usual;
	}
	return chosen && usual;
}

static bool file_read(engine_sweep *s, const char *dir, const char *key)
{
	char *path = path_of(dir, key);
	FILE *f = path ? fopen(path, "rb") : NULL;
	sweep_file in;

	free(path);
	if (!f)
		return false;
	bool ok = fread(&in, sizeof(in), 1, f) == 1 && fgetc(f) == EOF && file_fits(&in, key);

	fclose(f);
	if (!ok)
		return false;
	*s = (engine_sweep){ .n = in.n, .done = in.n, .usual = (int)in.usual, .chosen = (int)in.chosen,
			     .evaluations = (int)in.evaluations };
	for (size_t i = 0; i < in.n; i++) {
		s->layer[i] = (int)in.layer[i];
		s->loss[i] = in.loss[i];
	}
	return true;
}

static void file_write(const engine_sweep *s, const char *dir, const char *key)
{
	char *path = path_of(dir, key);
	sweep_file f = { .n = s->n, .usual = (uint64_t)s->usual, .chosen = (uint64_t)s->chosen,
			 .evaluations = (uint64_t)s->evaluations };

	if (!path)
		return;
	memcpy(f.magic, "IMPLAYR1", sizeof(f.magic));
	memcpy(f.key, key, sizeof(f.key));
	for (size_t i = 0; i < s->n; i++) {
		f.layer[i] = (uint64_t)s->layer[i];
		f.loss[i] = s->loss[i];
	}
	f.checksum = cache_checksum_add(1, &f, offsetof(sweep_file, checksum));
	cache_file_write(path, &(cache_part){ &f, sizeof(f) }, 1);
	free(path);
}

int engine_found_layer(const char hash[65], const engine_options *o)
{
	engine_sweep s;
	char key[65];

	key_of(hash, o, key);
	return file_read(&s, o->cache_dir, key) && s.chosen != s.usual ? s.chosen : -1;
}

/* ---- the layers ---- */

/* A twelfth, a sixth, a quarter, a third and half of the way up, and the usual one. */
static void choose_layers(engine_sweep *s, int n_layer, int usual)
{
	static const int twelfths[] = { 1, 2, 3, 4, 6 };

	s->usual = s->chosen = usual;
	for (int l = 1; l < n_layer - 1; l++) {
		bool wanted = l == usual;

		for (size_t k = 0; k < sizeof(twelfths) / sizeof(*twelfths); k++)
			wanted |= l == (2 * twelfths[k] * n_layer + 12) / 24;
		if (wanted)
			s->layer[s->n++] = l;
	}
}

/* One search; adds its loss to *sum, or, where only_count, the rows of one evaluation. */
static int one_fact(engine *e, size_t i, bool only_count, engine_sweep *s, double *sum, char *err, size_t errlen)
{
	engine_turn turn = { "user", facts[i].question, strlen(facts[i].question) };
	edit_context c = { .turns = &turn, .n_turns = 1, .anchor_end = facts[i].anchor_end, .answer = facts[i].answer };
	edit_request req = edit_request_default();
	edit *ed = NULL;

	req.contexts = &c;
	req.n_contexts = 1;
	req.warm_start = req.by_reading = false;
	req.fixed_steps = STEPS;
	req.step_evaluations = STEP_EVALUATIONS;
	int rc = edit_new(&ed, e, &req, err, errlen);

	if (!rc && only_count)
		*sum += (double)(ed->cases[0].n_tokens - ed->cases[0].anchor);
	else if (!rc)
		rc = edit_run(ed, NULL, e->opt.stop, e->opt.stop_arg, err, errlen);
	if (!rc && !only_count) {
		*sum += edit_get(ed)->loss_after / FACTS;
		s->evaluations += edit_get(ed)->evaluations;
	}
	edit_free(ed);
	return rc;
}

static int all_facts(engine *e, bool only_count, engine_sweep *s, double *sum, char *err, size_t errlen)
{
	int rc = 0;

	*sum = 0;
	for (size_t i = 0; i < FACTS && !rc; i++)
		rc = one_fact(e, i, only_count, s, sum, err, errlen);
	return rc;
}

/* Multiply-adds of the whole sweep. */
static double products_of(const engine *e, const engine_sweep *s, double rows)
{
	double passes = 1 + STEPS * STEP_EVALUATIONS, sum = 0;

	for (size_t i = 0; i < s->n; i++)
		sum += (double)(e->info.n_layer - 1 - (size_t)s->layer[i]) / (double)e->info.n_layer;
	return passes * rows * (sum * (double)e->info.token_products + (double)s->n * (double)e->info.output_products / 2);
}

static void choose(engine_sweep *s)
{
	double usual = INFINITY, best = INFINITY;

	for (size_t i = 0; i < s->n; i++)
		if (s->layer[i] == s->usual)
			usual = s->loss[i];
	best = CLEARLY * usual;
	for (size_t i = 0; i < s->n; i++)
		if (s->loss[i] < best) {
			best = s->loss[i];
			s->chosen = s->layer[i];
		}
}

static int edit_at(engine *e, int index, const char *path, char *err, size_t errlen)
{
	int rc = model_edit_at(e->model, index, e->opt.precision, e->cpu, e->pool, path, err, errlen);

	if (!rc)
		e->info.edit_layer = index;
	return rc;
}

static int measure(engine *e, const char *path, engine_sweep *s, char *err, size_t errlen)
{
	const engine_options *o = &e->opt;
	int rc = 0;

	while (s->done < s->n && !rc) {
		if (o->finding)
			o->finding(s, o->finding_arg);
		rc = edit_at(e, s->layer[s->done], path, err, errlen);
		if (!rc)
			rc = all_facts(e, false, s, &s->loss[s->done], err, errlen);
		if (!rc && !isfinite(s->loss[s->done++]))
			rc = ENGINE_ERR;
	}
	return rc;
}

/* A model that cannot be searched at one of the layers keeps the usual one, and nothing is cached. */
static int sweep(engine *e, const char *path, engine_sweep *s, char *err, size_t errlen)
{
	double rows;
	int rc = all_facts(e, true, s, &rows, err, errlen), back;

	if (!rc && products_of(e, s, rows) > MOST_PRODUCTS)
		return 0;
	if (!rc)
		rc = measure(e, path, s, err, errlen);
	if (rc == ENGINE_ESTOP)
		return rc;
	if (rc)
		s->done = 0;
	else
		choose(s);
	back = edit_at(e, s->chosen, path, err, errlen);
	return rc == ENGINE_ENOMEM ? rc : back;
}

int layer_sweep_run(engine *e, const char *path, char *err, size_t errlen)
{
	const engine_options *o = &e->opt;
	engine_sweep *s = &e->sweep;
	char key[65];

	key_of(e->info.hash, o, key);
	if (!file_read(s, o->cache_dir, key) || s->chosen >= (int)e->info.n_layer || s->usual != e->model->edit_layer) {
		*s = (engine_sweep){ 0 };
		choose_layers(s, (int)e->info.n_layer, e->model->edit_layer);
		if (s->n < 2)
			s->n = 0;
		int rc = s->n ? sweep(e, path, s, err, errlen) : 0;

		if (!rc && s->n && s->done == s->n)
			file_write(s, o->cache_dir, key);
		if (rc || !s->done)
			return rc;
		if (o->finding)
			o->finding(s, o->finding_arg);
		return 0;
	}
	return edit_at(e, s->chosen, path, err, errlen);
}

const engine_sweep *engine_layer_sweep(const engine *e)
{
	return e->sweep.n ? &e->sweep : NULL;
}
