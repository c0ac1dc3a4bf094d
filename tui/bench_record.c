/*
 * A record is one object on one line:
 *
 *   {"model":...,"hash":...,"data":...,"method":...,"precision":...,"search":...,"warm_start":true,"cache":true,
 *    "fact":LINE,"of":N,"subject":...,"relation":...,"value":...,"state":...,
 *    "own":[k,n],...,                 shares that have something: n > 0
 *    "evaluations":...,...,           null where not measured
 *    "note":...}
 *
 * Other lines (summaries, sizes) have no "fact" and are passed over. Files are written by this program, but may have been
 * cut off, edited or put together: every field is checked.
 */
#include "tui/bench_record.h"

#include "tui/json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 1 << 14, RECORDS_MOST = 1 << 22 };

static const char *const share_names[BENCH_COUNTS] = {
	"own", "paraphrase", "far", "held", "same_subject", "unrelated", "portability", "exact", "forced_own", "forced_paraphrase",
	"forced_unrelated", "forced_portability", "updated", "outdated",
};

/* The fields by name, so that writing and reading cannot differ. */
#define TEXTS(r)                                                                                                      \
	{ { "model", (r)->model, sizeof((r)->model) }, { "hash", (r)->hash, sizeof((r)->hash) },                      \
	  { "data", (r)->data, sizeof((r)->data) }, { "method", (r)->method, sizeof((r)->method) },                   \
	  { "precision", (r)->precision, sizeof((r)->precision) }, { "search", (r)->search, sizeof((r)->search) },    \
	  { "subject", (r)->subject, sizeof((r)->subject) }, { "relation", (r)->relation, sizeof((r)->relation) },    \
	  { "value", (r)->value, sizeof((r)->value) }, { "state", (r)->state, sizeof((r)->state) },                   \
	  { "note", (r)->note, sizeof((r)->note) } }
#define NUMBERS(r)                                                                                                    \
	{ { "evaluations", &(r)->evaluations }, { "steps", &(r)->steps }, { "backward", &(r)->backward },             \
	  { "forward_tokens", &(r)->forward_tokens }, { "seconds", &(r)->seconds }, { "npu_seconds", &(r)->npu_seconds }, \
	  { "npu_joules", &(r)->npu_joules }, { "p_before", &(r)->p_before }, { "p_after", &(r)->p_after }, { "peak_bytes", &(r)->peak_bytes },           \
	  { "method_bytes", &(r)->method_bytes } }
enum { TEXT_FIELDS = 11, NUMBER_FIELDS = 11 };

/* ---- one line ---- */

static void put_fields(FILE *f, const bench_record *r)
{
	const struct { const char *key, *text; size_t cap; } texts[TEXT_FIELDS] = TEXTS(r);
	const struct { const char *key; const double *x; } numbers[NUMBER_FIELDS] = NUMBERS(r);

	fprintf(f, "{\"fact\":%d,\"of\":%d,\"warm_start\":%s,\"cache\":%s", r->number, r->of, r->warm_start ? "true" : "false",
		r->cache ? "true" : "false");
	for (size_t i = 0; i < TEXT_FIELDS; i++) {
		fprintf(f, ",\"%s\":", texts[i].key);
		json_string(f, texts[i].text);
	}
	for (size_t i = 0; i < BENCH_COUNTS; i++)
		if (r->share[i].n)
			fprintf(f, ",\"%s\":[%d,%d]", share_names[i], r->share[i].k, r->share[i].n);
	for (size_t i = 0; i < NUMBER_FIELDS; i++) {
		fprintf(f, ",\"%s\":", numbers[i].key);
		json_number(f, *numbers[i].x);
	}
	fputc('}', f);
}

int bench_record_line(const bench_record *r, char **line)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		return -1;
	put_fields(f, r);
	if (fclose(f)) {
		free(text);
		return -1;
	}
	*line = text;
	return 0;
}

static const cJSON *get(const cJSON *j, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(j, key);
}

static bool get_count(const cJSON *j, int *out)
{
	if (!cJSON_IsNumber(j) || !(j->valuedouble >= 0 && j->valuedouble <= 1e9))
		return false;
	*out = (int)j->valuedouble;
	return true;
}

static const char *read_fields(const cJSON *j, bench_record *r)
{
	const struct { const char *key; char *text; size_t cap; } texts[TEXT_FIELDS] = TEXTS(r);
	const struct { const char *key; double *x; } numbers[NUMBER_FIELDS] = NUMBERS(r);

	if (!get_count(get(j, "fact"), &r->number) || !get_count(get(j, "of"), &r->of))
		return "no \"fact\" and \"of\"";
	if (!cJSON_IsBool(get(j, "warm_start")) || !cJSON_IsBool(get(j, "cache")))
		return "no \"warm_start\" and \"cache\"";
	r->warm_start = cJSON_IsTrue(get(j, "warm_start"));
	r->cache = cJSON_IsTrue(get(j, "cache"));
	for (size_t i = 0; i < TEXT_FIELDS; i++) {
		const cJSON *x = get(j, texts[i].key);

		if (!cJSON_IsString(x) || strlen(x->valuestring) >= texts[i].cap)
			return "a text is missing or too long";
		memcpy(texts[i].text, x->valuestring, strlen(x->valuestring) + 1);
	}
	for (size_t i = 0; i < NUMBER_FIELDS; i++) {
		const cJSON *x = get(j, numbers[i].key);

		if (!cJSON_IsNumber(x) && !cJSON_IsNull(x))
			return "a number is missing";
		*numbers[i].x = cJSON_IsNumber(x) ? x->valuedouble : NAN;
	}
	for (size_t i = 0; i < BENCH_COUNTS; i++) {
		const cJSON *x = get(j, share_names[i]);

		if (x && (cJSON_GetArraySize(x) != 2 || !get_count(x->child, &r->share[i].k) ||
			  !get_count(x->child->next, &r->share[i].n) || r->share[i].k > r->share[i].n))
			return "a share is not [k,n]";
	}
	return NULL;
}

int bench_record_parse(bench_record *out, const char *line, size_t len, const char **what)
{
	bench_record r = { .number = 0 };
	cJSON *j;

	*what = NULL;
	if (len > LINE_MOST)
		*what = "the line is too long";
	if (*what)
		return -1;
	j = cJSON_ParseWithLength(line, len);
	if (!cJSON_IsObject(j))
		*what = "no JSON object";
	else if (get(j, "fact"))
		*what = read_fields(j, &r);
	if (!*what && !get(j, "fact")) {
		cJSON_Delete(j);
		return 1;
	}
	cJSON_Delete(j);
	if (*what)
		return -1;
	*out = r;
	return 0;
}

bool bench_record_same_run(const bench_record *a, const bench_record *b)
{
	return !strcmp(a->model, b->model) && !strcmp(a->hash, b->hash) && !strcmp(a->data, b->data) &&
	       !strcmp(a->method, b->method) && !strcmp(a->precision, b->precision) && !strcmp(a->search, b->search) &&
	       a->warm_start == b->warm_start && a->cache == b->cache;
}

bool bench_record_same_fact(const bench_record *a, const bench_record *b)
{
	return a->number == b->number && !strcmp(a->subject, b->subject) && !strcmp(a->relation, b->relation) &&
	       !strcmp(a->value, b->value);
}

/* ---- many ---- */

int bench_records_add(bench_records *all, const bench_record *r)
{
	if (all->n == all->room) {
		size_t room = all->room ? 2 * all->room : 64;
		bench_record *p = room <= RECORDS_MOST ? realloc(all->at, room * sizeof(*p)) : NULL;

		if (!p)
			return -1;
		all->at = p;
		all->room = room;
	}
	all->at[all->n++] = *r;
	return 0;
}

void bench_records_release(bench_records *all)
{
	free(all->at);
	*all = (bench_records){ .n = 0 };
}

const bench_record *bench_records_find(const bench_records *all, const bench_record *like)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].number == like->number && bench_record_same_run(&all->at[i], like))
			return &all->at[i];
	return NULL;
}

/* ---- files ---- */

/* A line with its newline, of LINE_MOST + 1 bytes at most; 0 at the end. */
static size_t line_get(FILE *f, char *line)
{
	size_t n = 0;
	int c;

	while (n <= LINE_MOST && (c = getc(f)) != EOF) {
		line[n++] = (char)c;
		if (c == '\n')
			break;
	}
	return n;
}

int bench_lines_read(const char *path, bool whole, bench_line_fn take, void *arg, long *bytes, char *err, size_t errlen)
{
	char line[LINE_MOST + 1];
	size_t n;
	long at = 0;
	int number = 0;
	const char *what = NULL;
	FILE *f = fopen(path, "r");

	if (!f) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -1;
	}
	while (!what && (n = line_get(f, line)) > 0) {
		number++;
		if (line[n - 1] != '\n') {
			/* what a killed run left of a line is part of a record */
			what = n > LINE_MOST ? "the line is too long" : whole ? "the line does not end" : *line != '{' ? "no JSON object" : NULL;
			break;
		}
		what = n > 1 ? take(arg, line, n - 1) : NULL;
		at += (long)n;
	}
	if (!what && ferror(f))
		what = strerror(errno);
	fclose(f);
	if (bytes)
		*bytes = at;
	if (what)
		snprintf(err, errlen, "%s:%d: %s", path, number, what);
	return what ? -1 : 0;
}

static const char *take_line(void *arg, const char *line, size_t len)
{
	bench_records *all = arg;
	bench_record r;
	const char *what = NULL;

	if (bench_record_parse(&r, line, len, &what))
		return what;
	if (bench_records_find(all, &r))
		return "this fact of this run stands here or in a file before already";
	return bench_records_add(all, &r) ? "out of memory" : NULL;
}

int bench_records_load(bench_records *all, const char *path, bool whole, long *bytes, char *err, size_t errlen)
{
	return bench_lines_read(path, whole, take_line, all, bytes, err, errlen);
}
