/* corpus_event.c: what is asked of an event is answered from what was told, and "I don't know" is said only of what was not. */
#include "../assets/recipe/corpus.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char events[] = "L: hues: red / green\n"
			     "= paint 1 firm\nV: thing = shed / bench\nV: hue = %hues\n"
			     "S: {S} is at it: {thing} {hue} | {thing}, {m} one, {hue}\n"
			     "? hue: Which hue has {m} {thing}?\nA: {Y} {thing} has {hue}.\nK: the hue of {y} {thing}\n"
			     "Y hue: Has {s} a {hue} {thing}?\n"
			     "= meal 1 firm\nV: dish = egg soup / stew\nS: Today {s} ate a {dish}.\n"
			     "? dish: What was {m} meal?\nA: {T} was given a {dish}.\nK: {y} meal\n";

static void turn_text(const doc *d, size_t i, char *out, size_t cap)
{
	snprintf(out, cap, "%.*s", (int)d->turns[i].len, d->text + d->turns[i].at);
}

/* Endings, "the" for what was told, and questions that lean on the one before. */
static const char leaning[] = "= keep 1\nV: what = a lamp / an owl\nV: where = cellar / attic\n"
			      "S: {S} keep{z} {what} in the {where}.\n"
			      "? what: What is in the {where} of {m} house?\nA: {T} keep{z} {what}.\nK: what {t} ha{ves} at home\n"
			      "? where: Where is {^what} of {m} house?\nA: It is the {where}.\nK: where {t} put{z} {^what}\n"
			      "E where: and where?\nE what: and what?\n"
			      "= wait 1\nV: day = Monday / Friday\nS: {S} will wait on {day}.\n"
			      "? day: Which day did {s} pick?\nA: {T} wait{z} on {day}.\nK: which day {t} picked\n";

static form_events *load(const char *text)
{
	char dir[] = "/tmp/test_event.XXXXXX", path[64];
	form_events *e;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/e.txt", dir);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
	e = events_load(dir, "e.txt");
	unlink(path);
	rmdir(dir);
	return e;
}

/* The first word of words that is in s, or NULL. */
static const char *which(const char *s, const char *const words[2])
{
	return strcasestr(s, words[0]) ? words[0] : strcasestr(s, words[1]) ? words[1] : NULL;
}

static void test_answers_follow_what_was_told(void)
{
	static const char *const hues[2] = { "red", "green" }, *const things[2] = { "shed", "bench" };
	int yes = 0, no = 0, plain = 0, unknown = 0;
	doc *d = calloc(1, sizeof(*d));
	form_events *e = load(events);
	rng r = { .state = 3 };

	for (int i = 0; i < 2000; i++) {
		const char *hue = NULL, *thing = NULL;
		char said[400], a[400];

		d->len = d->n_turns = d->n_marks = 0;
		events_add(e, NULL, NULL, 0, &r, d);
		CHECK(d->n_turns >= 4 && d->n_turns % 2 == 0);
		for (size_t k = 0; k < d->n_turns; k += 2) {
			turn_text(d, k, said, sizeof(said));
			turn_text(d, k + 1, a, sizeof(a));
			CHECK(!strpbrk(said, "{}|") && !strpbrk(a, "{}|"));
			if (!strncmp(a, "I don't know", 12)) {
				unknown++;
			} else if (!strncmp(a, "Yes, ", 5) || !strncmp(a, "No, ", 4) || !strncmp(a, "Your ", 5)) {
				if (hue && which(said, things) == thing) {
					CHECK_STR(which(a, hues), hue);
					if (which(said, hues) && (*a != 'Y' || a[1] == 'e')) /* no slip of the keys in it */
						CHECK_INT(which(said, hues) == hue, *a == 'Y');
				}
				yes += a[1] == 'e', no += *a == 'N', plain += a[1] == 'o';
			} else if (!hue && which(said, things)) {
				hue = which(said, hues);
				thing = which(said, things);
			}
		}
	}
	CHECK(yes > 100 && no > 100 && plain > 100 && unknown > 100);
	free(d);
}

/* Verbs and articles are made to fit: "I am", "you were", "an egg". */
static void test_words_agree(void)
{
	int am = 0, were = 0;
	doc *d = calloc(1, sizeof(*d));
	form_events *e = load(events);
	rng r = { .state = 8 };

	for (int i = 0; i < 1000; i++) {
		d->len = d->n_turns = d->n_marks = 0;
		events_add(e, NULL, NULL, 0, &r, d);
		am += strstr(d->text, "I am at it") != NULL;
		were += strstr(d->text, "ou were given") != NULL;
		CHECK(!strstr(d->text, "I is") && !strstr(d->text, "ou was") && !strstr(d->text, " a egg") && !strstr(d->text, "as I a"));
		memset(d->text, 0, sizeof(d->text));
	}
	CHECK(am > 50 && were > 50);
	free(d);
}

static void test_leaning_questions(void)
{
	int leaning_asked = 0, indirect = 0;
	doc *d = calloc(1, sizeof(*d));
	form_events *e = load(leaning);
	rng r = { .state = 5 };

	for (int i = 0; i < 1000; i++) {
		d->len = d->n_turns = d->n_marks = 0;
		memset(d->text, 0, sizeof(d->text));
		events_add(e, NULL, NULL, 0, &r, d);
		CHECK(!strpbrk(d->text, "{}^") && !strstr(d->text, "ou keeps") && !strstr(d->text, "the a ") && !strstr(d->text, "is a lamp"));
		indirect += strstr(d->text, "what I have at home") != NULL;
		for (size_t k = 0; k < d->n_turns; k += 2) {
			char said[400], before[400];

			turn_text(d, k, said, sizeof(said));
			if (strcasecmp(said, "and where?"))
				continue;
			turn_text(d, k - 2, before, sizeof(before)); /* the first turn tells */
			leaning_asked++;
			CHECK(k >= 4 && !strcasestr(before, "where is"));
		}
	}
	CHECK(leaning_asked > 20 && indirect > 20);
	free(d);
}

/* What was not told is asked for by a question that cannot mean what was told. */
static void test_untold_questions_stand_alone(void)
{
	static const char two[] = "= plan 1 mine\nV: end = rest / swim\nS: On Sunday I {end}.\n"
				  "? end: And the last thing? | What comes last? | What do I do on Sunday?\nA: You {end}.\nK: the last\n"
				  "= pet 1 mine\nV: pet = Tom / Bo\nV: food = fish / hay\nS: I feed {pet} with {food}.\n"
				  "? food: What else? | What does {pet} eat?\nA: It is {food}.\nK: what {pet} eats\n";
	int unknown = 0;
	doc *d = calloc(1, sizeof(*d));
	form_events *e = load(two);
	rng r = { .state = 6 };

	for (int i = 0; i < 1000; i++) {
		d->len = d->n_turns = d->n_marks = 0;
		events_add(e, NULL, NULL, 0, &r, d);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			char q[400], a[400];

			turn_text(d, k - 1, q, sizeof(q));
			turn_text(d, k, a, sizeof(a));
			if (strncmp(a, "I don't know", 12))
				continue;
			unknown++;
			CHECK(strcasestr(q, "sunday") || strcasestr(q, "tom") || strcasestr(q, "bo"));
		}
	}
	CHECK(unknown > 100);
	free(d);
}

/* What the user takes back is not what is answered then; values of two parts; and what was not named is not known. */
static void test_corrections_and_others(void)
{
	static const char two[] = "= boat 1 mine\nV: act = took>take / sold>sell\nV: hue = teal / plum / mint / rust\n"
				  "S: I {act} a boat in {hue}.\n"
				  "? hue: In which hue did I {act2} it?\nA: You {act} one in {hue}.\nK: the hue\n"
				  "N hue: What of the {hue} one?\nK: what you {act} in {hue}\n"
				  "= hat 1 mine firm\nV: kind = felt / straw\nS: I own a hat of {kind}.\n"
				  "? kind: What is my hat of?\nA: You own one of {kind}.\nK: what your hat is of\n";
	int corrected = 0, others = 0;
	doc *d = calloc(1, sizeof(*d));
	form_events *e = load(two);
	rng r = { .state = 9 };

	for (int i = 0; i < 2000; i++) {
		char now[400] = "", q[400], a[400];

		d->len = d->n_turns = d->n_marks = 0;
		events_add(e, NULL, NULL, 0, &r, d);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			turn_text(d, k - 1, q, sizeof(q));
			turn_text(d, k, a, sizeof(a));
			CHECK(!strchr(q, '>') && !strchr(a, '>') && !strcasestr(q, "did i took") && !strcasestr(q, "did i sold"));
			if (*a != 'Y' && strncmp(a, "No, ", 4) && strstr(a, " one in ")) { /* told, or told anew */
				corrected += *now && strcmp(now, strstr(a, " one in "));
				strcpy(now, strstr(a, " one in "));
			} else if (!strcmp(a, "Okay, noted.")) {
				*now = 0;
			} else if (!strncmp(a, "You ", 4) && strstr(a, " one in ") && *now) {
				CHECK_STR(strstr(a, " one in "), now);
			} else if (strcasestr(q, "what of the ")) {
				others++;
				CHECK(!strncmp(a, "I don't know what you ", 22) && (!*now || !strstr(a, now + 8)));
			}
		}
	}
	CHECK(corrected > 10);
	CHECK(others > 100);
	free(d);
}

/* "when again?" is asked at once where one thing was told, else behind a question about the same thing. */
static void test_bare_questions(void)
{
	static const char one[] = "= call 1 mine\nV: day = Monday / Friday\nV: who = Tom / Bo\nS: I call {who} on {day}.\n"
				  "? day: On which day is my call?\nA: You call on {day}.\nK: the day of your call\n"
				  "? who: Who gets my call?\nA: You call {who}.\nK: whom you call\nB day: when again?\n"
				  "= swim 1 mine\nV: hour = six / nine\nS: I swim at {hour}.\n"
				  "? hour: At what hour do I swim?\nA: You swim at {hour}.\nK: the hour of your swim\n";
	int first = 0, later = 0;
	doc *d = calloc(1, sizeof(*d));
	form_events *e = load(one);
	rng r = { .state = 11 };

	for (int i = 0; i < 2000; i++) {
		d->len = d->n_turns = d->n_marks = 0;
		memset(d->text, 0, sizeof(d->text));
		events_add(e, NULL, NULL, 0, &r, d);
		for (size_t k = 0; k < d->n_turns; k += 2) {
			char said[400], before[400], a[400];

			turn_text(d, k, said, sizeof(said));
			if (strcasecmp(said, "when again?"))
				continue;
			turn_text(d, k - 2, before, sizeof(before));
			turn_text(d, k + 1, a, sizeof(a));
			CHECK(!strncmp(a, "You call on ", 12) || !strncmp(a, "I don't know", 12));
			CHECK(!strcasestr(before, "swim") && !strcasestr(before, "which day"));
			first += k == 2;
			later += k > 2;
		}
	}
	CHECK(first > 20 && later > 20);
	free(d);
}

int main(void)
{
	TEST_RUN(test_answers_follow_what_was_told);
	TEST_RUN(test_words_agree);
	TEST_RUN(test_leaning_questions);
	TEST_RUN(test_untold_questions_stand_alone);
	TEST_RUN(test_bare_questions);
	TEST_RUN(test_corrections_and_others);
	return test_done();
}
