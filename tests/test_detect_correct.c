/* detect_correct.c: short corrections of what the message before said, and answers that are none. */
#include "../memory/memory.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static relations *table;

/* "subject|relation|value|op;..." of what `text` says after `before`; "" for nothing. */
static void said_after(const char *before, const char *text, char *got, size_t cap)
{
	detect_result d = { 0 }, e = { 0 };
	char err[128] = "";
	size_t len = 0;

	got[0] = 0;
	CHECK_INT(detect(table, before, strlen(before), false, &d, err, sizeof(err)), 0);
	CHECK(d.n_facts > 0);
	CHECK_INT(detect_after(table, &(detect_before){ .told = d.facts, .n_told = d.n_facts }, text, strlen(text), false, &e, err, sizeof(err)), 0);
	for (size_t i = 0; i < e.n_facts && len < cap; i++) {
		const detect_fact *f = &e.facts[i];

		CHECK(f->op == DETECT_RETRACT || (f->span[0] < f->span[1] && f->span[1] <= strlen(text)));
		len += (size_t)snprintf(got + len, cap - len, "%s%s|%s|%s|%s", i ? ";" : "", f->subject, f->relation, f->value,
					detect_op_name(f->op));
	}
	detect_free(&d);
	detect_free(&e);
}

static void check_rows(const char *const (*rows)[3])
{
	char got[1024];

	for (; (*rows)[0]; rows++) {
		said_after((*rows)[0], (*rows)[1], got, sizeof(got));
		if (!CHECK_STR(got, (*rows)[2]))
			printf("  in: %s / %s\n", (*rows)[0], (*rows)[1]);
	}
}

static void test_a_value_is_put_right(void)
{
	static const char cat[] = "my cat is called Momo", mimi[] = "my cat|name|Mimi|supersede";
	static const char ana[] = "My sister is called Ana.", anna[] = "my sister|name|Anna|supersede";
	static const char *const rows[][3] = {
		{ cat, "no, Mimi", mimi },
		{ cat, "No. Mimi!", mimi },
		{ cat, "no mimi", "my cat|name|Mimi|ask" },
		{ cat, "*Mimi", mimi },
		{ cat, "Mimi*", mimi },
		{ cat, "Mimi, not Momo", mimi },
		{ cat, "mimi not momo", mimi },
		{ cat, "sorry, I meant Mimi", mimi },
		{ cat, "oops, typo: Mimi", mimi },
		{ cat, "I said Mimi!", mimi },
		{ cat, "no, she's called Mimi", mimi },
		{ cat, "it's actually Mimi", mimi },
		{ cat, "No, it's \"Mimi\"", mimi },
		{ cat, "wait, not Momo, Mimi, sorry", mimi },
		{ ana, "sorry, I meant Anna, not Ana", anna },
		{ ana, "it's spelled Anna", anna },
		{ ana, "spelled Anna", anna },
		{ ana, "no, anna", anna },
		{ "My sister is called Anna.", "it's spelled Ana", "my sister|name|Ana|supersede" },
		{ "I'm 33.", "wait, 34", "I|age|34|supersede" },
		{ "I'm 33.", "no, 34 years old", "I|age|34|supersede" },
		{ "I'm 33.", "34, not 33", "I|age|34|supersede" },
		{ "I live in Porto", "not Porto, Lisbon", "I|home|Lisbon|supersede" },
		{ "I live in Porto", "not porto but lisbon", "I|home|Lisbon|supersede" },
		{ "I live in Porto", "no, in Lisbon", "I|home|Lisbon|supersede" },
		{ "I live in Porto", "Lisbon instead of Porto", "I|home|Lisbon|supersede" },
		{ "I'm a nurse", "no, a doctor", "I|job|doctor|supersede" },
		{ "My email is a@b.example", "wait, a@c.example", "I|email|a@c.example|supersede" },
		{ "my favorite color is blue", "no, green", "I|favorite color|green|supersede" },
		{ "my birthday is on May 3", "no, May 4", "I|birthday|May 4|supersede" },
		{ "my favorite food is ramen", "I meant udon", "I|favorite food|udon|supersede" },
		{ "my favorite food is ramen", "no, udon", "I|favorite food|udon|ask" },
		/* one of several: the wrong one goes, the right one comes */
		{ "I'm allergic to eggs", "no, to nuts, not eggs", "I|allergy|eggs|retract;I|allergy|nuts|add" },
		{ NULL, NULL, NULL },
	};

	check_rows(rows);
}

static void test_which_of_several(void)
{
	static const char both[] = "I'm Sam, 33, and my cat is called Momo";
	static const char *const rows[][3] = {
		{ both, "wait, 34", "I|age|34|supersede" },
		{ both, "Mimi, not Momo", "my cat|name|Mimi|supersede" },
		{ both, "Tom, not Sam", "I|name|Tom|supersede" },
		{ both, "no, Momoh", "my cat|name|Momoh|supersede" }, /* a slip of that name */
		{ both, "no, Sami", "I|name|Sami|supersede" },
		{ both, "no, Otto", "my cat|name|Otto|ask" }, /* either may be meant */
		{ both, "Otto, not Max", "" },
		{ NULL, NULL, NULL },
	};

	check_rows(rows);
}

static void test_what_is_no_correction(void)
{
	static const char cat[] = "my cat is called Momo", food[] = "my favorite food is ramen", home[] = "I live in Porto";
	static const char *const rows[][3] = {
		{ cat, "no, thanks", "" },	    { cat, "No thanks!", "" },
		{ cat, "no, really", "" },	    { cat, "wait, what?", "" },
		{ cat, "no, Mimi?", "" },	    { cat, "Mimi", "" },
		{ cat, "sorry, I'm tired", "" },    { cat, "no, stop", "" },
		{ cat, "Actually, tell me a joke", "" }, { cat, "no way", "" },
		{ cat, "not really", "" },	    { cat, "No, never mind", "" },
		{ cat, "no, she is asleep", "" },   { cat, "wait, let me think", "" },
		{ cat, "no, Mimi is my other cat's friend", "" }, { cat, "Sorry for the typo", "" },
		{ cat, "no no no", "" },	    { cat, "not Momo", "" },
		{ cat, "no, a story", "" },	    { cat, "no, coffee", "" },
		{ cat, "no, dude", "" },	    { cat, "I said hello", "" },
		{ cat, "Oh, nice", "" },	    { cat, "no, 34", "" },
		{ cat, "it's spelled Barbarossa", "" }, { food, "no, not yet", "" },
		{ food, "no, you are wrong", "" },  { food, "wait, I have a question", "" },
		{ food, "no, help me", "" },	    { home, "no, thank you", "" },
		{ home, "not anymore", "" },	    { home, "wait for me", "" },
		{ home, "no idea", "" },	    { home, "Lisbon, not Faro", "" },
		{ home, "no, say \"I live in Rome\"", "" }, { home, "`no, Lisbon`", "" },
		{ "my password is hunter2 and I'm 33", "no, hunter3", "" }, { NULL, NULL, NULL },
	};

	check_rows(rows);
}

/* Without a message before there is nothing to put right. */
/* What a message says, put right in the message itself. */
static void test_inside_one_message(void)
{
	static const char *const rows[][2] = {
		{ "I live in Porto, sorry, Braga", "I|home|Braga" },
		{ "I live in Lisbon, sorry, Porto", "I|home|Porto" },
		{ "I live in Porto, I mean Braga", "I|home|Braga" },
		{ "I live in Porto. Sorry, I meant Braga.", "I|home|Braga" },
		{ "I live in Braga... oops, Porto", "I|home|Porto" },
		{ "i live in porto i mean Braga", "I|home|Braga" },
		{ "I live in Porto, sorry, Braga, and I work at Siemens", "I|home|Braga" },
		{ "My name is Ann, no, Anna", "I|name|Anna" },
		{ "My dog is called Max. Sorry, Rex.", "my dog|name|Rex" },
		{ "I'm 33, no wait, 34", "I|age|34" },
		{ "I live in Porto, actually", "I|home|Porto" },
		{ "I live in Porto, sorry, what was the question?", "I|home|Porto" },
		{ "My name is Ann, no worries", "I|name|Ann" },
		{ "My dog is called Max. Sorry, Rex is my cat.", "my dog|name|Max" },
		{ "I live in Porto, not Braga", "I|home|Porto" },
		{ "I live in Porto. No, thanks.", "I|home|Porto" },
		{ "I speak French, no German", "I|language|French" },
		{ "I speak French, sorry, German", "I|language|German" },
		{ "My favorite food is ramen. No sushi.", "I|favorite food|ramen" },
		{ "My favorite food is ramen. Oops, hiccups.", "I|favorite food|ramen" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		detect_result d = { 0 };
		char err[128] = "", got[512] = "";

		CHECK_INT(detect(table, rows[i][0], strlen(rows[i][0]), false, &d, err, sizeof(err)), 0);
		if (CHECK(d.n_facts > 0))
			snprintf(got, sizeof(got), "%s|%s|%s", d.facts[0].subject, d.facts[0].relation, d.facts[0].value);
		if (!CHECK_STR(got, rows[i][1]))
			printf("  in: %s\n", rows[i][0]);
		detect_free(&d);
	}
}

static void test_nothing_before(void)
{
	static const char *const texts[] = { "no, Mimi", "sorry, I meant Anna, not Ana", "wait, 34", "not Porto, Lisbon" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		detect_result d = { 0 };
		char err[128];

		CHECK_INT(detect(table, texts[i], strlen(texts[i]), false, &d, err, sizeof(err)), 0);
		if (!CHECK_INT(d.n_facts, 0))
			printf("  in: %s\n", texts[i]);
		detect_free(&d);
	}
}

/* No bytes lead it out of bounds: bits of corrections in any order, cut anywhere. */
static void test_any_words(void)
{
	static const char *const bits[] = { "no", ",", " not ", "Mimi", "*", "it's", " spelled ", "\xc3", "34", "?", "I meant ", ".", "\"",
					    "instead of", "Momo", "\n", " sorry", "my bad", "wait", "" };
	static const detect_fact last[] = { { .subject = "my cat", .relation = "name", .value = "Momo" },
					    { .subject = "I", .relation = "age", .value = "33" } };
	uint32_t seed = 7;

	for (int round = 0; round < 20000; round++) {
		char text[128] = "", err[128], *exact;
		detect_result d = { 0 };
		size_t len;

		for (int k = 0; k < 8; k++) {
			seed = seed * 1664525u + 1013904223u;
			strncat(text, bits[(seed >> 16) % (sizeof(bits) / sizeof(*bits))], sizeof(text) - strlen(text) - 1);
		}
		len = strlen(text);
		exact = malloc(len ? len : 1); /* not terminated: a sanitizer sees what reads on */
		REQUIRE(exact != NULL);
		memcpy(exact, text, len);
		CHECK_INT(detect_after(table, &(detect_before){ .told = last, .n_told = 2 }, exact, len, false, &d, err, sizeof(err)), 0);
		for (size_t i = 0; i < d.n_facts; i++)
			CHECK(d.facts[i].span[0] < d.facts[i].span[1] && d.facts[i].span[1] <= len);
		detect_free(&d);
		free(exact);
	}
}

int main(void)
{
	char err[256] = "";

	if (relations_load(&table, "assets/relations.txt", err, sizeof(err))) {
		printf("%s\n", err);
		return 1;
	}
	TEST_RUN(test_a_value_is_put_right);
	TEST_RUN(test_which_of_several);
	TEST_RUN(test_what_is_no_correction);
	TEST_RUN(test_inside_one_message);
	TEST_RUN(test_nothing_before);
	TEST_RUN(test_any_words);
	relations_free(table);
	return test_done();
}
