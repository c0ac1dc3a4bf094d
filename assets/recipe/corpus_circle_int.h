/* What corpus_trait.c reads of grammar/circle.txt and corpus_circle.c makes dialogues of. */
#ifndef RECIPE_CORPUS_CIRCLE_INT_H
#define RECIPE_CORPUS_CIRCLE_INT_H

#include "corpus_int.h"

struct trait {
	char name[24], kind[24], whose[8];
	char *form[26]; /* by their letter; several lines are joined by " | " */
};

struct circle {
	struct trait *trait;
	size_t n;
	form_lists lists;
};

#endif
