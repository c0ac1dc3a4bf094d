/*
 * A list of personal facts: a text file, parted by tabs.
 *
 *   # comment
 *   subject TAB relation TAB value                     a fact of a relation that the relations table knows
 *   subject TAB relation TAB value TAB newer value     the same; the newer value is told by --update
 *   ask: subject TAB relations TAB question            another wording, for every fact of these relations
 *   far: subject TAB relations TAB question            the same, in words that do not name subject and relation as the
 *                                                      table does
 *   same: subject TAB question                         about the same subject: the value may not be in the answer
 *   probe: question                                    has nothing to do with any fact
 *
 * The subject of `ask:`, `far:` and `same:` is that of a relation in the table: "I", "my dog", or "*" for anyone; "my" stands for
 * all that begin so. A `same:` line holds for the facts whose own subject is such, whatever the relation's is; "*" there is
 * a subject that is neither "I" nor begins with "my". relations is a list parted by ", "; {n} in a name stands for the
 * relation's noun, in the question too ("favorite {n}"). In a question {r} is the relation's name, {s} and {S} are the
 * fact's subject, {S} with a capital. Lines hold at most 1023 bytes, and may stand in any order.
 *
 * Files that hold JSON are read by bench_json.c; "people:N" is a list that bench_people.c makes.
 */
#include "tui/bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MOST = 1024, FIELDS = 4 };

/* ---- what every reader needs ---- */

/* Room for one more; false: no memory. */
static bool grow(void **at, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 8;
	void *p;

	if (n < *room)
		return true;
	p = realloc(*at, more * size);
	if (!p)
		return false;
	*at = p;
	*room = more;
	return true;
}

int bench_probe_add(bench_probes *p, const char *question, const char *accepted)
{
	void *at = p->at;
	bench_probe new = { strdup(question), accepted ? strdup(accepted) : NULL };
	bool grown = grow(&at, p->n, &p->room, sizeof(*p->at));

	p->at = at;
	if (!grown || !new.question || (accepted && !new.accepted)) {
		free(new.question);
		free(new.accepted);
		return -1;
	}
	p->at[p->n++] = new;
	return 0;
}

void bench_probes_release(bench_probes *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->at[i].question);
		free(p->at[i].accepted);
	}
	free(p->at);
	*p = (bench_probes){ .n = 0 };
}

bench_fact *bench_fact_add(bench_list *l)
{
	void *at = l->facts;
	bool grown = l->n < BENCH_FACTS_MAX && grow(&at, l->n, &l->room, sizeof(*l->facts));

	l->facts = at;
	if (!grown)
		return NULL;
	l->facts[l->n] = (bench_fact){ 0 };
	return &l->facts[l->n++];
}

static void fact_free(bench_fact *f)
{
	free(f->subject);
	free(f->relation);
	free(f->value);
	free(f->newer);
	free(f->prompt);
	bench_probes_release(&f->para);
	bench_probes_release(&f->far);
	bench_probes_release(&f->same);
	bench_probes_release(&f->local);
	bench_probes_release(&f->port);
}

void bench_fact_drop(bench_list *l)
{
	fact_free(&l->facts[--l->n]);
}

void bench_list_release(bench_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		fact_free(&l->facts[i]);
	free(l->facts);
	bench_probes_release(&l->probes);
	*l = (bench_list){ .n = 0 };
}

/* ---- lines ---- */

enum wording_kind { WORDING_ASK, WORDING_FAR, WORDING_SAME };

/* These lines wait until all facts are known. */
typedef struct wording {
	enum wording_kind kind;
	char subject[96], relations[700], question[QUESTION_MAX];
	int line;
	bool used;
} wording;

typedef struct reader {
	bench_list *list;
	const relations *table;
	wording *at;
	size_t n, room;
	int line;
} reader;

static size_t split(char *line, char *field[FIELDS])
{
	size_t n = 0;

	for (char *s = line, *next; s; s = next) {
		next = strchr(s, '\t');
		if (next)
			*next++ = 0;
		if (n == FIELDS)
			return FIELDS + 1;
		field[n++] = s;
	}
	return n;
}

static const char *read_fact(reader *r, char *const *field, size_t n)
{
	bench_fact *f;

	if (n < 3 || n > 4)
		return "not \"subject TAB relation TAB value\", nor ask:, far:, same: or probe:";
	for (size_t i = 0; i < n; i++)
		if (!*field[i])
			return "an empty field";
	if (strlen(field[0]) > 95 || strlen(field[1]) > 63 || strlen(field[2]) > 191 || (n == 4 && strlen(field[3]) > 191))
		return "a field is too long";
	if (!relations_find(r->table, field[0], field[1]))
		return "not \"subject TAB relation TAB value\" of a known relation";
	f = bench_fact_add(r->list);
	if (!f)
		return r->list->n < BENCH_FACTS_MAX ? "out of memory" : "too many facts";
	f->number = r->line;
	f->subject = strdup(field[0]);
	f->relation = strdup(field[1]);
	f->value = strdup(field[2]);
	f->newer = n == 4 ? strdup(field[3]) : NULL;
	return f->subject && f->relation && f->value && (n < 4 || f->newer) ? NULL : "out of memory";
}

static const char *read_wording(reader *r, char *const *field, size_t n, enum wording_kind kind)
{
	wording *w;
	void *at = r->at;
	bool ask = kind != WORDING_SAME;

	if (n != (ask ? 3u : 2u))
		return kind == WORDING_SAME ? "not \"same: subject TAB question\"" :
		       kind == WORDING_FAR  ? "not \"far: subject TAB relations TAB question\"" :
					      "not \"ask: subject TAB relations TAB question\"";
	for (size_t i = 0; i < n; i++)
		if (!*field[i])
			return "an empty field";
	if (!grow(&at, r->n, &r->room, sizeof(*r->at)))
		return "out of memory";
	r->at = at;
	w = &r->at[r->n];
	*w = (wording){ .kind = kind, .line = r->line };
	if (strlen(field[0]) >= sizeof(w->subject) || (ask && strlen(field[1]) >= sizeof(w->relations)) ||
	    strlen(field[n - 1]) >= sizeof(w->question))
		return "a field is too long";
	snprintf(w->subject, sizeof(w->subject), "%s", field[0]);
	if (ask)
		snprintf(w->relations, sizeof(w->relations), "%s", field[1]);
	snprintf(w->question, sizeof(w->question), "%s", field[n - 1]);
	r->n++;
	return NULL;
}

static const char *read_line(reader *r, char *line)
{
	char *field[FIELDS];
	static const char *const kinds[] = { "ask: ", "far: ", "same: " }; /* enum wording_kind */

	if (!*line || *line == '#')
		return NULL;
	if (!strncmp(line, "probe: ", 7)) {
		if (!line[7] || strchr(line, '\t'))
			return "not \"probe: question\"";
		if (r->list->probes.n == BENCH_PROBES_MAX)
			return "too many probes";
		return bench_probe_add(&r->list->probes, line + 7, NULL) ? "out of memory" : NULL;
	}
	for (int k = 0; k < 3; k++)
		if (!strncmp(line, kinds[k], strlen(kinds[k])))
			return read_wording(r, field, split(line + strlen(kinds[k]), field), (enum wording_kind)k);
	return read_fact(r, field, split(line, field));
}

/* ---- wordings meet facts ---- */

static bool is_subject(const char *pattern, const char *subject)
{
	if (!strcmp(pattern, "my"))
		return !strncmp(subject, "my ", 3);
	return !strcmp(pattern, subject);
}

/* `form` with every {n} and {r} replaced. */
static bool put_names(const char *form, size_t len, const relation *r, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const char *piece = form + i;
		size_t m = 1;

		if (len - i >= 3 && (!strncmp(form + i, "{n}", 3) || !strncmp(form + i, "{r}", 3))) {
			piece = form[i + 1] == 'n' ? r->noun : r->name;
			m = strlen(piece);
			i += 2;
		}
		if (m >= cap - n)
			return false;
		memcpy(out + n, piece, m);
		n += m;
	}
	out[n] = 0;
	return true;
}

static bool names(const char *list, const relation *r)
{
	char name[128];

	for (const char *s = list, *end; s; s = *end ? end + 2 : NULL) {
		end = strstr(s, ", ") ? strstr(s, ", ") : s + strlen(s);
		if (put_names(s, (size_t)(end - s), r, name, sizeof(name)) && !strcmp(name, r->name))
			return true;
	}
	return false;
}

static const char *give(wording *w, const relations *table, bench_fact *f)
{
	const relation *r = relations_find(table, f->subject, f->relation);
	bench_probes *to = w->kind == WORDING_ASK ? &f->para : w->kind == WORDING_FAR ? &f->far : &f->same;
	char form[QUESTION_MAX], text[QUESTION_MAX];
	const char *other = strcmp(f->subject, "I") && strncmp(f->subject, "my ", 3) ? "*" : f->subject;

	if (w->kind == WORDING_SAME ? !is_subject(w->subject, other) :
				      !is_subject(w->subject, r->subject) || !names(w->relations, r))
		return NULL;
	if (!put_names(w->question, strlen(w->question), r, form, sizeof(form)) ||
	    relation_fill(form, f->subject, NULL, text, sizeof(text), NULL) <= 0)
		return "the question is too long with its subject";
	w->used = true;
	return bench_probe_add(to, text, NULL) ? "out of memory" : NULL;
}

/* A wording that no fact has is a slip of the pen. */
static const char *give_all(reader *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const char *what = NULL;

		r->line = r->at[i].line;
		for (size_t k = 0; !what && k < r->list->n; k++)
			what = give(&r->at[i], r->table, &r->list->facts[k]);
		if (!what && !r->at[i].used)
			what = "no fact of the list is of this subject and relation";
		if (what)
			return what;
	}
	return NULL;
}

static const char *read_text(reader *r, FILE *f)
{
	char line[LINE_MOST];
	const char *what = NULL;

	while (!what && fgets(line, sizeof(line), f)) {
		size_t n = strlen(line);

		r->line++;
		if (n == sizeof(line) - 1 && line[n - 1] != '\n')
			return "the line is too long";
		line[strcspn(line, "\r\n")] = 0;
		what = read_line(r, line);
	}
	if (!what && ferror(f))
		return strerror(errno);
	if (!what && !r->list->n)
		return "the list holds no fact";
	return what ? what : give_all(r);
}

static int text_load(bench_list *l, const relations *table, FILE *f, const char *path, char *err, size_t errlen)
{
	reader r = { .list = l, .table = table };
	const char *what = f ? read_text(&r, f) : strerror(errno);

	if (f)
		fclose(f);
	free(r.at);
	if (what && r.line)
		snprintf(err, errlen, "%s:%d: %s", path, r.line, what);
	else if (what)
		snprintf(err, errlen, "%s: %s", path, what);
	return what ? -1 : 0;
}

/* "people:1000" */
static int people_load(bench_list *l, const relations *table, const char *path, char *err, size_t errlen)
{
	char *text = NULL, *end;
	size_t len = 0;
	unsigned long n = strtoul(path + 7, &end, 10);
	FILE *f = path[7] >= '0' && path[7] <= '9' && !*end ? open_memstream(&text, &len) : NULL;
	bool written = f && bench_people_write(f, n);
	int rc = -1;

	if (f && fclose(f))
		written = false;
	if (written)
		rc = text_load(l, table, fmemopen(text, len, "r"), path, err, errlen);
	else
		snprintf(err, errlen, "%s: people:N makes a list of 1 to 19200 facts", path);
	free(text);
	return rc;
}

/* The file's first byte that is no space. */
static int first_byte(const char *path)
{
	FILE *f = fopen(path, "r");
	int c = f ? fgetc(f) : EOF;

	while (c == ' ' || c == '\n' || c == '\r' || c == '\t')
		c = fgetc(f);
	if (f)
		fclose(f);
	return c;
}

int bench_list_load(bench_list *out, const relations *table, const char *path, char *err, size_t errlen)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	bool made = !strncmp(path, "people:", 7);
	int c = made ? 0 : first_byte(path), rc;
	bench_list l = { .form = BENCH_PERSONAL };

	snprintf(l.name, sizeof(l.name), "%s", base);
	rc = made	    ? people_load(&l, table, path, err, errlen) :
	     c == '[' || c == '{' ? bench_json_load(&l, path, err, errlen) :
				    text_load(&l, table, fopen(path, "r"), path, err, errlen);
	if (rc) {
		bench_list_release(&l);
		return -1;
	}
	*out = l;
	return 0;
}
