/*
 * Facts in a file, one JSON object a line:
 *
 *   {"subject":"my dog","relation":"name","value":"Biscuit","source":"My dog is called Biscuit.","rule":"called",
 *    "confidence":0.95,"created":1767225600}
 *
 * subject, relation and value are wanted, the others are not; members of other names are passed over. What is read is
 * bounded (bytes, lines, lengths), has to be UTF-8, without control characters but for the source, which is what was typed,
 * and has to fit the relations table.
 */
#include "tui/facts_file.h"

#include "engine/out_file.h"
#include "tui/json.h"
#include "tui/tui_int.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 64 << 10, LINES_MAX = 1000000, DEPTH_MAX = 8 };

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
	return ferror(w->out);
}

/* All that is known, to a descriptor of the caller's. */
static int facts_write(app *a, int fd, const char *path, size_t *n, char *err, size_t errlen)
{
	memory_query q = memory_query_all();
	int own = dup(fd), rc = 0;
	writer w = { .out = own < 0 ? NULL : fdopen(own, "w") };
	bool failed = !w.out;

	q.status = FACT_ACTIVE;
	if (w.out && a->memory)
		rc = memory_each(a->memory, &q, write_fact, &w, NULL, err, errlen);
	if (w.out) {
		failed = ferror(w.out);
		failed |= fclose(w.out) != 0;
	} else if (own >= 0) {
		close(own);
	}
	if (failed) {
		snprintf(err, errlen, "%s could not be written: %s", path, strerror(errno));
		return MEMORY_ERR;
	}
	*n = w.n;
	return rc;
}

static bool is_ledger(const app *a, const char *path)
{
	char ledger[4200];
	struct stat st, own;

	snprintf(ledger, sizeof(ledger), "%s/ledger.db", a->set->data_dir ? a->set->data_dir : "");
	return !stat(path, &st) && !stat(ledger, &own) && st.st_dev == own.st_dev && st.st_ino == own.st_ino;
}

int facts_export(app *a, const char *path, bool replace, size_t *n, char *err, size_t errlen)
{
	out_file f;
	int rc;

	if (!strcmp(path, "-"))
		return facts_write(a, STDOUT_FILENO, path, n, err, errlen);
	if (is_ledger(a, path)) {
		snprintf(err, errlen, "%s is the ledger itself", path);
		return MEMORY_EARG;
	}
	rc = out_file_open(&f, path, replace, err, errlen);
	if (rc)
		return rc;
	rc = facts_write(a, f.fd, path, n, err, errlen);
	if (!rc)
		rc = out_file_finish(&f, err, errlen);
	out_file_drop(&f);
	return rc;
}

/* ---- reading JSON: one line, nothing kept ---- */

typedef struct parser {
	const char *s;   /* next byte; the line ends in a NUL */
	const char *why; /* static: what is wrong, or NULL */
} parser;

static bool wrong(parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return false;
}

static void space(parser *p)
{
	p->s += strspn(p->s, " \t\r\n");
}

static bool hex4(parser *p, uint32_t *c)
{
	*c = 0;
	for (int i = 0; i < 4; i++, p->s++) {
		if (!isxdigit((unsigned char)*p->s))
			return wrong(p, "a \\u takes four hexadecimal digits");
		*c = *c << 4 | (uint32_t)(isdigit((unsigned char)*p->s) ? *p->s - '0' : (*p->s | 32) - 'a' + 10);
	}
	return true;
}

/* After a backslash. */
static bool escaped(parser *p, uint32_t *c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at = *p->s ? strchr(from, *p->s) : NULL;
	uint32_t low;

	if (at) {
		*c = (unsigned char)to[at - from];
		p->s++;
		return true;
	}
	if (*p->s++ != 'u')
		return wrong(p, "an unknown escape");
	if (!hex4(p, c))
		return false;
	if (*c < 0xd800 || *c > 0xdfff)
		return true;
	if (*c > 0xdbff || p->s[0] != '\\' || p->s[1] != 'u')
		return wrong(p, "half of a surrogate pair");
	p->s += 2;
	if (!hex4(p, &low) || low < 0xdc00 || low > 0xdfff)
		return wrong(p, "half of a surrogate pair");
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return true;
}

/* A string into out [cap], cut nowhere: what does not fit is an error. out NULL: read over it. said: anything that a user may
 * have typed, several lines and all that emoji are made of; else what a line can show. */
static bool string(parser *p, char *out, size_t cap, bool said)
{
	size_t n = 0;

	if (*p->s++ != '"')
		return wrong(p, "a string is wanted");
	while (*p->s != '"') {
		char bytes[4];
		uint32_t c;
		size_t used, len;

		if (!*p->s)
			return wrong(p, "a string that does not end");
		if (*p->s == '\\') {
			p->s++;
			if (!escaped(p, &c))
				return false;
		} else {
			used = text_decode(p->s, strlen(p->s) < 4 ? strlen(p->s) : 4, &c);
			if (c == 0xfffd && used == 1)
				return wrong(p, "bytes that are not UTF-8");
			p->s += used;
		}
		if (!out)
			continue;
		if (!c || (!said && (c < 0x20 || c == 0x7f || text_hidden(c))))
			return wrong(p, "a control or hidden character in a text");
		len = text_encode(c, bytes);
		if (n + len >= cap)
			return wrong(p, "a text longer than a fact can hold");
		memcpy(out + n, bytes, len);
		n += len;
	}
	p->s++;
	if (out)
		out[n] = 0;
	return true;
}

static bool number(parser *p, double *x)
{
	size_t n = strspn(p->s, "+-.0123456789eE");
	char *end;

	*x = strtod(p->s, &end);
	if (!n || end != p->s + n || !isfinite(*x) || *p->s == '+' || *p->s == '.')
		return wrong(p, "a number is wanted");
	p->s = end;
	return true;
}

static bool value_skip(parser *p, int depth);

static bool members_skip(parser *p, int depth, bool object)
{
	const char end = object ? '}' : ']';

	p->s++;
	space(p);
	if (*p->s == end) {
		p->s++;
		return true;
	}
	for (;;) {
		space(p);
		if (object) {
			if (!string(p, NULL, 0, false))
				return false;
			space(p);
			if (*p->s++ != ':')
				return wrong(p, "a colon is wanted");
		}
		if (!value_skip(p, depth + 1))
			return false;
		space(p);
		if (*p->s == end)
			break;
		if (*p->s++ != ',')
			return wrong(p, "a comma is wanted");
	}
	p->s++;
	return true;
}

static bool value_skip(parser *p, int depth)
{
	static const char *const words[] = { "true", "false", "null" };
	double x;

	space(p);
	if (depth > DEPTH_MAX)
		return wrong(p, "nested too deeply");
	if (*p->s == '"')
		return string(p, NULL, 0, false);
	if (*p->s == '{' || *p->s == '[')
		return members_skip(p, depth, *p->s == '{');
	for (size_t i = 0; i < 3; i++)
		if (!strncmp(p->s, words[i], strlen(words[i]))) {
			p->s += strlen(words[i]);
			return true;
		}
	return number(p, &x);
}

/* ---- a line is a fact ---- */

enum { HAS_SUBJECT = 1, HAS_RELATION = 2, HAS_VALUE = 4, HAS_ALL = 7, HAS_SOURCE = 8 };

/* The value of the member `key`. *has: what was read so far. source [LINE_BYTES] is scratch. */
static bool member(parser *p, const char *key, memory_item *item, char *source, int *has)
{
	detect_fact *c = &item->claim;
	const struct {
		const char *key;
		int bit;
		char *out;
		size_t cap;
	} texts[] = { { "subject", HAS_SUBJECT, c->subject, sizeof(c->subject) },
		      { "relation", HAS_RELATION, c->relation, sizeof(c->relation) },
		      { "value", HAS_VALUE, c->value, sizeof(c->value) },
		      { "source", HAS_SOURCE, source, LINE_BYTES } };
	double x;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (strcmp(key, texts[i].key) != 0)
			continue;
		if (*has & texts[i].bit)
			return wrong(p, "a member twice");
		*has |= texts[i].bit;
		return string(p, texts[i].out, texts[i].cap, texts[i].bit == HAS_SOURCE);
	}
	if (!strcmp(key, "confidence") && *p->s != 'n') {
		if (!number(p, &x) || x < 0 || x > 1)
			return wrong(p, "a confidence is from 0 to 1");
		c->confidence = x;
		return true;
	}
	if (!strcmp(key, "created")) {
		if (!number(p, &x) || x < 0 || x > 1e12)
			return wrong(p, "a date is in seconds since 1970");
		item->created = (int64_t)x;
		return true;
	}
	return value_skip(p, 0);
}

/* NULL, or what is wrong with the line. */
static const char *fact_parse(const char *line, memory_item *item, char *source)
{
	parser p = { .s = line };
	char key[64];
	int has = 0;

	*item = (memory_item){ .claim = { .op = DETECT_ADD, .rule = "import", .confidence = 1 } };
	space(&p);
	if (*p.s++ != '{')
		return "an object is wanted, such as {\"subject\":\"my dog\",\"relation\":\"name\",\"value\":\"Biscuit\"}";
	for (space(&p); *p.s != '}';) {
		if (!string(&p, key, sizeof(key), false))
			return p.why;
		space(&p);
		if (*p.s++ != ':')
			return "a colon is wanted";
		space(&p);
		if (!member(&p, key, item, source, &has))
			return p.why;
		space(&p);
		if (*p.s == ',')
			p.s++;
		else if (*p.s != '}')
			return "a comma is wanted";
		space(&p);
	}
	p.s++;
	space(&p);
	if (*p.s)
		return "something after the object";
	if ((has & HAS_ALL) != HAS_ALL)
		return "subject, relation and value are wanted";
	if (has & HAS_SOURCE && !(item->source = strdup(source)))
		return "out of memory";
	return NULL;
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
		rc = memory_import(a->memory, a->relations, l.all, l.n, replace, done, why, sizeof(why));
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
