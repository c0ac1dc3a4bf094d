/* Opening and closing the program behind the screen: relations, ledger, model, and the weights that the ledger asks for. */
#include "tui/turn_forget.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double LOADING_S = 0.2; /* between two words about how far a model is read */

double app_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void app_emit(app *a, int type, int code, int64_t id, const char *text)
{
	event *e;

	if (!a->emit)
		return;
	e = calloc(1, sizeof(*e));
	if (!e)
		return; /* the screen misses a line; nothing is lost */
	e->type = type;
	e->code = code;
	e->id = id;
	if (text)
		e->text = strdup(text);
	a->emit(a->arg, e);
}

void app_emitf(app *a, int type, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	app_emit(a, type, 0, 0, text);
	free(text);
}

void app_emit_status(app *a, bool replying)
{
	const engine_info *info = a->engine ? engine_describe(a->engine) : NULL;
	edit_record *queue = NULL;
	size_t n = 0;
	event *e;

	if (!a->emit || !info)
		return;
	e = calloc(1, sizeof(*e));
	if (!e)
		return;
	e->type = EV_STATUS;
	snprintf(e->status.model, sizeof(e->status.model), "%s", info->name);
	e->status.ctx_size = info->n_ctx;
	e->status.ctx_used = a->session ? session_length(a->session) : 0;
	e->status.dropped_turns = a->talk.dropped;
	e->status.tokens_per_second = a->last.tokens_per_second;
	e->status.incognito = a->incognito;
	e->status.in_context = a->in_context;
	e->status.replying = replying;
	e->status.learn_mode = a->learn_mode;
	if (a->memory) {
		e->status.paused = memory_paused(a->memory);
		if (!memory_edits(a->memory, true, 0, &queue, &n, NULL, 0)) {
			e->status.queue = (int)n;
			edits_free(queue, n);
		}
	}
	e->status.editing = learn_working(a);
	a->emit(a->arg, e);
}

static int ledger_exit_code(int rc)
{
	return rc == MEMORY_ENOMEM ? EXIT_RUNTIME : EXIT_LEDGER;
}

int app_open_relations(app *a, const settings *s, char *err, size_t errlen)
{
	char path[4096];
	int rc;

	a->set = s;
	snprintf(path, sizeof(path), "%s/relations.txt", s->assets_dir);
	rc = relations_load(&a->relations, path, err, errlen);
	if (!rc && s->user_relations) {
		rc = relations_merge(a->relations, s->user_relations, err, errlen);
		if (rc == MEMORY_ENOENT)
			rc = 0; /* a table of one's own is optional */
	}
	return rc ? EXIT_RUNTIME : 0;
}

int app_open_ledger(app *a, const settings *s, bool read_only, char *err, size_t errlen)
{
	memory_options mo = { .dir = s->data_dir, .read_only = read_only };
	int rc;

	rc = app_open_relations(a, s, err, errlen);
	if (rc)
		return rc;
	if (!s->data_dir) {
		snprintf(err, errlen, "nothing says where to keep what is learned: set HOME, or give --data-dir");
		return EXIT_RUNTIME;
	}
	rc = memory_open(&a->memory, &mo, err, errlen);
	if (rc == MEMORY_ENOENT && read_only)
		return 0; /* nothing was ever learned: that is no error */
	return rc ? ledger_exit_code(rc) : 0;
}

static engine_options options_of(const settings *s)
{
	engine_options o = engine_options_default();

	o.n_threads = s->threads;
	o.precision = s->precision ? ENGINE_FP32 : ENGINE_W8A16;
	o.cpu_mask = s->cpu_mask;
	o.cache_dir = s->cache_dir;
	o.chat_template = s->chat_template;
	o.phone = s->phone;
	if (s->layer_given)
		o.edit_layer = s->layer;
	return o;
}

/* A vector found for one layer is none for another: with --layer, or where another layer than the usual one was found to be
 * better, the ledger takes the file for another model. */
static void model_key(const settings *s, const char *hash, char key[65])
{
	enum { KEPT = 60 };
	const engine_options o = options_of(s);
	int layer = s->layer_given ? s->layer : engine_found_layer(hash, &o);

	snprintf(key, 65, "%s", hash);
	if (layer >= 0 && strlen(key) > KEPT)
		snprintf(key + KEPT, 65 - KEPT, "f%03x", (unsigned)layer & 0xfff);
}

/* The model the ledger's states are about, without loading it: the file's hash, or, if that cannot be had, the model that
 * was edited last. */
int app_name_model(app *a, char *err, size_t errlen)
{
	char hash[65] = "", key[65], why[256];
	edit_record *e = NULL;
	size_t n = 0;
	int rc;

	if (!a->memory)
		return 0;
	if (engine_hash(a->set->model, hash, why, sizeof(why))) {
		rc = memory_edits(a->memory, false, 1, &e, &n, err, errlen);
		if (rc)
			return rc;
		if (n)
			memcpy(hash, e[0].model, sizeof(hash));
		edits_free(e, n);
		memcpy(key, hash, sizeof(key));
	} else {
		model_key(a->set, hash, key);
	}
	rc = key[0] ? memory_set_model(a->memory, key, err, errlen) : 0;
	return rc < 0 ? rc : 0;
}

/* The settings' sampling options; they were checked where they came from. */
static sample_options sampling_of(const settings *s)
{
	const struct {
		const char *name, *value;
	} given[] = { { "temperature", s->temperature }, { "top-k", s->top_k }, { "top-p", s->top_p }, { "min-p", s->min_p },
		      { "repeat-penalty", s->repeat_penalty } };
	sample_options o = sampling_default();
	char err[160];

	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
		if (given[i].value)
			sampling_set(&o, given[i].name, given[i].value, err, sizeof(err));
	o.seed = s->seed;
	return o;
}

/* Commands have no screen to say it on. */
static void on_finding(const engine_sweep *s, void *arg)
{
	app *a = arg;
	char text[200];

	if (!s->done)
		snprintf(text, sizeof(text),
			 "which layer of this model takes edits best is measured, once: %zu layers, two minutes at most or so", s->n);
	else if (s->done < s->n)
		snprintf(text, sizeof(text), "layer %d: loss %.2f; %zu of %zu", s->layer[s->done - 1], s->loss[s->done - 1], s->done,
			 s->n);
	else
		snprintf(text, sizeof(text), "edits go to layer %d", s->chosen);
	if (a->emit)
		app_emit(a, EV_NOTICE, 0, 0, text);
	else
		fprintf(stderr, "%s\n", text);
}

typedef struct loading {
	app *a;
	double begun, told; /* seconds */
} loading;

/* Of a model that takes its time. */
static void on_loading(size_t layer, size_t n, void *arg)
{
	loading *l = arg;
	const double now = app_now();

	if (now - l->begun < LOADING_S || now - l->told < LOADING_S)
		return;
	l->told = now;
	app_emit(l->a, EV_LOADING, (int)(100 * layer / n), 0, NULL);
}

static int open_model(app *a, char *err, size_t errlen)
{
	engine_options eo = options_of(a->set);
	loading l = { .a = a, .begun = app_now() };
	const sample_options so = sampling_of(a->set);
	char calibration[4096];

	snprintf(calibration, sizeof(calibration), "%s/calibration.txt", a->set->assets_dir);
	if (eo.cache_dir)
		folders_make(eo.cache_dir);
	eo.calibration = calibration;
	eo.find_layer = true;
	eo.finding = on_finding;
	eo.finding_arg = a;
	eo.loading = on_loading;
	eo.loading_arg = &l;
	eo.stop = a->stop_reply;
	eo.stop_arg = a->arg;
	if (engine_open(&a->engine, a->set->model, &eo, err, errlen))
		return EXIT_MODEL;
	if (sampling_use(a, &so, err, errlen))
		return EXIT_RUNTIME;
	return session_new(&a->session, a->engine, err, errlen) ? EXIT_RUNTIME : 0;
}

/* The weights that the ledger asks for. */
static int apply_first(app *a, char *err, size_t errlen)
{
	int rc = learn_apply_first(a, err, errlen);

	if (rc && a->stop_reply && a->stop_reply(a->arg))
		snprintf(err, errlen, "%s: stopped before what was learned was in its weights", a->set->model);
	return rc;
}

/* What is learned belongs to the opened model, and to the layer if one was named. */
static int use_model(app *a, char *err, size_t errlen)
{
	char key[65];

	model_key(a->set, engine_describe(a->engine)->hash, key);
	return a->memory ? memory_set_model(a->memory, key, err, errlen) : 0;
}

int app_open_alone(app *a, const settings *s, char *err, size_t errlen)
{
	int rc = app_open_relations(a, s, err, errlen);

	return rc ? rc : open_model(a, err, errlen);
}

int app_open(app *a, const settings *s, bool read_only, char *err, size_t errlen)
{
	double begin = app_now();
	int rc;

	a->incognito = s->incognito;
	a->in_context = s->in_context;
	a->learn_mode = s->learn_mode;
	rc = app_open_ledger(a, s, read_only, err, errlen);
	if (rc)
		return rc;
	rc = open_model(a, err, errlen);
	if (rc)
		return rc;
	rc = use_model(a, err, errlen);
	if (rc < 0)
		return ledger_exit_code(rc);
	rc = a->memory ? apply_first(a, err, errlen) : 0;
	learn_judge(a, s->second_opinion && learn_may_judge(a));
	a->load_seconds = app_now() - begin;
	return rc == MEMORY_ECORRUPT ? EXIT_LEDGER : rc ? EXIT_RUNTIME : 0;
}

/* The settings with another model. It may be of another family: its own template counts. */
static settings *settings_with(const app *a, const char *path)
{
	settings *s = malloc(sizeof(*s));
	char *model = NULL;

	if (!s || (path ? (model = strdup(path)) == NULL
			: asprintf(&model, "%s/imprint-base.gguf", a->set->assets_dir) < 0)) {
		free(s);
		return NULL;
	}
	*s = *a->set;
	s->model = model;
	s->chat_template = NULL;
	if (learn_may_judge(a)) /* what /set said last */
		s->second_opinion = a->yes_least > 0;
	return s;
}

static void settings_free(settings *s)
{
	if (s)
		free((char *)s->model);
	free(s);
}

/* The model that set names, and what was learned with it. */
static int open_and_apply(app *a, char *err, size_t errlen)
{
	if (open_model(a, err, errlen))
		return ENGINE_ERR;
	if (use_model(a, err, errlen) < 0)
		return ENGINE_ERR;
	return a->memory ? apply_first(a, err, errlen) : 0;
}

static void close_model(app *a)
{
	check_release(a);
	learn_apply_release(a);
	sampler_free(a->sampler);
	session_free(a->session);
	engine_close(a->engine);
	a->sampler = NULL;
	a->session = NULL;
	a->engine = NULL;
}

int app_switch(app *a, const char *path, char *err, size_t errlen)
{
	app old;
	settings *s = settings_with(a, path);
	char again[256];
	double begin = app_now();

	if (!s) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	app_emitf(a, EV_NOTICE, "opening %s", s->model);
	learn_drop(a);
	check_release(a);
	learn_apply_release(a);
	old = *a; /* its model stays open until the new one is */
	a->set = s;
	a->engine = NULL;
	a->session = NULL;
	a->sampler = NULL;
	if (open_and_apply(a, err, errlen) || sampling_use(a, &old.sampling, err, errlen)) {
		close_model(a);
		settings_free(s);
		a->set = old.set;
		a->engine = old.engine;
		a->session = old.session;
		a->sampler = old.sampler;
		a->sampling = old.sampling;
		a->stale = old.stale;
		use_model(a, again, sizeof(again));
		return ENGINE_ERR;
	}
	sampler_free(old.sampler);
	session_free(old.session);
	engine_close(old.engine);
	settings_free(a->switched);
	a->switched = s;
	a->lost_told = false;
	learn_judge(a, s->second_opinion && learn_may_judge(a));
	a->load_seconds = app_now() - begin;
	learn_emit_queue(a);
	return 0;
}

bool app_lost(const app *a, char *err, size_t errlen)
{
	if (!a->engine || !engine_lost(a->engine))
		return false;
	snprintf(err, errlen, "%s was cut short or written to while it was open: nothing is answered or learned until /model FILE opens "
		 "one again; what was noted is kept", a->set->model);
	return true;
}

void app_close(app *a)
{
	learn_drop(a);
	learn_ask_clear(a);
	learn_told_clear(a);
	learn_deeds_clear(a);
	forget_ask_clear(a);
	dialogue_clear(&a->talk);
	close_model(a);
	memory_close(a->memory);
	relations_free(a->relations);
	settings_free(a->switched);
	a->switched = NULL;
	a->memory = NULL;
	a->relations = NULL;
}
