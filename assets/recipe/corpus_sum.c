/* Small arithmetic, comparisons, and the order of numbers and letters:
 * computed, so that every answer is right. */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

static const char *const number_words[] = { "zero",	"one",	    "two",	"three",   "four",    "five",
					    "six",	"seven",    "eight",	"nine",	   "ten",     "eleven",
					    "twelve",	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
					    "eighteen", "nineteen", "twenty" };

static void number_text(unsigned n, bool word, char out[16])
{
	if (word && n <= 20)
		snprintf(out, 16, "%s", number_words[n]);
	else
		snprintf(out, 16, "%u", n);
}

static void sum_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const names[] = { "plus", "minus", "times" }, *const signs[] = { "+", "-", "*" };
	static const char *const ask[][2] = { { "What is ", "?" },
					      { "What's ", "?" },
					      { "How much is ", "?" },
					      { "Can you tell me what ", " is?" },
					      { "Calculate ", "." },
					      { "", "" },
					      { "", "?" },
					      { "Do you know what ", " is?" },
					      { "", " = ?" } };
	unsigned x = rng_below(r, 21), y = rng_below(r, 21), op = rng_below(r, 3), form = rng_below(r, 9), t;
	bool sign = form >= 5 ? form != 7 : rng_chance(r, .3), word = !sign && rng_chance(r, .2);
	char sum[64], one[16], two[16];

	if (op == 2)
		x %= 11, y %= 11;
	if (op == 1 && y > x)
		t = x, x = y, y = t;
	number_text(x, word, one);
	number_text(y, word, two);
	if (sign && rng_chance(r, .3))
		snprintf(sum, sizeof(sum), "%s%s%s", one, op == 2 && rng_chance(r, .5) ? "x" : signs[op], two);
	else
		snprintf(sum, sizeof(sum), "%s %s %s", one, sign ? signs[op] : names[op], two);
	snprintf(q, cap, "%s%s%s", ask[form][0], sum, ask[form][1]);
	snprintf(a, cap, "%u %s %u is %u.", x, names[op], y, op == 0 ? x + y : op == 1 ? x - y : x * y);
}

static void larger_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const ask[] = { "Which is larger, ", "Which number is bigger, ", "What is more, ",
					   "What is larger: ", "Which is greater: " };
	static const char *const less[] = { "Which is smaller, ", "What is less, ", "Which number is smaller, " };
	bool small = rng_chance(r, .3);
	unsigned top = rng_chance(r, .6) ? 21 : 101, x = rng_below(r, top), y = rng_below(r, top);
	unsigned low, high;

	y += x == y;
	low = x < y ? x : y;
	high = x < y ? y : x;
	snprintf(q, cap, "%s%u or %u?", small ? less[rng_below(r, 3)] : ask[rng_below(r, 5)], x, y);
	if (small)
		snprintf(a, cap, "%u is smaller than %u.", low, high);
	else
		snprintf(a, cap, "%u is larger than %u.", high, low);
}

static void order_ask(rng *r, char *q, char *a, size_t cap)
{
	bool after = rng_chance(r, .6);

	if (rng_chance(r, .6)) {
		unsigned n = 1 + rng_below(r, 49);

		snprintf(q, cap, rng_chance(r, .6) ? "What number comes %s %u?" : "Which number is right %s %u?",
			 after ? "after" : "before", n);
		snprintf(a, cap, "%u comes %s %u.", after ? n + 1 : n - 1, after ? "after" : "before", n);
	} else {
		unsigned k = rng_below(r, 25); /* the letter asked for has a neighbour on that side */
		char c = (char)('A' + (after ? k : k + 1));

		snprintf(q, cap,
			 rng_chance(r, .6) ? "What letter comes %s %c?" : "Which letter is %s %c in the alphabet?",
			 after ? "after" : "before", c);
		snprintf(a, cap, "%c comes %s %c.", after ? c + 1 : c - 1, after ? "after" : "before", c);
	}
}

static void half_ask(rng *r, char *q, char *a, size_t cap)
{
	unsigned n = 1 + rng_below(r, 20);

	if (rng_chance(r, .4)) {
		snprintf(q, cap, rng_chance(r, .5) ? "What is half of %u?" : "How much is half of %u?", 2 * n);
		snprintf(a, cap, "Half of %u is %u.", 2 * n, n);
	} else if (rng_chance(r, .5)) {
		snprintf(q, cap, rng_chance(r, .5) ? "What is double %u?" : "What is twice %u?", n);
		snprintf(a, cap, "Twice %u is %u.", n, 2 * n);
	} else {
		snprintf(q, cap, rng_chance(r, .5) ? "Is %u even or odd?" : "Is the number %u odd or even?", n);
		snprintf(a, cap, "%u is %s.", n, n % 2 ? "odd" : "even");
	}
}

void sum_add(rng *r, doc *d)
{
	char q[TYPE_LINE], a[TYPE_LINE];
	unsigned k = rng_below(r, 100);

	(k < 60 ? sum_ask : k < 78 ? larger_ask : k < 90 ? order_ask : half_ask)(r, q, a, sizeof(q));
	type_slip(q, sizeof(q), r);
	doc_add(d, ROLE_USER, q);
	doc_add(d, ROLE_ASSISTANT, a);
}
