/*
 * Guards: why a clause must not become a fact although it may look like one. One function per
 * reason; the order is from the strongest (fiction, which holds for the rest of the message) to the
 * weakest (comparison).
 */
#include "detect_int.h"

#include <string.h>

/* Does one of the phrases stand anywhere? */
static bool has(const struct tok *t, size_t n, const char *list)
{
	for (size_t i = 0; i < n; i++)
		if (tok_phrases(t + i, n - i, list))
			return true;
	return false;
}

/* "In my novel", "in the story": at the front of the clause, or its last words. */
static bool in_a_story(const struct tok *t, size_t n)
{
	static const char stories[] = " story novel book game dream dreams film movie play world "
				      "poem song scenario fantasy "
				      "script universe fanfic campaign series show comic tale "
				      "screenplay simulation nightmare ";

	for (size_t i = 0; i + 2 < n; i++) {
		size_t k = i + 2;

		if (!tok_is(t + i, "in") ||
		    !word_among(" my the this a our that his her ", t[i + 1].w))
			continue;
		for (; k < n && k < i + 5; k++)
			if (word_among(stories, t[k].w) && (i == 0 || k + 1 == n))
				return true;
	}
	return false;
}

static bool guard_fiction(const struct tok *t, size_t n)
{
	static const char anywhere[] =
		"imagine|picture this|picture me|pretend|pretending|roleplay|role-play|role play|let us say|let us play|"
		"let us imagine|let us pretend|let us write|let us make up|once upon a time|dreamt|i dreamed|dreamed that|"
		"act as|act like|behave like|behave as|knock knock|my character|the character|in character|alternate universe|"
		"parallel universe|make believe|fictional|protagonist|heroine|main character|"
		"the villain|the narrator";
	static const char front[] =
		"you are a|you are an|you are my|you are the|you be|we are in|as a pirate|"
		"in a world|in another life";

	return has(t, n, anywhere) || tok_phrases(t, n, front) || in_a_story(t, n);
}

static bool guard_hypothetical(const struct tok *t, size_t n)
{
	static const char front[] =
		"if|suppose|supposing|assume|assuming|maybe|perhaps|unless|what if|say i|say my|"
		"let us assume|let us suppose|hypothetically|for the sake of|for the purpose of|for the purposes of|for this exercise|in theory|"
		"for example if|given that|what about if";
	static const char anywhere[] =
		"if|would|could|might|should|as if|as though|possibly|probably|almost|nearly|"
		"i think|i guess|i suppose|i believe|i assume|i reckon|i suspect|i doubt|not sure|"
		"i may|we may|may be|supposedly|hypothetically|i feel like|i imagine|or maybe|"
		"unsure|i wonder|wondering";

	/* "My favorite movie is probably Alien": whoever has to choose says so. */
	if (tok_phrases(t, n, "my favorite|my favourite|my fav") && !has(t, n, "if|could|might|should|or maybe") &&
	    (!has(t, n, "would") || has(t, n, "would be|would have to be")))
		return has(t, n, "not sure|unsure|i wonder|i doubt");
	return tok_phrases(t, n, front) || has(t, n, anywhere);
}

static bool guard_hearsay(const struct tok *t, size_t n)
{
	static const char anywhere[] =
		"apparently|allegedly|reportedly|according to|rumor|rumour|rumors|i heard|i hear|"
		"i was told|i have heard|i have been told|i read that|i read|word is that|"
		"legend has it";
	static const char verbs[] = " said says say saying told tells tell claims claimed claim "
				    "thinks think thought believes "
				    "believed believe insists insisted swears wrote writes joked "
				    "jokes suggested assumes assumed "
				    "mentioned reckons argues accused asked asks wonders knows ";

	if (has(t, n, anywhere))
		return true;
	for (size_t i = 1; i < n; i++) {
		if (!word_among(verbs, t[i].w))
			continue;
		if (tok_phrases(t + i - 1, n - i + 1, "you asked|you know|you ask") || tok_phrase(t + i + 1, n - i - 1, "me as"))
			continue;
		if ((i > 4 && word_among(" who which ", t[i - 1].w)) || word_among(" a an the ", t[i - 1].w))
			continue; /* "... and a collie who thinks he's the boss" */
		if (tok_is(t + i - 1, "i") || tok_is(t + i - 1, "to") ||
		    (i > 1 && tok_is(t + i - 2, "i")) || (t[i].flags & TOK_CAP))
			continue;
		if (i + 1 < n && (tok_is(t + i + 1, "hi") || tok_is(t + i + 1, "hello")))
			continue;
		return true;
	}
	return false;
}

/* "I was born in the USA, born in the USA": what is said twice in a row is sung. */
static bool refrain(const struct tok *t, size_t n)
{
	for (size_t i = 3; i + 3 < n; i++) {
		size_t m = n - i - 1, k = 0; /* words behind the comma at i */

		if (!tok_is(t + i, ",") || m > i)
			continue;
		while (k < m && !strcmp(t[i - m + k].w, t[i + 1 + k].w))
			k++;
		if (k == m)
			return true;
	}
	return false;
}

/* Words that are shown rather than said: "Example: ...", "the sign reads ...". */
static bool guard_quote(const struct tok *t, size_t n)
{
	static const char things[] =
		" text sign poem song lyrics label note letter message email chorus shirt t-shirt "
		"tshirt mug sticker poster meme quote line verse caption subtitle screen page ad "
		"article chapter tattoo book rhyme prayer rap intro banner card ";
	static const char headings[] = " chapter scene act verse stanza excerpt prologue epilogue page paragraph caption headline slogan tagline bio "
				       "signature subject title status tweet voicemail ";
	static const char front[] =
		"example|examples|an example|sample|e.g|lorem ipsum|template|placeholder|"
		"dummy text|test sentence|sample text|quote of the day";

	if (refrain(t, n))
		return true;
	for (size_t i = 1; i < n && i < 5 && word_among(headings, t->w); i++)
		if (tok_is(t + i, ":"))
			return true; /* "Caption idea: ..." */
	if (tok_phrases(t, n, front) || (n < 6 && word_among(" riddle joke pun haiku limerick ", t[n - 1].w)))
		return true;
	for (size_t i = 1; i + 1 < n && i < 5; i++)
		if (word_among(things, t[i].w) && !tok_is(t, "i") && !tok_is(t, "we") &&
		    (word_among(" reads says goes states begins starts say ", t[i + 1].w) ||
		     (i + 3 < n && tok_phrase(t + i + 1, n - i - 1, "are :"))))
			return true;
	return false;
}

static bool guard_wish(const struct tok *t, size_t n)
{
	static const char anywhere[] =
		"wish|wishes|i want|we want|wants to|i hope|we hope|hopes to|hoping|hopefully|"
		"would like|would love|dream of|dreaming|i wanted|i need to|looking to|"
		"would rather|trying to|i long to|can not wait";

	return has(t, n, anywhere);
}

static bool guard_plan(const struct tok *t, size_t n)
{
	static const char anywhere[] =
		"going to|planning|plan to|plans to|about to|thinking of|thinking about|"
		"considering|intend|intends|someday|some day|one day i|i am getting|"
		"we are getting|i am moving|we are moving|is moving|i am becoming|i am starting|"
		"is getting|am applying|shall";

	if (has(t, n, anywhere))
		return true;
	for (size_t i = 0; i < n; i++)
		if (tok_is(t + i, "will") &&
		    (!(t[i].flags & TOK_CAP) || (i && word_in(WORDS_PRONOUN, t[i - 1].w))))
			return true;
	return false;
}

static bool guard_past(const struct tok *t, size_t n)
{
	static const char anywhere[] =
		"when i was|when we were|when he was|when she was|back then|back when|"
		"back in the day|in the past|as a child|as a kid|as a teenager|in my youth|"
		"i thought|once had|formerly|previously|at the time|growing up|"
		"and gave up|but gave up|did not last|in my twenties|in a past life|in a previous life|had been|years ago i";

	for (size_t i = 0; i + 1 < n; i++) {
		if (i < 3 && tok_phrases(t + i, n - i, "my old|our old|my former|my previous|my ex|my late|my last job"))
			return true;
		if (word_among(" since after because ", t[i].w) && i > 2)
			break; /* "she lives alone since dad died" */
		if (tok_is(t + i, "died") || tok_phrase(t + i, n - i, "passed away"))
			return true;
	}
	for (size_t i = 0; i + 1 < n; i++)
		if (tok_phrase(t + i, n - i, "used to") &&
		    !(i && (tok_be(t + i - 1) || word_among(" get getting got not never quite become so ", t[i - 1].w))))
			return true;
	for (size_t i = 0; i + 2 < n; i++)
		if (tok_phrase(t + i, n - i, "my first") && !tok_is(t + i + 2, "name") &&
		    !tok_is(t + i + 2, "language"))
			return true;
	for (size_t i = 0; i + 1 < n; i++) /* but "we just had a baby girl" */
		if (tok_phrases(t + i, n - i, "i had|we had") && !tok_phrases(t + i + 2, n - i - 2, "a baby|our baby|twins"))
			return true;
	return has(t, n, anywhere);
}

bool guard_secret(const struct tok *t, size_t n)
{
	static const char secrets[] =
		" password passcode passphrase pin ssn cvv cvc iban otp token secret ";

	static const char doors[] = " door gate locker alarm garage entry access security safe lock building front ";

	for (size_t i = 1; i + 1 < n; i++)
		if ((word_among(secrets, t[i].w) || (word_among(" code combination ", t[i].w) && word_among(doors, t[i - 1].w))) &&
		    (tok_be(t + i + 1) || tok_is(t + i + 1, ":")))
			return true;
	return false;
}

bool guard_past_tense(const struct tok *t, size_t n)
{
	size_t len;

	if (n < 2 || !(tok_is(t, "i") || tok_is(t, "we") || tok_is(t, "he") || tok_is(t, "she")))
		return false;
	len = strlen(t[1].w);
	return tok_is(t + 1, "was") || tok_is(t + 1, "were") || tok_is(t + 1, "had") ||
	       (len > 4 && !strcmp(t[1].w + len - 2, "ed"));
}

static bool guard_question(const struct tok *t, size_t n, char end)
{
	if (end == '?')
		return true;
	if (tok_is(t, "is") || tok_is(t, "am") ||
	    tok_is(t, "are")) /* "is 5" after "and" goes on with a subject */
		return n > 1 && !(t[0].flags & TOK_TAIL) &&
		       (word_in(WORDS_PRONOUN, t[1].w) || tok_is(t + 1, "my") ||
			tok_is(t + 1, "the") || tok_is(t + 1, "there"));
	if (tok_is(t, "have") || tok_is(t, "has") || tok_is(t, "had"))
		return n > 1 && word_in(WORDS_PRONOUN, t[1].w);
	if (tok_is(t, "will") || tok_is(t, "may"))
		return n > 1 && word_in(WORDS_PRONOUN, t[1].w);
	if (tok_is(t, "when") || tok_is(t, "where") || tok_is(t, "what") || tok_is(t, "how"))
		return true;
	if ((tok_is(t, "do") || tok_is(t, "can") || tok_is(t, "could")) && n > 1 &&
	    tok_is(t + 1, "not"))
		return false;
	if (tok_phrase(t, n, "you know") && n > 2 && word_in(WORDS_QUESTION, t[2].w))
		return true;
	return word_in(WORDS_QUESTION, t[0].w) && !(t[0].flags & TOK_TAIL);
}

static bool guard_request(const struct tok *t, size_t n)
{
	if (n > 1 && tok_phrase(t, n, "call me"))
		return n > 2 && word_in(WORDS_STATE, t[2].w) && !(n > 3 && t[3].kind == TOK_NUM);
	if (n > 1 && (tok_be(t + 1) || tok_is(t + 1, ":")))
		return false;
	if (tok_phrases(t, n, "say i|say my name is|say we|let us assume|let us suppose"))
		return false; /* a supposition */
	if (tok_phrase(t, n, "let us") || tok_phrase(t, n, "i need you") ||
	    tok_phrase(t, n, "i want you"))
		return true;
	if (tok_phrase(t, n, "do not") || tok_phrase(t, n, "never"))
		return true;
	for (size_t i = 2; i < n; i++)
		if (t[i].kind == TOK_EMAIL && (tok_is(t + 1, "me") || tok_is(t + i - 2, "me")) && word_among(" at on ", t[i - 1].w))
			return false; /* "send me a copy at V" says where the user is reached */
	return word_in(WORDS_REQUEST, t[0].w);
}

static bool guard_comparison(const struct tok *t, size_t n)
{
	for (size_t i = 1; i + 1 < n; i++) {
		if (tok_is(t + i, "than"))
			return true;
		if (tok_is(t + i, "like") && !tok_is(t + i - 1, "i") && !tok_is(t + i - 1, "not") &&
		    !tok_is(t + i - 1, "we") && !word_in(WORDS_ADVERB, t[i - 1].w) &&
		    !(t[i].flags & TOK_CAP) && !tok_phrases(t + i, n - i, "like best|like this|like that|like these") &&
		    !(i > 1 && tok_is(t + i - 2, ",") && word_among(" tastes smells looks feels sounds ", t[i - 1].w)))
			return true;
	}
	return false;
}

const char *guard_clause(const struct tok *t, size_t n, char end)
{
	if (!n)
		return NULL;
	if (guard_fiction(t, n))
		return "fiction";
	if (guard_question(t, n, end))
		return "question";
	if (guard_request(t, n))
		return "request";
	if (guard_quote(t, n))
		return "quote";
	if (guard_wish(t, n))
		return "wish";
	if (guard_hearsay(t, n))
		return "hearsay";
	if (guard_past(t, n))
		return "past";
	if (guard_plan(t, n))
		return "plan";
	if (guard_hypothetical(t, n))
		return "hypothetical";
	if (guard_comparison(t, n))
		return "comparison";
	if (has(t, n, "never"))
		return "negation";
	return NULL;
}

bool guard_carries(const char *reason, const struct tok *t, size_t n)
{
	if (has(t, n, "if it matters|if this matters|if that matters|if it helps|if this helps|if relevant|if it is relevant|if this is relevant|"
		      "if that is relevant|if it is important|if anyone cares"))
		return false;
	if (tok_phrases(t, n,
			"if you are curious|if you are wondering|if you want|if you need|if you "
			"care|if you must|"
			"if i am honest|if i am being honest|if you ask|if it helps|if that helps|if it matters|if you are "
			"interested|if you like"))
		return false; /* politeness */
	if (!strcmp(reason, "wish")) /* "I was trying to sleep and my dog Rex ...": an attempt */
		return !has(t, n, "trying to|looking to|i need to");
	if (!strcmp(reason, "hypothetical")) /* "there would be eight of us" says nothing about what follows */
		return tok_phrases(t, n, "say i|say my|what if|in theory|hypothetically") ||
		       has(t, n, "if|suppose|supposing|assume|assuming|maybe|perhaps|unless|possibly|i think|i guess|i suppose|i believe|i"
			" reckon|i wonder|wondering|"
				 "i imagine|hypothetically|for the sake of|for this exercise");
	return !strcmp(reason, "fiction") ||
	       !strcmp(reason, "hearsay") || !strcmp(reason, "quote");
}

bool guard_sticks(const char *reason, const struct tok *t, size_t n, char end)
{
	static const char texts[] =
		"grammar|spelling|essay|code|draft|message|line|lines|quote|text|sentence|"
		"paragraph|following|translate|translation|improve|correct|proofread|rewrite|"
		"rephrase|paraphrase|reword|edit|polish|shorten|simplify|expand|punctuate|"
		"analyze|analyse|repeat|caption|speech|lyrics|"
		"summarize|summarise|email|story|poem|letter|joke|pun|riddle|limerick|haiku|tweet|bio";

	static const char verbs[] = " translate rewrite correct fix improve proofread paraphrase "
				    "rephrase edit convert say write repeat spell complete finish "
				    "continue read summarize summarise type print check make sing "
				    "turn ";

	if (!strcmp(reason, "fiction"))
		return true;
	if (!strcmp(reason, "question") && n > 3 && word_among(" can could would will ", t->w) && tok_is(t + 1, "you") &&
	    has(t + 2, n - 2, "this|the following|these") && (word_among(verbs, t[2].w) || word_among(" please just ", t[2].w)))
		return true; /* "Can you make this sound better? I am ..." */
	if (!strcmp(reason, "quote") && end == ':')
		return true;
	return !strcmp(reason, "request") && end == ':' &&
	       (word_among(verbs, t[0].w) || has(t, n, texts));
}

bool guard_shows(const struct tok *t, size_t n)
{
	static const char things[] =
		" line lines song story dialogue dialog letter chapter text caption lyrics poem quote verse script sentence paragraph "
		"opening prompt example joke ";

	if (n && n < 5 && word_among(" chapter scene act verse stanza excerpt prologue epilogue page paragraph subject ", t->w))
		return true;
	if (n && word_among(" goes reads says ", t[n - 1].w) && !tok_is(t, "i") && !tok_phrase(t, n, "here goes"))
		return true;
	for (size_t i = 1; i < n && n < 12 && word_among(" the a here it this my that ", t->w); i++)
		if (word_among(things, t[i].w))
			return true;
	return false;
}

bool guard_is_joke(const struct tok *t, size_t n)
{
	static const char jokes[] =
		"lol no|lmao no|haha no|lol jk|just kidding|jk|kidding|i am joking|just joking|joking|not really|april fools|"
		"i can not lie|psych|as a joke|in jest";

	for (size_t i = 0; i < n; i++) /* "I am not joking" */
		if (tok_phrases(t + i, n - i, jokes) && !(i && word_among(" not no never ", t[i - 1].w)) &&
		    !tok_phrases(t + i, n - i, "not joking|not kidding"))
			return true;
	return false;
}

bool guard_lifted(const char *reason)
{
	return strcmp(reason, "question") != 0 && strcmp(reason, "request") != 0 &&
	       strcmp(reason, "negation") != 0;
}
