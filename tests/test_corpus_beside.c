/* corpus_beside.c and circle_pair(): what was told is answered, of the right one, and nothing else is. */
#include "../assets/recipe/corpus.h"
#include "test.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void turn_text(const doc *d, size_t i, char *out, size_t cap)
{
	snprintf(out, cap, "%.*s", (int)d->turns[i].len, d->text + d->turns[i].at);
	*out = (char)tolower((unsigned char)*out);
}

/* Eight families of two things each, "thing3b", and one of nouns; the values are colours. */
static besides *load(void)
{
	char dir[] = "/tmp/test_beside.XXXXXX", path[64];
	besides *b;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/b.txt", dir);
	f = fopen(path, "w");
	for (int i = 0; i < 8; i++) {
		fprintf(f, "= family%d\n", i);
		for (char k = 'a'; k < 'c'; k++)
			fprintf(f, "which hue has my thing%d%c | the hue of your thing%d%c | my thing%d%c is {f} | "
				   "your thing%d%c is {f} | red / green / blue | and thing%d%c\n", i, k, i, k, i, k, i, k, i, k);
	}
	fputs("= named 4 anywhere\nN: thingx / thingy / thingz\n", f);
	for (int i = 0; i < 2; i++)
		fprintf(f, "which hue has my %s{n} | the hue of your %s{n} | my %s{n} is {f} | your %s{n} is {f} | red / green / blue | "
			   "and the other\n", i ? "new-" : "", i ? "new-" : "", i ? "new-" : "", i ? "new-" : "");
	fclose(f);
	b = besides_load(dir, "b.txt");
	unlink(path);
	rmdir(dir);
	return b;
}

/* Was "my thing3b is red" said before the question of that turn? reply: "your thing3b is red". */
static bool was_said(const doc *d, size_t before, const char *reply)
{
	bool kin = !strncmp(reply, "your ", 5);
	char said[400], want[400];

	snprintf(want, sizeof(want), "%s%.300s", kin ? "my " : "", kin ? reply + 5 : reply);
	for (size_t i = 0; i + 1 < before; i += 2) { /* without the question, which may propose it */
		turn_text(d, i, said, sizeof(said));
		if (strcasestr(said, want))
			return true;
	}
	return false;
}

static void test_besides_answer_what_was_told(void)
{
	int answers = 0, unknown = 0, slips = 0, proposals = 0;
	doc *d = calloc(1, sizeof(*d));
	besides *b = load();
	rng r = { .state = 5 };

	for (int i = 0; i < 3000; i++) {
		d->len = d->n_turns = d->n_marks = 0;
		besides_add(b, NULL, .5, &r, d);
		CHECK(d->n_turns >= 2 && d->n_turns % 2 == 0);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			char a[400], thing[400];

			turn_text(d, k, a, sizeof(a));
			proposals += !strncmp(a, "yes, ", 5) || !strncmp(a, "no, ", 4);
			if (!strncmp(a, "yes, ", 5) || !strncmp(a, "no, ", 4))
				memmove(a, strchr(a, ' ') + 1, strlen(strchr(a, ' ')));
			CHECK(!strpbrk(a, "{}|"));
			if (!strncmp(a, "i don't know the hue of ", 24)) {
				snprintf(thing, sizeof(thing), "%.*s is", (int)(strstr(a, " yet.") - a - 24), a + 24);
				CHECK(!was_said(d, k, thing));
				unknown++;
			} else if (strstr(a, "thing") && !strchr(a, ':')) {
				a[strlen(a) - 1] = 0;
				slips += !was_said(d, k, a);
				answers++;
			}
		}
	}
	CHECK(unknown > 1000 && answers > unknown && proposals > 100);
	CHECK(slips * 20 < answers); /* the keys slip in what the user says */
	free(d);
}

/* Does the program stop at such a file, with a sentence, rather than draw for ever? */
static bool is_refused(const char *text)
{
	char dir[] = "/tmp/test_beside.XXXXXX", path[64];
	int status = 0;
	pid_t child;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/b.txt", dir);
	f = fopen(path, "w");
	for (int i = 0; i < 8; i++)
		fprintf(f, "= family%d anywhere\nq | c | s | a | v\n", i);
	fputs(text, f);
	fclose(f);
	fflush(stdout);
	child = fork();
	if (!child) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(0);
		besides_load(dir, "b.txt");
		_exit(0);
	}
	waitpid(child, &status, 0);
	unlink(path);
	rmdir(dir);
	return WIFEXITED(status) && WEXITSTATUS(status) != 0;
}

static void test_bad_files_are_refused(void)
{
	CHECK(!is_refused("= last 2\nN: lamp / tent\nq | c | s | a | v | and it\n"));
	CHECK(is_refused("= last 2\nN: lamp\nq | c | s | a | v\n"));
	CHECK(is_refused("= last 2\n"));
	CHECK(is_refused("= last 0\nq | c | s | a | v\n"));
	CHECK(is_refused("= last\nq | c | s | a\n"));
}

static void test_own_besides_are_whole(void)
{
	besides *b = besides_load("assets/recipe/grammar", "beside.txt");
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 6 };

	for (int i = 0; i < 20000; i++) {
		d->len = d->n_turns = d->n_marks = 0;
		besides_add(b, NULL, .5, &r, d);
		if (i % 4 == 0)
			besides_one(b, .5, &r, d);
		for (size_t k = 0; k < d->n_turns; k++) {
			char text[800];

			turn_text(d, k, text, sizeof(text));
			CHECK(*text && !strpbrk(text, "{}[]|") && !strstr(text, "  ") && !strstr(text, " / "));
			CHECK(k % 2 == 0 || (!strstr(text, " my ") && strncmp(text, "my ", 3)));
		}
	}
	free(d);
}

int main(void)
{
	TEST_RUN(test_besides_answer_what_was_told);
	TEST_RUN(test_bad_files_are_refused);
	TEST_RUN(test_own_besides_are_whole);
	return test_done();
}
