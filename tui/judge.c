/*
 * The rules of judging.
 *
 * A key matches as whole words, whatever the case; "walk*" also matches a longer word; several keys are parted by '|'.
 * A reply "does not know" when it holds one of `ignorance` below. It evades when it holds one of `lost`, or when every
 * sentence is a question.
 *
 * ANSWER   right: holds an accepted key, no rejected one, and does not say that it does not know.
 *          invents: neither right nor "does not know" nor evading.
 * UNKNOWN  right: says that it does not know, and no rejected key; when its first sentence speaks of the user ("your"), it
 *          must hold an accepted key, if there are any: "I don't know your shoe size yet." is no answer about a dog.
 *          invents: holds a rejected key, or neither says that it does not know nor evades.
 * COMMAND  as ANSWER, but an accepted key is a command of the shell: it counts, in its own case, at the beginning of the
 *          reply, after a backtick, a colon or a pipe, or after one of the words of `before_command`.
 * TALK     right: ended by itself, well formed, holds an accepted key and no rejected one.
 *
 * Well formed: begins with a capital, a digit, a quote or "/" (or as a word of the prompt, or as the program's name); ends with
 * . ? or ! (quotes and brackets may follow); double quotes and brackets come in pairs; no loop (four words in a row that
 * return within the next eight, or three times in all); every lower-case word, and the first of a sentence, is in the
 * word list or in the prompt. Words in backticks or beginning with "/" or "-" are commands and not judged.
 */
#include "tui/judge.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORDS_MAX = 512, WORD_LEN = 48, LOOP = 4, LOOP_NEAR = 8 };

static const char ignorance[] =
	"don't know|do not know|don't have|haven't told|have not told|didn't tell|did not tell|never told|not been told|"
	"wasn't told|haven't heard|haven't learned|not sure|no idea|can't know|cannot know|can't tell|cannot tell|can't see|"
	"cannot see|can't say|cannot say|don't remember|don't recall|small model|can't do|cannot do|beyond me|not able|"
	"not something I can|not one of my talents|wouldn't know|couldn't speak to|couldn't say|if I knew";
static const char lost[] = "didn't follow|didn't understand|did not understand|don't understand|gotten lost|train of thought";

static const char *const before_command[] = { "use ", "Use ", "with ", "type ", "Type ", "run ", "Run ", "try ", "Try ",
					      "is ", "enter ", "Enter ", "command ", "by ", "`", ": ", "| ", "sudo ", "does ", "through " };

/* ---- the word list ---- */

struct wordlist {
	char *text;
	const char **at; /* sorted */
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *read_all(const char *path, char *err, size_t errlen)
{
	char *text = NULL;
	size_t len = 0, cap = 0;
	FILE *f = fopen(path, "r");

	while (f && !ferror(f) && !feof(f)) {
		if (cap - len < 2) {
			char *more = realloc(text, cap += cap + 65536);

			if (!more)
				break;
			text = more;
		}
		len += fread(text + len, 1, cap - len - 1, f);
	}
	if (!f || !feof(f)) {
		snprintf(err, errlen, "%s: %s", path, f && !ferror(f) ? "out of memory" : strerror(errno));
		free(text);
		text = NULL;
	} else {
		text[len] = 0;
	}
	if (f)
		fclose(f);
	return text;
}

int wordlist_load(wordlist **out, const char *path, char *err, size_t errlen)
{
	wordlist *w = calloc(1, sizeof(*w));
	char *save = NULL, *line;
	size_t lines = 1;

	if (w)
		w->text = read_all(path, err, errlen);
	for (char *p = w ? w->text : NULL; p && *p; p++)
		lines += *p == '\n';
	if (w && w->text)
		w->at = calloc(lines, sizeof(*w->at));
	if (!w || !w->at) {
		if (!w || w->text)
			snprintf(err, errlen, "%s: out of memory", path);
		wordlist_free(w);
		return -1;
	}
	for (line = strtok_r(w->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (*line != '#')
			w->at[w->n++] = line;
	qsort(w->at, w->n, sizeof(*w->at), by_text);
	*out = w;
	return 0;
}

void wordlist_free(wordlist *w)
{
	if (!w)
		return;
	free(w->at);
	free(w->text);
	free(w);
}

bool wordlist_has(const wordlist *w, const char *word)
{
	return w->n && bsearch(&word, w->at, w->n, sizeof(*w->at), by_text);
}

/* ---- keys ---- */

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool holds_one(const char *text, const char *key, size_t n)
{
	bool prefix = n > 1 && key[n - 1] == '*';

	n -= prefix;
	for (const char *p = text; n && *p; p++)
		if (!strncasecmp(p, key, n) && !(in_word(*key) && p > text && in_word(p[-1])) &&
		    (prefix || !(in_word(key[n - 1]) && in_word(p[n]))))
			return true;
	return false;
}

static bool holds_any(const char *text, const char *keys, bool (*holds)(const char *text, const char *key, size_t n))
{
	while (*keys) {
		size_t n = strcspn(keys, "|");

		if (holds(text, keys, n))
			return true;
		keys += n + (keys[n] == '|');
	}
	return false;
}

bool judge_holds(const char *text, const char *keys)
{
	return holds_any(text, keys, holds_one);
}

/* "find" is a command in "Use find." and none in "I can't find it." */
static bool holds_command(const char *text, const char *key, size_t n)
{
	const size_t n_before = sizeof(before_command) / sizeof(*before_command);
	bool prefix = n > 1 && key[n - 1] == '*';

	n -= prefix;
	for (const char *p = text; (p = strchr(p, *key)) != NULL; p++) {
		bool here = p == text;

		if (strncmp(p, key, n) || (!prefix && in_word(key[n - 1]) && in_word(p[n])))
			continue;
		for (size_t i = 0; !here && i < n_before; i++) {
			size_t len = strlen(before_command[i]);

			here = (size_t)(p - text) >= len && !strncmp(p - len, before_command[i], len);
		}
		if (here)
			return true;
	}
	return false;
}

/* ---- form ---- */

typedef struct words {
	char word[WORDS_MAX][WORD_LEN]; /* lower case */
	bool judged[WORDS_MAX];
	size_t n;
} words;

static bool ends_sentence(char c)
{
	return c == '.' || c == '!' || c == '?' || c == ':' || c == '\n';
}

/* The words of a text; judged: those whose spelling the list must know. */
static void split(const char *text, words *w)
{
	bool first = true, command = false;

	w->n = 0;
	for (const char *p = text; *p && w->n < WORDS_MAX;) {
		size_t n = 0;
		bool skip = p > text && (p[-1] == '/' || p[-1] == '-' || p[-1] == '_' || p[-1] == '@');

		if (!in_word(*p)) {
			command ^= *p == '`';
			first |= ends_sentence(*p);
			p++;
			continue;
		}
		while (in_word(p[n]) || (p[n] == '\'' && isalpha((unsigned char)p[n + 1])))
			n++;
		for (size_t i = 0; i < n && i < WORD_LEN - 1; i++) {
			w->word[w->n][i] = (char)tolower((unsigned char)p[i]);
			w->word[w->n][i + 1] = 0;
			skip |= isdigit((unsigned char)p[i]) != 0 || (unsigned char)p[i] >= 0x80;
		}
		w->judged[w->n++] = !skip && !command && (first || islower((unsigned char)*p));
		first = false;
		p += n;
	}
}

static bool knows(const wordlist *list, const char *word)
{
	char stem[WORD_LEN];
	char *mark;

	if (wordlist_has(list, word))
		return true;
	snprintf(stem, sizeof(stem), "%s", word);
	mark = strchr(stem, '\''); /* "the cat's", and plurals */
	if (!mark && *stem && stem[strlen(stem) - 1] == 's')
		mark = stem + strlen(stem) - 1;
	if (mark)
		*mark = 0;
	return mark && wordlist_has(list, stem);
}

static const char *strange_word(const words *w, const char *said, const wordlist *list)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->judged[i] && !knows(list, w->word[i]) && !judge_holds(said, w->word[i]))
			return w->word[i];
	return NULL;
}

static bool loops(const words *w)
{
	for (size_t i = 0; i + LOOP < w->n; i++) {
		int seen = 1;

		for (size_t j = i + 1; j + LOOP <= w->n; j++) {
			size_t k = 0;

			while (k < LOOP && !strcmp(w->word[i + k], w->word[j + k]))
				k++;
			seen += k == LOOP;
			if (k == LOOP && (j - i <= LOOP_NEAR || seen == 3))
				return true;
		}
	}
	return false;
}

static bool pairs(const char *s)
{
	int quotes = 0, ticks = 0, depth = 0;

	for (; *s; s++) {
		quotes += *s == '"';
		ticks += *s == '`';
		depth += (*s == '(') - (*s == ')');
		if (depth < 0)
			return false;
	}
	return quotes % 2 == 0 && ticks % 2 == 0 && !depth;
}

static bool begins_well(const char *reply, const char *said)
{
	char word[WORD_LEN];
	size_t n = 0;

	if (isupper((unsigned char)*reply) || isdigit((unsigned char)*reply) || (*reply && strchr("\"'`/(", *reply)))
		return true;
	while (in_word(reply[n]) && n < WORD_LEN - 1) {
		word[n] = reply[n];
		n++;
	}
	word[n] = 0;
	return (unsigned char)*reply >= 0x80 || (n && (!strcmp(word, "imprint") || judge_holds(said, word)));
}

/* What is wrong with the form, or false. */
static bool flaw(const char *said, const char *reply, bool ended, const wordlist *list, char *why, size_t cap)
{
	size_t n = strlen(reply);
	const char *odd;
	words w;

	while (n && strchr("\"')`", reply[n - 1]))
		n--;
	split(reply, &w);
	odd = strange_word(&w, said, list);
	if (!*reply || !w.n)
		snprintf(why, cap, "empty");
	else if (loops(&w))
		snprintf(why, cap, "loops");
	else if (!ended)
		snprintf(why, cap, "does not end");
	else if (!begins_well(reply, said))
		snprintf(why, cap, "no capital");
	else if (!n || !strchr(".!?", reply[n - 1]))
		snprintf(why, cap, "no full stop");
	else if (!pairs(reply))
		snprintf(why, cap, "quotes");
	else if (odd)
		snprintf(why, cap, "no word: %s", odd);
	else
		return false;
	return true;
}

/* ---- verdicts ---- */

/* "What is its name?" claims nothing, and nor does "I didn't follow that". */
static bool evades(const char *reply)
{
	char last = 0;

	if (judge_holds(reply, lost))
		return true;
	for (const char *p = reply; *p; p++) {
		if ((*p == '.' || *p == '!') && (!p[1] || p[1] == ' '))
			return false;
		if (!isspace((unsigned char)*p))
			last = *p;
	}
	return last == '?';
}

/* Whether the first sentence is about something of the user's that is not what was asked for. */
static bool strays(const char *reply, const char *about)
{
	size_t n = strcspn(reply, ".?!\n");
	char first[256];

	snprintf(first, sizeof(first), "%.*s", (int)n, reply);
	return *about && judge_holds(first, "your|you") && !judge_holds(first, about);
}

static bool is_right(enum judge_kind kind, const char *accepted, const char *reply, bool formed)
{
	bool ignorant = judge_holds(reply, ignorance);

	switch (kind) {
	case JUDGE_ANSWER: return judge_holds(reply, accepted) && !ignorant;
	case JUDGE_COMMAND: return holds_any(reply, accepted, holds_command) && !ignorant;
	case JUDGE_UNKNOWN: return ignorant && !strays(reply, accepted);
	case JUDGE_TALK: return formed && judge_holds(reply, accepted);
	}
	return false;
}

judgement judge_reply(enum judge_kind kind, const char *said, const char *accepted, const char *rejected,
		      const char *reply, bool ended, const wordlist *list)
{
	judgement j = { .right = false };
	bool bad = judge_holds(reply, rejected), ignorant = judge_holds(reply, ignorance), evading = evades(reply);
	char form[64] = "";

	j.formed = !flaw(said, reply, ended, list, form, sizeof(form));
	j.right = !bad && is_right(kind, accepted, reply, j.formed);
	j.invents = kind != JUDGE_TALK && !j.right && (bad || (!ignorant && !evading));
	snprintf(j.why, sizeof(j.why), "%s",
		 j.right || (kind == JUDGE_TALK && !j.formed) ? form
		 : bad					      ? "holds what it may not"
		 : kind == JUDGE_TALK			      ? "off topic"
		 : ignorant && kind == JUDGE_UNKNOWN	      ? "speaks of something else"
		 : ignorant				      ? "does not know"
		 : evading				      ? "evades"
		 : kind == JUDGE_UNKNOWN		      ? "does not say that it is unknown"
							      : "wrong");
	return j;
}

void judge_interval(size_t k, size_t n, double *low, double *high)
{
	const double z = 1.959964, p = (double)k / (double)n, m = (double)n;
	const double mid = (p + z * z / (2 * m)) / (1 + z * z / m);
	const double half = z / (1 + z * z / m) * sqrt(p * (1 - p) / m + z * z / (4 * m * m));

	*low = fmax(0, mid - half);
	*high = fmin(1, mid + half);
}
