/*
 * The detector's evaluation sets, tests/detect/ *.tsv: utterance TAB
 * subject|relation|value[|op];... or utterance TAB - TAB reason. "\n" in an utterance is a line
 * break. An utterance "user // assistant // user" is a dialogue, of which the last message counts. Used by test_detect.c, test_detect_sets.c and detect_eval.c.
 */
#ifndef TESTS_DETECT_SET_H
#define TESTS_DETECT_SET_H

#include "../memory/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct detect_score {
	size_t utterances, empty; /* empty: those that give nothing */
	size_t wanted, found, right;
	size_t wrong_ops, bad_reasons; /* bad_reasons: nothing found, as it should be, but for
					  another reason or none */
};

static inline double score_precision(const struct detect_score *s)
{
	return s->found ? (double)s->right / (double)s->found : 1.0;
}

static inline double score_recall(const struct detect_score *s)
{
	return s->wanted ? (double)s->right / (double)s->wanted : 1.0;
}

/* Is the fact f among "s|r|v|op;s|r|v"? *op_right tells whether the op, if given, agrees too. */
static inline int set_wants(const char *gold, const detect_fact *f, int *op_right)
{
	char want[512];
	int n = snprintf(want, sizeof(want), "%s|%s|%s", f->subject, f->relation, f->value);

	while (*gold) {
		size_t len = strcspn(gold, ";");

		if (n > 0 && len >= (size_t)n && !strncasecmp(gold, want, (size_t)n) &&
		    (len == (size_t)n || gold[n] == '|')) {
			const char *op = detect_op_name(f->op);

			*op_right = len == (size_t)n
					    ? 1
					    : len - (size_t)n - 1 == strlen(op) &&
						      !strncmp(gold + n + 1, op, strlen(op));
			return 1;
		}
		gold += len + (gold[len] == ';');
	}
	return 0;
}

static inline void set_unescape(char *s)
{
	char *o = s;

	for (; *s; s++)
		if (s[0] == '\\' && s[1] == 'n') {
			*o++ = '\n';
			s++;
		} else {
			*o++ = *s;
		}
	*o = 0;
}

/* The last message of a dialogue, which is cut into its turns, as a chat would read it. */
static inline int set_detect(const relations *r, char *line, detect_result *d, char *err, size_t errlen)
{
	detect_result last = { 0 };
	detect_before before = { 0 };
	char *turn = line, *reply, *next;
	size_t parts = 0;
	int rc;

	for (next = line; (next = strstr(next, " // ")) != NULL; next++)
		parts++;
	while (parts % 2 == 0 && (next = strstr(turn, " // ")) != NULL) {
		detect_result now = { 0 };

		*next = 0;
		reply = next + 4;
		rc = detect_after(r, &before, turn, strlen(turn), false, &now, err, errlen);
		detect_free(&last);
		if (rc < 0)
			return rc;
		last = now;
		next = strstr(reply, " // ");
		*next = 0;
		before = (detect_before){ last.facts, last.n_facts, turn, reply, last.about };
		turn = next + 4;
	}
	rc = detect_after(r, &before, turn, strlen(turn), false, d, err, errlen);
	detect_free(&last);
	if (turn != line)
		memmove(line, turn, strlen(turn) + 1);
	return rc;
}

/* One line of a set; misses and false finds go to log when it is not NULL. */
static inline void set_line(const relations *r, char *line, struct detect_score *s, FILE *log)
{
	char *gold = strchr(line, '\t'), *reason, err[128] = "", whole[4096];
	detect_result d = { 0 };
	size_t right = 0, wanted = 1;

	if (*line == '#' || !gold)
		return;
	*gold++ = 0;
	reason = strchr(gold, '\t');
	if (reason)
		*reason++ = 0;
	set_unescape(line);
	for (const char *p = gold; *p; p++)
		wanted += *p == ';';
	if (*gold == '-')
		wanted = 0;
	snprintf(whole, sizeof(whole), "%s", line);
	if (set_detect(r, line, &d, err, sizeof(err)) < 0)
		return;
	for (size_t i = 0; i < d.n_facts; i++) {
		int op_right = 1, hit = set_wants(gold, d.facts + i, &op_right);

		right += (size_t)hit;
		s->wrong_ops += hit && !op_right;
		if (log && (!hit || !op_right))
			fprintf(log, "%s %s\n      got %s|%s|%s|%s (%s)\n", hit ? "op   " : "FALSE",
				whole, d.facts[i].subject, d.facts[i].relation, d.facts[i].value,
				detect_op_name(d.facts[i].op), d.facts[i].rule);
	}
	if (log && right < wanted)
		fprintf(log, "miss  %s\n      want %s%s%s\n", whole, gold,
			d.n_ignored ? "   ignored: " : "", d.n_ignored ? d.ignored[0].reason : "");
	if (!wanted && reason && !d.n_facts) {
		int same = 0;

		for (size_t i = 0; i < d.n_ignored; i++)
			same = same || !strcmp(d.ignored[i].reason, reason);
		if (!same && strcmp(reason, "state") != 0 && strcmp(reason, "generic") != 0 &&
		    strcmp(reason, "pronoun") != 0) {
			s->bad_reasons++;
			if (log)
				fprintf(log, "why   %s: want %s, %s\n", whole, reason,
					d.n_ignored ? d.ignored[0].reason : "none given");
		}
	}
	s->utterances++;
	s->empty += !wanted;
	s->wanted += wanted;
	s->found += d.n_facts;
	s->right += right;
	detect_free(&d);
}

static inline int set_score(const relations *r, const char *path, struct detect_score *s, FILE *log)
{
	FILE *f = fopen(path, "rb");
	char line[4096];

	memset(s, 0, sizeof(*s));
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		set_line(r, line, s, log);
	}
	fclose(f);
	return 0;
}

#endif
