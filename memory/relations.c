/*
 * The relations table. One noun: relations. The file format is described at the top of assets/relations.txt; a block is
 * expanded once per noun of `each`, and every form is kept with its {v}, {s}, {S}, {t}, {T} and anchor brackets, which
 * relation_fill() resolves. A user's own table is untrusted text: every line is checked and errors say FILE:LINE.
 */
#include "detect.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LINE_MAX_BYTES = 512, FORMS_MAX = 64, NOUNS_MAX = 128, RELATIONS_MAX = 4096 };

/* Strings are kept in chunks that never move, so that relation fields may point into them. */
struct chunk {
	struct chunk *next;
	size_t used, size;
	char bytes[];
};

struct relations {
	relation *items;
	size_t n, cap;
	struct chunk *chunks;
};

/* One block as read, before nouns are filled in. Texts point into the arena. */
struct block {
	const char *name, *subject, *value, *answer, *unknown, *note;
	const char *say[FORMS_MAX], *ask[FORMS_MAX], *test[FORMS_MAX], *same[FORMS_MAX];
	const char *each[NOUNS_MAX];
	size_t n_say, n_ask, n_test, n_same, n_each;
	int cardinality, sensitivity;
	int line; /* where it began */
};

struct parser {
	relations *r;
	const char *path;
	int line;
	char *err;
	size_t errlen;
};

static int parse_fail(const struct parser *p, int line, int code, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (p->err && p->errlen)
		snprintf(p->err, p->errlen, "%s:%d: %s", p->path, line, what);
	return code;
}

static void *arena_alloc(relations *r, size_t n)
{
	struct chunk *c = r->chunks;
	void *out;

	n = (n + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
	if (!c || c->size - c->used < n) {
		size_t size = n > 65536 ? n : 65536;

		c = malloc(sizeof(*c) + size);
		if (!c)
			return NULL;
		c->next = r->chunks;
		c->used = 0;
		c->size = size;
		r->chunks = c;
	}
	out = c->bytes + c->used;
	c->used += n;
	return out;
}

static const char *arena_text(relations *r, const char *s, size_t len)
{
	char *out = arena_alloc(r, len + 1);

	if (!out)
		return NULL;
	memcpy(out, s, len);
	out[len] = 0;
	return out;
}

/* Copies text with {n} replaced. */
static const char *expand_noun(relations *r, const char *text, const char *noun)
{
	size_t n_noun = strlen(noun), len = 0;
	char *out, *o;
	const char *s;

	for (s = text; *s; s++, len++)
		if (!strncmp(s, "{n}", 3)) {
			len += n_noun;
			s += 2;
		}
	out = o = arena_alloc(r, len + 1);
	if (!out)
		return NULL;
	for (s = text; *s; s++) {
		if (!strncmp(s, "{n}", 3)) {
			memcpy(o, noun, n_noun);
			o += n_noun;
			s += 2;
		} else {
			*o++ = *s;
		}
	}
	*o = 0;
	return out;
}

static const char *const *expand_list(relations *r, const char *const *in, size_t n, const char *noun)
{
	const char **out = arena_alloc(r, (n ? n : 1) * sizeof(*out));

	for (size_t i = 0; out && i < n; i++) {
		out[i] = expand_noun(r, in[i], noun);
		if (!out[i])
			return NULL;
	}
	return out;
}

/* A new item, or the existing one with the same subject and name (a user's table replaces ours). */
static relation *relations_slot(relations *r, const char *subject, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcasecmp(r->items[i].subject, subject) && !strcasecmp(r->items[i].name, name))
			return &r->items[i];
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 128;
		relation *items = realloc(r->items, cap * sizeof(*items));

		if (!items)
			return NULL;
		r->items = items;
		r->cap = cap;
	}
	return &r->items[r->n++];
}

static int block_expand(struct parser *p, const struct block *b, const char *noun)
{
	relations *r = p->r;
	relation x = { .cardinality = b->cardinality, .sensitivity = b->sensitivity, .value = b->value,
		       .noun = noun, .n_say = b->n_say, .n_ask = b->n_ask, .n_test = b->n_test,
		       .n_same = b->n_same };
	relation *slot;

	x.name = expand_noun(r, b->name, noun);
	x.subject = expand_noun(r, b->subject, noun);
	x.answer = expand_noun(r, b->answer, noun);
	x.unknown = expand_noun(r, b->unknown, noun);
	x.note = expand_noun(r, b->note, noun);
	x.say = expand_list(r, b->say, b->n_say, noun);
	x.ask = expand_list(r, b->ask, b->n_ask, noun);
	x.test = expand_list(r, b->test, b->n_test, noun);
	x.same = expand_list(r, b->same, b->n_same, noun);
	if (!x.name || !x.subject || !x.answer || !x.unknown || !x.note || !x.say || !x.ask || !x.test ||
	    !x.same)
		return parse_fail(p, b->line, MEMORY_ENOMEM, "out of memory");
	if (r->n >= RELATIONS_MAX)
		return parse_fail(p, b->line, MEMORY_EARG, "more than %d relations", RELATIONS_MAX);
	slot = relations_slot(r, x.subject, x.name);
	if (!slot)
		return parse_fail(p, b->line, MEMORY_ENOMEM, "out of memory");
	*slot = x;
	return 0;
}

static int block_check(const struct parser *p, const struct block *b)
{
	static const struct { size_t at; const char *key; } need[] = {
		{ offsetof(struct block, subject), "subject" }, { offsetof(struct block, value), "value" },
		{ offsetof(struct block, answer), "answer" },   { offsetof(struct block, unknown), "unknown" },
		{ offsetof(struct block, note), "note" },
	};

	for (size_t i = 0; i < sizeof(need) / sizeof(*need); i++)
		if (!*(const char *const *)((const char *)b + need[i].at))
			return parse_fail(p, b->line, MEMORY_EARG, "relation '%s' has no '%s' line", b->name,
					  need[i].key);
	if (!b->n_ask)
		return parse_fail(p, b->line, MEMORY_EARG, "relation '%s' has no 'ask' line", b->name);
	if (!strstr(b->answer, "{v}"))
		return parse_fail(p, b->line, MEMORY_EARG, "the answer of '%s' has no {v}", b->name);
	if (!b->n_each && (strstr(b->subject, "{n}") || strstr(b->name, "{n}")))
		return parse_fail(p, b->line, MEMORY_EARG, "relation '%s' uses {n} without 'each'", b->name);
	return 0;
}

static int block_end(struct parser *p, struct block *b)
{
	int rc;

	if (!b->name)
		return 0;
	rc = block_check(p, b);
	for (size_t i = 0; !rc && i < b->n_each; i++)
		rc = block_expand(p, b, b->each[i]);
	if (!rc && !b->n_each)
		rc = block_expand(p, b, "");
	memset(b, 0, sizeof(*b));
	return rc;
}

static int add_text(struct parser *p, const char **list, size_t *n, size_t max, const char *s, size_t len)
{
	if (*n >= max)
		return parse_fail(p, p->line, MEMORY_EARG, "too many entries");
	list[*n] = arena_text(p->r, s, len);
	if (!list[*n])
		return parse_fail(p, p->line, MEMORY_ENOMEM, "out of memory");
	++*n;
	return 0;
}

/* "dog, cat, guinea pig" */
static int add_list(struct parser *p, const char **list, size_t *n, size_t max, const char *s)
{
	int rc = 0;

	while (!rc && *s) {
		size_t len = strcspn(s, ",");
		size_t a = strspn(s, " ");
		size_t b = len;

		while (b > a && s[b - 1] == ' ')
			b--;
		if (b > a)
			rc = add_text(p, list, n, max, s + a, b - a);
		s += len + (s[len] == ',');
	}
	return rc;
}

/* A question has one [phrase], not empty, closed. */
static int check_anchor(const struct parser *p, const char *s)
{
	const char *a = strchr(s, '['), *b = a ? strchr(a, ']') : NULL;

	if (!a || !b || b == a + 1 || strchr(a + 1, '[') || strchr(b + 1, ']'))
		return parse_fail(p, p->line, MEMORY_EARG,
				  "a question needs exactly one [subject phrase]: %.80s", s);
	return 0;
}

static int choose(struct parser *p, const char *s, const char *const *names, int *out)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(s, names[i])) {
			*out = i;
			return 0;
		}
	return parse_fail(p, p->line, MEMORY_EARG, "'%.40s' is not one of %s, %s%s%s", s, names[0], names[1],
			  names[2] ? ", " : "", names[2] ? names[2] : "");
}

static int set_text(struct parser *p, const char **field, const char *s)
{
	*field = arena_text(p->r, s, strlen(s));
	return *field ? 0 : parse_fail(p, p->line, MEMORY_ENOMEM, "out of memory");
}

static int block_line(struct parser *p, struct block *b, const char *key, const char *s)
{
	static const char *const cardinality[] = { "one", "many", NULL };
	static const char *const sensitivity[] = { "normal", "private", "secret", NULL };
	int rc = 0;

	if (!strcmp(key, "relation")) {
		rc = block_end(p, b);
		b->line = p->line;
		return rc ? rc : set_text(p, &b->name, s);
	}
	if (!b->name)
		return parse_fail(p, p->line, MEMORY_EARG, "'%.40s' before the first 'relation' line", key);
	if (!strcmp(key, "subject"))
		return set_text(p, &b->subject, s);
	if (!strcmp(key, "value"))
		return set_text(p, &b->value, s);
	if (!strcmp(key, "answer"))
		return set_text(p, &b->answer, s);
	if (!strcmp(key, "unknown"))
		return set_text(p, &b->unknown, s);
	if (!strcmp(key, "note"))
		return set_text(p, &b->note, s);
	if (!strcmp(key, "cardinality"))
		return choose(p, s, cardinality, &b->cardinality);
	if (!strcmp(key, "sensitivity"))
		return choose(p, s, sensitivity, &b->sensitivity);
	if (!strcmp(key, "each"))
		return add_list(p, b->each, &b->n_each, NOUNS_MAX, s);
	if (!strcmp(key, "same"))
		return add_list(p, b->same, &b->n_same, FORMS_MAX, s);
	if (!strcmp(key, "say"))
		return strstr(s, "{v}") ? add_text(p, b->say, &b->n_say, FORMS_MAX, s, strlen(s))
					: parse_fail(p, p->line, MEMORY_EARG, "a 'say' form needs {v}");
	if (!strcmp(key, "ask") || !strcmp(key, "test")) {
		bool ask = key[0] == 'a';

		rc = check_anchor(p, s);
		return rc ? rc
			  : add_text(p, ask ? b->ask : b->test, ask ? &b->n_ask : &b->n_test, FORMS_MAX, s,
				     strlen(s));
	}
	return parse_fail(p, p->line, MEMORY_EARG, "unknown key '%.40s'", key);
}

static int parse_line(struct parser *p, struct block *b, char *s)
{
	size_t len = strlen(s), k;

	while (len && isspace((unsigned char)s[len - 1]))
		s[--len] = 0;
	s += strspn(s, " \t");
	if (!*s)
		return block_end(p, b);
	if (*s == '#')
		return 0;
	k = strcspn(s, " \t");
	if (!s[k])
		return parse_fail(p, p->line, MEMORY_EARG, "'%.40s' needs a text after it", s);
	s[k] = 0;
	return block_line(p, b, s, s + k + 1 + strspn(s + k + 1, " \t"));
}

static int parse_file(struct parser *p, FILE *f)
{
	char line[LINE_MAX_BYTES];
	struct block *b = calloc(1, sizeof(*b));
	int rc = b ? 0 : parse_fail(p, 0, MEMORY_ENOMEM, "out of memory");

	while (!rc && fgets(line, sizeof(line), f)) {
		p->line++;
		if (!strchr(line, '\n') && !feof(f))
			rc = parse_fail(p, p->line, MEMORY_EARG, "longer than %d bytes", LINE_MAX_BYTES - 2);
		else
			rc = parse_line(p, b, line);
	}
	if (!rc && ferror(f))
		rc = parse_fail(p, p->line, MEMORY_ERR, "%s", strerror(errno));
	if (!rc)
		rc = block_end(p, b);
	free(b);
	return rc;
}

int relations_merge(relations *r, const char *path, char *err, size_t errlen)
{
	struct parser p = { .r = r, .path = path, .err = err, .errlen = errlen };
	FILE *f = fopen(path, "rb");
	int rc;

	if (!f) {
		if (err && errlen)
			snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? MEMORY_ENOENT : MEMORY_ERR;
	}
	rc = parse_file(&p, f);
	fclose(f);
	return rc;
}

int relations_load(relations **out, const char *path, char *err, size_t errlen)
{
	relations *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		if (err && errlen)
			snprintf(err, errlen, "%s: out of memory", path);
		return MEMORY_ENOMEM;
	}
	rc = relations_merge(r, path, err, errlen);
	if (!rc && !r->n) {
		if (err && errlen)
			snprintf(err, errlen, "%s: holds no relation", path);
		rc = MEMORY_EARG;
	}
	if (rc) {
		relations_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

void relations_free(relations *r)
{
	if (!r)
		return;
	while (r->chunks) {
		struct chunk *next = r->chunks->next;

		free(r->chunks);
		r->chunks = next;
	}
	free(r->items);
	free(r);
}

size_t relations_count(const relations *r)
{
	return r->n;
}

const relation *relations_at(const relations *r, size_t i)
{
	return i < r->n ? &r->items[i] : NULL;
}

static bool relation_is(const relation *x, const char *name)
{
	if (!strcasecmp(x->name, name))
		return true;
	for (size_t i = 0; i < x->n_same; i++)
		if (!strcasecmp(x->same[i], name))
			return true;
	return false;
}

const relation *relations_find(const relations *r, const char *subject, const char *name)
{
	const relation *any = NULL;

	for (size_t i = 0; i < r->n; i++) {
		const relation *x = &r->items[i];
		bool open = !strcmp(x->subject, "*"), same = !strcasecmp(x->subject, subject);

		/* The subjects first: they tell most of them apart with one comparison. */
		if ((!open && !same) || !relation_is(x, name))
			continue;
		if (same)
			return x;
		if (strcasecmp(subject, "I") && !any)
			any = x;
	}
	return any;
}

/* ---- filling forms ---- */

struct filler {
	char *out;
	size_t len, cap;
	bool full;
};

static void put(struct filler *f, const char *s, size_t n)
{
	if (n >= f->cap - f->len) {
		f->full = true;
		return;
	}
	memcpy(f->out + f->len, s, n);
	f->len += n;
	f->out[f->len] = 0;
}

/* "my dog" as the assistant says it: "your dog"; capital: at the start of a sentence. */
static void put_subject(struct filler *f, const char *subject, bool theirs, bool capital)
{
	size_t at = f->len;

	if (theirs && !strncasecmp(subject, "my ", 3)) {
		put(f, "your ", 5);
		subject += 3;
	} else if (theirs && !strcmp(subject, "I")) {
		put(f, "you", 3);
		subject++;
	}
	put(f, subject, strlen(subject));
	if (capital && !f->full && f->len > at)
		f->out[at] = (char)toupper((unsigned char)f->out[at]);
}

/* "a {v}" reads "an apple" before a vowel. */
static void put_value(struct filler *f, const char *value)
{
	bool article = f->len >= 2 && f->out[f->len - 1] == ' ' && tolower((unsigned char)f->out[f->len - 2]) == 'a' &&
		       (f->len == 2 || f->out[f->len - 3] == ' ');

	if (article && value[0] && strchr("aeiouAEIOU", value[0])) {
		f->len--;
		put(f, "n ", 2);
	}
	put(f, value, strlen(value));
}

int relation_fill(const char *form, const char *subject, const char *value, char *out, size_t cap,
		  size_t *anchor_end)
{
	struct filler f = { .out = out, .cap = cap };
	size_t anchor = 0;

	if (!cap)
		return MEMORY_EARG;
	out[0] = 0;
	for (const char *s = form; *s; s++) {
		if (*s == '[')
			continue;
		if (*s == ']') {
			anchor = f.len;
		} else if (s[0] == '{' && s[1] && s[2] == '}' && strchr("sStTv", s[1])) {
			if (s[1] == 'v')
				put_value(&f, value ? value : "");
			else
				put_subject(&f, subject, tolower((unsigned char)s[1]) == 't',
					    isupper((unsigned char)s[1]));
			s += 2;
		} else {
			put(&f, s, 1);
		}
	}
	if (f.full)
		return MEMORY_EARG;
	if (anchor_end)
		*anchor_end = anchor;
	return (int)f.len;
}
