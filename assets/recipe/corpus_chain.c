/* Small sums that go on: "And plus 2?" is about the result before. */
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
