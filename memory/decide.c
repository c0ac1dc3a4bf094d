/*
 * decide.c: what a new statement does to what is already known, and taking that back.
 *
 * Every change a user makes is an act (add, supersede, retract, forget); facts remember the act
 * that made them and the one that ended them, so undoing an act is: its own fact goes, what it
 * ended comes back.
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* Below this a statement that contradicts a held fact is asked about first: what is said in passing ("my sister Eva called",
 * when the sister held is Ana) takes nothing's place unasked. "My sister is called Eva" does. 0 means that no confidence
 * was given. */
static const double ask_below = 0.9;
/* The same of words that say that something has ended, without the fact itself: "I no longer have a dog". */
static const double ask_ended_below = 0.65;

/* A candidate in the form in which the ledger compares. */
struct claim {
	char subject[sizeof(((detect_fact *)0)->subject)];
	char value[sizeof(((detect_fact *)0)->value)];
	const char *relation, *kind; /* kind: of its value */
	bool single;
};

struct decision {
	int op;      /* DETECT_* */
	int64_t old; /* the fact concerned, or 0 */
};

/* ---- weighing ---- */

static int claim_read(memory *m, const relations *r, const detect_fact *c, struct claim *k)
{
	const relation *rel;

	if (!memchr(c->subject, 0, sizeof(c->subject)) ||
	    !memchr(c->relation, 0, sizeof(c->relation)) || !memchr(c->value, 0, sizeof(c->value)))
		return sql_fail(m, MEMORY_EARG, "a fact's text is not terminated");
	fold_text(c->subject, k->subject, sizeof(k->subject));
	fold_text(c->value, k->value, sizeof(k->value));
	if (!*k->subject || !*c->relation || (!*k->value && c->op != DETECT_RETRACT))
		return sql_fail(m, MEMORY_EARG, "a fact needs a subject, a relation and a value");
	rel = r ? relations_find(r, c->subject, c->relation) : NULL;
	if (!rel)
		return sql_fail(m, MEMORY_EARG, "the relations table has no \"%s\" for \"%s\"",
				c->relation, c->subject);
	k->relation = c->relation;
	k->kind = rel->value;
	k->single = rel->cardinality == RELATION_ONE;
	return 0;
}

/* What is held of this subject and relation: how many facts, the newest, and the one with the same
 * value. */
static int claim_held(memory *m, const struct claim *k, size_t *n, int64_t *newest, int64_t *same)
{
	sqlite3_stmt *st;
	int rc = sql_query(
		m, &st,
		"SELECT id, values_same(?4, value_key, ?3) FROM facts WHERE subject_key = ?1 AND relation = ?2 "
		"AND status = 'active' ORDER BY id DESC",
		"ssss", k->subject, k->relation, k->value, k->kind);

	*n = 0;
	*newest = *same = 0;
	if (rc)
		return rc;
	while ((rc = sql_next(m, st)) == 1) {
		int64_t id = sqlite3_column_int64(st, 0);

		if (!(*n)++)
			*newest = id;
		if (sqlite3_column_int(st, 1))
			*same = id;
	}
	return rc;
}

static int decide(memory *m, const struct claim *k, const detect_fact *c, struct decision *d)
{
	int64_t newest, same;
	size_t n;
	int rc = claim_held(m, k, &n, &newest, &same);

	if (rc)
		return rc;
	d->old = newest;
	if (c->op == DETECT_ASK) {
		d->op = DETECT_ASK;
	} else if (c->op == DETECT_RETRACT) {
		d->old = *k->value ? same : newest;
		d->op = !d->old ? DETECT_NOOP : c->confidence > 0 && c->confidence < ask_ended_below ? DETECT_ASK : DETECT_RETRACT;
	} else if (same) {
		d->op = DETECT_NOOP;
		d->old = same;
	} else if (k->single && n > 0) {
		bool unsure = c->op == DETECT_ADD && c->confidence > 0 && c->confidence < ask_below;

		d->op = unsure ? DETECT_ASK : DETECT_SUPERSEDE;
	} else if (c->op == DETECT_SUPERSEDE && n == 1) {
		d->op = DETECT_SUPERSEDE; /* one of possibly many, but the words say "instead" */
	} else {
		d->op = DETECT_ADD;
		d->old = 0;
	}
	return 0;
}

int memory_decide(memory *m, const relations *r, const detect_fact *c, int *op, int64_t *old,
		  char *err, size_t errlen)
{
	struct decision d;
	struct claim k;
	int rc = claim_read(m, r, c, &k);

	if (!rc)
		rc = decide(m, &k, c, &d);
	if (rc)
		return sql_report(m, rc, err, errlen);
	*op = d.op;
	*old = d.old;
	return 0;
}

/* ---- acts ---- */

static int act_begin(memory *m, const char *op, int64_t *act)
{
	int rc = sql_run(m, "INSERT INTO acts(at, op) VALUES (?, ?)", "is", memory_now(m), op);

	if (!rc)
		*act = sql_last_id(m);
	return rc;
}

/* The fact counts no more; act is 0 when that cannot be taken back. */
static int fact_end(memory *m, int64_t id, int64_t act)
{
	int rc = sql_run(m,
			 "UPDATE facts SET status = 'forgotten', ended_by = nullif(?2, 0), "
			 "superseded_by = NULL WHERE id = ?1",
			 "ii", id, act);

	return rc ? rc : queue_revert(m, id);
}

static int fact_insert(memory *m, const struct claim *k, const detect_fact *c, const char *source,
		       int64_t act, int64_t *id)
{
	bool spans = source && c->span[0] <= c->span[1] && c->span[1] <= strlen(source);
	int64_t now = memory_now(m);
	int rc = sql_run(
		m,
		"INSERT INTO facts(subject, relation, value, subject_key, value_key, single, "
		"source, "
		"span_begin, span_end, rule, confidence, status, created, valid_from, made_by) "
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?)",
		"sssssnsiisdiii", c->subject, c->relation, c->value, k->subject, k->value,
		(int)k->single, source, (int64_t)(spans ? c->span[0] : 0),
		(int64_t)(spans ? c->span[1] : 0), c->rule ? c->rule : "", c->confidence, now, now,
		act);

	if (!rc)
		*id = sql_last_id(m);
	return rc;
}

/* The ids of what a supersede or retract ends. An empty value stands for all of them. */
static int claim_ends(memory *m, const struct claim *k, const char *value, int64_t **ids, size_t *n)
{
	return sql_ids(
		m, ids, n,
		"SELECT id FROM facts WHERE subject_key = ?1 AND relation = ?2 AND status = "
		"'active' "
		"AND (?3 = '' OR values_same(?4, value_key, ?3)) ORDER BY id",
		"ssss", k->subject, k->relation, value, k->kind);
}

static int learn_retract(memory *m, const struct claim *k)
{
	int64_t act, *ids = NULL;
	size_t n = 0;
	int rc = act_begin(m, "retract", &act);

	if (!rc)
		rc = claim_ends(m, k, k->value, &ids, &n);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = fact_end(m, ids[i], act);
		if (!rc)
			rc = memory_event(m, "retract", ids[i], 0, 0);
	}
	free(ids);
	return rc;
}

/*
 * The old facts must leave 'active' before the new one enters (unique indices), but their
 * superseded_by needs its id: so they are forgotten first and get their successor afterwards.
 */
static int learn_supersede(memory *m, const struct claim *k, const detect_fact *c,
			   const char *source, int64_t *id)
{
	int64_t act, *ids = NULL;
	size_t n = 0;
	int rc = act_begin(m, "supersede", &act);

	if (!rc)
		rc = claim_ends(m, k, "", &ids, &n);
	for (size_t i = 0; !rc && i < n; i++)
		rc = fact_end(m, ids[i], act);
	if (!rc)
		rc = fact_insert(m, k, c, source, act, id);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = sql_run(
			m, "UPDATE facts SET status = 'superseded', superseded_by = ? WHERE id = ?",
			"ii", *id, ids[i]);
		if (!rc)
			rc = memory_event(m, "supersede", ids[i], 0, *id);
	}
	free(ids);
	return rc;
}

static int learn_add(memory *m, const struct claim *k, const detect_fact *c, const char *source,
		     int64_t *id)
{
	int64_t act;
	int rc = act_begin(m, "add", &act);

	return rc ? rc : fact_insert(m, k, c, source, act, id);
}

/* Inside a transaction: does what is decided; d->old becomes the fact held afterwards. */
static int learn_decided(memory *m, const struct claim *k, const detect_fact *c, const char *source, struct decision *d)
{
	int rc = 0;

	if (d->op == DETECT_RETRACT)
		rc = learn_retract(m, k);
	if (d->op == DETECT_SUPERSEDE)
		rc = learn_supersede(m, k, c, source, &d->old);
	if (d->op == DETECT_ADD)
		rc = learn_add(m, k, c, source, &d->old);
	if (!rc && (d->op == DETECT_ADD || d->op == DETECT_SUPERSEDE)) {
		rc = memory_event(m, "learn", d->old, 0, 0);
		if (!rc)
			rc = queue_add(m, d->old);
	}
	return rc;
}

int memory_learn(memory *m, const relations *r, const detect_fact *c, const char *source, int *op,
		 int64_t *id, char *err, size_t errlen)
{
	struct decision d = { DETECT_NOOP, 0 };
	struct claim k;
	int rc = claim_read(m, r, c, &k);

	if (rc)
		return sql_report(m, rc, err, errlen);
	rc = tx_begin(m);
	if (!rc)
		rc = decide(m, &k, c, &d);
	if (!rc)
		rc = learn_decided(m, &k, c, source, &d);
	rc = tx_end(m, rc, err, errlen);
	if (rc)
		return rc;
	*op = d.op;
	*id = d.old;
	return 0;
}

/* Inside a transaction: one fact from elsewhere. */
static int import_one(memory *m, const relations *r, const memory_item *item, bool replace, memory_imported *out)
{
	struct decision d = { DETECT_NOOP, 0 };
	struct claim k;
	int rc = claim_read(m, r, &item->claim, &k);

	if (!rc && item->claim.op != DETECT_ADD)
		rc = sql_fail(m, MEMORY_EARG, "only facts can be taken in");
	if (!rc)
		rc = decide(m, &k, &item->claim, &d);
	if (rc)
		return rc;
	if (d.op == DETECT_NOOP)
		out->known++;
	else if (d.op != DETECT_ADD && !replace)
		out->contrary++;
	if (d.op == DETECT_NOOP || (d.op != DETECT_ADD && !replace))
		return 0;
	out->added += d.op == DETECT_ADD;
	out->replaced += d.op != DETECT_ADD;
	d.op = d.op == DETECT_ADD ? DETECT_ADD : DETECT_SUPERSEDE;
	rc = learn_decided(m, &k, &item->claim, item->source, &d);
	if (!rc && item->created > 0 && item->created < memory_now(m))
		rc = sql_run(m, "UPDATE facts SET created = ?1, valid_from = ?1 WHERE id = ?2", "ii", item->created, d.old);
	return rc;
}

int memory_import(memory *m, const relations *r, const memory_item *items, size_t n, bool replace, memory_imported *out,
		  char *err, size_t errlen)
{
	memory_imported done = { 0 };
	int rc = tx_begin(m);

	for (; !rc && done.at < n; done.at++) {
		rc = import_one(m, r, &items[done.at], replace, &done);
		if (rc)
			break;
	}
	rc = tx_end(m, rc, err, errlen);
	*out = done;
	return rc;
}

int memory_forget(memory *m, int64_t id, char *err, size_t errlen)
{
	int64_t act = 0;
	int status, rc = tx_begin(m);

	if (!rc)
		rc = fact_status_of(m, id, &status);
	if (!rc && status == FACT_FORGOTTEN)
		rc = sql_fail(m, MEMORY_ENOENT, "fact #%lld is forgotten already", (long long)id);
	/* What was superseded is not used any more; forgetting it only keeps /undo from bringing it
	 * back. */
	if (!rc && status == FACT_ACTIVE)
		rc = act_begin(m, "forget", &act);
	if (!rc)
		rc = fact_end(m, id, act);
	if (!rc)
		rc = memory_event(m, "forget", id, 0, 0);
	return tx_end(m, rc, err, errlen);
}

/* ---- undo ---- */

/* Facts f whose place nothing has taken: neither a fact of a relation that holds one value, nor one that says the same. What kind
 * of value it is the ledger does not know: two that say the same as any of them do. */
#define SAYS_SAME(kind) "values_same('" kind "', g.value_key, f.value_key)"
#define RESTORABLE                                                                                                          \
	"NOT EXISTS (SELECT 1 FROM facts g WHERE g.status = 'active' AND g.subject_key = f.subject_key"                     \
	" AND g.relation = f.relation AND (g.single OR f.single OR " SAYS_SAME("number") " OR " SAYS_SAME("date")          \
	" OR " SAYS_SAME("phone") "))"

/* Brings back what the act ended, except where something newer has taken its place. *back: the last
 * one, or 0. */
static int act_restore(memory *m, int64_t act, int64_t *back)
{
	int64_t *ids = NULL;
	size_t n = 0;
	int rc = sql_ids(
		m, &ids, &n,
		"SELECT f.id FROM facts f WHERE f.ended_by = ?1 AND " RESTORABLE " ORDER BY f.id",
		"i", act);

	*back = 0;
	for (size_t i = 0; !rc && i < n; i++) {
		rc = sql_run(
			m,
			"UPDATE facts SET status = 'active', ended_by = NULL, superseded_by = NULL "
			"WHERE id = ?",
			"i", ids[i]);
		if (!rc)
			rc = queue_restore(m, ids[i]);
		if (!rc)
			rc = memory_event(m, "restore", ids[i], 0, 0);
		*back = ids[i];
	}
	free(ids);
	return rc;
}

/* The newest act that still has an effect which can be taken back: older ones are reached past one that cannot. */
static int act_newest(memory *m, int64_t *act)
{
	int rc = sql_int(
		m, act,
		"SELECT a.id FROM acts a WHERE a.undone = 0 AND ("
		" EXISTS (SELECT 1 FROM facts f WHERE f.made_by = a.id AND f.status = 'active') OR"
		" a.op IN ('retract', 'forget') AND"
		" EXISTS (SELECT 1 FROM facts f WHERE f.ended_by = a.id AND " RESTORABLE "))"
		" ORDER BY a.id DESC LIMIT 1",
		"");

	if (rc == 0)
		return sql_fail(m, MEMORY_ENOENT, "there is nothing to undo");
	return rc < 0 ? rc : 0;
}

/* The act that made fact id, or, when it was retracted or forgotten, the one that did that. */
static int act_of_fact(memory *m, int64_t id, int64_t *act)
{
	int64_t by = 0;
	int status = 0, rc = fact_status_of(m, id, &status);

	if (rc)
		return rc;
	if (status == FACT_SUPERSEDED) {
		rc = sql_int(m, &by, "SELECT superseded_by FROM facts WHERE id = ?", "i", id);
		if (rc < 0)
			return rc;
		return sql_fail(m, MEMORY_EARG,
				"fact #%lld was replaced by #%lld: undo that one first",
				(long long)id, (long long)by);
	}
	rc = sql_int(m, act,
		     "SELECT CASE status WHEN 'active' THEN made_by ELSE ended_by END FROM facts "
		     "WHERE id = ?1 AND (status = 'active' OR ended_by IS NOT NULL)",
		     "i", id);
	if (rc == 0)
		return sql_fail(m, MEMORY_ENOENT, "fact #%lld is undone already", (long long)id);
	return rc < 0 ? rc : 0;
}

static int act_undo(memory *m, int64_t act, int64_t *undone)
{
	int64_t made = 0, back = 0;
	int rc = sql_int(m, &made, "SELECT id FROM facts WHERE made_by = ? AND status = 'active'",
			 "i", act);

	if (rc == 1)
		rc = fact_end(m, made, 0);
	if (rc >= 0)
		rc = act_restore(m, act, &back);
	if (rc)
		return rc;
	if (!made && !back)
		return sql_fail(m, MEMORY_EARG,
				"something newer has taken its place: undo or forget that first");
	*undone = made ? made : back;
	rc = sql_run(m, "UPDATE acts SET undone = 1 WHERE id = ?", "i", act);
	return rc ? rc : memory_event(m, "undo", *undone, 0, made ? back : 0);
}

/* Inside a transaction: undoes what memory_undo() names. */
static int undo(memory *m, int64_t id, int64_t *what)
{
	int64_t act = 0;
	int rc = id > 0 ? act_of_fact(m, id, &act) : act_newest(m, &act);

	return rc ? rc : act_undo(m, act, what);
}

int memory_undo(memory *m, int64_t id, int64_t *undone, char *err, size_t errlen)
{
	int64_t what = 0;
	int rc = tx_begin(m);

	if (!rc)
		rc = undo(m, id, &what);
	rc = tx_end(m, rc, err, errlen);
	if (!rc && undone)
		*undone = what;
	return rc;
}

int memory_last_act(memory *m, int64_t *act, char *err, size_t errlen)
{
	int64_t last = 0;
	int rc = sql_int(m, &last, "SELECT coalesce(max(id), 0) FROM acts", "");

	if (rc < 0)
		return sql_report(m, rc, err, errlen);
	*act = last;
	return 0;
}

/* Inside a transaction. */
static int undo_act(memory *m, int64_t act)
{
	int64_t stands = 0, undone;
	int rc = sql_int(m, &stands,
			 "SELECT EXISTS (SELECT 1 FROM facts WHERE (made_by = ?1 AND status = 'active') OR ended_by = ?1) "
			 "FROM acts WHERE id = ?1 AND undone = 0",
			 "i", act);

	if (rc < 0)
		return rc;
	if (!stands)
		return sql_fail(m, MEMORY_ENOENT, "nothing of that stands any more");
	return act_undo(m, act, &undone);
}

int memory_undo_act(memory *m, int64_t act, char *err, size_t errlen)
{
	int rc = tx_begin(m);

	if (!rc)
		rc = undo_act(m, act);
	return tx_end(m, rc, err, errlen);
}
