/*
 * judge: whether a reply of a model is right, by rules that need no model. Suites of prompts with what is accepted are
 * read from plain files; nothing here runs a model. The rules stand at the top of judge.c, the file format of suite.c.
 */
#ifndef TUI_JUDGE_H
#define TUI_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

/* ---- words ---- */

typedef struct wordlist wordlist;

/* One word a line, '#' comments. Returns 0, or -1 with a sentence in err. */
int wordlist_load(wordlist **out, const char *path, char *err, size_t errlen);
void wordlist_free(wordlist *w); /* takes NULL */
bool wordlist_has(const wordlist *w, const char *word); /* lower case */

/* ---- judging ---- */

/* ANSWER: a fact is asked for. UNKNOWN: nothing told answers the question. TALK: conversation. COMMAND: a command of the
 * shell is asked for. */
enum judge_kind { JUDGE_ANSWER, JUDGE_UNKNOWN, JUDGE_TALK, JUDGE_COMMAND };

typedef struct judgement {
	bool right;
	bool invents; /* states something that is not so; never with TALK */
	bool formed;  /* well-formed sentences */
	char why[96]; /* not right: a few words; right and not formed: what is wrong with the form */
} judgement;

/* Whether text holds one of the keys "a|b c|walk*", as whole words, whatever the case. */
bool judge_holds(const char *text, const char *keys);
/* The reply to `said` (all turns of the prompt, one text); accepted and rejected are lists of keys, "" none. */
judgement judge_reply(enum judge_kind kind, const char *said, const char *accepted, const char *rejected,
		      const char *reply, bool ended, const wordlist *words);
/* The Wilson score interval of k out of n at 95 % (Wilson 1927), n > 0. */
void judge_interval(size_t k, size_t n, double *low, double *high);

/* ---- suites ---- */

enum { SUITE_TURNS = 24 };

typedef struct suite_prompt {
	int line;                   /* in the file */
	bool in_corpus;             /* the training text states what it asks for; false where nothing is said of that */
	size_t n_turns;             /* odd: the first and the last are the user's */
	const char *turn[SUITE_TURNS]; /* "@" for an assistant's: the model's own reply */
	const char *accepted, *rejected; /* lists of keys */
} suite_prompt;

typedef struct suite {
	char name[32];
	enum judge_kind kind;
	bool labelled; /* in_corpus means something */
	suite_prompt *prompts;
	size_t n;
	char *text; /* what the prompts point into */
} suite;

/* Reads a suite, named after its file without ".tsv". Returns 0, or -1 with "FILE:LINE: what is wrong" in err; then
 * nothing is left to release. */
int suite_load(suite *out, const char *path, char *err, size_t errlen);
void suite_release(suite *s);

#endif
