/* edit_search: the kinds of search behind one face, see edit_int.h. */
#include <stdlib.h>
#include <string.h>

#include "edit_int.h"
#include "fit.h"
#include "search.h"

_Static_assert(2 * (int)SEARCH_MAX_DIRECTIONS <= (int)EDIT_BATCH_MAX &&
	       (int)FIT_MAX_DIRECTIONS <= (int)EDIT_BATCH_MAX, "a batch");

struct edit_searcher {
	fit *fit;       /* one of the two */
	search *search;
	size_t bytes;   /* of what they keep */
};

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int new_fit(edit_searcher *s, edit_searcher_options *o, const float *x0, const double *resid0, double loss0)
{
	fit_options f = fit_options_default(o->d, o->m, o->scale);

	if (o->directions > 0)
		f.directions = o->directions;
	if (f.directions > (int)o->d)
		f.directions = (int)o->d;
	if (o->reach > 0)
		f.reach = o->reach;
	if (o->probe > 0)
		f.probe = o->probe;
	f.clamp = o->clamp;
	f.seed = o->seed;
	f.max_steps = o->max_steps = least(o->max_steps, o->evaluations / (f.directions + f.n_tries));
	s->bytes = ((size_t)(f.directions + f.n_tries) + o->d + 2) * o->d * sizeof(float) +
		   (o->d + 2 * o->m) * o->m * sizeof(double);
	return fit_new(&s->fit, &f, x0, resid0, loss0);
}

static int new_search(edit_searcher *s, edit_searcher_options *o, const float *x0, double loss0)
{
	bool published = o->kind == EDIT_SEARCH_PUBLISHED;
	search_options f = published ? search_options_published(o->d) : search_options_default(o->d, o->scale);
	int per_step;

	if (o->directions > 0)
		f.directions = o->directions;
	if (o->near && !published) {
		f.step = 0.3;
		f.n_lengths = 4;
		memcpy(f.lengths, (double[]){ 0.1, 0.3, 1.0, 3.0 }, 4 * sizeof *f.lengths);
	}
	if (!published)
		f.clamp = o->clamp;
	f.seed = o->seed;
	per_step = (f.one_sided ? 1 : 2) * f.directions + (published ? 0 : f.n_lengths);
	f.max_steps = o->max_steps = least(published ? f.max_steps : o->max_steps, o->evaluations / per_step);
	s->bytes = ((size_t)f.directions + 2 + (f.memory > 0 ? o->d : 0)) * o->d * sizeof(float) +
		   o->d * sizeof(double);
	return search_new(&s->search, &f, x0, loss0);
}

int edit_searcher_new(edit_searcher **out, edit_searcher_options *o, const float *x0, const double *resid0,
		      double loss0)
{
	edit_searcher *s = calloc(1, sizeof *s);

	if (!s)
		return ENGINE_ENOMEM;
	if (o->evaluations < 0)
		o->evaluations = 0;
	int rc = o->kind == EDIT_SEARCH_FIT ? new_fit(s, o, x0, resid0, loss0) : new_search(s, o, x0, loss0);

	if (rc) {
		edit_searcher_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void edit_searcher_free(edit_searcher *s)
{
	if (!s)
		return;
	fit_free(s->fit);
	search_free(s->search);
	free(s);
}

size_t edit_searcher_ask(const edit_searcher *s, float *points)
{
	return s->fit ? fit_ask(s->fit, points) : search_ask(s->search, points);
}

void edit_searcher_tell(edit_searcher *s, const double *resid, const double *loss)
{
	if (s->fit)
		fit_tell(s->fit, resid, loss);
	else
		search_tell(s->search, loss);
}

int edit_searcher_step(const edit_searcher *s)
{
	return s->fit ? fit_step(s->fit) : search_step(s->search);
}

bool edit_searcher_shorter(edit_searcher *s, const float *x, double by, float *out)
{
	if (s->fit)
		fit_shorter(s->fit, x, by, out);
	return s->fit != NULL;
}

size_t edit_searcher_bytes(const edit_searcher *s)
{
	return s->bytes;
}

int edit_search_directions(enum edit_search kind, size_t d, int evaluations)
{
	int n;

	if (kind == EDIT_SEARCH_FIT)
		n = evaluations - fit_options_default(d, 1, 1).n_tries;
	else if (kind == EDIT_SEARCH_PUBLISHED)
		n = evaluations / 2;
	else
		n = evaluations - search_options_default(d, 1).n_lengths;
	return n < 1 ? 1 : least(n, FIT_MAX_DIRECTIONS);
}
