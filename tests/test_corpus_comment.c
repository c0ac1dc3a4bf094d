/* corpus_comment.c: comments stand where an acknowledgement stood; what was told, asked and answered stays. */
#include "../assets/recipe/corpus.h"
#include "test.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static comments *all;
static doc *d;

static void say(int role, const char *text)
{
	REQUIRE(doc_add(d, role, text));
}

static const char *turn(size_t i)
{
	static char text[400];

	snprintf(text, sizeof(text), "%.*s", (int)d->turns[i].len, d->text + d->turns[i].at);
	return text;
}

static void dialogue(void)
{
	d->len = d->n_turns = d->n_marks = 0;
	say(ROLE_USER, "My dog is called Zorx.");
	say(ROLE_ASSISTANT, "Got it: your dog's name is Zorx.");
	say(ROLE_USER, "what is my dog called?");
	say(ROLE_ASSISTANT, "Your dog's name is Zorx.");
	say(ROLE_USER, "I moved.");
	say(ROLE_ASSISTANT, "Okay, noted.");
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcasecmp(s + n - k, end);
}

static void test_comments_take_the_place_of_acknowledgements(void)
{
	rng r = { .state = 3 };
	int led = 0, barked = 0;

	for (int i = 0; i < 4000; i++) {
		dialogue();
		comments_put(all, 1, &r, d);
		REQUIRE(d->n_turns == 6);
		CHECK_INT(d->turns[1].role, ROLE_COMMENT);
		CHECK(!strstr(turn(1), "Zorx") && !strstr(turn(1), " > "));
		CHECK(ispunct((unsigned char)turn(1)[strlen(turn(1)) - 1]));
		barked += strcasestr(turn(1), "dog") != NULL;
		CHECK_STR(turn(0), "My dog is called Zorx.");
		CHECK(ends_with(turn(2), "what is my dog called?"));
		led += strlen(turn(2)) > strlen("what is my dog called?");
		CHECK_STR(turn(3), "Your dog's name is Zorx.");
		CHECK_STR(turn(5), "Okay, noted."); /* nobody would answer a comment there */
		CHECK_INT(d->turns[5].role, ROLE_COMMENT);
		CHECK_INT(d->turns[3].role, ROLE_ASSISTANT);
	}
	CHECK(led > 200 && led < 3000);
	CHECK(barked > 50);
}

static void test_vectors_keep_their_places(void)
{
	rng r = { .state = 4 };

	dialogue();
	d->marks[d->n_marks++] = (doc_mark){ .end = 6, .value = "x" };
	comments_put(all, 1, &r, d);
	CHECK_STR(turn(1), "Got it: your dog's name is Zorx.");
	CHECK_INT(d->turns[1].role, ROLE_ASSISTANT);
}

int main(void)
{
	all = comments_load("assets/recipe/grammar", "comments.txt");
	d = calloc(1, sizeof(*d));
	TEST_RUN(test_comments_take_the_place_of_acknowledgements);
	TEST_RUN(test_vectors_keep_their_places);
	free(d);
	comments_free(all);
	return test_done();
}
