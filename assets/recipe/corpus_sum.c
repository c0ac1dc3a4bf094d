/* Small arithmetic, comparisons, and the order of numbers and letters: computed, so that every answer is right. */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ANY(list) (list)[rng_below(r, sizeof(list) / sizeof(*(list)))]

static const char *const number_words[] = { "zero",	"one",	    "two",	"three",   "four",    "five",
					    "six",	"seven",    "eight",	"nine",	   "ten",     "eleven",
					    "twelve",	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
					    "eighteen", "nineteen", "twenty" };

void number_text(unsigned n, bool word, char out[16])
{
	if (word && n <= 20)
		snprintf(out, 16, "%s", number_words[n]);
	else
		snprintf(out, 16, "%u", n);
}

/* In every form %1$s is the first number and %2$s the second; frames take the whole sum. */
static const char *const sums[4][7] = {
	{ "%1$s plus %2$s", "%1$s + %2$s", "%1$s and %2$s", "the sum of %1$s and %2$s", "%1$s added to %2$s",
	  "%1$s plus %2$s", "%1$s+%2$s" },
	{ "%1$s minus %2$s", "%1$s - %2$s", "%1$s take away %2$s", "the difference between %1$s and %2$s",
	  "%1$s less %2$s", "%1$s minus %2$s", "%1$s-%2$s" },
	{ "%1$s times %2$s", "%1$s * %2$s", "%1$s multiplied by %2$s", "the product of %1$s and %2$s", "%1$s x %2$s",
	  "%1$s times %2$s", "%1$s*%2$s" },
	{ "%1$s divided by %2$s", "%1$s / %2$s", "%1$s over %2$s", "%1$s divided by %2$s", "%1$s : %2$s",
	  "%1$s divided by %2$s", "%1$s/%2$s" },
};

static const char *const frames[] = {
	"What is %s?",
	"What's %s?",
	"How much is %s?",
	"Calculate %s.",
	"Compute %s.",
	"Work out %s.",
	"Can you tell me what %s is?",
	"Do you know what %s is?",
	"%s",
	"%s?",
	"%s is?",
	"%s is what?",
	"%s equals?",
	"%s is how much?",
	"%s makes what?",
	"%s = ?",
	"%s =",
	"Tell me %s.",
	"What is the result of %s?",
	"What do you get for %s?",
	"What does %s make?",
	"What does %s equal?",
	"What does %s give?",
	"Quick sum: %s?",
	"My homework says %s.",
	"I'd like to know what %s is.",
	"I wonder what %s is.",
	"Help me with %s.",
	"Solve %s.",
	"%s, please.",
	"Could you work out %s for me?",
	"%s equals what?",
	"Please calculate %s.",
	"Do you know the answer to %s?",
	"I need to know how much %s is.",
	"Can you do %s?",
	"How much does %s make?",
	"Maths: %s?",
	"I forgot what %s is.",
	"%s - how much is that?",
	"Can you calculate %s?",
	"What would %s be?",
	"Give me the answer to %s.",
	"Quick: %s",
	"Any idea what %s is?",
	"If I type %s into a calculator, what does it show?",
	"%s gives?",
	"%s gives what?",
	"%s, how much?",
	"%s: result?",
	"What's %s equal to?",
	"What do I get for %s?",
	"Sum: %s",
	"And %s?",
	"The answer to %s, please.",
	"%s equals",
	"%s is",
	"I typed %s. What comes out?",
	"My son has %s as homework. What's right?",
	"In my head I can't do %s.",
	"On the board it says %s. What do I write behind it?",
	"My calculator is broken: %s?",
	"Mental arithmetic: %s",
	"The teacher asks for %s.",
	"I get stuck at %s.",
	"Is it hard to say how much %s is?",
	"Fill in: %s = ___",
	"%s makes ...?",
	"Please solve this: %s",
	"%s, that makes?",
	"How much would %s be?",
	"Check my homework: how much is %s?",
	"I bet you know what %s is.",
	"Maths test: %s",
	"%s comes to what?",
	"I'm bad at numbers. What's %s?",
	"Do this one: %s",
	"quick maths: %s",
	"Next sum: %s",
	"tell me what %s is",
	"what do %s make",
};

static const char *const more[] = {
	"Add %1$s and %2$s.",
	"Add %2$s to %1$s.",
	"What do I get if I add %2$s to %1$s?",
	"What do %1$s and %2$s make?",
	"If I add %1$s and %2$s, what do I get?",
	"%1$s and %2$s make?",
	"What is %2$s more than %1$s?",
	"Put %1$s and %2$s together. How many is that?",
	"How much is %1$s and %2$s together?",
	"Increase %1$s by %2$s.",
	"Can you add %1$s and %2$s?",
	"Please add %1$s and %2$s.",
	"What number is %2$s more than %1$s?",
	"%2$s more than %1$s is what?",
	"I add %2$s to %1$s. What comes out?",
	"How much do %1$s and %2$s add up to?",
	"When you add %1$s and %2$s, what is the sum?",
	"Start at %1$s and count on %2$s. Where are you?",
	"%1$s and %2$s make",
	"%1$s and %2$s are how many?",
	"How many are %1$s and %2$s?",
	"%1$s and another %2$s, what does that make?",
	"Adding %2$s to %1$s gives?",
	"The total of %1$s and %2$s?",
	"%1$s on top of %2$s makes?",
	"I'm at %1$s and go %2$s up. Where am I?",
	"From %1$s, go up by %2$s.",
	"%1$s first and %2$s after that: how much is it all in all?",
	"How much is it altogether: %1$s and %2$s?",
	"Sum up %1$s and %2$s.",
	"If %2$s joins %1$s, what's the total?",
	"%2$s higher than %1$s is which number?",
	"What number do you reach if you go %2$s beyond %1$s?",
	"Raise %1$s by %2$s. What's the result?",
	"Two numbers, %1$s and %2$s. What's their sum?",
	"Which number is %1$s plus %2$s?",
	"My dice show %1$s and %2$s. What's that together?",
	"I won %1$s points, then %2$s more. How many points do I have?",
};
static const char *const fewer[] = {
	"Subtract %2$s from %1$s.",
	"Take %2$s from %1$s.",
	"Take %2$s away from %1$s.",
	"%2$s from %1$s?",
	"What is left if I take %2$s from %1$s?",
	"What remains when you subtract %2$s from %1$s?",
	"If I subtract %2$s from %1$s, what do I get?",
	"What is %2$s less than %1$s?",
	"How much more is %1$s than %2$s?",
	"Lower %1$s by %2$s.",
	"From %1$s take %2$s.",
	"How far is it from %2$s to %1$s?",
	"Can you take %2$s from %1$s?",
	"Please subtract %2$s from %1$s.",
	"If you take %2$s away from %1$s, what is left?",
	"Reduce %1$s by %2$s.",
	"What number is %2$s less than %1$s?",
	"I take %2$s from %1$s. What is left?",
	"%1$s without %2$s?",
	"%1$s, and %2$s of them gone: how many are left?",
	"Taking %2$s off %1$s leaves?",
	"What's %1$s less %2$s?",
	"I'm at %1$s and go %2$s down. Where am I?",
	"From %1$s, go down by %2$s.",
	"%2$s lower than %1$s is which number?",
	"How much is missing from %2$s to %1$s?",
	"By how much is %2$s smaller than %1$s?",
	"Count back %2$s from %1$s. Where do you land?",
	"Two numbers, %1$s and %2$s. What's their difference?",
	"Cut %2$s off %1$s. What remains?",
	"Remove %2$s from %1$s.",
	"%1$s with %2$s taken away makes?",
	"I had %1$s points and lost %2$s. How many are left?",
	"How big is the gap between %2$s and %1$s?",
	"Deduct %2$s from %1$s.",
};
static const char *const by[] = {
	"Multiply %1$s by %2$s.",
	"Multiply %1$s and %2$s.",
	"What do I get if I multiply %1$s by %2$s?",
	"%1$s groups of %2$s make how many?",
	"If I multiply %1$s by %2$s, what do I get?",
	"How much is %1$s times %2$s?",
	"Can you multiply %1$s by %2$s?",
	"%1$s times the number %2$s is what?",
	"Take %2$s %1$s times. How much is that?",
	"%1$s times %2$s makes?",
	"Multiplying %1$s by %2$s gives?",
	"%1$s boxes with %2$s things in each: how many things?",
	"%1$s rows of %2$s: how many in all?",
	"Each of %1$s bags holds %2$s. How many altogether?",
	"Multiplication table: %1$s and %2$s?",
	"In the times table, %1$s times %2$s?",
	"%2$s, %1$s times over, makes?",
	"I add %2$s to itself until I have it %1$s times. What do I get?",
	"The %1$s times table at %2$s?",
	"Two numbers, %1$s and %2$s. What's their product?",
};
static const char *const over[] = {
	"Divide %1$s by %2$s.",
	"What do I get if I divide %1$s by %2$s?",
	"How many times does %2$s go into %1$s?",
	"How often does %2$s fit into %1$s?",
	"Can you divide %1$s by %2$s?",
	"Split %1$s into %2$s equal parts. How big is one?",
	"%1$s shared by %2$s is what?",
	"If I divide %1$s by %2$s, what comes out?",
	"Dividing %1$s by %2$s gives?",
	"Share %1$s among %2$s. How many for each?",
	"%1$s in %2$s equal parts: how big is each?",
	"%2$s people share %1$s. How much for each?",
	"Cut %1$s into %2$s parts. How big is one of them?",
	"If %2$s of us split %1$s, how many does everybody get?",
	"How many groups of %2$s can I make from %1$s?",
	"%1$s sweets for %2$s children: how many for each?",
	"%1$s in groups of %2$s: how many groups?",
};

/* The forms are tables above, never text from outside. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void with_two(char *out, size_t cap, const char *form, const char *one, const char *two)
{
	snprintf(out, cap, form, one, two);
}

static void with_numbers(char *out, size_t cap, const char *form, unsigned x, unsigned y, bool word)
{
	char one[16], two[16];

	number_text(x, word, one);
	number_text(y, word, two);
	with_two(out, cap, form, one, two);
}
#pragma GCC diagnostic pop

struct sum {
	unsigned x, y, z, op;
};

static struct sum sum_make(rng *r)
{
	struct sum s = { rng_below(r, 21), rng_below(r, 21), 0, rng_below(r, 20) };
	unsigned t;

	s.op = s.op < 8 ? 0 : s.op < 14 ? 1 : s.op < 18 ? 2 : 3;
	if (s.op >= 2)
		s.x %= 11, s.y %= 11;
	if (s.op == 3)
		s.y += !s.y, s.x *= s.y;
	if (s.op == 1 && s.y > s.x)
		t = s.x, s.x = s.y, s.y = t;
	s.z = s.op == 0 ? s.x + s.y : s.op == 1 ? s.x - s.y : s.op == 2 ? s.x * s.y : s.x / s.y;
	return s;
}

static const char *const op_names[] = { "plus", "minus", "times", "divided by" };

static void sum_ask(rng *r, char *q, char *a, size_t cap)
{
	struct sum s = sum_make(r);
	char sum[96];

	if (rng_chance(r, .3)) {
		with_numbers(q, cap,
			     s.op == 0	 ? ANY(more)
			     : s.op == 1 ? ANY(fewer)
			     : s.op == 2 ? ANY(by)
					 : ANY(over),
			     s.x, s.y, rng_chance(r, .2));
	} else {
		with_numbers(sum, sizeof(sum), ANY(sums[s.op]), s.x, s.y, rng_chance(r, .2));
		with_two(q, cap, ANY(frames), sum, "");
	}
	snprintf(a, cap, "%u %s %u is %u.", s.x, op_names[s.op], s.y, s.z);
}

/* "Is 3 plus 4 7?" */
static void check_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const ask[] = { "Is %1$s %2$s?",	    "Does %1$s make %2$s?",
					   "%1$s is %2$s, right?",  "Is it true that %1$s is %2$s?",
					   "%1$s = %2$s?",	    "I think %1$s is %2$s. Is that right?",
					   "Does %1$s equal %2$s?", "Right or wrong: %1$s is %2$s?",
					   "My son says %1$s is %2$s. Is he right?",
					   "I got %2$s for %1$s. Correct?",
					   "Check this: %1$s = %2$s",
					   "Would %2$s be right for %1$s?",
					   "So %1$s makes %2$s, yes?",
					   "For %1$s I wrote %2$s. Was that right?" };
	struct sum s = sum_make(r);
	bool right = rng_chance(r, .5);
	unsigned said = right ? s.z : s.z + 1 + rng_below(r, 3);
	char sum[64], claim[16];

	with_numbers(sum, sizeof(sum), sums[s.op][0], s.x, s.y, false);
	number_text(said, false, claim);
	with_two(q, cap, ANY(ask), sum, claim);
	snprintf(a, cap, "%s, %u %s %u is %u.", right ? "Yes" : "No", s.x, op_names[s.op], s.y, s.z);
}

/* "What plus 3 is 7?" */
static void gap_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const ask[] = {
		"What plus %1$s is %2$s?",	     "Which number plus %1$s makes %2$s?",
		"%1$s plus what is %2$s?",	     "What do I add to %1$s to get %2$s?",
		"How much is it from %1$s to %2$s?", "I have %1$s and need %2$s. How much is missing?",
		"What is missing: %1$s + ? = %2$s",
		"I have %1$s and want %2$s. How many more do I need?",
		"%1$s + ___ = %2$s",
		"How many more than %1$s is %2$s?",
		"Fill the gap: %1$s plus ___ is %2$s."
	};
	unsigned x = 1 + rng_below(r, 20), y = 1 + rng_below(r, 20);

	with_numbers(q, cap, ANY(ask), y, x + y, false);
	snprintf(a, cap, "%u plus %u is %u.", x, y, x + y);
}

static void larger_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const ask[] = { "Which is larger, %s or %s?",
					   "Which number is bigger, %s or %s?",
					   "What is more, %s or %s?",
					   "What is larger: %s or %s?",
					   "What's bigger, %s or %s?",
					   "Bigger: %s or %s?",
					   "%s vs %s: which is more?",
					   "The larger of %s and %s is?",
					   "Which is greater: %s or %s?",
					   "Which is bigger, %s or %s?",
					   "%s or %s, which is bigger?",
					   "%s or %s: what is more?",
					   "Of %s and %s, which is larger?",
					   "Which of %s and %s is the larger number?",
					   "Compare %s and %s. Which is bigger?",
					   "Tell me the bigger one: %s or %s.",
					   "What is the greater number, %s or %s?",
					   "Which one is higher, %s or %s?",
					   "Which is the bigger number of %s and %s?",
					   "Do I have more with %s or with %s?",
					   "Is %s or %s the larger number?",
					   "Name the larger one of %s and %s.",
					   "I wonder which is more, %s or %s.",
					   "Between %s and %s, which is the greater one?",
					   "If I may have %s or %s coins, which is more?",
					   "On a number line, which lies farther right, %s or %s?",
					   "I have %s points, you have %s. What is the higher number?",
					   "A child asks: is %s more, or %s?",
					   "%s and %s: name the higher number.",
					   "which one's more, %s or %s",
					   "Put the larger first: %s, %s.",
					   "Two numbers, %s and %s. Which is the bigger one?" };
	static const char *const less[] = { "Which is smaller, %s or %s?",
					    "What is less, %s or %s?",
					    "Which number is smaller, %s or %s?",
					    "%s or %s, which is smaller?",
					    "Of %s and %s, which is less?",
					    "Tell me the smaller one: %s or %s.",
					    "Which of %s and %s is the smaller number?",
					    "%s or %s: what is less?",
					    "Which one is lower, %s or %s?",
					    "On a number line, which lies farther left, %s or %s?",
					    "Two numbers, %s and %s. Which is the smaller one?",
					    "Put the smaller first: %s, %s.",
					    "%s and %s: name the lower number.",
					    "Do I have less with %s or with %s?" };
	static const char *const is[] = { "Is %s larger than %s?",	"Is %s bigger than %s?",
					  "Is %s more than %s?",	"Is %s greater than %s?",
					  "%s is more than %s, right?", "Is it true that %s is larger than %s?",
					   "Do %s dollars buy more than %s dollars?",
					   "Does %s come after %s when I count?",
					   "Is %s a bigger number than %s?" };
	bool small = rng_chance(r, .3), asked = !small && rng_chance(r, .25);
	unsigned top = rng_chance(r, .6) ? 21 : 101, x = rng_below(r, top), y = rng_below(r, top);
	unsigned low, high;

	y += x == y;
	low = x < y ? x : y;
	high = x < y ? y : x;
	with_numbers(q, cap, small ? ANY(less) : asked ? ANY(is) : ANY(ask), x, y, rng_chance(r, .1));
	if (small)
		snprintf(a, cap, "%u is smaller than %u.", low, high);
	else
		snprintf(a, cap, "%s%u is larger than %u.", !asked ? "" : x > y ? "Yes, " : "No, ", high, low);
}

static void order_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const number[] = { "What number comes %s %s?",
					      "Which number is right %s %s?",
					      "Which number is %s %s?",
					      "What is the number %s %s?",
					      "What comes %s %s?",
					      "Tell me the number %s %s.",
					      "The number %s %s?",
					      "If I count, which number is %s %s?",
					      "Name the number right %s %s.",
					      "In counting, what comes right %s %s?",
					      "Which number do I say right %s %s?",
					      "%1$s %2$s comes which number?",
					      "My son counts. What does he say right %s %s?",
					      "On the ruler, which number stands right %s %s?",
					      "Which page comes right %s page %s?",
					      "Which house number is right %s number %s, one by one?" };
	static const char *const letter[] = { "What letter comes %s %s?",     "Which letter is %s %s in the alphabet?",
					      "Which letter comes %s %s?",    "In the alphabet, what comes %s %s?",
					      "What is the letter %s %s?",    "Tell me the letter %s %s.",
					      "Name the letter right %s %s.", "The letter %s %s?",
					      "Alphabet: which letter is %s %s?", "Right %s %s is which letter?",
					      "Saying the ABC, what do I say right %s %s?",
					      "In the ABC song, which letter comes right %s %s?",
					      "Which letter do I find right %s %s?" };
	bool after = rng_chance(r, .6), words = rng_chance(r, .2);
	const char *side = after ? "after" : "before";
	char one[16];

	if (rng_chance(r, .6)) {
		unsigned n = 1 + rng_below(r, 49);

		number_text(n, words, one);
		with_two(q, cap, ANY(number), side, one);
		snprintf(a, cap, "%u comes %s %u.", after ? n + 1 : n - 1, side, n);
	} else {
		unsigned k = rng_below(r, 25); /* the letter asked for has a neighbour on that side */
		char c = (char)('A' + (after ? k : k + 1));

		snprintf(one, sizeof(one), "%c", c);
		with_two(q, cap, ANY(letter), side, one);
		snprintf(a, cap, "%c comes %s %c.", after ? c + 1 : c - 1, side, c);
	}
}

static void half_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const half[] = {
		"What is half of %s?",	   "How much is half of %s?",	   "Half of %s?",
		"Tell me half of %s.",	   "What do I get if I halve %s?", "Halve %s.",
		"%s cut in half is what?", "What is the half of %s?",	   "I need half of %s. How much is it?",
		"Half of %s, please.",	   "%s, and half of it?",	   "Half of %s is?",
		"Two of us share %s. How much is it for each?",
		"What is 50 percent of %s?",
		"Divide %s in two halves. How big is one?",
		"Which number is half as big as %s?",
		"I have %s and give away half. What's left?"
	};
	static const char *const twice[] = {
		"What is double %s?", "What is twice %s?",	   "Double %s.",
		"Twice %s?",	      "How much is two times %s?", "What do I get if I double %s?",
		"Double of %s?",      "What is the double of %s?", "How much is twice %s?",
		"Double %s is?",      "%s, but double?",	   "Twice %s makes?",
		"Which number is two times as big as %s?",
		"%s and the same again makes?",
		"If %s is doubled, what is it?",
		"Twice as much as %s is what?"
	};
	static const char *const even[] = {
		"Is %s even or odd?",	    "Is the number %s odd or even?", "%s: even or odd?",
		"What is %s, even or odd?", "Tell me if %s is odd or even.", "Odd or even: %s?",
		"%s, odd or even?",	    "Even or odd, %s?",
		"Can %s be divided by two, so is it even or odd?",
		"Is %s one of the even or one of the odd numbers?",
		"Sort %s: even or odd?"
	};
	unsigned n = 1 + rng_below(r, 20);
	bool words = rng_chance(r, .15), odd = rng_chance(r, .5);

	if (rng_chance(r, .4)) {
		with_numbers(q, cap, ANY(half), 2 * n, 0, words);
		snprintf(a, cap, "Half of %u is %u.", 2 * n, n);
	} else if (rng_chance(r, .4)) {
		with_numbers(q, cap, ANY(twice), n, 0, words);
		snprintf(a, cap, "Twice %u is %u.", n, 2 * n);
	} else if (rng_chance(r, .6)) {
		with_numbers(q, cap, ANY(even), n, 0, words);
		snprintf(a, cap, "%u is %s.", n, n % 2 ? "odd" : "even");
	} else {
		with_numbers(q, cap, odd ? "Is %s an odd number?" : "Is %s an even number?", n, 0, words);
		snprintf(a, cap, "%s, %u is %s.", (n % 2 == 1) == odd ? "Yes" : "No", n, n % 2 ? "odd" : "even");
	}
}

static void count_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const up[] = { "Count from %s to %s.", "Can you count from %s to %s?",
					  "Please count from %s up to %s.", "Say the numbers from %s to %s.",
					  "Count up: %s to %s.",
					   "All numbers from %s to %s, please.",
					   "List the numbers from %s to %s.",
					   "Start at %s and count to %s." };
	static const char *const down[] = { "Count down from %2$s to %1$s.", "Count backwards from %2$s to %1$s.",
					    "Can you count backwards from %2$s to %1$s?",
					   "Countdown from %2$s to %1$s!",
					   "From %2$s down to %1$s, please count.",
					   "The numbers from %2$s to %1$s, backwards." };
	static const char *const between[] = { "Which number is between %s and %s?", "What comes between %s and %s?",
					       "%s and %s: which number is in the middle?",
					   "Which number lies in the middle of %s and %s?",
					   "Between %s and %s there is one number. Which?",
					   "I say %s and then %s. Which one did I skip?",
					   "%s, ?, %s: which number is missing?" };
	unsigned from = rng_chance(r, .6) ? 1 : rng_below(r, 12), to = from + 2 + rng_below(r, 9),
		 kind = rng_below(r, 10);
	size_t n = 0;

	if (kind < 3) {
		with_numbers(q, cap, ANY(between), from, from + 2, rng_chance(r, .2));
		snprintf(a, cap, "%u is between %u and %u.", from + 1, from, from + 2);
		return;
	}
	with_numbers(q, cap, kind < 8 ? ANY(up) : ANY(down), from, to, rng_chance(r, .2));
	for (unsigned i = from; i <= to; i++)
		n += (size_t)snprintf(a + n, cap - n, "%u%s", kind < 8 ? i : to - (i - from), i < to ? ", " : ".");
}

static void word_ask(rng *r, char *q, char *a, size_t cap)
{
	static const char *const ask[] = { "Write %s as a word.", "How do I write %s in words?", "What is %s in words?",
					   "How do you say %s?", "%s as a word?",
					   "Spell out %s.",
					   "Read %s to me.",
					   "How is %s written in letters?",
					   "Not in digits: %s?" };
	static const char *const back[] = { "Write %s in digits.", "Which number is %s?", "What is %s in digits?",
					    "Write %s as a number.", "%s as a number?",
					   "Write %s with digits.",
					   "In figures, %s is?",
					   "Which digits stand for %s?" };
	unsigned n = rng_below(r, 21);
	bool digits = rng_chance(r, .5);
	char word[16];

	with_numbers(q, cap, digits ? ANY(back) : ANY(ask), n, 0, digits);
	number_text(n, true, word);
	if (digits)
		snprintf(a, cap, "%c%s is %u.", toupper((unsigned char)*word), word + 1, n);
	else
		snprintf(a, cap, "%u is %s.", n, word);
}

void sum_add(rng *r, doc *d)
{
	static void (*const kinds[])(rng *, char *, char *, size_t) = { sum_ask,   story_ask, larger_ask,
									order_ask, half_ask,  check_ask,
									gap_ask,   count_ask, word_ask };
	static const unsigned shares[] = { 42, 18, 14, 8, 6, 4, 3, 3, 2 }; /* in a hundred */
	char q[TYPE_LINE], a[TYPE_LINE];
	unsigned k = rng_below(r, 100), i = 0;

	for (; k >= shares[i]; i++)
		k -= shares[i];
	kinds[i](r, q, a, sizeof(q));
	*q = (char)toupper((unsigned char)*q);
	type_slip(q, sizeof(q), r);
	doc_add(d, ROLE_USER, q);
	doc_add(d, ROLE_ASSISTANT, a);
}
