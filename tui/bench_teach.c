/* bench_teach: how a fact gets into the model under test, through the ledger or by a method, and out again. bench_run.h */
#include "tui/bench_run.h"

#include "engine/npu.h"
#include "tui/cli.h"
#include "tui/learn_int.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTEXTS_MAX = 64, EDITS_LOOKED_AT = 8 };

static bool stopped(void *arg)
{
	(void)arg;
	return cli_stopped(NULL);
}

/* ---- memory ---- */

bool bench_peak_reset(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, "5", 1) == 1;

	if (fd >= 0)
		close(fd);
	return ok;
}

double bench_peak(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	double kilobytes = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmHWM:", 6))
			kilobytes = strtod(line + 6, NULL);
	if (f)
		fclose(f);
	return kilobytes * 1024;
}

/* ---- records ---- */

static void copy_text(char *out, size_t cap, const char *s)
{
	snprintf(out, cap, "%.*s", (int)text_whole(s, strnlen(s, cap - 1)), s);
}

void bench_record_begin(const bench *b, const bench_fact *f, bench_record *r)
{
	static const char *const searches[] = { "fit", "gradient", "published" }; /* enum edit_search */
	const engine_info *info = engine_describe(b->app.engine);
	bool ours = !strcmp(b->name, "ours");

	*r = (bench_record){ .number = f->number, .of = (int)b->n, .warm_start = ours && b->set.warm_start,
			     .cache = !ours || !b->set.bench_no_cache };
	r->evaluations = r->steps = r->backward = r->forward_tokens = r->seconds = r->npu_seconds = r->npu_joules = NAN;
	r->p_before = r->p_after = r->peak_bytes = r->method_bytes = NAN;
	copy_text(r->model, sizeof(r->model), info->name);
	copy_text(r->hash, sizeof(r->hash), info->hash);
	copy_text(r->data, sizeof(r->data), b->list->name);
	copy_text(r->method, sizeof(r->method), b->name);
	copy_text(r->precision, sizeof(r->precision), b->set.precision ? "fp32" : "w8a16");
	copy_text(r->search, sizeof(r->search), ours ? searches[b->set.search] : "");
	if (ours && !b->method && b->set.practice && !b->set.search)
		copy_text(r->search, sizeof(r->search), "read");
	copy_text(r->subject, sizeof(r->subject), f->subject);
	copy_text(r->relation, sizeof(r->relation), f->relation);
	copy_text(r->value, sizeof(r->value), f->value);
}

/* ---- through the ledger ---- */

static int learn(bench *b, char *err, size_t errlen)
{
	while (learn_step(&b->app) != LEARN_IDLE)
		if (stopped(NULL)) {
			snprintf(err, errlen, "stopped");
			return ENGINE_ESTOP;
		}
	return b->app.stale ? learn_apply(&b->app, err, errlen) : 0; /* for its reason */
}

static int read_edit(bench *b, int64_t id, bench_record *r, char *err, size_t errlen)
{
	edit_record *e = NULL;
	size_t n = 0;
	int rc = memory_edits(b->app.memory, false, EDITS_LOOKED_AT, &e, &n, err, errlen);

	for (size_t i = 0; !rc && i < n; i++) {
		if (e[i].fact_id != id)
			continue;
		copy_text(r->state, sizeof(r->state), edit_state_name(e[i].state));
		r->evaluations = e[i].evaluations;
		r->steps = e[i].steps;
		r->backward = 0;
		r->seconds = e[i].seconds;
		r->p_before = e[i].p_before;
		r->p_after = e[i].p_after;
		r->npu_seconds = e[i].npu_seconds;
		if (e[i].state != EDIT_VERIFIED)
			copy_text(r->note, sizeof(r->note), b->failure);
		break;
	}
	edits_free(e, n);
	return rc;
}

/* As learn_notice.c does with what the user says. */
static int teach_ledger(bench *b, const bench_fact *f, const char *value, bench_record *r, int64_t *id, char *err,
			size_t errlen)
{
	detect_fact c = { .op = DETECT_ADD, .rule = "bench", .confidence = 1 };
	int64_t old = 0;
	int op, rc;

	snprintf(c.subject, sizeof(c.subject), "%s", f->subject);
	snprintf(c.relation, sizeof(c.relation), "%s", f->relation);
	snprintf(c.value, sizeof(c.value), "%s", value);
	b->failure[0] = 0;
	rc = memory_decide(b->app.memory, b->app.relations, &c, &op, &old, err, errlen);
	if (!rc)
		rc = learn_record(&b->app, &c, NULL, &op, id, err, errlen);
	if (!rc && op == DETECT_SUPERSEDE)
		rc = learn_apply(&b->app, err, errlen);
	if (!rc)
		rc = learn(b, err, errlen);
	return rc ? rc : read_edit(b, *id, r, err, errlen);
}

/* ---- by a method ---- */

/* What a method is shown of a fact; points into itself. */
typedef struct lesson {
	method_fact fact;
	fact_question *questions;
	char *text[CONTEXTS_MAX];
	engine_turn turns[CONTEXTS_MAX][3];
	edit_context contexts[CONTEXTS_MAX];
	char statement[QUESTION_MAX];
} lesson;

static void lesson_release(lesson *l)
{
	for (size_t i = 0; i < CONTEXTS_MAX; i++)
		free(l->text[i]);
	free(l->questions);
}

/* As learn.c fits an edit. */
static int lesson_personal(bench *b, const bench_fact *x, const char *value, lesson *l, char *err, size_t errlen)
{
	const relation *rel = relations_find(b->app.relations, x->subject, x->relation);
	fact f = { .edit_state = -1 };
	fact_group g = { .facts = &f, .n = 1 };
	size_t n = 0, k = 0;
	int rc;

	copy_text(f.subject, sizeof(f.subject), x->subject);
	copy_text(f.relation, sizeof(f.relation), x->relation);
	copy_text(f.value, sizeof(f.value), value);
	rc = group_questions(&b->app, &g, 0, &l->questions, &n, err, errlen);
	for (size_t i = 0; !rc && i < n && k < CONTEXTS_MAX; i++) {
		const fact_question *q = &l->questions[i];

		if (q->kind == QUESTION_HELD)
			continue;
		l->contexts[k] = context_of(q, i, l->turns[k]);
		k++;
	}
	l->fact.n_contexts = k;
	if (!rc && relation_fill(rel->say[0], x->subject, value, l->statement, sizeof(l->statement), NULL) > 0)
		l->fact.statement = l->statement;
	return rc;
}

/* The prompt alone, after a greeting, and behind some openings, as ROME averages over prefixes. */
static int lesson_published(const bench_fact *x, const char *value, lesson *l, char *err, size_t errlen)
{
	static const char *const openings[] = { "", "", "Quick question: ", "I was wondering: ", "Listen: ", "Well then: " };
	static const char hello[] = "Hello!", reply[] = "Hello! How can I help you today?";

	for (size_t i = 0; i < sizeof(openings) / sizeof(*openings); i++) {
		size_t cap = strlen(openings[i]) + strlen(x->prompt) + 1, n = 0;
		engine_turn *t = l->turns[i];

		l->text[i] = malloc(cap);
		if (!l->text[i]) {
			snprintf(err, errlen, "out of memory");
			return ENGINE_ENOMEM;
		}
		snprintf(l->text[i], cap, "%s%s", openings[i], x->prompt);
		if (i == 1) {
			t[n++] = (engine_turn){ "user", hello, sizeof(hello) - 1 };
			t[n++] = (engine_turn){ "assistant", reply, sizeof(reply) - 1 };
		}
		t[n++] = (engine_turn){ "user", l->text[i], strlen(l->text[i]) };
		l->contexts[i] = (edit_context){ t, n, strlen(openings[i]) + x->anchor_end, value, 0 };
		l->fact.n_contexts++;
	}
	snprintf(l->statement, sizeof(l->statement), "%.300s %.160s.", x->prompt, value);
	l->fact.statement = l->statement;
	return 0;
}

/* Questions that no list asks, for methods that want some. */
static size_t unrelated(edit_context *c, engine_turn *t)
{
	static const char *const questions[] = { "What is the capital of Spain?", "How many months are in a year?",
						 "Nice to meet you!", "What is your name?", "What do cats drink?",
						 "What is 2 plus 5?" };
	enum { N = sizeof(questions) / sizeof(*questions) };

	for (size_t i = 0; i < N; i++) {
		t[i] = (engine_turn){ "user", questions[i], strlen(questions[i]) };
		c[i] = (edit_context){ &t[i], 1, strlen(questions[i]), NULL, 0 };
	}
	return N;
}

static void add_cost(bench_record *r, const method_cost *teach, const method_cost *finish)
{
	r->evaluations = teach->evaluations + finish->evaluations;
	r->steps = teach->steps + finish->steps;
	r->backward = teach->backward_passes + finish->backward_passes;
	r->forward_tokens = teach->forward_tokens + finish->forward_tokens;
	r->seconds = teach->seconds + finish->seconds;
	r->npu_seconds = teach->npu_seconds + finish->npu_seconds;
	r->p_before = teach->p_before;
	r->p_after = teach->p_after;
	r->method_bytes = (double)(teach->peak_bytes > finish->peak_bytes ? teach->peak_bytes : finish->peak_bytes);
	copy_text(r->state, sizeof(r->state), teach->converged ? "converged" : "not converged");
}

static int teach_method(bench *b, const bench_fact *f, const char *value, bench_record *r, char *err, size_t errlen)
{
	lesson *l = calloc(1, sizeof(*l));
	edit_context other[8];
	engine_turn other_turn[8];
	method_cost teach = { 0 }, finish = { 0 };
	int rc;

	if (!l) {
		snprintf(err, errlen, "out of memory");
		return ENGINE_ENOMEM;
	}
	l->fact = (method_fact){ .subject = f->subject, .relation = f->relation, .value = value, .contexts = l->contexts,
				 .unrelated = other };
	l->fact.n_unrelated = unrelated(other, other_turn);
	rc = f->prompt ? lesson_published(f, value, l, err, errlen) : lesson_personal(b, f, value, l, err, errlen);
	if (!rc)
		rc = method_teach(b->method, &l->fact, &teach, stopped, NULL, err, errlen);
	if (!rc)
		rc = method_finish(b->method, &finish, stopped, NULL, err, errlen);
	if (!rc)
		add_cost(r, &teach, &finish);
	lesson_release(l);
	free(l);
	return rc;
}

/* ---- either ---- */

int bench_teach(bench *b, const bench_fact *f, const char *value, bench_record *r, int64_t *id, char *err, size_t errlen)
{
	double peak;
	int rc;

	*id = 0;
	bench_peak_reset();
	rc = b->method ? teach_method(b, f, value, r, err, errlen) : teach_ledger(b, f, value, r, id, err, errlen);
	peak = bench_peak();
	r->peak_bytes = peak > 0 ? peak : NAN;
	r->npu_joules = r->npu_seconds * npu_phones[b->set.phone].watts;
	return rc;
}

int bench_update(bench *b, const bench_fact *f, bench_record *r, int64_t *id, char *err, size_t errlen)
{
	const relation *rel = relations_find(b->app.relations, f->subject, f->relation);
	bench_record cost;
	char text[QUESTION_MAX], answer[ANSWER_MAX];
	int rc;

	if (!f->newer || !rel || rel->cardinality != RELATION_ONE)
		return 0;
	bench_record_begin(b, f, &cost);
	rc = bench_teach(b, f, f->newer, &cost, id, err, errlen);
	for (size_t i = 0; !rc && i < rel->n_ask; i++) {
		if (relation_fill(rel->ask[i], f->subject, NULL, text, sizeof(text), NULL) < 0)
			continue;
		rc = bench_ask(b, text, answer, err, errlen);
		if (rc)
			break;
		r->share[BENCH_UPDATED].n++;
		r->share[BENCH_UPDATED].k += answer_holds(answer, f->newer);
		r->share[BENCH_OUTDATED].n++;
		r->share[BENCH_OUTDATED].k += answer_holds(answer, f->value);
	}
	return rc;
}

int bench_forget(bench *b, int64_t id, char *err, size_t errlen)
{
	int rc = 0;

	if (b->method)
		method_reset(b->method);
	else if (id)
		rc = learn_forget(&b->app, id, err, errlen);
	return rc ? rc : b->method ? 0 : learn(b, err, errlen);
}
