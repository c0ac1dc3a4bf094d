/*
 * The way from facts to weights, with a tiny random model: what is asked, what counts as an answer, which edits are queued
 * again, and that the weights depend on the facts alone. `test_learn --tiny FILE` writes that model, for the shell tests.
 */
#include "tests/learn_aid.h"

#include "tui/facts_file.h"

#include <signal.h>

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
	CHECK_INT(learn_undo(&b.app, 0, NULL, &undone, err, sizeof(err)), 0);
	CHECK_INT(undone, french);
	CHECK_INT(aid_state(b.app.memory, dutch), EDIT_QUEUED);
	CHECK_INT(learn_all(&b), 1);
	CHECK_INT(learn_forget(&b.app, dutch, err, sizeof(err)), 0);
	CHECK_INT(learn_undo(&b.app, 0, NULL, &undone, err, sizeof(err)), 0);
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

/* What one model has forgotten no other one gives back: neither its weights nor its deltas in the ledger. */
static void forgetting_reaches_the_models_not_open(void)
{
	memory_purged p;
	char err[256], dir[16];
	uint64_t never;
	int lines;
	bench b;

	REQUIRE(bench_open(&b, "one"));
	tell(&b, "my dog", "name", "Biscuit");
	CHECK_INT(learn_all(&b), 1);
	never = weights(&b);
	bench_close(&b);
	for (int purges = 0; purges <= 1; purges++) {
		snprintf(dir, sizeof(dir), "models%d", purges);
		REQUIRE(bench_open(&b, dir));
		int64_t name = tell(&b, "my dog", "name", "Biscuit"), breed = tell(&b, "my dog", "breed", "beagle");
		CHECK_INT(learn_all(&b), 2);
		bench_close(&b);
		REQUIRE(bench_open_at(&b, dir, 0));
		CHECK_INT(learn_all(&b), 2);
		if (purges)
			CHECK_INT(learn_purge(&b.app, breed, &p, &lines, err, sizeof(err)), 0);
		else
			CHECK_INT(learn_forget(&b.app, breed, err, sizeof(err)), 0);
		CHECK_INT(ledger_count(dir, "SELECT count(*) FROM blobs"), 0);
		CHECK_INT(learn_all(&b), 1);
		bench_close(&b);
		REQUIRE(bench_open(&b, dir));
		CHECK_INT(aid_state(b.app.memory, name), EDIT_QUEUED);
		CHECK_INT(learn_all(&b), 1);
		CHECK(weights(&b) == never);
		bench_close(&b);
	}
}

static int polls_left;

static bool stop_from_now(void *arg)
{
	(void)arg;
	return polls_left-- <= 0;
}

/* Stopped while what was learned is put into the weights, too, the opening ends; and the next one does all of it. */
static void opening_can_be_stopped_anywhere(void)
{
	int polls = 0, code = 1, late = 0;
	uint64_t known;
	bench b;

	REQUIRE(bench_open(&b, "stopped"));
	tell(&b, "my dog", "name", "Biscuit");
	CHECK_INT(learn_all(&b), 1);
	known = weights(&b);
	bench_close(&b);
	for (; code; polls += polls / 2 + 1) {
		char err[512] = "";

		REQUIRE(polls < 100000);
		polls_left = polls;
		b.app = (app){ .stop_reply = stop_from_now };
		code = app_open(&b.app, &b.set, false, err, sizeof(err));
		if (!code)
			CHECK(weights(&b) == known);
		else if (!CHECK(strstr(err, "tiny.gguf: stopped before")))
			printf("  %s\n", err);
		late += strstr(err, "before what was learned was in its weights") != NULL;
		app_close(&b.app);
	}
	CHECK(late > 0);
}

static int disk_once(void *arg)
{
	int *left = arg;

	return (*left)-- == 1;
}

/* Cut off anywhere, a fact is forgotten and its sibling queued, or neither. */
static void forgetting_is_done_or_not_begun(void)
{
	char err[256];
	int fails = 0, rc = -1;
	bench b;

	REQUIRE(bench_open(&b, "cutoff"));
	int64_t name = tell(&b, "my dog", "name", "Biscuit"), breed = tell(&b, "my dog", "breed", "beagle");
	CHECK_INT(learn_all(&b), 2);
	for (; rc && fails < 50; fails += rc != 0) {
		int left = fails + 1;

		memory_set_fault(b.app.memory, disk_once, &left);
		rc = learn_forget(&b.app, breed, err, sizeof(err));
		memory_set_fault(b.app.memory, NULL, NULL);
		CHECK_INT(aid_status(b.app.memory, breed), rc ? FACT_ACTIVE : FACT_FORGOTTEN);
		CHECK_INT(aid_state(b.app.memory, name), rc ? EDIT_VERIFIED : EDIT_QUEUED);
		CHECK_INT(ledger_count("cutoff", "SELECT sum(check_failed) FROM facts"), 0);
	}
	CHECK(!rc && fails > 5);
	bench_close(&b);
}

/* Forgets or purges with the disk failing once, later and later, until it is done. */
static bool goes_in_spite(bench *b, int64_t id, bool purges)
{
	memory_purged p;
	char err[256];
	int lines, rc = -1;

	for (int n = 1; rc && n < 50; n++) {
		int left = n;

		memory_set_fault(b->app.memory, disk_once, &left);
		rc = purges ? learn_purge(&b->app, id, &p, &lines, err, sizeof(err)) : learn_forget(&b->app, id, err, sizeof(err));
		memory_set_fault(b->app.memory, NULL, NULL);
	}
	return !rc;
}

/* What was forgotten is out of the weights at once, and the rest comes back when they can be rebuilt. The deltas look damaged,
 * which cannot be noted. */
static void weights_that_cannot_be_rebuilt_forget_all(void)
{
	uint64_t base, home;
	char err[256];
	int left = 1;
	fact f;
	bench b;

	REQUIRE(bench_open(&b, "stale"));
	base = weights(&b);
	tell(&b, "I", "home", "Porto");
	CHECK_INT(learn_all(&b), 1);
	home = weights(&b);
	int64_t cat = tell(&b, "my cat", "name", "Momo"), dog = tell(&b, "my dog", "name", "Rex");
	CHECK_INT(learn_all(&b), 2);
	CHECK(weights(&b) != home && home != base);
	REQUIRE(ledger_change("stale", "UPDATE blobs SET checksum = checksum - 1; UPDATE facts SET last_verified = 1"));
	CHECK(goes_in_spite(&b, cat, false));
	CHECK(strstr(b.notes, "the weights could not be rebuilt: ") != NULL);
	CHECK(engine_layer_hash(b.app.engine) == base);
	CHECK(goes_in_spite(&b, dog, true));
	CHECK_INT(memory_fact(b.app.memory, dog, &f, err, sizeof(err)), MEMORY_ENOENT);
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE); /* nothing is asked of base weights */
	CHECK_INT(ledger_count("stale", "SELECT count(*) FROM events WHERE kind LIKE 'check%'"), 0);
	memory_set_fault(b.app.memory, disk_once, &left);
	CHECK_INT(learn_step(&b.app), LEARN_IDLE);
	memory_set_fault(b.app.memory, NULL, NULL);
	CHECK(engine_layer_hash(b.app.engine) == base);
	REQUIRE(ledger_change("stale", "UPDATE blobs SET checksum = checksum + 1"));
	CHECK_INT(learn_step(&b.app), LEARN_IDLE);
	CHECK(engine_layer_hash(b.app.engine) == home);
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

/* Its search may have failed because of the one that goes now. */
static void a_sibling_that_failed_is_tried_again(void)
{
	edit_record e;
	char err[256];
	bench b;

	REQUIRE(bench_open(&b, "failedone"));
	int64_t name = tell(&b, "my dog", "name", "Biscuit");
	CHECK_INT(learn_all(&b), 1);
	int64_t breed = tell(&b, "my dog", "breed", "beagle"), home = tell(&b, "I", "home", "Porto");
	for (int i = 0; i < 2; i++) {
		REQUIRE(!memory_claim(b.app.memory, &e, err, sizeof(err)));
		e.state = EDIT_FAILED;
		CHECK_INT(memory_store_edit(b.app.memory, &e, NULL, err, sizeof(err)), 0);
		edit_record_release(&e);
	}
	CHECK_INT(aid_state(b.app.memory, breed), EDIT_FAILED);
	CHECK_INT(learn_forget(&b.app, name, err, sizeof(err)), 0);
	CHECK_INT(aid_state(b.app.memory, breed), EDIT_QUEUED);
	CHECK_INT(aid_state(b.app.memory, home), EDIT_FAILED); /* elsewhere: it waits for /retry */
	bench_close(&b);
}

static void an_import_that_replaces_frees_siblings(void)
{
	memory_imported done = { 0 };
	size_t secrets = 0;
	char err[256] = "";
	bench b;

	REQUIRE(bench_open(&b, "importing"));
	int64_t name = tell(&b, "my dog", "name", "Biscuit"), home = tell(&b, "I", "home", "Porto");
	int64_t breed = tell(&b, "my dog", "breed", "beagle");
	CHECK_INT(learn_all(&b), 3);
	REQUIRE(write_file(aid_path("in.jsonl"), "{\"subject\":\"my dog\",\"relation\":\"breed\",\"value\":\"poodle\"}\n"
						 "{\"subject\":\"my cat\",\"relation\":\"name\",\"value\":\"Tom\"}\n"));
	CHECK_INT(facts_import(&b.app, aid_path("in.jsonl"), true, &done, &secrets, err, sizeof(err)), 0);
	CHECK(done.replaced == 1 && done.added == 1);
	CHECK_INT(aid_status(b.app.memory, breed), FACT_SUPERSEDED);
	CHECK_INT(aid_state(b.app.memory, name), EDIT_QUEUED); /* its delta was found for both */
	CHECK_INT(aid_state(b.app.memory, home), EDIT_VERIFIED);
	bench_close(&b);
}

/* A fact that is learned again is known until that has succeeded, whatever else is purged meanwhile. */
static void a_purge_leaves_what_still_serves(void)
{
	memory_purged p;
	char err[256];
	bool queued = false;
	int lines;
	bench b;

	REQUIRE(bench_open(&b, "serves"));
	int64_t home = tell(&b, "I", "home", "Porto"), cat = tell(&b, "my cat", "name", "Tom");
	CHECK_INT(learn_all(&b), 2);
	CHECK_INT(memory_checked(b.app.memory, home, false, &queued, err, sizeof(err)), 0);
	CHECK(queued);
	CHECK_INT(learn_purge(&b.app, cat, &p, &lines, err, sizeof(err)), 0);
	CHECK_INT(aid_blobs(b.app.memory, true), 1);
	bench_close(&b);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--tiny")) {
		const tiny_model t = small_model();

		tiny_model_write(&t, argv[2]);
		return 0;
	}
	if (!learn_aid_init("test-learn"))
		return 1;
	TEST_RUN(answers_that_hold);
	TEST_RUN(anchors);
	TEST_RUN(questions_of_a_group);
	TEST_RUN(forgetting_frees_siblings_only);
	TEST_RUN(undo_frees_siblings);
	TEST_RUN(weights_follow_from_facts);
	TEST_RUN(forgetting_reaches_the_models_not_open);
	TEST_RUN(opening_can_be_stopped_anywhere);
	TEST_RUN(forgetting_is_done_or_not_begun);
	TEST_RUN(weights_that_cannot_be_rebuilt_forget_all);
	TEST_RUN(a_job_whose_fact_goes_is_dropped);
	TEST_RUN(a_model_cut_short_loses_nothing);
	TEST_RUN(a_failed_edit_leaves_no_trace);
	TEST_RUN(what_cannot_be_stored_is_not_learned);
	TEST_RUN(what_met_an_error_is_put_off);
	TEST_RUN(what_is_given_up_says_why);
	TEST_RUN(a_purge_is_forgetting_too);
	TEST_RUN(a_sibling_that_failed_is_tried_again);
	TEST_RUN(an_import_that_replaces_frees_siblings);
	TEST_RUN(a_purge_leaves_what_still_serves);
	aid_done();
	return test_done();
}
