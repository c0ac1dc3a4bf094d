/*
 * queue.c: the edits waiting for, or being written into, the weights of a model.
 *
 * An edit's row goes queued -> running -> verified or failed; cancelled is the user's doing,
 * reverted follows from its fact being superseded, retracted or forgotten. At most one row per fact
 * and model is queued or running (unique index). The newest row of a fact and model tells how it
 * stands; in the weights is the newest verified one, the only one that has a blob besides one that
 * runs. The others are history.
 *
 * The lowest place is claimed first. Places are told apart among the rows of a model that are queued
 * or running; what is put off or cut off keeps its own. 0 is nobody's: a row from before there were
 * places has it until it gets its id (schema.c, rebuild.c).
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* Of what waits and what runs for the model ?2: before all of it, and behind. */
#define PLACE_OF(state, most) \
	"coalesce((SELECT " most "(place) FROM edits WHERE state = '" state "' AND model = ?2), 0)"
#define PLACE_FIRST "min(" PLACE_OF("queued", "min") ", " PLACE_OF("running", "min") ", 0) - 1"
#define PLACE_LAST "max(" PLACE_OF("queued", "max") ", " PLACE_OF("running", "max") ", 0) + 1"

/* ---- helpers for the rest of memory/ ---- */

static int queue_add_for(memory *m, int64_t fact_id, const char *model)
{
	int rc = sql_run(
		m,
		"INSERT INTO edits(fact_id, model, state, created, place) "
		"VALUES (?1, ?2, 'queued', ?3, " PLACE_LAST ")",
		"isi", fact_id, model, memory_now(m));

	return rc ? rc : memory_event(m, "queue", fact_id, sql_last_id(m), 0);
}

int queue_add(memory *m, int64_t fact_id)
{
	return *m->model ? queue_add_for(m, fact_id, m->model) : 0;
}

int queue_missing(memory *m, int *queued)
{
	int64_t *ids = NULL;
	size_t n = 0;
	/* Failed and cancelled stand until the user asks again: a start must not search in vain
	 * each time. */
	int rc = sql_ids(m, &ids, &n,
			 "SELECT f.id FROM facts f WHERE f.status = 'active' AND coalesce("
			 "(SELECT e.state FROM edits e WHERE e.fact_id = f.id AND e.model = ?1"
			 " ORDER BY e.id DESC LIMIT 1), 'reverted') = 'reverted' ORDER BY f.id",
			 "s", m->model);

	for (size_t i = 0; !rc && i < n; i++)
		rc = queue_add(m, ids[i]);
	free(ids);
	*queued = (int)n;
	return rc;
}

/* One edit that was running when the program died. */
static int recover_edit(memory *m, int64_t id)
{
	int rc = blob_drop(m, id);

	if (!rc)
		rc = sql_run(
			m,
			"UPDATE edits SET state = 'queued', started = 0 WHERE id = ?1 AND "
			"attempts < ?2",
			"in", id, CRASH_LIMIT);
	if (!rc)
		rc = sql_run(
			m,
			"UPDATE edits SET state = 'failed', ended = ?2, error = 'the program "
			"stopped "
			"unexpectedly ' || attempts || ' times during this edit' "
			"WHERE id = ?1 AND state = 'running'",
			"ii", id, memory_now(m));
	return rc ? rc : memory_event(m, "recover", 0, id, 0);
}

int queue_recover(memory *m)
{
	int64_t *ids = NULL;
	size_t n = 0;
	int rc = sql_ids(m, &ids, &n, "SELECT id FROM edits WHERE state = 'running' ORDER BY id",
			 "");

	for (size_t i = 0; !rc && i < n; i++)
		rc = recover_edit(m, ids[i]);
	free(ids);
	return rc;
}

int queue_revert(memory *m, int64_t fact_id)
{
	/* A blob that was never verified must not come back as if it had been. */
	int rc = sql_run(
		m,
		"DELETE FROM blobs WHERE edit_id IN (SELECT id FROM edits WHERE fact_id = ? "
		"AND state IN ('queued', 'running'))",
		"i", fact_id);

	if (!rc)
		rc = sql_run(m,
			     "UPDATE edits SET state = 'reverted', ended = ?2 WHERE fact_id = ?1 "
			     "AND state IN ('queued', 'running', 'verified')",
			     "ii", fact_id, memory_now(m));
	return rc;
}

int queue_restore(memory *m, int64_t fact_id)
{
	int64_t waiting = 0;
	/* For every model: what was in the weights is as good as before, whatever was tried after it. */
	int rc = sql_run(
		m,
		"UPDATE edits SET state = 'verified' WHERE fact_id = ?1 AND state = 'reverted' "
		"AND EXISTS (SELECT 1 FROM blobs b WHERE b.edit_id = edits.id) "
		"AND NOT EXISTS (SELECT 1 FROM edits o JOIN blobs b ON b.edit_id = o.id "
		"WHERE o.fact_id = ?1 AND o.model = edits.model AND o.id > edits.id)",
		"i", fact_id);

	if (rc || !*m->model)
		return rc; /* other models are caught up with when they are opened */
	rc = sql_int(
		m, &waiting,
		"SELECT state = 'reverted' FROM edits WHERE fact_id = ? AND model = ? ORDER BY id "
		"DESC LIMIT 1",
		"is", fact_id, m->model);
	if (rc < 0)
		return rc;
	return rc == 0 || waiting ? queue_add(m, fact_id) : 0;
}

int queue_first(memory *m, int64_t edit_id)
{
	return sql_run(m, "UPDATE edits SET place = " PLACE_FIRST " WHERE id = ?1", "is", edit_id, m->model);
}

/* ---- what the worker does ---- */

static int claim_next(memory *m, int64_t *id)
{
	int rc;

	if (memory_paused(m))
		return sql_fail(m, MEMORY_ENOENT, "the queue is paused");
	rc = sql_int(
		m, id,
		"SELECT id FROM edits WHERE state = 'queued' AND model = ? AND not_before <= ? "
		"ORDER BY place LIMIT 1",
		"si", m->model, memory_now(m));
	if (rc == 0)
		return sql_fail(m, MEMORY_ENOENT, "the queue is empty");
	return rc < 0 ? rc : 0;
}

int memory_claim(memory *m, edit_record *out, char *err, size_t errlen)
{
	edit_record e = { .error = NULL };
	int64_t id = 0;
	int rc;

	/* Asked often and mostly in vain: look before taking the write lock. Nobody else can add to
	 * the queue. */
	rc = claim_next(m, &id);
	if (rc)
		return sql_report(m, rc, err, errlen);
	rc = tx_begin(m);
	if (!rc)
		rc = sql_run(
			m,
			"UPDATE edits SET state = 'running', attempts = attempts + 1, started = "
			"?2, ended = 0, "
			"error = NULL, not_before = 0 WHERE id = ?1",
			"ii", id, memory_now(m));
	if (!rc)
		rc = edit_load(m, id, &e);
	if (!rc)
		rc = memory_event(m, "claim", e.fact_id, id, 0);
	rc = tx_end(m, rc, err, errlen);
	if (rc) {
		edit_record_release(&e);
		return rc;
	}
	*out = e;
	return 0;
}

int memory_requeue(memory *m, int64_t edit_id, const char *why, char *err, size_t errlen)
{
	int rc = tx_begin(m);

	/* Given back in good order: that attempt does not count towards CRASH_LIMIT. */
	if (!rc)
		rc = sql_run(
			m,
			"UPDATE edits SET state = 'queued', started = 0, attempts = max(attempts "
			"- 1, 0), "
			"error = ?2 WHERE id = ?1 AND state = 'running'",
			"is", edit_id, why);
	if (!rc && !sql_changes(m))
		rc = sql_fail(m, MEMORY_ENOENT, "edit %lld is not running", (long long)edit_id);
	if (!rc)
		rc = blob_drop(m, edit_id);
	if (!rc)
		rc = memory_event(m, "requeue", 0, edit_id, 0);
	return tx_end(m, rc, err, errlen);
}

int memory_postpone(memory *m, int64_t edit_id, const char *why, int *state, char *err, size_t errlen)
{
	int64_t attempts = 0;
	bool over = false;
	int rc = tx_begin(m);

	if (!rc) {
		rc = sql_int(m, &attempts, "SELECT attempts FROM edits WHERE id = ? AND state = 'running'", "i", edit_id);
		rc = rc == 1 ? 0
		     : rc < 0 ? rc
			      : sql_fail(m, MEMORY_ENOENT, "edit %lld is not running", (long long)edit_id);
	}
	over = attempts >= RETRY_LIMIT;
	if (!rc && over)
		rc = sql_run(m,
			     "UPDATE edits SET state = 'failed', ended = ?2, error = 'given up after ' || attempts || "
			     "' attempts: ' || ?3 WHERE id = ?1",
			     "iis", edit_id, memory_now(m), why);
	else if (!rc)
		rc = sql_run(m,
			     "UPDATE edits SET state = 'queued', started = 0, not_before = ?2, error = 'attempt ' || attempts "
			     "|| ': ' || ?3 WHERE id = ?1",
			     "iis", edit_id, memory_now(m) + ((int64_t)RETRY_FIRST_S << (attempts > 0 ? attempts - 1 : 0)), why);
	if (!rc)
		rc = blob_drop(m, edit_id);
	if (!rc)
		rc = memory_event(m, over ? "failed" : "postpone", 0, edit_id, 0);
	rc = tx_end(m, rc, err, errlen);
	if (!rc)
		*state = over ? EDIT_FAILED : EDIT_QUEUED;
	return rc;
}

/* ---- what the user does ---- */

/* The newest edit of an active fact for the current model; *state is -1 when there is none. */
static int edit_newest(memory *m, int64_t fact_id, int64_t *id, int *state)
{
	sqlite3_stmt *st;
	int status, rc = fact_status_of(m, fact_id, &status);

	if (!rc && status != FACT_ACTIVE)
		rc = sql_fail(m, MEMORY_EARG, "fact #%lld is %s", (long long)fact_id,
			      fact_status_name(status));
	if (!rc && !*m->model)
		rc = sql_fail(m, MEMORY_EARG, "no model is open");
	if (!rc)
		rc = sql_query(
			m, &st,
			"SELECT id, state FROM edits WHERE fact_id = ? AND model = ? ORDER BY id "
			"DESC LIMIT 1",
			"is", fact_id, m->model);
	if (!rc)
		rc = sql_next(m, st);
	if (rc < 0)
		return rc;
	*id = 0;
	*state = -1;
	if (rc == 1) {
		*id = sqlite3_column_int64(st, 0);
		*state = edit_state_from((const char *)sqlite3_column_text(st, 1));
		sql_done(st);
	}
	return 0;
}

int memory_retry(memory *m, int64_t fact_id, char *err, size_t errlen)
{
	int64_t id = 0, lost = 0;
	int state = -1, rc = tx_begin(m);

	if (!rc)
		rc = edit_newest(m, fact_id, &id, &state);
	if (!rc && state == EDIT_VERIFIED)
		rc = sql_int(m, &lost, "SELECT check_failed FROM facts WHERE id = ?", "i", fact_id);
	if (rc >= 0 && state >= 0 && state != EDIT_FAILED && state != EDIT_CANCELLED &&
	    state != EDIT_REVERTED && !lost)
		rc = sql_fail(m, MEMORY_EARG, "fact #%lld needs no retry: its edit is %s",
			      (long long)fact_id, edit_state_name(state));
	/* A new row: what became of the earlier attempt stays in the history. */
	if (rc >= 0)
		rc = queue_add(m, fact_id);
	if (!rc)
		rc = memory_event(m, "retry", fact_id, id, 0);
	return tx_end(m, rc, err, errlen);
}

/* Inside memory_relearn(): of each model, an edit that failed, or was cancelled while an older one served, is no reason to wait for
 * the user any more: what it was searched beside has changed, and what served is gone. */
static int relearn_ended(memory *m, int64_t fact_id)
{
	return sql_run(m,
		       "UPDATE edits SET state = 'reverted' WHERE fact_id = ?1 AND (state = 'failed' OR (state = 'cancelled' AND EXISTS "
		       "(SELECT 1 FROM edits v WHERE v.fact_id = ?1 AND v.model = edits.model AND v.id < edits.id AND v.state = 'verified'))) "
		       "AND id = (SELECT max(n.id) FROM edits n WHERE n.fact_id = ?1 AND n.model = edits.model)",
		       "i", fact_id);
}

int memory_relearn(memory *m, int64_t fact_id, char *err, size_t errlen)
{
	int queued, rc = tx_begin(m);

	if (!rc)
		rc = sql_run(m, "DELETE FROM blobs WHERE edit_id IN (SELECT id FROM edits WHERE fact_id = ?)", "i", fact_id);
	if (!rc)
		rc = sql_run(m,
			     "UPDATE edits SET state = 'queued', started = 0, attempts = max(attempts - 1, 0) "
			     "WHERE fact_id = ? AND state = 'running'",
			     "i", fact_id);
	if (!rc)
		rc = relearn_ended(m, fact_id);
	if (!rc)
		rc = sql_run(m, "UPDATE edits SET state = 'reverted', ended = ?2 WHERE fact_id = ?1 AND state = 'verified'",
			     "ii", fact_id, memory_now(m));
	if (!rc)
		rc = memory_event(m, "relearn", fact_id, 0, 0);
	if (!rc)
		rc = queue_missing(m, &queued);
	return tx_end(m, rc, err, errlen);
}

int memory_cancel(memory *m, int64_t fact_id, char *err, size_t errlen)
{
	int64_t id = 0;
	int state = -1, rc = tx_begin(m);

	if (!rc)
		rc = edit_newest(m, fact_id, &id, &state);
	if (!rc && state != EDIT_QUEUED && state != EDIT_RUNNING)
		rc = sql_fail(m, MEMORY_EARG, "fact #%lld has no edit to cancel (%s)",
			      (long long)fact_id, state < 0 ? "none" : edit_state_name(state));
	if (!rc)
		rc = blob_drop(m, id);
	if (!rc)
		rc = sql_run(m, "UPDATE edits SET state = 'cancelled', ended = ? WHERE id = ?",
			     "ii", memory_now(m), id);
	if (!rc)
		rc = memory_event(m, "cancel", fact_id, id, 0);
	return tx_end(m, rc, err, errlen);
}

/* The queued edit and its neighbour on that side, if there is one, change places. */
static int move_by_one(memory *m, int64_t id, bool up)
{
	static const char before[] = "SELECT id FROM edits WHERE state = 'queued' AND model = ?2 AND place < "
				     "(SELECT place FROM edits WHERE id = ?1) ORDER BY place DESC LIMIT 1";
	static const char behind[] = "SELECT id FROM edits WHERE state = 'queued' AND model = ?2 AND place > "
				     "(SELECT place FROM edits WHERE id = ?1) ORDER BY place LIMIT 1";
	int64_t other = 0;
	int rc = sql_int(m, &other, up ? before : behind, "is", id, m->model);

	if (rc <= 0)
		return rc;
	/* Both right sides are read before either row is written. */
	return sql_run(m,
		       "UPDATE edits SET place = o.place FROM "
		       "(SELECT ?1 AS id, place FROM edits WHERE id = ?2 UNION ALL "
		       "SELECT ?2, place FROM edits WHERE id = ?1) AS o WHERE edits.id = o.id",
		       "ii", id, other);
}

/* The queued edit's place, counted from 1, and how many wait. */
static int queued_at(memory *m, int64_t id, size_t *at, size_t *of)
{
	int64_t before = 0, all = 0;
	int rc = sql_int(m, &before,
			 "SELECT count(*) FROM edits WHERE state = 'queued' AND model = ?2 AND place <= "
			 "(SELECT place FROM edits WHERE id = ?1)",
			 "is", id, m->model);

	if (rc >= 0)
		rc = sql_int(m, &all, "SELECT count(*) FROM edits WHERE state = 'queued' AND model = ?", "s", m->model);
	*at = (size_t)before;
	*of = (size_t)all;
	return rc < 0 ? rc : 0;
}

int memory_move(memory *m, int64_t fact_id, int where, size_t *at, size_t *of, char *err, size_t errlen)
{
	size_t now = 0, all = 0;
	int64_t id = 0;
	int state = -1, rc = tx_begin(m);

	if (!rc)
		rc = edit_newest(m, fact_id, &id, &state);
	if (!rc && state != EDIT_QUEUED)
		rc = sql_fail(m, MEMORY_EARG, "fact #%lld has no edit that waits (%s)", (long long)fact_id,
			      state < 0 ? "none" : edit_state_name(state));
	if (!rc && where == QUEUE_FIRST)
		rc = queue_first(m, id);
	/* One that was put off for a while waits no longer. */
	if (!rc && where == QUEUE_FIRST)
		rc = sql_run(m, "UPDATE edits SET not_before = 0 WHERE id = ?", "i", id);
	else if (!rc && where == QUEUE_LAST)
		rc = sql_run(m, "UPDATE edits SET place = " PLACE_LAST " WHERE id = ?1", "is", id, m->model);
	else if (!rc)
		rc = move_by_one(m, id, where == QUEUE_UP);
	if (!rc)
		rc = queued_at(m, id, &now, &all);
	if (!rc)
		rc = memory_event(m, "move", fact_id, id, 0);
	rc = tx_end(m, rc, err, errlen);
	if (!rc) {
		*at = now;
		*of = all;
	}
	return rc;
}

/* ---- results ---- */

/* May the row take this result? It may have been cancelled or reverted while the search ran. */
static int store_check(memory *m, const edit_record *r, const edit_blob *blob)
{
	sqlite3_stmt *st;
	bool has_blob;
	int64_t fact_id;
	int state, rc;

	if (r->state != EDIT_RUNNING && r->state != EDIT_VERIFIED && r->state != EDIT_FAILED)
		return sql_fail(m, MEMORY_EARG, "an edit's result cannot be \"%s\"",
				edit_state_name(r->state));
	rc = sql_query(
		m, &st,
		"SELECT state, fact_id, EXISTS (SELECT 1 FROM blobs WHERE edit_id = edits.id) "
		"FROM edits WHERE id = ?",
		"i", r->id);
	if (!rc)
		rc = sql_next(m, st);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return sql_fail(m, MEMORY_ENOENT, "there is no edit %lld", (long long)r->id);
	state = edit_state_from((const char *)sqlite3_column_text(st, 0));
	fact_id = sqlite3_column_int64(st, 1);
	has_blob = sqlite3_column_int(st, 2) != 0;
	sql_done(st);
	if (fact_id != r->fact_id)
		return sql_fail(m, MEMORY_EARG, "edit %lld belongs to fact #%lld, not #%lld",
				(long long)r->id, (long long)fact_id, (long long)r->fact_id);
	if (state != EDIT_RUNNING && state != EDIT_VERIFIED)
		return sql_fail(m, MEMORY_ENOENT, "edit %lld is %s: its result is not kept",
				(long long)r->id, edit_state_name(state));
	if (state == EDIT_VERIFIED && r->state == EDIT_RUNNING)
		return sql_fail(m, MEMORY_EARG, "edit %lld is verified already", (long long)r->id);
	if (r->state == EDIT_VERIFIED && !blob && !has_blob)
		return sql_fail(m, MEMORY_EARG,
				"edit %lld cannot be verified: nothing was stored for it",
				(long long)r->id);
	return 0;
}

static int store_one(memory *m, const edit_record *r, const edit_blob *blob)
{
	bool over = r->state != EDIT_RUNNING;
	int rc = store_check(m, r, blob);

	if (!rc)
		rc = sql_run(
			m,
			"UPDATE edits SET state = ?2, steps = ?3, evaluations = ?4, layer = ?5, "
			"loss_before = ?6, "
			"loss_after = ?7, p_before = ?8, p_after = ?9, locality_before = ?10, "
			"locality_after = ?11, seconds = ?12, npu_seconds = ?13, seed = ?14, "
			"error = ?15, "
			"ended = ?16, how = coalesce(?17, how) WHERE id = ?1",
			"isnnnddddddddisis", r->id, edit_state_name(r->state), r->steps,
			r->evaluations, r->layer, r->loss_before, r->loss_after, r->p_before,
			r->p_after, r->locality_before, r->locality_after, r->seconds,
			r->npu_seconds, (int64_t)r->seed, r->error,
			over ? memory_now(m) : (int64_t)0, r->how);
	if (!rc && r->state == EDIT_FAILED)
		rc = blob_drop(m, r->id);
	else if (!rc && blob)
		rc = blob_put(m, r->id, blob);
	if (!rc && r->state == EDIT_VERIFIED)
		rc = blob_drop_older(m, r->id);
	if (!rc && r->state == EDIT_VERIFIED)
		rc = sql_run(m, "UPDATE facts SET last_verified = ?, check_failed = 0 WHERE id = ?",
			     "ii", memory_now(m), r->fact_id);
	return rc ? rc : memory_event(m, edit_state_name(r->state), r->fact_id, r->id, 0);
}

int memory_store_edits(memory *m, const edit_record *r, const edit_blob *const *blobs, size_t n,
		       char *err, size_t errlen)
{
	int rc = tx_begin(m);

	for (size_t i = 0; !rc && i < n; i++)
		rc = store_one(m, &r[i], blobs ? blobs[i] : NULL);
	return tx_end(m, rc, err, errlen);
}

int memory_store_edit(memory *m, const edit_record *r, const edit_blob *blob, char *err,
		      size_t errlen)
{
	return memory_store_edits(m, r, &blob, 1, err, errlen);
}
