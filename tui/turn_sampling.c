/* How the next token is chosen: the names, bounds and words of the sampling options, for the command line and /set. */
#include "tui/app_int.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPERATURE, TOP_K, TOP_P, MIN_P, REPEAT_PENALTY, SEED };

static const struct knob {
	const char *name;
	int which;
	double least, most;
	const char *bounds;
} knobs[] = {
	{ "temperature", TEMPERATURE, 0, 100, "a number from 0 (the likeliest token) to 100" },
	{ "top-k", TOP_K, 0, 1e9, "a whole number from 0 (off) to 1000000000" },
	{ "top-p", TOP_P, 1e-6, 1, "a number above 0 and up to 1 (off)" },
	{ "min-p", MIN_P, 0, 1, "a number from 0 (off) to 1" },
	{ "repeat-penalty", REPEAT_PENALTY, 0.1, 10, "a number from 0.1 to 10 (1: off)" },
	{ "seed", SEED, 0, 0, "a whole number from 0 to 18446744073709551615" },
};

sample_options sampling_default(void)
{
	sample_options o = sample_options_default();

	o.temperature = 0; /* a small model is at its best when it says what it holds most likely */
	return o;
}

static const struct knob *find(const char *name)
{
	for (size_t i = 0; i < sizeof(knobs) / sizeof(*knobs); i++)
		if (!strcmp(knobs[i].name, name))
			return &knobs[i];
	return NULL;
}

bool sampling_knows(const char *name)
{
	return find(name) != NULL;
}

/* Plain decimal numbers only: no hexadecimal, infinity, sign or space. */
static bool parse(const struct knob *k, const char *text, double *x, uint64_t *whole)
{
	const bool integer = k->which == TOP_K || k->which == SEED;
	char *end;

	if (!*text || strspn(text, integer ? "0123456789" : "0123456789.eE-+") != strlen(text) ||
	    !(isdigit((unsigned char)*text) || *text == '.'))
		return false;
	errno = 0;
	*whole = integer ? strtoull(text, &end, 10) : 0;
	*x = integer ? (double)*whole : strtod(text, &end);
	return !*end && !errno && (k->which == SEED || (*x >= k->least && *x <= k->most));
}

int sampling_set(sample_options *o, const char *name, const char *value, char *err, size_t errlen)
{
	const struct knob *k = find(name);
	uint64_t whole;
	double x;

	if (!k || !parse(k, value, &x, &whole)) {
		if (k)
			snprintf(err, errlen, "%s takes %s, not '%.40s'", name, k->bounds, value);
		else
			snprintf(err, errlen, "there is no setting %.40s", name);
		return -1;
	}
	switch (k->which) {
	case TEMPERATURE: o->temperature = (float)x; break;
	case TOP_K: o->top_k = (int)whole; break;
	case TOP_P: o->top_p = (float)x; break;
	case MIN_P: o->min_p = (float)x; break;
	case REPEAT_PENALTY: o->repeat_penalty = (float)x; break;
	default: o->seed = whole;
	}
	return 0;
}

void sampling_describe(const sample_options *o, char *out, size_t cap)
{
	char penalty[48];

	snprintf(penalty, sizeof(penalty), "repeat-penalty %g", (double)o->repeat_penalty);
	if (!(o->temperature > 0))
		snprintf(out, cap, "temperature 0: always the likeliest token; %s", penalty);
	else
		snprintf(out, cap, "temperature %g, top-k %d, top-p %g, min-p %g, %s, seed %llu", (double)o->temperature, o->top_k,
			 (double)o->top_p, (double)o->min_p, penalty, (unsigned long long)o->seed);
}

int sampling_use(app *a, const sample_options *o, char *err, size_t errlen)
{
	sampler *s = NULL;

	if (sampler_new(&s, a->engine, o)) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	sampler_free(a->sampler);
	a->sampler = s;
	a->sampling = *o;
	return 0;
}
