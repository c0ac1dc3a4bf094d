/* The corpus of the built-in model: arithmetic is right, excluded prompts stay
 * out, tables read as their rows say. */
#include "../assets/recipe/corpus.h"
#include "test.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static doc *fresh(doc *d)
{
	d->len = d->n_turns = d->n_marks = 0;
	return d;
}

static void turn_text(const doc *d, size_t i, char *out, size_t cap)
{
	snprintf(out, cap, "%.*s", (int)d->turns[i].len, d->text + d->turns[i].at);
}

/* Every answer of the arithmetic is checked by computing it again. */
static void test_sums_are_right(void)
{
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 5 };
	int sums = 0, larger = 0, smaller = 0;

	for (int i = 0; i < 4000; i++) {
		unsigned x, y, z;
		char a[200];

		sum_add(&r, fresh(d));
		CHECK_INT(d->n_turns, 2);
		turn_text(d, 1, a, sizeof(a));
		if (sscanf(a, "%u plus %u is %u.", &x, &y, &z) == 3) {
			CHECK_INT(x + y, z);
			CHECK(x <= 20 && y <= 20);
			sums++;
		} else if (sscanf(a, "%u minus %u is %u.", &x, &y, &z) == 3) {
			CHECK_INT(x, y + z);
			sums++;
		} else if (sscanf(a, "%u times %u is %u.", &x, &y, &z) == 3) {
			CHECK_INT(x * y, z);
			CHECK(x <= 10 && y <= 10);
			sums++;
		} else if (sscanf(a, "%u is larger than %u.", &x, &y) == 2) {
			CHECK(x > y);
			larger++;
		} else if (sscanf(a, "%u is smaller than %u.", &x, &y) == 2) {
			CHECK(x < y);
			smaller++;
		}
	}
	CHECK(sums > 1500 && larger > 200 && smaller > 50);
	free(d);
}

/* What a story ends with is what its sum says: "3 plus 4 is 7. You have 7 apples." */
static void test_stories_end_with_their_sum(void)
{
	rng r = { .state = 6 };

	for (int i = 0; i < 3000; i++) {
		unsigned x, y, z, end = 0;
		char q[TYPE_LINE], a[TYPE_LINE], op[16];
		const char *s;

		story_ask(&r, q, a, sizeof(q));
		CHECK(!strchr(q, '{') && !strchr(a, '{') && strlen(q) > 20);
		CHECK(sscanf(a, "%u %15s %u is %u.", &x, op, &y, &z) == 4 ||
		      sscanf(a, "%u %15s by %u is %u.", &x, op, &y, &z) == 4);
		CHECK_INT(!strcmp(op, "plus") ? x + y : !strcmp(op, "minus") ? x - y : !strcmp(op, "times") ? x * y : x / y, z);
		CHECK(z >= 2); /* every thing of an answer stands in the plural */
		s = strchr(a, '.');
		s = s ? strpbrk(s, "0123456789") : NULL;
		CHECK(s && sscanf(s, "%u", &end) == 1);
		CHECK_INT(end, z);
	}
}

static void test_exclusion_ignores_case_and_punctuation(void)
{
	exclusion *e = exclusion_new();
	const char *said = "  what IS a  planet ?";

	CHECK(!exclusion_has(e, said, strlen(said)));
	exclusion_add(e, NULL, "What's your name?", 17);
	exclusion_add(e, NULL, "U: What is a planet?", 20);
	CHECK(exclusion_has(e, said, strlen(said)));
	CHECK(exclusion_has(e, "whats your name", 15));
	CHECK(!exclusion_has(e, "What is a planet now?", 21));
	CHECK(!exclusion_has(NULL, said, strlen(said)));
	exclusion_free(e);
}

static void test_exclusion_reads_the_prompts_of_a_suite(void)
{
	char path[] = "/tmp/test_corpus.XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	exclusion *e = exclusion_new();
	doc *d = calloc(1, sizeof(*d));

	fputs("# Hello there\njudge: answer\nName a planet\tmars|yes\nHi, Bob! // Hello! // And you?\tfine\n", f);
	fclose(f);
	exclusion_read(e, NULL, path);
	unlink(path);
	CHECK(exclusion_has(e, "name a planet.", 14));
	CHECK(exclusion_has(e, "And you", 7)); /* the last turn of a dialogue, not those before */
	CHECK(!exclusion_has(e, "hi bob", 6) && !exclusion_has(e, "hello", 5));
	CHECK(!exclusion_has(e, "yes", 3) && !exclusion_has(e, "fine", 4)); /* nor the keys */
	CHECK(!exclusion_has(e, "Hello there", 11));
	doc_add(d, ROLE_ASSISTANT, "Name a planet");
	CHECK(!exclusion_hits(e, d)); /* only what the user says counts */
	doc_add(d, ROLE_USER, "name a planet!");
	CHECK(exclusion_hits(e, d));
	exclusion_free(e);
	free(d);
}

static void test_tables_fill_forms_from_rows(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200], a[200];
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 3 };
	form_tables *t;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/t.txt", dir);
	f = fopen(path, "w");
	fputs("= one 1\nU: [What/Which things] [is/are] {a}, {w}?\nA: {b} and {b2} are {a}.\na pair | "
	      "salt / pepper\n",
	      f);
	fclose(f);
	t = tables_load(dir, "t.txt");
	for (int i = 0; i < 50; i++) {
		tables_add(t, &r, fresh(d));
		CHECK_INT(d->n_turns, 2);
		turn_text(d, 0, q, sizeof(q));
		turn_text(d, 1, a, sizeof(a));
		CHECK(!strcmp(a, "Salt and pepper are a pair.") || !strcmp(a, "Pepper and salt are a pair."));
		CHECK(strlen(q) > 10 && !strpbrk(q, "[/]"));
	}
	unlink(path);
	rmdir(dir);
	free(d);
}

static void put_file(const char *dir, const char *name, const char *text)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	CHECK(f && fputs(text, f) >= 0);
	if (f)
		fclose(f);
}

/* Frames, other ways to ask, wrong proposals, borrowed rows and missing fields. */
static void test_tables_ask_in_other_ways(void)
{
	static const char table[] = "= sound 1\n"
				    "U: What does {a!} do?\n+ {a}?\nA: {a!} {b}.\nC: what {a!} does\nN: the sound of {a!}\n"
				    "Q: Is it {y!} that {b}?\nR: No, {a!} {b}.\n"
				    "* owl | hoots | -\ndog | barks | pet\n"
				    "= pets 1\nU: What is {a!}?\nA: {a!} is {b!}.\n@sound 1 3\n";
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200], a[200];
	int frames = 0, no = 0, owls = 0, dogs = 0, pets = 0;
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 4 };
	form_tables *t;

	CHECK(mkdtemp(dir) != NULL);
	put_file(dir, "t.txt", table);
	put_file(dir, "frames.txt", "# frames\nN: Say {}.\nC: I wonder {}.\n");
	t = tables_load(dir, "t.txt");
	for (int i = 0; i < 2000; i++) {
		tables_add(t, &r, fresh(d));
		turn_text(d, 0, q, sizeof(q));
		turn_text(d, 1, a, sizeof(a));
		frames += strcasestr(q, "wonder what ") || strcasestr(q, "say the sound of ");
		owls += !strcmp(a, "An owl hoots.");
		dogs += !strcmp(a, "A dog barks.");
		pets += !strcmp(a, "A dog is a pet.");
		no += !strcmp(a, "No, a dog barks.") || !strcmp(a, "No, an owl hoots.");
		CHECK(strcasestr(a, strcasestr(a, "dog") ? "barks" : "hoots") || !strcmp(a, "A dog is a pet."));
	}
	CHECK(frames > 600 && no > 30 && owls > 2 * dogs && dogs > 100 && pets > 800);
	snprintf(path, sizeof(path), "%s/t.txt", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/frames.txt", dir);
	unlink(path);
	rmdir(dir);
	free(d);
}

/* A table that begins with "wrapped" has some questions put into the wraps, which go around what they fit only. */
static void test_tables_wrap_questions(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200];
	static const char table[] = "= sound 1\nU: What does {a!} do? | {a} sound\nA: {a!} {b}.\nowl | hoots\n";
	char whole[200];
	int head = 0, tail = 0, end = 0;
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 5 };

	CHECK(mkdtemp(dir) != NULL);
	put_file(dir, "frames.txt", "W: Quick one: {}\nW: {} Thanks!\nW: {}, please?\n");
	snprintf(whole, sizeof(whole), "# a table\nwrapped\n%s", table);
	put_file(dir, "w.txt", whole);
	put_file(dir, "t.txt", table);
	for (int k = 0; k < 2; k++) {
		form_tables *t = tables_load(dir, k ? "w.txt" : "t.txt");

		for (int i = 0; i < 2000; i++) {
			tables_add(t, &r, fresh(d));
			turn_text(d, 0, q, sizeof(q));
			CHECK(k || !strcasestr(q, "quick one"));
			head += strcasestr(q, "quick one: what does an owl do") != NULL;
			tail += strcasestr(q, "do? thanks") != NULL;
			end += strcasestr(q, "do, please") != NULL;
			CHECK(!strcasestr(q, "sound thanks") && !strcasestr(q, "sound, please") && !strcasestr(q, "?,"));
		}
	}
	CHECK(head > 10 && tail > 10 && end > 10);
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, i == 0 ? "t.txt" : i == 1 ? "w.txt" : "frames.txt");
		unlink(path);
	}
	rmdir(dir);
	free(d);
}

static void test_choices(void)
{
	static const char *const wanted[] = { "Hi!", "Hi there!", "Hello!", "Hello there!", "Hello you!", "Hi you!" };
	unsigned seen[6] = { 0 }, pictures = 0;
	form_lists lists = { .n = 0 };
	rng r = { .state = 4 };
	char out[80];

	for (int i = 0; i < 600; i++) {
		size_t k = 0;

		form_choose("[Hi/Hello][ [there/you]/]!", &r, out, sizeof(out));
		while (k < 6 && strcmp(out, wanted[k]))
			k++;
		if (CHECK(k < 6))
			seen[k]++;
	}
	for (size_t k = 0; k < 6; k++)
		CHECK(seen[k] > 20);
	form_choose("[/please ]sing", &r, out, sizeof(out));
	CHECK(!strcmp(out, "Sing") || !strcmp(out, "Please sing"));
	form_choose("a/b | c", &r, out, sizeof(out)); /* no choice outside of brackets */
	CHECK_STR(out, "a/b | c");
	form_choose("grep [a-z] [x", &r, out, sizeof(out));
	CHECK_STR(out, "grep [a-z] [x");
	form_lists_add(&lists, "thing: a boat / a hat");
	for (int i = 0; i < 100; i++) {
		form_lists_fill(&lists, "Draw {@thing} for {a}.", &r, out, sizeof(out));
		CHECK(!strcmp(out, "Draw a boat for {a}.") || !strcmp(out, "Draw a hat for {a}."));
		pictures += !strcmp(out, "Draw a hat for {a}.");
	}
	CHECK(pictures > 20 && pictures < 80);
	free(lists.entries[0]);
}

/* Slips leave what stands before *end, and a word of capitals whole; what is put behind comes after the question. */
static void test_questions_are_typed_in_other_ways(void)
{
	static const char *const forms[] = { "Which team do I back?", "PIN?", "I need [it], what is it?", "My name, please." };
	int lower = 0, longer = 0, bare = 0;
	rng r = { .state = 8 };

	for (int i = 0; i < 4000; i++) {
		const char *form = forms[i % 4];
		char q[TYPE_LINE];
		size_t n = strlen(form), end = n - 1;

		snprintf(q, sizeof(q), "%s", form);
		type_other(q, &end, true, &r);
		if (!CHECK(end >= n - 1 && end <= strlen(q) && !strncasecmp(q + end - (n - 1), form, n - 1)))
			printf("%s: %s\n", form, q);
		CHECK(!strstr(q, "pIN") && (!strstr(form, "I need") || !strstr(q, "i n") || !strpbrk(q, "I")));
		lower += islower((unsigned char)*q) != 0;
		longer += strlen(q) > end + 1;
		bare += strlen(q) == end;
	}
	CHECK(lower > 800 && lower < 2000);
	CHECK(longer > 50 && longer < 400);
	CHECK(bare > 500 && bare < 1200);
}

/* T: is about the same row, F: about another one, again and again where the block says chain. */
static void test_threads_go_on(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200], a[200], before[200] = "";
	int then = 0, follow = 0, longest = 0;
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 6 };
	form_threads *t;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/t.txt", dir);
	f = fopen(path, "w");
	fputs("L: as: As for {a}?\n= one 1 chain\nU: 11 of {a}?\nA: {a} has {b}.\nT: 22 of it?\nA: Twice {b}.\nF: {@as}\n"
	      "red | 1\nblue | 2\n", f);
	fclose(f);
	t = threads_load(dir, "t.txt");
	for (int i = 0; i < 300; i++) {
		threads_add(t, &r, fresh(d));
		for (size_t k = 0; k + 1 < d->n_turns; k += 2) {
			turn_text(d, k, q, sizeof(q));
			turn_text(d, k + 1, a, sizeof(a));
			if (strstr(q, "22 ")) {
				CHECK_INT(k, 2);
				CHECK_STR(a, strstr(before, "Red") ? "Twice 1." : "Twice 2.");
				then++;
			} else {
				CHECK(!strcmp(a, "Red has 1.") || !strcmp(a, "Blue has 2."));
				follow += k > 0;
			}
			snprintf(before, sizeof(before), "%s", a);
		}
		longest = (int)d->n_turns > longest ? (int)d->n_turns : longest;
	}
	CHECK(then > 100 && follow > 200 && longest == 10);
	unlink(path);
	rmdir(dir);
	free(d);
}

/* N: comes right after an answer of its row, whether asked first or by F:. */
static void test_threads_ask_at_once(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200], a[200], before[200] = "";
	int now = 0, later = 0;
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 4 };
	form_threads *t;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/t.txt", dir);
	f = fopen(path, "w");
	fputs("= one 1 told chain\nU: 11 of {a}?\nA: {a} has {b}.\nT: 22 of it?\nA: Twice {b}.\nN: 33 of it?\nA: Still {b}.\n"
	      "F: 11 of {a}?\nred | 1\nblue | 2\n", f);
	fclose(f);
	t = threads_load(dir, "t.txt");
	for (int i = 0; i < 300; i++) {
		threads_add(t, &r, fresh(d));
		for (size_t k = 0; k + 1 < d->n_turns; k += 2) {
			turn_text(d, k, q, sizeof(q));
			turn_text(d, k + 1, a, sizeof(a));
			if (strstr(q, "33 ")) {
				CHECK(k > 0 && strstr(before, " has "));
				CHECK_STR(a, strstr(before, "Red") ? "Still 1." : "Still 2.");
				now++;
				later += k > 2;
			}
			snprintf(before, sizeof(before), "%s", a);
		}
	}
	CHECK(now > 60 && later > 20);
	unlink(path);
	rmdir(dir);
	free(d);
}

/* A row has eight fields: each remark keeps its own reply. */
static void test_threads_have_eight_fields(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200], a[200];
	int good = 0, bad = 0;
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 7 };
	form_threads *t;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/t.txt", dir);
	f = fopen(path, "w");
	fputs("= one 1\nU: {a}\nA: {b}\nT: {c}\nA: {d}\nT: {g}\nA: {h}\n11 | Asked | 22 | Good | - | - | 33 | Bad\n", f);
	fclose(f);
	t = threads_load(dir, "t.txt");
	for (int i = 0; i < 100; i++) {
		threads_add(t, &r, fresh(d));
		if (d->n_turns < 4)
			continue;
		turn_text(d, 2, q, sizeof(q));
		turn_text(d, 3, a, sizeof(a));
		CHECK_STR(a, strstr(q, "22") ? "Good" : "Bad");
		good += *a == 'G';
		bad += *a == 'B';
	}
	CHECK(good > 10 && bad > 10);
	unlink(path);
	rmdir(dir);
	free(d);
}

/* A name drawn from a list returns in the answer; a row without a clause is asked for in the other way. */
static void test_threads_keep_names(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200], a[200], want[200];
	int clauses = 0;
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 4 };
	form_threads *t;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/t.txt", dir);
	f = fopen(path, "w");
	fputs("L: stem: 1 / 2 / 3\nL: file: {@stem}4 / {@stem}5\n= one 1\nU: Copy {a} | {b}\nA: Copy {a}\n"
	      "{c} | - | {@file}\n{c} | Copy {c} | {@file}\n", f);
	fclose(f);
	t = threads_load(dir, "t.txt");
	for (int i = 0; i < 200; i++) {
		threads_add(t, &r, fresh(d));
		turn_text(d, 0, q, sizeof(q));
		turn_text(d, 1, a, sizeof(a));
		snprintf(want, sizeof(want), "Copy %c%c", a[5], a[6]);
		CHECK(strchr("123", a[5]) && strchr("45", a[6]));
		CHECK(strlen(a) == 7 && !strcmp(a, want));
		clauses += !strncasecmp(q, want, 7);
	}
	CHECK(clauses > 150);
	unlink(path);
	rmdir(dir);
	free(d);
}

/* The same of sums that are changed; every question after the first differs from it. */
static void test_sums_change(void)
{
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 8 };

	for (int i = 0; i < 4000; i++) {
		sum_again_add(&r, fresh(d));
		CHECK(d->n_turns >= 4 && d->n_turns <= 8);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			unsigned x, y, z;
			char a[200], by[12];

			turn_text(d, k, a, sizeof(a));
			if (!CHECK_INT(sscanf(a, "%u %11s %u is %u.", &x, by, &y, &z), 4))
				break;
			CHECK_INT(z, *by == 'p' ? x + y : *by == 'm' ? x - y : x * y);
			CHECK(x <= 10 && y <= 10 && z <= 100);
		}
	}
	free(d);
}

/* Every sum of a chain is right and begins with the result before. */
static void test_sums_go_on(void)
{
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 7 };

	for (int i = 0; i < 2000; i++) {
		unsigned last = 0;

		sum_chain_add(&r, fresh(d));
		CHECK(d->n_turns >= 4 && d->n_turns <= 8);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			unsigned x, y, z, right;
			char a[200], by[12];

			turn_text(d, k, a, sizeof(a));
			if (sscanf(a, "%u divided by %u is %u.", &x, &y, &z) == 3)
				right = x / y;
			else if (CHECK_INT(sscanf(a, "%u %11s %u is %u.", &x, by, &y, &z), 4))
				right = *by == 'p' ? x + y : *by == 'm' ? x - y : x * y;
			else
				break;
			CHECK_INT(z, right);
			CHECK(z <= 20 && (k == 1 || x == last));
			last = z;
		}
	}
	free(d);
}

/* "@a": the rows of the block a. */
static void test_threads_share_rows(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", path[64], q[200];
	int one = 0, two = 0;
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 7 };
	form_threads *t;
	FILE *f;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/t.txt", dir);
	f = fopen(path, "w");
	fputs("= a 1\nU: 11 of {a}?\nA: No.\nred\nblue\n= b 1\nU: 22 of {a}?\nA: Yes.\n@a\n", f);
	fclose(f);
	t = threads_load(dir, "t.txt");
	for (int i = 0; i < 200; i++) {
		threads_add(t, &r, fresh(d));
		turn_text(d, 0, q, sizeof(q));
		one += strstr(q, "11 ") != NULL;
		two += strstr(q, "22 ") != NULL;
	}
	CHECK(one > 60 && two > 60);
	unlink(path);
	rmdir(dir);
	free(d);
}

/* What a user says of himself gets a sigh or a remark now and then, in the room there is; all else does not. */
static void test_talk_about_oneself_gets_remarks(void)
{
	static const char say[] = "We missed the tram.", ask[] = "Where is the tram?";
	rng r = { .state = 3 };
	unsigned changed = 0, lost = 0;
	char s[80], low[80];

	for (int k = 0; k < 4000; k++) {
		snprintf(s, sizeof(s), "%s", say);
		type_slip(s, sizeof(s), &r);
		CHECK(strlen(s) < sizeof(s));
		changed += strlen(s) > sizeof(say) + 2;
		lost += !strcasestr(s, "e missed the tram");
		snprintf(s, sizeof(s), "%s", ask);
		type_slip(s, sizeof(s), &r);
		snprintf(low, sizeof(low), "%s", s);
		CHECK(!strcasestr(low, "honest") && !strcasestr(low, "believe"));
		snprintf(s, sizeof(s), "%s", say);
		type_slip(s, sizeof(say), &r); /* no room for more */
		CHECK(strlen(s) < sizeof(say));
	}
	CHECK(changed > 400 && changed < 1600);
	CHECK(lost < 400); /* by a slip of the keyboard */
}

/* What the reply repeats is spelled as it is, so that nobody learns to spell it otherwise. */
static void test_slips_spare_names_and_codes(void)
{
	static const char say[] = "My colleague is called Plestilt Vanno and her locker is jam4you.";
	rng r = { .state = 4 };
	unsigned slipped = 0;
	char s[160];

	for (int k = 0; k < 8000; k++) {
		snprintf(s, sizeof(s), "%s", say);
		type_slip(s, sizeof(s), &r);
		CHECK(strcasestr(s, "Plestilt Vanno") && strcasestr(s, "jam4you"));
		slipped += !strcasestr(s, "colleague is called");
	}
	CHECK(slipped > 40);
}

/* The same of the threads: every choice is made, every list found. */
static void test_own_threads_are_whole(void)
{
	static const char *const files[] = { "limits.txt", "reach.txt", "follow.txt", "next.txt",   "told.txt",   "untold.txt",
					     "about.txt",  "self.txt",  "ideas.txt",  "partly.txt", "moments.txt", "remarks.txt",
					     "shell.txt",  "pasted.txt" };
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 11 };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		form_threads *t = threads_load("assets/recipe/grammar", files[i]);
		bool code = i >= 12; /* it has brackets of its own */
		const char *own = code ? "" : strcmp(files[i], "next.txt") ? "{}[]@|" : "{}[]|"; /* which names a user@host */

		for (int k = 0; k < 8000; k++) {
			threads_add(t, &r, fresh(d));
			CHECK(d->n_turns >= 2 && d->n_turns % 2 == 0);
			for (size_t u = 0; u < d->n_turns; u++) {
				char text[800];

				turn_text(d, u, text, sizeof(text));
				CHECK(u % 2 == 0 || (text[strlen(text) - 1] != ' ' && !strstr(text, "  ")));
				CHECK(*text && !strstr(text, "{@") && !strpbrk(text, own));
			}
		}
	}
	free(d);
}

/* The grammar's own tables: every row fills every form, and no braces are left.
 */
static void test_own_tables_are_whole(void)
{
	static const char *const files[] = { "facts.txt", "nations.txt", "terms.txt",  "common.txt",
					     "things.txt", "terminal.txt", "refuse.txt", "chat.txt" };
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 9 };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		form_tables *t = tables_load("assets/recipe/grammar", files[i]);
		bool world = i < 5; /* the shell has brackets of its own */

		for (int k = 0; k < 3000; k++) {
			tables_add(t, &r, fresh(d));
			CHECK(d->n_turns >= 2 && d->n_turns % 2 == 0);
			for (size_t u = 0; u < d->n_turns; u++) {
				char text[800];

				turn_text(d, u, text, sizeof(text));
				CHECK(*text && !strstr(text, "{a}") && !strstr(text, "{b") && !strstr(text, "@word"));
				CHECK(!world || !strpbrk(text, "[]{}|"));
			}
		}
	}
	free(d);
}

/* ---- more ways to ask ---- */

static void expect_asks(const relations *rel, const char *text, const char *error)
{
	char path[] = "/tmp/test_corpus.XXXXXX", err[256] = "";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");
	asks *a = NULL;

	fputs(text, f);
	fclose(f);
	CHECK_INT(asks_load(&a, rel, path, err, sizeof(err)), error ? -1 : 0);
	CHECK(!error == (a != NULL));
	if (error && CHECK(!strncmp(err, path, strlen(path))))
		CHECK_STR(err + strlen(path), error);
	asks_free(a);
	unlink(path);
}

static void test_asks_report_errors(void)
{
	char err[256] = "";
	relations *rel;
	asks *a;

	CHECK_INT(relations_load(&rel, "assets/relations.txt", err, sizeof(err)), 0);
	expect_asks(rel, "# x\nrelation job\nask [My job], please.\n", NULL);
	expect_asks(rel, "ask What?\n", ":1: 'ask' outside of a block");
	expect_asks(rel, "relation jib\nask What?\n", ":2: no relation 'jib' of subject 'I'");
	expect_asks(rel, "relation job\nsubject my dog\nask What?\n", ":3: no relation 'job' of subject 'my dog'");
	expect_asks(rel, "relation favorite {n}\neach color, nose\nask Which {n}?\n",
		    ":3: relation 'favorite {n}' has no noun 'nose'");
	expect_asks(rel, "relation job\nask What?\nsubject *\n", ":3: subject and each come before the forms");
	expect_asks(rel, "relation job\n\nwhat\n", ":3: 'what' outside of a block");
	expect_asks(rel, "relation job\nfoo bar\n", ":2: unknown key 'foo'");
	expect_asks(rel, "relation job\nask Is it {v}?\n", ":2: a question holds no {v}");
	expect_asks(rel, "relation job\nsay I work.\n", ":2: a statement holds {v} once");
	expect_asks(rel, "relation job\nask Your {t}?\n", ":2: unknown braces: {t}?");
	expect_asks(rel, "relation job\nask Does {s} work?\n", ":2: a form of subject I holds no {s}");
	expect_asks(rel, "relation job\nsubject *\nask What work?\n", ":3: a form of subject * holds {s}");
	expect_asks(rel, "relation job\nask My work\n", ":2: the form does not end a sentence");
	expect_asks(rel, "relation job\nask What is [my work]?\n", ":2: no anchor of 'job': [my work]?");
	expect_asks(rel, "relation job\nask What is [my job?\n", ":2: a bracket without its other half");
	expect_asks(rel, "relation job\nsay [My job] is {v}!\n", ":2: a statement has no anchor");
	expect_asks(rel, "relation job\nask how do i earn my living?\n", ":2: held out as a test form of 'job'");
	expect_asks(rel, "relation job\nask What is my job?\n", ":2: 'job' has this form already");
	expect_asks(rel, "relation job\nask So what?\nask So, what?\n", ":3: 'job' has this form already");
	expect_asks(rel, "relation job\nnear home, jib\n", ":2: near: no relation 'jib' of subject 'I'");
	expect_asks(rel, "relation job\nnear job\n", ":2: near: 'job' is the relation itself");
	expect_asks(rel, "alike job, jib\n", ":1: alike: no relation 'jib' of subject 'I'");
	expect_asks(rel, "also my nose: my snout\n", ":1: no subject 'my nose'");
	expect_asks(rel, "such my dog: old dog\n", ":1: 'old dog' does not begin with \"my\"");
	expect_asks(rel, "frame So, what?\n", ":1: needs {q}");
	expect_asks(rel, "wrap So, what?\n", ":1: needs {x}");
	expect_asks(rel, "fix No.\n", ":1: needs {v}");
	CHECK_INT(asks_load(&a, rel, "/nonexistent/asks.txt", err, sizeof(err)), -1);
	CHECK_STR(err, "/nonexistent/asks.txt: cannot read");
	relations_free(rel);
}

/* Every relation has at least six more forms, a near one is not itself, and other names belong to one of two. */
static void test_own_asks_are_enough(void)
{
	char err[256] = "";
	relations *rel;
	asks *a;
	rng r = { .state = 2 };

	CHECK_INT(relations_load(&rel, "assets/relations.txt", err, sizeof(err)), 0);
	if (!CHECK_INT(asks_load(&a, rel, "assets/recipe/grammar/asks.txt", err, sizeof(err)), 0)) {
		printf("%s\n", err);
		return;
	}
	for (size_t i = 0; i < relations_count(rel); i++) {
		const relation *x = relations_at(rel, i), *near = asks_near(a, x, &r);
		const list *l = asks_forms(a, x, ASK_ANY), *marked = asks_forms(a, x, ASK_MARKED);

		if (!CHECK(l->n >= 6 && asks_forms(a, x, ASK_SAY)->n >= 2))
			printf("%s %s: %zu forms\n", x->subject, x->name, l->n);
		CHECK(marked->n >= 1 && marked->n <= l->n);
		CHECK(near != x && (!near || !strcmp(near->subject, x->subject)));
	}
	CHECK(asks_frames(a)->n > 20 && asks_wraps(a)->n > 20 && asks_fixes(a)->n > 20);
	CHECK(asks_also(a, "my mother", &r) && !asks_also(a, "my turtle", &r) && asks_such(a, "my sister", &r));
	CHECK(asks_alike(a, relations_find(rel, "my mom", "name"), "my mom", relations_find(rel, "my mother", "name"),
			 "my mother"));
	CHECK(asks_alike(a, relations_find(rel, "I", "favorite food"), "I", relations_find(rel, "I", "favorite dish"), "I"));
	CHECK(!asks_alike(a, relations_find(rel, "I", "favorite food"), "I", relations_find(rel, "I", "job"), "I"));
	asks_free(a);
	relations_free(rel);
}

/* A folder of tables, all of the same few entries. */
static values *few_values(char *dir)
{
	static const char *const files[] = {
		"first_names.txt", "last_names.txt", "pet_names.txt", "cities.txt", "companies_invented.txt",
		"occupations.txt", "colors.txt", "foods.txt", "fruits_vegetables.txt", "hobbies.txt", "instruments.txt",
		"sports.txt", "music_genres.txt", "dog_breeds.txt", "cat_breeds.txt", "animals.txt", "books.txt",
		"allergies.txt", "street_words.txt", "street_suffixes.txt", "countries_capitals.tsv",
	};
	char path[96], rm[96];
	values *v;

	CHECK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/tables", dir);
	CHECK_INT(mkdir(path, 0700), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "tables/%s", files[i]);
		put_file(dir, path, "Alder\nBirch\nCedar\nElm\nFir\nHazel\nLarch\nMaple\nOak\nPine\n");
	}
	v = values_load(dir, "assets/recipe/grammar");
	snprintf(rm, sizeof(rm), "rm -r %s", dir);
	CHECK_INT(system(rm), 0);
	return v;
}

/* Does the user say it before turn n? */
static bool said_before(const doc *d, size_t n, const char *value)
{
	char text[2000];

	for (size_t i = 0; i < n; i += 2) {
		turn_text(d, i, text, sizeof(text));
		if (strcasestr(text, value))
			return true;
	}
	return false;
}

/* What a circle's answers name was told before in the same dialogue, no braces are left, and the ways to ask are all there. */
static void test_circles_answer_what_was_told(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", a[900], q[2000];
	int lives = 0, unknown = 0, yes = 0, no = 0, sums = 0;
	scenes s = { .kind = -1 };
	circle *c = circle_load("assets/recipe/grammar");
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 12 };

	s.val = few_values(dir);
	for (int i = 0; i < 4000; i++) {
		circle_add(c, &s, &r, fresh(d));
		CHECK(d->n_turns >= 2 && d->n_turns % 2 == 0);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			char *at;

			turn_text(d, k - 1, q, sizeof(q));
			turn_text(d, k, a, sizeof(a));
			if (!CHECK(*q && *a && !strpbrk(q, "{}[]|") && !strpbrk(a, "{}[]|")))
				printf("%s\n%s\n", q, a);
			unknown += !strncmp(a, "I don't know ", 13);
			yes += !strncmp(a, "Yes, ", 5);
			no += !strncmp(a, "No, ", 4);
			sums += strstr(a, ", and your ") || strstr(a, ", and you ");
			if ((at = strstr(a, " lives in ")) == NULL || strstr(a, ", and "))
				continue;
			at += 10;
			at[strcspn(at, ".")] = 0;
			CHECK(said_before(d, k, at));
			lives++;
		}
	}
	CHECK(lives > 200 && unknown > 200 && yes > 100 && no > 100 && sums > 50);
	circle_free(c);
	circle_free(NULL);
	free(d);
}

/* One is asked for what was told of another: unknown as long as it was not told of this one, too. */
static void test_circles_ask_in_pairs(void)
{
	char dir[] = "/tmp/test_corpus.XXXXXX", a[900], q[2000];
	scenes s = { .kind = -1 };
	circle *c = circle_load("assets/recipe/grammar");
	doc *d = calloc(1, sizeof(*d));
	rng r = { .state = 13 };
	int late = 0;

	s.val = few_values(dir);
	for (int i = 0; i < 3000; i++) {
		bool told = i % 2, unknown = false;

		circle_pair(c, &s, told, &r, fresh(d));
		CHECK(d->n_turns >= 4 && d->n_turns % 2 == 0);
		for (size_t k = 1; k < d->n_turns; k += 2) {
			turn_text(d, k - 1, q, sizeof(q));
			turn_text(d, k, a, sizeof(a));
			if (!CHECK(*q && *a && !strpbrk(q, "{}[]|\1") && !strpbrk(a, "{}[]|\1")))
				printf("%s\n%s\n", q, a);
			late += unknown && strncmp(a, "I don't know ", 13);
			unknown |= !strncmp(a, "I don't know ", 13);
		}
		CHECK_INT(unknown, !told);
	}
	CHECK(late > 500);
	circle_free(c);
	free(d);
}

int main(void)
{
	TEST_RUN(test_asks_report_errors);
	TEST_RUN(test_own_asks_are_enough);
	TEST_RUN(test_sums_are_right);
	TEST_RUN(test_stories_end_with_their_sum);
	TEST_RUN(test_exclusion_ignores_case_and_punctuation);
	TEST_RUN(test_exclusion_reads_the_prompts_of_a_suite);
	TEST_RUN(test_tables_fill_forms_from_rows);
	TEST_RUN(test_tables_ask_in_other_ways);
	TEST_RUN(test_tables_wrap_questions);
	TEST_RUN(test_choices);
	TEST_RUN(test_questions_are_typed_in_other_ways);
	TEST_RUN(test_threads_go_on);
	TEST_RUN(test_threads_ask_at_once);
	TEST_RUN(test_threads_share_rows);
	TEST_RUN(test_threads_have_eight_fields);
	TEST_RUN(test_threads_keep_names);
	TEST_RUN(test_own_threads_are_whole);
	TEST_RUN(test_talk_about_oneself_gets_remarks);
	TEST_RUN(test_slips_spare_names_and_codes);
	TEST_RUN(test_sums_go_on);
	TEST_RUN(test_sums_change);
	TEST_RUN(test_own_tables_are_whole);
	TEST_RUN(test_circles_answer_what_was_told);
	TEST_RUN(test_circles_ask_in_pairs);
	return test_done();
}
