/* How people type: small liberties with capitals, punctuation and introductions. */
#include "corpus.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static void replace_head(char *s, size_t *end, const char *old, const char *new)
{
	size_t a = strlen(old), b = strlen(new), n = strlen(s);

	if (strncmp(s, old, a) || n - a + b >= TYPE_LINE)
		return;
	memmove(s + b, s + a, n - a + 1);
	memcpy(s, new, b);
	*end = *end - a + b;
}

bool type_keeps_capital(const char *s)
{
	return isupper((unsigned char)s[0]) && (isupper((unsigned char)s[1]) || (s[0] == 'I' && !isalpha((unsigned char)s[1])));
}

void type_prefix(char *s, size_t *end, const char *with)
{
	if (!type_keeps_capital(s))
		*s = (char)tolower((unsigned char)*s);
	replace_head(s, end, "", with);
}

/* "Do you know my name?" -> "I'd like to know my name." People ask in many ways; the corpus's readers count on it. */
static void other_head(char *s, size_t *end, rng *r)
{
	static const char *const old[] = { "Do you know ", "Can you tell me ", "Tell me ", "Do you remember " };
	static const char *const heads[] = { "Do you recall ", "Could you tell me ", "Any idea ", "Do you still know ",
					    "Can you remember ", "Would you tell me ", "Do you happen to know ",
					    "Do you know ", "Can you tell me ", "Do you remember " };
	static const char *const says[] = { "I'd like to know ", "I want to know ", "I can't remember ", "Let me know ",
					    "I need to know ", "I don't remember ", "Please tell me ", "I wonder ",
					    "Tell me again ", "Help me remember ", "Just tell me ", "I was wondering ",
					    "Tell me ", "Tell me " };
	static const char *const tails[] = { ", can you help me?", ". Can you tell me?", ", do you?", ". Do you know?" };
	static const char *const clause[] = { "who ", "what ", "where ", "when ", "which ", "how " };
	bool ask = rng_chance(r, .5), remind = rng_chance(r, .12), clauses = false;
	const char *head;
	size_t n;

	for (size_t i = 0; i < sizeof(old) / sizeof(*old); i++) {
		if (strncmp(s, old[i], strlen(old[i])))
			continue;
		for (size_t k = 0; k < sizeof(clause) / sizeof(*clause); k++)
			clauses |= !strncmp(s + strlen(old[i]), clause[k], strlen(clause[k]));
		if (remind) /* the plain forms with "Remind me" are held out: see relations.txt */
			replace_head(s, end, old[i],
				     rng_chance(r, .5) ? clauses ? "Can you remind me " : "Can you remind me of " :
				     clauses ? "Could you remind me " : "Could you remind me of ");
		if (remind) {
			n = strlen(s);
			s[n - 1] = strchr("?.", s[n - 1]) ? '?' : s[n - 1];
			return;
		}
		head = ask ? heads[rng_below(r, 10)] : says[rng_below(r, 14)];
		if (!clauses && strstr(head, "wonder")) /* "I wonder what ...", never "I wonder my name." */
			head = "I want to know ";
		replace_head(s, end, old[i], head);
		n = strlen(s);
		if (!strchr("?.", s[n - 1]))
			return;
		s[n - 1] = ask ? '?' : '.';
		if (!ask && strstr(s, "n't remember") && rng_chance(r, .4))
			snprintf(s + n - 1, TYPE_LINE - n, "%s", tails[rng_below(r, 4)]);
		return;
	}
}

/* Is the letter at k one of a word without capitals and digits, or of the first word of a question? Others may be names and
 * codes, which the reply spells as they are. */
static bool is_in_plain_word(const char *s, size_t n, size_t k)
{
	while (k && s[k - 1] != ' ')
		k--;
	if (!k && s[n - 1] == '?')
		k++;
	for (; s[k] && s[k] != ' '; k++)
		if (isupper((unsigned char)s[k]) || isdigit((unsigned char)s[k]) || (unsigned char)s[k] > 127)
			return false;
	return true;
}

/* A letter lost, doubled or swapped with the next one, never the first of the line. */
static void mistype(char *s, size_t cap, rng *r)
{
	size_t n = strlen(s), k;
	unsigned how = rng_below(r, 3);
	char c;

	if (n < 10 || n + 2 > cap)
		return;
	k = 1 + rng_below(r, (unsigned)n - 3);
	c = s[k];
	if (!islower((unsigned char)c) || !islower((unsigned char)s[k + 1]) || !is_in_plain_word(s, n, k))
		return;
	if (how == 0) {
		memmove(s + k, s + k + 1, n - k);
	} else if (how == 1) {
		memmove(s + k + 1, s + k, n - k + 1);
	} else {
		s[k] = s[k + 1];
		s[k + 1] = c;
	}
}

static void drop_apostrophes(char *s)
{
	char *out = s;

	for (; *s; s++)
		if (*s != '\'')
			*out++ = *s;
	*out = 0;
}

/* People speak of themselves with a sigh before it or a remark behind it, which changes nothing of the reply. */
static void chatter(char *s, size_t cap, rng *r)
{
	static const char *const selves[] = { "I ", "I'm ", "I've ", "My ", "We ", "We're ", "Our " };
	static const char *const fronts[] = { "honestly, ", "guess what, ", "omg ", "you know, ", "to be honest, ", "well, you see, ",
					      "anyway, ", "you know what? ", "just so you know: ", "believe it or not, ",
					      "so here's the thing: ", "news from me: ", "oh man, ", "listen, " };
	static const char *const backs[] = { ", you know", ", honestly", ", to be honest", ", believe it or not", "...",
					     ", just saying", ", can you believe it", ". What do you say", "!!",
					     ", and it's only ten o'clock", ", tbh", ". So that's my day", ", if you ask me",
					     ", and that was that", ", just like that", ". Thought I'd tell you" };
	char copy[TYPE_LINE];
	size_t n = strlen(s);
	bool self = false;

	for (size_t i = 0; i < sizeof(selves) / sizeof(*selves); i++)
		self |= !strncasecmp(s, selves[i], strlen(selves[i]));
	if (!self || n < 10 || n + 40 > cap || n >= sizeof(copy) || !strchr(".!", s[n - 1]))
		return;
	if (rng_chance(r, .5)) {
		if (!type_keeps_capital(s))
			*s = (char)tolower((unsigned char)*s);
		memcpy(copy, s, n + 1);
		snprintf(s, cap, "%s%s", fronts[rng_below(r, sizeof(fronts) / sizeof(*fronts))], copy);
	} else {
		snprintf(s + n - 1, cap - n + 1, "%s", backs[rng_below(r, sizeof(backs) / sizeof(*backs))]);
	}
}

/* "Where did I go?" -> "where'd I go", "remind me, where did I go?", "Where did I go again?" */
void type_casual(char *s, size_t cap, rng *r)
{
	static const char *const whole[] = { "What did ",  "Where did ", "Who did ",  "When did ",  "How did ", "Who is ",
					     "What is ",   "Where is ",  "When is ",  "What are " };
	static const char *const less[] = { "What'd ", "Where'd ", "Who'd ", "When'd ", "How'd ", "Who's ",
					    "What's ", "Where's ", "When's ", "What're " };
	static const char *const heads[] = { "Remind me, ",   "Remind me: ",  "Remind me again, ", "One more time, ", "I forgot, ",
					     "Wait, ",	      "Just to be sure, ", "Quick one, ",  "Okay so ",	      "Now then, ",
					     "Sorry, I forgot: ", "Let me check: ", "Test: ",	   "Go on, ",	      "And now: " };
	static const char *const words[] = { "What", "Where", "Who", "When", "How", "Which" };
	static const char *const settings[] = {
		"Let's see if you listened. ", "My memory is terrible. ", "I'm on the phone with them. ", "Pop quiz! ", "Quiz time! ",
		"Somebody is asking me: ", "I have to fill in a form: ", "For the form: ", "My wife wants to know: ", "Help me out: ",
		"I've forgotten already. ", "Sorry, brain fog. ", "I'm writing it down: ", "I had it a minute ago. ", "Hang on a second. ",
		"Back to what I told you. ", "Now to something else. ", "I'm just testing you. ", "Okay, your turn. ", "My turn to ask. ",
		"They want it in writing: ", "I'm making a list. ", "Silly me. ", "It's gone from my head. ", "Right, concentrate. "
	};
	static const char *const tails[] = { " I forget.", " I told you a minute ago.", " Asking for a friend.", " You must know.",
					     " I can't recall.", " It's slipped my mind.", " Any idea?", " You know that.",
					     " I did say it.", " Just checking." };
	size_t n, end = 0;
	bool is_ask = false;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		is_ask |= !strncmp(s, words[i], strlen(words[i]));
	for (size_t i = 0; is_ask && i < sizeof(whole) / sizeof(*whole); i++)
		if (!strncmp(s, whole[i], strlen(whole[i])) && rng_chance(r, .3))
			replace_head(s, &end, whole[i], less[i]);
	n = strlen(s);
	if (is_ask && n > 8 && s[n - 1] == '?' && n + 8 < cap && !strchr(s, ',') && !strstr(s, "again") && rng_chance(r, .07))
		strcpy(s + n - 1, " again?");
	n = strlen(s);
	if (is_ask && n + 24 < cap && n + 24 < TYPE_LINE && rng_chance(r, .08))
		type_prefix(s, &end, heads[rng_below(r, 15)]);
	else if (is_ask && n + 40 < cap && n + 40 < TYPE_LINE && rng_chance(r, .06))
		replace_head(s, &end, "", settings[rng_below(r, sizeof(settings) / sizeof(*settings))]);
	n = strlen(s);
	if (is_ask && s[n - 1] == '?' && n + 40 < cap && n + 40 < TYPE_LINE && rng_chance(r, .04))
		strcpy(s + n, tails[rng_below(r, sizeof(tails) / sizeof(*tails))]);
}

void type_slip(char *s, size_t cap, rng *r)
{
	static const char *const fronts[] = { "hey, ", "so, ",	 "ok, ",    "hi, ",	"Hey, ",  "So ",     "Okay, ",
					      "Hi! ",  "um, ",	 "Well, ",  "hm, ",	"Hello, ", "Right, ", "ok so ",
					      "Now, ", "Alright, ", "oh, ", "Hey there, " };
	static const char *const asking[] = { "Quick question: ", "Question: ",	 "Tell me, ",  "Say, ",	   "Excuse me, ",
					      "Sorry, ",	  "One thing: ", "Please, ",   "By the way, ", "I have a question: ",
					      "A question: ",	  "Another question: ", "And ", "just asking: " };
	static const char *const polite[] = { " please?", ", please?", ", by the way?", "??" };
	size_t n;
	bool ended;

	if (rng_chance(r, .06)) /* before the capitals go */
		mistype(s, cap, r);
	if (rng_chance(r, .15))
		chatter(s, cap, r);
	n = strlen(s);
	if (n > 12 && rng_chance(r, .08) && n + 24 < cap) {
		char copy[TYPE_LINE];
		bool question = s[n - 1] == '?' && rng_chance(r, .4);
		const char *front = question ? asking[rng_below(r, 14)] : fronts[rng_below(r, 18)];

		if (n < sizeof(copy)) {
			memcpy(copy, s, n + 1);
			if (!type_keeps_capital(copy))
				*copy = (char)tolower((unsigned char)*copy);
			n = (size_t)snprintf(s, cap, "%s%s", front, copy);
		}
	}
	if (rng_chance(r, .2))
		*s = (char)tolower((unsigned char)*s);
	if (rng_chance(r, .15))
		for (char *c = s; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	ended = n > 1 && strchr(".?!", s[n - 1]);
	if (ended && rng_chance(r, .2))
		s[n - 1] = 0;
	else if (ended && s[n - 1] == '?' && n > 12 && n + 20 < cap && rng_chance(r, .05))
		snprintf(s + n - 1, cap - n, "%s", polite[rng_below(r, 4)]);
	if (rng_chance(r, .08))
		drop_apostrophes(s);
}

void type_slip_proposal(char *s, size_t cap, rng *r)
{
	static const char *const askers[] = { "right", "correct", "true", "did i ", "do you ", "have i " };
	bool mark = *s && s[strlen(s) - 1] == '?';
	size_t n;

	for (size_t i = 0; i < sizeof(askers) / sizeof(*askers); i++)
		mark &= !strcasestr(s, askers[i]);
	type_slip(s, cap, r);
	n = strlen(s);
	if (n > 8 && !strcmp(s + n - 8, " please?")) { /* nobody proposes with it */
		n -= 8 + (s[n - 9] == ',');
		memcpy(s + n, "?", 2);
	}
	n = strlen(s);
	if (mark && s[n - 1] != '?' && n + 1 < cap)
		memcpy(s + n, "?", 2);
}

void type_question(char *s, size_t *end, rng *r)
{
	static const char *const fronts[] = { "hey, ", "so, ", "ok, ", "please, ", "and ", "hi, ", "by the way, ", "um, ",
					      "Hey, ", "So ", "Okay, ", "And ", "Hi! ", "Well, ", "Hello, ", "Now, ",
					      "One question: ", "Please, " };
	static const char *const backs[] = { " please", ", please", " again", ", do you know", " by the way",
					     ", can you tell me", " now", ", exactly", " for me", ", if you know",
					     ", do you remember" };
	size_t n;
	bool question;

	if (rng_chance(r, .55))
		other_head(s, end, r);
	if (rng_chance(r, .06) && !strncmp(s, "What is ", 8) && *end == strlen(s) - 1) {
		replace_head(s, end, "What is ", "What was ");
		n = strlen(s) - 1;
		snprintf(s + n, TYPE_LINE - n, "%s", rng_chance(r, .5) ? " again?" : " again");
	}
	if (rng_chance(r, .12))
		replace_head(s, end, "What is ", rng_chance(r, .5) ? "What's " : "Whats ");
	if (rng_chance(r, .1))
		replace_head(s, end, "What's ", "Whats ");
	n = strlen(s);
	question = s[n - 1] == '?';
	if (rng_chance(r, .06)) {
		if (strchr("?.", s[n - 1]))
			s[n - 1] = 0;
		n = strlen(s);
		snprintf(s + n, TYPE_LINE - n, "%s%s", backs[rng_below(r, 11)], rng_chance(r, .6) ? question ? "?" : "." : "");
	} else if (rng_chance(r, .2) && strchr("?.", s[n - 1])) {
		s[n - 1] = 0;
	}
	if (rng_chance(r, .13))
		type_prefix(s, end, fronts[rng_below(r, 18)]);
	else if (rng_chance(r, .15) && !type_keeps_capital(s))
		*s = (char)tolower((unsigned char)*s);
	if (rng_chance(r, .12))
		for (char *c = s; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	if (rng_chance(r, .02)) { /* two letters swapped, outside of the anchor's word */
		size_t k = 1 + rng_below(r, 6);

		if (k + 12 < *end && isalpha((unsigned char)s[k]) && isalpha((unsigned char)s[k + 1])) {
			char c = s[k];

			s[k] = s[k + 1];
			s[k + 1] = c;
		}
	}
}

/* A question whose words are its own: small slips only. keep: nothing before *end may be lost, a vector belongs there. */
void type_other(char *s, size_t *end, bool keep, rng *r)
{
	static const char *const fronts[] = { "hey, ", "so, ", "ok, ", "and ", "um, ", "Hey, ", "Okay, ", "Well, ", "uh, ",
					      "hmm, ", "ok so ", "oh, ", "Hi again, ", "right, ", "Alright, ", "sorry, ",
					      "but ", "hello, ", "Oh, and ", "yo, ", "now, ", "er, ", "Hi! " };
	static const char *const backs[] = { "??", "?!", " ?", "? thanks", "? Please", "? pls", "? :)", "? Thank you!",
					     "? Thanks.", "...?" };
	size_t n = strlen(s);

	if (rng_chance(r, .1) && s[n - 1] == '?' && strncmp(s, "And ", 4) && strncmp(s, "So ", 3) && n + 16 < TYPE_LINE)
		type_prefix(s, end, fronts[rng_below(r, 23)]);
	else if (rng_chance(r, .25) && !type_keeps_capital(s))
		*s = (char)tolower((unsigned char)*s);
	n = strlen(s);
	if (rng_chance(r, .2) && strchr("?.!", s[n - 1]) && s[n - 2] != '.')
		s[n - 1] = 0;
	else if (rng_chance(r, .04) && s[n - 1] == '?' && s[n - 2] != '.' && n + 16 < TYPE_LINE)
		snprintf(s + n - 1, TYPE_LINE - n, "%s", backs[rng_below(r, 10)]);
	if (!keep && rng_chance(r, .02))
		mistype(s, TYPE_LINE, r);
	if (rng_chance(r, .12))
		for (char *c = s; *c; c++)
			*c = (char)tolower((unsigned char)*c);
	if (!keep && rng_chance(r, .05))
		drop_apostrophes(s);
}

void type_statement(char *s, rng *r)
{
	static const char *const fronts[] = { "by the way, ", "btw, ", "Hey, ", "Oh, and ", "Just so you know, ",
					      "You should know that ", "I wanted to tell you that ", "Hi! ", "So, ",
					      "Remember that ", "Please remember that ", "Well, ", "Also, ", "FYI, ",
					      "hey, ", "hi, ", "ok so ", "oh, ", "Okay, ", "Good morning! ", "and ", "well, " };
	static const char *const backs[] = { ", by the way.", ", you know.", " :)", "!!", ", just saying.", ", really.",
					     "...", ", by the way" };
	static const char *const heads[] = { "My ", "The ", "People ", "Everyone ", "Call ", "You " };
	size_t n = strlen(s), end = 0;
	bool plain = type_keeps_capital(s);

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		plain |= !strncmp(s, heads[i], strlen(heads[i]));
	if (rng_chance(r, .25) && s[n - 1] == '.')
		s[n - 1] = 0;
	else if (rng_chance(r, .05) && s[n - 1] == '.' && !strchr(s, ',') && n + 16 < TYPE_LINE)
		snprintf(s + n - 1, TYPE_LINE - n, "%s", backs[rng_below(r, 8)]);
	else if (rng_chance(r, .06) && s[n - 1] == '.' && islower((unsigned char)s[n - 2]))
		s[n - 1] = '!';
	if (plain && rng_chance(r, .18))
		type_prefix(s, &end, fronts[rng_below(r, 22)]);
	else if (plain && rng_chance(r, .2))
		*s = (char)tolower((unsigned char)*s);
}

/* "My job is {v}." -> "Is my job ...?", "I live in {v}." -> "Do I live in ...?"; false when the form is another. */
bool type_yes_no_form(const char *say, char *out, size_t cap)
{
	static const char *const not_do[] = { "am ", "was ", "have ", "can ", "just ", "grew ", "got ", "moved ", "started ",
					      "don't ", "cannot ", "do ", "bought ", "come " };
	const char *is = strstr(say, " is {v}.");

	if ((!strncmp(say, "My ", 3) || !strncmp(say, "{S}", 3)) && is && !is[8]) {
		snprintf(out, cap, "Is %s%.*s {v}?", *say == 'M' ? "m" : "{s}", (int)(is - say) - (*say == 'M' ? 1 : 3),
			 say + (*say == 'M' ? 1 : 3));
		return true;
	}
	if (strncmp(say, "I ", 2) || strcmp(say + strlen(say) - 4, "{v}."))
		return false;
	for (size_t i = 0; i < sizeof(not_do) / sizeof(*not_do); i++)
		if (!strncmp(say + 2, not_do[i], strlen(not_do[i])))
			return false;
	snprintf(out, cap, "Do %.*s?", (int)strlen(say) - 1, say);
	return true;
}
