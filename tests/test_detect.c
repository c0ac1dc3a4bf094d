/*
 * detect.c and its parts: figures on the evaluation sets, every never-a-fact rule, spans, ops,
 * /remember's liberties, any bytes as input. The floors are measured values less a little; the
 * held-out set was written before the rules.
 */
#include "../memory/memory.h"
#include "detect_set.h"
#include "test.h"

#include <stdlib.h>
#include <time.h>

static relations *table;

static detect_result found(const char *text, bool explicit_ask)
{
	detect_result d = { 0 };
	char err[128] = "";

	CHECK_INT(detect(table, text, strlen(text), explicit_ask, &d, err, sizeof(err)), 0);
	return d;
}

/* "subject|relation|value|op" of the only fact, or how many there were. */
static void check_fact(const char *text, const char *want)
{
	detect_result d = found(text, false);
	char got[512];

	snprintf(got, sizeof(got), "%zu facts", d.n_facts);
	if (d.n_facts == 1)
		snprintf(got, sizeof(got), "%s|%s|%s|%s", d.facts[0].subject, d.facts[0].relation,
			 d.facts[0].value, detect_op_name(d.facts[0].op));
	if (!CHECK_STR(got, want))
		printf("  in: %s\n", text);
	detect_free(&d);
}

static void check_none(const char *text, const char *reason)
{
	detect_result d = found(text, false);
	bool same = !reason;

	for (size_t i = 0; i < d.n_ignored; i++)
		same = same || !strcmp(d.ignored[i].reason, reason);
	if (!CHECK_INT(d.n_facts, 0) || !CHECK(same))
		printf("  in: %s: %s\n", text,
		       d.n_facts     ? d.facts[0].value
		       : d.n_ignored ? d.ignored[0].reason
				     : "no reason");
	detect_free(&d);
}

static void test_development_set(void)
{
	struct detect_score s;

	REQUIRE(set_score(table, "tests/detect/dev.tsv", &s, NULL) == 0);
	CHECK(s.utterances >= 190 && s.empty >= 70);
	CHECK(score_precision(&s) >= 0.99);
	CHECK(score_recall(&s) >= 0.98);
	CHECK(s.wrong_ops <= 2);
}

static void test_held_out_set(void)
{
	struct detect_score s;

	REQUIRE(set_score(table, "tests/detect/held.tsv", &s, NULL) == 0);
	CHECK(s.utterances >= 100 && s.empty >= 40);
	CHECK(score_precision(&s) >= 0.98);
	CHECK(score_recall(&s) >= 0.95);
}

static void test_never_a_fact(void)
{
	static const char *const rows[][2] = {
		{ "Is my name Ingrid?", "question" },
		{ "do you know where i live", "question" },
		{ "My dog is called Rex, right?", "question" },
		{ "If my name were Bob I would laugh.", "hypothetical" },
		{ "Maybe I'm allergic to nuts.", "hypothetical" },
		{ "I think my boss is called Frank.", "hypothetical" },
		{ "I would live in Rome.", "hypothetical" },
		{ "I wish my name was Alexandra.", "wish" },
		{ "I want to live in Tokyo.", "wish" },
		{ "I will move to Canada.", "plan" },
		{ "I'm going to live in Oslo.", "plan" },
		{ "I used to live in Prague.", "past" },
		{ "When I was a kid, my dog was called Spot.", NULL },
		{ "I had a dog called Rusty.", "past" },
		{ "My dog is not called Rex.", "negation" },
		{ "I'm not a doctor.", "negation" },
		{ "He said my name is Bob.", "hearsay" },
		{ "Apparently my neighbor is called Fritz.", "hearsay" },
		{ "Imagine my name is Sherlock.", "fiction" },
		{ "Let's play a game. I'm a pirate. My name is Hook.", "fiction" },
		{ "In my novel, my sister is called Ophelia.", "fiction" },
		{ "She wrote: \"My name is Carol and I live in Rome.\"", "quote" },
		{ "> My name is Peter", "quote" },
		{ "`my name is Bob`", "code" },
		{ "```\nmy name is Bob\n```", "code" },
		{ "    my name is Bob", "code" },
		{ "My name is Elvis Presley, just kidding!", "joke" },
		{ "I'm like a nurse to my friends.", "comparison" },
		{ "Write a poem about my dog Rex.", "request" },
		{ "Translate this sentence:\nMy name is Peter.", "request" },
		{ "My wifi password is hunter2.", "secret" },
		{ "My favorite number is 4111 1111 1111 1111.", "secret" },
		{ "My birthday is tomorrow!", "relative date" },
		{ "My dog is tired.", NULL },
		{ "My sister is here.", NULL },
		{ "I'm hungry.", NULL },
		{ "I'm Happy to help.", NULL },
		{ "I live in fear.", NULL },
		{ "You live in the cloud.", NULL },
		{ "He is a plumber.", NULL },
		{ "France is a country.", NULL },
		{ "Your name is Imprint.", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_none(rows[i][0], rows[i][1]);
}

static void test_ops(void)
{
	check_fact("I moved to Lisbon.", "I|home|Lisbon|supersede");
	check_fact("I've moved from Porto to Lisbon.", "I|home|Lisbon|supersede");
	check_fact("I no longer work at Globex.", "I|employer|Globex|retract");
	check_fact("I don't live in Porto anymore.", "I|home|Porto|retract");
	check_fact("I changed my phone number to 020 7946 0958.",
		   "I|phone number|020 7946 0958|supersede");
	check_fact("No, my sister's name is Anna, not Ana.", "my sister|name|Anna|supersede");
	check_fact("My name isn't Kate, it's Cate.", "I|name|Cate|supersede");
	check_fact("My dog is called Biscuit.", "my dog|name|Biscuit|add");
}

static void test_values(void)
{
	check_fact("My dog is called Biscuit, by the way, and I love him.",
		   "my dog|name|Biscuit|add");
	check_fact("my dogs name is rex", "my dog|name|Rex|add");
	check_fact("My favorite movie is \"Spirited Away\".", "I|favorite movie|Spirited Away|add");
	check_fact("I live in St. Louis now, it's great.", "I|home|St. Louis|supersede");
	check_fact("My address is 14 Larch Lane, Apt 3, Portland.",
		   "I|address|14 Larch Lane, Apt 3, Portland|add");
	check_fact("My email is ana.silva+x@mail.example.com.",
		   "I|email|ana.silva+x@mail.example.com|add");
	check_fact("My website is https://example.org/~kai?x=1.",
		   "I|website|https://example.org/~kai?x=1|add");
	check_fact("My cat\xe2\x80\x99s name is \xe2\x80\x9cMiso\xe2\x80\x9d.",
		   "my cat|name|Miso|add");
	check_fact("I'm 5 minutes late.", "0 facts");
	check_fact("I'm 130.", "0 facts");
	check_fact("My email is on the card.", "0 facts");
}

/* The span is where the value stands in the user's words. */
static void test_spans(void)
{
	static const char *const rows[] = {
		"Hi! I live in New York City now.", "My sister Zo\xc3\xab is a civil engineer.",
		"my email: a.b@example.com please", "I speak Polish, German and Dutch.",
		"I'm Sam, a nurse from Denver, and my dog is called Olive"
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		detect_result d = found(rows[i], false);

		CHECK(d.n_facts > 0);
		for (size_t k = 0; k < d.n_facts; k++) {
			const detect_fact *f = d.facts + k;

			REQUIRE(f->span[0] < f->span[1] && f->span[1] <= strlen(rows[i]));
			CHECK_INT(strlen(f->value), f->span[1] - f->span[0]);
			CHECK(!strncasecmp(f->value, rows[i] + f->span[0],
					   f->span[1] - f->span[0]));
			CHECK(f->confidence > 0 && f->confidence <= 1);
			CHECK(f->rule && *f->rule && strlen(f->rule) < 32);
		}
		detect_free(&d);
	}
}

static void test_several(void)
{
	detect_result d = found("I'm Sam, a nurse from Denver, and my dog is called Olive. My wife "
				"Elena works for Siemens.",
				false);

	CHECK_INT(d.n_facts, 6);
	detect_free(&d);
	d = found("My dog is called Rex. My dog is called Rex!", false);
	CHECK_INT(d.n_facts, 1); /* said twice, one fact */
	detect_free(&d);
	d = found("We just adopted a kitten. Her name is Pixel.", false);
	REQUIRE(d.n_facts == 1);
	CHECK_STR(d.facts[0].subject, "my kitten");
	detect_free(&d);
}

static void test_explicit_ask(void)
{
	detect_result d = found("my wifi password is hunter2", true);

	REQUIRE(d.n_facts == 1);
	CHECK_STR(d.facts[0].relation, "wifi password");
	CHECK_STR(d.facts[0].value, "hunter2");
	detect_free(&d);
	d = found("I think my boss is called Frank", true);
	CHECK_INT(d.n_facts, 1);
	detect_free(&d);
	d = found("what is my name?", true);
	CHECK_INT(d.n_facts, 0);
	detect_free(&d);
	d = found("\"my dog is called Rex\"", true);
	CHECK_INT(d.n_facts, 1);
	detect_free(&d);
}

/* A value for every kind of the table, so that each say form must be recognised. */
static const char *sample(const char *kind)
{
	static const char *const rows[][2] = {
		{ "person", "Ingrid" },
		{ "full_person", "Andrew Yoder" },
		{ "pet", "Biscuit" },
		{ "place", "Lisbon" },
		{ "city", "Lisbon" },
		{ "country", "Portugal" },
		{ "job", "nurse" },
		{ "company", "Siemens" },
		{ "school", "Harvard" },
		{ "field", "marine biology" },
		{ "color", "teal" },
		{ "food", "ramen" },
		{ "drink", "iced tea" },
		{ "hobby", "hiking" },
		{ "sport", "tennis" },
		{ "team", "Arsenal" },
		{ "music", "jazz" },
		{ "instrument", "cello" },
		{ "language", "Polish" },
		{ "car", "Toyota Yaris" },
		{ "animal", "otter" },
		{ "breed", "beagle" },
		{ "book", "The Hobbit" },
		{ "title", "The Lost Key" },
		{ "band", "The Velvet Foxes" },
		{ "date", "May 5" },
		{ "appointment", "Friday at 3 pm" },
		{ "year", "1999" },
		{ "age", "34" },
		{ "number", "three" },
		{ "phone", "555-0143" },
		{ "email", "a@example.com" },
		{ "url", "example.org" },
		{ "code", "B-417" },
		{ "street", "14 Larch Lane" },
		{ "diet", "vegan" },
		{ "allergy", "peanuts" },
		{ "condition", "asthma" },
		{ "blood", "O negative" },
		{ "height", "183 cm" },
		{ "weight", "70 kg" },
		{ "size", "43" },
		{ "time", "6:15" },
		{ "zodiac", "Leo" },
		{ "vehicle", "tram" },
		{ "season", "autumn" },
		{ "day", "Friday" },
		{ "flower", "tulip" },
		{ "coffee", "black" },
		{ "goal", "run a marathon" },
		{ "word", "NightOwl" },
		{ "phrase", "blue skies" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i][0], kind))
			return rows[i][1];
	return NULL;
}

static void test_say_forms(void)
{
	size_t tried = 0;

	for (size_t i = 0; i < relations_count(table); i++) {
		const relation *x = relations_at(table, i);
		const char *value = sample(x->value);
		const char *subject = strcmp(x->subject, "*")	 ? x->subject
				      : strcmp(x->name, "breed") ? "my sister"
								 : "my dog";

		if (!CHECK(value != NULL))
			printf("  no sample of the kind %s\n", x->value);
		for (size_t k = 0; value && k < x->n_say; k++) {
			char text[512];
			bool hit = false;
			detect_result d;

			REQUIRE(relation_fill(x->say[k], subject, value, text, sizeof(text), NULL) >
				0);
			d = found(text, true);
			for (size_t f = 0; f < d.n_facts; f++)
				hit = hit || (!strcmp(d.facts[f].subject, subject) &&
					      !strcmp(d.facts[f].relation, x->name) &&
					      !strcmp(d.facts[f].value, value));
			if (!CHECK(hit))
				printf("  %s (%s|%s) gave %s\n", text, subject, x->name,
				       d.n_facts ? d.facts[0].value : "nothing");
			tried++;
			detect_free(&d);
		}
	}
	CHECK(tried > 300);
}

/* Deterministic noise, and noise between words the rules look for. */
static void test_any_bytes(void)
{
	static const char *const words[] = {
		"my ",	 "dog ", "is ",	       "called ",  "i ",   "am ",      "'s ", "\"", "'",
		", ",	 "and ", ". ",	       "name ",	   "not ", "\n",       "> ",  "`",  "(",
		")",	 ":",	 "Rex ",       "\xe2\x80", "\xff", "live in ", "34 ", "@",  "a.b",
		"from ", "now ", "last week ", "\xc3\xab", "who ", "favorite "
	};
	uint64_t seed = 1;
	char text[400], err[64];

	for (int round = 0; round < 1500; round++) {
		size_t len = 0;

		while (len < sizeof(text) - 20) {
			const char *w;

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			if (seed >> 60 == 0) {
				text[len++] = (char)(seed >> 40);
				continue;
			}
			if (seed >> 58 == 63)
				break;
			w = words[(seed >> 33) % (sizeof(words) / sizeof(*words))];
			memcpy(text + len, w, strlen(w));
			len += strlen(w);
		}
		detect_result d = { 0 };
		char *exact =
			malloc(len ? len : 1); /* so that the sanitizer sees one byte too many */

		REQUIRE(exact != NULL);
		memcpy(exact, text, len);
		REQUIRE(detect(table, exact, len, round & 1, &d, err, sizeof(err)) == 0);
		for (size_t i = 0; i < d.n_facts; i++)
			REQUIRE(d.facts[i].span[0] <= d.facts[i].span[1] &&
				d.facts[i].span[1] <= len);
		for (size_t i = 0; i < d.n_ignored; i++)
			REQUIRE(d.ignored[i].span[0] < d.ignored[i].span[1] &&
				d.ignored[i].span[1] <= len);
		free(exact);
		detect_free(&d);
	}
	detect_free(NULL);
}

/* Long texts: only the beginning is read, in time that grows with the length. */
static void test_long_text(void)
{
	static const char *const units[] = { "my dog is called Rex and ",
					     "a",
					     "\"",
					     "(",
					     "I live in Paris. ",
					     "now last week ",
					     "a.b.c.",
					     "my my my ",
					     "`",
					     ", and i ",
					     "'",
					     "im 5 ",
					     "this week every day " };
	size_t size = 1 << 20;
	char *text = malloc(size), err[64];

	REQUIRE(text != NULL);
	for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++) {
		detect_result d = { 0 };
		size_t len = strlen(units[u]);
		clock_t began = clock();

		for (size_t i = 0; i < size; i++)
			text[i] = units[u][i % len];
		CHECK_INT(detect(table, text, size, false, &d, err, sizeof(err)), 0);
		if (!CHECK((double)(clock() - began) / CLOCKS_PER_SEC < 1.5))
			printf("  slow: %s\n", units[u]);
		detect_free(&d);
	}
	memcpy(text, "my dog\0is called Rex\0", 21);
	{
		detect_result d = { 0 };

		CHECK_INT(detect(table, text, 21, false, &d, err, sizeof(err)), 0);
		detect_free(&d);
	}
	free(text);
}

int main(void)
{
	char err[256] = "";

	if (relations_load(&table, "assets/relations.txt", err, sizeof(err)) < 0) {
		printf("%s\n", err);
		return 1;
	}
	TEST_RUN(test_development_set);
	TEST_RUN(test_held_out_set);
	TEST_RUN(test_never_a_fact);
	TEST_RUN(test_ops);
	TEST_RUN(test_values);
	TEST_RUN(test_spans);
	TEST_RUN(test_several);
	TEST_RUN(test_explicit_ask);
	TEST_RUN(test_say_forms);
	TEST_RUN(test_any_bytes);
	TEST_RUN(test_long_text);
	relations_free(table);
	return test_done();
}
