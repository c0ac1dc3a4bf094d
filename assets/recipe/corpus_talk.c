/* Small talk, world knowledge and prose: picked from files, never written by a model while running. */
#include "corpus.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A set of small dialogues; each is its block of text, "U: a | b" and "A: c | d" lines. */
struct dialogues {
	char *text;
	char **at;
	size_t n, cap;
	bool alternatives; /* "|" separates them */
};

struct use {
	char *kind, *say, *reply;
};

struct talk {
	struct dialogues small, person, bot, own_world, countries, animals, numbers, everyday, words, states,
		define, topics, daily, after;
	form_tables *facts, *nations, *terms, *common, *things, *shell, *refuse, *chat;
	besides *beside;
	claims *claim;
	form_threads *limits, *reach, *pasted, *follow, *next, *told, *untold, *partly, *typed, *about, *self, *ideas, *moments,
		*remarks;
	list beyond;
	struct use *uses, *nears;
	size_t n_uses, n_nears;
	char *books, *news;
	size_t books_len, news_len;
};

void recipe_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("corpus: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

char *file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *buf = NULL;
	long n;

	if (!f)
		return NULL;
	if (!fseek(f, 0, SEEK_END) && (n = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET) &&
	    (buf = malloc((size_t)n + 1)) != NULL) {
		*len = fread(buf, 1, (size_t)n, f);
		buf[*len] = 0;
	}
	fclose(f);
	return buf;
}

char *file_must_read(const char *path)
{
	size_t len;
	char *text = file_read(path, &len);

	if (!text)
		recipe_die("%s: cannot read", path);
	return text;
}

void list_add(list *l, const char *s, size_t len)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->item = realloc(l->item, l->cap * sizeof(*l->item));
	}
	if (!l->item || !(l->item[l->n] = malloc(len + 1)))
		recipe_die("out of memory");
	memcpy(l->item[l->n], s, len);
	l->item[l->n++][len] = 0;
}

const char *list_pick(const list *l, rng *r)
{
	return l->item[rng_below(r, (unsigned)l->n)];
}

uint64_t rng_next(rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

unsigned rng_below(rng *r, unsigned n)
{
	return (unsigned)((rng_next(r) >> 32) * n >> 32);
}

bool rng_chance(rng *r, double p)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53 < p;
}

static char *must_read(const char *dir, const char *file, size_t *len)
{
	char path[512];
	char *text;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	text = file_read(path, len);
	if (!text)
		recipe_die("%s: cannot read", path);
	return text;
}

/* What the relations are about is the scenes' business: a stray "what is my name" would teach the wrong answer. And numbers by
 * the hundred, as of people in a country, a model this small would only make up: limits.txt says that it does not know them. */
static bool left_out(const char *block)
{
	static const char *const no[] = { " my name", "who am i", "remind me", " my birthday", "how old am i",
					  "where do i live", "my favorite", "i forgot", "population of",
					  "how many people live in", "how many moons does" };
	char low[600];
	size_t n = 0;

	for (; block[n] && n < sizeof(low) - 1; n++)
		low[n] = (char)tolower((unsigned char)block[n]);
	low[n] = 0;
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (strstr(low, no[i]))
			return true;
	return false;
}

static void dialogues_load(struct dialogues *d, const char *dir, const char *file, bool alternatives)
{
	size_t len;
	char *s;

	d->text = must_read(dir, file, &len);
	d->alternatives = alternatives;
	for (s = d->text; *s;) {
		char *end;

		while (*s == '\n' || *s == '#')
			s += *s == '#' ? strcspn(s, "\n") : 1;
		if (!*s)
			break;
		end = strstr(s, "\n\n");
		if (end)
			*end = 0;
		if (!strncmp(s, "U: ", 3) && (alternatives || !left_out(s))) { /* our own files mind it themselves */
			if (d->n == d->cap) {
				d->cap = d->cap ? d->cap * 2 : 256;
				d->at = realloc(d->at, d->cap * sizeof(*d->at));
				if (!d->at)
					recipe_die("out of memory");
			}
			d->at[d->n++] = s;
		}
		s = end ? end + 2 : s + strlen(s);
	}
	if (!d->n)
		recipe_die("%s/%s: no dialogue in it", dir, file);
}

/* Lines of three fields, "a | b | c". */
static struct use *load_triples(const char *dir, const char *file, size_t *n)
{
	size_t len;
	char *text = must_read(dir, file, &len), *line = text;
	struct use *u = calloc(len / 8 + 1, sizeof(*u));

	if (!u)
		recipe_die("out of memory");
	*n = 0;
	while (line && *line) {
		char *next = strchr(line, '\n'), *a, *b;

		if (next)
			*next++ = 0;
		a = *line == '#' ? NULL : strstr(line, " | ");
		b = a ? strstr(a + 3, " | ") : NULL;
		if (b) {
			*a = *b = 0;
			u[(*n)++] = (struct use){ line, a + 3, b + 3 };
		}
		line = next;
	}
	return u;
}

static void load_beyond(talk *t, const char *grammar)
{
	size_t len;
	char *text = must_read(grammar, "beyond.txt", &len);

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (*line != '#')
			list_add(&t->beyond, line, strlen(line));
	free(text);
}

talk *talk_load(const char *source, const char *grammar)
{
	talk *t = calloc(1, sizeof(*t));

	if (!t)
		recipe_die("out of memory");
	dialogues_load(&t->small, grammar, "smalltalk.txt", true);
	dialogues_load(&t->topics, grammar, "topics.txt", true);
	dialogues_load(&t->daily, grammar, "daily.txt", true);
	dialogues_load(&t->after, grammar, "after.txt", true);
	dialogues_load(&t->own_world, grammar, "world.txt", true);
	dialogues_load(&t->person, source, "dialogue/personality_chat.txt", false);
	dialogues_load(&t->bot, source, "dialogue/chatterbot_smalltalk.txt", false);
	dialogues_load(&t->countries, source, "qa/countries.txt", false);
	dialogues_load(&t->animals, source, "qa/facts_animals.txt", false);
	dialogues_load(&t->numbers, source, "qa/facts_elements_planets_time_numbers.txt", false);
	dialogues_load(&t->everyday, source, "qa/facts_everyday.txt", false);
	dialogues_load(&t->words, source, "qa/facts_words.txt", false);
	dialogues_load(&t->states, source, "qa/us_states.txt", false);
	dialogues_load(&t->define, source, "qa/wordnet_definitions.txt", false);
	t->books = must_read(source, "prose/childrens_books.txt", &t->books_len);
	t->news = must_read(source, "prose/wikinews.txt", &t->news_len);
	t->uses = load_triples(grammar, "use.txt", &t->n_uses);
	t->nears = load_triples(grammar, "near.txt", &t->n_nears);
	load_beyond(t, grammar);
	t->facts = tables_load(grammar, "facts.txt");
	t->nations = tables_load(grammar, "nations.txt");
	t->terms = tables_load(grammar, "terms.txt");
	t->common = tables_load(grammar, "common.txt");
	t->things = tables_load(grammar, "things.txt");
	t->shell = tables_load(grammar, "terminal.txt");
	t->refuse = tables_load(grammar, "refuse.txt");
	t->limits = threads_load(grammar, "limits.txt");
	t->reach = threads_load(grammar, "reach.txt");
	t->pasted = threads_load(grammar, "pasted.txt");
	t->typed = threads_load(grammar, "shell.txt");
	t->about = threads_load(grammar, "about.txt");
	t->self = threads_load(grammar, "self.txt");
	t->ideas = threads_load(grammar, "ideas.txt");
	t->chat = tables_load(grammar, "chat.txt");
	t->follow = threads_load(grammar, "follow.txt");
	t->next = threads_load(grammar, "next.txt");
	t->untold = threads_load(grammar, "untold.txt");
	t->partly = threads_load(grammar, "partly.txt");
	t->beside = besides_load(grammar, "beside.txt");
	t->claim = claims_load(grammar, "claims.txt");
	t->told = threads_load(grammar, "told.txt");
	t->moments = threads_load(grammar, "moments.txt");
	t->remarks = threads_load(grammar, "remarks.txt");
	return t;
}

bool doc_add(doc *d, int role, const char *text)
{
	size_t n = strlen(text);

	if (d->n_turns == DOC_TURNS || n >= DOC_BYTES - d->len)
		return false;
	memcpy(d->text + d->len, text, n + 1);
	d->turns[d->n_turns++] = (doc_turn){ role, d->len, n };
	d->len += n;
	return true;
}

/* One of "a | b | c", with the small slips of typing for the user's turns. */
static void pick_alternative(const char *s, size_t len, bool alternatives, rng *r, char *out, size_t cap)
{
	size_t n = 1, at = 0, k;
	char form[1200];

	for (size_t i = 0; alternatives && i < len; i++)
		n += s[i] == '|';
	k = rng_below(r, (unsigned)n);
	for (; k; at++)
		k -= s[at] == '|';
	while (at < len && s[at] == ' ')
		at++;
	for (k = at; k < len && !(alternatives && s[k] == '|'); k++)
		;
	while (k > at && s[k - 1] == ' ')
		k--;
	snprintf(form, sizeof(form), "%.*s", (int)(k - at), s + at);
	if (alternatives)
		form_choose(form, r, out, cap);
	else
		snprintf(out, cap, "%s", form);
}

/* Appends turns of dialogue i, at most `turns` of them and ending with the assistant's. */
static void dialogue_add(const struct dialogues *dl, size_t i, int turns, rng *r, doc *d)
{
	const char *s = dl->at[i];
	char text[1200];

	while (*s && turns-- > 0) {
		size_t n = strcspn(s, "\n");
		bool user = s[0] == 'U';

		if (n > 3) {
			pick_alternative(s + 3, n - 3, dl->alternatives, r, text, sizeof(text));
			if (user)
				type_slip(text, sizeof(text), r);
			doc_add(d, user ? ROLE_USER : ROLE_ASSISTANT, text);
		}
		s += n + (s[n] == '\n');
	}
	if (d->n_turns && d->turns[d->n_turns - 1].role == ROLE_USER) /* a question without its reply */
		d->len = d->turns[--d->n_turns].at;
}

static void any_dialogue(const struct dialogues *dl, int turns, rng *r, doc *d)
{
	dialogue_add(dl, rng_below(r, (unsigned)dl->n), turns, r, d);
}

/* {q} and {r} of a form: what the user said last, and what the reply was. */
static void last_said(const doc *d, const char *form, char *out, size_t cap)
{
	size_t n = 0;

	for (; *form && n + 1 < cap; form++) {
		const doc_turn *turn = &d->turns[d->n_turns - (form[1] == 'q' ? 2 : 1)];

		if (*form != '{') {
			out[n++] = *form;
			continue;
		}
		n += (size_t)snprintf(out + n, cap - n, "%.*s", (int)turn->len, d->text + turn->at);
		form += 2;
	}
	out[n < cap ? n : cap - 1] = 0;
}

/* "What did I just ask?": about the last exchange, whatever it was. */
static void after_add(const talk *t, rng *r, doc *d)
{
	const char *s = t->after.at[rng_below(r, (unsigned)t->after.n)], *reply = strstr(s, "\nA: ");
	char ask[300], form[300], text[800];

	if (!reply || d->n_turns < 2 || memchr(d->text, '"', d->len))
		return;
	for (size_t i = d->n_turns - 2; i < d->n_turns; i++)
		if (d->turns[i].len > 120 || d->turns[i].role == ROLE_PROSE)
			return;
	pick_alternative(s + 3, (size_t)(reply - s - 3), true, r, ask, sizeof(ask));
	pick_alternative(reply + 4, strcspn(reply + 4, "\n"), true, r, form, sizeof(form));
	last_said(d, form, text, sizeof(text));
	type_slip(ask, sizeof(ask), r);
	doc_add(d, ROLE_USER, ask);
	doc_add(d, ROLE_ASSISTANT, text);
}

static void follow_add(const talk *t, rng *r, doc *d)
{
	unsigned k = rng_below(r, 100);

	if (k < 8)
		sum_again_add(r, d);
	else
		threads_add(k < 46 ? t->follow : t->next, r, d);
}

void talk_chat(const talk *t, rng *r, doc *d)
{
	unsigned k = rng_below(r, 100);

	if (k < 6)
		threads_add(t->about, r, d);
	else if (k < 11)
		threads_add(t->self, r, d);
	else if (k < 18)
		threads_add(t->ideas, r, d);
	else if (k < 22)
		any_dialogue(&t->small, 6, r, d);
	else if (k < 36)
		any_dialogue(&t->daily, 6, r, d);
	else if (k < 41)
		any_dialogue(&t->topics, 8, r, d);
	else if (k < 46)
		tables_add(t->chat, r, d);
	else if (k < 60)
		threads_add(t->moments, r, d);
	else if (k < 74)
		threads_add(t->remarks, r, d);
	else if (k < 98)
		follow_add(t, r, d);
	else if (k < 99) /* many one-line replies, which a small network takes for an answer to anything */
		any_dialogue(&t->person, 2, r, d);
	else
		any_dialogue(&t->bot, 2, r, d);
	if (rng_chance(r, .05))
		after_add(t, r, d);
}

static void add_beyond(const talk *t, rng *r, doc *d)
{
	static const char *const replies[] = {
		"I'm a very small model, so I don't know that. You can load a bigger one with -m.",
		"I'm a very small model, so I can't do that. You can load a bigger one with -m.",
	};
	char text[300];
	const char *q = list_pick(&t->beyond, r);

	snprintf(text, sizeof(text), "%s", q);
	type_slip(text, sizeof(text), r);
	doc_add(d, ROLE_USER, text);
	doc_add(d, ROLE_ASSISTANT,
		replies[!strncasecmp(q, "can you", 7) || !strncasecmp(q, "write", 5) || !strncasecmp(q, "play", 4) ||
			!strncasecmp(q, "turn", 4)]);
}

void talk_world(const talk *t, rng *r, doc *d)
{
	unsigned k = rng_below(r, 100);

	if (k < 1) /* the licensed questions have few forms, and ours many for the same facts */
		any_dialogue(&t->countries, 2, r, d);
	else if (k < 2)
		any_dialogue(rng_chance(r, .5) ? &t->animals : &t->numbers, 2, r, d);
	else if (k < 3)
		any_dialogue(rng_chance(r, .5) ? &t->everyday : rng_chance(r, .7) ? &t->words :
			     rng_chance(r, .5) ? &t->states : &t->define, 2, r, d);
	else if (k < 9)
		any_dialogue(&t->own_world, 2, r, d);
	else if (k < 15)
		sum_add(r, d);
	else if (k < 16)
		sum_chain_add(r, d);
	else if (k < 25)
		tables_add(t->nations, r, d);
	else if (k < 45)
		tables_add(t->facts, r, d);
	else if (k < 58)
		tables_add(t->common, r, d);
	else if (k < 61)
		tables_add(t->things, r, d);
	else if (k < 66)
		tables_add(t->terms, r, d);
	else if (k < 69)
		tables_add(t->shell, r, d);
	else if (k < 83)
		threads_add(t->typed, r, d);
	else if (k < 86)
		tables_add(t->refuse, r, d);
	else if (k < 91)
		threads_add(t->limits, r, d);
	else if (k < 98)
		threads_add(t->reach, r, d);
	else if (k < 99)
		threads_add(t->pasted, r, d);
	else
		add_beyond(t, r, d);
}

void talk_untold(const talk *t, rng *r, doc *d)
{
	if (rng_chance(r, .4))
		besides_one(t->beside, .5, r, d);
	else
		threads_add(t->untold, r, d);
}

void talk_partly(const talk *t, rng *r, doc *d)
{
	threads_add(t->partly, r, d);
}

void talk_claims(const talk *t, double told, rng *r, doc *d)
{
	claims_add(t->claim, t, told, r, d);
}

void talk_beside(const talk *t, double told, rng *r, doc *d)
{
	besides_add(t->beside, t, told, r, d);
}

void talk_prose(const talk *t, rng *r, doc *d)
{
	bool news = rng_chance(r, .3);
	const char *s = news ? t->news : t->books;
	size_t len = news ? t->news_len : t->books_len, at, n = 0, want = 300 + rng_below(r, 900);
	char text[1800];

	at = rng_below(r, (unsigned)(len - 4000));
	while (at < len && s[at] != '\n')
		at++;
	while (at < len && s[at] == '\n')
		at++;
	while (at + n < len && n < want) { /* whole lines, at most */
		size_t line = strcspn(s + at + n, "\n") + 1;

		if (n + line >= sizeof(text))
			break;
		n += line;
	}
	if (n < 100)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)n, s + at);
	doc_add(d, ROLE_PROSE, text);
}

void talk_told(const talk *t, rng *r, doc *d)
{
	threads_add(t->told, r, d);
}

void talk_use(const talk *t, rng *r, const char *kind, const char **say, const char **reply)
{
	size_t i;

	do
		i = rng_below(r, (unsigned)t->n_uses);
	while (strcmp(t->uses[i].kind, kind));
	*say = t->uses[i].say;
	*reply = t->uses[i].reply;
}

void talk_near(const talk *t, rng *r, const char **name, const char **say, const char **reply)
{
	const struct use *u = &t->nears[rng_below(r, (unsigned)t->n_nears)];

	*name = u->kind;
	*say = u->say;
	*reply = u->reply;
}
