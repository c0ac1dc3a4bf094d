/* judge.c and suite.c: made-up replies are judged by the rules, bad suites are refused with FILE:LINE, and the shipped
 * suites hold no question that the built-in model's training text holds. */
#include "../tui/judge.h"
#include "forms.h"
#include "test.h"

#include <ctype.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

static const char folder[] = "tests/bench/model";
static wordlist *words;

/* "right", "invents", "off" (neither), each with "!" behind when it is not well formed. */
static const char *verdict(enum judge_kind kind, const char *said, const char *accepted, const char *rejected,
			   const char *reply)
{
	judgement j = judge_reply(kind, said, accepted, rejected, reply, true, words);

	CHECK(!(j.right && j.invents));
	if (!j.formed)
		return j.right ? "right!" : j.invents ? "invents!" : "off!";
	return j.right ? "right" : j.invents ? "invents" : "off";
}

static void test_keys(void)
{
	CHECK(judge_holds("It is Paris.", "Paris"));
	CHECK(judge_holds("it is paris", "London|Paris"));
	CHECK(!judge_holds("Parisian", "Paris"));
	CHECK(judge_holds("Parisian", "Paris*"));
	CHECK(!judge_holds("12", "1|2"));
	CHECK(judge_holds("a gummy bear", "gummy bear"));
	CHECK(!judge_holds("Paris", ""));
	CHECK(judge_holds("See /facts.", "/facts"));
}

static void test_answers(void)
{
	const enum judge_kind k = JUDGE_ANSWER;

	CHECK_STR(verdict(k, "Capital?", "Paris", "", "The capital is Paris."), "right");
	CHECK_STR(verdict(k, "Capital?", "Paris", "", "The capital is Rome."), "invents");
	CHECK_STR(verdict(k, "Capital?", "Paris", "Rome", "Paris or Rome."), "invents");
	CHECK_STR(verdict(k, "Capital?", "Paris", "", "I don't know Paris."), "off");
	CHECK_STR(verdict(k, "Capital?", "Paris", "", "Which one do you mean?"), "off");
	CHECK_STR(verdict(k, "Capital?", "Paris", "", "I'm afraid I didn't follow that."), "off");
	CHECK_STR(verdict(k, "Capital?", "Paris", "", ""), "invents!");
	CHECK_STR(verdict(JUDGE_COMMAND, "Find?", "find", "", "Use find with a name."), "right");
	CHECK_STR(verdict(JUDGE_COMMAND, "Find?", "find", "", "Type `find . -name x`."), "right");
	CHECK_STR(verdict(JUDGE_COMMAND, "Find?", "find", "", "You can find it there."), "invents");
	CHECK_STR(verdict(JUDGE_COMMAND, "List?", "ls", "", "Try the false one."), "invents");
}

static void test_unknown(void)
{
	const enum judge_kind k = JUDGE_UNKNOWN;

	CHECK_STR(verdict(k, "Dog?", "dog", "", "I don't know your dog's name yet. You can tell me."), "right");
	CHECK_STR(verdict(k, "Dog?", "dog", "", "I don't know that. You can tell me."), "right");
	CHECK_STR(verdict(k, "Dog?", "dog", "", "I don't know your shoe size yet."), "off");
	CHECK_STR(verdict(k, "Dog?", "dog", "", "Your dog's name is Rex."), "invents");
	CHECK_STR(verdict(k, "Dog?", "dog", "Rex", "I don't know, but Rex is your dog."), "invents");
	CHECK_STR(verdict(k, "Dog?", "dog", "", "What is its name?"), "off");
	CHECK_STR(verdict(k, "Sonnet?", "", "", "That's not something I can do."), "right");
}

static void test_talk(void)
{
	const enum judge_kind k = JUDGE_TALK;
	judgement j;

	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello! How are you?"), "right");
	CHECK_STR(verdict(k, "Hi", "hello", "", "Bananas are berries."), "off");
	CHECK_STR(verdict(k, "Hi", "hello", "", "hello there."), "off!");
	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello there"), "off!");
	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello \"there."), "off!");
	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello, my frindoly one."), "off!");
	CHECK_STR(verdict(k, "I'm at Frindoly", "hello", "", "Hello, frindoly is nice."), "right");
	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello to Frindoly!"), "right"); /* a name */
	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello, use `frobnicate -x` or /frob."), "right");
	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello and I am and I am and I am here."), "off!");
	CHECK_STR(verdict(k, "Hi", "hello", "", "Hello! The cats' toys are the dog's."), "right");
	CHECK_STR(verdict(k, "Hi", "imprint", "", "imprint is my name."), "right");
	j = judge_reply(k, "Hi", "hello", "", "Hello!", false, words);
	CHECK(!j.right && !j.invents);
	CHECK_STR(j.why, "does not end");
	j = judge_reply(k, "Hi", "hello", "", "Hello, frindoly.", true, words);
	CHECK_STR(j.why, "no word: frindoly");
}

static void test_interval(void)
{
	double low, high;

	judge_interval(8, 10, &low, &high); /* 0.490 and 0.943 in the tables */
	CHECK(fabs(low - .490) < 1e-3 && fabs(high - .943) < 1e-3);
	judge_interval(0, 10, &low, &high);
	CHECK(low == 0 && fabs(high - .278) < 1e-3);
	judge_interval(10, 10, &low, &high);
	CHECK(high > 1 - 1e-9 && high <= 1 && fabs(low - .722) < 1e-3);
}

/* ---- files ---- */

static void expect(const char *text, const char *error)
{
	char path[] = "/tmp/imprint-suite-XXXXXX", err[256] = "";
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	suite s;

	REQUIRE(f != NULL);
	fputs(text, f);
	fclose(f);
	if (!error) {
		if (CHECK_INT(suite_load(&s, path, err, sizeof(err)), 0))
			suite_release(&s);
	} else if (CHECK(suite_load(&s, path, err, sizeof(err)) < 0)) {
		CHECK(!strncmp(err, path, strlen(path)));
		CHECK_STR(strlen(err) > strlen(path) ? err + strlen(path) : err, error);
	}
	unlink(path);
}

/* Which prompts of a suite the training text answers. */
static void test_labels(void)
{
	char path[] = "/tmp/imprint-suite-XXXXXX", err[256] = "";
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	suite s;

	REQUIRE(f != NULL);
	fputs("judge: talk\ncorpus: holds\nA\tx\ncorpus: lacks\n# b\nB\tx\nC\tx\ncorpus: holds\nD\tx\n", f);
	fclose(f);
	if (CHECK_INT(suite_load(&s, path, err, sizeof(err)), 0)) {
		CHECK(s.labelled && s.n == 4 && s.prompts[3].line == 9);
		CHECK(s.prompts[0].in_corpus && !s.prompts[1].in_corpus && !s.prompts[2].in_corpus && s.prompts[3].in_corpus);
		suite_release(&s);
	}
	unlink(path);
	expect("corpus: lacks\njudge: talk\nHi\thello\n", NULL);
	expect("judge: talk\ncorpus: maybe\nHi\thello\n", ":2: corpus: takes holds or lacks");
	expect("judge: talk\nHi\thello\ncorpus: lacks\n", ":3: corpus: must stand before the first prompt, too");
}

static void test_bad_files(void)
{
	char err[256] = "";
	suite s;

	expect("judge: talk\nHi\thello\n", NULL);
	expect("judge: unknown\nHi\t\n", NULL);
	expect("", ":1: no prompt");
	expect("Hi\thello\n", ":1: \"judge: answer\", unknown, talk or command must come first");
	expect("# x\njudge: maybe\n", ":2: judge: takes answer, unknown, talk or command");
	expect("judge: talk\njudge: talk\n", ":2: judge: stands twice");
	expect("judge: talk\n\nHi\n", ":3: no tab: \"turn // turn // turn TAB accepted|accepted\"");
	expect("judge: talk\nHi\t\n", ":2: nothing is accepted");
	expect("judge: talk\nHi\ta\tb\tc\n", ":2: more than two tabs");
	expect("judge: talk\nHi // Hello\ta\n", ":2: the last turn is not the user's");
	expect("judge: talk\nHi //  // You?\ta\n", ":2: an empty turn");
	expect("judge: talk\n@\ta\n", ":2: an empty turn");
	CHECK(suite_load(&s, "/nonexistent/x.tsv", err, sizeof(err)) < 0);
	CHECK_STR(err, "/nonexistent/x.tsv: No such file or directory");
	CHECK(suite_load(&s, "/", err, sizeof(err)) < 0);
}

/* ---- held out ---- */

static void collect_all(forms *f)
{
	forms_read(f, "assets/recipe/grammar/asks.txt", FORMS_OF_RELATION);
	forms_read(f, "assets/recipe/grammar/smalltalk.txt", FORMS_OF_USER);
	forms_read(f, "assets/recipe/grammar/daily.txt", FORMS_OF_USER);
	forms_read(f, "assets/recipe/grammar/world.txt", FORMS_OF_USER);
	forms_read(f, "assets/recipe/grammar/beyond.txt", FORMS_LINES);
	forms_read(f, "assets/recipe/grammar/near.txt", FORMS_PARTS); /* the reply too: it harms nothing */
	forms_read(f, "assets/recipe/grammar/use.txt", FORMS_PARTS);
	forms_read(f, "assets/relations.txt", FORMS_OF_RELATION);
	forms_read(f, "tests/bench/model/taken.txt", FORMS_LINES);
}

/* Of a clash only the form is told, and where it is in the suites that are published: a developer may see it, and the prompts
 * stay unread. */
static bool held_out(const forms *f, const suite *s, const suite_prompt *p, bool published)
{
	const char *form = forms_match(f, p->turn[p->n_turns - 1]);
	char where[64] = "dev";

	if (form && published)
		snprintf(where, sizeof(where), "%s:%d", s->name, p->line);
	if (form)
		printf("%s: in the training text as \"%s\"\n", where, form);
	return !form;
}

/* Returns how many prompts there are. */
static size_t check_suites(const forms *f, const char *pattern, bool published)
{
	char err[256] = "";
	size_t n = 0;
	glob_t g;
	suite s;

	if (!CHECK(!glob(pattern, 0, NULL, &g)))
		return 0;
	CHECK_INT((long)g.gl_pathc, 7);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		CHECK_INT(suite_load(&s, g.gl_pathv[i], err, sizeof(err)), 0);
		CHECK_STR(err, "");
		if (*err)
			break;
		for (size_t k = 0; k < s.n; k++)
			CHECK(held_out(f, &s, &s.prompts[k], published));
		n += s.n;
		suite_release(&s);
	}
	globfree(&g);
	return n;
}

static void test_shipped_suites(void)
{
	forms f = { .n = 0 };

	collect_all(&f);
	CHECK(check_suites(&f, "tests/bench/model/*.tsv", true) >= 560);
	CHECK(check_suites(&f, "tests/bench/model/dev/*.tsv", false) >= 450);
	CHECK(check_suites(&f, "tests/bench/model/dev2/*.tsv", false) >= 580);
	CHECK(check_suites(&f, "tests/bench/model/dev3/*.tsv", false) >= 500);
	forms_release(&f);
}

int main(void)
{
	char path[128], err[256] = "";

	snprintf(path, sizeof(path), "%s/words.txt", folder);
	if (wordlist_load(&words, path, err, sizeof(err))) {
		printf("%s\n", err);
		return 1;
	}
	TEST_RUN(test_keys);
	TEST_RUN(test_answers);
	TEST_RUN(test_unknown);
	TEST_RUN(test_talk);
	TEST_RUN(test_interval);
	TEST_RUN(test_labels);
	TEST_RUN(test_bad_files);
	TEST_RUN(test_shipped_suites);
	wordlist_free(words);
	return test_done();
}
