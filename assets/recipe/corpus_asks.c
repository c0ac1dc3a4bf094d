/*
 * More ways to ask and to tell: grammar/asks.txt, whose top describes the format. One noun: asks. Every name in the file
 * is checked against the relations, and errors say FILE:LINE.
 */
#include "corpus.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAMES_MAX 64

struct forms {
	list kind[ASK_KINDS];
	const relation **near;
	size_t n_near;
};

struct names { /* other words for one subject */
	const char *subject;
	list also, such;
};

struct asks {
	const relations *rel;
	struct forms *of; /* one for every relation */
	list frames, wraps, fixes;
	list alike; /* "a, b, c" each */
	struct names *names;
	size_t n_names;
};

struct parser {
	asks *a;
	const char *path;
	int line;
	char *err;
	size_t errlen;

	char name[64], subject[64], each[1024]; /* of the block; no name: no block */
	const relation **picked;                /* its relations, once a form needs them */
	size_t n_picked;
};

static int fail(const struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(const struct parser *p, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(p->err, p->errlen, "%s:%d: ", p->path, p->line);

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < p->errlen)
		vsnprintf(p->err + n, p->errlen - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

/* The next of "a, b, c"; false at the end. */
static bool next_name(const char **s, char *out, size_t cap)
{
	size_t n;

	*s += strspn(*s, ", ");
	n = strcspn(*s, ",");
	if (!n)
		return false;
	snprintf(out, cap, "%.*s", (int)n, *s);
	*s += n;
	return true;
}

static bool names_have(const char *names, const char *want)
{
	char one[96];

	while (next_name(&names, one, sizeof(one)))
		if (!strcasecmp(one, want))
			return true;
	return false;
}

static const relation *find_exact(const relations *rel, const char *subject, const char *name)
{
	for (size_t i = 0; i < relations_count(rel); i++)
		if (!strcmp(relations_at(rel, i)->subject, subject) && !strcmp(relations_at(rel, i)->name, name))
			return relations_at(rel, i);
	return NULL;
}

/* A form with its {n} filled in; -1 when it is too long. */
static int put_noun(const char *form, const char *noun, char *out, size_t cap)
{
	size_t n = 0;

	for (; *form; form++) {
		const char *s = !strncmp(form, "{n}", 3) ? noun : NULL;
		size_t k = s ? strlen(s) : 1;

		if (n + k >= cap)
			return -1;
		memcpy(out + n, s ? s : form, k);
		n += k;
		form += s ? 2 : 0;
	}
	out[n] = 0;
	return 0;
}

/* ---- which relations a block is about ---- */

static bool subject_fits(const char *subject, const relation *x)
{
	if (!strcmp(subject, "people"))
		return group_of(x) == G_PEOPLE;
	if (!strcmp(subject, "pets"))
		return group_of(x) == G_PETS;
	if (!strcmp(subject, "things"))
		return group_of(x) == G_THINGS;
	return !strcmp(subject, x->subject);
}

static bool name_fits(const struct parser *p, const relation *x)
{
	char name[96];

	if (put_noun(p->name, x->noun, name, sizeof(name)) || strcmp(name, x->name))
		return false;
	return !strstr(p->name, "{n}") || (*x->noun && (!*p->each || names_have(p->each, x->noun)));
}

static int pick_relations(struct parser *p)
{
	const char *each = p->each;
	char noun[64];

	if (p->n_picked)
		return 0;
	for (size_t i = 0; i < relations_count(p->a->rel); i++) {
		const relation *x = relations_at(p->a->rel, i);

		if (subject_fits(p->subject, x) && name_fits(p, x))
			p->picked[p->n_picked++] = x;
	}
	if (!p->n_picked)
		return fail(p, "no relation '%s' of subject '%s'", p->name, p->subject);
	while (next_name(&each, noun, sizeof(noun))) {
		bool used = false;

		for (size_t i = 0; i < p->n_picked; i++)
			used |= !strcasecmp(p->picked[i]->noun, noun);
		if (!used)
			return fail(p, "relation '%s' has no noun '%s'", p->name, noun);
	}
	return 0;
}

/* ---- forms ---- */

static bool same_words(const char *a, const char *b)
{
	char x[TYPE_LINE], y[TYPE_LINE];

	exclusion_normal(a, strlen(a), x, sizeof(x));
	exclusion_normal(b, strlen(b), y, sizeof(y));
	return !strcmp(x, y);
}

static bool among(const char *form, const char *const *forms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_words(form, forms[i]))
			return true;
	return false;
}

/* Is "[...]" of the form an anchor of one of the relation's own questions? */
static bool anchor_known(const char *form, const relation *x)
{
	const char *a = strchr(form, '['), *b = strchr(form, ']');
	size_t n = a && b > a ? (size_t)(b - a) + 1 : 0;

	for (size_t i = 0; n > 2 && i < x->n_ask; i++) {
		const char *own = strchr(x->ask[i], '[');

		if (own && !strncasecmp(own, a, n))
			return true;
	}
	return false;
}

static int check_braces(const struct parser *p, const char *form, bool say)
{
	size_t n_values = 0, n_subjects = 0;
	char last = form[strlen(form) - 1];

	for (const char *s = form; (s = strchr(s, '{')) != NULL; s++) {
		n_values += !strncmp(s, "{v}", 3);
		n_subjects += !strncmp(s, "{s}", 3) || !strncmp(s, "{S}", 3);
		if (strncmp(s, "{v}", 3) && strncmp(s, "{s}", 3) && strncmp(s, "{S}", 3))
			return fail(p, "unknown braces: %s", s);
	}
	if (n_values != (say ? 1u : 0u))
		return fail(p, say ? "a statement holds {v} once" : "a question holds no {v}");
	if (!strcmp(p->subject, "*") && !n_subjects)
		return fail(p, "a form of subject * holds {s}");
	if (!strcmp(p->subject, "I") && n_subjects)
		return fail(p, "a form of subject I holds no {s}");
	if (!strchr(say ? ".!" : "?.!", last))
		return fail(p, "the form does not end a sentence");
	return 0;
}

static int add_form(struct parser *p, const relation *x, const char *form, bool say)
{
	struct forms *of = &p->a->of[x - relations_at(p->a->rel, 0)];
	list *l = &of->kind[say ? ASK_SAY : ASK_ANY];
	const char *open = strchr(form, '[');

	if (check_braces(p, form, say))
		return -1;
	if (say ? open || strchr(form, ']') : !open != !strchr(form, ']') || (open && strchr(open + 1, '[')))
		return fail(p, say ? "a statement has no anchor" : "a bracket without its other half");
	if (open && !anchor_known(form, x))
		return fail(p, "no anchor of '%s': %s", x->name, open);
	if (among(form, x->test, x->n_test))
		return fail(p, "held out as a test form of '%s'", x->name);
	if (among(form, say ? x->say : x->ask, say ? x->n_say : x->n_ask) ||
	    among(form, (const char *const *)l->item, l->n))
		return fail(p, "'%s' has this form already", x->name);
	list_add(l, form, strlen(form));
	if (open)
		list_add(&of->kind[ASK_MARKED], form, strlen(form));
	return 0;
}

static int add_to_all(struct parser *p, const char *form, bool say)
{
	char filled[TYPE_LINE / 2];

	if (pick_relations(p))
		return -1;
	for (size_t i = 0; i < p->n_picked; i++) {
		if (!*form || put_noun(form, p->picked[i]->noun, filled, sizeof(filled)))
			return fail(p, "an empty or too long form");
		if (add_form(p, p->picked[i], filled, say))
			return -1;
	}
	return 0;
}

static int add_near(struct parser *p, const char *names)
{
	char name[96];

	if (pick_relations(p))
		return -1;
	while (next_name(&names, name, sizeof(name))) {
		const relation *y = find_exact(p->a->rel, p->subject, name);

		if (!y)
			return fail(p, "near: no relation '%s' of subject '%s'", name, p->subject);
		for (size_t i = 0; i < p->n_picked; i++) {
			struct forms *of = &p->a->of[p->picked[i] - relations_at(p->a->rel, 0)];

			if (y == p->picked[i])
				return fail(p, "near: '%s' is the relation itself", name);
			of->near = realloc(of->near, (of->n_near + 1) * sizeof(*of->near));
			if (!of->near)
				recipe_die("out of memory");
			of->near[of->n_near++] = y;
		}
	}
	return 0;
}

/* ---- lines that stand alone ---- */

static struct names *names_of(const asks *a, const char *subject)
{
	for (size_t i = 0; i < a->n_names; i++)
		if (!strcasecmp(a->names[i].subject, subject))
			return &a->names[i];
	return NULL;
}

static int add_names(struct parser *p, const char *s, bool such)
{
	asks *a = p->a;
	size_t n = strcspn(s, ":");
	char subject[64], one[64];
	struct names *x;
	const relation *rel;

	snprintf(subject, sizeof(subject), "%.*s", (int)n, s);
	rel = s[n] ? find_exact(a->rel, subject, "name") : NULL;
	if (!rel)
		return fail(p, "no subject '%s'", subject);
	x = names_of(a, subject);
	if (!x) {
		a->names = realloc(a->names, (a->n_names + 1) * sizeof(*a->names));
		if (!a->names)
			recipe_die("out of memory");
		x = &a->names[a->n_names++];
		*x = (struct names){ .subject = rel->subject };
	}
	for (s += n + 1; next_name(&s, one, sizeof(one));) {
		if (strncmp(one, "my ", 3))
			return fail(p, "'%s' does not begin with \"my\"", one);
		list_add(such ? &x->such : &x->also, one, strlen(one));
	}
	return 0;
}

static int add_alike(struct parser *p, const char *s)
{
	const char *at = s;
	char name[96];

	while (next_name(&at, name, sizeof(name)))
		if (!find_exact(p->a->rel, "I", name))
			return fail(p, "alike: no relation '%s' of subject 'I'", name);
	list_add(&p->a->alike, s, strlen(s));
	return 0;
}

static int add_around(struct parser *p, list *l, const char *s, const char *a, const char *b)
{
	if (!strstr(s, a) && !strstr(s, b))
		return fail(p, "needs %s", a);
	list_add(l, s, strlen(s));
	return 0;
}

static int head_line(struct parser *p, char *field, size_t cap, const char *s)
{
	size_t n = strlen(field);

	if (p->n_picked)
		return fail(p, "subject and each come before the forms");
	if (snprintf(field + n, cap - n, "%s%s", n ? ", " : "", s) >= (int)(cap - n))
		return fail(p, "too long");
	return 0;
}

static int read_line(struct parser *p, const char *s)
{
	const char *rest = strchr(s, ' ');
	size_t n = rest ? (size_t)(rest++ - s) : strlen(s);

#define IS(word) (rest && n == sizeof(word) - 1 && !strncmp(s, word, n))
	if (!*s) {
		*p->name = 0;
		return 0;
	}
	if (IS("relation")) {
		snprintf(p->name, sizeof(p->name), "%s", rest);
		snprintf(p->subject, sizeof(p->subject), "I");
		*p->each = 0;
		p->n_picked = 0;
		return 0;
	}
	if (IS("alike"))
		return add_alike(p, rest);
	if (IS("also") || IS("such"))
		return add_names(p, rest, IS("such"));
	if (IS("frame"))
		return add_around(p, &p->a->frames, rest, "{q}", "{q}");
	if (IS("wrap"))
		return add_around(p, &p->a->wraps, rest, "{x}", "{x}");
	if (IS("fix"))
		return add_around(p, &p->a->fixes, rest, "{v}", "{f}");
	if (!*p->name)
		return fail(p, "'%.*s' outside of a block", (int)n, s);
	if (IS("subject")) {
		if (!p->n_picked)
			*p->subject = 0;
		return head_line(p, p->subject, sizeof(p->subject), rest);
	}
	if (IS("each"))
		return head_line(p, p->each, sizeof(p->each), rest);
	if (IS("near"))
		return add_near(p, rest);
	if (IS("ask") || IS("say"))
		return add_to_all(p, rest, IS("say"));
#undef IS
	return fail(p, "unknown key '%.*s'", (int)n, s);
}

int asks_load(asks **out, const relations *rel, const char *path, char *err, size_t errlen)
{
	size_t len, n = relations_count(rel);
	char *text = file_read(path, &len);
	asks *a = calloc(1, sizeof(*a));
	struct parser p = { .a = a, .path = path, .err = err, .errlen = errlen, .picked = calloc(n, sizeof(*p.picked)) };
	int rc = 0;

	if (!a || !p.picked || !(a->of = calloc(n, sizeof(*a->of))))
		recipe_die("out of memory");
	a->rel = rel;
	if (!text) {
		snprintf(err, errlen, "%s: cannot read", path);
		rc = -1;
	}
	for (char *s = text, *next; !rc && s; s = next) {
		next = strchr(s, '\n');
		if (next)
			*next++ = 0;
		p.line++;
		if (*s != '#')
			rc = read_line(&p, s);
	}
	free(text);
	free(p.picked);
	if (rc)
		asks_free(a);
	else
		*out = a;
	return rc;
}

static void list_clear(list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->item[i]);
	free(l->item);
}

void asks_free(asks *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < relations_count(a->rel); i++) {
		for (int k = 0; k < ASK_KINDS; k++)
			list_clear(&a->of[i].kind[k]);
		free(a->of[i].near);
	}
	for (size_t i = 0; i < a->n_names; i++) {
		list_clear(&a->names[i].also);
		list_clear(&a->names[i].such);
	}
	list_clear(&a->frames);
	list_clear(&a->wraps);
	list_clear(&a->fixes);
	list_clear(&a->alike);
	free(a->names);
	free(a->of);
	free(a);
}

/* ---- what the scenes ask for ---- */

const list *asks_forms(const asks *a, const relation *x, enum ask_kind kind)
{
	return &a->of[x - relations_at(a->rel, 0)].kind[kind];
}

const relation *asks_near(const asks *a, const relation *x, rng *r)
{
	const struct forms *of = &a->of[x - relations_at(a->rel, 0)];

	return of->n_near ? of->near[rng_below(r, (unsigned)of->n_near)] : NULL;
}

const list *asks_frames(const asks *a)
{
	return &a->frames;
}

const list *asks_wraps(const asks *a)
{
	return &a->wraps;
}

const list *asks_fixes(const asks *a)
{
	return &a->fixes;
}

const char *asks_also(const asks *a, const char *subject, rng *r)
{
	const struct names *x = names_of(a, subject);

	return x && x->also.n ? list_pick(&x->also, r) : NULL;
}

const char *asks_such(const asks *a, const char *subject, rng *r)
{
	const struct names *x = names_of(a, subject);

	return x && x->such.n ? list_pick(&x->such, r) : NULL;
}

static bool list_has(const list *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcasecmp(l->item[i], s))
			return true;
	return false;
}

/* May both be meant by the same word? "my mum" and "my mother", "my girl" of a daughter and of a girlfriend. */
static bool subjects_alike(const asks *a, const char *x, const char *y)
{
	const struct names *p = names_of(a, x), *q = names_of(a, y);

	if ((p && list_has(&p->also, y)) || (q && list_has(&q->also, x)))
		return true;
	for (size_t i = 0; p && q && i < p->also.n; i++)
		if (list_has(&q->also, p->also.item[i]))
			return true;
	return false;
}

bool asks_alike(const asks *a, const relation *x, const char *x_subject, const relation *y, const char *y_subject)
{
	if (strcasecmp(x_subject, y_subject))
		return !strcmp(x->name, y->name) && subjects_alike(a, x_subject, y_subject);
	for (size_t i = 0; i < a->alike.n && !strcmp(x_subject, "I"); i++)
		if (names_have(a->alike.item[i], x->name) && names_have(a->alike.item[i], y->name))
			return true;
	return false;
}
