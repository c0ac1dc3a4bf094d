/*
 * The way from facts to weights, with a tiny random model: what is asked, what counts as an answer, which edits are queued
 * again, and that the weights depend on the facts alone. `test_learn --tiny FILE` writes that model, for the shell tests.
 */
#include "tests/gguf_build.h"
#include "tests/ledger_aid.h"
#include "tests/test.h"
#include "tui/learn_report.h"

#include <signal.h>
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

static tiny_model small_model(void)
{
	tiny_model t = tiny_model_default();

	t.edit_layer = 0;
	t.n_embd = 32;
	t.n_ff = 48;
	t.n_head = t.n_head_kv = 2;
	t.n_ctx = 512;
	return t;
}

static void watch(void *arg, event *e)
{
	bench *b = arg;
	size_t n = strlen(b->notes);

	if (e->type == EV_EDIT_END && e->text)
		snprintf(b->last, sizeof(b->last), "%s", e->text);
	if (e->text && e->type != EV_QUEUE)
		snprintf(b->notes + n, sizeof(b->notes) - n, "%d %s\n", e->type, e->text);
	event_free(e);
}

static bool stop_now(void *arg)
{
	bench *b = arg;

	return b->steps_left >= 0 && b->steps_left-- <= 0;
}

static bool bench_open(bench *b, const char *dir)
{
	char err[512] = "";

	memset(b, 0, sizeof(*b));
	b->set = (settings){ .model = model_path, .data_dir = aid_path(dir), .assets_dir = assets, .cpu_mask = ~0u,
			     .threads = 1, .precision = 1 };
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

static void bench_close(bench *b)
{
	app_close(&b->app);
}

/* Noted as the detector would have. */
static int64_t tell(bench *b, const char *subject, const char *name, const char *value)
{
	detect_fact c = aid_claim(subject, name, value, DETECT_ADD);
	char err[256];
	int64_t id = 0;
	int op;

	return memory_learn(b->app.memory, b->app.relations, &c, "said", &op, &id, err, sizeof(err)) ? 0 : id;
}

/* Verifies every queued edit with keys and a delta that follow from the group's values alone, as a search's would. */
static int learn_all(bench *b)
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

static uint64_t weights(bench *b)
{
	char err[256];

	return learn_apply(&b->app, err, sizeof(err)) ? 0 : engine_layer_hash(b->app.engine);
}

/* ---- pure functions ---- */

static void answers_that_hold(void)
{
	CHECK(answer_holds("Your dog's name is Biscuit.", "Biscuit\n"));
	CHECK(answer_holds("your dog is BISCUIT", "Biscuit"));
	CHECK(answer_holds("You speak French, Spanish and Dutch.", "Dutch\nFrench\nSpanish\n"));
	CHECK(!answer_holds("You speak French and Dutch.", "Dutch\nFrench\nSpanish\n"));
	CHECK(!answer_holds("Your name is Annabel.", "Anna\n"));
	CHECK(!answer_holds("Your name is Joanna.", "anna\n"));
	CHECK(answer_holds("Your name is Anna, I think.", "Anna\n"));
	CHECK(!answer_holds("", "Biscuit\n"));
	CHECK(!answer_holds("Biscuit", ""));
	CHECK(!answer_holds("Biscuit", "\n"));
	CHECK(!answer_holds("Zo\xc3\xab", "Zo\n")); /* a part of a name is not the name */
	CHECK(answer_holds("It is Zo\xc3\xab.", "Zo\xc3\xab\n"));
	CHECK(answer_holds("Write to a@b.example!", "a@b.example\n"));
	CHECK(answer_holds("It is (555) 12-34.", "(555) 12-34\n"));
}

static void anchors(void)
{
	char out[QUESTION_MAX] = "untouched", tiny[4];
	bench b;

	REQUIRE(bench_open(&b, "anchors"));
	CHECK_INT(anchor_phrase(relations_find(b.app.relations, "I", "home"), "I", out, sizeof(out)), 0);
	CHECK_STR(out, "i live");
	CHECK_INT(anchor_phrase(relations_find(b.app.relations, "my dog", "name"), "my dog", out, sizeof(out)), 0);
	CHECK_STR(out, "my dog");
	CHECK_INT(anchor_phrase(relations_find(b.app.relations, "my dog", "breed"), "my dog", out, sizeof(out)), 0);
	CHECK_STR(out, "my dog");
	CHECK_INT(anchor_phrase(relations_find(b.app.relations, "my dog", "breed"), "my dog", tiny, sizeof(tiny)),
		  MEMORY_EARG);
	bench_close(&b);
}

static void questions_of_a_group(void)
{
	fact_question *q = NULL;
	size_t n = 0, own = 0, held = 0;
	char err[256], value[ANSWER_MAX];
	fact_group g;
	fact f;
	bench b;

	REQUIRE(bench_open(&b, "questions"));
	tell(&b, "I", "language", "Spanish");
	int64_t id = tell(&b, "I", "language", "Dutch");
	tell(&b, "I", "home", "Lisbon");
	REQUIRE(!memory_fact(b.app.memory, id, &f, err, sizeof(err)));
	REQUIRE(!group_of(&b.app, &f, &g, err, sizeof(err)));
	fact_release(&f);
	CHECK_INT(g.n, 2);
	group_value(&b.app, &g, value, sizeof(value));
	CHECK_STR(value, "Dutch and Spanish"); /* not in the order of telling */
	REQUIRE(!group_questions(&b.app, &g, 0, &q, &n, err, sizeof(err)));
	for (size_t i = 0; i < n; i++) {
		own += q[i].kind == QUESTION_SEARCH;
		held += q[i].kind == QUESTION_HELD;
		CHECK_STR(q[i].answer, "You speak Dutch and Spanish.");
		CHECK_STR(q[i].values, "Dutch\nSpanish\n");
	}
	CHECK_INT(own, 1);
	CHECK_INT(held, 1);
	CHECK(q[0].anchor_end == strlen("Which languages do I speak"));
	free(q);
	group_release(&g);
	bench_close(&b);
}

/* ---- which edits are queued again ---- */

static void forgetting_frees_siblings_only(void)
{
	char err[256];
	bench b;

	REQUIRE(bench_open(&b, "siblings"));
	int64_t name = tell(&b, "my dog", "name", "Biscuit"), breed = tell(&b, "my dog", "breed", "beagle");
	int64_t home = tell(&b, "I", "home", "Porto"), cat = tell(&b, "my cat", "name", "Momo");
	CHECK_INT(learn_all(&b), 4);
	CHECK_INT(learn_forget(&b.app, breed, err, sizeof(err)), 0);
	CHECK_INT(aid_state(b.app.memory, name), EDIT_QUEUED);
	CHECK_INT(aid_state(b.app.memory, home), EDIT_VERIFIED);
	CHECK_INT(aid_state(b.app.memory, cat), EDIT_VERIFIED);
	CHECK_INT(learn_all(&b), 1);
	/* One value in place of another never stood beside it. */
	int64_t lisbon = tell(&b, "I", "home", "Lisbon");
	CHECK_INT(learn_all(&b), 1);
	CHECK_INT(learn_forget(&b.app, lisbon, err, sizeof(err)), 0);
	CHECK_INT(learn_all(&b), 0);
	CHECK(learn_forget(&b.app, lisbon, err, sizeof(err)) == MEMORY_ENOENT);
	CHECK(learn_forget(&b.app, 999, err, sizeof(err)) == MEMORY_ENOENT);
	bench_close(&b);
}

static void undo_frees_siblings(void)
{
	char err[256];
	int64_t undone = 0;
	bench b;

	REQUIRE(bench_open(&b, "undo"));
	int64_t dutch = tell(&b, "I", "language", "Dutch"), french = tell(&b, "I", "language", "French");
	CHECK_INT(learn_all(&b), 2);
	CHECK_INT(learn_undo(&b.app, 0, &undone, err, sizeof(err)), 0);
	CHECK_INT(undone, french);
	CHECK_INT(aid_state(b.app.memory, dutch), EDIT_QUEUED);
	CHECK_INT(learn_all(&b), 1);
	CHECK_INT(learn_forget(&b.app, dutch, err, sizeof(err)), 0);
	CHECK_INT(learn_undo(&b.app, 0, &undone, err, sizeof(err)), 0);
	CHECK_INT(undone, dutch);
	CHECK_INT(aid_status(b.app.memory, dutch), FACT_ACTIVE);
	bench_close(&b);
}

/* ---- the weights are a function of the facts ---- */

static const char *const told[4][3] = {
	{ "I", "home", "Lisbon" }, { "my dog", "name", "Biscuit" }, { "my dog", "breed", "beagle" }, { "my cat", "name", "Momo" },
};

static void weights_follow_from_facts(void)
{
	uint64_t base, both, other;
	int64_t id[4];
	char err[256];
	bench b;

	REQUIRE(bench_open(&b, "four"));
	base = weights(&b);
	for (int i = 0; i < 4; i++) {
		id[i] = tell(&b, told[i][0], told[i][1], told[i][2]);
		CHECK_INT(learn_all(&b), 1);
	}
	CHECK(weights(&b) != base);
	CHECK_INT(learn_forget(&b.app, id[0], err, sizeof(err)), 0);
	CHECK_INT(learn_forget(&b.app, id[2], err, sizeof(err)), 0);
	CHECK_INT(learn_all(&b), 1); /* the dog's name, found without the breed */
	both = weights(&b);
	CHECK_INT(learn_forget(&b.app, id[1], err, sizeof(err)), 0);
	CHECK_INT(learn_forget(&b.app, id[3], err, sizeof(err)), 0);
	CHECK(weights(&b) == base);
	bench_close(&b);
	REQUIRE(bench_open(&b, "two"));
	tell(&b, told[3][0], told[3][1], told[3][2]);
	tell(&b, told[1][0], told[1][1], told[1][2]);
	CHECK_INT(learn_all(&b), 2);
	other = weights(&b);
	bench_close(&b);
	CHECK(both == other);
	/* And again from the ledger, as a new start does. */
	REQUIRE(bench_open(&b, "two"));
	CHECK(engine_layer_hash(b.app.engine) == other);
	bench_close(&b);
}

/* ---- a job and what happens to it ---- */

static void a_job_whose_fact_goes_is_dropped(void)
{
	char err[256];
	bench b;

	REQUIRE(bench_open(&b, "dropped"));
	int64_t name = tell(&b, "my dog", "name", "Biscuit"), breed = tell(&b, "my dog", "breed", "beagle");
	b.steps_left = 3;
	CHECK_INT(learn_step(&b.app), LEARN_PAUSED);
	CHECK(learn_working_on(&b.app) == name);
	/* Its group holds the breed: going on would write a forgotten value into the weights. */
	CHECK_INT(learn_forget(&b.app, breed, err, sizeof(err)), 0);
	b.steps_left = 3;
	CHECK_INT(learn_step(&b.app), LEARN_PAUSED);
	CHECK(learn_working_on(&b.app) == name); /* begun anew */
	CHECK_INT(learn_forget(&b.app, name, err, sizeof(err)), 0);
	CHECK_INT(learn_step(&b.app), LEARN_IDLE);
	CHECK(!learn_working(&b.app));
	bench_close(&b);
}

static void on_bus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!engine_fault(info->si_addr)) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

/* Somebody shortens the model's file: it is said, the edit waits, and with the file as it was all goes on. */
static void a_model_cut_short_loses_nothing(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };
	char text[600];
	const char *cut = aid_path("cut.gguf"), *said;
	tiny_model t = small_model();
	uint64_t before;
	bench b;

	REQUIRE(!sigaction(SIGBUS, &sa, NULL));
	tiny_model_write(&t, cut);
	snprintf(text, sizeof(text), "model %s", cut);
	REQUIRE(bench_open(&b, "cut"));
	turn_command(&b.app, text);
	CHECK(!strcmp(b.app.set->model, cut));
	tell(&b, "I", "home", "Porto");
	CHECK_INT(learn_all(&b), 1);
	before = weights(&b);
	int64_t dog = tell(&b, "my dog", "name", "Rex");

	b.steps_left = 2;
	CHECK_INT(learn_step(&b.app), LEARN_PAUSED);
	CHECK_INT(aid_state(b.app.memory, dog), EDIT_RUNNING);
	b.steps_left = -1;
	*b.notes = 0;
	CHECK(!truncate(cut, 100));
	CHECK_INT(learn_step(&b.app), LEARN_IDLE);
	CHECK_INT(learn_step(&b.app), LEARN_IDLE);
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE);
	CHECK_INT(aid_state(b.app.memory, dog), EDIT_QUEUED);
	said = strstr(b.notes, "cut.gguf was cut short");
	CHECK(said && !strstr(said + 1, "cut.gguf was cut short")); /* once */
	*b.notes = 0;
	turn_run(&b.app, "Where do I live?");
	CHECK(strstr(b.notes, "cut.gguf was cut short") != NULL);
	CHECK_INT(b.app.talk.n, 0);
	tiny_model_write(&t, cut);
	turn_command(&b.app, text);
	CHECK(engine_layer_hash(b.app.engine) == before);
	turn_run(&b.app, "Where do I live?");
	CHECK_INT(b.app.talk.n, 2);
	CHECK_INT(learn_all(&b), 1);
	signal(SIGBUS, SIG_DFL);
	bench_close(&b);
}

static void a_failed_edit_leaves_no_trace(void)
{
	uint64_t base;
	bench b;

	REQUIRE(bench_open(&b, "failed"));
	base = weights(&b);
	int64_t id = tell(&b, "I", "home", "Lisbon");
	while (learn_step(&b.app) != LEARN_IDLE)
		;
	CHECK_INT(aid_state(b.app.memory, id), EDIT_FAILED); /* a random model learns nothing */
	CHECK(!strncmp(b.last, "not learned #1: you live in Lisbon", 34));
	CHECK(engine_layer_hash(b.app.engine) == base);
	bench_close(&b);
}

static int no_disk(void *arg)
{
	(void)arg;
	return 1;
}

static void what_cannot_be_stored_is_not_learned(void)
{
	bench b;

	REQUIRE(bench_open(&b, "unstored"));
	int64_t id = tell(&b, "I", "home", "Lisbon");
	b.steps_left = 3;
	CHECK_INT(learn_step(&b.app), LEARN_PAUSED);
	memory_set_fault(b.app.memory, no_disk, NULL);
	b.steps_left = -1;
	CHECK_INT(learn_step(&b.app), LEARN_ENDED);
	CHECK(!strncmp(b.last, "not learned #1", 14));
	memory_set_fault(b.app.memory, NULL, NULL);
	bench_close(&b);
	/* The next start finds it cut off and queues it again. */
	REQUIRE(bench_open(&b, "unstored"));
	CHECK_INT(aid_state(b.app.memory, id), EDIT_QUEUED);
	bench_close(&b);
}

static int disk_once(void *arg)
{
	int *left = arg;

	return (*left)-- == 1;
}

static void what_met_an_error_is_put_off(void)
{
	int left = 1;
	bench b;

	REQUIRE(bench_open(&b, "putoff"));
	int64_t id = tell(&b, "I", "home", "Lisbon");
	b.steps_left = 3;
	CHECK_INT(learn_step(&b.app), LEARN_PAUSED);
	memory_set_fault(b.app.memory, disk_once, &left); /* what was found cannot be stored */
	b.steps_left = -1;
	CHECK_INT(learn_step(&b.app), LEARN_ENDED);
	CHECK(strstr(b.notes, "put off #1: you live in Lisbon: ") != NULL);
	CHECK_INT(aid_state(b.app.memory, id), EDIT_QUEUED);
	CHECK_INT(learn_step(&b.app), LEARN_IDLE); /* not at once: that would fail for ever */
	memory_set_fault(b.app.memory, NULL, NULL);
	bench_close(&b);
}

/* As if time had passed. */
static bool ledger_change(const char *dir, const char *statement)
{
	char path[512];
	sqlite3 *db = NULL;
	bool ok;

	snprintf(path, sizeof(path), "%s/ledger.db", aid_path(dir));
	ok = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, statement, NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	return ok;
}

/* Five errors are enough; why it was given up stands where the user looks, and /retry begins anew. */
static void what_is_given_up_says_why(void)
{
	char err[256];
	edit_record e;
	int state = -1;
	bench b;

	REQUIRE(bench_open(&b, "givenup"));
	tell(&b, "I", "home", "Lisbon");
	for (int i = 0; i < 5; i++) {
		REQUIRE(ledger_change("givenup", "UPDATE edits SET not_before = 0"));
		REQUIRE(!memory_claim(b.app.memory, &e, err, sizeof(err)));
		CHECK_INT(memory_postpone(b.app.memory, e.id, "the disk is full", &state, err, sizeof(err)), 0);
		edit_record_release(&e);
		b.notes[0] = 0;
		turn_command(&b.app, "queue");
		CHECK(i == 4 || strstr(b.notes, "the disk is full") != NULL);
	}
	CHECK_INT(state, EDIT_FAILED);
	b.notes[0] = 0;
	turn_command(&b.app, "history");
	CHECK(strstr(b.notes, "given up after 5 attempts: the disk is full") != NULL);
	b.notes[0] = 0;
	turn_command(&b.app, "why 1");
	CHECK(strstr(b.notes, "given up after 5 attempts: the disk is full") != NULL);
	turn_command(&b.app, "retry 1");
	CHECK_INT(learn_all(&b), 1);
	bench_close(&b);
}

static void a_purge_is_forgetting_too(void)
{
	memory_purged p;
	char err[256];
	uint64_t base;
	int lines;
	fact f;
	bench b;

	REQUIRE(bench_open(&b, "purged"));
	tell(&b, "I", "home", "Porto");
	CHECK_INT(learn_all(&b), 1);
	base = weights(&b);
	int64_t name = tell(&b, "my dog", "name", "Biscuit");
	int64_t breed = tell(&b, "my dog", "breed", "terrier");
	CHECK_INT(learn_all(&b), 2);
	CHECK(weights(&b) != base);
	b.app.learn_mode = LEARN_OFF;
	turn_run(&b.app, "Biscuit is asleep.");
	turn_run(&b.app, "Good.");
	CHECK_INT(learn_purge(&b.app, name, &p, &lines, err, sizeof(err)), 0);
	REQUIRE(b.app.talk.n == 4);
	CHECK_STR(b.app.talk.turns[0].text, "(removed)"); /* and so it is when it is said again */
	CHECK_STR(b.app.talk.turns[2].text, "Good.");
	CHECK_INT(memory_fact(b.app.memory, name, &f, err, sizeof(err)), MEMORY_ENOENT);
	CHECK_INT(aid_state(b.app.memory, breed), EDIT_QUEUED); /* its delta was found for both */
	CHECK_INT(aid_blobs(b.app.memory, true), 1);
	CHECK(engine_layer_hash(b.app.engine) == base);
	CHECK_INT(learn_purge(&b.app, 99, &p, &lines, err, sizeof(err)), MEMORY_ENOENT);
	bench_close(&b);
}

/* ---- noticing ---- */

static void unsure_words_are_asked_about(void)
{
	char err[256];
	bench b;

	REQUIRE(bench_open(&b, "asked"));
	int64_t porto = tell(&b, "I", "home", "Porto");
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), MEMORY_EARG);
	b.app.asked_fact = aid_claim("I", "home", "Lisbon", DETECT_ADD);
	b.app.asked_fact.confidence = 0.2;
	b.app.asked = true;
	CHECK_INT(learn_answer(&b.app, 'i', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, porto), FACT_ACTIVE);
	b.app.asked = true;
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, porto), FACT_SUPERSEDED);
	CHECK(strstr(b.notes, "you live in Lisbon") != NULL);
	CHECK(!b.app.asked);
	bench_close(&b);
}

static void in_ask_mode_nothing_is_noted_unasked(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "askmode"));
	b.app.learn_mode = LEARN_ASK;
	CHECK_INT(learn_text(&b.app, "My dog is called Biscuit.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.asked);
	CHECK(strstr(b.notes, "Remember: your dog's name is Biscuit?") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), -100);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	CHECK_INT(learn_text(&b.app, "My dog is called Rex.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(strstr(b.notes, "You said on ") != NULL);
	CHECK(strstr(b.notes, "Replace, ignore? [r/i]") != NULL);
	CHECK_INT(learn_answer(&b.app, 'x', err, sizeof(err)), 0); /* any other key leaves it */
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	/* asked for by name: no question; two at once: one question, and the other is not lost in silence */
	CHECK_INT(learn_text(&b.app, "My dog is called Rex.", true, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(learn_text(&b.app, "I live in Porto. My cat is called Tom.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(strstr(b.notes, "not noted yet: ") != NULL);
	bench_close(&b);
}

static void what_a_replaced_message_told_is_undone(void)
{
	bench b;

	REQUIRE(bench_open(&b, "replaced"));
	turn_run(&b.app, "I live in Porto.");
	turn_run(&b.app, "I live in Lisbon. My dog is called Rex.");
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	turn_redo(&b.app, NULL); /* another reply, the same words */
	CHECK_INT(aid_status(b.app.memory, 2), FACT_ACTIVE);
	turn_redo(&b.app, "My dog is called Rex.");
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	CHECK(aid_status(b.app.memory, 2) != FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE); /* not learned anew */
	CHECK_INT(aid_status(b.app.memory, 4), -100);
	turn_redo(&b.app, "My dog is called Max.");
	CHECK_INT(aid_status(b.app.memory, 4), FACT_ACTIVE);
	turn_redo(&b.app, "Hello.");
	CHECK(aid_status(b.app.memory, 4) != FACT_ACTIVE);
	CHECK(aid_status(b.app.memory, 3) != FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE); /* the message before it stays */
	bench_close(&b);
}

/* Whatever the old message did to the ledger: the weights are those of before it, bit for bit. */
static void a_replaced_message_leaves_no_trace(void)
{
	static const struct {
		const char *said, *instead, *back; /* back: in the ledger again at once, or NULL where nothing had gone */
	} cases[] = {
		{ "I moved to Rome.", "I love Rome.", "you live in Oslo" },
		{ "I no longer live in Oslo.", "I still like it here.", "you live in Oslo" },
		{ "I no longer speak Dutch.", "Dutch is hard.", "you speak Dutch" },
		{ "I moved to Rome. My dog is called Max. I speak Polish.", "Never mind.", "your dog's name is Rex" },
		{ "My cat is called Momo.", "My cat is asleep.", NULL },
		{ "I live in Rome. No, I live in Paris.", "Rome and Paris are far apart.", "you live in Oslo" },
	};
	char dir[32];
	bench b;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t before;
		fact *f = NULL;
		size_t n = 0;

		snprintf(dir, sizeof(dir), "trace%zu", i);
		REQUIRE(bench_open(&b, dir));
		tell(&b, "I", "home", "Oslo");
		tell(&b, "my dog", "name", "Rex");
		tell(&b, "I", "language", "Dutch");
		tell(&b, "I", "language", "French");
		CHECK_INT(learn_all(&b), 4);
		before = weights(&b);
		turn_run(&b.app, cases[i].said);
		CHECK(learn_all(&b) >= 0);
		if (!CHECK(weights(&b) != before))
			printf("  %s\n", cases[i].said);
		*b.notes = 0;
		turn_redo(&b.app, cases[i].instead);
		CHECK(!cases[i].back || strstr(b.notes, cases[i].back));
		CHECK(learn_all(&b) >= 0);
		if (!CHECK(weights(&b) == before))
			printf("  %s\n", cases[i].said);
		CHECK_INT(memory_facts(b.app.memory, NULL, true, &f, &n, NULL, 0), 0);
		CHECK_INT(n, 4);
		facts_free(f, n);
		bench_close(&b);
	}
}

/* What both messages say stays as it is; a later value takes the place of what stood before the old message. */
static void a_replaced_message_keeps_what_it_says_again(void)
{
	char err[256] = "";
	int64_t ids[4], undone = 0;
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "again"));
	int64_t oslo = tell(&b, "I", "home", "Oslo");

	turn_run(&b.app, "I moved to Rome.");
	turn_redo(&b.app, "I moved to Paris.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_SUPERSEDED);
	CHECK_INT(learn_undo(&b.app, 0, &undone, err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE); /* Rome was never said */
	turn_run(&b.app, "I no longer live in Oslo. My dog is called Rex.");
	turn_redo(&b.app, "I no longer live in Oslo.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	CHECK_INT(learn_text(&b.app, "My cat is called Momo.", true, ids, 4, &n, err, sizeof(err)), 1); /* /remember in between */
	turn_redo(&b.app, "I am tired.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, ids[0]), FACT_ACTIVE);
	/* what the user saw to meanwhile stays so */
	*b.notes = 0;
	turn_run(&b.app, "My dog is called Max.");
	CHECK_INT(b.app.n_deeds, 1);
	CHECK_INT(learn_undo(&b.app, 0, &undone, err, sizeof(err)), 0);
	turn_redo(&b.app, "Hello.");
	CHECK(aid_status(b.app.memory, undone) != FACT_ACTIVE);
	CHECK(!strstr(b.notes, "not all that"));
	/* the answer to a question is the message's, too */
	b.app.learn_mode = LEARN_ASK;
	turn_run(&b.app, "I no longer live in Oslo.");
	CHECK(b.app.asked);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	turn_redo(&b.app, "Oslo is cold.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE);
	/* a correction in the new text is of the message before, not of the one it replaces */
	b.app.learn_mode = LEARN_AUTO;
	*b.notes = 0;
	turn_run(&b.app, "My cat is called Mimi.");
	turn_run(&b.app, "No, Lulu.");
	turn_redo(&b.app, "No, Lola.");
	CHECK(strstr(b.notes, "your cat's name is Lola") != NULL);
	bench_close(&b);
}

/* "Forget ..." does what /forget does, asks where several are meant, and touches nothing that was not meant. */
static void a_request_to_forget_is_done(void)
{
	uint64_t base, before;
	bench b;

	REQUIRE(bench_open(&b, "request"));
	base = weights(&b);
	turn_run(&b.app, "forget where I live"); /* nothing is known */
	CHECK(strstr(b.notes, "no fact matches \"home\"") != NULL);
	CHECK_INT(b.app.talk.n, 2);
	int64_t oslo = tell(&b, "I", "home", "Oslo"), rex = tell(&b, "my dog", "name", "Rex");
	int64_t beagle = tell(&b, "my dog", "breed", "beagle"), momo = tell(&b, "my cat", "name", "Momo");

	CHECK(learn_all(&b) > 0);
	before = weights(&b);
	turn_run(&b.app, "don't forget where I live");
	turn_run(&b.app, "I always forget my dog");
	CHECK(weights(&b) == before);
	*b.notes = 0;
	turn_run(&b.app, "Please forget where I live.");
	CHECK(strstr(b.notes, "forgotten #1: you live in Oslo. The weights are as if it had never been said.") != NULL);
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	CHECK_STR(b.app.talk.turns[b.app.talk.n - 1].text, "Forgotten."); /* no value is left for the model to read */
	turn_redo(&b.app, NULL); /* no other reply */
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	turn_redo(&b.app, "Forget nothing."); /* and it can be taken back */
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE);
	CHECK(learn_all(&b) >= 0);
	CHECK(weights(&b) == before);
	/* several */
	*b.notes = 0;
	turn_run(&b.app, "forget my dog");
	CHECK(strstr(b.notes, "Which of these?") && strstr(b.notes, "#2 your dog's name is Rex\n#3 your dog is a beagle"));
	CHECK_INT(aid_status(b.app.memory, rex), FACT_ACTIVE);
	turn_run(&b.app, "4"); /* was not asked about */
	CHECK_INT(aid_status(b.app.memory, momo), FACT_ACTIVE);
	turn_run(&b.app, "3"); /* too late: another message came between */
	CHECK_INT(aid_status(b.app.memory, beagle), FACT_ACTIVE);
	turn_run(&b.app, "forget my dog");
	turn_run(&b.app, "#3");
	CHECK_INT(aid_status(b.app.memory, beagle), FACT_FORGOTTEN);
	turn_run(&b.app, "forget everything you know about me");
	turn_run(&b.app, "none");
	CHECK_INT(aid_status(b.app.memory, rex), FACT_ACTIVE);
	turn_run(&b.app, "forget everything you know about me");
	turn_run(&b.app, "All of them.");
	CHECK(aid_status(b.app.memory, rex) == FACT_FORGOTTEN && aid_status(b.app.memory, oslo) == FACT_FORGOTTEN);
	CHECK(weights(&b) == base);
	/* what was just said */
	turn_run(&b.app, "My dog is called Max.");
	turn_run(&b.app, "Forget what I just told you.");
	CHECK(strstr(b.notes, "It is as if you had not said it.") != NULL);
	CHECK(weights(&b) == base);
	*b.notes = 0;
	turn_run(&b.app, "Forget Max!"); /* nobody by that name any more: talk */
	CHECK(!strstr(b.notes, "no fact matches"));
	/* by words alone it is asked about; /forget takes the same words */
	int64_t max = tell(&b, "my dog", "name", "Max");

	turn_run(&b.app, "forget my Max thing");
	turn_run(&b.app, "forget my max");
	CHECK(strstr(b.notes, "Do you mean this?") != NULL);
	CHECK_INT(aid_status(b.app.memory, max), FACT_ACTIVE);
	turn_run(&b.app, "yes");
	CHECK_INT(aid_status(b.app.memory, max), FACT_FORGOTTEN);
	tell(&b, "I", "home", "Rome");
	turn_command(&b.app, "forget where I live");
	CHECK(strstr(b.notes, "you live in Rome. The weights are") != NULL);
	bench_close(&b);
}

static void a_short_correction_means_the_last_message(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "corrected"));
	CHECK_INT(learn_text(&b.app, "my cat is called Momo", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_text(&b.app, "no, Mimi", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK(strstr(b.notes, "your cat's name is Mimi") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(learn_text(&b.app, "wait, Mimmi", false, ids, 4, &n, err, sizeof(err)), 1); /* of the correction */
	CHECK_INT(aid_status(b.app.memory, 2), FACT_SUPERSEDED);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	/* A message that says nothing of the kind ends it, and so do /new, /undo and /forget. */
	CHECK_INT(learn_text(&b.app, "What do cats eat?", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "no, Lulu", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "I live in Porto", false, ids, 4, &n, err, sizeof(err)), 1);
	turn_new(&b.app);
	CHECK_INT(learn_text(&b.app, "not Porto, Lisbon", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "I live in Porto", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_forget(&b.app, 4, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "not Porto, Lisbon", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	bench_close(&b);
}

/* A second sister, mentioned in passing, does not take the place of the first; a plain statement does. */
static void what_is_said_in_passing_replaces_nothing(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "passing"));
	CHECK_INT(learn_text(&b.app, "My dog Rex is asleep.", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_text(&b.app, "My dog Max is asleep.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.asked && strstr(b.notes, "your dog's name is Rex. Now: your dog's name is Max. Replace, ignore? [r/i]") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	learn_ask_clear(&b.app);
	CHECK_INT(learn_text(&b.app, "My dog Rex is awake.", false, ids, 4, &n, err, sizeof(err)), 1); /* known */
	CHECK_INT(learn_text(&b.app, "My dog is called Max.", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	bench_close(&b);
}

static void a_doubtful_correction_is_asked_about(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "doubted"));
	CHECK_INT(learn_text(&b.app, "my dog is called Rex", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_text(&b.app, "no, biscuit", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.asked);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(learn_text(&b.app, "Bisquit, not biscuit", false, ids, 4, &n, err, sizeof(err)), 1); /* of what was answered */
	CHECK(strstr(b.notes, "Bisquit") != NULL);
	bench_close(&b);
}

/* A no makes a question, and nothing else does; the random model's yes is turned by what counts as one. */
static void a_second_opinion_makes_questions(void)
{
	static const char text[] = "My dog is called Rex.", home[] = "I live in Porto.";
	char err[256] = "";
	detect_result d = { 0 };
	int64_t ids[4];
	double yes = -1, again = -1;
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "opinion"));
	CHECK(learn_may_judge(&b.app)); /* no value code */
	CHECK(b.app.yes_least == 0);    /* off unless asked for */
	REQUIRE(!detect(b.app.relations, text, strlen(text), false, &d, err, sizeof(err)) && d.n_facts == 1);
	CHECK_INT(learn_opinion(&b.app, text, d.facts, &yes, err, sizeof(err)), 0);
	CHECK_INT(learn_opinion(&b.app, text, d.facts, &again, err, sizeof(err)), 0);
	CHECK(yes > 0 && yes < 1 && yes == again);
	CHECK(!learn_doubts(&b.app, text, d.facts));
	b.app.yes_least = yes / 2;
	CHECK(!learn_doubts(&b.app, text, d.facts));
	b.app.yes_least = 1;
	CHECK(learn_doubts(&b.app, text, d.facts));
	CHECK_INT(learn_text(&b.app, text, false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.asked && strstr(b.notes, "Remember: your dog's name is Rex?") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), -100);
	learn_ask_clear(&b.app);
	CHECK_INT(learn_text(&b.app, text, true, ids, 4, &n, err, sizeof(err)), 1); /* /remember: no question */
	CHECK(!b.app.asked);
	d.facts[0].op = DETECT_RETRACT;
	CHECK(!learn_doubts(&b.app, text, d.facts)); /* what is taken back is */
	detect_free(&d);
	turn_command(&b.app, "set second-opinion off");
	CHECK_INT(learn_text(&b.app, home, false, ids, 4, &n, err, sizeof(err)), 1);
	turn_command(&b.app, "set second-opinion on");
	CHECK(b.app.yes_least > 0 && b.app.yes_least < 1);
	bench_close(&b);
}

static void what_the_weights_lost_is_learned_again(void)
{
	char err[256];
	int64_t id;
	bench b;

	REQUIRE(bench_open(&b, "selfcheck"));
	id = tell(&b, "I", "home", "Porto");
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE); /* not in the weights yet */
	CHECK_INT(learn_all(&b), 1);
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE); /* looked at less than a day ago */
	b.app.incognito = true;
	CHECK_INT(memory_check_due(b.app.memory, 0, &id, err, sizeof(err)), 0);
	bench_close(&b);
	REQUIRE(ledger_change("selfcheck", "UPDATE facts SET last_verified = 1"));
	REQUIRE(bench_open(&b, "selfcheck"));
	b.app.incognito = true;
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE);
	b.app.incognito = false;
	/* The random model answers nothing of the kind. */
	CHECK_INT(learn_self_check(&b.app), LEARN_ENDED);
	CHECK_INT(aid_state(b.app.memory, id), EDIT_QUEUED);
	CHECK(strstr(b.notes, "learned again") != NULL);
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE);
	bench_close(&b);
}

static void a_statement_is_noted_once(void)
{
	int64_t ids[4];
	size_t n = 0;
	char err[256] = "";
	bench b;

	REQUIRE(bench_open(&b, "noted"));
	CHECK_INT(learn_text(&b.app, "My dog is called Biscuit.", true, ids, 4, &n, err, sizeof(err)), 1);
	REQUIRE(n == 1);
	CHECK(strstr(b.notes, "your dog's name is Biscuit") != NULL);
	CHECK_INT(learn_text(&b.app, "My dog is called Biscuit.", true, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(n, 1); /* it is held, and says which */
	CHECK_INT(ids[0], 1);
	CHECK_INT(learn_text(&b.app, "What is my dog called?", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(n, 0);
	bench_close(&b);
}

static void many_are_reported_without_a_ledger(void)
{
	app a = { 0 };
	char err[256], *text = NULL;
	size_t size = 0;
	int64_t id;
	FILE *f = open_memstream(&text, &size);

	REQUIRE(f != NULL);
	CHECK_INT(report_facts(&a, f, NULL, true, err, sizeof(err)), 0);
	CHECK_INT(report_edits(&a, f, true, NULL, 0, true, err, sizeof(err)), 0);
	CHECK_INT(report_choose(&a, f, "dog", false, &id, err, sizeof(err)), MEMORY_ENOENT);
	fclose(f);
	CHECK_INT(size, 0);
	free(text);
}

static bool write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	return f && fputs(text, f) >= 0 && !fclose(f);
}

int main(int argc, char **argv)
{
	tiny_model t = small_model();

	if (argc == 3 && !strcmp(argv[1], "--tiny")) {
		tiny_model_write(&t, argv[2]);
		return 0;
	}
	if (!aid_init("test-learn"))
		return 1;
	snprintf(assets, sizeof(assets), "%s", aid_dir);
	snprintf(model_path, sizeof(model_path), "%s", aid_path("tiny.gguf"));
	tiny_model_write(&t, model_path);
	if (!write_file(aid_path("relations.txt"), table) ||
	    !write_file(aid_path("calibration.txt"), "The quick brown fox.\nWhere do I live?\n"))
		return 1;
	TEST_RUN(answers_that_hold);
	TEST_RUN(anchors);
	TEST_RUN(questions_of_a_group);
	TEST_RUN(forgetting_frees_siblings_only);
	TEST_RUN(undo_frees_siblings);
	TEST_RUN(weights_follow_from_facts);
	TEST_RUN(a_job_whose_fact_goes_is_dropped);
	TEST_RUN(a_model_cut_short_loses_nothing);
	TEST_RUN(a_failed_edit_leaves_no_trace);
	TEST_RUN(what_cannot_be_stored_is_not_learned);
	TEST_RUN(unsure_words_are_asked_about);
	TEST_RUN(what_met_an_error_is_put_off);
	TEST_RUN(what_is_given_up_says_why);
	TEST_RUN(a_purge_is_forgetting_too);
	TEST_RUN(in_ask_mode_nothing_is_noted_unasked);
	TEST_RUN(what_a_replaced_message_told_is_undone);
	TEST_RUN(a_replaced_message_leaves_no_trace);
	TEST_RUN(a_replaced_message_keeps_what_it_says_again);
	TEST_RUN(a_request_to_forget_is_done);
	TEST_RUN(a_short_correction_means_the_last_message);
	TEST_RUN(what_is_said_in_passing_replaces_nothing);
	TEST_RUN(a_doubtful_correction_is_asked_about);
	TEST_RUN(a_second_opinion_makes_questions);
	TEST_RUN(what_the_weights_lost_is_learned_again);
	TEST_RUN(a_statement_is_noted_once);
	TEST_RUN(many_are_reported_without_a_ledger);
	aid_done();
	return test_done();
}
