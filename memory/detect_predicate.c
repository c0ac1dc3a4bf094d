/*
 * Predicates: "... live in V", "... works as a V". One table for all subjects ("I live in V", "my
 * sister lives in V", "Andrew Yoder lives in V"): which relations a subject has says the relations
 * table.
 */
#include "detect_read.h"
#include "detect_value.h"

#include <string.h>

/*
 * Matches a pattern's words from *i on: "live|lives" either word, "a?" may be missing, "be" any
 * form of to be, "a" either article; adverbs between words are passed over. Moves *i past it.
 */
bool pattern_match(const struct reading *c, const char *pattern, size_t *i)
{
	size_t k = *i;

	while (*pattern) {
		size_t len = strcspn(pattern, " ");
		bool optional = pattern[len - 1] == '?', hit = false;
		const char *p = pattern, *end = pattern + len - optional;
		size_t at = k;

		while (at < c->n && c->t[at].w[0] && c->t[at].w[1] && word_in(WORDS_ADVERB, c->t[at].w)) /* "i" is asked most */
			at++;
		while (at < c->n && p < end && !hit) {
			size_t word = strcspn(p, "| ?");

			hit = strlen(c->t[at].w) == word && !memcmp(c->t[at].w, p, word);
			if (word == 2 && !memcmp(p, "be", 2))
				hit = tok_be(c->t + at) || tok_is(c->t + at, "be");
			else if (word == 1 && *p == 'a')
				hit = tok_is(c->t + at, "a") || tok_is(c->t + at, "an");
			p += word + (p + word < end);
		}
		if (hit)
			k = at + 1;
		else if (!optional)
			return false;
		pattern += len + (pattern[len] == ' ');
	}
	*i = k;
	return true;
}

enum {
	ONLY_I = 1, /* the pattern says something about the user alone */
	ONLY_PET = 2,
	NOT_PET = 4,
	CLOSED = 8, /* nothing may follow the value */
	SINCE = 16, /* only with "since ..." or "for ..." */
};

struct predicate {
	const char *pattern, *relation;
	int trust, op, flags;
	const char *rule;
	double confidence;
};

static const struct predicate predicates[] = {
	{ "be called|named", "name", TRUST_HIGH, DETECT_ADD, 0, "called", 0.97 },
	{ "go|goes by", "name", TRUST_LOW, DETECT_ADD, 0, "goes-by", 0.9 },
	{ "answer|answers to the? name? of?", "name", TRUST_HIGH, DETECT_ADD, 0, "called", 0.8 },
	{ "live|lives and work|works in", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.95 },
	{ "live|lives|reside|resides here|alone|together|abroad? in", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.95 },
	{ "be living in", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.95 },
	{ "be stationed|posted in", "home", TRUST_HIGH, DETECT_ADD, 0, "based-in", 0.85 },
	{ "spent my|his|her childhood|youth in", "hometown", TRUST_HIGH, DETECT_ADD, 0, "grew-up", 0.85 },
	{ "be based out of", "home", TRUST_HIGH, DETECT_ADD, 0, "based-in", 0.9 },
	{ "be based in", "home", TRUST_HIGH, DETECT_ADD, 0, "based-in", 0.9 },
	{ "have|has? settled down? in", "home", TRUST_HIGH, DETECT_ADD, 0, "based-in", 0.9 },
	{ "moved into my|our|a new? flat|house|apartment|home|place in", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to", 0.85 },
	{ "be settled in", "home", TRUST_HIGH, DETECT_ADD, 0, "based-in", 0.9 },
	{ "have|has lived in", "home", TRUST_HIGH, DETECT_ADD, SINCE, "lived-since", 0.85 },
	{ "have|has been living in", "home", TRUST_HIGH, DETECT_ADD, 0, "live-in", 0.9 },
	{ "moved back? over? out? here? to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to",
	  0.95 },
	{ "have|has moved back? over? to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to",
	  0.95 },
	{ "relocated to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to", 0.9 },
	{ "have|has relocated to", "home", TRUST_HIGH, DETECT_SUPERSEDE, 0, "moved-to", 0.9 },
	{ "moved out of", "home", TRUST_HIGH, DETECT_RETRACT, 0, "moved-out", 0.85 },
	{ "live|lives at", "address", TRUST_HIGH, DETECT_ADD, 0, "live-at", 0.95 },
	{ "live|lives on", "address", TRUST_LOW, DETECT_ADD, 0, "live-at", 0.8 },
	{ "hail|hails|originate|originates from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.9 },
	{ "come|comes from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.9 },
	{ "be from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.9 },
	{ "be originally from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.9 },
	{ "be come from", "hometown", TRUST_HIGH, DETECT_ADD, 0, "from", 0.8 },
	{ "grew up in", "hometown", TRUST_HIGH, DETECT_ADD, 0, "grew-up", 0.9 },
	{ "was|were raised|brought up? in", "hometown", TRUST_HIGH, DETECT_ADD, 0, "grew-up", 0.9 },
	{ "was born and raised|bred|brought up? in", "hometown", TRUST_HIGH, DETECT_ADD, 0, "grew-up", 0.9 },
	{ "was born in the? year?", "birth year", TRUST_HIGH, DETECT_ADD, 0, "born", 0.95 },
	{ "was born in", "birthplace", TRUST_HIGH, DETECT_ADD, 0, "born", 0.95 },
	{ "born in the? year?", "birth year", TRUST_HIGH, DETECT_ADD, 0, "born", 0.8 },
	{ "born in", "birthplace", TRUST_HIGH, DETECT_ADD, 0, "born", 0.8 },
	{ "was born on", "birthday", TRUST_HIGH, DETECT_ADD, 0, "born", 0.95 },
	{ "was born", "birth year", TRUST_HIGH, DETECT_ADD, 0, "born", 0.9 },
	{ "was born", "birthday", TRUST_HIGH, DETECT_ADD, 0, "born", 0.9 },
	{ "be a citizen of", "nationality", TRUST_HIGH, DETECT_ADD, 0, "citizen", 0.95 },
	{ "be", "blood type", TRUST_HIGH, DETECT_ADD, ONLY_I | CLOSED, "blood", 0.85 },
	{ "be allergic to", "allergy", TRUST_HIGH, DETECT_ADD, 0, "allergic", 0.97 },
	{ "be severely|deathly|highly|terribly|mildly|slightly|badly allergic to", "allergy",
	  TRUST_HIGH, DETECT_ADD, 0, "allergic", 0.97 },
	{ "have|has got? a severe|bad|serious|mild|slight|terrible|strong? allergy to", "allergy", TRUST_HIGH, DETECT_ADD, 0, "allergic", 0.97 },
	{ "be|turned|turns just? aged?", "age", TRUST_HIGH, DETECT_ADD, CLOSED, "age", 0.9 },
	{ "have|has turned", "age", TRUST_HIGH, DETECT_ADD, CLOSED, "age", 0.9 },
	{ "be bilingual|trilingual|multilingual|quadrilingual :|,|in", "language", TRUST_LOW, DETECT_ADD, 0, "speaks", 0.9 },
	{ "be fluent|bilingual|trilingual in", "language", TRUST_LOW, DETECT_ADD, 0, "speaks", 0.95 },
	{ "grew up speaking", "language", TRUST_LOW, DETECT_ADD, 0, "speaks", 0.9 },
	{ "can? speak|speaks", "language", TRUST_LOW, DETECT_ADD, 0, "speaks", 0.95 },
	{ "have|has been diagnosed with", "condition", TRUST_HIGH, DETECT_ADD, 0, "condition",
	  0.9 },
	{ "was|got|were diagnosed with", "condition", TRUST_HIGH, DETECT_ADD, 0, "condition", 0.9 },
	{ "live|lives with", "condition", TRUST_LOW, DETECT_ADD, 0, "condition", 0.8 },
	{ "suffer|suffers from", "condition", TRUST_HIGH, DETECT_ADD, 0, "condition", 0.9 },
	{ "have|has got?", "condition", TRUST_LOW, DETECT_ADD, 0, "condition", 0.85 },
	{ "got", "condition", TRUST_LOW, DETECT_ADD, NOT_PET, "condition", 0.8 },
	{ "be on? a? strict? strictly?", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.9 },
	{ "have|has been", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.9 },
	{ "follow|follows a?", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.9 },
	{ "eat|eats|keep|keeps", "diet", TRUST_LOW, DETECT_ADD, NOT_PET, "diet", 0.85 },
	{ "switched|changed to a?", "diet", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "diet", 0.85 },
	{ "became|become a?", "diet", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "diet", 0.85 },
	{ "have|has become a?", "diet", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "diet", 0.85 },
	{ "have|has had", "condition", TRUST_LOW, DETECT_ADD, 0, "condition", 0.85 },
	{ "have|has? went|gone|turned", "diet", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "diet", 0.8 },
	{ "work|works nights|days|weekends|mornings|evenings|shifts|here|there? as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.95 },
	{ "work|works for myself|himself|herself as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET,
	  "work-as", 0.95 },
	{ "started|start|began working|work as", "job", TRUST_HIGH, DETECT_SUPERSEDE, NOT_PET,
	  "new-job", 0.9 },
	{ "earn|make|makes|earns a|my|his|her living as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.9 },
	{ "be working|employed as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.95 },
	{ "have|has worked as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET | SINCE, "work-as", 0.85 },
	{ "have|has been working as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.9 },
	{ "have|has been a", "job", TRUST_LOW, DETECT_ADD, NOT_PET, "be-job", 0.85 },
	{ "got|have|has|found|started a new? job as", "job", TRUST_HIGH, DETECT_SUPERSEDE, NOT_PET,
	  "new-job", 0.9 },
	{ "became a", "job", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.85 },
	{ "have|has become a", "job", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.85 },
	{ "be a", "zodiac sign", TRUST_HIGH, DETECT_ADD, ONLY_I | CLOSED, "zodiac", 0.85 },
	{ "be", "zodiac sign", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "zodiac", 0.75 },
	{ "be", "height", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "height", 0.9 },
	{ "be a", "breed", TRUST_LOW, DETECT_ADD, ONLY_PET, "breed", 0.9 },
	{ "be", "breed", TRUST_LOW, DETECT_ADD, ONLY_PET | CLOSED, "is-breed", 0.75 },
	{ "be a student of", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.85 },
	{ "be a", "job", TRUST_LOW, DETECT_ADD, NOT_PET, "be-job", 0.9 },
	{ "be the new?", "job", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "be-job", 0.6 },
	{ "be", "job", TRUST_LOW, DETECT_ADD, NOT_PET | CLOSED, "be-job", 0.7 },
	{ "freelance|freelances|moonlight|moonlights|trained|qualified as", "job", TRUST_LOW, DETECT_ADD, NOT_PET, "work-as", 0.85 },
	{ "be freelancing|moonlighting|temping|interning as", "job", TRUST_LOW, DETECT_ADD, NOT_PET, "work-as", 0.85 },
	{ "was|got|were hired as", "job", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.85 },
	{ "be|was|were|got promoted to", "job", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.85 },
	{ "have|has been promoted to", "job", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-job", 0.85 },
	{ "be a? student at", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.9 },
	{ "work|works nights|days|weekends|mornings|evenings|shifts for|at", "employer", TRUST_HIGH,
	  DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "work|works part|full time for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "work|works|do|does night|day|late|early? shifts|nights as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.9 },
	{ "work|works part|full time as", "job", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-as", 0.95 },
	{ "stopped|quit working|work for|at", "employer", TRUST_HIGH, DETECT_RETRACT, NOT_PET,
	  "left", 0.85 },
	{ "work|works for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "be working for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "be on the night|day|late|early|evening|morning|back shift at", "employer", TRUST_LOW, DETECT_ADD, NOT_PET, "work-at", 0.85 },
	{ "have|has been with", "employer", TRUST_LOW, DETECT_ADD, NOT_PET | SINCE, "been-with", 0.75 },
	{ "was|got|were hired at|by", "employer", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-employer", 0.8 },
	{ "have|has? landed|found|scored|took|accepted a new? job|position|role|gig at|with", "employer", TRUST_HIGH, DETECT_SUPERSEDE, NOT_PET, "new-employer", 0.85 },
	{ "work|works over at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.9 },
	{ "be employed at|by", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at", 0.95 },
	{ "have|has worked for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET | SINCE, "work-at",
	  0.85 },
	{ "have|has been working for|at", "employer", TRUST_HIGH, DETECT_ADD, NOT_PET, "work-at",
	  0.9 },
	{ "started|start|began working|work for|at", "employer", TRUST_HIGH, DETECT_SUPERSEDE,
	  NOT_PET, "new-employer", 0.9 },
	{ "have|has? joined", "employer", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "new-employer", 0.7 },
	{ "have|has? started at?", "employer", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET | ONLY_I, "new-employer",
	  0.7 },
	{ "have|has got|found|started a new? job at|with", "employer", TRUST_HIGH, DETECT_SUPERSEDE, NOT_PET, "new-employer", 0.9 },
	{ "got|have|has|found|started a new? job at|with", "employer", TRUST_HIGH, DETECT_SUPERSEDE,
	  NOT_PET, "new-employer", 0.9 },
	{ "left|quit", "employer", TRUST_LOW, DETECT_RETRACT, ONLY_I | CLOSED, "left", 0.7 },
	{ "study|studies at", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.95 },
	{ "be studying at", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.95 },
	{ "be enrolled at|in", "school", TRUST_LOW, DETECT_ADD, NOT_PET, "school", 0.9 },
	{ "go|goes to school|college|uni|university at", "school", TRUST_LOW, DETECT_ADD, NOT_PET, "school", 0.9 },
	{ "attend|attends", "school", TRUST_HIGH, DETECT_ADD, NOT_PET, "school", 0.95 },
	{ "go|goes to", "school", TRUST_LOW, DETECT_ADD, NOT_PET, "school", 0.9 },
	{ "be studying", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.9 },
	{ "be doing|pursuing a|my|his|her phd|doctorate|degree|bachelor|bachelors|master|masters|ba|bsc|ma|msc|mba in", "field of study",
	  TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.9 },
	{ "be doing|pursuing a master|bachelor 's in", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.9 },
	{ "be in my|his|her final|first|second|third|fourth|fifth|last|1st|2nd|3rd|4th year of", "field of"
		" study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.85 },
	{ "study|studies", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.9 },
	{ "major|majors in", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.95 },
	{ "be majoring in", "field of study", TRUST_HIGH, DETECT_ADD, NOT_PET, "study", 0.95 },
	{ "can? play|plays the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.95 },
	{ "have|has? taken|took|picked up the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.85 },
	{ "have|has? taken|took up", "sport", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.8 },
	{ "have|has been at", "employer", TRUST_LOW, DETECT_ADD, NOT_PET | SINCE, "been-at", 0.75 },
	{ "can? speak|speaks two|three|four|five|2|3|4|5|several languages :|,", "language", TRUST_LOW, DETECT_ADD, NOT_PET, "speaks", 0.95 },
	{ "have|has been learning to? play? the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.9 },
	{ "be learning to? play? the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays",
	  0.9 },
	{ "have|has been playing the?", "instrument", TRUST_LOW, DETECT_ADD, NOT_PET, "plays",
	  0.9 },
	{ "do|does", "sport", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.85 },
	{ "play|plays", "sport", TRUST_LOW, DETECT_ADD, NOT_PET, "plays", 0.9 },
	{ "drive|drives", "car", TRUST_HIGH, DETECT_ADD, NOT_PET, "drives", 0.95 },
	{ "own|owns", "car", TRUST_LOW, DETECT_ADD, NOT_PET, "drives", 0.85 },
	{ "be driving a", "car", TRUST_LOW, DETECT_ADD, NOT_PET, "drives", 0.85 },
	{ "bought|got myself|ourselves? a", "car", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "bought-car", 0.85 },
	{ "have|has bought a", "car", TRUST_LOW, DETECT_SUPERSEDE, NOT_PET, "bought-car", 0.85 },
	{ "have supported|followed", "team", TRUST_LOW, DETECT_ADD, ONLY_I, "supports", 0.85 },
	{ "be", "weight", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "weight", 0.85 },
	{ "be down|up to", "weight", TRUST_LOW, DETECT_ADD, ONLY_I | CLOSED, "weight", 0.85 },
	{ "support|supports", "team", TRUST_LOW, DETECT_ADD, ONLY_I, "supports", 0.85 },
	{ "cheer|root for", "team", TRUST_LOW, DETECT_ADD, ONLY_I, "supports", 0.85 },
	{ "be a big|huge? fan of", "team", TRUST_LOW, DETECT_ADD, ONLY_I, "supports", 0.85 },
	{ "like|love|adore", "like", TRUST_HIGH, DETECT_ADD, ONLY_I, "likes", 0.8 },
	{ "be fond of", "like", TRUST_HIGH, DETECT_ADD, ONLY_I, "likes", 0.8 },
	{ "hate|dislike|detest|loathe|despise", "dislike", TRUST_HIGH, DETECT_ADD, ONLY_I, "dislikes",
	  0.85 },
	{ "enjoy|enjoys", "hobby", TRUST_LOW, DETECT_ADD, NOT_PET, "hobby", 0.75 },
	{ "weigh|weighs", "weight", TRUST_HIGH, DETECT_ADD, 0, "weight", 0.95 },
	{ "commute|commutes by|on", "commute", TRUST_LOW, DETECT_ADD, ONLY_I, "commute", 0.9 },
	{ "get|wake up at", "wake-up time", TRUST_HIGH, DETECT_ADD, ONLY_I, "wakes-at",
	  0.9 },
	{ "have been married|together since", "anniversary year", TRUST_HIGH, DETECT_ADD, ONLY_I, "married-in", 0.85 },
	{ "got|were|was? married|wed|hitched on", "wedding anniversary", TRUST_HIGH, DETECT_ADD, ONLY_I, "married-on", 0.85 },
	{ "got|were|was? married|wed|hitched in", "anniversary year", TRUST_HIGH, DETECT_ADD, ONLY_I, "married-in", 0.9 },
};

/* After a number of years nothing but these may stand: "I'm 5 minutes late" is no age. */
size_t age_end(const struct reading *c, size_t i)
{
	size_t k = i;

	if (i && i < c->n && tok_is(c->t + i, "old") && word_among(" month months week weeks ", c->t[i - 1].w))
		return i + 1;
	if (pattern_match(c, "years|year|yrs|yr old", &k) || pattern_match(c, "yo|y/o", &k) ||
	    pattern_match(c, "years|year of age|young", &k) || pattern_match(c, "years young", &k))
		return tok_phrases(c->t + k, c->n - k, "inside|mentally|emotionally|at heart|in dog years|in cat years|in human years|in spirit")
			       ? 0
			       : k;
	if (tok_phrase(c->t + i, c->n - i, "and a half"))
		return 0; /* "42 and a half kilos" */
	if (i > 1 && i + 1 < c->n && !word_among(" turn turns ", c->t[i - 2].w) && (tok_is(c->t + i, "in") || tok_is(c->t + i, "on")) &&
	    (word_in(WORDS_MONTH, c->t[i + 1].w) || word_in(WORDS_DAY, c->t[i + 1].w)))
		return i; /* "turned 70 in March" */
	if (c->s.kind == SUBJECT_I && i && tok_is(c->t + i - 1, "one"))
		return 0; /* "a joke about dentists, I'm one" */
	if (tok_phrase(c->t + i, c->n - i, "going on") && i + 2 < c->n && (c->t[i + 2].kind == TOK_NUM || word_in(WORDS_NUMBER, c->t[i + 2].w)))
		return i; /* "thirteen going on thirty" */
	if (i + 1 < c->n && tok_is(c->t + i, "turning") && c->t[i + 1].kind == TOK_NUM)
		return i; /* "17 turning 18" */
	return value_closed(c, i) &&
			       !(i < c->n && (tok_is(c->t + i, "of") || tok_is(c->t + i, "for") ||
					      tok_is(c->t + i, "by") || tok_is(c->t + i, "in") ||
					      tok_is(c->t + i, "with") || tok_is(c->t + i, "on") ||
					      tok_is(c->t + i, "at")))
		       ? i
		       : 0;
}

static bool since_follows(const struct reading *c, size_t i)
{
	while (i < c->n && tok_is(c->t + i, ","))
		i++;
	return i < c->n &&
	       (tok_is(c->t + i, "since") || tok_is(c->t + i, "for") || tok_is(c->t + i, "all"));
}

/* "for six years", "since 2012": long enough for a place of work. */
static bool years_follow(const struct reading *c, size_t i)
{
	for (size_t k = i; k < c->n && k < i + 6; k++)
		if (word_among(" years year decade decades months ", c->t[k].w) || (tok_is(c->t + k, "since") && k + 1 < c->n &&
		    c->t[k + 1].kind == TOK_NUM && strlen(c->t[k + 1].w) == 4))
			return true;
	return false;
}

/* Is what stands at [i, end) no person: a company known, or two words of which none is a name? */
static bool firm_like(const struct reading *c, size_t i, size_t end)
{
	for (size_t k = i; k < end; k++)
		if (word_in(WORDS_NAME, c->t[k].w) || word_among(" my her his our a an ", c->t[k].w))
			return false;
	return end > i + 1 || word_in(WORDS_COMPANY, c->t[i].w);
}

static bool predicate_applies(const struct reading *c, const struct predicate *p)
{
	bool pet = subject_is_pet(c->d, &c->s);

	const relation *named = c->s.kind == SUBJECT_MY ? relations_find(c->d->r, c->s.text, "name") : NULL;

	if (named && !strcmp(named->value, "title") && strcmp(p->relation, "name") != 0)
		return false; /* "my company is based in Riga": what holds for anybody is said of people and pets */
	if ((p->flags & ONLY_I) && c->s.kind != SUBJECT_I)
		return false;
	if ((p->flags & ONLY_PET) && !pet)
		return false;
	if ((p->flags & NOT_PET) && pet)
		return false;
	return relations_find(c->d->r, c->s.text, p->relation) != NULL;
}

/* "Vin Diesel is a campy actor": a judgement, or talk about somebody famous. */
static bool opinion(const struct reading *c, size_t i, size_t end)
{
	if (c->s.kind == SUBJECT_NAME && end && word_in(WORDS_FAMOUS, c->t[end - 1].w))
		return true;
	for (; i + 1 < end; i++)
		if (word_in(WORDS_STATE, c->t[i].w) && !tok_is(c->t + i, "retired") &&
		    !tok_phrases(c->t + i, end - i,
				 "self-employed|self employed|high school|real estate|special education|special needs|special ed|"
				 "small business|open source|early childhood|short order|full stack|"
				 "local government|back end|home health|home care|old age|"
				 "independent living|full time|part time|quick service|large animal|small animal|"
				 "general practice|public health") &&
		    !tok_is(c->t + i, "the"))
			return true;
	return false;
}

bool as_good_as(const struct reading *c, size_t i, size_t end)
{
	for (; i < end; i++)
		if (word_among(" basically practically essentially virtually mentally emotionally spiritually ", c->t[i].w))
			return true;
	return false;
}

/* "I'm basically a taxi driver for my kids": no job but a manner of speaking. */
static bool figurative(const struct reading *c, size_t i, size_t end)
{
	for (size_t k = i; k < end; k++)
		if (word_among(" basically practically essentially virtually totally ", c->t[k].w) || (c->s.kind == SUBJECT_I &&
		    tok_is(c->t + k, "literally")))
			return true;
	return tok_phrases(c->t + end, c->n - end, "for my kids|for my family|for my friends|to my kids|to my friends|of my own|at home|in"
		" my head|by marriage") > 0;
}

static bool word_cap_at(const struct reading *c, size_t i)
{
	return c->t[i].kind == TOK_WORD && (c->t[i].flags & TOK_CAP) && !tok_is(c->t + i, "i");
}

/* Can a pattern begin with this word? Nearly all fall here, before their words are compared. */
static bool pattern_begins(const char *pattern, const struct tok *t)
{
	const char *end = pattern + strcspn(pattern, " ");

	if (end[-1] == '?')
		return true;
	for (const char *p = pattern; p < end; p += strcspn(p, "| ") + 1)
		if (*p == t->w[0] || (p[0] == 'b' && p[1] == 'e' && (p[2] == ' ' || p[2] == '|' || !p[2]) && tok_be(t)))
			return true;
	return false;
}

/* A pattern that fits, and the value behind it. */
struct match {
	const struct predicate *p;
	const relation *x;
	size_t i, at, end; /* tokens: the pattern [i, at), the value [at, end) */
};

static bool rule_is(const struct match *m, const char *rule)
{
	return !strcmp(m->p->rule, rule);
}

/* "I'm Dr. Jane O'Neill", "I am Mr Smith": a name, where a capital follows the title. */
static bool title_named(const struct tok *t, size_t i, size_t n)
{
	static const char titles[] = " mr mrs ms miss dr prof professor mr. mrs. ms. dr. prof. ";

	return i + 1 < n && word_among(titles, t[i].w) && (t[i].flags & TOK_CAP) && (t[i + 1].flags & TOK_CAP) && !tok_punct(t + i + 1) &&
	       !word_is_nation(t[i + 1].w) && !word_in(WORDS_FUNCTION, t[i + 1].w) && !tok_is(t + i + 1, "emeritus");
}

/* "a teacher in spirit", "my dentist is a butcher": what sounds like a job and is none. */
static bool job_misread(const struct reading *c, const struct match *m)
{
	if (m->end < c->n && tok_is(c->t + m->end, "'s") && (c->t[m->end].flags & TOK_TAIL) && !strcmp(m->x->value, "job"))
		return true; /* "a welder's apprentice" */
	if (!strcmp(m->p->relation, "job") && !strncmp(m->p->pattern, "be", 2) && figurative(c, m->i, m->end))
		return true;
	if (!rule_is(m, "be-job"))
		return false;
	if (title_named(c->t, m->at, c->n))
		return true;
	return tok_phrases(c->t + m->end, c->n - m->end, "at heart but|of life|in spirit|in disguise|in denial|of sorts|by nature|in the making") ||
	       opinion(c, m->at, m->end) ||
	       (c->s.kind == SUBJECT_MY && word_is_job(c->s.noun)) ||	  /* "my dentist is a butcher" */
	       (c->s.kind != SUBJECT_I && tok_is(c->t + m->at, "the")); /* "my brother is the chef in the family" */
}

/* People leave and join more than employers, and are with more than firms. */
static bool firm_misread(const struct reading *c, const struct match *m)
{
	static const char sites[] = " facebook twitter instagram tiktok reddit discord linkedin netflix tinder spotify youtube twitch "
				    "mastodon bluesky snapchat whatsapp telegram signal bumble hinge ";

	if (m->p->trust == TRUST_LOW && word_among(" left new-employer ", m->p->rule) &&
	    (word_among(" a an the ", c->t[m->at].w) || word_among(sites, c->t[m->at].w)))
		return true; /* "left the gym", "joined Facebook" */
	if (rule_is(m, "new-employer") && word_in(WORDS_SCHOOL, c->t[m->end - 1].w))
		return true; /* "started at Trinity College": to work or to learn? */
	if (!strncmp(m->p->rule, "been-", 5) && !years_follow(c, m->end))
		return true;
	return rule_is(m, "been-with") && !firm_like(c, m->at, m->end); /* "I've been with Anna for ten years" */
}

/* Values that mean something else here. */
static bool value_misread(const struct reading *c, const struct match *m)
{
	size_t at = m->at, end = m->end;

	if (rule_is(m, "born") && tok_is(c->t + at, "in"))
		return true; /* "born in March" */
	if (rule_is(m, "weight") && end == at + 1 && strstr(c->t[at].w, "1st"))
		return true; /* "I'm 61st in the queue" */
	if (rule_is(m, "is-breed") && !word_in(WORDS_BREED, c->t[end - 1].w))
		return true;
	if (rule_is(m, "moved-to") && end == at + 1 && word_in(WORDS_COMMON, c->t[at].w))
		return true; /* "moved to Linux" */
	if (rule_is(m, "zodiac") && m->p->trust == TRUST_LOW && word_in(WORDS_NAME, c->t[at].w))
		return true; /* "I'm Leo" */
	if (rule_is(m, "wakes-at") && end + 1 < c->n && tok_is(c->t + end, "on") &&
	    !word_among(" weekdays workdays schooldays ", c->t[end + 1].w))
		return true; /* "at noon on Sundays" */
	if (rule_is(m, "diet") && tok_phrases(c->t + end, c->n - end, "for a week|for a month|for a day|for a while|for january|for lent|for one|for two"))
		return true; /* over since */
	if (rule_is(m, "drives") && tok_phrases(c->t + end, c->n - end, "for a living|for work|for uber"))
		return true; /* a job, not a car */
	return !strcmp(m->x->value, "sport") && end < c->n && word_among(" manager games game simulator videos ", c->t[end].w);
}

/* "my goldfish are called Salt and Pepper" */
static bool several_called(const struct reading *c, const struct match *m)
{
	return rule_is(m, "called") && tok_is(c->t + m->i, "are") && m->end + 1 < c->n && word_among(" and , & ", c->t[m->end].w) &&
	       word_cap_at(c, m->end + 1);
}

/* Reads the value behind p's pattern at i, which fits as far as *at. Sets *v, *m; false: it means something else. */
static bool predicate_match(const struct reading *c, const struct predicate *p, size_t i, size_t at, struct value *v, struct match *m)
{
	*m = (struct match){ .p = p, .x = relations_find(c->d->r, c->s.text, p->relation), .i = i, .at = at };
	if (!read_value(c, word_among(" like dislike ", p->relation) ? "like" : m->x->value, p->trust, at, v))
		return false;
	m->end = v->next;
	if (!strcmp(m->x->value, "age")) {
		if (as_good_as(c, i, m->end))
			return false; /* "I'm basically nine" */
		m->end = age_end(c, m->end);
		if (!m->end)
			return false;
	}
	return !job_misread(c, m) && !firm_misread(c, m) && !value_misread(c, m);
}

bool predicate_read(struct reading *c, size_t i)
{
	size_t first = i;

	while (first < c->n && word_in(WORDS_ADVERB, c->t[first].w))
		first++;
	if (first >= c->n)
		return false;
	for (size_t k = 0; k < sizeof(predicates) / sizeof(*predicates); k++) {
		const struct predicate *p = predicates + k;
		struct reading one = *c;
		struct match m;
		struct value v;
		size_t at = i, end;

		if (!pattern_begins(p->pattern, c->t + first) || !pattern_match(c, p->pattern, &at) || at >= c->n || !predicate_applies(c, p) ||
		    !predicate_match(c, p, i, at, &v, &m))
			continue;
		if (several_called(c, &m))
			return false;
		if (((p->flags & CLOSED) && !value_closed(c, m.end)) || ((p->flags & SINCE) && !since_follows(c, m.end)))
			continue;
		if (c->op == DETECT_ADD)
			one.op = p->op;
		end = add_values(&one, &c->s, m.x, &v, p->rule, p->confidence);
		if (!end)
			continue;
		tail_read(&one, !strcmp(m.x->value, "age") ? age_end(c, end) : end, m.x->name);
		return true;
	}
	return false;
}
