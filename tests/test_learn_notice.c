/* What of a message is noted, asked about, undone with it and forgotten, and what is reported of it; with a tiny random model. */
#include "tests/learn_aid.h"

#include "tui/turn_chats.h"

/* ---- noticing ---- */

static void unsure_words_are_asked_about(void)
{
	char err[256];
	bench b;

	REQUIRE(bench_open(&b, "asked"));
	int64_t porto = tell(&b, "I", "home", "Porto");
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), MEMORY_EARG);
	b.app.asked[0] = aid_claim("I", "home", "Lisbon", DETECT_ADD);
	b.app.asked[0].confidence = 0.2;
	b.app.n_asked = 1;
	CHECK_INT(learn_answer(&b.app, 'i', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, porto), FACT_ACTIVE);
	b.app.asked[0] = aid_claim("I", "home", "Lisbon", DETECT_ADD);
	b.app.n_asked = 1;
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, porto), FACT_SUPERSEDED);
	CHECK(strstr(b.notes, "you live in Lisbon") != NULL);
	CHECK(!b.app.n_asked);
	bench_close(&b);
}

static void in_ask_mode_nothing_is_noted_unasked(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "askmode"));
	b.app.learn_mode = LEARN_ASK;
	CHECK_INT(learn_text(&b.app, "My dog is called Biscuit.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.n_asked);
	CHECK(strstr(b.notes, "Remember: your dog's name is Biscuit?") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), -100);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	CHECK_INT(learn_text(&b.app, "My dog is called Rex.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(strstr(b.notes, "You said on ") != NULL);
	CHECK(strstr(b.notes, "Replace, ignore? [r/i]") != NULL);
	CHECK_INT(learn_answer(&b.app, 'x', err, sizeof(err)), 0); /* any other key leaves it */
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	/* asked for by name: no question; two at once: one is asked about after the other */
	CHECK_INT(learn_text(&b.app, "My dog is called Rex.", true, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(learn_text(&b.app, "I live in Porto. My cat is called Tom.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(b.app.n_asked, 2);
	CHECK(strstr(b.notes, "Remember: you live in Porto?") && !strstr(b.notes, "your cat's name is Tom"));
	CHECK_INT(learn_answer(&b.app, 'i', err, sizeof(err)), 0);
	CHECK(strstr(b.notes, "Remember: your cat's name is Tom?") != NULL);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(b.app.n_asked, 0);
	CHECK(strstr(b.notes, "you live in Porto\n") == NULL && aid_status(b.app.memory, 3) == FACT_ACTIVE);
	/* what the first answer made known is not asked about again */
	CHECK_INT(learn_text(&b.app, "I speak French. My cat is Tom. I speak French.", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(b.app.n_asked, 0);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), MEMORY_EARG);
	bench_close(&b);
}

/* What the model would say is not what becomes of the message: the random one says anything. */
static void the_reply_says_what_becomes_of_the_message(void)
{
	static const struct {
		const char *said, *reply, *kept; /* kept: in the dialogue, or NULL: the same */
	} cases[] = {
		{ "I don't live in Oslo anymore.", "Okay, I'll forget that you live in Oslo.", "Okay, I'll forget that." },
		{ "I no longer speak Thai.", "Okay. I had not noted that you speak Thai.", "Okay. I had noted nothing of that." },
		{ "I live in Porto. My dog is called Max.", "Got it: you live in Porto and your dog's name is Max.", NULL },
		{ "no, Mex", "Got it: your dog's name is Mex.", NULL },
		{ "My dog Rex is asleep.", "Let me ask before I note that.", NULL },
	};
	bench b;

	REQUIRE(bench_open(&b, "own"));
	tell(&b, "I", "home", "Oslo");
	tell(&b, "my dog", "name", "Rex");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char want[200];

		*b.notes = 0;
		turn_run(&b.app, cases[i].said);
		snprintf(want, sizeof(want), "%d %s\n", EV_TOKEN, cases[i].reply);
		if (!CHECK(strstr(b.notes, want) != NULL))
			printf("  %s: %s\n", cases[i].said, b.notes);
		CHECK_STR(b.app.talk.turns[b.app.talk.n - 1].text, cases[i].kept ? cases[i].kept : cases[i].reply);
		turn_redo(&b.app, NULL);
		CHECK(strstr(b.notes, "not the model's reply") != NULL);
	}
	/* what only adds, says more or asks is the model's to answer */
	for (int i = 0; i < 3; i++) {
		*b.notes = 0;
		turn_run(&b.app, i == 0 ? "My cat is called Tom." : i == 1 ? "I moved to Rome. What can I see there?" : "Where do I live?");
		CHECK(!strstr(b.notes, "Got it") && !b.app.last_own);
	}
	b.app.incognito = true;
	turn_run(&b.app, "My cat is called Kim.");
	CHECK(strstr(b.notes, "Okay, for this conversation: your cat's name is Kim. I won't keep it: this is incognito.") != NULL);
	turn_run(&b.app, "I don't live in Rome anymore.");
	CHECK(strstr(b.notes, "Okay. What I have learned stays as it is: this is incognito.") != NULL);
	b.app.incognito = false;
	b.app.learn_mode = LEARN_OFF;
	turn_run(&b.app, "I speak Thai.");
	CHECK(strstr(b.notes, "Okay, for this conversation: you speak Thai. I won't keep it: learning is off.") != NULL);
	bench_close(&b);
}

static void what_is_known_of_the_dead_is_asked_about(void)
{
	char err[256] = "";
	bench b;

	REQUIRE(bench_open(&b, "died"));
	int64_t oslo = tell(&b, "I", "home", "Oslo"), tom = tell(&b, "my cat", "name", "Tom");
	int64_t breed = tell(&b, "my cat", "breed", "Siamese"), rex = tell(&b, "my dog", "name", "Rex");

	turn_run(&b.app, "My cat died.");
	CHECK(strstr(b.notes, "I'm sorry to hear that. What you told me stays unless you say otherwise.") != NULL);
	CHECK(strstr(b.notes, "You told me: your cat's name is Tom; your cat is a Siamese. Remove these, or keep them? [r/k]") != NULL);
	CHECK_INT(learn_answer(&b.app, 'k', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, tom), FACT_ACTIVE);
	turn_run(&b.app, "Tom passed away last week. It is sad."); /* by name, and the model has more to answer */
	CHECK(!b.app.last_own && b.app.n_asked == 1);
	turn_run(&b.app, "Hello."); /* left open: it stays */
	CHECK_INT(aid_status(b.app.memory, tom), FACT_ACTIVE);
	turn_run(&b.app, "We had to put our cat down.");
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK(aid_status(b.app.memory, tom) == FACT_FORGOTTEN && aid_status(b.app.memory, breed) == FACT_FORGOTTEN);
	CHECK(aid_status(b.app.memory, oslo) == FACT_ACTIVE && aid_status(b.app.memory, rex) == FACT_ACTIVE);
	turn_redo(&b.app, "We had to put our cat outside."); /* another message in its place: as if not said */
	CHECK(aid_status(b.app.memory, tom) == FACT_ACTIVE && aid_status(b.app.memory, breed) == FACT_ACTIVE);
	*b.notes = 0;
	turn_run(&b.app, "My parrot died. I'm divorced."); /* nothing is known of them */
	CHECK(!b.app.n_asked && !b.app.last_own);
	bench_close(&b);
}

static void what_is_not_remembered_is_said(void)
{
	bench b;

	REQUIRE(bench_open(&b, "unread"));
	turn_command(&b.app, "remember my dog is called Rex and bananas float on water");
	CHECK(strstr(b.notes, "your dog's name is Rex") && strstr(b.notes, "not understood, and so not noted: \"bananas float on water\""));
	*b.notes = 0;
	turn_command(&b.app, "remember I live in Porto. I speak French.");
	CHECK(!strstr(b.notes, "not understood"));
	turn_command(&b.app, "remember bananas float on water");
	CHECK(strstr(b.notes, "no fact was found in that") && !strstr(b.notes, "not understood"));
	bench_close(&b);
}

static void undo_says_what_went_and_what_is_back(void)
{
	bench b;

	REQUIRE(bench_open(&b, "undosays"));
	turn_run(&b.app, "I live in Porto.");
	turn_run(&b.app, "I moved to Rome.");
	turn_command(&b.app, "undo");
	CHECK(strstr(b.notes, "undone: #2 is out: you live in Rome; #1 is back: you live in Porto\n") != NULL);
	turn_run(&b.app, "I no longer live in Porto.");
	turn_command(&b.app, "undo");
	CHECK(strstr(b.notes, "undone: #1 is back: you live in Porto\n") != NULL);
	turn_command(&b.app, "undo");
	CHECK(strstr(b.notes, "undone: #1 is out: you live in Porto\n") != NULL);
	bench_close(&b);
}

/* The same prompt, token by token, as without what was said of it; and as it was once it is told again. */
static void what_was_taken_back_is_not_shown_to_the_model(void)
{
	int32_t *tokens = NULL, *other = NULL;
	size_t n = 0, n_other = 0;
	char err[256] = "";
	bench b;

	REQUIRE(bench_open(&b, "gone"));
	b.app.talk = (dialogue){ 0 };
	REQUIRE(!dialogue_add(&b.app.talk, "user", "Where do I live?", 16));
	CHECK_INT(turn_prompt(&b.app, &tokens, &n, err, sizeof(err)), 0);
	dialogue_clear(&b.app.talk);
	turn_run(&b.app, "I live in Porto.");
	turn_run(&b.app, "I no longer live in Porto.");
	CHECK_INT(b.app.talk.n, 4);
	REQUIRE(!dialogue_add(&b.app.talk, "user", "Where do I live?", 16));
	CHECK_INT(turn_prompt(&b.app, &other, &n_other, err, sizeof(err)), 0);
	CHECK(n == n_other && !memcmp(tokens, other, n * sizeof(*tokens)));
	free(other);
	tell(&b, "I", "home", "Porto");
	CHECK_INT(turn_prompt(&b.app, &other, &n_other, err, sizeof(err)), 0);
	CHECK(n_other > n);
	free(other);
	free(tokens);
	bench_close(&b);
}

static void a_question_stays_open_while_told_to_wait(void)
{
	bench b;

	REQUIRE(bench_open(&b, "patience"));
	turn_run(&b.app, "Where do I live?");
	turn_run(&b.app, "hold on");
	turn_run(&b.app, "In Porto.");
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	CHECK(strstr(b.notes, "you live in Porto") != NULL);
	bench_close(&b);
}

static void what_a_replaced_message_told_is_undone(void)
{
	bench b;

	REQUIRE(bench_open(&b, "replaced"));
	turn_run(&b.app, "I live in Porto.");
	turn_run(&b.app, "I live in Lisbon. My dog is called Rex.");
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	turn_redo(&b.app, NULL); /* another reply, the same words */
	CHECK_INT(aid_status(b.app.memory, 2), FACT_ACTIVE);
	turn_redo(&b.app, "My dog is called Rex.");
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	CHECK(aid_status(b.app.memory, 2) != FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE); /* not learned anew */
	CHECK_INT(aid_status(b.app.memory, 4), -100);
	turn_redo(&b.app, "My dog is called Max.");
	CHECK_INT(aid_status(b.app.memory, 4), FACT_ACTIVE);
	turn_redo(&b.app, "Hello.");
	CHECK(aid_status(b.app.memory, 4) != FACT_ACTIVE);
	CHECK(aid_status(b.app.memory, 3) != FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE); /* the message before it stays */
	bench_close(&b);
}

/* Whatever the old message did to the ledger: the weights are those of before it, bit for bit. */
static void a_replaced_message_leaves_no_trace(void)
{
	static const struct {
		const char *said, *instead, *back; /* back: in the ledger again at once, or NULL where nothing had gone */
	} cases[] = {
		{ "I moved to Rome.", "I love Rome.", "you live in Oslo" },
		{ "I no longer live in Oslo.", "I still like it here.", "you live in Oslo" },
		{ "I no longer speak Dutch.", "Dutch is hard.", "you speak Dutch" },
		{ "I moved to Rome. My dog is called Max. I speak Polish.", "Never mind.", "your dog's name is Rex" },
		{ "My cat is called Momo.", "My cat is asleep.", NULL },
		{ "I live in Rome. No, I live in Paris.", "Rome and Paris are far apart.", "you live in Oslo" },
	};
	char dir[32];
	bench b;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t before;
		fact *f = NULL;
		size_t n = 0;

		snprintf(dir, sizeof(dir), "trace%zu", i);
		REQUIRE(bench_open(&b, dir));
		tell(&b, "I", "home", "Oslo");
		tell(&b, "my dog", "name", "Rex");
		tell(&b, "I", "language", "Dutch");
		tell(&b, "I", "language", "French");
		CHECK_INT(learn_all(&b), 4);
		before = weights(&b);
		turn_run(&b.app, cases[i].said);
		CHECK(learn_all(&b) >= 0);
		if (!CHECK(weights(&b) != before))
			printf("  %s\n", cases[i].said);
		*b.notes = 0;
		turn_redo(&b.app, cases[i].instead);
		CHECK(!cases[i].back || strstr(b.notes, cases[i].back));
		CHECK(learn_all(&b) >= 0);
		if (!CHECK(weights(&b) == before))
			printf("  %s\n", cases[i].said);
		CHECK_INT(memory_facts(b.app.memory, NULL, true, &f, &n, NULL, 0), 0);
		CHECK_INT(n, 4);
		facts_free(f, n);
		bench_close(&b);
	}
}

/* What both messages say stays as it is; a later value takes the place of what stood before the old message. */
static void a_replaced_message_keeps_what_it_says_again(void)
{
	char err[256] = "";
	int64_t ids[4], undone = 0;
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "again"));
	int64_t oslo = tell(&b, "I", "home", "Oslo");

	turn_run(&b.app, "I moved to Rome.");
	turn_redo(&b.app, "I moved to Paris.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_SUPERSEDED);
	CHECK_INT(learn_undo(&b.app, 0, NULL, &undone, err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE); /* Rome was never said */
	turn_run(&b.app, "I no longer live in Oslo. My dog is called Rex.");
	turn_redo(&b.app, "I no longer live in Oslo.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	CHECK_INT(learn_text(&b.app, "My cat is called Momo.", true, ids, 4, &n, err, sizeof(err)), 1); /* /remember in between */
	turn_redo(&b.app, "I am tired.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, ids[0]), FACT_ACTIVE);
	/* what the user saw to meanwhile stays so */
	*b.notes = 0;
	turn_run(&b.app, "My dog is called Max.");
	CHECK_INT(b.app.n_deeds, 1);
	CHECK_INT(learn_undo(&b.app, 0, NULL, &undone, err, sizeof(err)), 0);
	turn_redo(&b.app, "Hello.");
	CHECK(aid_status(b.app.memory, undone) != FACT_ACTIVE);
	CHECK(!strstr(b.notes, "not all that"));
	/* the answer to a question is the message's, too */
	b.app.learn_mode = LEARN_ASK;
	turn_run(&b.app, "I no longer live in Oslo.");
	CHECK(b.app.n_asked);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	turn_redo(&b.app, "Oslo is cold.");
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE);
	/* a correction in the new text is of the message before, not of the one it replaces */
	b.app.learn_mode = LEARN_AUTO;
	*b.notes = 0;
	turn_run(&b.app, "My cat is called Mimi.");
	turn_run(&b.app, "No, Lulu.");
	turn_redo(&b.app, "No, Lola.");
	CHECK(strstr(b.notes, "your cat's name is Lola") != NULL);
	bench_close(&b);
}

/* "Forget ..." does what /forget does, asks where several are meant, and touches nothing that was not meant. */
static void a_request_to_forget_is_done(void)
{
	uint64_t base, before;
	bench b;

	REQUIRE(bench_open(&b, "request"));
	base = weights(&b);
	turn_run(&b.app, "forget where I live"); /* nothing is known */
	CHECK(strstr(b.notes, "no fact matches \"home\"") != NULL);
	CHECK_INT(b.app.talk.n, 2);
	int64_t oslo = tell(&b, "I", "home", "Oslo"), rex = tell(&b, "my dog", "name", "Rex");
	int64_t beagle = tell(&b, "my dog", "breed", "beagle"), momo = tell(&b, "my cat", "name", "Momo");

	CHECK(learn_all(&b) > 0);
	before = weights(&b);
	turn_run(&b.app, "don't forget where I live");
	turn_run(&b.app, "I always forget my dog");
	CHECK(weights(&b) == before);
	*b.notes = 0;
	turn_run(&b.app, "Please forget where I live.");
	CHECK(strstr(b.notes, "forgotten #1: you live in Oslo. The weights are as if it had never been said.") != NULL);
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	CHECK_STR(b.app.talk.turns[b.app.talk.n - 1].text, "Forgotten."); /* no value is left for the model to read */
	turn_redo(&b.app, NULL); /* no other reply */
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_FORGOTTEN);
	turn_redo(&b.app, "Forget nothing."); /* and it can be taken back */
	CHECK_INT(aid_status(b.app.memory, oslo), FACT_ACTIVE);
	CHECK(learn_all(&b) >= 0);
	CHECK(weights(&b) == before);
	/* several */
	*b.notes = 0;
	turn_run(&b.app, "forget my dog");
	CHECK(strstr(b.notes, "Which of these?") && strstr(b.notes, "#2 your dog's name is Rex\n#3 your dog is a beagle"));
	CHECK_INT(aid_status(b.app.memory, rex), FACT_ACTIVE);
	turn_run(&b.app, "4"); /* was not asked about */
	CHECK_INT(aid_status(b.app.memory, momo), FACT_ACTIVE);
	turn_run(&b.app, "3"); /* too late: another message came between */
	CHECK_INT(aid_status(b.app.memory, beagle), FACT_ACTIVE);
	turn_run(&b.app, "forget my dog");
	turn_run(&b.app, "#3");
	CHECK_INT(aid_status(b.app.memory, beagle), FACT_FORGOTTEN);
	turn_run(&b.app, "forget everything you know about me");
	turn_run(&b.app, "none");
	CHECK_INT(aid_status(b.app.memory, rex), FACT_ACTIVE);
	turn_run(&b.app, "forget everything you know about me");
	turn_run(&b.app, "All of them.");
	CHECK(aid_status(b.app.memory, rex) == FACT_FORGOTTEN && aid_status(b.app.memory, oslo) == FACT_FORGOTTEN);
	CHECK(weights(&b) == base);
	/* what was just said */
	turn_run(&b.app, "My dog is called Max.");
	turn_run(&b.app, "Forget what I just told you.");
	CHECK(strstr(b.notes, "It is as if you had not said it.") != NULL);
	CHECK(weights(&b) == base);
	*b.notes = 0;
	turn_run(&b.app, "Forget Max!"); /* nobody by that name any more: talk */
	CHECK(!strstr(b.notes, "no fact matches"));
	/* by words alone it is asked about; /forget takes the same words */
	int64_t max = tell(&b, "my dog", "name", "Max");

	turn_run(&b.app, "forget my Max thing");
	turn_run(&b.app, "forget my max");
	CHECK(strstr(b.notes, "Do you mean this?") != NULL);
	CHECK_INT(aid_status(b.app.memory, max), FACT_ACTIVE);
	turn_run(&b.app, "yes");
	CHECK_INT(aid_status(b.app.memory, max), FACT_FORGOTTEN);
	tell(&b, "I", "home", "Rome");
	turn_command(&b.app, "forget where I live");
	CHECK(strstr(b.notes, "you live in Rome. The weights are") != NULL);
	bench_close(&b);
}

static void a_short_correction_means_the_last_message(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "corrected"));
	CHECK_INT(learn_text(&b.app, "my cat is called Momo", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_text(&b.app, "no, Mimi", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK(strstr(b.notes, "your cat's name is Mimi") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(learn_text(&b.app, "wait, Mimmi", false, ids, 4, &n, err, sizeof(err)), 1); /* of the correction */
	CHECK_INT(aid_status(b.app.memory, 2), FACT_SUPERSEDED);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	/* A message that says nothing of the kind ends it, and so do /new, /undo and /forget. */
	CHECK_INT(learn_text(&b.app, "What do cats eat?", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "no, Lulu", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "I live in Porto", false, ids, 4, &n, err, sizeof(err)), 1);
	turn_new(&b.app);
	CHECK_INT(learn_text(&b.app, "not Porto, Lisbon", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "I live in Porto", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_forget(&b.app, 4, err, sizeof(err)), 0);
	CHECK_INT(learn_text(&b.app, "not Porto, Lisbon", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	bench_close(&b);
}

/* The question's turn counts, whatever this model said to it, and no other turn. */
static void a_value_alone_answers_the_question(void)
{
	bench b;

	REQUIRE(bench_open(&b, "alone"));
	turn_run(&b.app, "Rex");
	turn_run(&b.app, "What is my dog called again?");
	turn_run(&b.app, "Hello there.");
	turn_run(&b.app, "Rex");
	CHECK_INT(aid_status(b.app.memory, 1), -100);
	turn_run(&b.app, "What is my dog called again?");
	turn_run(&b.app, "It's Rex");
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	turn_redo(&b.app, "It's Max"); /* in the same place: the same question's */
	CHECK(aid_status(b.app.memory, 1) != FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 2), FACT_ACTIVE);
	turn_run(&b.app, "I have a cat.");
	turn_run(&b.app, "She's called Tom."); /* "she": of the message before */
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	turn_redo(&b.app, "She's called Tim.");
	CHECK(aid_status(b.app.memory, 3) != FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 4), FACT_ACTIVE);
	bench_close(&b);
}

/* As after a restart: the last message can be put right, gone on from and replaced. */
static void a_conversation_is_taken_up(void)
{
	char err[256] = "", *text = NULL;
	size_t size = 0;
	bench b;
	FILE *out;

	REQUIRE(bench_open(&b, "takenup"));
	turn_run(&b.app, "I have a cat. I live in Porto.");
	REQUIRE((out = open_memstream(&text, &size)) != NULL);
	CHECK_INT(chats_load(&b.app, out, "", err, sizeof(err)), 0);
	turn_run(&b.app, "no, Lisbon");
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(aid_status(b.app.memory, 2), FACT_ACTIVE);
	turn_run(&b.app, "My dog is here.");
	CHECK_INT(chats_load(&b.app, out, "", err, sizeof(err)), 0);
	turn_run(&b.app, "His name is Rex.");
	CHECK_INT(aid_status(b.app.memory, 3), FACT_ACTIVE);
	CHECK_INT(chats_load(&b.app, out, "", err, sizeof(err)), 0);
	turn_redo(&b.app, "His name is Max.");
	CHECK(aid_status(b.app.memory, 3) != FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 4), FACT_ACTIVE);
	CHECK_INT(aid_status(b.app.memory, 2), FACT_ACTIVE); /* an older message's */
	fclose(out);
	free(text);
	bench_close(&b);
}

/* A second sister, mentioned in passing, does not take the place of the first; a plain statement does. */
static void what_is_said_in_passing_replaces_nothing(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "passing"));
	CHECK_INT(learn_text(&b.app, "My dog Rex is asleep.", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_text(&b.app, "My dog Max is asleep.", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.n_asked && strstr(b.notes, "your dog's name is Rex. Now: your dog's name is Max. Replace, ignore? [r/i]") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	learn_ask_clear(&b.app);
	CHECK_INT(learn_text(&b.app, "My dog Rex is awake.", false, ids, 4, &n, err, sizeof(err)), 1); /* known */
	CHECK_INT(learn_text(&b.app, "My dog is called Max.", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	bench_close(&b);
}

static void a_doubtful_correction_is_asked_about(void)
{
	char err[256] = "";
	int64_t ids[4];
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "doubted"));
	CHECK_INT(learn_text(&b.app, "my dog is called Rex", false, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(learn_text(&b.app, "no, biscuit", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.n_asked);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_ACTIVE);
	CHECK_INT(learn_answer(&b.app, 'r', err, sizeof(err)), 0);
	CHECK_INT(aid_status(b.app.memory, 1), FACT_SUPERSEDED);
	CHECK_INT(learn_text(&b.app, "Bisquit, not biscuit", false, ids, 4, &n, err, sizeof(err)), 1); /* of what was answered */
	CHECK(strstr(b.notes, "Bisquit") != NULL);
	bench_close(&b);
}

/* A no makes a question, and nothing else does; the random model's yes is turned by what counts as one. */
static void a_second_opinion_makes_questions(void)
{
	static const char text[] = "My dog is called Rex.", home[] = "I live in Porto.";
	char err[256] = "";
	detect_result d = { 0 };
	int64_t ids[4];
	double yes = -1, again = -1;
	size_t n = 0;
	bench b;

	REQUIRE(bench_open(&b, "opinion"));
	CHECK(learn_may_judge(&b.app)); /* no value code */
	CHECK(b.app.yes_least == 0);    /* off unless asked for */
	REQUIRE(!detect(b.app.relations, text, strlen(text), false, &d, err, sizeof(err)) && d.n_facts == 1);
	CHECK_INT(learn_opinion(&b.app, text, d.facts, &yes, err, sizeof(err)), 0);
	CHECK_INT(learn_opinion(&b.app, text, d.facts, &again, err, sizeof(err)), 0);
	CHECK(yes > 0 && yes < 1 && yes == again);
	CHECK(!learn_doubts(&b.app, text, d.facts));
	b.app.yes_least = yes / 2;
	CHECK(!learn_doubts(&b.app, text, d.facts));
	b.app.yes_least = 1;
	CHECK(learn_doubts(&b.app, text, d.facts));
	CHECK_INT(learn_text(&b.app, text, false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK(b.app.n_asked && strstr(b.notes, "Remember: your dog's name is Rex?") != NULL);
	CHECK_INT(aid_status(b.app.memory, 1), -100);
	learn_ask_clear(&b.app);
	CHECK_INT(learn_text(&b.app, text, true, ids, 4, &n, err, sizeof(err)), 1); /* /remember: no question */
	CHECK(!b.app.n_asked);
	d.facts[0].op = DETECT_RETRACT;
	CHECK(!learn_doubts(&b.app, text, d.facts)); /* what is taken back is */
	detect_free(&d);
	turn_command(&b.app, "set second-opinion off");
	CHECK_INT(learn_text(&b.app, home, false, ids, 4, &n, err, sizeof(err)), 1);
	turn_command(&b.app, "set second-opinion on");
	CHECK(b.app.yes_least > 0 && b.app.yes_least < 1);
	bench_close(&b);
}

static void what_the_weights_lost_is_learned_again(void)
{
	char err[256];
	int64_t id;
	bench b;

	REQUIRE(bench_open(&b, "selfcheck"));
	id = tell(&b, "I", "home", "Porto");
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE); /* not in the weights yet */
	CHECK_INT(learn_all(&b), 1);
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE); /* looked at less than a day ago */
	b.app.incognito = true;
	CHECK_INT(memory_check_due(b.app.memory, 0, &id, err, sizeof(err)), 0);
	bench_close(&b);
	REQUIRE(ledger_change("selfcheck", "UPDATE facts SET last_verified = 1"));
	REQUIRE(bench_open(&b, "selfcheck"));
	b.app.incognito = true;
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE);
	b.app.incognito = false;
	/* The random model answers nothing of the kind. */
	CHECK_INT(learn_self_check(&b.app), LEARN_ENDED);
	CHECK_INT(aid_state(b.app.memory, id), EDIT_QUEUED);
	CHECK(strstr(b.notes, "learned again") != NULL);
	CHECK_INT(learn_self_check(&b.app), LEARN_IDLE);
	bench_close(&b);
}

static void a_statement_is_noted_once(void)
{
	int64_t ids[4];
	size_t n = 0;
	char err[256] = "";
	bench b;

	REQUIRE(bench_open(&b, "noted"));
	CHECK_INT(learn_text(&b.app, "My dog is called Biscuit.", true, ids, 4, &n, err, sizeof(err)), 1);
	REQUIRE(n == 1);
	CHECK(strstr(b.notes, "your dog's name is Biscuit") != NULL);
	CHECK_INT(learn_text(&b.app, "My dog is called Biscuit.", true, ids, 4, &n, err, sizeof(err)), 1);
	CHECK_INT(n, 1); /* it is held, and says which */
	CHECK_INT(ids[0], 1);
	CHECK_INT(learn_text(&b.app, "What is my dog called?", false, ids, 4, &n, err, sizeof(err)), 0);
	CHECK_INT(n, 0);
	bench_close(&b);
}

static void check_wording(const relations *r, const char *typed, const char *want)
{
	char *got = wording_of(r, typed);

	CHECK_STR(got ? got : typed, want);
	free(got);
}

static void questions_are_shown_as_the_model_knows_them(void)
{
	bench b;

	REQUIRE(bench_open(&b, "wording"));
	check_wording(b.app.relations, "WHERE DO I LIVE? I FORGOT.", "Where do I live? I forgot.");
	check_wording(b.app.relations, "WHAT'S MY DOG CALLED", "What's my dog called");
	check_wording(b.app.relations, "DOG'S NAME?", "My dog's name?");
	check_wording(b.app.relations, "Dog's name?", "My dog's name?");
	check_wording(b.app.relations, "What’s my dog’s name?", "What's my dog's name?");
	check_wording(b.app.relations, "cat's breed ?", "My cat's breed ?");
	check_wording(b.app.relations, "home?", "My home?");
	check_wording(b.app.relations, "NASA?", "NASA?");
	check_wording(b.app.relations, "MY DOG IS CALLED REX", "MY DOG IS CALLED REX");
	check_wording(b.app.relations, "What is my dog called?", "What is my dog called?");
	check_wording(b.app.relations, "Tom's name?", "Tom's name?");
	check_wording(b.app.relations, "home", "home");
	check_wording(b.app.relations, "", "");
	bench_close(&b);
}

static void many_are_reported_without_a_ledger(void)
{
	app a = { 0 };
	char err[256], *text = NULL;
	size_t size = 0;
	int64_t id;
	FILE *f = open_memstream(&text, &size);

	REQUIRE(f != NULL);
	CHECK_INT(report_facts(&a, f, NULL, true, err, sizeof(err)), 0);
	CHECK_INT(report_edits(&a, f, true, NULL, 0, true, err, sizeof(err)), 0);
	CHECK_INT(report_choose(&a, f, "dog", false, &id, err, sizeof(err)), MEMORY_ENOENT);
	fclose(f);
	CHECK_INT(size, 0);
	free(text);
}

int main(void)
{
	if (!learn_aid_init("test-learn-notice"))
		return 1;
	TEST_RUN(unsure_words_are_asked_about);
	TEST_RUN(in_ask_mode_nothing_is_noted_unasked);
	TEST_RUN(the_reply_says_what_becomes_of_the_message);
	TEST_RUN(what_is_known_of_the_dead_is_asked_about);
	TEST_RUN(what_is_not_remembered_is_said);
	TEST_RUN(undo_says_what_went_and_what_is_back);
	TEST_RUN(what_was_taken_back_is_not_shown_to_the_model);
	TEST_RUN(a_question_stays_open_while_told_to_wait);
	TEST_RUN(what_a_replaced_message_told_is_undone);
	TEST_RUN(a_replaced_message_leaves_no_trace);
	TEST_RUN(a_replaced_message_keeps_what_it_says_again);
	TEST_RUN(a_request_to_forget_is_done);
	TEST_RUN(a_short_correction_means_the_last_message);
	TEST_RUN(a_value_alone_answers_the_question);
	TEST_RUN(a_conversation_is_taken_up);
	TEST_RUN(what_is_said_in_passing_replaces_nothing);
	TEST_RUN(a_doubtful_correction_is_asked_about);
	TEST_RUN(a_second_opinion_makes_questions);
	TEST_RUN(what_the_weights_lost_is_learned_again);
	TEST_RUN(a_statement_is_noted_once);
	TEST_RUN(questions_are_shown_as_the_model_knows_them);
	TEST_RUN(many_are_reported_without_a_ledger);
	aid_done();
	return test_done();
}
