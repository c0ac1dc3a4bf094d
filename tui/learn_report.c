/* What the ledger and the weights know, as tables for people and JSON lines for programs. */
#include "tui/learn_report.h"

#include "tui/json.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>

enum { ANSWER_TOKENS = 48 };

/* Printable ASCII, as most of what is shown: nothing to sanitise, and a column for each byte. */
static bool is_plain(const char *s)
{
	for (; *s; s++)
		if (*s < 0x20 || *s > 0x7e)
			return false;
	return true;
}

void report_text(FILE *out, const char *s)
{
	char *clean = text_sanitise(s ? s : "", s ? strlen(s) : 0);

	if (clean)
		fputs(clean, out);
	free(clean);
}

/* Pads to a width in columns, not in bytes. */
void report_column(FILE *out, const char *s, size_t width)
{
	char *clean;
	size_t w;

	if (s && is_plain(s)) {
		fprintf(out, "%-*s ", (int)width, s);
		return;
	}
	clean = text_sanitise(s ? s : "", s ? strlen(s) : 0);
	w = clean ? text_width(clean, strlen(clean)) : 0;
	fputs(clean ? clean : "", out);
	for (; w < width; w++)
		fputc(' ', out);
	fputc(' ', out);
	free(clean);
}

void report_date(FILE *out, int64_t t)
{
	char text[32] = "-";
	struct tm tm;
	time_t when = (time_t)t;

	if (t && localtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	fputs(text, out);
}

const char *report_state(const fact *f)
{
	if (f->status != FACT_ACTIVE)
		return fact_status_name(f->status);
	return f->edit_state < 0 ? "noted" : edit_state_name(f->edit_state);
}

int report_why(app *a, FILE *out, int64_t id, char *err, size_t errlen)
{
	edit_record *e = NULL;
	size_t n = 0;
	char what[512];
	fact f;
	int rc = memory_fact(a->memory, id, &f, err, errlen);

	if (rc)
		return rc;
	learn_describe(a, &f, what, sizeof(what));
	fprintf(out, "#%lld ", (long long)f.id);
	report_text(out, what);
	fprintf(out, " (%s)\n  you said: ", report_state(&f));
	report_text(out, f.source ? f.source : "-");
	fprintf(out, "\n  on ");
	report_date(out, f.created);
	fprintf(out, ", found by the rule \"%s\" with confidence %.2f\n", f.rule, f.confidence);
	if (f.superseded_by)
		fprintf(out, "  replaced by #%lld\n", (long long)f.superseded_by);
	fact_release(&f);
	rc = memory_edits(a->memory, false, 0, &e, &n, err, errlen);
	for (size_t i = 0; !rc && i < n; i++)
		if (e[i].fact_id == id)
			report_edit_line(out, &e[i], what);
	edits_free(e, n);
	return rc;
}

/* How many of the wordings asked were answered with the value. */
typedef struct proof {
	int n, n_held;             /* asked; of them never used to find the edit */
	int base, edited, held;    /* known by the base weights, by the edited ones, and of those the held-out wordings */
} proof;

static int prove_one(app *a, FILE *out, const fact_question *q, bool base, proof *sum, char *err, size_t errlen)
{
	engine_turn turn = { "user", q->text, strlen(q->text) };
	char answer[ANSWER_MAX];
	double nll, p;
	int rc = engine_answer(a->engine, &turn, 1, base ? ENGINE_BASE : ENGINE_EDITED, ANSWER_TOKENS, answer, sizeof(answer), NULL,
			       a->stop_reply, a->arg, err, errlen);

	if (!rc)
		rc = engine_score(a->engine, &turn, 1, base ? ENGINE_BASE : ENGINE_EDITED, q->answer, &nll, &p, err, errlen);
	if (rc)
		return rc;
	bool knows = answer_holds(answer, q->values);

	if (base)
		sum->base += knows;
	else
		sum->edited += knows;
	sum->held += !base && knows && q->kind == QUESTION_HELD;
	fprintf(out, "  %s p %.3f  %-16s  ", base ? "base  " : "edited", p, knows ? "knows it" : "does not know it");
	report_text(out, answer);
	fputc('\n', out);
	return 0;
}

/* Takes the fact. */
static int group_of_one(fact *f, fact_group *g, char *err, size_t errlen)
{
	memset(g, 0, sizeof(*g));
	g->facts = malloc(sizeof(*g->facts));
	if (!g->facts) {
		fact_release(f);
		snprintf(err, errlen, "out of memory");
		return MEMORY_ENOMEM;
	}
	g->facts[0] = *f;
	g->n = 1;
	return 0;
}

/* Every wording to both weights, the answers beside each other. */
static int prove_all(app *a, FILE *out, const fact_group *g, proof *sum, char *err, size_t errlen)
{
	fact_question *q = NULL;
	size_t n = 0;
	int rc = group_questions(a, g, 0, &q, &n, err, errlen);

	for (size_t i = 0; !rc && i < n; i++) {
		const bool held = q[i].kind == QUESTION_HELD;

		if (q[i].kind == QUESTION_KEY)
			continue;
		sum->n++;
		sum->n_held += held;
		fputc('\n', out);
		report_text(out, q[i].text);
		fputs(held ? " (held out)\n" : "\n", out);
		rc = prove_one(a, out, &q[i], true, sum, err, errlen);
		if (!rc)
			rc = prove_one(a, out, &q[i], false, sum, err, errlen);
	}
	free(q);
	return rc;
}

int report_prove(app *a, FILE *out, int64_t id, char *err, size_t errlen)
{
	char what[512], state[32] = "", *asked = NULL;
	size_t size = 0;
	proof sum = { 0 };
	fact_group g;
	fact f;
	int rc = memory_fact(a->memory, id, &f, err, errlen);

	if (rc)
		return rc;
	learn_describe(a, &f, what, sizeof(what));
	if (f.status != FACT_ACTIVE)
		snprintf(state, sizeof(state), " (%s)", fact_status_name(f.status));
	if (f.status == FACT_ACTIVE) {
		rc = group_of(a, &f, &g, err, errlen);
		fact_release(&f);
	} else {
		rc = group_of_one(&f, &g, err, errlen); /* a forgotten one: neither of them may know it */
	}
	if (rc)
		return rc;
	FILE *body = open_memstream(&asked, &size);

	if (body) {
		rc = prove_all(a, body, &g, &sum, err, errlen);
		fclose(body);
	}
	group_release(&g);
	fprintf(out, "#%lld ", (long long)id);
	report_text(out, what);
	fprintf(out, "%s, asked in fresh contexts with nothing in the prompt\n"
		     "base weights    %d of %d wordings\n"
		     "edited weights  %d of %d wordings; %d of the %d not used to find the edit\n%s",
		state, sum.base, sum.n, sum.edited, sum.n, sum.held, sum.n_held, asked ? asked : "");
	free(asked);
	return rc;
}

static double peak_bytes(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) ? 0 : (double)u.ru_maxrss * 1024;
}

/* How the edit layer was found. */
static void sweep_text(const engine_sweep *s, FILE *out)
{
	if (!s->done) {
		fprintf(out, "layers    not measured: it would take too long; --layer names one\n");
		return;
	}
	fprintf(out, "layers    loss after a short search, %d evaluations in all:", s->evaluations);
	for (size_t k = 0; k < s->n; k++)
		fprintf(out, " %d: %.2f%s", s->layer[k], s->loss[k], k + 1 < s->n ? "," : "\n");
}

static void stats_text(const app *a, FILE *out, size_t n, size_t held)
{
	const engine_info *i = engine_describe(a->engine);
	const engine_sweep *sweep = engine_layer_sweep(a->engine);
	char sampling[200];

	fprintf(out, "model     ");
	report_text(out, i->name);
	fprintf(out, " (%s, %.1f million weights, %.1f MB, %s, %s, %d threads)\n", i->arch, (double)i->n_params * 1e-6,
		(double)i->n_bytes * 1e-6, i->precision == ENGINE_FP32 ? "fp32" : "W8A16", i->kernels, i->n_threads);
	fprintf(out, "context   %zu tokens; edit layer %d of %zu; value code %s\n", i->n_ctx, i->edit_layer, i->n_layer,
		i->has_value_code ? "present" : "absent");
	if (sweep)
		sweep_text(sweep, out);
	fprintf(out, "facts     %zu known, %zu of them in the weights\n", n, held);
	if (a->last.prompt)
		fprintf(out, "speed     first token after %.3f s (%zu tokens read, %zu known from before), then %.0f tokens/s, in the last "
			"reply\n", a->last.first_seconds, a->last.read, a->last.prompt - a->last.read, a->last.tokens_per_second);
	sampling_describe(&a->sampling, sampling, sizeof(sampling));
	fprintf(out, "sampling  %s\n", sampling);
	fprintf(out, "start     %.2f s to load; at most %.0f MB of memory so far\n", a->load_seconds, peak_bytes() * 1e-6);
	fputs("ledger    ", out);
	report_text(out, a->set->data_dir);
	fputc('\n', out);
}

static void stats_json(const app *a, FILE *out, size_t n, size_t held)
{
	const engine_info *i = engine_describe(a->engine);

	fputs("{\"model\":", out);
	json_string(out, i->name);
	fprintf(out, ",\"hash\":\"%s\",\"parameters\":%zu,\"precision\":\"%s\",\"kernels\":\"%s\",\"threads\":%d,"
		"\"edit_layer\":%d,\"facts\":%zu,\"learned\":%zu,\"layer_hash\":\"%016llx\",\"load_seconds\":",
		i->hash, i->n_params, i->precision == ENGINE_FP32 ? "fp32" : "w8a16", i->kernels, i->n_threads, i->edit_layer,
		n, held, (unsigned long long)engine_layer_hash(a->engine));
	json_number(out, a->load_seconds);
	fputs(",\"peak_bytes\":", out);
	fprintf(out, "%.0f", peak_bytes());
	fputs(",\"ledger\":", out);
	json_string(out, a->set->data_dir);
	fputs("}\n", out);
}

int report_stats(app *a, FILE *out, bool json, char *err, size_t errlen)
{
	fact *f = NULL;
	size_t n = 0, held = 0;
	int rc = a->memory ? memory_facts(a->memory, NULL, true, &f, &n, err, errlen) : 0;

	if (rc)
		return rc;
	for (size_t k = 0; k < n; k++)
		held += f[k].edit_state == EDIT_VERIFIED;
	facts_free(f, n);
	(json ? stats_json : stats_text)(a, out, n, held);
	return 0;
}

/* One fact asked for again. The ledger notes what was found, unless the answer says nothing about it. */
static int verify_fact(app *a, FILE *out, const fact *f, bool json, bool *holds, char *err, size_t errlen)
{
	char answer[ANSWER_MAX] = "", id[32];
	bool queued = false;
	int rc = check_fact(a, f, holds, answer, sizeof(answer), err, errlen);

	if (rc == MEMORY_EARG)
		snprintf(answer, sizeof(answer), "(%s)", err);
	else if (rc)
		return rc;
	if (json) {
		fprintf(out, "{\"id\":%lld,\"holds\":%s,\"answer\":", (long long)f->id, *holds ? "true" : "false");
		json_string(out, answer);
		fputs("}\n", out);
	} else {
		snprintf(id, sizeof(id), "#%lld", (long long)f->id);
		report_column(out, id, 5);
		report_column(out, *holds ? "holds" : "MISSING", 8);
		report_text(out, answer);
		fputc('\n', out);
	}
	if (rc)
		return 0;
	rc = memory_checked(a->memory, f->id, *holds, &queued, err, errlen);
	if (!rc && queued && !json)
		fprintf(out, "      queued again\n");
	return rc;
}

int report_verify(app *a, FILE *out, bool json, int *held, int *n, char *err, size_t errlen)
{
	fact *f = NULL;
	size_t count = 0;
	int rc = memory_facts(a->memory, NULL, true, &f, &count, err, errlen);

	*held = *n = 0;
	for (size_t i = 0; !rc && i < count; i++) {
		bool holds = false;

		rc = verify_fact(a, out, &f[i], json, &holds, err, errlen);
		*held += holds;
		++*n;
	}
	facts_free(f, count);
	return rc;
}

void report_candidate(FILE *out, const detect_fact *c)
{
	fputs("{\"subject\":", out);
	json_string(out, c->subject);
	fputs(",\"relation\":", out);
	json_string(out, c->relation);
	fputs(",\"value\":", out);
	json_string(out, c->value);
	fprintf(out, ",\"op\":\"%s\",\"rule\":", detect_op_name(c->op));
	json_string(out, c->rule);
	fputs(",\"confidence\":", out);
	json_number(out, c->confidence);
	fprintf(out, ",\"span\":[%zu,%zu]}", c->span[0], c->span[1]);
}

/* "12" or "#12" */
static int64_t parse_id(const char *s)
{
	char *end;
	long long id;

	s += *s == '#';
	if (!isdigit((unsigned char)*s))
		return 0;
	id = strtoll(s, &end, 10);
	return *end == 0 && id > 0 ? id : 0;
}

/* Do all the facts say the same? */
static bool one_value(const fact *f, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcasecmp(f[0].value, f[i].value) != 0)
			return false;
	return n > 0;
}

int report_named(app *a, const forget_target *t, bool active_only, fact **out, size_t *n, bool *sure, char *err, size_t errlen)
{
	fact *f = NULL;
	size_t count = 0, kept = 0, *at;
	int rc = memory_facts(a->memory, NULL, active_only, &f, &count, err, errlen);

	if (rc)
		return rc;
	at = calloc(count ? count : 1, sizeof(*at));
	if (!at) {
		facts_free(f, count);
		snprintf(err, errlen, "out of memory");
		return MEMORY_ENOMEM;
	}
	*n = forget_find(t, f, count, at, sure);
	for (size_t i = 0; i < count; i++) /* the indices rise */
		if (kept < *n && at[kept] == i)
			f[kept++] = f[i];
		else
			fact_release(&f[i]);
	free(at);
	*out = f;
	return 0;
}

/* "/forget my wifi password" as one would say it; nothing is found where the words are no such thing, or unsure. */
static int named_in_words(app *a, const char *what, bool active_only, fact **f, size_t *n, char *err, size_t errlen)
{
	char text[512];
	forget_request r;
	bool sure = false;
	int rc;

	snprintf(text, sizeof(text), "forget %s", what);
	if (detect_forget(a->relations, text, strlen(text), &r) || r.what != FORGET_THESE || r.n != 1)
		return 0;
	rc = report_named(a, &r.target[0], active_only, f, n, &sure, err, errlen);
	if (!rc && !sure) {
		facts_free(*f, *n);
		*f = NULL;
		*n = 0;
	}
	return rc;
}

/* Does the conversation show the value to the model? */
static bool in_view(const dialogue *d, const char *value)
{
	for (size_t i = 0; i < d->n; i++)
		if (memory_text_has(d->turns[i].text, value))
			return true;
	return false;
}

int report_forget(app *a, FILE *out, const fact *f, bool *shown, char *err, size_t errlen)
{
	char what[512];
	int rc = learn_forget(a, f->id, err, errlen);

	if (rc)
		return rc;
	learn_describe(a, f, what, sizeof(what));
	fprintf(out, "forgotten #%lld: ", (long long)f->id);
	report_text(out, what);
	fputs(". The weights are as if it had never been said.\n", out);
	*shown |= in_view(&a->talk, f->value);
	return 0;
}

void report_shown(FILE *out)
{
	fputs("This conversation still shows it to the model; /new begins another.\n", out);
}

int report_choose(app *a, FILE *out, const char *what, bool any, int64_t *id, char *err, size_t errlen)
{
	int64_t exact = parse_id(what);
	fact *f = NULL;
	size_t n = 0;
	int rc;

	if (!a->memory) {
		snprintf(err, errlen, "nothing is known yet");
		return MEMORY_ENOENT;
	}
	if (exact) {
		fact one;

		rc = memory_fact(a->memory, exact, &one, err, errlen);
		if (rc)
			return rc;
		fact_release(&one);
		*id = exact;
		return 0;
	}
	if (!*what) {
		snprintf(err, errlen, "say which fact: its number, or words of it");
		return MEMORY_ENOENT;
	}
	rc = memory_facts(a->memory, what, !any, &f, &n, err, errlen);
	if (!rc && !n) {
		facts_free(f, n);
		f = NULL;
		rc = named_in_words(a, what, !any, &f, &n, err, errlen);
	}
	if (rc)
		return rc;
	if (n == 1 || (any && one_value(f, n))) {
		*id = f[0].id;
	} else if (n == 0) {
		snprintf(err, errlen, "no fact matches \"%.100s\"", what);
		rc = MEMORY_ENOENT;
	} else {
		for (size_t i = 0; i < n; i++) {
			char text[512];

			learn_describe(a, &f[i], text, sizeof(text));
			fprintf(out, "#%lld ", (long long)f[i].id);
			report_text(out, text);
			fputc('\n', out);
		}
		snprintf(err, errlen, "%zu facts match \"%.100s\": say which by its number", n, what);
		rc = MEMORY_EARG;
	}
	facts_free(f, n);
	return rc;
}

void report_purged(FILE *out, int64_t id, const memory_purged *p, int lines)
{
	fprintf(out, "purged #%lld: %zu fact%s deleted, %zu text%s cut, %d entered line%s and %zu old cop%s deleted\n",
		(long long)id, p->facts, p->facts == 1 ? "" : "s", p->texts, p->texts == 1 ? "" : "s", lines,
		lines == 1 ? "" : "s", p->copies, p->copies == 1 ? "y" : "ies");
	if (p->kept)
		fprintf(out, "#%lld has it too and stays\n", (long long)p->kept);
}
