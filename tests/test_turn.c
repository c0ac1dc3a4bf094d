/*
 * One turn of the chat, with a tiny random model: what is computed again and what is not, what is dropped when the dialogue
 * outgrows the context, and what becomes of a message that does not fit.
 */
#include "engine/engine_int.h"
#include "tests/gguf_build.h"
#include "tests/ledger_aid.h"
#include "tests/test.h"
#include "tui/app_int.h"

#include <sys/stat.h>

enum { CTX = 512 };

typedef struct bench {
	app app;
	settings set;
	int ends, errors, notices, code; /* code: of the last EV_TURN_END */
	turn_figures turn;
	size_t shown_dropped;            /* in the last status */
	char text[512], notice[512];     /* of the last EV_TURN_END and EV_NOTICE */
	bool stop;
	char past[512], output[2048];    /* messages of EV_PAST since EV_CLEARED; the last EV_OUTPUT */
} bench;

static char model_path[512], assets[512];

static void watch(void *arg, event *e)
{
	bench *b = arg;

	if (e->type == EV_TURN_END) {
		b->ends++;
		b->code = e->code;
		b->turn = e->turn;
		snprintf(b->text, sizeof(b->text), "%s", e->text ? e->text : "");
	} else if (e->type == EV_NOTICE) {
		b->notices++;
		snprintf(b->notice, sizeof(b->notice), "%s", e->text);
	} else if (e->type == EV_STATUS) {
		b->shown_dropped = e->status.dropped_turns;
	}
	if (e->type == EV_CLEARED)
		*b->past = 0;
	if (e->type == EV_PAST)
		snprintf(b->past + strlen(b->past), sizeof(b->past) - strlen(b->past), "%d:%.20s ", e->code, e->text);
	if (e->type == EV_OUTPUT)
		snprintf(b->output, sizeof(b->output), "%s", e->text);
	b->errors += e->type == EV_ERROR;
	event_free(e);
}

static bool stop_now(void *arg)
{
	return ((bench *)arg)->stop;
}

static bool bench_open(bench *b, const char *dir, int precision)
{
	char err[512] = "";

	memset(b, 0, sizeof(*b));
	b->set = (settings){ .model = model_path, .data_dir = aid_path(dir), .assets_dir = assets, .cpu_mask = ~0u,
			     .threads = 2, .precision = precision, .learn_mode = LEARN_OFF };
	b->app.emit = watch;
	b->app.stop_reply = stop_now;
	b->app.arg = b;
	if (!app_open(&b->app, &b->set, false, err, sizeof(err)))
		return true;
	printf("%s\n", err);
	app_close(&b->app);
	return false;
}

/* The session holds what a new one computes from the same tokens, bit for bit. */
static bool as_fresh(const app *a)
{
	const size_t n = session_length(a->session), bytes = engine_describe(a->engine)->n_vocab * sizeof(float);
	session *s = NULL;
	char err[256];
	bool same = false;

	if (!session_new(&s, a->engine, err, sizeof(err)) &&
	    !session_sync(s, session_tokens(a->session), n, NULL, NULL, err, sizeof(err)))
		same = session_logits(a->session) && !memcmp(session_logits(a->session), session_logits(s), bytes);
	session_free(s);
	return same;
}

static void only_what_is_new_is_computed(void)
{
	static const char *const say[] = { "Hello there.", "And what is the time now?", "Why?", "Tell me more of it, please." };

	for (int precision = 0; precision <= 1; precision++) {
		int32_t before[CTX];
		size_t n_before = 0;
		bench b;

		REQUIRE(bench_open(&b, "reuse", precision));
		for (size_t i = 0; i < 4 && b.app.talk.dropped == 0; i++) {
			size_t common = 0, computed = session_computed(b.app.session);

			turn_run(&b.app, say[i]);
			REQUIRE(b.code >= 0 && b.ends == (int)i + 1);
			const int32_t *now = session_tokens(b.app.session);

			while (common < n_before && common < b.turn.prompt && before[common] == now[common])
				common++;
			CHECK_INT(b.turn.read, b.turn.prompt - common);
			/* the last turn's prompt at least, but for its open end, is there still */
			CHECK(i == 0 || b.turn.read < b.turn.prompt / 2 + 170);
			CHECK_INT(session_computed(b.app.session) - computed, b.turn.read + (size_t)b.turn.tokens);
			CHECK(as_fresh(&b.app));
			CHECK(b.turn.first_seconds > 0 && b.turn.first_seconds < 60);
			n_before = session_length(b.app.session);
			memcpy(before, now, n_before * sizeof(*now));
		}
		app_close(&b.app);
	}
}

/* A dialogue of texts that the model need not write: its replies are long noise. */
static void add_pairs(bench *b, int n)
{
	static const char text[] = "one two three four five six seven eight nine ten";

	for (int i = 0; i < n; i++) {
		REQUIRE(!dialogue_add(&b->app.talk, "user", text, sizeof(text) - 1));
		REQUIRE(!dialogue_add(&b->app.talk, "assistant", text, sizeof(text) - 1));
	}
}

static void the_oldest_turns_are_dropped_in_large_steps(void)
{
	size_t drops = 0, dropped = 0;
	bench b;

	REQUIRE(bench_open(&b, "drop", 0));
	b.stop = true; /* replies of one token: the prompts are what matters */
	for (int i = 0; i < 120; i++) {
		char text[64];
		int notices = b.notices;
		size_t held = b.app.talk.n;

		snprintf(text, sizeof(text), "message number %d of this dialogue", i);
		b.stop = false;
		add_pairs(&b, 1);
		b.stop = true;
		turn_run(&b.app, text);
		REQUIRE(b.code == 1 || b.code == 0);
		CHECK_INT(b.app.talk.dropped, b.shown_dropped);
		if (b.app.talk.dropped > dropped) {
			size_t gone = b.app.talk.dropped - dropped;

			CHECK(gone % 2 == 0 && gone >= held / 3);
			CHECK_INT(b.notices, notices + !drops); /* told once */
			snprintf(text, sizeof(text), "its %zu oldest messages were dropped", gone);
			CHECK(drops || strstr(b.notice, text) != NULL);
			drops++;
		} else {
			CHECK_INT(b.notices, notices);
		}
		dropped = b.app.talk.dropped;
		CHECK(!strcmp(b.app.talk.turns[0].role, "user"));
		CHECK(b.app.talk.n < 60); /* what is dropped is let go */
	}
	CHECK(drops >= 5 && drops <= 60);
	turn_new(&b.app);
	CHECK_INT(b.app.talk.dropped, 0);
	app_close(&b.app);
}

static void room_is_kept_for_the_reply(void)
{
	bench b;

	REQUIRE(bench_open(&b, "room", 1));
	for (int i = 0; i < 25; i++) {
		turn_run(&b.app, "Go on, please, and tell me what happened after that.");
		REQUIRE(b.code == 0 || b.code == 2);
		CHECK(b.turn.prompt <= CTX - CTX / 4);
		CHECK(b.code == 0 || b.turn.tokens >= CTX / 4);
		if (b.code == 2)
			CHECK(strstr(b.text, "limit of 160 tokens") || strstr(b.text, "context is full"));
	}
	CHECK(b.app.talk.dropped > 0);
	app_close(&b.app);
}

static void the_system_turn_stays(void)
{
	static const char text[] = "You are terse.";
	bench b;

	REQUIRE(bench_open(&b, "system", 1));
	b.stop = true;
	REQUIRE(!dialogue_add(&b.app.talk, "system", text, sizeof(text) - 1));
	for (int i = 0; i < 40; i++) {
		int32_t *tokens = NULL;
		size_t n = 0;
		char err[256];

		add_pairs(&b, 1);
		turn_run(&b.app, "hm");
		REQUIRE(b.code == 1 || b.code == 0);
		REQUIRE(!strcmp(b.app.talk.turns[0].role, "system") && !strcmp(b.app.talk.turns[0].text, text));
		REQUIRE(!strcmp(b.app.talk.turns[1].role, "user"));
		/* what the model saw begins with it */
		REQUIRE(!engine_chat_tokens(b.app.engine, b.app.talk.turns, 2, false, SIZE_MAX, &tokens, &n, NULL, err,
					    sizeof(err)));
		if (session_length(b.app.session) >= n)
			CHECK(!memcmp(session_tokens(b.app.session), tokens, n * sizeof(*tokens)));
		free(tokens);
	}
	CHECK(b.app.talk.dropped > 20);
	app_close(&b.app);
}

static void a_message_that_cannot_fit_changes_nothing(void)
{
	char *big = malloc(4000);
	bench b;
	size_t over = 0, takes = 0, holds = 0, kept = 0;

	REQUIRE(big && bench_open(&b, "long", 1));
	memset(big, 'q', 3999);
	big[3999] = 0;
	b.stop = true;
	turn_run(&b.app, "hello");
	add_pairs(&b, 3);
	size_t n = b.app.talk.n;

	turn_run(&b.app, big);
	CHECK(b.code < 0);
	CHECK_INT(sscanf(b.text, "the message is %zu tokens too long: it takes %zu of the %zu that this model holds, and %zu", &over,
			 &takes, &holds, &kept), 4);
	CHECK_INT(holds, CTX);
	CHECK_INT(over, takes - (holds - kept));
	CHECK(takes > 3000 && !strchr(b.text, '\n'));
	CHECK(b.app.talk.n == n && b.app.talk.dropped == 0 && b.notices == 0);
	/* exactly as long as it says is possible: shorter by what it is too long */
	big[3999 - over] = 0;
	turn_run(&b.app, big);
	CHECK(b.code >= 0);
	CHECK_INT(b.turn.prompt, holds - kept);
	CHECK_INT(b.app.talk.dropped, n);
	turn_run(&b.app, "and on");
	CHECK(b.code >= 0);
	free(big);
	app_close(&b.app);
}

/* Do the session's tokens, the prompt among them, spell the words? */
static bool in_prompt(const app *a, const char *words)
{
	const int32_t *tokens = session_tokens(a->session);
	char text[16384];
	size_t len = 0;

	for (size_t i = 0; i < session_length(a->session); i++) {
		const char *bytes;
		size_t n = engine_token_bytes(a->engine, tokens[i], &bytes);

		if (len + n < sizeof(text))
			memcpy(text + len, bytes, n), len += n;
	}
	return memmem(text, len, words, strlen(words)) != NULL;
}

static void facts_stand_in_the_prompt_only_when_asked_for(void)
{
	char value[40];
	bench b;

	REQUIRE(bench_open(&b, "incontext", 1));
	CHECK_INT(aid_learn(b.app.memory, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	turn_run(&b.app, "Hello.");
	CHECK(!in_prompt(&b.app, "Porto") && in_prompt(&b.app, "Hello."));
	turn_command(&b.app, "new");
	b.app.in_context = true;
	turn_run(&b.app, "Hello.");
	CHECK(in_prompt(&b.app, "I live in Porto.") && in_prompt(&b.app, "Okay, you live in Porto.") && in_prompt(&b.app, "Hello."));
	CHECK_INT(b.app.talk.n, 2); /* the conversation itself does not hold it */
	for (int i = 0; i < 40; i++) { /* more than there is room for */
		snprintf(value, sizeof(value), "hobby number %d", i);
		CHECK_INT(aid_learn(b.app.memory, "I", "hobby", value, DETECT_ADD, NULL), DETECT_ADD);
	}
	turn_run(&b.app, "And now?");
	CHECK(b.code == 0 || b.code == 2);
	CHECK(!in_prompt(&b.app, "Porto") && in_prompt(&b.app, "hobby number 39") && in_prompt(&b.app, "And now?"));
	b.app.in_context = false;
	turn_run(&b.app, "And then?");
	CHECK(!in_prompt(&b.app, "hobby number 39"));
	app_close(&b.app);
}

static void a_question_by_itself_leaves_the_dialogue(void)
{
	char err[256] = "", *one = NULL, *two = NULL;
	bench b;

	REQUIRE(bench_open(&b, "ask", 1));
	add_pairs(&b, 2);
	REQUIRE(!turn_ask(&b.app, "Who are you?", &one, err, sizeof(err)));
	REQUIRE(!turn_ask(&b.app, "Who are you?", &two, err, sizeof(err)));
	CHECK_STR(one, two);
	CHECK(b.app.talk.n == 4 && b.ends == 0);
	free(one);
	free(two);
	b.stop = true;
	CHECK_INT(turn_ask(&b.app, "Who are you?", &one, err, sizeof(err)), ENGINE_ESTOP);
	app_close(&b.app);
}

/* ---- sampling options ---- */

static void sampling_has_bounds(void)
{
	static const char *const good[][2] = { { "temperature", "0" },  { "temperature", "0.7" }, { "temperature", "1e1" },
					       { "top-k", "0" },        { "top-k", "40" },        { "top-p", "1" },
					       { "top-p", ".5" },       { "min-p", "0" },         { "repeat-penalty", "1.1" },
					       { "seed", "18446744073709551615" } };
	static const char *const bad[][2] = { { "temperature", "-1" },  { "temperature", "nan" }, { "temperature", "101" },
					      { "temperature", "" },    { "temperature", "inf" }, { "temperature", "0x1" },
					      { "temperature", "1 " },  { "temperature", "1.2.3" }, { "temperature", "1e999" },
					      { "top-k", "1.5" },       { "top-k", "-1" },        { "top-k", "9999999999" },
					      { "top-p", "0" },         { "top-p", "1.01" },      { "min-p", "2" },
					      { "repeat-penalty", "0" }, { "seed", "-1" },        { "seed", "18446744073709551616" },
					      { "colour", "1" } };
	sample_options o = sampling_default();
	char err[160], text[200];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		CHECK_INT(sampling_set(&o, good[i][0], good[i][1], err, sizeof(err)), 0);
	CHECK(o.temperature == 10 && o.top_k == 40 && o.top_p == 0.5f && o.seed == UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		sample_options was = o;

		err[0] = 0;
		if (!CHECK(sampling_set(&o, bad[i][0], bad[i][1], err, sizeof(err)) < 0 && *err && !memcmp(&o, &was, sizeof(o))))
			printf("  %s %s\n", bad[i][0], bad[i][1]);
	}
	sampling_describe(&o, text, sizeof(text));
	CHECK_STR(text, "temperature 10, top-k 40, top-p 0.5, min-p 0, repeat-penalty 1.1, seed 18446744073709551615");
}

static void settings_change_the_next_reply(void)
{
	char err[160], *a = NULL, *c = NULL, *d = NULL;
	bench b;

	REQUIRE(bench_open(&b, "set", 1));
	turn_command(&b.app, "set temperature 5");
	turn_command(&b.app, "set top-k 0");
	turn_command(&b.app, "set min-p 0");
	turn_command(&b.app, "set seed 3");
	CHECK_INT(b.errors, 0);
	REQUIRE(!turn_ask(&b.app, "Who?", &a, err, sizeof(err)));
	turn_command(&b.app, "set seed 3");
	REQUIRE(!turn_ask(&b.app, "Who?", &c, err, sizeof(err)));
	CHECK_STR(a, c);
	turn_command(&b.app, "set seed 4");
	REQUIRE(!turn_ask(&b.app, "Who?", &d, err, sizeof(err)));
	CHECK(strcmp(a, d) != 0);
	turn_command(&b.app, "set top-p 7");
	turn_command(&b.app, "set nonsense 7");
	CHECK_INT(b.errors, 2);
	turn_command(&b.app, "set");
	CHECK_INT(b.errors, 2);
	CHECK_INT(b.app.sampling.seed, 4);
	free(a);
	free(c);
	free(d);
	app_close(&b.app);
}

static int count_messages(void *arg, const char *role, const char *text)
{
	(void)role, (void)text;
	++*(int *)arg;
	return 0;
}

static int no_disk(void *arg)
{
	(void)arg;
	return MEMORY_ERR;
}

static void the_last_message_can_be_said_again(void)
{
	char first[1024];
	int kept = 0;
	bench b;

	REQUIRE(bench_open(&b, "redo", 0));
	turn_redo(&b.app, NULL); /* nothing to say again */
	CHECK(b.code < 0);
	turn_run(&b.app, "Hello there.");
	REQUIRE(b.app.talk.n == 2);
	snprintf(first, sizeof(first), "%s", b.app.talk.turns[1].text);
	turn_redo(&b.app, NULL);
	REQUIRE(b.app.talk.n == 2);
	CHECK_STR(b.app.talk.turns[0].text, "Hello there.");
	CHECK(strcmp(first, b.app.talk.turns[1].text) != 0); /* the likeliest reply was not wanted */
	CHECK(b.app.sampling.temperature == 0);
	turn_redo(&b.app, "Hello you.");
	REQUIRE(b.app.talk.n == 2);
	CHECK_STR(b.app.talk.turns[0].text, "Hello you.");
	CHECK_INT(memory_chat_read(b.app.memory, b.app.chat, count_messages, &kept, NULL, 0), 0);
	CHECK_INT(kept, 2);
	CHECK(as_fresh(&b.app));
	/* one that cannot be answered takes nothing's place */
	kept = 0;
	char *much = calloc(1, 8 * CTX + 1);

	REQUIRE(much != NULL);
	memset(much, 'x', 8 * CTX);
	turn_redo(&b.app, much);
	free(much);
	CHECK(b.code < 0);
	REQUIRE(b.app.talk.n == 2);
	CHECK_STR(b.app.talk.turns[0].text, "Hello you.");
	CHECK_INT(memory_chat_read(b.app.memory, b.app.chat, count_messages, &kept, NULL, 0), 0);
	CHECK_INT(kept, 2);
	/* what was said in private was not kept, so nothing is taken out for it */
	turn_command(&b.app, "incognito on");
	turn_run(&b.app, "Between us.");
	turn_command(&b.app, "incognito off");
	turn_redo(&b.app, "For everybody.");
	CHECK_INT(memory_chat_read(b.app.memory, b.app.chat, count_messages, &kept, NULL, 0), 0);
	CHECK_INT(kept, 2 + 4);
	/* nor for what could not be kept */
	kept = 0;
	memory_set_fault(b.app.memory, no_disk, NULL);
	turn_run(&b.app, "Are you there?");
	CHECK_INT(b.errors, 1);
	memory_set_fault(b.app.memory, NULL, NULL);
	turn_redo(&b.app, "Are you?");
	CHECK_INT(memory_chat_read(b.app.memory, b.app.chat, count_messages, &kept, NULL, 0), 0);
	CHECK_INT(kept, 4 + 2);
	app_close(&b.app);
}

static void earlier_conversations_go_on(void)
{
	bench b;

	REQUIRE(bench_open(&b, "chats", 0));
	turn_command(&b.app, "load");
	CHECK_INT(b.errors, 1); /* none is kept yet */
	b.stop = true;
	turn_run(&b.app, "My first words.");
	turn_command(&b.app, "new");
	turn_run(&b.app, "Something else.");
	turn_command(&b.app, "sessions");
	const char *newer = strstr(b.output, "Something else.  (this one)");

	CHECK(newer && strstr(newer, "My first words."));
	turn_command(&b.app, "sessions nowhere said");
	CHECK_STR(b.output, "no conversation has those words\n");
	turn_command(&b.app, "load 1");
	CHECK(!strncmp(b.past, "0:My first words. 1:", 20));
	CHECK_INT(b.app.talk.n, 2);
	CHECK_INT(b.app.chat, 1);
	turn_run(&b.app, "And more.");
	CHECK_INT(b.app.talk.n, 4);
	turn_command(&b.app, "context");
	CHECK(strstr(b.output, "in view   4 messages") != NULL);
	/* what fails leaves the conversation as it is */
	snprintf(b.past, sizeof(b.past), "as it was");
	b.app.n_told = 1;
	turn_command(&b.app, "load 77");
	turn_command(&b.app, "load x");
	CHECK_INT(b.errors, 3);
	CHECK_STR(b.past, "as it was"); /* on the screen, too */
	CHECK_INT(b.app.n_told, 1);
	CHECK_INT(b.app.talk.n, 4);
	CHECK_INT(b.app.chat, 1);
	turn_command(&b.app, "load 1");
	CHECK_INT(b.app.n_told, 0); /* "no, Mimi" there means nothing that was said here */
	app_close(&b.app);
}

/* For its owner alone, and never over another file. */
static void a_conversation_is_saved(void)
{
	char path[500], text[600], line[200] = "";
	struct stat st;
	bench b;

	REQUIRE(bench_open(&b, "saved", 0));
	b.stop = true;
	turn_run(&b.app, "My first words.");
	b.errors = 0;
	snprintf(path, sizeof(path), "%s", aid_path("saved.md"));
	snprintf(text, sizeof(text), "save %s", path);
	turn_command(&b.app, text);
	CHECK_INT(b.errors, 0);
	CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	FILE *f = fopen(path, "r");

	REQUIRE(f != NULL);
	for (int i = 0; i < 3; i++)
		CHECK(fgets(line, sizeof(line), f) != NULL);
	CHECK_STR(line, "My first words.\n");
	fclose(f);
	turn_command(&b.app, text);
	CHECK_INT(b.errors, 1);
	snprintf(text, sizeof(text), "save --force %s", path);
	turn_command(&b.app, text);
	CHECK_INT(b.errors, 1);
	snprintf(text, sizeof(text), "save --force %s/ledger.db", b.set.data_dir);
	turn_command(&b.app, text); /* whatever is asked for */
	CHECK_INT(b.errors, 2);
	snprintf(text, sizeof(text), "save %s", aid_path("saved.json"));
	turn_command(&b.app, text);
	f = fopen(aid_path("saved.json"), "r");
	REQUIRE(f != NULL);
	CHECK(fgets(line, sizeof(line), f) != NULL);
	CHECK_STR(line, "{\"role\":\"user\",\"text\":\"My first words.\"}\n");
	fclose(f);
	app_close(&b.app);
}

static void conversations_have_names(void)
{
	bench b;

	REQUIRE(bench_open(&b, "named", 0));
	b.stop = true;
	turn_run(&b.app, "My first words.");
	b.errors = 0;
	turn_command(&b.app, "sessions --rename 1 of first words");
	CHECK_STR(b.output, "conversation 1 is called: of first words\n");
	turn_command(&b.app, "sessions OF FIRST");
	CHECK(strstr(b.output, "of first words  (this one)") != NULL);
	turn_command(&b.app, "sessions --rename 1");
	CHECK_STR(b.output, "conversation 1 has no title any more.\n");
	turn_command(&b.app, "sessions");
	CHECK(strstr(b.output, "My first words.") != NULL);
	turn_command(&b.app, "sessions --rename 77 none");
	turn_command(&b.app, "sessions --rename of none");
	CHECK_INT(b.errors, 2);
	turn_command(&b.app, "sessions --delete 1");
	turn_command(&b.app, "sessions");
	CHECK(!strstr(b.output, "My first words."));
	turn_run(&b.app, "After it was deleted.");
	CHECK_INT(b.app.chat, 2);
	app_close(&b.app);
}

static void edits_are_moved_in_the_queue(void)
{
	bench b;

	REQUIRE(bench_open(&b, "moved", 0));
	CHECK_INT(aid_learn(b.app.memory, "I", "home", "Porto", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(b.app.memory, "I", "hobby", "chess", DETECT_ADD, NULL), DETECT_ADD);
	CHECK_INT(aid_learn(b.app.memory, "my dog", "name", "Rex", DETECT_ADD, NULL), DETECT_ADD);
	turn_command(&b.app, "queue first 3");
	CHECK_STR(b.output, "the edit of #3 is the next.\n");
	turn_command(&b.app, "queue down #3");
	CHECK_STR(b.output, "the edit of #3 is number 2 of the 3 that wait.\n");
	turn_command(&b.app, "queue last 1");
	CHECK_STR(b.output, "the edit of #1 is number 3 of the 3 that wait.\n");
	turn_command(&b.app, "queue up 3");
	CHECK_STR(b.output, "the edit of #3 is the next.\n");
	turn_command(&b.app, "queue");
	const char *one = strstr(b.output, "#1"), *two = strstr(b.output, "#2"), *three = strstr(b.output, "#3");

	CHECK(three && two > three && one > two);
	CHECK_INT(b.errors, 0);
	turn_command(&b.app, "queue first 9"); /* there is none */
	turn_command(&b.app, "queue first");
	turn_command(&b.app, "queue up 3x");
	CHECK_INT(b.errors, 3);
	turn_command(&b.app, "queue first dogs"); /* words to look for */
	CHECK_STR(b.output, "no edit matches\n");
	app_close(&b.app);
}

static void the_opening_can_be_stopped(void)
{
	char err[512] = "";
	bench b;

	REQUIRE(bench_open(&b, "stopped", 0));
	app_close(&b.app);
	b.app = (app){ .stop_reply = stop_now, .arg = &b };
	b.stop = true;
	CHECK_INT(app_open(&b.app, &b.set, false, err, sizeof(err)), EXIT_MODEL);
	CHECK(strstr(err, "tiny.gguf: stopped before the model was open"));
	app_close(&b.app);
}

static void another_model_takes_over(void)
{
	char text[600], err[256];
	uint64_t before;
	bench b;

	REQUIRE(bench_open(&b, "switch", 0));
	b.stop = true;
	b.set.second_opinion = true; /* from the configuration file */
	turn_command(&b.app, "set second-opinion off");
	turn_run(&b.app, "Hello there.");
	before = engine_layer_hash(b.app.engine);
	turn_command(&b.app, "set top-k 7");
	turn_command(&b.app, "model /nowhere/at/all.gguf");
	CHECK_INT(b.errors, 1); /* and the old one goes on */
	CHECK_INT(engine_layer_hash(b.app.engine), before);
	turn_run(&b.app, "Still there?");
	CHECK(b.code >= 0);
	snprintf(text, sizeof(text), "model %s", aid_path("other.gguf"));
	turn_command(&b.app, text); /* Esc while it is opened: the old one goes on, too */
	CHECK_INT(b.errors, 2);
	CHECK_INT(engine_layer_hash(b.app.engine), before);
	CHECK_STR(b.app.set->model, model_path);
	b.stop = false;
	turn_command(&b.app, text);
	CHECK_INT(b.errors, 2);
	CHECK(engine_layer_hash(b.app.engine) != before);
	CHECK_STR(b.app.set->model, aid_path("other.gguf"));
	CHECK_INT(b.app.talk.n, 4); /* the conversation goes on */
	CHECK_INT(b.app.sampling.top_k, 7);
	CHECK(b.app.yes_least == 0);
	turn_run(&b.app, "And you?");
	CHECK(b.code >= 0);
	CHECK(as_fresh(&b.app));
	snprintf(text, sizeof(text), "model %s", model_path); /* and back */
	turn_command(&b.app, text);
	CHECK_INT(engine_layer_hash(b.app.engine), before);
	CHECK(memory_set_model(b.app.memory, engine_describe(b.app.engine)->hash, err, sizeof(err)) == 0);
	app_close(&b.app);
}

int main(void)
{
	tiny_model t = tiny_model_default();
	FILE *f;

	t.edit_layer = 0;
	t.n_ctx = CTX;
	t.own_output = true;
	t.scale = 0.3f;
	if (!aid_init("test-turn"))
		return 1;
	snprintf(assets, sizeof(assets), "%s", aid_dir);
	snprintf(model_path, sizeof(model_path), "%s", aid_path("tiny.gguf"));
	tiny_model_write(&t, model_path);
	t.seed++;
	tiny_model_write(&t, aid_path("other.gguf"));
	f = fopen(aid_path("calibration.txt"), "w");
	if (!f || fputs("Where do I live?\n", f) < 0 || fclose(f))
		return 1;
	TEST_RUN(only_what_is_new_is_computed);
	TEST_RUN(the_oldest_turns_are_dropped_in_large_steps);
	TEST_RUN(room_is_kept_for_the_reply);
	TEST_RUN(the_system_turn_stays);
	TEST_RUN(a_message_that_cannot_fit_changes_nothing);
	TEST_RUN(facts_stand_in_the_prompt_only_when_asked_for);
	TEST_RUN(a_question_by_itself_leaves_the_dialogue);
	TEST_RUN(sampling_has_bounds);
	TEST_RUN(settings_change_the_next_reply);
	TEST_RUN(the_last_message_can_be_said_again);
	TEST_RUN(earlier_conversations_go_on);
	TEST_RUN(a_conversation_is_saved);
	TEST_RUN(conversations_have_names);
	TEST_RUN(edits_are_moved_in_the_queue);
	TEST_RUN(the_opening_can_be_stopped);
	TEST_RUN(another_model_takes_over);
	aid_done();
	return test_done();
}
