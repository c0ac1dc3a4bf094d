/* The edit queue: order, states, crashes, models, results and their blobs. */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <math.h>

/* Three facts about dogs, homes and hobbies: edits 1, 2, 3. */
static memory *three(const char *name)
{
	memory *m = aid_open(name, false, NULL);

	if (!m)
		return NULL;
	CHECK_INT(aid_learn(m, "my dog", "name", "Biscuit", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "hobby", "chess", DETECT_ADD, NULL), DETECT_ADD);
	return m;
}

static int64_t count(memory *m, const char *sql)
{
	int64_t n = -1;

	return sql_int(m, &n, sql, "") == 1 ? n : -1;
}

static void test_claims_in_order(void)
{
	memory *m = three("order");
	edit_record e;

	REQUIRE(m != NULL);
	for (int64_t i = 1; i <= 3; i++) {
		REQUIRE(!memory_claim(m, &e, aid_err, sizeof(aid_err)));
		CHECK_INT(e.fact_id, i);
		CHECK_INT(e.state, EDIT_RUNNING);
		CHECK_INT(e.attempts, 1);
		CHECK_STR(e.model, MODEL_A);
		CHECK(e.created > 0 && e.started >= e.created && e.ended == 0);
		CHECK(isnan(e.loss_before) && isnan(e.seconds) && !e.error);
		edit_record_release(&e);
	}
	CHECK_INT(memory_claim(m, &e, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK_STR(aid_err, "the queue is empty");
	memory_close(m);
}

/* The numbers of the facts that wait, in the order in which they are listed; what runs comes first. */
static const char *queue_order(memory *m)
{
	static char text[64];
	edit_record *all = NULL;
	size_t n = 0;

	*text = 0;
	CHECK_INT(memory_edits(m, true, 0, &all, &n, NULL, 0), 0);
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%lld", all[i].state == EDIT_RUNNING ? "*" : "",
			 (long long)all[i].fact_id);
	edits_free(all, n);
	return text;
}

/* The order that the user gave stands after a restart, new edits come last, and claims follow it. */
static void test_edits_are_moved(void)
{
	memory *m = three("moved");
	size_t at = 0, of = 0;
	edit_record e;

	REQUIRE(m != NULL);
	CHECK_INT(aid_learn(m, "my cat", "name", "Momo", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(memory_move(m, 3, QUEUE_FIRST, &at, &of, NULL, 0), 0);
	CHECK(at == 1 && of == 4);
	CHECK_STR(queue_order(m), "3124");
	CHECK_INT(memory_move(m, 1, QUEUE_DOWN, &at, &of, NULL, 0), 0);
	CHECK_INT(at, 3);
	CHECK_STR(queue_order(m), "3214");
	CHECK_INT(memory_move(m, 4, QUEUE_UP, &at, &of, NULL, 0), 0);
	CHECK_STR(queue_order(m), "3241");
	CHECK_INT(memory_move(m, 1, QUEUE_DOWN, &at, &of, NULL, 0), 0); /* is at the end */
	CHECK_INT(memory_move(m, 3, QUEUE_UP, &at, &of, NULL, 0), 0);   /* and at the front */
	CHECK_STR(queue_order(m), "3241");
	CHECK_INT(memory_move(m, 3, QUEUE_LAST, &at, &of, NULL, 0), 0);
	CHECK_INT(at, 4);
	CHECK_STR(queue_order(m), "2413");
	memory_close(m);
	m = aid_open("moved", false, NULL);
	REQUIRE(m != NULL && !memory_claim(m, &e, NULL, 0));
	CHECK_INT(e.fact_id, 2);
	CHECK_INT(memory_move(m, 2, QUEUE_LAST, &at, &of, aid_err, sizeof(aid_err)), MEMORY_EARG);
	CHECK_STR(aid_err, "fact #2 has no edit that waits (running)");
	CHECK_INT(memory_move(m, 77, QUEUE_LAST, &at, &of, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(aid_learn(m, "my cat", "email", "m@example.org", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(memory_move(m, 1, QUEUE_FIRST, &at, &of, NULL, 0), 0);
	CHECK_STR(queue_order(m), "*21435"); /* what runs goes on */
	/* what is given back stands where it stood: behind what has been put first meanwhile */
	CHECK_INT(memory_requeue(m, e.id, NULL, NULL, 0), 0);
	CHECK_STR(queue_order(m), "12435");
	edit_record_release(&e);
	memory_close(m);
}

/* One that was put off is claimed at once when it is moved to the front. */
static void test_moved_to_the_front_waits_no_longer(void)
{
	memory *m = three("front");
	size_t at = 0, of = 0;
	edit_record e;
	int state;

	REQUIRE(m != NULL && !memory_claim(m, &e, NULL, 0));
	CHECK_INT(memory_postpone(m, e.id, "for a test", &state, NULL, 0), 0);
	edit_record_release(&e);
	REQUIRE(!memory_claim(m, &e, NULL, 0));
	CHECK_INT(e.fact_id, 2);
	edit_record_release(&e);
	CHECK_INT(memory_move(m, 1, QUEUE_FIRST, &at, &of, NULL, 0), 0);
	REQUIRE(!memory_claim(m, &e, NULL, 0));
	CHECK_INT(e.fact_id, 1);
	edit_record_release(&e);
	memory_close(m);
}

static void test_figures_read_back(void)
{
	memory *m = three("figures");
	edit_record e, *all = NULL;
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	edit_blob b = aid_blob(7, keys, delta), *got = NULL;
	size_t n = 0;

	REQUIRE(m != NULL && !memory_claim(m, &e, aid_err, sizeof(aid_err)));
	e.state = EDIT_VERIFIED;
	e.steps = 11;
	e.evaluations = 120;
	e.layer = 2;
	e.loss_before = 4.5;
	e.loss_after = 0.01;
	e.p_before = 1e-9;
	e.p_after = 0.99;
	e.locality_before = 1;
	e.seconds = 1.25;
	e.npu_seconds = 0.5;
	e.seed = 0xfedcba9876543210u;
	e.how = strdup("search fit\nfitted What is my dog's name?");
	CHECK_INT(memory_store_edit(m, &e, &b, aid_err, sizeof(aid_err)), 0);
	edit_record_release(&e);
	REQUIRE(!memory_edits(m, false, 0, &all, &n, NULL, 0));
	CHECK_INT(n, 3);
	REQUIRE(n == 3);
	e = all[2]; /* newest first */
	CHECK(e.id == 1 && e.state == EDIT_VERIFIED && e.steps == 11 && e.evaluations == 120 &&
	      e.layer == 2);
	CHECK(e.loss_before == 4.5 && e.loss_after == 0.01 && e.p_before == 1e-9 &&
	      e.p_after == 0.99);
	CHECK(e.locality_before == 1 && isnan(e.locality_after));
	CHECK(e.seconds == 1.25 && e.npu_seconds == 0.5 && e.seed == 0xfedcba9876543210u);
	CHECK_STR(e.how, "search fit\nfitted What is my dog's name?");
	CHECK(e.ended >= e.started && e.ended > 0);
	edits_free(all, n);
	REQUIRE(!memory_blobs(m, false, &got, &n, NULL, 0));
	CHECK_INT(n, 1);
	REQUIRE(n == 1);
	CHECK(got->fact_id == 1 && got->edit_id == 1);
	CHECK(got->n_keys == AID_KEYS && got->n_ff == AID_FF && got->n_embd == AID_EMBD);
	CHECK(!memcmp(got->keys, keys, sizeof(keys)) && !memcmp(got->delta, delta, sizeof(delta)));
	edit_blobs_free(got, n);
	memory_close(m);
}

static void test_curves_are_kept(void)
{
	memory *m = aid_open("curves", false, NULL);
	float long_curve[500], back[200], one = 3;
	edit_record e;
	size_t n = 9;

	REQUIRE(m != NULL);
	memory_set_model(m, MODEL_A, NULL, 0);
	aid_learn(m, "my dog", "name", "Biscuit", DETECT_ADD, NULL);
	REQUIRE(!memory_claim(m, &e, NULL, 0));
	CHECK_INT(memory_curve(m, 1, back, 200, &n, NULL, 0), 0);
	CHECK_INT(n, 0);
	for (int i = 0; i < 500; i++)
		long_curve[i] = (float)(8.0 / (1 + i));
	CHECK_INT(memory_store_curve(m, e.id, &one, 1, NULL, 0), 0); /* a point is no curve */
	CHECK_INT(memory_curve(m, 1, back, 200, &n, NULL, 0), 0);
	CHECK_INT(n, 0);
	CHECK_INT(memory_store_curve(m, e.id, long_curve, 500, NULL, 0), 0);
	memory_close(m);
	m = aid_open("curves", true, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(memory_curve(m, 1, back, 200, &n, NULL, 0), 0);
	CHECK_INT(n, 128);
	CHECK(back[0] == 8 && fabsf(back[127] - 8.0f / 500) < 1e-4f);
	for (size_t i = 1; i < n; i++)
		CHECK(back[i] <= back[i - 1]);
	CHECK_INT(memory_curve(m, 1, back, 3, &n, NULL, 0), 0);
	CHECK_INT(n, 3);
	memory_close(m);
	m = aid_open("curves", false, NULL);
	CHECK_INT(memory_store_curve(m, 77, long_curve, 4, NULL, 0), MEMORY_ENOENT);
	edit_record_release(&e);
	memory_close(m);
}

static void test_queue_listing(void)
{
	memory *m = three("listing");
	edit_record *all = NULL;
	size_t n = 0;

	REQUIRE(m != NULL);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_work(m, EDIT_RUNNING, NULL), 0);
	CHECK_INT(aid_learn(m, "my cat", "name", "Rex", DETECT_ADD, NULL), DETECT_ADD);
	REQUIRE(!memory_edits(m, true, 0, &all, &n, NULL, 0));
	CHECK(n == 3 && all[0].id == 2 && all[0].state == EDIT_RUNNING && all[1].id == 3 &&
	      all[2].id == 4);
	edits_free(all, n);
	REQUIRE(!memory_edits(m, false, 2, &all, &n, NULL, 0));
	CHECK(n == 2 && all[0].id == 4 && all[1].id == 3);
	edits_free(all, n);
	memory_close(m);
}

static void test_pause_persists(void)
{
	memory *m = three("pause");
	edit_record e;

	REQUIRE(m != NULL);
	CHECK(!memory_paused(m));
	CHECK_INT(memory_pause(m, true, NULL, 0), 0);
	CHECK_INT(memory_claim(m, &e, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK_STR(aid_err, "the queue is paused");
	memory_close(m);
	m = aid_open("pause", false, NULL);
	CHECK(memory_paused(m));
	CHECK_INT(memory_pause(m, false, NULL, 0), 0);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	memory_close(m);
}

/* ---- crashes ---- */

static void test_running_is_queued_again(void)
{
	memory *m = three("crash");
	edit_record e;

	REQUIRE(m != NULL);
	CHECK_INT(aid_work(m, EDIT_RUNNING, NULL), 0); /* stored, never verified */
	memory_close(m);
	m = aid_open("crash", false, NULL);
	REQUIRE(m != NULL);
	CHECK_INT(aid_state(m, 1), EDIT_QUEUED);
	CHECK_INT(aid_blobs(m, true), 0);
	REQUIRE(!memory_claim(m, &e, NULL, 0));
	CHECK(e.id == 1 && e.attempts == 2);
	edit_record_release(&e);
	memory_close(m);
}

static void test_crashing_edit_is_given_up(void)
{
	memory *m = three("giveup");
	edit_record e, *all = NULL;
	size_t n = 0;

	for (int i = 1; i <= CRASH_LIMIT; i++) {
		REQUIRE(m != NULL);
		REQUIRE(!memory_claim(m, &e, NULL, 0));
		CHECK(e.id == 1 && e.attempts == i);
		edit_record_release(&e);
		memory_close(m);
		m = aid_open("giveup", false, NULL);
	}
	REQUIRE(m != NULL);
	CHECK_INT(aid_state(m, 1), EDIT_FAILED);
	REQUIRE(!memory_edits(m, false, 0, &all, &n, NULL, 0));
	CHECK(n == 3 && all[2].error && strstr(all[2].error, "3 times"));
	edits_free(all, n);
	REQUIRE(!memory_claim(m, &e, NULL, 0)); /* the others go on */
	CHECK_INT(e.id, 2);
	edit_record_release(&e);
	memory_close(m);
}

static void test_requeue_in_good_order_does_not_count(void)
{
	memory *m = three("requeue");
	edit_record e;

	REQUIRE(m != NULL);
	for (int i = 0; i < 2 * CRASH_LIMIT; i++) {
		REQUIRE(!memory_claim(m, &e, NULL, 0));
		CHECK(e.id == 1 && e.attempts == 1);
		edit_record_release(&e);
		CHECK_INT(memory_requeue(m, 1, "the program was closed", NULL, 0), 0);
	}
	CHECK_INT(memory_requeue(m, 1, "again", aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	memory_close(m);
}

/* ---- retry, cancel ---- */

static void test_failed_waits_for_retry(void)
{
	memory *m = three("retry");
	edit_record *all = NULL;
	size_t n = 0;

	REQUIRE(m != NULL);
	CHECK_INT(memory_retry(m, 1, aid_err, sizeof(aid_err)), MEMORY_EARG);
	CHECK(strstr(aid_err, "queued") != NULL);
	CHECK_INT(aid_work(m, EDIT_FAILED, NULL), 0);
	CHECK_INT(count(m, "SELECT count(*) FROM blobs"), 0);
	memory_close(m);
	m = aid_open("retry", false, NULL); /* a start does not try again by itself */
	CHECK_INT(aid_state(m, 1), EDIT_FAILED);
	CHECK_INT(memory_retry(m, 1, NULL, 0), 0);
	CHECK_INT(aid_state(m, 1), EDIT_QUEUED);
	REQUIRE(!memory_edits(m, false, 0, &all, &n, NULL, 0));
	CHECK(n == 4 && all[0].fact_id == 1 && all[0].attempts == 0 && all[3].state == EDIT_FAILED);
	edits_free(all, n);
	CHECK_INT(memory_retry(m, 99, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(memory_forget(m, 1, NULL, 0), 0);
	CHECK_INT(memory_retry(m, 1, NULL, 0), MEMORY_EARG);
	memory_close(m);
}

static void test_self_check(void)
{
	memory *m = three("check");
	int64_t id = 0;
	bool queued = true;
	fact f;

	REQUIRE(m != NULL);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, &id), 0);
	CHECK_INT(memory_retry(m, id, NULL, 0), MEMORY_EARG);
	CHECK_INT(memory_checked(m, id, true, &queued, NULL, 0), 0);
	CHECK(!queued);
	REQUIRE(!memory_fact(m, id, &f, NULL, 0));
	CHECK(f.last_verified >= f.created);
	fact_release(&f);
	/* one that does not hold stays in the weights until it is learned again */
	CHECK_INT(memory_checked(m, id, false, &queued, NULL, 0), 0);
	CHECK(queued);
	CHECK_INT(aid_blobs(m, false), 1);
	CHECK_INT(aid_state(m, id), EDIT_QUEUED);
	CHECK_INT(memory_checked(m, 99, true, &queued, NULL, 0), MEMORY_ENOENT);
	memory_close(m);
}

/* What is learned again is known until that has succeeded, and if it fails or is called off. */
static void test_relearning_keeps_what_works(void)
{
	memory *m = three("relearn");
	int64_t id = 0;
	bool queued = false;

	REQUIRE(m != NULL);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, &id), 0);
	CHECK_INT(memory_checked(m, id, false, &queued, NULL, 0), 0);
	CHECK(queued);
	CHECK_INT(aid_blobs(m, false), 1);
	CHECK_INT(memory_move(m, id, QUEUE_FIRST, &(size_t){ 0 }, &(size_t){ 0 }, NULL, 0), 0);
	CHECK_INT(aid_work(m, EDIT_FAILED, NULL), 0);
	CHECK_INT(aid_state(m, id), EDIT_FAILED);
	CHECK_INT(aid_blobs(m, false), 1);
	CHECK_INT(memory_retry(m, id, NULL, 0), 0);
	CHECK_INT(memory_cancel(m, id, NULL, 0), 0);
	CHECK_INT(aid_blobs(m, false), 1);
	memory_close(m);
	m = aid_open("relearn", false, NULL);
	CHECK_INT(aid_blobs(m, false), 1);
	/* forgotten it is out, and back as it was */
	CHECK_INT(memory_forget(m, id, NULL, 0), 0);
	CHECK_INT(aid_blobs(m, true), 0);
	CHECK_INT(memory_undo(m, 0, NULL, NULL, 0), 0);
	CHECK_INT(aid_blobs(m, false), 1);
	/* the new one takes the old one's place for good */
	CHECK_INT(memory_retry(m, id, NULL, 0), 0);
	CHECK_INT(memory_move(m, id, QUEUE_FIRST, &(size_t){ 0 }, &(size_t){ 0 }, NULL, 0), 0);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_blobs(m, false), 1);
	CHECK_INT(count(m, "SELECT count(*) FROM blobs"), 1);
	/* nor does what is taken from an edit come back */
	CHECK_INT(memory_checked(m, id, false, &queued, NULL, 0), 0);
	CHECK(queued);
	CHECK_INT(sql_run(m, "UPDATE edits SET state = 'reverted' WHERE state = 'verified'", ""), 0);
	CHECK_INT(aid_blobs(m, true), 0);
	memory_close(m);
}

/* Damaged, an earlier edit does not wait beside the one that follows it. */
static void test_damage_while_relearning(void)
{
	memory *m = three("redamage");
	int64_t id = 0;
	bool queued = false;

	REQUIRE(m != NULL);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, &id), 0);
	CHECK_INT(memory_checked(m, id, false, &queued, NULL, 0), 0);
	CHECK(queued);
	CHECK_INT(sql_run(m, "UPDATE blobs SET checksum = checksum + 1", ""), 0);
	CHECK_INT(aid_blobs(m, false), 0);
	CHECK_INT(count(m, "SELECT count(*) FROM blobs"), 0);
	CHECK_INT(count(m, "SELECT count(*) FROM edits WHERE fact_id = 1 AND state = 'queued'"), 1);
	CHECK_INT(count(m, "SELECT count(*) FROM edits WHERE fact_id = 1 AND state = 'reverted'"), 1);
	memory_close(m);
}

static void test_cancel(void)
{
	memory *m = three("cancel");
	edit_record e;

	REQUIRE(m != NULL);
	REQUIRE(!memory_claim(m, &e, NULL, 0));
	CHECK_INT(memory_cancel(m, 1, NULL, 0), 0);
	CHECK_INT(aid_state(m, 1), EDIT_CANCELLED);
	/* the search that was running comes back with a result nobody wants any more */
	e.state = EDIT_FAILED;
	CHECK_INT(memory_store_edit(m, &e, NULL, aid_err, sizeof(aid_err)), MEMORY_ENOENT);
	CHECK(strstr(aid_err, "cancelled") != NULL);
	CHECK_INT(aid_state(m, 1), EDIT_CANCELLED);
	edit_record_release(&e);
	CHECK_INT(memory_cancel(m, 2, NULL, 0), 0);
	CHECK_INT(memory_cancel(m, 2, NULL, 0), MEMORY_EARG);
	CHECK_INT(memory_retry(m, 2, NULL, 0), 0);
	REQUIRE(!memory_claim(m, &e, NULL, 0));
	CHECK_INT(e.fact_id, 3);
	edit_record_release(&e);
	memory_close(m);
}

static void test_result_of_a_forgotten_fact_is_dropped(void)
{
	memory *m = three("late");
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	edit_blob b = aid_blob(1, keys, delta);
	edit_record e;

	REQUIRE(m != NULL && !memory_claim(m, &e, NULL, 0));
	CHECK_INT(memory_forget(m, e.fact_id, NULL, 0), 0);
	e.state = EDIT_VERIFIED;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(count(m, "SELECT count(*) FROM blobs"), 0);
	edit_record_release(&e);
	memory_close(m);
}

/* ---- storing ---- */

static void test_store_refuses(void)
{
	memory *m = three("store");
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	edit_blob b = aid_blob(1, keys, delta);
	edit_record e;

	REQUIRE(m != NULL && !memory_claim(m, &e, NULL, 0));
	e.state = EDIT_VERIFIED;
	CHECK_INT(memory_store_edit(m, &e, NULL, NULL, 0),
		  MEMORY_EARG); /* nothing to put into weights */
	delta[2] = NAN;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_EARG);
	delta[2] = 0;
	b.n_keys = SIZE_MAX / 2;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_EARG);
	b.n_keys = 0;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_EARG);
	b.n_keys = AID_KEYS;
	e.state = EDIT_REVERTED;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_EARG);
	e.state = EDIT_VERIFIED;
	e.fact_id = 2;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_EARG);
	e.fact_id = 1;
	e.id = 99;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_ENOENT);
	e.id = 2; /* not claimed */
	e.fact_id = 2;
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(count(m, "SELECT count(*) FROM blobs"), 0);
	CHECK_INT(aid_state(m, 1), EDIT_RUNNING);
	edit_record_release(&e);
	memory_close(m);
}

static void test_store_then_verify(void)
{
	memory *m = three("verify");
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	edit_blob b = aid_blob(1, keys, delta);
	edit_record e;

	REQUIRE(m != NULL && !memory_claim(m, &e, NULL, 0));
	CHECK_INT(memory_store_edit(m, &e, &b, NULL, 0), 0);
	CHECK(aid_blobs(m, false) == 0 && aid_blobs(m, true) == 1);
	e.state = EDIT_VERIFIED;
	CHECK_INT(memory_store_edit(m, &e, NULL, NULL, 0), 0);
	CHECK(aid_blobs(m, false) == 1);
	e.state = EDIT_RUNNING;
	CHECK_INT(memory_store_edit(m, &e, NULL, NULL, 0), MEMORY_EARG);
	edit_record_release(&e);
	memory_close(m);
}

static void test_shared_delta_is_stored_at_once(void)
{
	memory *m = three("shared");
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	edit_blob b = aid_blob(5, keys, delta), bad = b, *got = NULL;
	const edit_blob *blobs[2] = { &b, &bad };
	edit_record e[2];
	size_t n = 0;

	REQUIRE(m != NULL && !memory_claim(m, &e[0], NULL, 0) && !memory_claim(m, &e[1], NULL, 0));
	e[0].state = e[1].state = EDIT_VERIFIED;
	bad.n_ff = 0;
	CHECK_INT(memory_store_edits(m, e, blobs, 2, NULL, 0), MEMORY_EARG);
	CHECK_INT(aid_blobs(m, true), 0); /* both or none */
	CHECK_INT(aid_state(m, 1), EDIT_RUNNING);
	blobs[1] = &b;
	CHECK_INT(memory_store_edits(m, e, blobs, 2, NULL, 0), 0);
	REQUIRE(!memory_blobs(m, false, &got, &n, NULL, 0));
	CHECK(n == 2 && !memcmp(got[0].delta, got[1].delta, sizeof(delta)));
	edit_blobs_free(got, n);
	edit_record_release(&e[0]);
	edit_record_release(&e[1]);
	memory_close(m);
}

static void test_damaged_blob_is_done_again(void)
{
	memory *m = three("damage"), *r;
	float keys[AID_KEYS * AID_FF], delta[AID_EMBD];
	unsigned char flipped[sizeof(keys)];
	edit_blob *got = NULL;
	size_t n = 0;

	REQUIRE(m != NULL);
	aid_blob(1, keys, delta); /* what aid_work stores for fact 1 */
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	/* one bit of a key; a key too few; another edit's blob */
	memcpy(flipped, keys, sizeof(keys));
	flipped[13] ^= 1;
	CHECK_INT(sql_run(m, "UPDATE blobs SET keys = ? WHERE edit_id = 1", "b", flipped,
			  sizeof(flipped)),
		  0);
	CHECK_INT(sql_run(m, "UPDATE blobs SET n_keys = 1 WHERE edit_id = 2", ""), 0);
	r = aid_open("damage", true, NULL);
	CHECK_INT(aid_blobs(r, false), 1); /* a reader leaves them out and changes nothing */
	CHECK_INT(aid_state(r, 1), EDIT_VERIFIED);
	memory_close(r);
	REQUIRE(!memory_blobs(m, false, &got, &n, aid_err, sizeof(aid_err)));
	CHECK(n == 1 && got[0].fact_id == 3);
	edit_blobs_free(got, n);
	CHECK_INT(aid_state(m, 1), EDIT_QUEUED);
	CHECK_INT(aid_state(m, 2), EDIT_QUEUED);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_blobs(m, false), 2);
	CHECK_INT(sql_run(m,
			  "UPDATE blobs SET keys = (SELECT keys FROM blobs WHERE edit_id = 3), "
			  "delta = "
			  "(SELECT delta FROM blobs WHERE edit_id = 3), checksum = "
			  "(SELECT checksum FROM blobs WHERE edit_id = 3) WHERE edit_id = 1",
			  ""),
		  0);
	CHECK_INT(aid_blobs(m, false), 1);
	memory_close(m);
}

/* ---- models ---- */

static void test_results_are_kept_per_model(void)
{
	memory *m = three("models");

	REQUIRE(m != NULL);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_work(m, EDIT_FAILED, NULL), 0);
	CHECK_INT(memory_set_model(m, MODEL_B, NULL, 0), 3); /* a ledger belongs to a person */
	CHECK_INT(aid_blobs(m, true), 0);
	CHECK_INT(aid_state(m, 1), EDIT_QUEUED);
	CHECK_INT(memory_set_model(m, MODEL_B, NULL, 0), 0);
	CHECK_INT(aid_work(m, EDIT_VERIFIED, NULL), 0);
	CHECK_INT(aid_learn(m, "my cat", "name", "Rex", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(memory_set_model(m, MODEL_A, NULL, 0), 1); /* the cat */
	CHECK_INT(aid_blobs(m, true), 1);
	CHECK_INT(aid_state(m, 1), EDIT_VERIFIED);
	CHECK_INT(aid_state(m, 2), EDIT_FAILED);
	CHECK_INT(aid_state(m, 3), EDIT_QUEUED);
	CHECK_INT(memory_forget(m, 1, NULL, 0), 0); /* for all of them */
	CHECK_INT(memory_set_model(m, MODEL_B, NULL, 0), 0);
	CHECK_INT(aid_blobs(m, true), 0);
	CHECK_INT(memory_undo(m, 1, NULL, NULL, 0), 0);
	CHECK_INT(aid_blobs(m, true), 1);
	CHECK_INT(memory_set_model(m, MODEL_A, NULL, 0), 0);
	CHECK_INT(aid_blobs(m, true), 1);
	CHECK_INT(memory_set_model(m, "x", NULL, 0), MEMORY_EARG);
	CHECK_INT(memory_set_model(m, NULL, NULL, 0), MEMORY_EARG);
	CHECK_INT(aid_state(m, 1), EDIT_VERIFIED);
	memory_close(m);
}

static void test_learning_without_a_model(void)
{
	memory_options opt = { .dir = aid_path("nomodel") };
	memory *m = NULL;
	edit_record e;

	REQUIRE(!memory_open(&m, &opt, aid_err, sizeof(aid_err)));
	CHECK_INT(aid_learn(m, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_state(m, 1), -1);
	CHECK_INT(memory_claim(m, &e, NULL, 0), MEMORY_ENOENT);
	CHECK_INT(memory_retry(m, 1, NULL, 0), MEMORY_EARG);
	CHECK_INT(memory_set_model(m, MODEL_A, NULL, 0), 1);
	CHECK_INT(aid_state(m, 1), EDIT_QUEUED);
	memory_close(m);
}

int main(void)
{
	if (!aid_init("imprint-queue"))
		return 1;
	TEST_RUN(test_claims_in_order);
	TEST_RUN(test_edits_are_moved);
	TEST_RUN(test_moved_to_the_front_waits_no_longer);
	TEST_RUN(test_figures_read_back);
	TEST_RUN(test_queue_listing);
	TEST_RUN(test_pause_persists);
	TEST_RUN(test_running_is_queued_again);
	TEST_RUN(test_crashing_edit_is_given_up);
	TEST_RUN(test_requeue_in_good_order_does_not_count);
	TEST_RUN(test_failed_waits_for_retry);
	TEST_RUN(test_self_check);
	TEST_RUN(test_relearning_keeps_what_works);
	TEST_RUN(test_damage_while_relearning);
	TEST_RUN(test_cancel);
	TEST_RUN(test_result_of_a_forgotten_fact_is_dropped);
	TEST_RUN(test_curves_are_kept);
	TEST_RUN(test_store_refuses);
	TEST_RUN(test_store_then_verify);
	TEST_RUN(test_shared_delta_is_stored_at_once);
	TEST_RUN(test_damaged_blob_is_done_again);
	TEST_RUN(test_results_are_kept_per_model);
	TEST_RUN(test_learning_without_a_model);
	aid_done();
	return test_done();
}
