/* bench_data.c and bench_json.c: lists of facts are read, bad ones are refused with their line or record, and the wordings
 * that the shipped lists hold out are in no form of the training text, nor among those an edit is fitted on. */
#include "../tui/bench.h"
#include "../tui/bench_run.h"
#include "forms.h"
#include "test.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

static relations *table;

/* ---- files ---- */

/* Loads a text as a list; error: what err holds after the path, NULL when it is to succeed. False: nothing was loaded. */
static bool load(const char *text, size_t len, const char *error, bench_list *out)
{
	char path[] = "/tmp/imprint-bench-XXXXXX", err[512] = "";
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bench_list l;
	bool loaded;

	if (!CHECK(f != NULL))
		return false;
	fwrite(text, 1, len, f);
	fclose(f);
	loaded = !bench_list_load(&l, table, path, err, sizeof(err));
	unlink(path);
	CHECK_STR(loaded ? "" : strncmp(err, path, strlen(path)) ? err : err + strlen(path), error ? error : "");
	CHECK(!strchr(err, '\n'));
	if (loaded && out)
		*out = l;
	else if (loaded)
		bench_list_release(&l);
	return loaded;
}

static void expect(const char *text, const char *error)
{
	load(text, strlen(text), error, NULL);
}

static void test_text(void)
{
	static const char text[] =
		"# comment\n"
		"ask: I\tjob, favorite {n}\tMy {n}?\n"
		"ask: my\tname\t{S} is who?\n"
		"ask: *\tjob\tWhat work has {s}?\n"
		"far: *\tjob\tHow about the {r} of {s}?\n"
		"same: *\tHow is {s}?\n"
		"same: my\tWhere is {s}?\n"
		"probe: Hello!\n"
		"\n"
		"I\tfavorite color\tteal\n"
		"my dog\tname\tRex\tMax\n"
		"my dog\tjob\tguard\r\n"
		"Ann Lee\tjob\tbaker\n";
	bench_list l;

	if (!load(text, strlen(text), NULL, &l))
		return;
	CHECK_INT(l.form, BENCH_PERSONAL);
	CHECK_INT(l.n, 4);
	CHECK_INT(l.probes.n, 1);
	CHECK_STR(l.facts[0].para.at[0].question, "My color?");
	CHECK_STR(l.facts[1].para.at[0].question, "My dog is who?");
	CHECK_STR(l.facts[1].same.at[0].question, "Where is my dog?");
	CHECK_STR(l.facts[1].newer, "Max");
	CHECK_STR(l.facts[2].far.at[0].question, "How about the job of my dog?");
	CHECK_INT(l.facts[1].number, 11);
	CHECK_STR(l.facts[2].value, "guard");
	CHECK_STR(l.facts[2].para.at[0].question, "What work has my dog?");
	CHECK_STR(l.facts[3].same.at[0].question, "How is Ann Lee?");
	CHECK(!l.facts[3].newer && l.facts[3].para.n == 1 && l.facts[0].same.n == 0);
	bench_list_release(&l);
}

static void test_bad_text(void)
{
	char err[512];
	char line[2048] = "I\tname\t";
	bench_list l;

	expect("", ": the list holds no fact");
	expect("# x\n", ":1: the list holds no fact");
	expect("I\tname\n", ":1: not \"subject TAB relation TAB value\", nor ask:, far:, same: or probe:");
	expect("I\tname\tA\tB\tC\n", ":1: not \"subject TAB relation TAB value\", nor ask:, far:, same: or probe:");
	expect("# x\nI\tnonsense\tA\n", ":2: not \"subject TAB relation TAB value\" of a known relation");
	expect("I\tname\t\n", ":1: an empty field");
	expect("I\tname\tA\nask: I\tname\n", ":2: not \"ask: subject TAB relations TAB question\"");
	expect("I\tname\tA\nfar: I\tname\n", ":2: not \"far: subject TAB relations TAB question\"");
	expect("I\tname\tA\nask: my\tname\tWho?\n", ":2: no fact of the list is of this subject and relation");
	expect("same: my\tWho?\nI\tname\tA\n", ":1: no fact of the list is of this subject and relation");
	expect("same: my dog\nI\tname\tA\n", ":1: not \"same: subject TAB question\"");
	expect("probe: \n", ":1: not \"probe: question\"");
	memset(line + 7, 'x', 300);
	expect(line, ":1: a field is too long");
	memset(line + 7, 'x', sizeof(line) - 8);
	expect(line, ":1: the line is too long");
	CHECK(bench_list_load(&l, table, "/nonexistent/x.tsv", err, sizeof(err)) < 0);
	CHECK_STR(err, "/nonexistent/x.tsv: No such file or directory");
	CHECK(bench_list_load(&l, table, "/", err, sizeof(err)) < 0);
}

/* ---- JSON ---- */

static void test_zsre(void)
{
	char err[512] = "";
	bench_list l;

	REQUIRE(!bench_list_load(&l, table, "tests/bench/edit/sample-zsre.json", err, sizeof(err)));
	CHECK_INT(l.form, BENCH_ZSRE);
	CHECK_INT(l.n, 2);
	CHECK_INT(l.skipped, 1);
	CHECK_INT(l.first_skipped, 3);
	CHECK_STR(l.facts[0].prompt, "Which river does Orvane Bridge cross?");
	CHECK_INT(l.facts[0].anchor_end, strlen("Which river does Orvane Bridge"));
	CHECK_STR(l.facts[0].value, "Tamsel");
	CHECK_STR(l.facts[0].para.at[0].question, "What water flows under Orvane Bridge?");
	CHECK_STR(l.facts[0].local.at[0].question, "how many legs does a spider have?");
	CHECK_STR(l.facts[0].local.at[0].accepted, "eight");
	CHECK_STR(l.facts[1].port.at[0].accepted, "Norway");
	bench_list_release(&l);
}

static void test_counterfact(void)
{
	char err[512] = "";
	bench_list l;

	REQUIRE(!bench_list_load(&l, table, "tests/bench/edit/sample-counterfact.json", err, sizeof(err)));
	CHECK_INT(l.form, BENCH_COUNTERFACT);
	CHECK_INT(l.n, 2);
	CHECK_STR(l.facts[0].prompt, "The mother tongue of Leone Vassart is");
	CHECK_INT(l.facts[0].anchor_end, strlen("The mother tongue of Leone Vassart"));
	CHECK_STR(l.facts[0].value, "Danish");
	CHECK_INT(l.facts[0].para.n, 2);
	CHECK_INT(l.facts[0].local.n, 2);
	CHECK_STR(l.facts[0].local.at[1].accepted, "French");
	CHECK_STR(l.facts[1].prompt, "Castle Brumel is located in");
	CHECK_INT(l.facts[1].number, 2);
	bench_list_release(&l);
}

static void test_knowedit(void)
{
	char err[512] = "";
	bench_list l;

	REQUIRE(!bench_list_load(&l, table, "tests/bench/edit/sample-knowedit.json", err, sizeof(err)));
	CHECK_INT(l.form, BENCH_KNOWEDIT);
	CHECK_INT(l.n, 3);
	CHECK_INT(l.facts[0].local.n, 2);
	CHECK_STR(l.facts[0].local.at[1].question, "What is the opposite of hot?");
	CHECK_INT(l.facts[0].port.n, 2);
	CHECK_STR(l.facts[0].port.at[0].accepted, "Portugal\nthe Portuguese Republic");
	CHECK_STR(l.facts[1].subject, "Velda Strom");
	CHECK_STR(l.facts[1].value, "diver");
	CHECK_STR(l.facts[2].local.at[0].accepted, "green");
	bench_list_release(&l);
}

static void test_bad_json(void)
{
	static const char good[] = "{\"subject\":\"a\",\"prompt\":\"a is\",\"target_new\":\"b\"}";
	char text[4096];

	expect("[", ": the array does not end");
	expect("[]", ": holds no fact");
	expect("[1]", ": record 1: no object");
	expect("[{}]", ": record 1: not a record of ZsRE (src), CounterFact (requested_rewrite) or KnowEdit (target_new)");
	expect("{\"target_new\":\"x\"}", ": record 1: no \"subject\"");
	expect("{\"target_new\":\"x\",\"subject\":7}", ": record 1: no \"subject\"");
	expect("{\"target_new\":\"x\",\"subject\":\"a\"}", ": record 1: no \"prompt\"");
	expect("{\"subject\":\"a\",\"src\":\"a\"}", ": record 1: no \"alt\" or \"answers\"");
	expect("{\"requested_rewrite\":[]}", ": record 1: no \"requested_rewrite\"");
	expect("{\"requested_rewrite\":{\"subject\":\"a\",\"prompt\":\"{}\"}}",
	       ": record 1: no \"target_new\" with a \"str\"");
	expect("{\"subject\":\"a\"", ": record 1: it does not end");
	expect("{\"subject\":}", ": record 1: no JSON");
	expect("{\"a\":\"\\", ": record 1: it does not end");
	snprintf(text, sizeof(text), "[%s,%s,{\"subject\":\"a\",\"target_new\":\"b\"}]", good, good);
	expect(text, ": record 3: no \"prompt\"");
	snprintf(text, sizeof(text), "[%s", good);
	expect(text, ": record 1: the array does not end");
	snprintf(text, sizeof(text), "%s\n%s\n\xff", good, good);
	expect(text, ": record 3: no object");
	expect("{\"subject\":\"\xff\",\"target_new\":\"b\"}", ": record 1: no UTF-8");
	load("{\"subject\":\"a\0\",\"target_new\":\"b\"}", 34, ": record 1: no UTF-8", NULL);
	memset(text, '[', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	memcpy(text, "{\"a\":", 5);
	expect(text, ": record 1: nested too deep");
}

/* A string, a record and a list of prompts that are too long. */
static void test_long_json(void)
{
	enum { LONG = 2 << 20 };
	char *text = calloc(1, LONG), *s;

	REQUIRE(text != NULL);
	s = text + sprintf(text, "{\"subject\":\"a\",\"target_new\":\"b\",\"prompt\":\"a ");
	memset(s, 'x', 9000);
	strcpy(s + 9000, "\"}");
	expect(text, ": record 1: a text is longer than 8191 bytes");
	memset(s, 'x', LONG - 200);
	expect(text, ": record 1: longer than 1 MiB, or it does not end");
	s = text + sprintf(text, "{\"subject\":\"a\",\"target_new\":\"b\",\"prompt\":\"a\",\"locality\":{\"x\":[");
	for (int i = 0; i < 65; i++)
		s += sprintf(s, "%s{\"prompt\":\"p\",\"ground_truth\":\"q\"}", i ? "," : "");
	strcpy(s, "]}}");
	expect(text, ": record 1: more than 64 prompts of one kind");
	free(text);
}

/* ---- held out ---- */

static void test_forms(void)
{
	forms f = { .n = 0 };

	forms_add(&f, "What is {a} plus {b}?\n");
	CHECK(forms_match(&f, "what is 3 plus 4?") && !forms_match(&f, "What is a b c d e plus f?"));
	forms_add(&f, "Do you know [my name]?\n");
	CHECK(forms_match(&f, "do you know my NAME?") && !forms_match(&f, "Do you know my name"));
	forms_add(&f, "[Hi/Hello][ there/], [how are you/what's up][?/.]");
	CHECK(forms_match(&f, "hello how are you?") && forms_match(&f, "Hi there, what's up"));
	CHECK(!forms_match(&f, "hello there") && !forms_match(&f, "hi hello how are you"));
	forms_release(&f);
}

static void test_forms_of_rows(void)
{
	char path[] = "/tmp/imprint-rows-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	forms f = { .n = 0 };

	REQUIRE(file != NULL);
	fputs("# x\n= hues 2\nN: lamp / old tent\nwhich hue has my {n} / my {n} is of what hue | the hue of your {n} | my {n} is all {f} | "
	      "your {n} is {f} | red / green | and the hue\n", file);
	fclose(file);
	forms_read(&f, path, FORMS_OF_ROWS);
	unlink(path);
	CHECK(forms_match(&f, "Which hue has my old tent?") && forms_match(&f, "my lamp is of what hue?"));
	CHECK(forms_match(&f, "My lamp is all red.") && forms_match(&f, "And the hue?"));
	CHECK(!forms_match(&f, "Which hue has my bike?") && !forms_match(&f, "the hue of your lamp") && !forms_match(&f, "green"));
	forms_release(&f);
}

static bool drop_front(char *s, const char *front)
{
	size_t n = strlen(front);

	if (strncasecmp(s, front, n))
		return false;
	memmove(s, s + n, strlen(s + n) + 1);
	return true;
}

enum { FRAMES_MAX = 512 };
static char frames[FRAMES_MAX][160]; /* "By the way, {q}" */
static size_t n_frames;

static void read_frames(void)
{
	FILE *in = fopen("assets/recipe/grammar/asks.txt", "r");
	char line[512];

	REQUIRE(in != NULL);
	for (n_frames = 0; fgets(line, sizeof(line), in) && n_frames < FRAMES_MAX;)
		if ((!strncmp(line, "frame ", 6) && strstr(line, "{q}")) || (!strncmp(line, "wrap ", 5) && strstr(line, "{x}")))
			snprintf(frames[n_frames++], sizeof(*frames), "%.*s", (int)strcspn(line, "\n"), line);
	fclose(in);
	CHECK(n_frames > 20 && n_frames < FRAMES_MAX);
}

/* "my name" of "You know my name, right?": is it asked for in one of the ways a wrap takes the place of? */
static bool is_wrapped(const forms *f, const char *what)
{
	static const char *const heads[] = { "Do you know", "Can you tell me", "Tell me", "Do you remember" };
	char text[QUESTION_MAX + 32];

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		snprintf(text, sizeof(text), "%s %s?", heads[i], what);
		if (forms_match(f, text))
			return true;
	}
	return false;
}

/* A known question with something around it. */
static bool is_framed(const forms *f, const char *question)
{
	for (size_t i = 0; i < n_frames; i++) {
		const char *line = strchr(frames[i], ' ') + 1, *hole = strchr(line, '{'), *after = hole + 3;
		size_t before = (size_t)(hole - line), n = strlen(question), behind = strlen(after);
		char text[QUESTION_MAX];

		if (n <= before + behind || strncasecmp(question, line, before) ||
		    strcasecmp(question + n - behind, after))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)(n - before - behind), question + before);
		if (*frames[i] == 'w' ? is_wrapped(f, text) : forms_match(f, text) != NULL)
			return true;
	}
	return false;
}

/* The training text varies how a question begins: "Any idea who I am?" is "Do you know who I am?". */
static bool is_varied(const forms *f, const char *question)
{
	static const char *const fronts[] = { "hey, ", "so, ", "ok, ", "okay, ", "please, ", "and ", "hi, ", "by the way, ",
					      "um, ", "so ", "well, ", "hello, ", "now, ", "one question: " };
	static const char *const heads[] = { "Any idea ", "Do you recall ", "Could you tell me ", "Do you still know ",
					     "Can you remember ", "Would you tell me ", "Do you happen to know ",
					     "I'd like to know ", "I want to know ", "I can't remember ", "Let me know ",
					     "I need to know ", "I don't remember ", "Please tell me ", "I wonder ",
					     "Tell me again ", "Help me remember ", "Just tell me ", "I was wondering ",
					     "Can you remind me of ", "Can you remind me ", "Could you remind me of ",
					     "Could you remind me " };
	char text[QUESTION_MAX], other[QUESTION_MAX + 32];
	bool headed = false;

	snprintf(text, sizeof(text), "%s", question);
	for (size_t i = 0; i < sizeof(fronts) / sizeof(*fronts); i++)
		drop_front(text, fronts[i]);
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads) && !headed; i++)
		headed = drop_front(text, heads[i]);
	snprintf(other, sizeof(other), "%s%.*s?", headed ? "Do you know " : "", (int)strcspn(text, "?."), text);
	return forms_match(f, other) != NULL;
}

static void collect_all(forms *f)
{
	static const struct { const char *name; enum forms_in in; } other[] = {
		{ "/near.txt", FORMS_PARTS }, { "/use.txt", FORMS_PARTS }, { "/beyond.txt", FORMS_PARTS },
		{ "/asks.txt", FORMS_OF_RELATION }, { "/frames.txt", FORMS_OF_FRAMES },
		{ "/beside.txt", FORMS_OF_ROWS }, { "/reach.txt", FORMS_OF_ROWS }, { "/claims.txt", FORMS_OF_CLAIMS },
	};
	glob_t g;

	REQUIRE(!glob("assets/recipe/grammar/*.txt", 0, NULL, &g));
	for (size_t i = 0; i < g.gl_pathc; i++) {
		enum forms_in in = FORMS_OF_TABLE;

		if (strstr(g.gl_pathv[i], "/lists.txt") || strstr(g.gl_pathv[i], "/comments.txt")) /* values; replies */
			continue;
		for (size_t k = 0; k < sizeof(other) / sizeof(*other); k++)
			if (strstr(g.gl_pathv[i], other[k].name))
				in = other[k].in;
		forms_read(f, g.gl_pathv[i], in);
	}
	globfree(&g);
	forms_read(f, "assets/relations.txt", FORMS_OF_RELATION);
}

static bool held_out(const forms *f, const bench_list *l, const bench_fact *x, const bench_probes *p)
{
	bool out = true;

	for (size_t i = 0; i < p->n; i++) {
		const char *q = p->at[i].question, *form = forms_match(f, q);

		if (form || is_varied(f, q) || is_framed(f, q)) {
			printf("%s: \"%s\" is asked in training%s%s\n", l->name, q, form ? " as " : "", form ? form : "");
			out = false;
		}
		for (size_t k = 0; k < i; k++)
			out &= strcmp(q, p->at[k].question) != 0;
		out &= !answer_holds(q, x->value);
	}
	return out;
}

static size_t relations_told(const bench_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < relations_count(table); i++) {
		bool told = false;

		for (size_t k = 0; k < l->n && !told; k++)
			told = relations_find(table, l->facts[k].subject, l->facts[k].relation) == relations_at(table, i);
		n += told;
	}
	return n;
}

static void shipped(const char *path, size_t facts, size_t told)
{
	forms f = { .n = 0 };
	char err[512] = "";
	bench_list l;

	collect_all(&f);
	read_frames();
	CHECK(is_framed(&f, "By the way, what's my name?") && is_framed(&f, "You know where I live, don't you?"));
	CHECK(forms_match(&f, "What's my name?") && is_varied(&f, "So, any idea who I am?"));
	CHECK(!is_varied(&f, "Which of my names is in no form?"));
	CHECK_INT(bench_list_load(&l, table, path, err, sizeof(err)), 0);
	CHECK_STR(err, "");
	if (*err)
		return;
	CHECK(l.n >= facts && relations_told(&l) >= told);
	for (size_t i = 0; i < l.n; i++) {
		const bench_fact *x = &l.facts[i];
		const relation *r = relations_find(table, x->subject, x->relation);

		CHECK(held_out(&f, &l, x, &x->para) && held_out(&f, &l, x, &x->far));
		CHECK(x->para.n >= 4 && x->far.n >= 3 && x->same.n >= 2);
		CHECK(!x->newer || (r->cardinality == RELATION_ONE && strcmp(x->newer, x->value)));
		CHECK(r->cardinality != RELATION_ONE || x->newer || l.n < 200);
		for (size_t k = 0; k < i; k++)
			CHECK(strcmp(x->subject, l.facts[k].subject) || strcmp(x->relation, l.facts[k].relation));
	}
	CHECK(l.probes.n >= 12);
	bench_list_release(&l);
	forms_release(&f);
}

static void test_shipped_lists(void)
{
	shipped("tests/bench/edit/personal200.tsv", 200, 150);
	shipped("tests/bench/edit/pii.tsv", 80, 4);
}

static void test_people(void)
{
	char err[256] = "";
	bench_list l, few;
	int twice = 0;

	REQUIRE(!bench_list_load(&l, table, "people:4000", err, sizeof(err)));
	REQUIRE(!bench_list_load(&few, table, "people:30", err, sizeof(err)));
	CHECK(l.n == 4000 && few.n == 30);
	for (size_t i = 0; i < few.n; i++) {
		CHECK_STR(few.facts[i].subject, l.facts[i].subject);
		CHECK_STR(few.facts[i].value, l.facts[i].value);
		CHECK_INT(few.facts[i].para.n, 4);
	}
	for (size_t i = 0; i < l.n; i++) /* no one is told the same thing of twice */
		for (size_t k = 0; k < i; k++)
			twice += !strcmp(l.facts[i].relation, l.facts[k].relation) &&
				 !strcmp(l.facts[i].subject, l.facts[k].subject);
	CHECK_INT(twice, 0);
	bench_list_release(&l);
	bench_list_release(&few);
	CHECK(bench_list_load(&l, table, "people:0", err, sizeof(err)) < 0);
	CHECK_STR(err, "people:0: people:N makes a list of 1 to 19200 facts");
	CHECK(bench_list_load(&l, table, "people:19201", err, sizeof(err)) < 0);
	CHECK(bench_list_load(&l, table, "people:1x", err, sizeof(err)) < 0);
	CHECK(bench_list_load(&l, table, "people:-1", err, sizeof(err)) < 0);
}

/* The relations asked beside a fact: none twice, whatever their number. */
static void test_stride(void)
{
	CHECK_INT(bench_stride(0), 1);
	for (size_t n = 1; n < 300; n++) {
		bool seen[300] = { false };
		size_t found = 0, stride = bench_stride(n);

		for (size_t i = 0; i < n; i++) {
			found += !seen[i * stride % n];
			seen[i * stride % n] = true;
		}
		CHECK_INT(found, n);
	}
}

int main(void)
{
	char err[256] = "";

	if (relations_load(&table, "assets/relations.txt", err, sizeof(err))) {
		printf("%s\n", err);
		return 1;
	}
	TEST_RUN(test_text);
	TEST_RUN(test_bad_text);
	TEST_RUN(test_zsre);
	TEST_RUN(test_counterfact);
	TEST_RUN(test_knowedit);
	TEST_RUN(test_bad_json);
	TEST_RUN(test_long_json);
	TEST_RUN(test_forms);
	TEST_RUN(test_forms_of_rows);
	TEST_RUN(test_people);
	TEST_RUN(test_shipped_lists);
	TEST_RUN(test_stride);
	relations_free(table);
	return test_done();
}
