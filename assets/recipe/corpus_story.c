/* Sums told as little stories: computed, so that every answer is right. */
#include "corpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * {x} {y} {z}: the two numbers and the result with the things ("4 apples"); {X} {Y} {Z}: the number alone; {o}: the
 * things; {n}: a name, {h} and {H}: he or she.
 */
struct story {
	const char *ask, *reply;
};

static const struct story more[] = {
	{ "I have {x} and buy {Y} more. How many {o} do I have?", "You have {z}." },
	{ "I have {x} and get {Y} more. How many {o} do I have now?", "You have {z}." },
	{ "If I have {x} and buy {Y} more, how many do I have?", "You have {z}." },
	{ "If I have {x} and someone gives me {Y} more, how many do I have?", "You have {z}." },
	{ "I had {x}. Then I found {Y} more. How many have I got now?", "You have {z}." },
	{ "There are {x} on the table. I put {Y} more there. How many {o} are there?",
	  "There are {z}." },
	{ "There are {x} in the box and {Y} on the table. How many {o} are there in all?",
	  "There are {z}." },
	{ "{n} has {x} and gets {Y} more. How many {o} does {h} have?", "{n} has {z}." },
	{ "{n} has {x}. A friend gives {n} {Y} more. How many are there now?", "{n} has {z}." },
	{ "{n} has {x} and I have {Y}. How many {o} do we have together?", "Together you have {z}." },
	{ "{n} has {x} and I have {y}. How many is that together?", "Together you have {z}." },
	{ "I buy {x} today and {Y} tomorrow. How many {o} is that?", "That is {z}." },
	{ "{n} finds {x} in the morning and {Y} in the evening. How many {o} does {h} find?",
	  "{n} finds {z}." },
	{ "I put {x} into an empty bag, then {Y} more. How many are in the bag?", "There are {z} in the bag." },
	{ "One basket holds {x}, another holds {Y}. How many {o} are there altogether?",
	  "There are {z}." },
	{ "My mother gives me {x} and my father gives me {Y}. How many {o} do I get?",
	  "You get {z}." },
	{ "Yesterday I had {x}, today I got {Y} more. What do I have now?", "You have {z}." },
	{ "How many {o} do I have if I add {Y} to my {x}?", "You have {z}." },
	{ "{x} plus {y}, how many {o} is that?", "That is {z}." },
	{ "Add {y} to {x}. How many {o} are there?", "There are {z}." },
	{ "Suppose {n} owns {x} and wins {Y}. What is the number of {o} then?", "{n} has {z}." },
	{ "On Monday {n} collected {x}, on Tuesday {Y}. How many {o} in total?", "{n} collected {z}." },
	{ "A book costs {X} dollars and a pen {Y}. How much do they cost together?", "They cost {Z} dollars." },
	{ "I pay {X} euros for bread and {Y} for cheese. How much do I pay in all?", "You pay {Z} euros." },
	{ "{n} is {X} years old. How old is {h} in {Y} years?", "{n} is {Z} years old then." },
	{ "There are {X} people on the bus and {Y} get on. How many people are on it?",
	  "There are {Z} people on the bus." },
	{ "{X} girls and {Y} boys are in a class. How many children is that?", "That is {Z} children." },
	{ "I walk {X} kilometers today and {Y} tomorrow. How far do I walk?", "You walk {Z} kilometers." },
	{ "We have {x}. We need {Y} more. How many {o} will that be?", "That will be {z}." },
	{ "{X} goats and {Y} hens are how many animals?", "That is {Z} animals." },
	{ "{X} cows and {Y} horses: how many animals?", "That is {Z} animals." },
	{ "{X} pigs, {Y} sheep, how many animals in all?", "That is {Z} animals." },
	{ "{X} birds and {Y} mice make how many animals?", "That is {Z} animals." },
	{ "{X} roses and {Y} tulips, how many flowers are they?", "That is {Z} flowers." },
	{ "{X} forks and {Y} spoons make how many pieces?", "That is {Z} pieces." },
	{ "{X} men and {Y} women, how many people?", "That is {Z} people." },
	{ "{x} here, {Y} there: how many {o}?", "That is {z}." },
	{ "{x} and {Y} more make how many?", "That is {z}." },
	{ "had {x}, got {Y} more, how many now?", "You have {z}." },
	{ "My bag has {x} in it. My aunt puts in {Y} more. What's in it now?", "There are {z} in it." },
	{ "A shop has {x} and gets a box with {Y} more. How many {o} can it sell?", "It can sell {z}." },
	{ "I need {X} {o} for me and {Y} for you. How many do I need in all?", "You need {z}." },
	{ "I packed {x} and then {Y} more. How many {o} did I pack?", "You packed {z}." },
	{ "{n} counts {x} on the left and {Y} on the right. How many {o} does {h} count?", "{n} counts {z}." },
	{ "{x} lie on the floor, {Y} on the bed. How many {o} lie around?", "There are {z}." },
	{ "My sister and I put our {o} together: {X} and {Y}. How many do we have?", "Together you have {z}." },
	{ "{n} got {x} from an uncle and {Y} from an aunt. How many {o} did {h} get?", "{n} got {z}." },
	{ "If you had {x} and I gave you {Y}, how many {o} would there be?", "There would be {z}." },
	{ "{X} apples are in the bowl and I add {Y} pears. How many pieces of fruit is that?",
	  "That is {Z} pieces of fruit." },
	{ "The first team has {X} points, the second {Y}. How many points is that together?",
	  "That is {Z} points." },
	{ "It was {X} degrees and it got {Y} degrees warmer. How warm is it?", "It is {Z} degrees." },
	{ "I read {X} pages yesterday and {Y} today. How many pages have I read?", "You have read {Z} pages." },
	{ "A ticket is {X} dollars and the popcorn {Y}. What do I pay?", "You pay {Z} dollars." },
	{ "My plant was {X} inches tall and grew {Y} more. How tall is it?", "It is {Z} inches tall." },
	{ "The train has {X} wagons, and {Y} more are put on. How many wagons does it have?",
	  "It has {Z} wagons." },
	{ "I sleep {X} hours today and {Y} tomorrow. How many hours is that?", "That is {Z} hours." },
	{ "Our hotel has {X} guests and {Y} more arrive. How many guests are there?", "There are {Z} guests." },
	{ "It takes {X} minutes to the bus and {Y} by bus. How long am I on my way?", "You need {Z} minutes." },
	{ "{X} cups and {Y} glasses, how many things to drink from?", "That is {Z} things." },
};

static const struct story fewer[] = {
	{ "I have {x} and give away {Y}. How many {o} are left?", "You have {z} left." },
	{ "I have {x} and lose {Y}. How many {o} do I have left?", "You have {z} left." },
	{ "If I have {x} and give away {Y}, how many do I have?", "You have {z} left." },
	{ "If I have {x} and lose {Y}, how many remain?", "You have {z} left." },
	{ "I had {x}. I sold {Y}. How many have I got now?", "You have {z} left." },
	{ "There are {x} on the table. I take {Y} away. How many {o} are there now?", "There are {z} left." },
	{ "There were {x} in the box. {n} took {Y}. How many {o} are still there?", "There are {z} left." },
	{ "{n} has {x} and gives me {Y}. How many {o} does {h} have now?", "{n} has {z} left." },
	{ "{n} has {x} and loses {Y}. How many are left?", "{n} has {z} left." },
	{ "{n} has {x}. {H} breaks {Y}. How many {o} are whole?", "There are {z} left." },
	{ "I bought {x} and used {Y}. How many {o} are left over?", "You have {z} left." },
	{ "I start with {x} and throw away {Y}. What is left?", "You have {z} left." },
	{ "{x} are in a bag. {Y} fall out. How many {o} stay in it?", "There are {z} left." },
	{ "Take {Y} away from {x}. How many {o} are left?", "There are {z} left." },
	{ "My bag holds {x}. I give {Y} to {n}. How many {o} remain?", "You have {z} left." },
	{ "I need {x} and have {Y}. How many {o} are missing?", "You need {Z} more {o}." },
	{ "{n} has {x}, I have {Y}. How many more does {n} have?", "{n} has {Z} more." },
	{ "Out of {x}, {Y} are gone. How many {o} are there still?", "There are {z} left." },
	{ "I have {X} dollars and spend {Y}. How much money is left?", "You have {Z} dollars left." },
	{ "There are {X} people on the bus and {Y} get off. How many are still on it?",
	  "There are {Z} people on the bus." },
	{ "A book has {X} pages. I have read {Y}. How many pages are left?", "There are {Z} pages left." },
	{ "{n} is {X} and I am {Y}. How many years older is {n}?", "{n} is {Z} years older." },
	{ "A film lasts {X} minutes, {Y} are over. How long does it still last?", "It still lasts {Z} minutes." },
	{ "{n} wants {x} and has {Y}. How many more does {h} need?", "{n} needs {Z} more {o}." },
	{ "From my {x} I give {Y} to my sister. How many do I keep?", "You keep {z}." },
	{ "had {x}, lost {Y}, how many left?", "You have {z} left." },
	{ "{x}, minus {Y} that are broken: how many {o}?", "There are {z} left." },
	{ "Of {x}, {Y} are sold. How many are not?", "There are {z} left." },
	{ "My bag had {x} in it. {Y} fell out. What's in it now?", "There are {z} left." },
	{ "A shop had {x} and sold {Y}. How many {o} are on the shelf?", "There are {z} left." },
	{ "{n} had {x} and forgot {Y} on the bus. How many {o} does {h} still have?", "{n} has {z} left." },
	{ "We had {x} for the party. After it {Y} were gone. How many {o} are over?", "There are {z} left." },
	{ "I counted {x} yesterday, but today {Y} are missing. How many {o} are still here?",
	  "There are {z} left." },
	{ "{n} wants to sell {x} and has sold {Y}. How many {o} must {h} still sell?", "{n} must still sell {z}." },
	{ "If you had {x} and gave me {Y}, how many {o} would you have?", "There would be {z} left." },
	{ "You have {x} and I have {Y}. How many {o} fewer do I have?", "You have {Z} fewer {o}." },
	{ "It was {X} degrees and it got {Y} degrees colder. How warm is it?", "It is {Z} degrees." },
	{ "My book has {X} chapters and I finished {Y}. How many are still to come?",
	  "There are {Z} chapters left." },
	{ "The bread costs {Y} dollars and I pay with {X}. How much do I get back?", "You get {Z} dollars back." },
	{ "The race is {X} kilometers and I ran {Y}. How far is it still?", "It is {Z} kilometers more." },
	{ "There were {X} guests and {Y} went home. How many guests are still here?",
	  "There are {Z} guests left." },
	{ "There are {X} chairs and {Y} people sit down. How many chairs are free?", "There are {Z} free chairs." },
	{ "A class has {X} children and {Y} are ill. How many came to school?", "{Z} children came to school." },
	{ "The oven needs {X} minutes and {Y} are over. How long must I wait?", "You must wait {Z} minutes." },
	{ "I want to save {X} dollars and have {Y}. How much do I still need?", "You need {Z} dollars more." },
	{ "The tower has {X} floors and I am on floor {Y}. How many floors are above me?",
	  "There are {Z} floors above you." },
};

static const struct story groups[] = {
	{ "I have {X} bags with {y} in each. How many {o} are there?", "There are {z}." },
	{ "There are {X} boxes and each holds {y}. How many {o} is that?", "That is {z}." },
	{ "{X} children have {y} each. How many {o} do they have together?", "They have {z}." },
	{ "If I buy {Y} {o} a day for {X} days, how many do I have?", "You have {z}." },
	{ "{n} has {X} baskets. In each there are {y}. How many {o} in all?", "There are {z}." },
	{ "Each of {X} friends gets {y}. How many {o} do I need?", "You need {z}." },
	{ "{X} rows of {y}, how many {o} is that?", "That is {z}." },
	{ "I put {y} on each of {X} plates. How many {o} are on the plates?", "There are {z}." },
	{ "{X} tables have {y} on each. How many {o} are in the room?", "There are {z}." },
	{ "{n} eats or uses {Y} {o} a day. How many in {X} days?", "That is {z}." },
	{ "A pack holds {y}. How many {o} are in {X} packs?", "There are {z}." },
	{ "One ticket costs {Y} dollars. What do {X} tickets cost?", "They cost {Z} dollars." },
	{ "{X} cars have {Y} people in each. How many people are that?", "That is {Z} people." },
	{ "I run {Y} kilometers on each of {X} days. How far is that in all?", "That is {Z} kilometers." },
};

static const struct story shares[] = {
	{ "I share {x} among {Y} friends. How many {o} does each one get?", "Each one gets {z}." },
	{ "{x} are shared by {Y} children. How many does each child get?", "Each child gets {z}." },
	{ "I put {x} into {Y} bags, the same number in each. How many {o} are in a bag?",
	  "There are {z} in each bag." },
	{ "{n} divides {x} among {Y} people. How many {o} for each?", "Each one gets {z}." },
	{ "If {Y} people share {x}, what does each one get?", "Each one gets {z}." },
	{ "{Y} friends and {x}: how many {o} for everybody?", "Each one gets {z}." },
	{ "{x} go into {Y} boxes, the same number into each. How many in one box?", "There are {z} in each box." },
	{ "We are {Y} people and have {x}. How many {o} may each of us take?", "Each one gets {z}." },
	{ "{X} children make {Y} teams of the same size. How many children are in a team?",
	  "There are {Z} children in a team." },
	{ "{Y} of us pay {X} dollars together, all the same. How much does each pay?",
	  "Each one pays {Z} dollars." },
};

static const struct story halves[] = {
	{ "I have {x} and give away half. How many {o} do I keep?", "You keep {z}." },
	{ "I lose half of my {x}. How many {o} are left?", "You have {z} left." },
	{ "{n} has {x} and loses half of them. How many are left?", "{n} has {z} left." },
	{ "Two of us share {x}. How many {o} does each get?", "Each one gets {z}." },
};

static const struct story doubles[] = {
	{ "{n} has {x}. I have twice as many. How many {o} do I have?", "You have {z}." },
	{ "I have {x} and get as many again. How many {o} is that?", "That is {z}." },
	{ "I have {x}, {n} has double that. How many {o} does {h} have?", "{n} has {z}." },
};

/* Stories of living things, their own numbers: who come and go. */
static const struct story come[] = {
	{ "There are {x} in the garden and {Y} more come. How many {o} are in the garden?",
	  "There are {z}." },
	{ "{x} are in the yard. {Y} more join them. How many {o} are there?", "There are {z}." },
	{ "I see {x} and then {Y} more. How many {o} do I see in all?", "You see {z}." },
	{ "{x} are here and {Y} more arrive. How many {o} are here now?", "There are {z}." },
	{ "A farmer has {x} and buys {Y} more. How many {o} does the farmer have?", "The farmer has {z}." },
	{ "First there are {x}, later {Y} more turn up. How many {o} can I count?", "You can count {z}." },
	{ "{x} play outside, and {Y} more come along. How many {o} play outside?", "There are {z}." },
};

static const struct story leave[] = {
	{ "There are {x} in the garden and {Y} run away. How many {o} stay?", "There are {z} left." },
	{ "{x} are in the yard. {Y} go away. How many {o} are left?", "There are {z} left." },
	{ "A farmer has {x} and sells {Y}. How many {o} does the farmer have left?", "The farmer has {z} left." },
	{ "{x} were here, then {Y} left. How many {o} are still here?", "There are {z} left." },
	{ "Of {x}, {Y} are asleep. How many {o} are awake?", "There are {z} awake." },
	{ "I count {x}, then {Y} hide. How many {o} can I still see?", "You can still see {z}." },
	{ "{x} play outside and {Y} go in. How many {o} are still outside?", "There are {z} left." },
};

static const char *const objects[] = {
	"apple",  "pear",   "orange", "banana", "cookie", "book",  "pencil", "coin",	"stamp",   "marble",   "egg",
	"ball",	  "toy",    "sweet",  "card",	"cake",	  "cup",   "ticket", "plate",	"shirt",   "hat",      "glove",
	"candle", "photo",  "stone",  "plant",	"nut",	  "plum",  "bottle", "balloon", "sticker", "lemon",    "carrot",
	"tomato", "potato", "flower", "rose",	"bun",	  "spoon", "key",    "pen",	"letter",  "sandwich", "peach",
};
static const char *const living[] = { "cat",   "dog",  "hen",	"bird", "sheep", "cow",
				      "horse", "duck", "goose", "pig",	"mouse", "child" };
static const char *const he[] = { "Tom", "Ben", "Paul", "Sam", "Max", "Leo", "Adam", "Jack", "Omar", "Peter" };
static const char *const she[] = { "Anna", "Mia", "Lucy", "Emma", "Sara", "Nina", "Julia", "Amy", "Leila", "Eva" };

static void plural(const char *s, char out[24])
{
	static const char *const odd[][2] = {
		{ "sheep", "sheep" }, { "goose", "geese" }, { "child", "children" }, { "mouse", "mice" }
	};
	size_t n = strlen(s);

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		if (!strcmp(s, odd[i][0])) {
			snprintf(out, 24, "%s", odd[i][1]);
			return;
		}
	snprintf(out, 24, "%s%s", s, strstr(s, "tato") || strstr(s, "mato") || !strcmp(s + n - 2, "ch") ? "es" : "s");
}

struct filling {
	unsigned number[3];
	const char *thing, *name;
	bool woman, words;
};

/* One {...}; returns how many bytes it put at out. */
static size_t put(const struct filling *f, char what, char *out, size_t cap)
{
	unsigned k = (unsigned)(tolower((unsigned char)what) - 'x');
	char many[24], number[16];

	plural(f->thing, many);
	if (what == 'n')
		return (size_t)snprintf(out, cap, "%s", f->name);
	if (what == 'h' || what == 'H')
		return (size_t)snprintf(out, cap, "%s",
					f->woman      ? what == 'H' ? "She" : "she"
					: what == 'H' ? "He"
						      : "he");
	if (what == 'o')
		return (size_t)snprintf(out, cap, "%s", many);
	if (k > 2)
		recipe_die("story: {%c}", what);
	number_text(f->number[k], f->words, number);
	if (isupper((unsigned char)what))
		return (size_t)snprintf(out, cap, "%s", number);
	return (size_t)snprintf(out, cap, "%s %s", number, f->number[k] == 1 ? f->thing : many);
}

static void fill(const struct filling *f, const char *form, char *out, size_t cap)
{
	size_t n = 0;

	for (; *form && n + 40 < cap; form++)
		if (*form == '{') {
			n += put(f, form[1], out + n, cap - n);
			form += 2;
		} else {
			out[n++] = *form;
		}
	out[n] = 0;
	*out = (char)toupper((unsigned char)*out);
}

enum { PLUS, MINUS, TIMES, OVER };

static void tell(const struct story *s, size_t n, struct filling *f, int op, rng *r, char *q, char *a, size_t cap)
{
	static const char *const names[] = { "plus", "minus", "times", "divided by" };
	const struct story *one = &s[rng_below(r, (unsigned)n)];
	size_t len;

	while (strstr(one->ask, "farmer") && !strcmp(f->thing, "child")) /* nobody buys those */
		f->thing = living[rng_below(r, sizeof(living) / sizeof(*living))];
	f->words = rng_chance(r, .3);
	f->woman = rng_chance(r, .5);
	f->name = f->woman ? she[rng_below(r, sizeof(she) / sizeof(*she))] : he[rng_below(r, sizeof(he) / sizeof(*he))];
	fill(f, one->ask, q, cap);
	f->words = false;
	len = (size_t)snprintf(a, cap, "%u %s %u is %u. ", f->number[0], names[op], f->number[1], f->number[2]);
	fill(f, one->reply, a + len, cap - len);
}

#define TELL(stories, op) tell(stories, sizeof(stories) / sizeof(*(stories)), &f, op, r, q, a, cap)

void story_ask(rng *r, char *q, char *a, size_t cap)
{
	unsigned k = rng_below(r, 100), x = 2 + rng_below(r, 19), y = 2 + rng_below(r, 19);
	struct filling f = { .thing = objects[rng_below(r, sizeof(objects) / sizeof(*objects))] };
	bool alive = rng_chance(r, .25);

	if (alive && k < 80)
		f.thing = living[rng_below(r, sizeof(living) / sizeof(*living))];
	if (k < 40) {
		memcpy(f.number, (unsigned[]){ x, y, x + y }, sizeof(f.number));
		if (alive)
			TELL(come, PLUS);
		else
			TELL(more, PLUS);
	} else if (k < 80) {
		x += 2;
		x = x > 20 ? 20 : x;
		y = 2 + y % (x - 3); /* two are left at least, and never one alone goes: "2
					run away" */
		memcpy(f.number, (unsigned[]){ x, y, x - y }, sizeof(f.number));
		if (alive)
			TELL(leave, MINUS);
		else
			TELL(fewer, MINUS);
	} else if (k < 88) {
		x = 2 + x % 9, y = 2 + y % 9;
		memcpy(f.number, (unsigned[]){ x, y, x * y }, sizeof(f.number));
		TELL(groups, TIMES);
	} else if (k < 94) {
		y = 2 + y % 4, x = y * (2 + x % 9);
		memcpy(f.number, (unsigned[]){ x, y, x / y }, sizeof(f.number));
		TELL(shares, OVER);
	} else if (k < 97) {
		memcpy(f.number, (unsigned[]){ 2 * x, 2, x }, sizeof(f.number));
		TELL(halves, OVER);
	} else {
		memcpy(f.number, (unsigned[]){ x % 10 + 1, 2, 2 * (x % 10 + 1) }, sizeof(f.number));
		TELL(doubles, TIMES);
	}
}
