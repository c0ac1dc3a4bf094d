/*
 * Who a clause is about: the user, something of the user's ("my dog", "my sister Ana"), a named
 * person, or a pronoun for one of them.
 */
#include "detect_int.h"

#include <stdio.h>
#include <string.h>

void subject_set_i(struct subject *s)
{
	*s = (struct subject){ .kind = SUBJECT_I, .noun = "" };
	strcpy(s->text, "I");
}

/* A word in lower case that no list knows, between a person of the user's and what such a person does. Pets have walkers
 * and sitters, and friends have groups: those are no names. */
static bool lower_name(const struct reader *d, const struct tok *t, size_t k, size_t n, const struct subject *s)
{
	static const char none[] = " group circle lady man guy girl boy inlaw friend friends sitter walker trainer company club band "
				   "team city child side never school work family kid kids wife husband son daughter dog cat baby car phone"
					" house room class group "
				   "office boss lawyer doctor story text email who that one ";
	static const enum word_set sets[] = { WORDS_FUNCTION, WORDS_STATE,    WORDS_ADVERB, WORDS_TAIL,
					      WORDS_VERB,     WORDS_MODIFIER, WORDS_CUT };
	const char *w = t[k].w;
	size_t used;
	bool plural;

	static const char pets_do[] = " ate eats bit bites barks barked chewed chews puked threw sleeps loves hates keeps ran escaped scratched "
				      "stole destroyed knocked jumped died turned ";
	static const char no_pet[] = " food litter bed bowl hair poop vet collar leash treats toy toys ";
	bool pet = subject_is_pet(d, s), does;

	if (k + 2 >= n || t[k].kind != TOK_WORD || (t[k].flags & (TOK_CAP | TOK_QUOTED | TOK_TAIL)) || strlen(w) < 3)
		return false;
	if (pet && tok_be(t + k + 1) && word_among(" sick ill limping pregnant deaf blind hungry fat scared afraid missing coughing vomiting sneezing ", t[k + 2].w))
		does = word_may_name(w) && !word_among(no_pet, w); /* "my cat fig is sick" */
	else
		does = pet ? word_among(pets_do, t[k + 1].w) && !word_among(no_pet, w)
		   : word_among(" works lives studies speaks drives teaches said says told wants keeps thinks asked asks gave gives sent"
			" refuses insists swears leaves snores "
				 "cooks loves hates broke forgot ", t[k + 1].w) ||
			     (k + 3 < n && tok_is(t + k + 1, "is") && word_among(" a an ", t[k + 2].w) && word_is_job(t[k + 3].w) && word_may_name(w)) ||
			     (tok_is(t + k + 1, "'s") && word_among(" birthday email phone number address name job wife husband ", t[k + 2].w));
	if (!does || word_among(none, w))
		return false;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (word_in(sets[i], w))
			return false;
	return !word_is_job(w) && !word_is_nation(w) && !word_judges(w) && !noun_read(d, t + k, n - k, &used, &plural);
}

static void subject_append(struct subject *s, struct value name)
{
	s->name = name;
	s->appended = true;
}

/* Names that a bracket, a greeting, a title or the verb behind them gives away, from token k on. Returns how many tokens of
 * t[k] on they take; 0: none. */
static size_t name_marked(const struct reader *d, const struct tok *t, size_t k, size_t n, bool comma, struct subject *s)
{
	struct value v;

	if (!comma && k + 1 < n && tok_is(t + k, "(") && (t[k + 1].flags & TOK_CAP) &&
	    value_parse(d->x->text, "person", TRUST_HIGH, t, k + 1, n, &v) && (v.next >= n || tok_is(t + v.next, ")"))) {
		subject_append(s, v); /* "my cat (Loki)" */
		return v.next + (v.next < n) - k;
	}
	if (comma && k + 2 < n && (tok_is(t + k + 1, ",") || tok_is(t + k + 2, ",")) &&
	    tok_is(t + n - 1, "hi") && value_parse(d->x->text, "person", TRUST_HIGH, t, k, n, &v) &&
	    v.next < n && tok_is(t + v.next, ",")) {
		subject_append(s, v); /* "my husband, abby, says hi" */
		return v.next + 1 - k;
	}
	if (!(t[k].flags & TOK_CAP) && k + 1 < n && t[k + 1].kind == TOK_WORD &&
	    word_among(" mr mrs ms dr miss mr. mrs. ms. dr. prof prof. ", t[k].w) &&
	    !word_in(WORDS_FUNCTION, t[k + 1].w) && !word_in(WORDS_VERB, t[k + 1].w) &&
	    (!comma || (k + 2 < n && tok_is(t + k + 2, ",")))) { /* "my teacher mr. lindgren" */
		subject_append(s, (struct value){ .a = t[k].a, .b = t[k + 1].b, .next = k + 2, .titled = !(t[k + 1].flags & TOK_CAP) });
		return 2 + comma;
	}
	if (!comma && lower_name(d, t, k, n, s)) { /* "my cousin jaz works" */
		subject_append(s, (struct value){ .a = t[k].a, .b = t[k].b, .next = k + 1, .titled = true });
		return 1;
	}
	return 0;
}

/* Can no name begin at t[k]? */
static bool name_barred(const struct tok *t, size_t k, size_t n, bool comma)
{
	const char *w = t[k].w;

	if (!(t[k].flags & (TOK_CAP | TOK_QUOTED)) &&
	    !(word_in(WORDS_NAME, w) && !comma &&
	      (k + 1 < n || !(word_in(WORDS_AUX, w) || word_in(WORDS_COMMON, w) || word_in(WORDS_ADVERB, w)))))
		return true;
	if (word_in(WORDS_STATE, w) || word_in(WORDS_VERB, w) ||
	    (word_in(WORDS_FUNCTION, w) && !(tok_is(t + k, "will") && (t[k].flags & TOK_CAP) && k + 1 < n)) ||
	    (word_is_nation(w) && !word_in(WORDS_NAME, w)) || word_in(WORDS_DAY, w))
		return true;
	if (comma || word_in(WORDS_NAME, w))
		return false;
	if (k + 1 < n && (t[k].flags & TOK_CAP) && w[strlen(w) - 1] == 's' && word_among(" when that if how what why me my i it the a ", t[k + 1].w))
		return true; /* "my dog Knows when" */
	return strlen(w) > 4 && !strcmp(w + strlen(w) - 2, "ed") && !(t[k].flags & TOK_QUOTED); /* "my dad Googled it" */
}

/* Reads an apposed name behind "my sister": "Ana", ", Ana,", "'Rex'". Returns tokens used. */
static size_t name_apposed(const struct reader *d, const struct tok *t, size_t i, size_t n,
			   struct subject *s)
{
	size_t comma = i < n && tok_is(t + i, ",") ? 1 : 0, k = i + comma, marked;
	struct value v;

	if (comma && k + 2 < n && tok_is(t + k, "the") && word_among(" boat bike guitar band company ", s->noun))
		k++; /* "my boat, the Lady Jane, is" */
	if (comma && k + 4 < n && word_among(" a an ", t[k].w) && word_among(" called named ", t[k + 2].w) && (t[k + 3].flags & TOK_CAP) &&
	    word_among(" man woman guy girl boy lady lad bloke person ", t[k + 1].w))
		k += 3; /* "my boss, a man named Clive, ..." */
	if (k >= n || (t[k].flags & TOK_TAIL))
		return 0;
	marked = name_marked(d, t, k, n, comma, s);
	if (marked)
		return k + marked - i;
	if (name_barred(t, k, n, comma))
		return 0;
	if (!value_parse(d->x->text, "person", TRUST_HIGH, t, k, n, &v)) {
		size_t end = k + 1; /* a possessive follows: "my sister Ana's birthday" */

		if (end >= n || !tok_is(t + end, "'s") || !(t[k].flags & TOK_CAP))
			return 0;
		v = (struct value){ .a = t[k].a, .b = t[k].b, .next = end };
	}
	if (!(t[k].flags & (TOK_CAP | TOK_QUOTED))) /* lower case: one known word, then a verb */
		v = (struct value){ .a = t[k].a, .b = t[k].b, .next = k + 1, .titled = true };
	comma = comma && v.next < n;
	if (comma && !tok_is(t + v.next, ","))
		return 0;
	subject_append(s, v);
	return v.next + comma - i;
}

const char *breed_species(const char *w)
{
	static const char cats[] = " siamese persian ragdoll sphynx shorthair tabby calico birman burmese manx coon longhair ";
	static const char others[] = " python ball-python clydesdale haflinger friesian arabian thoroughbred mustang appaloosa quarterhorse"
		" percheron lop budgie cockatiel macaw cockatoo parakeet lovebird conure syrian roborovski angora dwarf gecko iguana tortoise "
		"chinchilla ";

	if (!word_in(WORDS_BREED, w) || word_in(WORDS_PET, w) || word_among(others, w))
		return NULL;
	return word_among(cats, w) ? "cat" : "dog";
}

size_t aged_value(const struct tok *t, size_t i, size_t n, struct value *age)
{
	size_t digits = i < n ? strspn(t[i].w, "0123456789") : 0, len = i < n ? strlen(t[i].w) : 0;

	if (len > 9 && !strcmp(t[i].w + len - 9, "-year-old")) {
		*age = (struct value){ .a = t[i].a, .b = t[i].b - 9, .next = i + 1 };
		return 1;
	}
	if (!digits || digits > 2)
		return 0;
	*age = (struct value){ .a = t[i].a, .b = t[i].a + (uint32_t)digits, .next = i + 1 };
	if (!strcmp(t[i].w + digits, "yo"))
		return 1;
	if (t[i].w[digits] || i + 2 >= n)
		return 0;
	return word_among(" yo y/o year-old ", t[i + 1].w) ? 2 : word_among(" year years yr yrs ", t[i + 1].w) && tok_is(t + i + 2, "old") ? 3 : 0;
}

/* A breed in place of the noun, where a name follows: "our labrador Bruno", "my golden retriever is called Max". */
static const char *breed_noun(const struct tok *t, size_t k, size_t n, size_t *used)
{
	for (size_t j = k; j + 1 < n && j < k + 3 && t[j].kind == TOK_WORD && !word_in(WORDS_FUNCTION, t[j].w); j++) {
		bool other = j == k && word_among(" lab boxer pointer setter cross mix mixed rescue stray mutt ", t[j].w);
		const char *species = other ? NULL : breed_species(t[j].w);
		bool named = (t[j + 1].flags & TOK_CAP) && t[j + 1].kind == TOK_WORD && !word_in(WORDS_BREED, t[j + 1].w) &&
			     !word_in(WORDS_FUNCTION, t[j + 1].w);

		if (species && (named || (j + 2 < n && tok_be(t + j + 1) && word_among(" called named ", t[j + 2].w)))) {
			*used = j + 1 - k;
			return species;
		}
	}
	return NULL;
}

/* Is the word at t[k] passed over on the way from "my" at i to its noun? *more: how many with it. */
static bool my_passes(const struct tok *t, size_t i, size_t k, size_t n, size_t *more)
{
	struct value age;

	*more = 0;
	if (t[k].kind == TOK_WORD && word_among(" teacher coach instructor tutor manager ", t[k + 1].w) && !word_in(WORDS_FUNCTION, t[k].w))
		return true; /* "my maths teacher" */
	if (k == i + 1 && aged_value(t, k, n, &age)) {
		*more = aged_value(t, k, n, &age) - 1; /* "my 7 year old daughter" */
		return true;
	}
	if (k == i + 1 && word_among(" two three four five 2 3 4 5 both ", t[k].w))
		return true; /* "my two sons" */
	return word_in(WORDS_PET, t[k + 1].w) && (word_in(WORDS_BREED, t[k].w) || word_in(WORDS_COLOR, t[k].w)); /* "our tabby cat" */
}

/* The noun behind "my" at i: *k gets where it begins, *used its tokens. NULL: none. plural: see noun_read(). */
static const char *my_noun(const struct reader *d, const struct tok *t, size_t i, size_t n, size_t *k, size_t *used, bool *plural)
{
	const char *noun, *inner;
	size_t at, more;
	bool many;

	for (at = i + 1; at + 1 < n; at++) {
		if (my_passes(t, i, at, n, &more)) {
			at += more;
			continue;
		}
		if (noun_read(d, t + at, n - at, used, plural) ||
		    !(word_in(WORDS_MODIFIER, t[at].w) || word_in(WORDS_STATE, t[at].w) || word_is_nation(t[at].w)) || at > i + 3)
			break;
	}
	*k = at;
	noun = noun_read(d, t + at, n - at, used, plural);
	if (!noun && at > i + 1 && tok_is(t + at - 1, "little") && word_among(" boy girl ", t[at].w)) {
		*used = 1;
		noun = tok_is(t + at, "boy") ? "son" : "daughter"; /* "my little girl Mabel" */
	} else if (!noun && at + 1 < n && tok_is(t + at, "boy") && (word_in(WORDS_VERB, t[at + 1].w) || tok_be(t + at + 1))) {
		*used = 1;
		noun = "son"; /* "my boy plays the trumpet" */
	}
	if (!noun)
		noun = breed_noun(t, at, n, used); /* "our labrador Bruno" */
	if (!noun || !word_in(WORDS_MODIFIER, t[at].w) || at + 1 >= n)
		return noun;
	inner = noun_read(d, t + at + 1, n - at - 1, &more, &many); /* "my twin brother" is a brother */
	if (!inner || many)
		return noun;
	*used = more;
	*k = at + 1;
	return inner;
}

size_t subject_my(const struct reader *d, const struct tok *t, size_t i, size_t n,
		  struct subject *s)
{
	size_t k, used;
	bool plural;

	if (i + 1 >= n || !(tok_is(t + i, "my") || tok_is(t + i, "our")))
		return 0;
	s->noun = my_noun(d, t, i, n, &k, &used, &plural);
	if (!s->noun || strlen(s->noun) + 4 > sizeof(s->text))
		return 0;
	snprintf(s->text, sizeof(s->text), "my %.80s", s->noun);
	s->kind = SUBJECT_MY;
	s->appended = false;
	k += used;
	k += k < n && tok_is(t + k - 1, "baby") && word_among(" girl boy daughter son ", t[k].w); /* "our baby girl Noor" */
	if (k + 2 < n && tok_is(t + k, "of") && word_among(" years year months decades ", t[k + 2].w))
		k += 3; /* "my boyfriend of six years, Lars," */
	if (plural) /* only "my dogs name": the attribute must follow */
		return attribute_read(d, s->text, t, k, n, &used) ? k - i : 0;
	if (k + 3 < n)
		k += tok_phrases(t + k, n - k, "since school|since college|since uni|since childhood|since kindergarten|from school|from work|"
					       "from college|from uni|from church|from back home|from next door|of mine");
	k += name_apposed(d, t, k, n, s);
	if (s->appended && k + 3 < n) /* "my friend Yara from school is a vet" */
		k += tok_phrases(t + k, n - k, "from school|from work|from college|from uni|from church|from next door");
	return k - i;
}

static size_t subject_named(const struct reader *d, const struct tok *t, size_t i, size_t n,
			    struct subject *s)
{
	static const char famous[] = "taylor swift|tom hanks|brad pitt|keanu reeves|bill gates|steve jobs|harry styles|billie eilish|emma"
		" watson|ed sheeran|"
				     "michael jackson|elvis presley|john lennon|paul mccartney|bob dylan|david bowie|freddie mercury|lady"
					" gaga|justin bieber|"
				     "kim kardashian|kanye west|stephen king|jane austen|agatha christie|roger federer|rafael nadal|serena"
					" williams|michael jordan|"
				     "lebron james|lewis hamilton|usain bolt|greta thunberg|angela merkel|emmanuel macron|boris johnson|king"
					" charles|joe rogan|"
				     "tom cruise|johnny depp|leonardo dicaprio|morgan freeman|meryl streep|jennifer lawrence|ryan"
					" gosling|margot robbie|"
				     "marie curie|isaac newton|charles darwin|karl marx|harry potter|sherlock holmes|peter parker|bruce"
					" wayne|clark kent|"
				     "homer simpson|bart simpson|walter white|jon snow|tony stark|frodo baggins|mickey mouse|donald duck";
	size_t k = i, words = 0, len;

	while (k < n && k < i + 4 && t[k].kind == TOK_WORD && (t[k].flags & TOK_CAP) &&
	       !(t[k].flags & TOK_TAIL) && !word_in(WORDS_AUX, t[k].w) &&
	       !word_in(WORDS_VERB, t[k].w)) {
		if (word_in(WORDS_FUNCTION, t[k].w) || word_in(WORDS_STATE, t[k].w) ||
		    word_is_nation(t[k].w) || word_in(WORDS_MONTH, t[k].w) ||
		    word_in(WORDS_DAY, t[k].w) || word_in(WORDS_COUNTRY, t[k].w) ||
		    word_in(WORDS_PRONOUN, t[k].w) || word_in(WORDS_REQUEST, t[k].w) ||
		    word_in(WORDS_QUESTION, t[k].w))
			if (!word_in(WORDS_NAME, t[k].w))
				return 0;
		k++;
		words++;
	}
	if (!words || words > 3 || k >= n)
		return 0;
	if (words == 2 && tok_phrases(t + i, n - i, famous))
		return 0;
	if (word_among(" musk bezos zuckerberg obama trump biden putin beyoncé beyonce messi ronaldo einstein shakespeare mozart newton "
		       "picasso gandhi napoleon hitler stalin churchill lincoln washington kennedy ", t[k - 1].w))
		return 0; /* nobody of the user's */
	/* One word is a person only if known as a name, or with an attribute of it to follow
	 * ("Zed's birthday"). */
	if (words == 1 && !word_in(WORDS_NAME, t[i].w) && !tok_is(t + k, "'s"))
		return 0;
	len = t[k - 1].b - t[i].a;
	if (len >= sizeof(s->text) || !utf8_clean(d->x->text + t[i].a, len))
		return 0;
	*s = (struct subject){ .kind = SUBJECT_NAME, .noun = "" };
	memcpy(s->text, d->x->text + t[i].a, len);
	s->text[len] = 0;
	return k - i;
}

/* Can the pronoun mean this subject? */
static bool pronoun_fits(const struct reader *d, const char *w, const struct subject *s)
{
	bool pet = subject_is_pet(d, s);

	if (s->kind == SUBJECT_NONE || s->kind == SUBJECT_I)
		return false;
	if (!strcmp(w, "it") || !strcmp(w, "its"))
		return s->kind == SUBJECT_MY &&
		       (pet || !(word_in(WORDS_SHE, s->noun) || word_in(WORDS_HE, s->noun)));
	if (!strcmp(w, "she") || !strcmp(w, "her"))
		return !word_in(WORDS_HE, s->noun);
	if (!strcmp(w, "he") || !strcmp(w, "his") || !strcmp(w, "him"))
		return !word_in(WORDS_SHE, s->noun);
	return !strcmp(w, "they") || !strcmp(w, "their");
}

bool subject_is_pet(const struct reader *d, const struct subject *s)
{
	const relation *x = s->kind == SUBJECT_MY ? relations_find(d->r, s->text, "name") : NULL;

	return (x && !strcmp(x->value, "pet")) ||
	       (s->kind == SUBJECT_MY && *s->noun && word_in(WORDS_PET, s->noun));
}

size_t subject_read(const struct reader *d, const struct tok *t, size_t i, size_t n,
		    struct subject *s)
{
	static const char pronouns[] = " he she it they his her its their ";

	if (i >= n)
		return 0;
	if (tok_is(t + i, "i") || tok_is(t + i, "we")) {
		subject_set_i(s);
		return 1;
	}
	if (tok_phrase(t + i, n - i, "me and")) { /* "me and my husband moved": the user as well */
		size_t used = subject_my(d, t, i + 2, n, s);

		subject_set_i(s);
		return used ? used + 2 : 0;
	}
	if (tok_is(t + i, "my") || tok_is(t + i, "our"))
		return subject_my(d, t, i, n, s);
	if (i + 1 < n && (t[i].kind == TOK_WORD) && (tok_be(t + i + 1) || word_in(WORDS_VERB, t[i + 1].w)) &&
	    word_among(" mum mom mam mummy mommy dad daddy grandma grandpa granny nan nana grandad granddad ", t[i].w)) {
		*s = (struct subject){ .kind = SUBJECT_MY, .noun = word_canonical(t[i].w) };
		snprintf(s->text, sizeof(s->text), "my %s", s->noun); /* "mum's birthday is ..." */
		return 1;
	}
	if (word_among(pronouns, t[i].w)) {
		const struct subject *who = d->last.kind != SUBJECT_NONE ? &d->last : &d->before;

		if (!pronoun_fits(d, t[i].w, who))
			return 0;
		*s = *who;
		s->appended = false;
		return 1;
	}
	return subject_named(d, t, i, n, s);
}
