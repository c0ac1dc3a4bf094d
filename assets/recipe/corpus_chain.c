/* Small sums that go on: "And plus 2?" is about the result before, "And 3 times 6?" about the sum before. */
#include "corpus.h"

#include <ctype.h>
#include <string.h>

struct step {
	const char *word; /* "plus" */
	unsigned operand, result;
};

/* A step from x that stays between 0 and 20. */
static struct step step_from(unsigned x, rng *r)
{
	unsigned k;

	if (x > 10 && x % 2 == 0 && rng_chance(r, .15))
		return (struct step){ "divided by", 2, x / 2 };
	if (x && x <= 6 && rng_chance(r, .25)) {
		k = 2 + rng_below(r, 2);
		return (struct step){ "times", k, x * k };
	}
	if (x < 18 && (x < 3 || rng_chance(r, .6))) {
		k = 1 + rng_below(r, 20 - x < 9 ? 20 - x : 9);
		return (struct step){ "plus", k, x + k };
	}
	k = 1 + rng_below(r, x < 9 ? x : 9);
	return (struct step){ "minus", k, x - k };
}

/* The form with the sum in place of its '@'. */
static void put(const char *form, const char *sum, char *out, size_t cap)
{
	size_t n = strcspn(form, "@");

	snprintf(out, cap, "%.*s%s%s", (int)n, form, sum, form + n + (form[n] == '@'));
	*out = (char)toupper((unsigned char)*out);
}

/* "Add 3 to that.": the next step in words of its own. */
static void put_in_words(const struct step *s, rng *r, char *out, size_t cap)
{
	static const char *const forms[4][7] = {
		{ "Add @ to that.", "And if I add @?", "Now add @.", "@ more?", "And @ on top of that?", "Put @ more to it.",
		  "With @ added to it?" },
		{ "Take @ away from that.", "And if I take away @?", "Now subtract @.", "@ less?", "Without @ of them?",
		  "Subtract @ from that.", "And if @ are gone?" },
		{ "Multiply that by @.", "Now multiply it by @.", "And @ times that?", "@ times as much?", "Take it @ times.",
		  "And if I have that @ times?", "That multiplied by @?" },
		{ "Divide that by @.", "Now divide it by @.", "Shared by @?", "And split by @?", "Half of that?",
		  "And half of it?", "Cut it in half." },
	};
	int op = !strcmp(s->word, "plus") ? 0 : !strcmp(s->word, "minus") ? 1 : !strcmp(s->word, "times") ? 2 : 3;
	char number[16];

	number_text(s->operand, rng_chance(r, .3), number);
	put(forms[op][rng_below(r, 7)], number, out, cap);
}

void sum_chain_add(rng *r, doc *d)
{
	static const char *const first[] = { "What is @?", "What's @?", "How much is @?", "@?",
					     "Tell me @.", "Can you work out @?", "@ is what?",
					     "I need @.", "Please add it up: @.", "Do you know what @ is?" };
	static const char *const next[] = { "And @?", "@?", "And that @?", "And now @?", "Now @.",
					    "And then @?", "What is that @?", "Then @?", "The result @?",
					    "Take that @.", "And if I go on with @?", "Okay, and @?" };
	unsigned x = 1 + rng_below(r, 12), left = 2 + rng_below(r, 3);
	struct step s = step_from(x, r);
	char sum[40], text[120];
	size_t form = rng_below(r, 10);

	if (form == 8 && *s.word != 'p')
		form = 0;
	snprintf(sum, sizeof(sum), "%u %s %u", x, s.word, s.operand);
	put(first[form], sum, text, sizeof(text));
	for (;;) {
		type_slip(text, sizeof(text), r);
		doc_add(d, ROLE_USER, text);
		snprintf(text, sizeof(text), "%u %s %u is %u.", x, s.word, s.operand, s.result);
		doc_add(d, ROLE_ASSISTANT, text);
		if (!--left)
			return;
		x = s.result;
		s = step_from(x, r);
		snprintf(sum, sizeof(sum), "%s %u", s.word, s.operand);
		if (rng_chance(r, .5))
			put_in_words(&s, r, text, sizeof(text));
		else
			put(next[rng_below(r, 12)], sum, text, sizeof(text));
	}
}

struct pair_sum {
	unsigned x, y, result, op; /* op: an index of op_words */
};

static const char *const op_words[] = { "plus", "minus", "times" };

static void work_out(struct pair_sum *s)
{
	unsigned big = s->x > s->y ? s->x : s->y;

	if (s->op == 1 && s->x < s->y) {
		s->y = s->x;
		s->x = big;
	}
	s->result = s->op == 0 ? s->x + s->y : s->op == 1 ? s->x - s->y : s->x * s->y;
}

/* Another number than n that keeps the sum small. */
static unsigned other_number(const struct pair_sum *s, unsigned n, rng *r)
{
	unsigned k;

	do
		k = s->op == 2 ? 2 + rng_below(r, 9) : 1 + rng_below(r, 10);
	while (k == n);
	return k;
}

static void sum_put(const char *form, const struct pair_sum *s, rng *r, char *out, size_t cap)
{
	char x[16], y[16], sum[64];
	bool word = rng_chance(r, .4);

	number_text(s->x, word, x);
	number_text(s->y, word, y);
	snprintf(sum, sizeof(sum), "%s %s %s", x, op_words[s->op], y);
	put(form, sum, out, cap);
}

/* The same sum with its first number, its second, its sign or its order changed, and the words that say so. */
static void change_sum(struct pair_sum *s, rng *r, char *out, size_t cap)
{
	static const char *const whole[] = { "And @?", "What about @?", "How about @?", "And what's @?", "And how much is @?",
					     "@?", "Now @.", "Then @?", "Okay, @?", "And if it's @?", "So what is @?", "And @, then?",
					     "No, I meant @.", "Sorry, I meant @.", "Next: @.", "And @ makes?" };
	static const char *const second[] = { "And with @?", "And if it's @?", "What about @ instead?", "And @ @?", "@ @ instead?",
					      "Make it @.", "With @ instead?", "No, @ @.", "Sorry, I meant @ @." };
	static const char *const sign[3][6] = {
		{ "And plus?", "And if I add them?", "And the sum of the two?", "And added up?", "And their sum?", "Now plus." },
		{ "And minus?", "And if I subtract them?", "And the difference?", "What about minus?", "Now minus.",
		  "And the difference between them?" },
		{ "And times?", "And if I multiply them?", "And the product?", "And multiplied?", "Now times.",
		  "What about times instead?" },
	};
	char number[16], part[32];
	unsigned k = rng_below(r, 10);

	if (k == 0) {
		s->op = (s->op + 1 + rng_below(r, 2)) % 3;
		work_out(s);
		put(sign[s->op][rng_below(r, 6)], "", out, cap);
		return;
	}
	if (k == 1 && s->op != 1 && s->x != s->y) {
		unsigned x = s->x;

		s->x = s->y;
		s->y = x;
		sum_put("And @?", s, r, out, cap);
		return;
	}
	if (k < 5 && (s->op != 1 || s->x > 3)) {
		const char *form = second[rng_below(r, sizeof(second) / sizeof(*second))];
		unsigned y = s->op == 1 ? 1 + rng_below(r, s->x - 1) : other_number(s, s->y, r);

		s->y = y == s->y ? 1 : y;
		work_out(s);
		number_text(s->y, rng_chance(r, .4), number);
		snprintf(part, sizeof(part), "%s%s%s", strstr(form, "@ @") ? op_words[s->op] : "", strstr(form, "@ @") ? " " : "",
			 number);
		if (strstr(form, "@ @")) {
			char once[64];

			snprintf(once, sizeof(once), "%.*s%s", (int)(strstr(form, "@ @") - form), form, strstr(form, "@ @") + 2);
			put(once, part, out, cap);
		} else {
			put(form, part, out, cap);
		}
		return;
	}
	if (k < 9)
		s->x = other_number(s, s->x, r);
	else
		s->y = other_number(s, s->y, r);
	work_out(s);
	sum_put(whole[rng_below(r, sizeof(whole) / sizeof(*whole))], s, r, out, cap);
}

void sum_again_add(rng *r, doc *d)
{
	static const char *const first[] = { "What is @?", "What's @?", "How much is @?", "@?", "Tell me @.", "@ is what?",
					     "Do you know what @ is?", "Work out @.", "What does @ make?", "Can you do @?" };
	struct pair_sum s = { .op = rng_chance(r, .5) ? 2 : rng_below(r, 2) };
	unsigned left = 2 + rng_below(r, 3);
	char text[120];

	s.x = other_number(&s, 0, r);
	s.y = other_number(&s, 0, r);
	work_out(&s);
	sum_put(first[rng_below(r, sizeof(first) / sizeof(*first))], &s, r, text, sizeof(text));
	for (; left; left--) {
		type_slip(text, sizeof(text), r);
		doc_add(d, ROLE_USER, text);
		snprintf(text, sizeof(text), "%u %s %u is %u.", s.x, op_words[s.op], s.y, s.result);
		doc_add(d, ROLE_ASSISTANT, text);
		change_sum(&s, r, text, sizeof(text));
	}
}
