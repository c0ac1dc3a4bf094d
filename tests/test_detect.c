/*
 * detect.c and its parts: every never-a-fact rule, spans, ops, /remember's liberties, any bytes as input.
 */
#include "../memory/memory.h"
#include "detect_set.h"
#include "test.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static relations *table;

static detect_result found(const char *text, bool explicit_ask)
{
	detect_result d = { 0 };
	char err[128] = "";

	CHECK_INT(detect(table, text, strlen(text), explicit_ask, &d, err, sizeof(err)), 0);
	return d;
}

/* "subject|relation|value|op" of the only fact, or how many there were. */
static void check_fact(const char *text, const char *want)
{
	detect_result d = found(text, false);
	char got[512];

	snprintf(got, sizeof(got), "%zu facts", d.n_facts);
	if (d.n_facts == 1)
		snprintf(got, sizeof(got), "%s|%s|%s|%s", d.facts[0].subject, d.facts[0].relation,
			 d.facts[0].value, detect_op_name(d.facts[0].op));
	if (!CHECK_STR(got, want))
		printf("  in: %s\n", text);
	detect_free(&d);
}

static void check_none(const char *text, const char *reason)
{
	detect_result d = found(text, false);
	bool same = !reason;

	for (size_t i = 0; i < d.n_ignored; i++)
		same = same || !strcmp(d.ignored[i].reason, reason);
	if (!CHECK_INT(d.n_facts, 0) || !CHECK(same))
		printf("  in: %s: %s\n", text,
		       d.n_facts     ? d.facts[0].value
		       : d.n_ignored ? d.ignored[0].reason
				     : "no reason");
	detect_free(&d);
}

/* A text that gives nothing, and why; NULL: any reason, or none. */
struct refused {
	const char *text, *reason;
};

static void check_refused(const struct refused *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_none(rows[i].text, rows[i].reason);
}

static void test_never_a_fact(void)
{
	static const struct refused rows[] = {
		{ "Is my name Ingrid?", "question" },
		{ "do you know where i live", "question" },
		{ "My dog is called Rex, right?", "question" },
		{ "If my name were Bob I would laugh.", "hypothetical" },
		{ "Maybe I'm allergic to nuts.", "hypothetical" },
		{ "I think my boss is called Frank.", "hypothetical" },
		{ "I would live in Rome.", "hypothetical" },
		{ "I wish my name was Alexandra.", "wish" },
		{ "I want to live in Tokyo.", "wish" },
		{ "I will move to Canada.", "plan" },
		{ "I'm going to live in Oslo.", "plan" },
		{ "I used to live in Prague.", "past" },
		{ "When I was a kid, my dog was called Spot.", NULL },
		{ "I had a dog called Rusty.", "past" },
		{ "My dog is not called Rex.", "negation" },
		{ "I'm not a doctor.", "negation" },
		{ "He said my name is Bob.", "hearsay" },
		{ "Apparently my neighbor is called Fritz.", "hearsay" },
		{ "Imagine my name is Sherlock.", "fiction" },
		{ "Let's play a game. I'm a pirate. My name is Hook.", "fiction" },
		{ "In my novel, my sister is called Ophelia.", "fiction" },
		{ "She wrote: \"My name is Carol and I live in Rome.\"", "quote" },
		{ "> My name is Peter", "quote" },
		{ "`my name is Bob`", "code" },
		{ "```\nmy name is Bob\n```", "code" },
		{ "    my name is Bob", "code" },
		{ "My name is Elvis Presley, just kidding!", "joke" },
		{ "I'm like a nurse to my friends.", "comparison" },
		{ "Write a poem about my dog Rex.", "request" },
		{ "Translate this sentence:\nMy name is Peter.", "request" },
		{ "My wifi password is hunter2.", "secret" },
		{ "My favorite number is 4111 1111 1111 1111.", "secret" },
		{ "My birthday is tomorrow!", "relative date" },
		{ "Example: my name is Bob.", "quote" },
		{ "The sign says my dog is called Rex.", "quote" },
		{ "The song goes: my name is Bob.", "quote" },
		{ "Sample bio: I'm Jane Roe, a dentist from Ohio.", "quote" },
		{ "Paraphrase: I work as a cook.", "request" },
		{ "Convert to passive: my brother drives a Volvo.", "request" },
		{ "*waves* I am Zorg and I live in Rome.", "fiction" },
		{ "// my name is Bob", "code" },
		{ "name: \"Bob\",", "code" },
		{ "User: my name is Bob\nAssistant: hi Bob", "quote" },
		{ "Say my name is Bob, what then", "hypothetical" },
	};

	check_refused(rows, sizeof(rows) / sizeof(*rows));
}

/* What sounds like a value and is none. */
static void test_said_of_an_attribute(void)
{
	static const struct refused rows[] = {
		{ "My job is stressful.", NULL },
		{ "My job is killing me.", NULL },
		{ "My job is teaching kids to swim.", NULL },
		{ "My goal is the same.", NULL },
		{ "My coffee is gone.", NULL },
		{ "My nickname is embarrassing.", NULL },
		{ "My last name is unusual.", NULL },
		{ "My instrument is out of tune.", NULL },
		{ "My condition is improving.", NULL },
		{ "My car is called Betsy.", NULL },
		{ "My dad Googled it.", NULL },
		{ "I'm a teacher in training.", NULL },
		{ "I have no allergies.", NULL },
		{ "My favorite book is the one I wrote.", NULL },
		{ "My dog is tired.", NULL },
		{ "My sister is here.", NULL },
		{ "I'm hungry.", NULL },
		{ "I'm Happy to help.", NULL },
		{ "I live in fear.", NULL },
		{ "You live in the cloud.", NULL },
		{ "He is a plumber.", NULL },
		{ "France is a country.", NULL },
		{ "Your name is Imprint.", NULL },
		{ "My point is that nobody reads it.", NULL },
		{ "My guess is Tuesday.", NULL },
		{ "My hope is Porto wins.", NULL },
		{ "My train is late.", NULL },
		{ "My favorite drink is sold out everywhere.", NULL },
		{ "My favorite song is stuck in my head.", NULL },
		{ "My favorite color is everywhere this year.", NULL },
		{ "My allergy is under control.", NULL },
		{ "My employer is threatening layoffs.", NULL },
		{ "My sport is cancelled this week.", NULL },
		{ "My coffee is too strong.", NULL },
		{ "My goal is very simple.", NULL },
		{ "My surname is Irish.", NULL },
		{ "My major is undecided.", NULL },
		{ "My username is case sensitive.", NULL },
		{ "My team is the best.", NULL },
		{ "My deadline is midnight.", NULL },
		{ "My hobby is complaining.", NULL },
		{ "My job is a slog.", NULL },
		{ "My cat is a rescue.", NULL },
		{ "My dog is Houdini.", NULL },
		{ "My dentist is a butcher.", NULL },
		{ "My brother is the chef in the family.", NULL },
		{ "My company is based in Riga.", NULL },
		{ "I'm basically a taxi driver for my kids.", NULL },
		{ "I'm playing nurse this week.", NULL },
		{ "I'm a student of life.", NULL },
		{ "I'm an ex-teacher.", NULL },
		{ "I work at height.", NULL },
	};

	check_refused(rows, sizeof(rows) / sizeof(*rows));
}

/* Found later on: of everything. */
static void test_never_a_fact_either(void)
{
	static const struct refused rows[] = {
		{ "Tell me a joke about dentists, I'm one.", NULL },
		{ "My late husband Walter loved this garden.", "past" },
		{ "My sister Noa would have been 30 today.", "hypothetical" },
		{ "We had to put our dog Benji down.", NULL },
		{ "Do you remember my dog Rex?", NULL },
		{ "I was born in the USA, born in the USA.", "quote" },
		{ "Caption idea: me and my dog Rolo at the beach.", "quote" },
		{ "Chapter one: My name is Ishtar.", "quote" },
		{ "Dear Sir, my name is Peter Okoro and I live in Lagos.", "quote" },
		{ "From: Anna Berg. To: Lars. I live in Oslo.", "quote" },
		{ "Let's write a sitcom: I'm a landlord named Stan, my wife Doreen sings.", "fiction" },
		{ "Picture this: I'm a nurse living in Dubai.", "fiction" },
		{ "Write a poem for my brother Glyn, who is a baker.", "request" },
		{ "I'm an astronaut, lol no, I fix boilers.", "joke" },
		{ "Taylor Swift is from Pennsylvania.", NULL },
		{ "I'm basically nine.", NULL },
		{ "I'm a Berliner.", NULL },
		{ "I'm a goalkeeper in a Sunday league team.", NULL },
		{ "I grew out of my peanut allergy.", NULL },
		{ "I work out at the gym.", NULL },
		{ "I've been with Anna for ten years.", NULL },
		{ "The baby's name is Otis! Born on 2 March.", NULL },
		{ "My dog food is gone.", NULL },
		{ "", NULL },
	};

	check_refused(rows, sizeof(rows) / sizeof(*rows));
}

static void test_ops(void)
{
	check_fact("I moved to Lisbon.", "I|home|Lisbon|supersede");
	check_fact("I've moved from Porto to Lisbon.", "I|home|Lisbon|supersede");
	check_fact("I no longer work at Globex.", "I|employer|Globex|retract");
	check_fact("I don't live in Porto anymore.", "I|home|Porto|retract");
	check_fact("I changed my phone number to 020 7946 0958.",
		   "I|phone number|020 7946 0958|supersede");
	check_fact("No, my sister's name is Anna, not Ana.", "my sister|name|Anna|supersede");
	check_fact("My name isn't Kate, it's Cate.", "I|name|Cate|supersede");
	check_fact("My dog is called Biscuit.", "my dog|name|Biscuit|add");
	check_fact("I changed my number, it's 604-555-0182 now.",
		   "I|phone number|604-555-0182|supersede");
	check_fact("My number changed: it's 604-555-0182.",
		   "I|phone number|604-555-0182|supersede");
	check_fact("My dentist appointment was moved to Friday.",
		   "I|dentist appointment|Friday|supersede");
	check_fact("I stopped working at Nokia.", "I|employer|Nokia|retract");
	check_fact("I quit Nokia.", "I|employer|Nokia|retract");
}

static void test_values(void)
{
	check_fact("My dog is called Biscuit, by the way, and I love him.",
		   "my dog|name|Biscuit|add");
	check_fact("my dogs name is rex", "my dog|name|Rex|add");
	check_fact("My favorite movie is \"Spirited Away\".", "I|favorite movie|Spirited Away|add");
	check_fact("I live in St. Louis now, it's great.", "I|home|St. Louis|supersede");
	check_fact("My address is 14 Larch Lane, Apt 3, Portland.",
		   "I|address|14 Larch Lane, Apt 3, Portland|add");
	check_fact("My email is ana.silva+x@mail.example.com.",
		   "I|email|ana.silva+x@mail.example.com|add");
	check_fact("My website is https://example.org/~kai?x=1.",
		   "I|website|https://example.org/~kai?x=1|add");
	check_fact("My cat\xe2\x80\x99s name is \xe2\x80\x9cMiso\xe2\x80\x9d.",
		   "my cat|name|Miso|add");
	check_fact("My favorite book is The Lion, the Witch and the Wardrobe.",
		   "I|favorite book|The Lion, the Witch and the Wardrobe|add");
	check_fact("My favorite game is Hollow Knight: Silksong.",
		   "I|favorite game|Hollow Knight: Silksong|add");
	check_fact("I'm 5'11\" tall", "I|height|5'11\"|add");
	check_fact("I live in Washington, D.C.", "I|home|Washington, D.C.|add");
	check_fact("I'm from St. John's, Newfoundland", "I|hometown|St. John's, Newfoundland|add");
	check_fact("i live in new york", "I|home|New York|add");
	check_fact("I live in Rome near the river", "I|home|Rome|add");
	check_fact("I work for Nokia Monday to Friday", "I|employer|Nokia|add");
	check_fact("My nmae is Carlos", "I|name|Carlos|add");
	check_fact("my brother in law works for Airbus", "my brother-in-law|employer|Airbus|add");
	check_fact("I've got a severe allergy to shellfish", "I|allergy|shellfish|add");
	check_fact("I love rock and roll", "I|like|rock and roll|add");
	check_fact("I'm a high school math teacher", "I|job|high school math teacher|add");
	check_fact("my favorite movie is probably Heat", "I|favorite movie|Heat|add");
	check_fact("Keep in mind that I'm allergic to aspirin, ok?", "I|allergy|aspirin|add");
	check_fact("Can you remember that I'm vegan?", "I|diet|vegan|add");
	check_fact("The weather in Dublin, where I live, is awful", "I|home|Dublin|add");
	check_fact("I'm 5 minutes late.", "0 facts");
	check_fact("I'm 130.", "0 facts");
	check_fact("My email is on the card.", "0 facts");
}

/* The span is where the value stands in the user's words. */
static void test_spans(void)
{
	static const char *const rows[] = {
		"Hi! I live in New York City now.", "My sister Zo\xc3\xab is a civil engineer.",
		"my email: a.b@example.com please", "I speak Polish, German and Dutch.",
		"I'm Sam, a nurse from Denver, and my dog is called Olive"
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		detect_result d = found(rows[i], false);

		CHECK(d.n_facts > 0);
		for (size_t k = 0; k < d.n_facts; k++) {
			const detect_fact *f = d.facts + k;

			REQUIRE(f->span[0] < f->span[1] && f->span[1] <= strlen(rows[i]));
			CHECK_INT(strlen(f->value), f->span[1] - f->span[0]);
			CHECK(!strncasecmp(f->value, rows[i] + f->span[0],
					   f->span[1] - f->span[0]));
			CHECK(f->confidence > 0 && f->confidence <= 1);
			CHECK(f->rule && *f->rule && strlen(f->rule) < 32);
		}
		detect_free(&d);
	}
}

static void test_several(void)
{
	detect_result d = found("I'm Sam, a nurse from Denver, and my dog is called Olive. My wife "
				"Elena works for Siemens.",
				false);

	CHECK_INT(d.n_facts, 6);
	detect_free(&d);
	d = found("My dog is called Rex. My dog is called Rex!", false);
	CHECK_INT(d.n_facts, 1); /* said twice, one fact */
	detect_free(&d);
	d = found("We just adopted a kitten. Her name is Pixel.", false);
	REQUIRE(d.n_facts == 1);
	CHECK_STR(d.facts[0].subject, "my kitten");
	detect_free(&d);
}

/* All facts of one message, "subject|relation|value" each. */
static void check_facts(const char *text, const char *const *want, size_t n)
{
	detect_result d = found(text, false);

	if (!CHECK_INT(d.n_facts, n))
		printf("  in: %s\n", text);
	for (size_t i = 0; i < n && i < d.n_facts; i++) {
		char got[512];

		snprintf(got, sizeof(got), "%s|%s|%s", d.facts[i].subject, d.facts[i].relation,
			 d.facts[i].value);
		CHECK_STR(got, want[i]);
	}
	detect_free(&d);
}

static void test_several_in_order(void)
{
	check_facts("I'm Ute, 58, retired teacher.",
		    (const char *const[]){ "I|name|Ute", "I|age|58", "I|job|retired teacher" }, 3);
	check_facts("I am a mother of four, a beekeeper and a terrible cook.",
		    (const char *const[]){ "I|children|four", "I|job|beekeeper" }, 2);
	check_facts("I'm a 29-year-old nurse from Leeds",
		    (const char *const[]){ "I|age|29", "I|job|nurse", "I|hometown|Leeds" }, 3);
	check_facts("My son Leo, 9, plays the violin",
		    (const char *const[]){ "my son|name|Leo", "my son|age|9",
					   "my son|instrument|violin" },
		    3);
	check_facts("my cat (Loki) is a bengal",
		    (const char *const[]){ "my cat|name|Loki", "my cat|breed|bengal" }, 2);
	check_facts("I have type 1 diabetes and a peanut allergy",
		    (const char *const[]){ "I|allergy|peanut", "I|condition|type 1 diabetes" }, 2);
	check_facts("I like tea, coffee and cake",
		    (const char *const[]){ "I|like|tea", "I|like|coffee", "I|like|cake" }, 3);
	check_facts("I like tea, thanks", (const char *const[]){ "I|like|tea" }, 1);
	check_facts("I live in Bonn with my wife Petra",
		    (const char *const[]){ "I|home|Bonn", "my wife|name|Petra" }, 2);
	check_facts("I speak English and Tom speaks French",
		    (const char *const[]){ "I|language|English", "Tom|language|French" }, 2);
	check_facts("Can I bring my dog Rex to Spain?", (const char *const[]){ "my dog|name|Rex" }, 1);
	check_facts("I'm vegetarian, any ideas for a week?", (const char *const[]){ "I|diet|vegetarian" }, 1);
	check_facts("What can I eat as someone who is allergic to nuts?", (const char *const[]){ "I|allergy|nuts" }, 1);
	check_facts("The worst part is that as a paramedic I never sleep.", (const char *const[]){ "I|job|paramedic" }, 1);
	check_facts("my Skoda Fabia won't start, what do I do?", (const char *const[]){ "I|car|Skoda Fabia" }, 1);
	check_facts("I need a card for my colleague. Her name is Beatriz.", (const char *const[]){ "my colleague|name|Beatriz" }, 1);
	check_facts("Quick stats: m, 31, 180 cm, 75 kg. I want to row.",
		    (const char *const[]){ "I|age|31", "I|height|180 cm", "I|weight|75 kg" }, 3);
	check_facts("About me: software tester from Lodz, dad of three, bad at chess",
		    (const char *const[]){ "I|job|software tester", "I|hometown|Lodz", "I|children|three" }, 3);
	check_facts("my dgo is called Bruno and i lvie in Leeds", (const char *const[]){ "my dog|name|Bruno", "I|home|Leeds" }, 2);
	check_facts("we have three children: Ann, Bob and Cy", (const char *const[]){ "my children|names|Ann, Bob and Cy", "I|children|three" }, 2);
	check_facts("Rex, my dog, is 5",
		    (const char *const[]){ "my dog|name|Rex", "my dog|age|5" }, 2);
}

/* What the queue and the person are shown: of every candidate its rule, span and confidence, of everything left out
 * a reason. */
static void test_every_candidate_explained(void)
{
	FILE *f = fopen("tests/detect/dev.tsv", "rb");
	char line[4096];
	size_t facts = 0, ignored = 0;

	REQUIRE(f != NULL);
	while (fgets(line, sizeof(line), f)) {
		detect_result d;

		if (*line == '#')
			continue;
		line[strcspn(line, "\t")] = 0;
		set_unescape(line);
		d = found(line, false);
		for (size_t i = 0; i < d.n_facts; i++) {
			const detect_fact *c = d.facts + i;

			CHECK(c->rule && *c->rule && c->confidence > 0 && c->confidence <= 1);
			CHECK(c->span[1] <= strlen(line));
			CHECK(c->op == DETECT_RETRACT || c->span[0] < c->span[1]);
		}
		for (size_t i = 0; i < d.n_ignored; i++)
			CHECK(d.ignored[i].reason && *d.ignored[i].reason &&
			      d.ignored[i].span[0] < d.ignored[i].span[1] &&
			      d.ignored[i].span[1] <= strlen(line));
		facts += d.n_facts;
		ignored += d.n_ignored;
		detect_free(&d);
	}
	fclose(f);
	CHECK(facts > 1000 && ignored > 400);
}

/* Pronouns find whom they mean, or nobody, after anything that was said. */
static void test_pronouns_after_anything(void)
{
	FILE *f = fopen("tests/detect/dev.tsv", "rb");
	char line[4096];

	REQUIRE(f != NULL);
	while (fgets(line, sizeof(line) - 200, f)) {
		detect_result d;

		if (*line == '#')
			continue;
		line[strcspn(line, "\t")] = 0;
		set_unescape(line);
		strcat(line, ". They are four. Her name is Ann. He was born in Porto, a nurse. It is blue and his birthday is in May. "
			     "Their tail is long.");
		d = found(line, false);
		detect_free(&d);
	}
	fclose(f);
	check_facts("We have two cats, Tom and Bo. They live in Porto.",
		    (const char *const[]){ "my cats|names|Tom and Bo" }, 1);
}

/* A relation of the user's own is found as the shipped ones are. */
static void test_own_relation(void)
{
	char path[] = "/tmp/imprint-relations-XXXXXX";
	int fd = mkstemp(path);
	relations *shipped = table;
	char err[256] = "";
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	REQUIRE(f != NULL);
	fputs("relation tent color\nsubject I\ncardinality one\nsensitivity normal\nvalue color\n"
	      "say My tent color is {v}.\nsay My tent is {v}.\nask What is [my tent color]?\n"
	      "ask What color is [my tent]?\ntest Remind me of [my tent color].\n"
	      "answer Your tent is {v}.\nunknown the color of your tent\n"
	      "note your tent is {v}\n",
	      f);
	fclose(f);
	table = NULL;
	CHECK_INT(relations_load(&table, "assets/relations.txt", err, sizeof(err)), 0);
	if (!CHECK_INT(relations_merge(table, path, err, sizeof(err)), 0))
		printf("  %s\n", err);
	check_fact("My tent color is teal.", "I|tent color|teal|add");
	check_fact("my tent is orange", "I|tent color|orange|add");
	check_fact("My dog is called Rex.", "my dog|name|Rex|add");
	relations_free(table);
	table = shipped;
	unlink(path);
}

static void test_explicit_ask(void)
{
	detect_result d = found("my wifi password is hunter2", true);

	REQUIRE(d.n_facts == 1);
	CHECK_STR(d.facts[0].relation, "wifi password");
	CHECK_STR(d.facts[0].value, "hunter2");
	detect_free(&d);
	d = found("I think my boss is called Frank", true);
	CHECK_INT(d.n_facts, 1);
	detect_free(&d);
	d = found("what is my name?", true);
	CHECK_INT(d.n_facts, 0);
	detect_free(&d);
	d = found("\"my dog is called Rex\"", true);
	CHECK_INT(d.n_facts, 1);
	detect_free(&d);
}

/* A value for every kind of the table, so that each say form must be recognised. */
static const struct sample {
	const char *kind, *value;
} samples[] = {
	{ "person", "Ingrid" },
	{ "full_person", "Andrew Yoder" },
	{ "pet", "Biscuit" },
	{ "place", "Lisbon" },
	{ "city", "Lisbon" },
	{ "country", "Portugal" },
	{ "job", "nurse" },
	{ "company", "Siemens" },
	{ "school", "Harvard" },
	{ "field", "marine biology" },
	{ "color", "teal" },
	{ "food", "ramen" },
	{ "drink", "iced tea" },
	{ "hobby", "hiking" },
	{ "sport", "tennis" },
	{ "team", "Arsenal" },
	{ "music", "jazz" },
	{ "instrument", "cello" },
	{ "language", "Polish" },
	{ "car", "Toyota Yaris" },
	{ "animal", "otter" },
	{ "breed", "beagle" },
	{ "book", "The Hobbit" },
	{ "title", "The Lost Key" },
	{ "band", "The Velvet Foxes" },
	{ "date", "May 5" },
	{ "appointment", "Friday at 3 pm" },
	{ "year", "1999" },
	{ "age", "34" },
	{ "number", "three" },
	{ "phone", "555-0143" },
	{ "email", "a@example.com" },
	{ "url", "example.org" },
	{ "code", "B-417" },
	{ "street", "14 Larch Lane" },
	{ "diet", "vegan" },
	{ "allergy", "peanuts" },
	{ "condition", "asthma" },
	{ "blood", "O negative" },
	{ "height", "183 cm" },
	{ "weight", "70 kg" },
	{ "size", "43" },
	{ "time", "6:15" },
	{ "zodiac", "Leo" },
	{ "vehicle", "tram" },
	{ "season", "autumn" },
	{ "day", "Friday" },
	{ "flower", "tulip" },
	{ "coffee", "black" },
	{ "goal", "run a marathon" },
	{ "word", "NightOwl" },
	{ "names", "Salt and Pepper" },
	{ "phrase", "blue skies" },
};

static const char *sample(const char *kind)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
		if (!strcmp(samples[i].kind, kind))
			return samples[i].value;
	return NULL;
}

/* What a message held besides its facts; the parts joined by "|". */
static void check_unread(const char *text, bool explicit_ask, const char *want)
{
	detect_result d = found(text, explicit_ask);
	char got[512] = "";

	for (size_t i = 0; i < d.n_unread; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%.*s", i ? "|" : "",
			 (int)(d.unread[i][1] - d.unread[i][0]), text + d.unread[i][0]);
	if (!CHECK_STR(got, want))
		printf("  in: %s\n", text);
	detect_free(&d);
}

static void test_what_told_nothing(void)
{
	check_unread("I don't live in Porto anymore.", false, "");
	check_unread("Hi! I live in Porto, sorry, Braga. Thanks!", false, "");
	check_unread("My name is Sam and my dog is called Rex.", false, "");
	check_unread("I moved to Lisbon. What can I see there?", false, "What can I see there");
	check_unread("I live in Porto, any tips?", false, "any tips");
	check_unread("What's the weather in Porto, where I live?", false, "What's the weather in Porto|where I live");
	check_unread("My name is Sam and bananas float on water.", true, "bananas float on water");
	check_unread("My name is Sam. Zorgs are blue. My dog is called Rex.", true, "Zorgs are blue");
	check_unread("My dog is called Rex, my cat zibbles.", true, "my cat zibbles");
	check_unread("I think my boss is called Frank", true, "");
}

/* Not kept unasked, whether the table has the code or not. */
static void test_codes_of_doors(void)
{
	static const char *const said[] = { "My locker code is 4821.", "our front door code is 9911", "My door code is 4412.",
					    "The gate code is 1234.", "the safe code: 8855" };

	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
		check_none(said[i], "secret");
	for (size_t i = 0; i < 3; i++) {
		detect_result d = found(said[i], true);

		CHECK_INT(d.n_facts, 1);
		detect_free(&d);
	}
	check_unread("The error code is 404.", false, "The error code is 404");
}

static void check_ended(const char *text, const char *want)
{
	detect_result d = found(text, false);
	char got[512] = "";

	for (size_t i = 0; i < d.n_ended; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s: %s%s", i ? "|" : "", d.ended[i].how, d.ended[i].subject, d.ended[i].name);
	if (!CHECK_STR(got, want))
		printf("  in: %s\n", text);
	detect_free(&d);
}

static void test_endings(void)
{
	check_ended("my cat died", "died: my cat");
	check_ended("My dog Biscuit passed away last week.", "died: my dog");
	check_ended("My dad died when I was 5 and my mom is a nurse.", "died: my dad");
	check_ended("We had to put our dog down.", "died: my dog");
	check_ended("I broke up with Anna.", "parted: Anna");
	check_ended("I broke up with my girlfriend last week.", "parted: my girlfriend");
	check_ended("My husband left me.", "parted: my husband");
	check_ended("I'm divorced and I live in Rome.", "parted: ");
	check_ended("My wife and I split up.", "parted: ");
	check_ended("What if my cat died?", "");
	check_ended("My cat almost died.", "");
	check_ended("My phone died.", "");
	check_ended("My brother is divorced.", "");
	check_ended("I left Porto.", "");
	check_ended("I'm a single mother of two.", "");
}

static void test_say_forms(void)
{
	size_t tried = 0;

	for (size_t i = 0; i < relations_count(table); i++) {
		const relation *x = relations_at(table, i);
		const char *value = sample(x->value);
		const char *subject = strcmp(x->subject, "*")	 ? x->subject
				      : strcmp(x->name, "breed") ? "my sister"
								 : "my dog";

		if (!CHECK(value != NULL))
			printf("  no sample of the kind %s\n", x->value);
		for (size_t k = 0; value && k < x->n_say; k++) {
			char text[512];
			bool hit = false;
			detect_result d;

			REQUIRE(relation_fill(x->say[k], subject, value, text, sizeof(text), NULL) >
				0);
			d = found(text, true);
			for (size_t f = 0; f < d.n_facts; f++)
				hit = hit || (!strcmp(d.facts[f].subject, subject) &&
					      !strcmp(d.facts[f].relation, x->name) &&
					      !strcmp(d.facts[f].value, value));
			if (!CHECK(hit))
				printf("  %s (%s|%s) gave %s\n", text, subject, x->name,
				       d.n_facts ? d.facts[0].value : "nothing");
			tried++;
			detect_free(&d);
		}
	}
	CHECK(tried > 300);
}

/* Deterministic noise, and noise between words the rules look for. */
static void test_any_bytes(void)
{
	static const char *const words[] = {
		"my ",	 "dog ", "is ",	       "called ",  "i ",   "am ",      "'s ", "\"", "'",
		", ",	 "and ", ". ",	       "name ",	   "not ", "\n",       "> ",  "`",  "(",
		")",	 ":",	 "Rex ",       "\xe2\x80", "\xff", "live in ", "34 ", "@",  "a.b",
		"from ", "now ", "last week ", "\xc3\xab", "who ", "favorite "
	};
	uint64_t seed = 1;
	char text[400], err[64];

	for (int round = 0; round < 1500; round++) {
		size_t len = 0;

		while (len < sizeof(text) - 20) {
			const char *w;

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			if (seed >> 60 == 0) {
				text[len++] = (char)(seed >> 40);
				continue;
			}
			if (seed >> 58 == 63)
				break;
			w = words[(seed >> 33) % (sizeof(words) / sizeof(*words))];
			memcpy(text + len, w, strlen(w));
			len += strlen(w);
		}
		detect_result d = { 0 };
		char *exact =
			malloc(len ? len : 1); /* so that the sanitizer sees one byte too many */

		REQUIRE(exact != NULL);
		memcpy(exact, text, len);
		REQUIRE(detect(table, exact, len, round & 1, &d, err, sizeof(err)) == 0);
		for (size_t i = 0; i < d.n_facts; i++)
			REQUIRE(d.facts[i].span[0] <= d.facts[i].span[1] &&
				d.facts[i].span[1] <= len);
		for (size_t i = 0; i < d.n_ignored; i++)
			REQUIRE(d.ignored[i].span[0] < d.ignored[i].span[1] &&
				d.ignored[i].span[1] <= len);
		free(exact);
		detect_free(&d);
	}
	detect_free(NULL);
}

/* Long texts: only the beginning is read, in time that grows with the length. */
static void test_long_text(void)
{
	static const char *const units[] = { "my dog is called Rex and ",
					     "a",
					     "\"",
					     "(",
					     "I live in Paris. ",
					     "now last week ",
					     "a.b.c.",
					     "my my my ",
					     "`",
					     ", and i ",
					     "'",
					     "im 5 ",
					     "this week every day " };
	size_t size = 1 << 20;
	char *text = malloc(size), err[64];

	REQUIRE(text != NULL);
	for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++) {
		detect_result d = { 0 };
		size_t len = strlen(units[u]);
		clock_t began = clock();

		for (size_t i = 0; i < size; i++)
			text[i] = units[u][i % len];
		CHECK_INT(detect(table, text, size, false, &d, err, sizeof(err)), 0);
		if (!CHECK((double)(clock() - began) / CLOCKS_PER_SEC < 1.5))
			printf("  slow: %s\n", units[u]);
		detect_free(&d);
	}
	memcpy(text, "my dog\0is called Rex\0", 21);
	{
		detect_result d = { 0 };

		CHECK_INT(detect(table, text, 21, false, &d, err, sizeof(err)), 0);
		detect_free(&d);
	}
	free(text);
}

/* A page pasted into the chat: prose, code and numbers, 100 KB of it. */
static void test_paste_time(void)
{
	static const char page[] =
		"The committee met on Monday, and Anna Berg presented the budget for 2024.\n"
		"It was my impression that we had agreed, but my colleague Tom lives in Oslo.\n"
		"for (int i = 0; i < n; i++) { sum += a[i]; }\n"
		"I work as an editor, my sister Ana works for Nokia and my dog is called Rex.\n"
		"\"We never said so\", he wrote, \"and I live in Rome.\"\n\n";
	size_t size = 100 * 1000, len = sizeof(page) - 1;
	char *text = malloc(size), err[64];
	double best = 1e9;

	REQUIRE(text != NULL);
	for (size_t i = 0; i < size; i++)
		text[i] = page[i % len];
	for (int round = 0; round < 3; round++) {
		detect_result d = { 0 };
		clock_t began = clock();

		CHECK_INT(detect(table, text, size, false, &d, err, sizeof(err)), 0);
		if ((double)(clock() - began) / CLOCKS_PER_SEC < best)
			best = (double)(clock() - began) / CLOCKS_PER_SEC;
		CHECK(d.n_facts > 0);
		detect_free(&d);
	}
	printf("  a paste of 100 KB: %.0f ms\n", 1e3 * best);
	CHECK(best < 1.5);
	free(text);
}

int main(void)
{
	char err[256] = "";

	if (relations_load(&table, "assets/relations.txt", err, sizeof(err)) < 0) {
		printf("%s\n", err);
		return 1;
	}
	TEST_RUN(test_never_a_fact);
	TEST_RUN(test_said_of_an_attribute);
	TEST_RUN(test_never_a_fact_either);
	TEST_RUN(test_ops);
	TEST_RUN(test_values);
	TEST_RUN(test_spans);
	TEST_RUN(test_several);
	TEST_RUN(test_several_in_order);
	TEST_RUN(test_every_candidate_explained);
	TEST_RUN(test_pronouns_after_anything);
	TEST_RUN(test_own_relation);
	TEST_RUN(test_explicit_ask);
	TEST_RUN(test_what_told_nothing);
	TEST_RUN(test_codes_of_doors);
	TEST_RUN(test_endings);
	TEST_RUN(test_say_forms);
	TEST_RUN(test_any_bytes);
	TEST_RUN(test_long_text);
	TEST_RUN(test_paste_time);
	relations_free(table);
	return test_done();
}
