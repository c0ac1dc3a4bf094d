/* same.c: which values say the same, and that the ledger goes by it. */
#include "memory/memory_int.h"
#include "tests/ledger_aid.h"
#include "tests/test.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *kind, *a, *b;
	bool same;
} rows[] = {
	{ "age", "34", "thirty-four", true },
	{ "age", "thirty four", "34", true },
	{ "age", "34", "35", false },
	{ "age", "thirty", "30", true },
	{ "age", "three", "thirty", false },
	{ "age", "thirty-four-five", "39", false },
	{ "number", "two", "2", true },
	{ "number", "2", "2 or 3", false },
	{ "number", "", "", true },
	{ "date", "may 3rd", "the 3rd of may", true },
	{ "date", "3 may", "may 3", true },
	{ "date", "may 3, 1990", "3 may 1990", true },
	{ "date", "sept 3", "3rd september", true },
	{ "date", "may 3", "march 3", false },
	{ "date", "may 3", "may 13", false },
	{ "date", "may 3", "may 3 1990", false }, /* more is said */
	{ "date", "3/4", "4/3", false },
	{ "date", "ma 3", "may 3", false },
	{ "date", "around may 3", "may 3", false },
	{ "phone", "+44 20 7946-0018", "+442079460018", true },
	{ "phone", "(555) 123 4567", "555-123-4567", true },
	{ "phone", "555-123-4567", "555-123-4568", false },
	{ "phone", "12-34", "1234", false },
	{ "phone", "call me", "callme", false },
	{ "code", "12-34-56", "123456", false },
	{ "country", "the netherlands", "netherlands", true },
	{ "job", "a baker", "baker", true },
	{ "job", "baker", "butcher", false },
	{ "title", "the the", "the", true },
	{ "pet", "the", "a", false },
	{ "city", "34", "thirty-four", false },
};

static void test_what_says_the_same(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!CHECK_INT(values_same(rows[i].kind, rows[i].a, rows[i].b), rows[i].same) ||
		    !CHECK_INT(values_same(rows[i].kind, rows[i].b, rows[i].a), rows[i].same))
			printf("  in: %s: %s / %s\n", rows[i].kind, rows[i].a, rows[i].b);
	}
}

/* Words of any length and bytes. */
static void test_any_words(void)
{
	char a[4096], b[4096];

	for (size_t n = 1; n < sizeof(a); n = 2 * n + 1) {
		memset(a, '9', n);
		a[n] = 0;
		memset(b, n % 2 ? 'x' : ' ', n);
		b[n] = 0;
		CHECK(!values_same("age", a, b));
		CHECK(!values_same("date", a, b));
		CHECK(!values_same("phone", a, b));
	}
	CHECK(!values_same("date", "\xff\xfe", "may 3"));
}

static void test_the_ledger_goes_by_it(void)
{
	memory *m = aid_open("same", false, NULL);

	CHECK(m != NULL);
	if (!m)
		return;
	CHECK_INT(aid_learn(m, "I", "home", "the Netherlands", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "home", "Netherlands", DETECT_ADD, NULL), DETECT_NOOP);
	CHECK_INT(aid_learn(m, "I", "home", "Norway", DETECT_ADD, NULL), DETECT_SUPERSEDE);
	CHECK_INT(aid_learn(m, "I", "home", "Netherlands", DETECT_RETRACT, NULL), DETECT_NOOP);
	CHECK_INT(aid_learn(m, "I", "home", "the Norway", DETECT_RETRACT, NULL), DETECT_RETRACT);
	CHECK_INT(aid_learn(m, "I", "home", "Norway", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "hobby", "a choir", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(m, "I", "hobby", "the choir", DETECT_ADD, NULL), DETECT_NOOP);
	CHECK_INT(aid_learn(m, "I", "hobby", "choirs", DETECT_ADD, NULL), DETECT_ADD);
	memory_close(m);
}

int main(void)
{
	if (!aid_init("test-same"))
		return 1;
	TEST_RUN(test_what_says_the_same);
	TEST_RUN(test_any_words);
	TEST_RUN(test_the_ledger_goes_by_it);
	aid_done();
	return test_done();
}
