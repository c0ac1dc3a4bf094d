/* Edits of a tiny random model: the cache is exact, interruptions leave no trace, the search finds
 * what it is asked for, and the layer forgets. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/cache_file.h"
#include "engine/edit_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static char model_path[512], code_path[512], text_path[512];

static void set_up(void)
{
	tiny_model t = tiny_model_default();

	/* Loud weights: a vector at the anchor is heard at the answer. */
	t.n_layer = 4;
	t.edit_layer = 1;
	t.n_ctx = 256;
	t.scale = 2;
	test_path(model_path, sizeof model_path, "edit.gguf");
	test_path(code_path, sizeof code_path, "edit.value.gguf");
	tiny_model_write(&t, model_path);
	tiny_value_code_write(code_path, 2, 16, t.n_embd, 9);
	REQUIRE(test_calibration(text_path, sizeof text_path, 40, "friend"));
}

static engine *open_engine(int threads)
{
	engine_options o = engine_options_default();
	engine *e = NULL;
	char err[256] = "";

	o.n_threads = threads;
	o.calibration = text_path;
	o.value_code = code_path;
	if (!CHECK_INT(engine_open(&e, model_path, &o, err, sizeof err), 0))
		printf("%s\n", err);
	return e;
}

/* Three forms of a question, one of them after another turn. */
static const engine_turn turns[] = {
	{ "user", "What is my dog called?", 22 },
	{ "user", "Tell me my dog's name", 21 },
	{ "user", "Hello", 5 },
	{ "assistant", "Hi!", 3 },
	{ "user", "And my dog?", 11 },
};
static const edit_context contexts[] = {
	{ turns, 1, 14, "Rex.", 0 },
	{ turns + 1, 1, 14, "Rex.", 0 },
	{ turns + 2, 3, 10, "It is Rex.", 0 },
};

static edit_request make_request(void)
{
	edit_request r = edit_request_default();

	r.contexts = contexts;
	r.n_contexts = 3;
	r.value = "Rex";
	return r;
}

static edit *start(engine *e, const edit_request *r)
{
	edit *ed = NULL;
	char err[256] = "";

	if (!CHECK_INT(edit_new(&ed, e, r, err, sizeof err), 0))
		printf("%s\n", err);
	return ed;
}

static edit *run(engine *e, const edit_request *r)
{
	edit *ed = start(e, r);
	char err[256] = "";

	if (ed && !CHECK_INT(edit_run(ed, NULL, NULL, NULL, err, sizeof err), 0))
		printf("%s\n", err);
	return ed;
}

static bool same_result(const edit_result *a, const edit_result *b)
{
	return a->steps == b->steps && a->evaluations == b->evaluations &&
	       a->loss_before == b->loss_before && a->loss_after == b->loss_after &&
	       a->p_after == b->p_after && a->converged == b->converged && a->seed == b->seed &&
	       !memcmp(a->delta, b->delta, a->n_embd * sizeof *a->delta) &&
	       !memcmp(a->keys, b->keys, a->n_keys * a->n_ff * sizeof *a->keys);
}

/* ---- cases ---- */

static void cases_have_the_right_tokens(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	for (size_t i = 0; i < 3; i++) {
		edit_case c;
		const char *bytes;
		char text[64] = "";
		size_t n = 0;

		CHECK_INT(edit_case_init(&c, e, &contexts[i], NULL, 0), 0);
		CHECK(engine_token_ends(e, c.targets[c.n_targets - 1]));
		CHECK_INT(c.n_tokens, c.n_prompt + c.n_targets - 1);
		for (size_t t = 0; t + 1 < c.n_targets; t++) {
			size_t len = engine_token_bytes(e, c.targets[t], &bytes);

			memcpy(text + n, bytes, len);
			n += len;
			CHECK_INT(c.tokens[c.n_prompt + t], c.targets[t]);
		}
		CHECK_STR(text, contexts[i].answer);
		size_t len = engine_token_bytes(e, c.tokens[c.anchor], &bytes);

		CHECK(len > 0 && bytes[len - 1] == 'g');
		edit_case_release(&c);
	}
	engine_close(e);
}

/* What edit_case_fill keeps is what a whole pass computes. */
static void keys_are_those_of_a_whole_pass(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	size_t n_ff = e->info.n_ff;
	float *keys = NULL;

	REQUIRE(!engine_keys(e, contexts, 3, &keys, NULL, NULL, NULL, 0));
	edit_request r = make_request();
	edit *ed = run(e, &r);

	REQUIRE(ed != NULL);
	CHECK_INT(edit_get(ed)->n_keys, 3);
	CHECK(!memcmp(keys, edit_get(ed)->keys, 3 * n_ff * sizeof *keys));
	CHECK(memcmp(keys, keys + n_ff, n_ff * sizeof *keys) != 0);
	free(keys);
	edit_free(ed);
	engine_close(e);
}

/* What went wrong is told as it is, not as a lack of memory. */
static void keys_that_fail_say_why(void)
{
	engine *e = open_engine(1);
	float *keys = NULL;
	char err[128] = "";

	REQUIRE(e != NULL);
	size_t n_vocab = e->model->hp.n_vocab;

	e->model->hp.n_vocab = 1;
	CHECK_INT(engine_keys(e, contexts, 3, &keys, NULL, NULL, err, sizeof err), ENGINE_EARG);
	CHECK_STR(err, "a token of a question is not in the vocabulary");
	e->model->hp.n_vocab = n_vocab;
	CHECK(!keys);
	engine_close(e);
}

/* The one file "keys-..." of a folder, or NULL. */
static FILE *keys_file(const char *dir, const char *mode)
{
	char path[1024] = "";
	DIR *d = opendir(dir);

	for (struct dirent *f = d ? readdir(d) : NULL; f; f = readdir(d))
		if (!strncmp(f->d_name, "keys-", 5))
			snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
	if (d)
		closedir(d);
	struct stat st;

	CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	return fopen(path, mode);
}

/* A file with the right checksum whose bytes are not those of keys; offsets as in key_cache.c. */
static void keys_that_cannot_be(engine *e, const char *dir, const float *keys)
{
	enum { N_AT = 72, FF_AT = 80, SUM_AT = 88, FLOATS_AT = 96, LIES = 8 };
	size_t size = 3 * e->info.n_ff, n = FLOATS_AT + size * sizeof(float);
	char *whole = calloc(1, n + 1), *bytes = malloc(n + 1);
	float *back = calloc(size, sizeof *back);
	FILE *f = keys_file(dir, "rb");

	REQUIRE(f && whole && bytes && back);
	CHECK_INT(fread(whole, 1, n + 1, f), n);
	fclose(f);
	for (int i = 0; i < LIES; i++) {
		static const float odd[] = { NAN, INFINITY, -INFINITY };
		static const uint64_t count[] = { 0, 2, UINT64_MAX };
		size_t len = i == 6 ? n + 1 : i == 7 ? n - 4 : n;

		memcpy(bytes, whole, n + 1);
		if (i < 3)
			memcpy(bytes + FLOATS_AT + (size_t)i * (size - 1) / 2 * sizeof(float), &odd[i], sizeof(float));
		else if (i < 6)
			memcpy(bytes + (i == 4 ? FF_AT : N_AT), &count[i - 3], sizeof(uint64_t));
		uint64_t sum = cache_checksum_add(cache_checksum_add(1, bytes, SUM_AT), bytes + FLOATS_AT, size * sizeof(float));

		memcpy(bytes + SUM_AT, &sum, sizeof sum);
		f = keys_file(dir, "wb");
		REQUIRE(f != NULL);
		fwrite(bytes, 1, len, f);
		fclose(f);
		CHECK(!engine_keys_load(e, contexts, 3, dir, back));
	}
	engine_keys_save(e, contexts, 3, dir, keys);
	CHECK(engine_keys_load(e, contexts, 3, dir, back) && !memcmp(keys, back, size * sizeof *keys));
	free(whole);
	free(bytes);
	free(back);
}

/* Keys come back as they were; other prompts', damaged ones and those of another layer do not. */
static void keys_are_kept_on_disk(void)
{
	engine *e = open_engine(1);
	char dir[512];

	REQUIRE(e != NULL);
	size_t size = 3 * e->info.n_ff;
	float *keys = NULL, *back = calloc(size, sizeof *back);

	test_path(dir, sizeof dir, "x");
	*strrchr(dir, '/') = '\0';
	REQUIRE(!engine_keys(e, contexts, 3, &keys, NULL, NULL, NULL, 0));
	CHECK(!engine_keys_load(e, contexts, 3, dir, back));
	engine_keys_save(e, contexts, 3, dir, keys);
	CHECK(engine_keys_load(e, contexts, 3, dir, back) && !memcmp(keys, back, size * sizeof *keys));
	CHECK(!engine_keys_load(e, contexts, 2, dir, back) && !engine_keys_load(e, contexts + 1, 2, dir, back));
	e->model->edit_layer++;
	CHECK(!engine_keys_load(e, contexts, 3, dir, back));
	e->model->edit_layer--;
	keys_that_cannot_be(e, dir, keys);
	FILE *f = keys_file(dir, "r+b");

	REQUIRE(f != NULL);
	fseek(f, -5, SEEK_END);
	int byte = fgetc(f);

	fseek(f, -5, SEEK_END);
	fputc(byte ^ 1, f);
	fclose(f);
	CHECK(!engine_keys_load(e, contexts, 3, dir, back));
	engine_keys_save(e, contexts, 3, "/nonexistent/folder", keys);
	CHECK(!engine_keys_load(e, contexts, 3, "/nonexistent/folder", back));
	free(keys);
	free(back);
	engine_close(e);
}

/* ---- exactness ---- */

/* Scores with the cache, without it, one by one, and on two threads: the same bits. */
static void cache_is_exact(void)
{
	enum { N = 7 };
	engine *e = open_engine(1), *two = open_engine(2);
	edit_case c[3], c2[3];
	edit_scorer *cached = NULL, *whole = NULL, *threads = NULL;
	edit_score a[N], b[N], t[N], one;
	double v, npu = 0;
	rng r;

	REQUIRE(e && two);
	float *key = alloc_array(e->info.n_ff, 1, sizeof *key);
	size_t d = e->info.n_embd;
	float *deltas = alloc_array(N, d, sizeof *deltas);

	for (size_t i = 0; i < 3; i++) {
		REQUIRE(!edit_case_init(&c[i], e, &contexts[i], NULL, 0));
		REQUIRE(!edit_case_fill(&c[i], e, key, &v, NULL, NULL));
		REQUIRE(!edit_case_init(&c2[i], two, &contexts[i], NULL, 0));
		REQUIRE(!edit_case_fill(&c2[i], two, key, &v, NULL, NULL));
	}
	rng_seed(&r, 5);
	for (size_t i = d; i < N * d; i++)
		deltas[i] = (float)rng_normal(&r); /* the first stays zero */
	REQUIRE(!edit_scorer_new(&cached, e, c, 3, true));
	REQUIRE(!edit_scorer_new(&whole, e, c, 3, false));
	REQUIRE(!edit_scorer_new(&threads, two, c2, 3, true));
	REQUIRE(!edit_scorer_run(cached, deltas, N, a, NULL, NULL, &npu, NULL, NULL));
	REQUIRE(!edit_scorer_run(whole, deltas, N, b, NULL, NULL, &npu, NULL, NULL));
	REQUIRE(!edit_scorer_run(threads, deltas, N, t, NULL, NULL, &npu, NULL, NULL));
	for (int k = 0; k < N; k++) {
		CHECK(a[k].nll == b[k].nll && a[k].p == b[k].p && a[k].p_min == b[k].p_min);
		CHECK(a[k].nll == t[k].nll && a[k].p == t[k].p);
		const float *delta = deltas + (size_t)k * d;

		REQUIRE(!edit_scorer_run(cached, delta, 1, &one, NULL, NULL, &npu, NULL, NULL));
		CHECK(one.nll == a[k].nll);
		CHECK(k == 0 || a[k].nll != a[0].nll);
	}
	CHECK(npu > 0);
	edit_scorer_free(cached);
	edit_scorer_free(whole);
	edit_scorer_free(threads);
	for (size_t i = 0; i < 3; i++) {
		edit_case_release(&c[i]);
		edit_case_release(&c2[i]);
	}
	free(key);
	free(deltas);
	engine_close(e);
	engine_close(two);
}

/* The score of the zero vector is what engine_score says of the base model. */
static void score_is_that_of_the_model(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_request r = make_request();
	double mean = 0, nll, p;

	for (size_t i = 0; i < 3; i++) {
		REQUIRE(!engine_score(e, contexts[i].turns, contexts[i].n_turns, true,
				      contexts[i].answer, &nll, &p, NULL, 0));
		mean += nll / 3;
	}
	r.max_evaluations = 1;
	edit *ed = run(e, &r);

	REQUIRE(ed != NULL);
	CHECK(fabs(edit_get(ed)->loss_before - mean) < 1e-5);
	edit_free(ed);
	engine_close(e);
}

static void exact_cache_gives_the_same_edit(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_request r = make_request();

	r.max_evaluations = 80;
	edit *a = run(e, &r);

	r.exact_cache = false;
	edit *b = run(e, &r);

	REQUIRE(a && b);
	CHECK(same_result(edit_get(a), edit_get(b)));
	edit_free(a);
	edit_free(b);
	engine_close(e);
}

/* ---- interruption ---- */

typedef struct nuisance {
	int polls, every;
} nuisance;

static bool stop_often(void *arg)
{
	nuisance *n = arg;

	return ++n->polls % n->every == 0;
}

static void interruptions_leave_no_trace(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_request r = make_request();

	r.max_evaluations = 120;
	edit *a = run(e, &r), *b = start(e, &r);
	nuisance n = { 0, 7 };
	int rc = 0, stops = 0;

	REQUIRE(a && b);
	while ((rc = edit_run(b, NULL, stop_often, &n, NULL, 0)) == ENGINE_ESTOP && stops < 10000)
		stops++;
	CHECK_INT(rc, 0);
	CHECK(stops > 2);
	CHECK(same_result(edit_get(a), edit_get(b)));
	edit_free(a);
	edit_free(b);
	engine_close(e);
}

/* ---- searching ---- */

typedef struct diary {
	int calls, last_evaluations;
	bool ordered, phases_known;
	double first, last;
} diary;

static void note(const edit_progress *p, void *arg)
{
	diary *d = arg;

	d->ordered = d->ordered && p->evaluations >= d->last_evaluations;
	d->phases_known = d->phases_known && (!strcmp(p->phase, "keys") ||
					      !strcmp(p->phase, "search") ||
					      !strcmp(p->phase, "shrink"));
	d->last_evaluations = p->evaluations;
	if (!d->first)
		d->first = p->loss;
	d->last = p->loss;
	d->calls++;
}

static void search_from_zero_lowers_the_loss(void)
{
	engine *e = open_engine(2);

	REQUIRE(e != NULL);
	edit_request r = make_request();
	diary d = { .ordered = true, .phases_known = true };

	r.warm_start = false;
	r.max_evaluations = 400;
	edit *ed = start(e, &r);

	REQUIRE(ed != NULL);
	CHECK_INT(edit_run(ed, note, NULL, &d, NULL, 0), 0);
	const edit_result *res = edit_get(ed);

	CHECK(res->loss_after < res->loss_before - 1);
	CHECK(res->p_after > res->p_before);
	CHECK(res->delta_norm > 0 && res->delta_norm < 60.001);
	CHECK(res->evaluations > 0 && res->evaluations <= 400 + 6);
	CHECK_INT(res->evaluations, d.last_evaluations);
	CHECK(d.ordered && d.phases_known && d.calls > 10);
	CHECK(d.last < d.first);
	CHECK(res->npu_seconds > 0 && res->seconds > 0);
	edit_free(ed);
	engine_close(e);
}

/* Passes at the length found, and not at half of it. */
static void check_shrunk(engine *e, const edit_context *ctx, const edit_result *res, double margin)
{
	edit_case c;
	edit_scorer *s = NULL;
	edit_score whole, half;
	float *key = alloc_array(e->info.n_ff, 1, sizeof *key);
	float *less = alloc_array(e->info.n_embd, 1, sizeof *less);
	double v, npu = 0;

	REQUIRE(!edit_case_init(&c, e, ctx, NULL, 0));
	REQUIRE(!edit_case_fill(&c, e, key, &v, NULL, NULL));
	REQUIRE(!edit_scorer_new(&s, e, &c, 1, true));
	for (size_t i = 0; i < e->info.n_embd; i++)
		less[i] = 0.5f * res->delta[i];
	REQUIRE(!edit_scorer_run(s, res->delta, 1, &whole, NULL, NULL, &npu, NULL, NULL));
	REQUIRE(!edit_scorer_run(s, less, 1, &half, NULL, NULL, &npu, NULL, NULL));
	CHECK(whole.top && whole.p_min >= margin);
	CHECK(whole.nll == res->loss_after);
	CHECK(!(half.top && half.p_min >= margin));
	edit_scorer_free(s);
	edit_case_release(&c);
	free(key);
	free(less);
}

/* A random network can be made to say some one-letter answers: then the search ends early, passes,
 * and is shrunk. */
static void easy_goal_is_reached_and_shrunk(void)
{
	static const char *const answers[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	engine *e = open_engine(2);
	bool converged = false;

	REQUIRE(e != NULL);
	for (size_t i = 0; i < 8 && !converged; i++) {
		edit_context easy = { turns, 1, 14, answers[i], 0 };
		edit_request r = make_request();

		r.contexts = &easy;
		r.n_contexts = 1;
		r.margin = 0.1;
		r.warm_start = false;
		r.max_evaluations = 2000;
		edit *ed = run(e, &r);

		REQUIRE(ed != NULL);
		converged = edit_get(ed)->converged;
		if (converged) {
			CHECK(edit_get(ed)->evaluations < 2000);
			check_shrunk(e, &easy, edit_get(ed), r.margin);
		}
		edit_free(ed);
	}
	CHECK(converged);
	engine_close(e);
}

/* The warm start looks at the value code's guesses first: one evaluation for nothing added, one for
 * each bank, then three lengths. */
static void warm_start_reads_the_value_code(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	CHECK(e->code.a != NULL);
	edit_request r = make_request();

	r.max_evaluations = 1;
	edit *warm = run(e, &r);

	r.value = "Max";
	edit *other = run(e, &r);

	r.warm_start = false;
	edit *cold = run(e, &r);

	REQUIRE(warm && other && cold);
	CHECK_INT(edit_get(warm)->evaluations, 1 + 2 + 3);
	CHECK_INT(edit_get(cold)->evaluations, 1);
	CHECK(edit_get(cold)->delta_norm == 0);
	CHECK(edit_get(warm)->loss_before == edit_get(cold)->loss_before);
	CHECK(edit_get(warm)->seed == edit_get(other)->seed);
	edit_free(warm);
	edit_free(other);
	edit_free(cold);
	engine_close(e);
}

/* ---- the layer ---- */

static void learning_and_forgetting(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_request r = make_request();

	r.warm_start = false;
	r.search = EDIT_SEARCH_GRADIENT;
	r.max_evaluations = 200;
	edit *ed = run(e, &r);

	REQUIRE(ed != NULL);
	const edit_result *res = edit_get(ed);
	engine_delta d = { res->keys, res->delta, res->n_keys };
	uint64_t before = engine_layer_hash(e), version = engine_weights_version(e);
	double nll, p, base, edited = 0, unedited = 0;

	REQUIRE(!engine_apply(e, &d, 1, NULL, 0, NULL, 0));
	CHECK(engine_layer_hash(e) != before);
	CHECK(engine_weights_version(e) > version);
	for (size_t i = 0; i < 3; i++) {
		REQUIRE(!engine_score(e, contexts[i].turns, contexts[i].n_turns, false,
				      contexts[i].answer, &nll, &p, NULL, 0));
		edited += nll / 3;
		REQUIRE(!engine_score(e, contexts[i].turns, contexts[i].n_turns, true,
				      contexts[i].answer, &base, &p, NULL, 0));
		unedited += base / 3;
	}
	/* The layer now does most of what the vector did. */
	CHECK(fabs(unedited - res->loss_before) < 1e-5);
	CHECK(edited < 0.5 * (unedited + res->loss_after));
	REQUIRE(!engine_apply(e, NULL, 0, NULL, 0, NULL, 0));
	CHECK(engine_layer_hash(e) == before);
	edit_free(ed);
	engine_close(e);
}

/* Weights on trial are those that engine_apply() would make, and nobody else reads them until they are kept. */
static void a_trial_changes_nothing_until_kept(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_request r = make_request();

	r.max_evaluations = 60;
	edit *ed = run(e, &r);

	REQUIRE(ed != NULL);
	const edit_result *res = edit_get(ed);
	engine_delta d = { res->keys, res->delta, res->n_keys };
	const edit_context *c = &contexts[0];
	uint64_t base = engine_layer_hash(e), version = engine_weights_version(e), applied;
	double nll, trial, edited, p;

	CHECK_INT(engine_keep(e), ENGINE_EARG);
	CHECK_INT(engine_score(e, c->turns, c->n_turns, ENGINE_TRIAL, c->answer, &nll, &p, NULL, 0), ENGINE_EARG);
	REQUIRE(!engine_score(e, c->turns, c->n_turns, ENGINE_EDITED, c->answer, &nll, &p, NULL, 0));
	REQUIRE(!engine_try(e, &d, 1, NULL, 0, NULL, 0));
	CHECK(engine_layer_hash(e) == base && engine_weights_version(e) == version);
	REQUIRE(!engine_score(e, c->turns, c->n_turns, ENGINE_TRIAL, c->answer, &trial, &p, NULL, 0));
	REQUIRE(!engine_score(e, c->turns, c->n_turns, ENGINE_EDITED, c->answer, &edited, &p, NULL, 0));
	CHECK(edited == nll && trial != nll);
	REQUIRE(!engine_keep(e));
	CHECK(engine_layer_hash(e) != base && engine_weights_version(e) > version);
	applied = engine_layer_hash(e);
	REQUIRE(!engine_score(e, c->turns, c->n_turns, ENGINE_EDITED, c->answer, &edited, &p, NULL, 0));
	CHECK(edited == trial);
	CHECK_INT(engine_keep(e), ENGINE_EARG);
	REQUIRE(!engine_try(e, &d, 1, NULL, 0, NULL, 0));
	REQUIRE(!engine_apply(e, NULL, 0, NULL, 0, NULL, 0));
	CHECK_INT(engine_keep(e), ENGINE_EARG); /* tried before the weights changed */
	REQUIRE(!engine_apply(e, &d, 1, NULL, 0, NULL, 0));
	CHECK(engine_layer_hash(e) == applied);
	edit_free(ed);
	engine_close(e);
}

/* Each kind of search gets somewhere on its own, within its evaluations. */
static void every_search_lowers_the_loss(void)
{
	static const enum edit_search kinds[] = { EDIT_SEARCH_FIT, EDIT_SEARCH_GRADIENT, EDIT_SEARCH_PUBLISHED };
	engine *e = open_engine(1);
	double loss[3];

	REQUIRE(e != NULL);
	for (size_t i = 0; i < 3; i++) {
		edit_request r = make_request();

		r.warm_start = false;
		r.search = kinds[i];
		r.max_evaluations = 240;
		edit *ed = run(e, &r);

		REQUIRE(ed != NULL);
		CHECK(edit_get(ed)->evaluations <= 240 && edit_get(ed)->steps > 0);
		loss[i] = edit_get(ed)->loss_after;
		CHECK(loss[i] < edit_get(ed)->loss_before);
		edit_free(ed);
	}
	CHECK(loss[0] != loss[1] && loss[1] != loss[2]);
	engine_close(e);
}

/* The search reads the base weights: what was learned before makes no difference. */
static void earlier_facts_do_not_matter(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_request r = make_request();

	r.max_evaluations = 60;
	edit *a = run(e, &r);

	REQUIRE(a != NULL);
	const edit_result *res = edit_get(a);
	engine_delta d = { res->keys, res->delta, res->n_keys };

	REQUIRE(!engine_apply(e, &d, 1, NULL, 0, NULL, 0));
	edit *b = run(e, &r);

	REQUIRE(b != NULL);
	CHECK(same_result(edit_get(a), edit_get(b)));
	edit_free(a);
	edit_free(b);
	engine_close(e);
}

/* A context without an answer takes no part in the search, but its key is solved for. */
static void a_context_may_give_a_key_only(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_context c[3] = { contexts[0], contexts[1], contexts[2] };
	edit_request two = make_request(), three = make_request();

	c[0].answer = NULL;
	three.contexts = c;
	two.contexts = contexts + 1;
	two.n_contexts = 2;
	two.max_evaluations = three.max_evaluations = 60;
	edit *a = run(e, &two), *b = run(e, &three);

	REQUIRE(a && b);
	CHECK_INT(edit_get(b)->n_keys, 3);
	CHECK_INT(edit_get(a)->n_keys, 2);
	CHECK(edit_get(a)->loss_before == edit_get(b)->loss_before);
	/* The keys of the answered contexts come first. */
	CHECK(!memcmp(edit_get(a)->keys, edit_get(b)->keys, 2 * edit_get(a)->n_ff * sizeof(float)));
	edit_free(a);
	edit_free(b);
	engine_close(e);
}

/* ---- refusals ---- */

static void bad_requests_are_refused(void)
{
	engine *e = open_engine(1);

	REQUIRE(e != NULL);
	edit_request r = make_request();
	edit_context c = contexts[0];
	edit *ed = NULL;
	char err[200] = "";

	r.n_contexts = 0;
	CHECK_INT(edit_new(&ed, e, &r, err, sizeof err), ENGINE_EARG);
	r.n_contexts = 1;
	r.contexts = &c;
	c.answer = NULL;
	CHECK_INT(edit_new(&ed, e, &r, err, sizeof err), ENGINE_EARG);
	c.answer = "Rex.";
	c.anchor_end = 0;
	CHECK_INT(edit_new(&ed, e, &r, err, sizeof err), ENGINE_EARG);
	c.anchor_end = 14;
	r.margin = 1.5;
	CHECK_INT(edit_new(&ed, e, &r, err, sizeof err), ENGINE_EARG);
	r.margin = 0;
	static char far_too_long[4000];

	memset(far_too_long, 'x', sizeof far_too_long - 1);
	c.answer = far_too_long;
	CHECK_INT(edit_new(&ed, e, &r, err, sizeof err), ENGINE_EFULL);
	CHECK(strstr(err, "tokens") != NULL);
	CHECK(ed == NULL);
	edit_free(NULL);
	engine_close(e);
}

int main(void)
{
	set_up();
	TEST_RUN(cases_have_the_right_tokens);
	TEST_RUN(keys_are_those_of_a_whole_pass);
	TEST_RUN(keys_that_fail_say_why);
	TEST_RUN(keys_are_kept_on_disk);
	TEST_RUN(cache_is_exact);
	TEST_RUN(score_is_that_of_the_model);
	TEST_RUN(exact_cache_gives_the_same_edit);
	TEST_RUN(interruptions_leave_no_trace);
	TEST_RUN(search_from_zero_lowers_the_loss);
	TEST_RUN(easy_goal_is_reached_and_shrunk);
	TEST_RUN(warm_start_reads_the_value_code);
	TEST_RUN(learning_and_forgetting);
	TEST_RUN(a_trial_changes_nothing_until_kept);
	TEST_RUN(every_search_lowers_the_loss);
	TEST_RUN(earlier_facts_do_not_matter);
	TEST_RUN(a_context_may_give_a_key_only);
	TEST_RUN(bad_requests_are_refused);
	return test_done();
}
