/*
 * forms: the wordings that the built-in model's training text is made from, and whether a sentence is one of them. For the
 * tests that hold questions out. In a form '{...}' is filled by one to four words, and "[a/b/]" is one of its choices; case and
 * punctuation do not count, but a question mark at the end does.
 */
#ifndef TESTS_FORMS_H
#define TESTS_FORMS_H

#include <stdbool.h>
#include <stddef.h>

enum { FORM_MAX = 1024 };

typedef struct forms {
	char (*form)[FORM_MAX]; /* lower case, '*' for a slot, no punctuation but question marks; with its choices, "[a/b]" */
	size_t n, room;
} forms;

/* Which lines of a file hold forms: all of them, one a line; all, parted by " | "; those that begin "U: ", parted; of
 * these the ones that have no slot or four words beside (for tables, whose rows fill the slots: "Where is {a}?" says little);
 * those of a relations table; of frames.txt; the user's fields of beside.txt and reach.txt; what the user asks and says of
 * claims.txt. '#' begins a comment. */
enum forms_in { FORMS_LINES, FORMS_PARTS, FORMS_OF_USER, FORMS_OF_TABLE, FORMS_OF_RELATION, FORMS_OF_FRAMES, FORMS_OF_ROWS,
		FORMS_OF_CLAIMS };

/* Adds those of a file. A file without any, or too little memory, ends the program: the test would hold nothing. */
void forms_read(forms *f, const char *path, enum forms_in in);
void forms_add(forms *f, const char *form);
const char *forms_match(const forms *f, const char *sentence); /* the form, or NULL */
void forms_release(forms *f);

#endif
