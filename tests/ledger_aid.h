/*
 * For the tests of the ledger: a folder of one's own, a small relations table, candidates and
 * blobs. Static functions, so that each test program is complete by itself.
 */
#ifndef TESTS_LEDGER_AID_H
#define TESTS_LEDGER_AID_H

#include "memory/memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char aid_dir[256]; /* the folder of the running test program */
static relations *aid_relations;
static char aid_err[512];

#define MODEL_A "aaaa0000aaaa0000aaaa0000aaaa0000aaaa0000aaaa0000aaaa0000aaaa0000"
#define MODEL_B "bbbb1111bbbb1111bbbb1111bbbb1111bbbb1111bbbb1111bbbb1111bbbb1111"

static const char aid_table[] =
	"relation home\nsubject I\ncardinality one\nsensitivity normal\nvalue city\n"
	"say I live in {v}.\nask Where do [I live]?\ntest What is [my home]?\n"
	"answer You live in {v}.\nunknown where you live\nnote you live in {v}\n\n"
	"relation hobby\nsubject I\ncardinality many\nsensitivity normal\nvalue hobby\n"
	"say My hobby is {v}.\nask What is [my hobby]?\ntest What do [I do] for fun?\n"
	"answer Your hobby is {v}.\nunknown your hobby\nnote your hobby is {v}\n\n"
	"relation name\nsubject my {n}\neach dog, cat\ncardinality one\nsensitivity normal\nvalue "
	"pet\n"
	"say My {n} is called {v}.\nask What is [{s}]'s name?\ntest What do I call [{s}]?\n"
	"answer {T}'s name is {v}.\nunknown {t}'s name\nnote {t}'s name is {v}\n\n"
	"relation email\nsubject *\ncardinality one\nsensitivity private\nvalue email\n"
	"say {S}'s email is {v}.\nask What is [{s}'s email]?\ntest How do I write to [{s}]?\n"
	"answer {T}'s email is {v}.\nunknown {t}'s email\nnote {t}'s email is {v}\n\n";

static inline int aid_remove(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[1024];

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) >= sizeof(path))
			continue;
		if (unlink(path))
			aid_remove(path);
	}
	if (d)
		closedir(d);
	return rmdir(dir);
}

static inline void aid_done(void)
{
	relations_free(aid_relations);
	aid_relations = NULL;
	aid_remove(aid_dir);
}

/* Makes the folder and loads the table; false (with a message) when that fails. */
static inline bool aid_init(const char *name)
{
	const char *tmp = getenv("TMPDIR");
	char path[300];
	FILE *f;

	snprintf(aid_dir, sizeof(aid_dir), "%s/%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", name);
	if (!mkdtemp(aid_dir)) {
		perror(aid_dir);
		return false;
	}
	snprintf(path, sizeof(path), "%s/relations.txt", aid_dir);
	f = fopen(path, "w");
	if (!f || fputs(aid_table, f) < 0 || fclose(f)) {
		perror(path);
		return false;
	}
	if (relations_load(&aid_relations, path, aid_err, sizeof(aid_err))) {
		fprintf(stderr, "%s\n", aid_err);
		return false;
	}
	return true;
}

/* The path of a file or folder of that name in the test's folder; the next but three call reuses
 * the buffer. */
static inline const char *aid_path(const char *name)
{
	static char paths[4][512];
	static unsigned turn;
	char *p = paths[turn++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", aid_dir, name);
	return p;
}

static inline memory *aid_open(const char *name, bool read_only, int *rc)
{
	memory_options opt = { .dir = aid_path(name), .read_only = read_only, .model = MODEL_A };
	memory *m = NULL;
	int r;

	aid_err[0] = '\0';
	r = memory_open(&m, &opt, aid_err, sizeof(aid_err));
	if (rc)
		*rc = r;
	else if (r)
		printf("# %s\n", aid_err);
	return m;
}

static inline detect_fact aid_claim(const char *subject, const char *rel, const char *value, int op)
{
	detect_fact c = { .op = op, .rule = "test", .confidence = 0.9 };

	snprintf(c.subject, sizeof(c.subject), "%s", subject);
	snprintf(c.relation, sizeof(c.relation), "%s", rel);
	snprintf(c.value, sizeof(c.value), "%s", value);
	return c;
}

/* Learns; returns the op done or the error, *id may be NULL. */
static inline int aid_learn(memory *m, const char *subject, const char *rel, const char *value,
			    int op, int64_t *id)
{
	detect_fact c = aid_claim(subject, rel, value, op);
	int64_t got = 0;
	int did = -100, rc;

	aid_err[0] = '\0';
	rc = memory_learn(m, aid_relations, &c, NULL, &did, &got, aid_err, sizeof(aid_err));
	if (rc)
		return rc;
	if (id)
		*id = got;
	return did;
}

/* A blob whose contents follow from the seed; 2 keys of 6, delta of 4. */
enum { AID_KEYS = 2, AID_FF = 6, AID_EMBD = 4 };
static inline edit_blob aid_blob(int seed, float keys[AID_KEYS * AID_FF], float delta[AID_EMBD])
{
	for (int i = 0; i < AID_KEYS * AID_FF; i++)
		keys[i] = (float)seed + (float)i / 16;
	for (int i = 0; i < AID_EMBD; i++)
		delta[i] = (float)seed - (float)i / 8;
	return (edit_blob){
		.keys = keys, .delta = delta, .n_keys = AID_KEYS, .n_ff = AID_FF, .n_embd = AID_EMBD
	};
}

/* Claims the next edit and stores it in the given state, with a blob. Returns 0 or the error;
 * *fact_id may be NULL. */
static inline int aid_work(memory *m, int state, int64_t *fact_id)
{
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	edit_record e;
	edit_blob b;
	int rc = memory_claim(m, &e, aid_err, sizeof(aid_err));

	if (rc)
		return rc;
	b = aid_blob((int)e.fact_id, keys, delta);
	e.state = state;
	e.steps = 3;
	e.evaluations = 21;
	e.p_after = 0.75;
	rc = memory_store_edit(m, &e, &b, aid_err, sizeof(aid_err));
	if (!rc && fact_id)
		*fact_id = e.fact_id;
	edit_record_release(&e);
	return rc;
}

static inline int aid_status(memory *m, int64_t id)
{
	fact f;
	int status;

	if (memory_fact(m, id, &f, aid_err, sizeof(aid_err)))
		return -100;
	status = f.status;
	fact_release(&f);
	return status;
}

static inline int aid_state(memory *m, int64_t id)
{
	fact f;
	int state;

	if (memory_fact(m, id, &f, aid_err, sizeof(aid_err)))
		return -100;
	state = f.edit_state;
	fact_release(&f);
	return state;
}

static inline size_t aid_blobs(memory *m, bool pending)
{
	edit_blob *b = NULL;
	size_t n = 0;

	if (memory_blobs(m, pending, &b, &n, aid_err, sizeof(aid_err)))
		return 9999;
	edit_blobs_free(b, n);
	return n;
}

#endif
