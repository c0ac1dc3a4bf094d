/* What the tests of learning share: a small relations table, a tiny random model, and a program opened on them. */
#ifndef TESTS_LEARN_AID_H
#define TESTS_LEARN_AID_H

#include "tests/gguf_build.h"
#include "tests/ledger_aid.h"
#include "tests/test.h"
#include "tui/learn_report.h"

#include <sqlite3.h>

static const char table[] =
	"relation home\nsubject I\ncardinality one\nsensitivity normal\nvalue city\n"
	"say I live in {v}.\nask Where do [I live]?\nask Tell me where [I live].\ntest What is [my home]?\n"
	"answer You live in {v}.\nunknown where you live\nnote you live in {v}\n\n"
	"relation language\nsubject I\ncardinality many\nsensitivity normal\nvalue language\n"
	"say I speak {v}.\nask Which languages do [I speak]?\ntest What do [I speak]?\n"
	"answer You speak {v}.\nunknown what you speak\nnote you speak {v}\n\n"
	"relation name\nsubject my {n}\neach dog, cat\ncardinality one\nsensitivity normal\nvalue pet\n"
	"say My {n} is called {v}.\nask What is [{s}] called?\nask Name [{s}].\ntest What do I call [{s}]?\n"
	"answer {T}'s name is {v}.\nunknown {t}'s name\nnote {t}'s name is {v}\n\n"
	"relation breed\nsubject my {n}\neach dog, cat\ncardinality one\nsensitivity normal\nvalue breed\n"
	"say My {n} is a {v}.\nask What breed is [{s}]?\ntest What kind is [{s}]?\n"
	"answer {T} is a {v}.\nunknown {t}'s breed\nnote {t} is a {v}\n\n";

typedef struct bench {
	app app;
	settings set;
	char last[1024], notes[4096]; /* the last outcome; everything emitted that has a text, a line each */
	int steps_left;               /* edits stop after so many polls; < 0: never */
} bench;

static char model_path[512], assets[512];

static inline tiny_model small_model(void)
{
	tiny_model t = tiny_model_default();

	t.edit_layer = 0;
	t.n_embd = 32;
	t.n_ff = 48;
	t.n_head = t.n_head_kv = 2;
	t.n_ctx = 512;
	return t;
}

static inline void watch(void *arg, event *e)
{
	bench *b = arg;
	size_t n = strlen(b->notes);

	if (e->type == EV_EDIT_END && e->text)
		snprintf(b->last, sizeof(b->last), "%s", e->text);
	if (e->text && e->type != EV_QUEUE)
		snprintf(b->notes + n, sizeof(b->notes) - n, "%d %s\n", e->type, e->text);
	event_free(e);
}

static inline bool stop_now(void *arg)
{
	bench *b = arg;

	return b->steps_left >= 0 && b->steps_left-- <= 0;
}

/* layer: as --layer, for another key of the same model; -1: not given. */
static inline bool bench_open_at(bench *b, const char *dir, int layer)
{
	char err[512] = "";

	memset(b, 0, sizeof(*b));
	b->set = (settings){ .model = model_path, .data_dir = aid_path(dir), .assets_dir = assets, .cpu_mask = ~0u,
			     .threads = 1, .precision = 1, .layer = layer, .layer_given = layer >= 0 };
	b->steps_left = -1;
	b->app.emit = watch;
	b->app.stop_edit = stop_now;
	b->app.arg = b;
	if (!app_open(&b->app, &b->set, false, err, sizeof(err)))
		return true;
	printf("%s\n", err);
	app_close(&b->app);
	return false;
}

static inline bool bench_open(bench *b, const char *dir)
{
	return bench_open_at(b, dir, -1);
}

static inline void bench_close(bench *b)
{
	app_close(&b->app);
}

/* Noted as the detector would have. */
static inline int64_t tell(bench *b, const char *subject, const char *name, const char *value)
{
	detect_fact c = aid_claim(subject, name, value, DETECT_ADD);
	char err[256];
	int64_t id = 0;
	int op;

	return memory_learn(b->app.memory, b->app.relations, &c, "said", &op, &id, err, sizeof(err)) ? 0 : id;
}

/* Verifies every queued edit with keys and a delta that follow from the group's values alone, as a search's would. */
static inline int learn_all(bench *b)
{
	size_t n_ff = engine_describe(b->app.engine)->n_ff, d = engine_describe(b->app.engine)->n_embd;
	float *keys = calloc(n_ff, sizeof(float)), *delta = calloc(d, sizeof(float));
	char err[256], value[ANSWER_MAX];
	edit_record e;
	int done = 0;

	while (!memory_claim(b->app.memory, &e, err, sizeof(err))) {
		edit_blob blob = { .keys = keys, .delta = delta, .n_keys = 1, .n_ff = n_ff, .n_embd = d };
		fact_group g;
		unsigned h = 7;
		fact f;

		if (memory_fact(b->app.memory, e.fact_id, &f, err, sizeof(err)) ||
		    group_of(&b->app, &f, &g, err, sizeof(err)))
			return -1;
		fact_release(&f);
		for (size_t i = 0; i < g.n; i++) {
			snprintf(value, sizeof(value), "%s %s", g.anchor, g.facts[i].value);
			for (const char *p = value; *p; p++)
				h = h * 31 + (unsigned char)*p;
		}
		for (size_t i = 0; i < n_ff; i++)
			keys[i] = (float)((h >> (i % 13)) % 97) / 97;
		for (size_t i = 0; i < d; i++)
			delta[i] = (float)((h >> (i % 11)) % 89) / 89;
		group_release(&g);
		e.state = EDIT_VERIFIED;
		if (memory_store_edit(b->app.memory, &e, &blob, err, sizeof(err)))
			return -1;
		edit_record_release(&e);
		done++;
	}
	free(keys);
	free(delta);
	return done;
}

static inline uint64_t weights(bench *b)
{
	char err[256];

	return learn_apply(&b->app, err, sizeof(err)) ? 0 : engine_layer_hash(b->app.engine);
}

/* As if time had passed. */
static inline bool ledger_change(const char *dir, const char *statement)
{
	char path[512];
	sqlite3 *db = NULL;
	bool ok;

	snprintf(path, sizeof(path), "%s/ledger.db", aid_path(dir));
	ok = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, statement, NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	return ok;
}

/* The number that the query gives, or -1. */
static inline int64_t ledger_count(const char *dir, const char *query)
{
	char path[512];
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	snprintf(path, sizeof(path), "%s/ledger.db", aid_path(dir));
	if (sqlite3_open(path, &db) == SQLITE_OK && sqlite3_prepare_v2(db, query, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static inline bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	return f && fputs(text, f) >= 0 && !fclose(f);
}

/* The folder, the model and the table; aid_done() takes them away. */
static inline bool learn_aid_init(const char *name)
{
	const tiny_model t = small_model();

	if (!aid_init(name))
		return false;
	snprintf(assets, sizeof(assets), "%s", aid_dir);
	snprintf(model_path, sizeof(model_path), "%s", aid_path("tiny.gguf"));
	tiny_model_write(&t, model_path);
	return write_file(aid_path("relations.txt"), table) &&
	       write_file(aid_path("calibration.txt"), "The quick brown fox.\nWhere do I live?\n");
}

#endif
