/*
 * A suite of prompts: a text file, one prompt a line.
 *
 *   # comment
 *   judge: answer            (or unknown, talk, command; once, before the first prompt)
 *   corpus: holds            (or lacks; if at all, first before the first prompt)
 *   turn // turn // turn TAB accepted|accepted TAB rejected|rejected
 *
 * Turns are the user's and the assistant's in alternation, the last is the user's and its reply is judged. An assistant's
 * turn "@" is the model's own reply. The second tab and what follows may be left out; `accepted` may be empty with
 * judge: unknown alone, where it names what the question is about. The prompts below "corpus: holds" ask for what the built-in
 * model's training text states, those below "corpus: lacks" for what it does not.
 */
#include "tui/judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the lines above say. */
typedef struct above {
	bool judged, in_corpus;
} above;

static int wrong(const char *path, int line, const char *what, char *err, size_t errlen)
{
	snprintf(err, errlen, "%s:%d: %s", path, line, what);
	return -1;
}

/* Cuts s at its first `mark`; returns what stands behind it, or NULL. */
static char *cut(char *s, const char *mark)
{
	char *at = strstr(s, mark);

	if (!at)
		return NULL;
	*at = 0;
	return at + strlen(mark);
}

static const char *parse_prompt(char *line, enum judge_kind kind, suite_prompt *p)
{
	char *accepted = cut(line, "\t"), *rejected = accepted ? cut(accepted, "\t") : NULL;

	if (!accepted)
		return "no tab: \"turn // turn // turn TAB accepted|accepted\"";
	if (rejected && strchr(rejected, '\t'))
		return "more than two tabs";
	if (!*accepted && kind != JUDGE_UNKNOWN)
		return "nothing is accepted";
	p->accepted = accepted;
	p->rejected = rejected ? rejected : "";
	for (char *turn = line, *next; turn; turn = next) {
		next = cut(turn, " // ");
		if (p->n_turns == SUITE_TURNS - 1)
			return "too many turns";
		if (!*turn || (!(p->n_turns % 2) && !strcmp(turn, "@")))
			return "an empty turn";
		p->turn[p->n_turns++] = turn;
	}
	return p->n_turns % 2 ? NULL : "the last turn is not the user's";
}

static const char *parse_judge(const char *word, suite *s, above *a)
{
	static const char *const kinds[] = { "answer", "unknown", "talk", "command" }; /* enum judge_kind */
	const char *what;

	for (int i = 0; i < 4; i++)
		if (!strcmp(word, kinds[i])) {
			s->kind = (enum judge_kind)i;
			what = a->judged ? "judge: stands twice" : NULL;
			a->judged = true;
			return what;
		}
	return "judge: takes answer, unknown, talk or command";
}

static const char *parse_corpus(const char *word, suite *s, above *a)
{
	a->in_corpus = !strcmp(word, "holds");
	if (!a->in_corpus && strcmp(word, "lacks"))
		return "corpus: takes holds or lacks";
	if (s->n && !s->labelled)
		return "corpus: must stand before the first prompt, too";
	s->labelled = true;
	return NULL;
}

static const char *parse_line(char *line, suite *s, above *a, int number)
{
	const char *what;

	if (!*line || *line == '#')
		return NULL;
	if (!strncmp(line, "judge: ", 7))
		return parse_judge(line + 7, s, a);
	if (!strncmp(line, "corpus: ", 8))
		return parse_corpus(line + 8, s, a);
	if (!a->judged)
		return "\"judge: answer\", unknown, talk or command must come first";
	s->prompts[s->n].line = number;
	s->prompts[s->n].in_corpus = a->in_corpus;
	what = parse_prompt(line, s->kind, &s->prompts[s->n]);
	s->n += !what;
	return what;
}

static int read_text(suite *s, const char *path, char *err, size_t errlen)
{
	enum { MOST = 1 << 20 };
	FILE *f = fopen(path, "r");
	size_t n = 0, lines = 1;

	if (!f) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return -1;
	}
	s->text = malloc(MOST + 1);
	if (s->text)
		n = fread(s->text, 1, MOST, f);
	if (!s->text || ferror(f) || n == MOST) {
		snprintf(err, errlen, "%s: %s", path, !s->text ? "out of memory" : n == MOST ? "too long" : strerror(errno));
		fclose(f);
		return -1;
	}
	fclose(f);
	s->text[n] = 0;
	for (size_t i = 0; i < n; i++)
		lines += s->text[i] == '\n';
	s->prompts = calloc(lines, sizeof(*s->prompts));
	if (!s->prompts)
		snprintf(err, errlen, "%s: out of memory", path);
	return s->prompts ? 0 : -1;
}

int suite_load(suite *out, const char *path, char *err, size_t errlen)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *what = NULL;
	suite s = { .n = 0 };
	above a = { .judged = false };
	int number = 0;

	snprintf(s.name, sizeof(s.name), "%.*s", (int)strcspn(base, "."), base);
	if (read_text(&s, path, err, errlen)) {
		suite_release(&s);
		return -1;
	}
	for (char *line = s.text, *next; line && !what; line = next) {
		next = cut(line, "\n");
		number++;
		what = parse_line(line, &s, &a, number);
	}
	if (!what && !s.n)
		what = "no prompt";
	if (what) {
		wrong(path, number, what, err, errlen);
		suite_release(&s);
		return -1;
	}
	*out = s;
	return 0;
}

void suite_release(suite *s)
{
	free(s->prompts);
	free(s->text);
	*s = (suite){ .n = 0 };
}
