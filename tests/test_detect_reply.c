/* detect_reply.c: a value alone, as what was asked for just before; and pronouns that mean somebody of the message before. */
#include "../memory/memory.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static relations *table;

/* "subject|relation|value|op;..." of what `text` says after the question and its reply; "" for nothing. */
static void said_after(const char *question, const char *reply, const char *text, char *got, size_t cap)
{
	detect_before before = { .question = question, .reply = reply };
	detect_result first = { 0 }, d = { 0 };
	char err[128] = "";
	size_t len = 0;

	got[0] = 0;
	CHECK_INT(detect(table, question, strlen(question), false, &first, err, sizeof(err)), 0);
	before.about = first.about;
	CHECK_INT(detect_after(table, &before, text, strlen(text), false, &d, err, sizeof(err)), 0);
	for (size_t i = 0; i < d.n_facts && len < cap; i++) {
		const detect_fact *f = &d.facts[i];

		CHECK(f->span[0] < f->span[1] && f->span[1] <= strlen(text));
		len += (size_t)snprintf(got + len, cap - len, "%s%s|%s|%s|%s", i ? ";" : "", f->subject, f->relation, f->value,
					detect_op_name(f->op));
	}
	detect_free(&first);
	detect_free(&d);
}

static void check_rows(const char *const (*rows)[4])
{
	char got[1024];

	for (; (*rows)[0]; rows++) {
		said_after((*rows)[0], (*rows)[1], (*rows)[2], got, sizeof(got));
		if (!CHECK_STR(got, (*rows)[3]))
			printf("  in: %s / %s\n", (*rows)[0], (*rows)[2]);
	}
}

static void test_a_question_s_words_tell(void)
{
	static const char dog[] = "What's my dog's name?", rex[] = "my dog|name|Rex|add";
	static const char *const rows[][4] = {
		{ dog, NULL, "Rex", rex },
		{ dog, NULL, "It's Rex.", rex },
		{ dog, NULL, "His name is Rex", rex },
		{ dog, NULL, "oh, he's called Rex, of course", rex },
		{ dog, NULL, "No? It's Rex.", rex },
		{ dog, NULL, "biscuit", "my dog|name|Biscuit|add" },
		{ dog, NULL, "august", "my dog|name|August|ask" },
		{ dog, NULL, "it's biscuit", "my dog|name|Biscuit|add" },
		{ "hey, do you know my birthday?", NULL, "it's on the 3rd of May", "I|birthday|the 3rd of May|add" },
		{ "When is my birthday?", NULL, "May 3rd", "I|birthday|May 3rd|add" },
		{ "where do I work again?", NULL, "at Siemens", "I|employer|Siemens|add" },
		{ "What is my favorite food?", NULL, "sushi", "I|favorite food|sushi|add" },
		{ "So where do I live?", NULL, "In Porto, of course.", "I|home|Porto|add" },
		{ "how old am I?", NULL, "34", "I|age|34|add" },
		{ "How old am I?", NULL, "I'm 34 now", "I|age|34|supersede" },
		{ "What's my phone number?", NULL, "555-1234", "I|phone number|555-1234|add" },
		{ "What is my email?", NULL, "kat@example.org", "I|email|kat@example.org|add" },
		{ "Where does my sister live?", NULL, "in Berlin", "my sister|home|Berlin|add" },
		{ "Hello! Do you remember my name?", NULL, "Katrin.", "I|name|Katrin|add" },
		{ "What does my sister do for a living?", NULL, "A nurse.", "my sister|job|nurse|add" },
		{ NULL },
	};

	check_rows(rows);
}

/* A wording that no table has: the reply says what is not known. */
static void test_a_reply_tells(void)
{
	static const char *const rows[][4] = {
		{ "my dog, what do they call that mutt?", "I don't know your dog's name yet. You can tell me.", "Rex", "my dog|name|Rex|add" },
		{ "whom do I slave away for?", "I don't know where you work yet. You can tell me.", "Siemens", "I|employer|Siemens|add" },
		{ "lena's place is in which town", "I don't know where your sister lives yet. You can tell me.", "in Berlin",
		  "my sister|home|Berlin|add" },
		/* The two disagree. */
		{ "Where do I live?", "I don't know where you work yet. You can tell me.", "Porto", "I|home|Porto|ask" },
		/* What was answered is no value, and tells of none. */
		{ "and my dog?", "Your dog's name is Rex.", "Rex", "" },
		{ "guess what", "I don't know that yet. You can tell me.", "Rex", "" },
		{ NULL },
	};

	check_rows(rows);
}

/* "she" in one message, whom the one before spoke of. */
static void test_a_pronoun_reaches_back(void)
{
	static const char *const rows[][4] = {
		{ "I have a dog", NULL, "his name is Rex", "my dog|name|Rex|add" },
		{ "I have a dog", "How nice! What's the name?", "Rex", "my dog|name|Rex|add" },
		{ "I have a dog", "How nice!", "Rex", "" },
		{ "What is my name?", NULL, "His name is Rex", "" },
		{ "We have two cats", "Lovely! What are their names?", "Miso and Tofu", "my cats|names|Miso and Tofu|add" },
		{ "I have a dog", NULL, "its a golden retriever", "my dog|breed|golden retriever|add" },
		{ "We have two cats", NULL, "they're called Miso and Tofu", "my cats|names|Miso and Tofu|add" },
		{ "my brother is visiting me tomorrow", NULL, "he lives in Hamburg", "my brother|home|Hamburg|add" },
		{ "my brother is visiting me tomorrow", NULL, "she lives in Hamburg", "" },
		{ "my girlfriend Emma is a teacher", NULL, "she's from Lyon", "my girlfriend|hometown|Lyon|add" },
		{ "Do you know my sister?", NULL, "her birthday is June 5", "my sister|birthday|June 5|add" },
		{ "Lena Holm is a lawyer.", NULL, "She lives in Oslo.", "Lena Holm|home|Oslo|add" },
		{ "I have a dog", NULL, "it's cold today", "" },
		{ "I have a dog", NULL, "it's a beautiful city", "" },
		{ "I have a dog", NULL, "it is 5 o'clock", "" },
		{ "I met a girl today", NULL, "she is a lawyer", "" },
		{ "What is the capital of France?", NULL, "it's Paris", "" },
		{ NULL },
	};

	check_rows(rows);
}

/* It reaches over messages that speak of the same one, and no further. */
static void test_how_far_back(void)
{
	static const struct {
		const char *text, *about;
	} rows[] = { { "my girlfriend is a teacher", "my girlfriend" },
		     { "she's from Lyon", "my girlfriend" },
		     { "when is her birthday?", "my girlfriend" },
		     { "I like tea.", "" },
		     { "she likes it too", "" } };
	char about[96] = "", err[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const detect_before before = { .about = about };
		detect_result d = { 0 };

		CHECK_INT(detect_after(table, &before, rows[i].text, strlen(rows[i].text), false, &d, err, sizeof(err)), 0);
		CHECK_STR(d.about, rows[i].about);
		memcpy(about, d.about, sizeof(about));
		detect_free(&d);
	}
}

static void test_no_answer(void)
{
	static const char *const others[] = { "thanks", "ok", "never mind", "why?", "no", "no idea", "I forgot", "guess", "you tell me",
					      "tell me a joke", "what is the capital of France?", "lol", "hm", "later", "no problem",
					      "please don't ask", "a secret", "sorry", "nothing", "stop it", "Rex?", "hello", "bye",
					      "yes", "I won't tell you", "who knows", "that's sad", "it's complicated", "how rude",
					      "I don't know either", "good question", "forget it", "it is late", "of course", "" };
	static const char *const asked[] = { "What's my dog's name?", "Where do I live?", "What is my nickname?", "What is my favorite food?",
					     "What's my job?", "What is my hobby?", "What's my favorite movie?", "How old am I?" };
	char got[1024];

	for (size_t q = 0; q < sizeof(asked) / sizeof(*asked); q++)
		for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
			said_after(asked[q], NULL, others[i], got, sizeof(got));
			if (!CHECK_STR(got, ""))
				printf("  in: %s / %s\n", asked[q], others[i]);
		}
}

/* A secret is never taken so. */
static void test_no_secret(void)
{
	char got[1024];

	said_after("What is my wifi password?", "I don't know your wifi password yet. You can tell me.", "hunter22", got, sizeof(got));
	CHECK_STR(got, "");
}

static void test_patience_is_told(void)
{
	static const char *const holds[] = { "hold on", "Wait!", "wait, let me think", "ok, one sec please...", "Give me a second.", "hang on, just a moment" };
	static const char *const goes_on[] = { "", "Bella", "ok", "wait what?", "wait, it's Bella", "a second dog", "hold on to it", "wait?" };

	for (size_t i = 0; i < sizeof(holds) / sizeof(*holds); i++)
		if (!CHECK(detect_holds(holds[i])))
			printf("  in: %s\n", holds[i]);
	for (size_t i = 0; i < sizeof(goes_on) / sizeof(*goes_on); i++)
		if (!CHECK(!detect_holds(goes_on[i])))
			printf("  in: %s\n", goes_on[i]);
}

int main(void)
{
	char err[300] = "";

	if (relations_load(&table, "assets/relations.txt", err, sizeof(err))) {
		printf("%s\n", err);
		return 1;
	}
	TEST_RUN(test_patience_is_told);
	TEST_RUN(test_a_question_s_words_tell);
	TEST_RUN(test_a_reply_tells);
	TEST_RUN(test_a_pronoun_reaches_back);
	TEST_RUN(test_how_far_back);
	TEST_RUN(test_no_answer);
	TEST_RUN(test_no_secret);
	relations_free(table);
	return test_done();
}
