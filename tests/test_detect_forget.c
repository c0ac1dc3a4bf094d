/*
 * detect_forget.c: what asks to forget something and what only speaks of forgetting; what is named, and which facts that means.
 */
#include "memory/memory.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static relations *table;

/* The targets as "subject|relation|value" (or "?words", "#id"), joined by ';'; "-", "last", "all". */
static void describe(const forget_request *q, char *out, size_t cap)
{
	size_t len = 0;

	snprintf(out, cap, "%s", q->what == FORGET_NOT ? "-" : q->what == FORGET_LAST ? "last" : q->what == FORGET_ALL ? "all" : "");
	for (size_t i = 0; q->what == FORGET_THESE && i < q->n; i++) {
		const forget_target *t = &q->target[i];

		len += (size_t)snprintf(out + len, cap - len, "%s", i ? ";" : "");
		if (t->id)
			len += (size_t)snprintf(out + len, cap - len, "#%lld", (long long)t->id);
		else if (!t->subject[0])
			len += (size_t)snprintf(out + len, cap - len, "?%s", t->words);
		else
			len += (size_t)snprintf(out + len, cap - len, "%s|%s|%s", t->subject, t->relation, t->value);
	}
}

static void check(const char *text, const char *want)
{
	forget_request q;
	char got[1024];

	CHECK_INT(detect_forget(table, text, strlen(text), &q), 0);
	describe(&q, got, sizeof(got));
	if (!CHECK_STR(got, want))
		printf("  in: %s\n", text);
}

static const char *const requests[][2] = {
	{ "forget my wifi password", "I|wifi password|" },
	{ "please forget where I live", "I|home|" },
	{ "forget what I told you about my dog", "my dog||" },
	{ "Forget my birthday.", "I|birthday|" },
	{ "Can you forget my address?", "I|address|" },
	{ "could you please forget my phone number", "I|phone number|" },
	{ "I want you to forget my wifi password.", "I|wifi password|" },
	{ "I'd like you to forget what my name is", "I|name|" },
	{ "Forget my dog's name", "my dog|name|" },
	{ "forget my dogs name", "my dog|name|" },
	{ "forget the name of my dog please", "my dog|name|" },
	{ "Please forget what my cat is called.", "my cat|name|" },
	{ "forget who my boss is", "my boss|name|" },
	{ "forget when my sister's birthday is", "my sister|birthday|" },
	{ "Forget where my sister lives, please.", "my sister|home|" },
	{ "forget where I work", "I|employer|" },
	{ "forget what I do for a living", "I|job|" },
	{ "please forget how old I am", "I|age|" },
	{ "forget how tall I am", "I|height|" },
	{ "forget where i was born", "I|birthplace|" },
	{ "Forget what I'm allergic to.", "I|allergy|" },
	{ "forget my favourite colour", "I|favorite color|" },
	{ "forget my favorite color and my shoe size", "I|favorite color|;I|shoe size|" },
	{ "forget my wifi password, my door code and my PIN", "I|wifi password|;I|door code|;I|PIN|" },
	{ "Forget everything about my dog.", "my dog||" },
	{ "forget everything you know about my sister", "my sister||" },
	{ "forget all you know about my mother's job", "my mother|job|" },
	{ "Forget about my dog now", "my dog||" },
	{ "forget that I live in Oslo", "I|home|Oslo" },
	{ "please forget that my dog is called Rex", "my dog|name|Rex" },
	{ "Forget the fact that I work at Google.", "I|employer|Google" },
	{ "forget I live in Oslo", "I|home|Oslo" },
	{ "Forget Ana's birthday", "Ana|birthday|" },
	{ "forget what I said about Ana", "Ana||" },
	{ "hey, just forget my email please, thanks", "I|email|" },
	{ "Please forget my wifi password. Thank you!", "I|wifi password|" },
	{ "Hi! Forget my wifi password for good.", "I|wifi password|" },
	{ "stop remembering my address", "I|address|" },
	{ "delete my address from your memory", "I|address|" },
	{ "Please erase what I told you about my job from your memory", "I|job|" },
	{ "forget my locker thing", "?locker thing" },
	{ "forget my dog's vet", "?dog vet" },
	{ "forget fact 12", "#12" },
	{ "forget number 3 please", "#3" },
	{ "forget what I just told you", "last" },
	{ "Forget what I said.", "last" },
	{ "forget the last thing I told you", "last" },
	{ "forget everything", "all" },
	{ "Please forget everything you know about me", "all" },
	{ "forget all about me", "all" },
	{ "Forget my name, age and address", "I|name|;I|age|;I|address|" },
	{ "Please forget where I live and my dog's name", "I|home|;my dog|name|" },
	{ "forget how old I am, where I work and what my sister is called", "I|age|;I|employer|;my sister|name|" },
	{ "Would you mind forgetting my address?", "I|address|" },
	{ "forget Rex", "Rex||" },
	{ "you can forget my old address", "I|address|" },
	{ "I moved away, so forget where I live", "I|home|" },
	{ "I moved away. Please forget where I live.", "I|home|" },
	{ "Forget that I'm allergic to nuts. I was wrong.", "I|allergy|nuts" },
	{ "delete my phone number", "I|phone number|" },
	{ "Please delete my phone number and email", "I|phone number|;I|email|" },
	{ "remove my dog's name", "my dog|name|" },
};

static const char *const talk[] = {
	"I always forget my password",
	"don't forget my birthday",
	"Please don't forget my birthday!",
	"do not forget where I live",
	"never forget my name",
	"I forgot my wifi password",
	"I keep forgetting my sister's birthday",
	"Did you forget my birthday?",
	"Will you forget my name?",
	"Forget my birthday?",
	"forget it",
	"Forget about it.",
	"forget that",
	"Forget the dishes",
	"forget me not",
	"forget my birthday and I will never talk to you again",
	"Forget my password again and I scream",
	"Forget my problems, tell me a joke",
	"Forget my dog, my cat is the real trouble.",
	"Forget where I live, what about you?",
	"My wife says I forget my own birthday",
	"You forget my name all the time",
	"You always forget where I live",
	"you can forget my vote",
	"How do I forget my ex?",
	"Help me forget my ex",
	"I want to forget my job",
	"I can't forget my first dog",
	"Why did you forget my wifi password?",
	"What happens if I forget my PIN?",
	"If I forget my PIN, what then?",
	"Never mind, I forget things",
	"\"Forget my name\" is a song",
	"> forget my wifi password",
	"```\nforget my wifi password\n```",
	"forget",
	"Forget your worries",
	"forget his birthday",
	"Can you forget things?",
	"Remind me not to forget my keys",
	"delete my account",
	"Remove my name from the list",
	"Erase the blackboard",
	"I told you to never forget my name",
	"Let's forget my mistake and go on",
	"Did I forget to tell you where I live?",
	"My dog forgets where I live",
	"Write a poem called forget my name",
	"Sorry, I forget what my sister's job is",
	"forget about the milk",
	"My wifi password is easy to forget",
	"delete my files",
	"remove my shoes",
	"erase my name from history",
	"I live in Porto. Forget my old address.",
	"I moved to Porto, so forget where I live",
	"Tell me a joke. Forget my address.",
	"Forget my address. What's the capital of France?",
	"I told my boss to forget my name. He laughed.",
};

static void requests_are_read(void)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		check(requests[i][0], requests[i][1]);
}

static void talk_is_no_request(void)
{
	for (size_t i = 0; i < sizeof(talk) / sizeof(*talk); i++)
		check(talk[i], "-");
}

/* ---- which facts are meant ---- */

static const fact held[] = {
	{ .id = 1, .subject = "I", .relation = "wifi password", .value = "hunter2" },
	{ .id = 2, .subject = "I", .relation = "email password", .value = "s3cret" },
	{ .id = 3, .subject = "my dog", .relation = "name", .value = "Rex" },
	{ .id = 4, .subject = "my dog", .relation = "breed", .value = "beagle" },
	{ .id = 5, .subject = "my sister", .relation = "name", .value = "Ana" },
	{ .id = 6, .subject = "my sister", .relation = "birthday", .value = "May 3" },
	{ .id = 7, .subject = "I", .relation = "home", .value = "Oslo" },
	{ .id = 8, .subject = "my friend", .relation = "name", .value = "Catherine" },
};

/* The ids, with a '?' where only words were met. */
static void check_means(const char *text, const char *want)
{
	enum { N = sizeof(held) / sizeof(*held) };
	forget_request q;
	size_t at[N], n, len = 0;
	char got[64] = "";
	bool sure;

	CHECK_INT(detect_forget(table, text, strlen(text), &q), 0);
	REQUIRE(q.what == FORGET_THESE && q.n == 1);
	n = forget_find(&q.target[0], held, N, at, &sure);
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%lld", i ? " " : "", (long long)held[at[i]].id);
	snprintf(got + len, sizeof(got) - len, "%s", n && !sure ? "?" : "");
	if (!CHECK_STR(got, want))
		printf("  in: %s\n", text);
}

static void facts_are_found(void)
{
	check_means("forget my wifi password", "1");
	check_means("forget my password", "1 2?"); /* either may be meant */
	check_means("forget my passwords", "1 2?");
	check_means("forget my dog", "3 4");
	check_means("forget my dog's breed", "4");
	check_means("forget what I told you about Ana", "5 6"); /* the sister */
	check_means("forget Ana's birthday", "6");
	check_means("forget that I live in Oslo", "7");
	check_means("forget that I live in Rome", "");
	check_means("forget my cat", ""); /* not Catherine */
	check_means("forget my shoe size", "");
	check_means("forget fact 4", "4");
}

static void any_length_will_do(void)
{
	char text[2000];
	forget_request q;

	for (size_t n = 0; n < sizeof(text); n += 7) {
		memset(text, 'a', sizeof(text));
		memcpy(text, "forget my ", n < 10 ? n : 10);
		CHECK_INT(detect_forget(table, text, n, &q), 0);
		for (size_t i = 10; i + 4 < n; i += 4)
			memcpy(text + i, "my, ", 4);
		CHECK_INT(detect_forget(table, text, n, &q), 0);
		CHECK(q.n <= FORGET_MAX);
	}
}

int main(void)
{
	char err[256];

	if (relations_load(&table, "assets/relations.txt", err, sizeof(err))) {
		printf("%s\n", err);
		return 1;
	}
	TEST_RUN(requests_are_read);
	TEST_RUN(talk_is_no_request);
	TEST_RUN(facts_are_found);
	TEST_RUN(any_length_will_do);
	relations_free(table);
	return test_done();
}
