/*
 * practice: where searches begin, and how the model reads from there (engine.h, reading.h). The maps are measured at the
 * mean of vectors that say made-up facts: one of these alone is good for facts like it only. With a value code its guesses
 * are those vectors. Without one they are searched for, in rounds: first each fact by the maps measured at the vectors of
 * the facts before it, the first one from zero; then all by the maps of the round before.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cache_file.h"
#include "edit_int.h"
#include "sha256.h"

enum { WIDEST = 1024 /* dimensions: 88 MB of maps */, ROUNDS = 2,
       MEASURED = 6 /* the last so many facts are probed at the mean: the longer ones */,
       FIRST_EVALUATIONS = 300, LATER_EVALUATIONS = 40 /* then a fact is given up */ };
static const double OWN_SHARE = 0.8;   /* of a fact's own vector: where the first round probes */
static const double CODE_SHARE = 0.8;  /* of the mean of guesses */
static const double MEAN_LENGTH = 0.8; /* of the mean length: what the mean is scaled to */
static const double LONGEST = 6;       /* |v|: a longer vector is an odd one, and left out */

enum stage { STAGE_FIND, STAGE_OWN, STAGE_MEAN };

struct practice {
	enum stage stage;
	int round, evaluations;
	size_t next;   /* fact */
	edit *ed;      /* of that fact, or NULL */
	reading own;   /* first round: at the vectors found */
	reading mean, before; /* at their mean, in this round; the same of the round before */

	double *sum;   /* [d]: of the vectors found in this round */
	double lengths;
	size_t found;
	float *at;     /* [d]: where it is measured */
};

static void practice_free(struct practice *p)
{
	if (!p)
		return;
	edit_free(p->ed);
	reading_release(&p->own);
	reading_release(&p->mean);
	reading_release(&p->before);
	free(p->sum);
	free(p->at);
	free(p);
}

void practice_drop(engine *e)
{
	practice_free(e->practice);
	e->practice = NULL;
	if (e->reading)
		reading_release(e->reading);
	free(e->reading);
	e->reading = NULL;
}

bool engine_practised(const engine *e)
{
	return e->reading != NULL || e->info.n_embd > WIDEST;
}

int engine_practice(const engine *e, size_t *facts, size_t *bytes)
{
	const reading *r = e->reading;

	if (facts)
		*facts = r ? r->n_facts : 0;
	if (bytes)
		*bytes = r && r->map ? (READING_SLOTS * r->d + 1) * r->d * sizeof(float) : 0;
	return r ? r->evaluations : 0;
}

static void add_text(sha256 *s, const char *text, size_t len)
{
	sha256_add_u64(s, len);
	sha256_add(s, text, len);
}

/* The activation scales stand for the calibration text. */
static void add_model(sha256 *s, const engine *e)
{
	const model *m = e->model;
	const char *family = chat_template_family(e->chat);

	add_text(s, e->info.hash, strlen(e->info.hash));
	sha256_add_u64(s, (uint64_t)m->edit_layer);
	sha256_add_u64(s, (uint64_t)e->opt.precision);
	add_text(s, family, strlen(family));
	for (size_t i = 0; i < m->hp.n_layer; i++) {
		const layer *l = &m->layers[i];
		const float scales[] = { l->q.act_scale, l->o.act_scale, l->gate.act_scale, l->down.act_scale };

		sha256_add(s, scales, sizeof scales);
	}
	sha256_add(s, &m->output.act_scale, sizeof m->output.act_scale);
}

static void add_code(sha256 *s, const value_code *c)
{
	uint64_t sum = cache_checksum_add(1, c->b, c->n_banks * c->d * sizeof *c->b);

	sha256_add_u64(s, cache_checksum_add(sum, c->a, c->n_banks * c->n_tokens * c->d * c->d * sizeof *c->a));
}

/* All that the outcome depends on. */
static void key_of(const engine *e, const edit_request *requests, size_t n, bool by_code, char out[65])
{
	sha256 s;

	sha256_init(&s);
	add_model(&s, e);
	sha256_add_u64(&s, by_code);
	if (by_code)
		add_code(&s, &e->code);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < requests[i].n_contexts; k++) {
			const edit_context *c = &requests[i].contexts[k];

			for (size_t t = 0; t < c->n_turns; t++) {
				add_text(&s, c->turns[t].role, strlen(c->turns[t].role));
				add_text(&s, c->turns[t].text, c->turns[t].len);
			}
			sha256_add_u64(&s, c->anchor_end);
			sha256_add_u64(&s, c->value_at);
			if (c->answer)
				add_text(&s, c->answer, strlen(c->answer));
		}
	sha256_hex(&s, out);
}

/* ---- one fact ---- */

/* The edit of fact p->next. */
static int edit_begin(struct practice *p, engine *e, const edit_request *req, char *err, size_t errlen)
{
	edit_request from_zero = *req;

	from_zero.warm_start = from_zero.by_reading = false;
	from_zero.search = EDIT_SEARCH_FIT;
	from_zero.max_evaluations = p->round ? LATER_EVALUATIONS : FIRST_EVALUATIONS;
	int rc = edit_new(&p->ed, e, &from_zero, err, errlen);

	if (!rc)
		edit_read_by(p->ed, p->round ? &p->before : &p->own);
	return rc;
}

static double length(const float *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return sqrt(sum);
}

static void add_vector(struct practice *p, const float *v, size_t d)
{
	for (size_t i = 0; i < d; i++)
		p->sum[i] += (double)v[i];
	p->lengths += length(v, d);
	p->found++;
}

static void note_found(struct practice *p, const edit_result *r)
{
	p->evaluations += r->evaluations;
	if (!r->converged || r->delta_norm > LONGEST)
		return;
	add_vector(p, r->delta, r->n_embd);
	for (size_t i = 0; i < r->n_embd; i++)
		p->at[i] = (float)(OWN_SHARE * (double)r->delta[i]);
	if (!p->round)
		p->stage = STAGE_OWN;
}

/* The maps at the own vectors so far can be read by. */
static void note_own(struct practice *p, size_t d)
{
	reading_fill(&p->own);
	for (size_t i = 0; i < d; i++)
		p->own.start[i] = (float)(p->sum[i] / (double)p->found);
	p->own.n_facts = p->found;
	p->stage = STAGE_FIND;
}

/* A fact that cannot be put into words, or searched for, is left out. */
static int one_fact(struct practice *p, engine *e, const edit_request *req, edit_progress_fn progress, engine_stop_fn stop,
		    void *arg, char *err, size_t errlen)
{
	int rc = p->ed ? 0 : edit_begin(p, e, req, err, errlen);

	if (!rc && p->stage == STAGE_FIND) {
		rc = edit_run(p->ed, progress, stop, arg, err, errlen);
		if (!rc)
			note_found(p, edit_get(p->ed));
		if (!rc && p->stage == STAGE_OWN)
			return 0;
	} else if (!rc) {
		rc = edit_measure(p->ed, p->at, p->stage == STAGE_OWN ? &p->own : &p->mean, stop, arg);
	}
	if (rc == ENGINE_ESTOP || rc == ENGINE_ENOMEM)
		return rc;
	if (p->stage == STAGE_OWN)
		note_own(p, e->info.n_embd);
	edit_free(p->ed);
	p->ed = NULL;
	p->next++;
	return 0;
}

/* ---- rounds ---- */

/* From finding to measuring at the mean, scaled to `size` / |mean| or by `size`. */
static int mean_begin(struct practice *p, size_t d, size_t n, double share, double size)
{
	double scale;

	for (size_t i = 0; i < d; i++)
		p->at[i] = (float)(p->sum[i] / (double)p->found);
	scale = size > 0 ? size / fmax(length(p->at, d), 1e-30) : share;
	for (size_t i = 0; i < d; i++)
		p->at[i] = (float)(scale * (double)p->at[i]);
	p->next = n > MEASURED ? n - MEASURED : 0;
	p->stage = STAGE_MEAN;
	return reading_init(&p->mean, d);
}

static void round_end(struct practice *p, size_t d)
{
	reading_fill(&p->mean);
	memcpy(p->mean.start, p->at, d * sizeof *p->at);
	p->mean.n_facts = p->found;
	p->evaluations += p->mean.evaluations;
	reading_release(&p->before);
	p->before = p->mean;
	p->mean = (reading){ 0 };
	memset(p->sum, 0, d * sizeof *p->sum);
	p->lengths = 0;
	p->found = p->next = 0;
	p->stage = STAGE_FIND;
	p->round++;
}

/* The value code's guesses stand for vectors found: one round is enough. */
static int from_code(struct practice *p, engine *e, const edit_request *requests, size_t n, char *err, size_t errlen)
{
	int rc = 0;

	for (size_t i = 0; i < n && !rc; i++) {
		edit_guess g;

		rc = requests[i].value ? edit_guess_init(&g, e, requests[i].value, err, errlen) : 0;
		if (rc || !requests[i].value)
			continue;
		add_vector(p, g.vector, e->info.n_embd);
		edit_guess_release(&g);
	}
	p->round = ROUNDS - 1;
	return rc || !p->found ? rc : mean_begin(p, e->info.n_embd, n, CODE_SHARE, 0);
}

/* All rounds, or up to one that finds nothing. */
static int practise(struct practice *p, engine *e, const edit_request *requests, size_t n, edit_progress_fn progress,
		    engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	size_t d = e->info.n_embd;
	int rc = 0;

	while (!rc && p->round < ROUNDS) {
		if (p->next < n)
			rc = one_fact(p, e, &requests[p->next], progress, stop, arg, err, errlen);
		else if (p->stage == STAGE_MEAN)
			round_end(p, d);
		else if (p->found)
			rc = mean_begin(p, d, n, 0, MEAN_LENGTH * p->lengths / (double)p->found);
		else
			break;
	}
	return rc;
}

static int begin(engine *e, const edit_request *requests, size_t n, bool by_code, char *err, size_t errlen)
{
	struct practice *p = calloc(1, sizeof *p);
	size_t d = e->info.n_embd;
	int rc = p ? reading_init(&p->own, d) : ENGINE_ENOMEM;

	if (!rc) {
		p->sum = alloc_array(d, 1, sizeof *p->sum);
		p->at = alloc_array(d, 1, sizeof *p->at);
		rc = p->sum && p->at ? 0 : ENGINE_ENOMEM;
	}
	if (!rc && by_code)
		rc = from_code(p, e, requests, n, err, errlen);
	if (rc) {
		practice_free(p);
		return fail(err, errlen, rc, "not enough memory to practise");
	}
	e->practice = p;
	return 0;
}

/* It becomes the engine's, and the practice is over. */
static int keep(engine *e, const reading *r, char *err, size_t errlen)
{
	reading *kept = malloc(sizeof *kept);

	if (!kept)
		return fail(err, errlen, ENGINE_ENOMEM, "not enough memory to practise");
	*kept = *r;
	e->reading = kept;
	return 0;
}

int engine_practise(engine *e, const edit_request *requests, size_t n, const char *cache_dir, edit_progress_fn progress,
		    engine_stop_fn stop, void *arg, char *err, size_t errlen)
{
	bool by_code = e->code.a != NULL;
	char key[65];
	int rc = engine_for_chat(e, err, errlen);

	if (rc || engine_practised(e))
		return rc;
	key_of(e, requests, n, by_code, key);
	if (!e->practice) {
		reading cached;

		if (reading_load(&cached, e->info.n_embd, cache_dir, key)) {
			rc = keep(e, &cached, err, errlen);
			if (rc)
				reading_release(&cached);
			return rc;
		}
		rc = begin(e, requests, n, by_code, err, errlen);
	}
	if (!rc)
		rc = practise(e->practice, e, requests, n, progress, stop, arg, err, errlen);
	if (rc == ENGINE_ESTOP)
		return fail(err, errlen, rc, "the practice was interrupted");
	if (!rc && engine_lost(e))
		rc = fail(err, errlen, ENGINE_EIO, "%s", gguf_lost_text);
	if (!rc) {
		struct practice *p = e->practice;

		p->before.d = e->info.n_embd;
		p->before.evaluations = p->evaluations + p->own.evaluations;
		rc = keep(e, &p->before, err, errlen);
	}
	if (rc)
		return rc;
	e->practice->before = (reading){ 0 };
	practice_free(e->practice);
	e->practice = NULL;
	reading_save(e->reading, cache_dir, key);
	return 0;
}
