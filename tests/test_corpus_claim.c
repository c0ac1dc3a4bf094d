/* corpus_claim.c: yes and no as it was told, and otherwise neither. */
#include "../assets/recipe/corpus.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void turn_text(const doc *d, size_t i, char *out, size_t cap)
{
	snprintf(out, cap, "%.*s", (int)d->turns[i].len, d->text + d->turns[i].at);
}

/* "Good to know: you hum." told before that turn, in an acknowledgement? */
static bool was_acknowledged(const doc *d, size_t before, const char *claim)
{
	char said[400];

	for (size_t i = 1; i < before; i += 2) {
		turn_text(d, i, said, sizeof(said));
		if (strstr(said, ": ") && strcasestr(said, claim))
			return true;
	}
	return false;
}

/* What was acknowledged in words is known, and with the same sign ever after. */
static void test_claims_are_answered_as_told(void)
{
	int yes = 0, no = 0, unknown = 0;
	claims *c = claims_load("assets/recipe/grammar", "claims.txt");
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 9 };

	for (int i = 0; i < 20000; i++) {
		d->len = d->n_turns = d->n_marks = 0;
		claims_add(c, NULL, .5, &r, d);
		CHECK(d->n_turns >= 2 && d->n_turns % 2 == 0);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			char a[400], *claim = a;

			turn_text(d, k, a, sizeof(a));
			CHECK(*a && !strpbrk(a, "{}[]|@") && !strstr(a, "  ") && !strstr(a, " my ") && !strstr(a, " / "));
			if (!strncmp(a, "I don't know whether ", 21)) {
				claim = a + 21;
				*strstr(claim, " yet. ") = 0;
				strcat(claim, ".");
				CHECK(!was_acknowledged(d, k, claim));
				unknown++;
			}
			yes += !strncmp(a, "Yes, ", 5);
			no += !strncmp(a, "No, ", 4);
		}
	}
	CHECK(unknown > 5000 && yes > 5000 && no > 2000);
	free(d);
}

/* The first question of a dialogue that nothing was told in is never answered with yes or no. */
static void test_nothing_told_is_not_known(void)
{
	claims *c = claims_load("assets/recipe/grammar", "claims.txt");
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 10 };
	int first = 0;

	for (int i = 0; i < 5000; i++) {
		char a[400];

		d->len = d->n_turns = d->n_marks = 0;
		claims_add(c, NULL, 0, &r, d);
		turn_text(d, 1, a, sizeof(a));
		CHECK(strncmp(a, "Yes, ", 5) && strncmp(a, "No, ", 4));
		first += !strncmp(a, "I don't know ", 13);
	}
	CHECK(first > 300);
	free(d);
}

int main(void)
{
	TEST_RUN(test_claims_are_answered_as_told);
	TEST_RUN(test_nothing_told_is_not_known);
	return test_done();
}
