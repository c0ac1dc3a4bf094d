/*
 * Facts in a file, one JSON object a line:
 *
 *   {"subject":"my dog","relation":"name","value":"Biscuit","source":"My dog is called Biscuit.","rule":"called",
 *    "confidence":0.95,"created":1767225600}
 *
 * subject, relation and value are wanted, the others are not; members of other names are passed over. What is read is
 * bounded (bytes, lines, lengths), has to be UTF-8 without control characters, and has to fit the relations table.
 */
#include "tui/facts_file.h"

#include "tui/json.h"
#include "tui/learn_int.h"
#include "tui/turn_export.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 64 << 10, LINES_MAX = 1000000 };

/* ---- writing ---- */

typedef struct writer {
	FILE *out;
	size_t n;
} writer;

static int write_fact(void *arg, const fact *f)
{
	writer *w = arg;

	fputs("{\"subject\":", w->out);
	json_string(w->out, f->subject);
	fputs(",\"relation\":", w->out);
	json_string(w->out, f->relation);
	fputs(",\"value\":", w->out);
	json_string(w->out, f->value);
	if (f->source && strlen(f->source) < LINE_BYTES / 8) {
		fputs(",\"source\":", w->out);
		json_string(w->out, f->source);
	}
	fputs(",\"rule\":", w->out);
	json_string(w->out, f->rule);
	fputs(",\"confidence\":", w->out);
	json_number(w->out, f->confidence);
	fprintf(w->out, ",\"created\":%lld}\n", (long long)f->created);
	w->n++;
	return 0; /* an error is the stream's, asked for at the end */
}

typedef struct exporting {
	app *a;
	size_t n;
} exporting;

static int write_all(void *arg, FILE *out, char *err, size_t errlen)
{
	exporting *x = arg;
	memory_query q = memory_query_all();
	writer w = { .out = out };
	int rc = 0;

	q.status = FACT_ACTIVE;
	if (x->a->memory)
		rc = memory_each(x->a->memory, &q, write_fact, &w, NULL, err, errlen);
	x->n = w.n;
	return rc;
}

int facts_export(app *a, const char *path, bool replace, size_t *n, char *err, size_t errlen)
{
	exporting x = { .a = a };
	int rc;

	if (strcmp(path, "-") != 0) {
		rc = export_text(a, path, replace, write_all, &x, err, errlen);
	} else {
		rc = write_all(&x, stdout, err, errlen);
		if (!rc && (fflush(stdout) || ferror(stdout))) {
			snprintf(err, errlen, "stdout could not be written: %s", strerror(errno));
			rc = MEMORY_ERR;
		}
	}
	*n = x.n;
	return rc;
}

/* ---- a line is a fact ---- */

/* Is the line UTF-8 throughout? */
static bool line_is_text(const char *s)
{
	for (size_t left = strlen(s); left;) {
		uint32_t c;
		size_t used = text_decode(s, left, &c);

		if (c == 0xfffd && used == 1)
			return false;
		s += used;
		left -= used;
	}
	return true;
}

/* Does an escape stand for a NUL, which would end a string early? */
static bool line_has_nul(const char *s)
{
	while ((s = strchr(s, '\\'))) {
		if (!strncmp(s + 1, "u0000", 5))
			return true;
		s += 1 + (s[1] != 0);
	}
	return false;
}

/* Text of an item into out [cap]; NULL, or what is wrong with it. said: anything that a user may have typed, several lines
 * and all that emoji are made of; else what a line can show. */
static const char *text_read(const cJSON *v, bool said, char *out, size_t cap)
{
	const char *s = cJSON_GetStringValue(v);
	size_t len = s ? strlen(s) : 0;

	if (!s)
		return "a string is wanted";
	for (size_t k = 0; k < len;) {
		uint32_t c;

		k += text_decode(s + k, len - k, &c);
		if (!said && (c < 0x20 || c == 0x7f || text_hidden(c)))
			return "a control or hidden character in a text";
	}
	if (len >= cap)
		return "a text longer than a fact can hold";
	memcpy(out, s, len + 1);
	return NULL;
}

/* The only member of that name in *out, NULL where there is none. */
static const char *member_read(const cJSON *o, const char *key, const cJSON **out)
{
	const cJSON *v;

	*out = NULL;
	cJSON_ArrayForEach(v, o) {
		if (strcmp(v->string, key) != 0)
			continue;
		if (*out)
			return "a member twice";
		*out = v;
	}
	return NULL;
}

static const char *number_read(const cJSON *o, const char *key, double most, const char *what, double *out)
{
	const cJSON *v;
	const char *why = member_read(o, key, &v);

	if (why || !v || cJSON_IsNull(v))
		return why;
	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= most))
		return what;
	*out = v->valuedouble;
	return NULL;
}

static const char *object_read(const cJSON *o, memory_item *item, char *source)
{
	detect_fact *c = &item->claim;
	const struct {
		const char *key;
		char *out;
		size_t cap;
		bool wanted;
	} texts[] = { { "subject", c->subject, sizeof(c->subject), true },
		      { "relation", c->relation, sizeof(c->relation), true },
		      { "value", c->value, sizeof(c->value), true },
		      { "source", source, LINE_BYTES, false } };
	double created = 0;
	const char *why = number_read(o, "confidence", 1, "a confidence is from 0 to 1", &c->confidence);

	if (!why)
		why = number_read(o, "created", 1e12, "a date is in seconds since 1970", &created);
	item->created = (int64_t)created;
	for (size_t i = 0; !why && i < sizeof(texts) / sizeof(*texts); i++) {
		const cJSON *v;

		why = member_read(o, texts[i].key, &v);
		if (!why && !v && texts[i].wanted)
			why = "subject, relation and value are wanted";
		if (!why && v)
			why = text_read(v, !texts[i].wanted, texts[i].out, texts[i].cap);
		if (!why && v && !texts[i].wanted && !(item->source = strdup(source)))
			why = "out of memory";
	}
	return why;
}

/* NULL, or what is wrong with the line. source [LINE_BYTES] is scratch. */
static const char *fact_parse(const char *line, memory_item *item, char *source)
{
	const char *why;
	cJSON *o;

	*item = (memory_item){ .claim = { .op = DETECT_ADD, .rule = "import", .confidence = 1 } };
	if (!line_is_text(line))
		return "bytes that are not UTF-8";
	if (line_has_nul(line))
		return "a control or hidden character in a text";
	o = cJSON_ParseWithOpts(line, NULL, true);
	why = !o ? "this is no JSON"
	      : cJSON_IsObject(o)
		      ? object_read(o, item, source)
		      : "an object is wanted, such as {\"subject\":\"my dog\",\"relation\":\"name\",\"value\":\"Biscuit\"}";
	cJSON_Delete(o);
	return why;
}

/* ---- the file ---- */

typedef struct items {
	memory_item *all;
	size_t *lines; /* where each was */
	size_t n, cap;
} items;

static void items_release(items *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->all[i].source);
	free(l->all);
	free(l->lines);
}

static bool items_room(items *l)
{
	size_t cap = l->cap ? l->cap * 2 : 64;
	memory_item *all;
	size_t *lines;

	if (l->n < l->cap)
		return true;
	all = realloc(l->all, cap * sizeof(*all));
	if (all)
		l->all = all;
	lines = realloc(l->lines, cap * sizeof(*lines));
	if (lines)
		l->lines = lines;
	if (!all || !lines)
		return false;
	l->cap = cap;
	return true;
}

/* One line without its newline; false at the end, or with *why where it cannot be read. */
static bool line_read(FILE *f, char *line, const char **why)
{
	size_t n = 0;
	int c;

	while ((c = getc(f)) != EOF && c != '\n') {
		if (!c || n + 1 >= LINE_BYTES) {
			*why = c ? "a line of 64 KiB or more" : "a NUL byte: this is no text";
			return false;
		}
		line[n++] = (char)c;
	}
	line[n] = 0;
	if (ferror(f))
		*why = strerror(errno);
	return !ferror(f) && (n || c != EOF);
}

static int items_read(FILE *f, const char *path, items *l, char *err, size_t errlen)
{
	char *line = malloc(LINE_BYTES), *source = malloc(LINE_BYTES);
	const char *why = line && source ? NULL : "out of memory";
	size_t number = 0;

	while (!why && (number++, line_read(f, line, &why))) {
		if (!line[strspn(line, " \t\r")])
			continue;
		if (number > LINES_MAX || !items_room(l)) {
			why = number > LINES_MAX ? "more than a million lines" : "out of memory";
			break;
		}
		why = fact_parse(line, &l->all[l->n], source);
		if (!why)
			l->lines[l->n++] = number;
	}
	free(line);
	free(source);
	if (why)
		snprintf(err, errlen, "%s:%zu: %s; nothing was taken in", path, number, why);
	return why ? MEMORY_EARG : 0;
}

/* Does the item end a fact that is held? */
static bool replaces(app *a, const memory_item *item)
{
	int64_t old;
	int op;

	return !memory_decide(a->memory, a->relations, &item->claim, &op, &old, NULL, 0) && old && op != DETECT_NOOP;
}

/* memory_import(), and what shares a place in the weights with facts that were replaced is learned again. */
static int items_import(app *a, const items *l, bool replace, memory_imported *done, char *err, size_t errlen)
{
	bool *ends = calloc(l->n + 1, sizeof(*ends));

	done->at = l->n;
	int rc = ends ? memory_begin(a->memory, err, errlen) : MEMORY_ENOMEM;

	if (!ends) {
		snprintf(err, errlen, "out of memory");
		return rc;
	}
	for (size_t i = 0; !rc && replace && i < l->n; i++)
		ends[i] = replaces(a, &l->all[i]);
	if (!rc)
		rc = memory_import(a->memory, a->relations, l->all, l->n, replace, done, err, errlen);
	for (size_t i = 0; !rc && i < l->n; i++)
		if (ends[i])
			rc = learn_requeue_anchor(a, l->all[i].claim.subject, l->all[i].claim.relation, err, errlen);
	free(ends);
	return memory_end(a->memory, rc, err, errlen);
}

int facts_import(app *a, const char *path, bool replace, memory_imported *done, size_t *secrets, char *err, size_t errlen)
{
	FILE *f = !strcmp(path, "-") ? stdin : fopen(path, "re");
	char why[400] = "";
	items l = { .n = 0 };
	int rc;

	if (!f) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return MEMORY_ENOENT;
	}
	rc = items_read(f, path, &l, err, errlen);
	if (f != stdin)
		fclose(f);
	if (!rc) {
		rc = items_import(a, &l, replace, done, why, sizeof(why));
		if (rc && done->at < l.n)
			snprintf(err, errlen, "%s:%zu: %s; nothing was taken in", path, l.lines[done->at], why);
		else if (rc)
			snprintf(err, errlen, "%s; nothing was taken in", why);
	}
	*secrets = 0;
	for (size_t i = 0; !rc && i < l.n; i++) {
		const relation *r = relations_find(a->relations, l.all[i].claim.subject, l.all[i].claim.relation);

		*secrets += r && r->sensitivity == RELATION_SECRET;
	}
	items_release(&l);
	return rc;
}
