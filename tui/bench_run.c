/* bench_run: see bench_run.h. */
#include "tui/bench_run.h"

#include "tui/cli.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { ALL_QUESTIONS = 1 << 20 };

static const char *const world[] = {
	"What is the capital of France?", "What is the capital of Japan?", "What is the capital of Egypt?",
	"What is the capital of Norway?", "How many legs does a spider have?", "Hello!", "Who are you?", "Thank you!",
	"What is the opposite of hot?", "How are you?", "What is 3 plus 4?", "What do bees make?",
};
/* Relations that most lists do not speak of. */
static const struct { const char *subject, *relation; } untold[] = {
	{ "my guinea pig", "name" }, { "my aunt", "name" }, { "I", "favorite dessert" }, { "I", "favorite movie" },
	{ "I", "weight" }, { "my uncle", "name" }, { "I", "zodiac sign" }, { "I", "commute" }, { "my snake", "name" },
	{ "I", "favorite season" }, { "I", "wifi password" }, { "my grandmother", "name" }, { "my lizard", "name" },
	{ "I", "favorite player" }, { "I", "booking number" }, { "I", "safe combination" },
	{ "my stepmother", "name" }, { "I", "wedding" }, { "I", "meeting" }, { "I", "passport number" },
};

/* ---- life ---- */

static void watch(void *arg, event *e)
{
	bench *b = arg;

	if ((e->type == EV_EDIT_END || e->type == EV_ERROR) && e->text)
		snprintf(b->failure, sizeof(b->failure), "%.*s", (int)text_whole(e->text, strnlen(e->text, sizeof(b->failure) - 1)),
			 e->text);
	event_free(e);
}

static bool stopped(void *arg)
{
	(void)arg;
	return cli_stopped(NULL);
}

static void remove_dir(const char *dir)
{
	static const char *const names[] = { "ledger.db", "ledger.db-wal", "ledger.db-shm", "lock" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static bool told(const bench *b, const char *subject, const char *name)
{
	for (size_t i = 0; i < b->n; i++)
		if (!strcmp(b->list->facts[i].subject, subject) && !strcmp(b->list->facts[i].relation, name))
			return true;
	return false;
}

void bench_close(bench *b)
{
	method_end(b->method);
	app_close(&b->app);
	if (b->dir[0])
		remove_dir(b->dir);
	bench_probes_release(&b->probes);
	free(b->before);
}

int bench_begin(bench *b, const char *name, char *err, size_t errlen)
{
	method_options o = method_options_default();
	char calibration[1024];

	method_end(b->method);
	b->method = NULL;
	b->name = name;
	if (!strcmp(name, "ours") && b->list->form == BENCH_PERSONAL)
		return 0;
	snprintf(calibration, sizeof(calibration), "%s/calibration.txt", b->set.assets_dir);
	o.calibration = calibration;
	o.warm_start = b->set.warm_start;
	o.search = (enum edit_search)b->set.search;
	o.seed = b->set.seed;
	return method_begin(&b->method, b->app.engine, name, &o, err, errlen);
}

/* ---- asking ---- */

int bench_ask(bench *b, const char *question, char answer[ANSWER_MAX], char *err, size_t errlen)
{
	enum { TOKENS = 48 };
	engine_turn turn = { "user", question, strlen(question) };

	if (b->method)
		return method_answer(b->method, &turn, 1, TOKENS, answer, ANSWER_MAX, NULL, stopped, NULL, err, errlen);
	return engine_answer(b->app.engine, &turn, 1, ENGINE_EDITED, TOKENS, answer, ANSWER_MAX, NULL, stopped, NULL, err, errlen);
}

/* base: of the unedited model, whatever the method. An answer without tokens has n 0. */
static int force(bench *b, const char *question, const char *answer, bool base, bench_forced *f, char *err, size_t errlen)
{
	engine_turn turn = { "user", question, strlen(question) };

	f->n = 0;
	if (!*answer)
		return 0;
	if (b->method && !base)
		return method_forced(b->method, &turn, 1, answer, f->want, f->top, BENCH_FORCED_MAX, &f->n, err, errlen);
	return engine_forced(b->app.engine, &turn, 1, base ? ENGINE_BASE : ENGINE_EDITED, answer, f->want, f->top, BENCH_FORCED_MAX,
			     &f->n, err, errlen);
}

/* Tokens of the answer in which the value stands, and how many of them are the likeliest. */
static void count_value(const bench *b, const bench_forced *f, const char *answer, const char *value, bench_share *s)
{
	const char *at = strstr(answer, value);
	size_t begin = at ? (size_t)(at - answer) : 0, end = at ? begin + strlen(value) : strlen(answer), pos = 0;

	for (size_t i = 0; i < f->n; i++) {
		const char *bytes;
		size_t n = i ? engine_token_bytes(b->app.engine, f->want[i], &bytes) :
			       engine_first_bytes(b->app.engine, f->want[i], &bytes);

		if (pos < end && pos + n > begin) {
			s->n++;
			s->k += f->want[i] == f->top[i];
		}
		pos += n;
	}
}

static int force_value(bench *b, const char *question, const char *answer, const char *value, bench_share *s, char *err,
		       size_t errlen)
{
	bench_forced f;
	int rc = force(b, question, answer, false, &f, err, errlen);

	if (!rc)
		count_value(b, &f, answer, value, s);
	return rc;
}

/* Tokens that the unedited model holds likeliest in the answer's places, and how many still are. */
static int force_kept(bench *b, const char *question, const char *answer, const bench_forced *before, bench_share *s,
		      char *err, size_t errlen)
{
	bench_forced now;
	int rc = force(b, question, answer, false, &now, err, errlen);

	for (size_t i = 0; !rc && i < now.n && i < before->n; i++) {
		s->n++;
		s->k += now.top[i] == before->top[i];
	}
	return rc;
}

static void count(bench_share *s, bool yes)
{
	s->n++;
	s->k += yes;
}

/* ---- the model under test ---- */

static int probe_begin(bench *b, const char *question, char *err, size_t errlen)
{
	char answer[ANSWER_MAX];
	int rc = bench_ask(b, question, answer, err, errlen);

	if (!rc && bench_probe_add(&b->probes, question, answer)) {
		snprintf(err, errlen, "out of memory");
		rc = ENGINE_ENOMEM;
	}
	return rc;
}

/* The list's own, or the world's; and what was not told. */
static int probes_begin(bench *b, char *err, size_t errlen)
{
	const bench_probes *own = &b->list->probes;
	size_t n = own->n ? own->n : sizeof(world) / sizeof(*world);
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++)
		rc = probe_begin(b, own->n ? own->at[i].question : world[i], err, errlen);
	for (size_t i = 0; !rc && i < sizeof(untold) / sizeof(*untold) && b->probes.n < n + 12; i++) {
		const relation *r = relations_find(b->app.relations, untold[i].subject, untold[i].relation);
		char text[QUESTION_MAX];

		if (r && !told(b, untold[i].subject, untold[i].relation) &&
		    relation_fill(r->ask[0], untold[i].subject, NULL, text, sizeof(text), NULL) > 0)
			rc = probe_begin(b, text, err, errlen);
	}
	b->before = rc ? NULL : calloc(b->probes.n, sizeof(*b->before));
	if (!rc && !b->before) {
		snprintf(err, errlen, "out of memory");
		rc = ENGINE_ENOMEM;
	}
	for (size_t i = 0; !rc && i < b->probes.n; i++)
		rc = force(b, b->probes.at[i].question, b->probes.at[i].accepted, true, &b->before[i], err, errlen);
	return rc;
}

int bench_open(bench *b, const settings *s, const bench_list *list, char *err, size_t errlen)
{
	int code;

	*b = (bench){ .set = *s, .list = list, .dir = "/tmp/imprint-bench-XXXXXX", .name = "ours" };
	b->n = s->bench_limit && s->bench_limit < list->n ? s->bench_limit : list->n;
	if (!mkdtemp(b->dir)) {
		snprintf(err, errlen, "no temporary folder could be made");
		b->dir[0] = 0;
		return EXIT_RUNTIME;
	}
	b->set.data_dir = b->dir;
	b->app.emit = watch;
	b->app.arg = b;
	b->app.stop_edit = b->app.stop_reply = stopped;
	code = app_open(&b->app, &b->set, false, err, errlen);
	if (!code && probes_begin(b, err, errlen))
		code = EXIT_RUNTIME;
	return code;
}

/* ---- personal facts ---- */

/* The fact's questions, as the program asks them. The caller frees *q. */
static int questions_of(bench *b, const bench_fact *x, const char *value, fact_question **q, size_t *n, char *err,
			size_t errlen)
{
	fact f = { .edit_state = -1 };
	fact_group g = { .facts = &f, .n = 1 };

	snprintf(f.subject, sizeof(f.subject), "%s", x->subject);
	snprintf(f.relation, sizeof(f.relation), "%s", x->relation);
	snprintf(f.value, sizeof(f.value), "%s", value);
	return group_questions(&b->app, &g, 0, q, n, err, errlen);
}

static int ask_own(bench *b, const bench_fact *x, const fact_question *q, size_t n, size_t most, bench_record *r, char *err,
		   size_t errlen)
{
	char answer[ANSWER_MAX];
	size_t asked[2] = { 0, 0 };
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		bool is_held = q[i].kind == QUESTION_HELD;

		if (asked[is_held]++ >= most)
			continue;
		rc = bench_ask(b, q[i].text, answer, err, errlen);
		if (rc)
			break;
		count(&r->share[is_held ? BENCH_HELD : BENCH_OWN], answer_holds(answer, x->value));
		if (!is_held)
			rc = force_value(b, q[i].text, q[i].answer, x->value, &r->share[BENCH_FORCED_OWN], err, errlen);
	}
	return rc;
}

/* whole: the answer as a sentence. forced may be NULL. */
static int ask_wordings(bench *b, const bench_fact *x, const bench_probes *p, const char *whole, size_t most,
			bench_share *said, bench_share *forced, char *err, size_t errlen)
{
	char answer[ANSWER_MAX];
	int rc = 0;

	for (size_t i = 0; !rc && i < p->n && i < most; i++) {
		rc = bench_ask(b, p->at[i].question, answer, err, errlen);
		if (rc)
			break;
		count(said, answer_holds(answer, x->value));
		if (forced)
			rc = force_value(b, p->at[i].question, whole, x->value, forced, err, errlen);
	}
	return rc;
}

/* Where the list has no wordings of its own, those held out of the table stand for them. */
static int ask_para(bench *b, const bench_fact *x, const char *whole, size_t most, bench_record *r, char *err, size_t errlen)
{
	int rc = ask_wordings(b, x, &x->para, whole, most, &r->share[BENCH_PARA], &r->share[BENCH_FORCED_PARA], err, errlen);

	if (!x->para.n)
		r->share[BENCH_PARA] = r->share[BENCH_HELD];
	return rc ? rc : ask_wordings(b, x, &x->far, whole, most, &r->share[BENCH_FAR], NULL, err, errlen);
}

size_t bench_stride(size_t n)
{
	for (size_t k = 7; n > 1; k++) {
		size_t a = n, b = k;

		for (size_t rest; b; a = b, b = rest) /* Euclid's algorithm */
			rest = a % b;
		if (a == 1)
			return k;
	}
	return 1;
}

/* The list's questions about the same subject, and the table's of other relations, not told: the value may not appear. */
static int ask_same(bench *b, const bench_fact *x, bench_record *r, char *err, size_t errlen)
{
	enum { OF_TABLE = 6 };
	char text[QUESTION_MAX], answer[ANSWER_MAX];
	size_t n = relations_count(b->app.relations), stride = bench_stride(n), asked = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < x->same.n; i++) {
		rc = bench_ask(b, x->same.at[i].question, answer, err, errlen);
		if (!rc)
			count(&r->share[BENCH_SAME], !answer_holds(answer, x->value));
	}
	for (size_t i = 0; !rc && i < n && asked < OF_TABLE; i++) {
		const relation *other = relations_at(b->app.relations, (i * stride) % n);
		bool fits = !strcmp(other->subject, x->subject) || (!strcmp(other->subject, "*") && strcmp(x->subject, "I"));

		if (!fits || told(b, x->subject, other->name) ||
		    relation_fill(other->ask[0], x->subject, NULL, text, sizeof(text), NULL) < 0)
			continue;
		asked++;
		rc = bench_ask(b, text, answer, err, errlen);
		if (!rc)
			count(&r->share[BENCH_SAME], !answer_holds(answer, x->value));
	}
	return rc;
}

int bench_measure_probes(bench *b, bench_record *r, char *err, size_t errlen)
{
	char answer[ANSWER_MAX];
	int rc = 0;

	for (size_t i = 0; !rc && i < b->probes.n; i++) {
		const bench_probe *p = &b->probes.at[i];

		rc = bench_ask(b, p->question, answer, err, errlen);
		if (rc)
			break;
		count(&r->share[BENCH_OTHER], !strcmp(answer, p->accepted));
		rc = force_kept(b, p->question, p->accepted, &b->before[i], &r->share[BENCH_FORCED_OTHER], err, errlen);
	}
	return rc;
}

/* ---- published lists ---- */

/* The reply is the answer and nothing else, letter case and a last full stop aside. */
static bool is_exactly(const char *reply, const char *answer)
{
	size_t n = strlen(reply), m = strlen(answer);

	while (n && (reply[n - 1] == '.' || reply[n - 1] == ' ' || reply[n - 1] == '\n'))
		n--;
	while (m && (answer[m - 1] == '.' || answer[m - 1] == ' '))
		m--;
	return n == m && !strncasecmp(reply, answer, n);
}

/* Holds one of the answers, one a line. */
static bool holds_any(const char *reply, const char *accepted)
{
	char one[ANSWER_MAX];

	for (const char *s = accepted; *s; s += strcspn(s, "\n") + (s[strcspn(s, "\n")] == '\n')) {
		snprintf(one, sizeof(one), "%.*s", (int)strcspn(s, "\n"), s);
		if (*one && answer_holds(reply, one))
			return true;
	}
	return false;
}

static void first_line(const char *lines, char *out, size_t cap)
{
	snprintf(out, cap, "%.*s", (int)strcspn(lines, "\n"), lines);
}

static int ask_value(bench *b, const char *question, const char *value, enum bench_count which,
		     enum bench_count which_forced, bench_record *r, char *err, size_t errlen)
{
	char answer[ANSWER_MAX];
	int rc = bench_ask(b, question, answer, err, errlen);

	if (rc)
		return rc;
	count(&r->share[which], holds_any(answer, value));
	if (which == BENCH_OWN)
		count(&r->share[BENCH_EXACT], is_exactly(answer, value));
	return force_value(b, question, value, value, &r->share[which_forced], err, errlen);
}

static int ask_local(bench *b, const bench_probe *p, bench_record *r, char *err, size_t errlen)
{
	char before[ANSWER_MAX], answer[ANSWER_MAX];
	bench_forced forced;
	engine_turn turn = { "user", p->question, strlen(p->question) };
	int rc = bench_ask(b, p->question, answer, err, errlen);

	if (!rc)
		rc = engine_answer(b->app.engine, &turn, 1, ENGINE_BASE, 48, before, sizeof(before), NULL, stopped, NULL, err,
				   errlen);
	if (rc)
		return rc;
	count(&r->share[BENCH_OTHER], !strcmp(answer, before));
	first_line(p->accepted ? p->accepted : before, answer, sizeof(answer));
	rc = force(b, p->question, answer, true, &forced, err, errlen);
	return rc ? rc : force_kept(b, p->question, answer, &forced, &r->share[BENCH_FORCED_OTHER], err, errlen);
}

/* Where a record says nothing of what may not change, the probes stand for it. */
static int measure_published(bench *b, const bench_fact *x, size_t most, bool all, bench_record *r, char *err, size_t errlen)
{
	int rc = ask_value(b, x->prompt, x->value, BENCH_OWN, BENCH_FORCED_OWN, r, err, errlen);

	for (size_t i = 0; !rc && i < x->para.n && i < most; i++)
		rc = ask_value(b, x->para.at[i].question, x->value, BENCH_PARA, BENCH_FORCED_PARA, r, err, errlen);
	for (size_t i = 0; !rc && all && i < x->local.n; i++)
		rc = ask_local(b, &x->local.at[i], r, err, errlen);
	if (!rc && all && !x->local.n)
		rc = bench_measure_probes(b, r, err, errlen);
	for (size_t i = 0; !rc && all && i < x->port.n; i++) {
		char answer[ANSWER_MAX];

		rc = bench_ask(b, x->port.at[i].question, answer, err, errlen);
		if (rc)
			break;
		count(&r->share[BENCH_PORT], holds_any(answer, x->port.at[i].accepted));
		first_line(x->port.at[i].accepted, answer, sizeof(answer));
		rc = force_value(b, x->port.at[i].question, answer, answer, &r->share[BENCH_FORCED_PORT], err, errlen);
	}
	return rc;
}

/* ---- measuring ---- */

int bench_measure_fact(bench *b, const bench_fact *f, size_t n, bench_record *r, char *err, size_t errlen)
{
	fact_question *q = NULL;
	size_t n_q = 0;
	int rc;

	if (b->list->form != BENCH_PERSONAL)
		return measure_published(b, f, n, false, r, err, errlen);
	rc = questions_of(b, f, f->value, &q, &n_q, err, errlen);
	if (!rc)
		rc = ask_own(b, f, q, n_q, n, r, err, errlen);
	if (!rc)
		rc = ask_para(b, f, q[0].answer, n, r, err, errlen);
	free(q);
	return rc;
}

int bench_measure(bench *b, const bench_fact *f, bench_record *r, char *err, size_t errlen)
{
	int rc;

	if (b->list->form != BENCH_PERSONAL)
		return measure_published(b, f, ALL_QUESTIONS, true, r, err, errlen);
	rc = bench_measure_fact(b, f, ALL_QUESTIONS, r, err, errlen);
	if (!rc)
		rc = ask_same(b, f, r, err, errlen);
	return rc ? rc : bench_measure_probes(b, r, err, errlen);
}
