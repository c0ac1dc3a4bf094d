/*
 * The relations table's words in an utterance: whom "my ..." means, and which attribute is named.
 */
#include "detect_int.h"

#include <string.h>
#include <strings.h>

/* Compares words of a table entry with canonical tokens. Returns how many tokens it took or 0. */
static size_t match_words(const struct tok *t, size_t n, const char *words)
{
	size_t k = 0;
	char first = *words >= 'A' && *words <= 'Z' ? (char)(*words | 32) : *words;

	/* Nearly every entry falls here; a synonym is let through by its own first letter too. */
	if (!n || (t->w[0] != first && word_canonical(t->w)[0] != first))
		return 0;
	while (*words) {
		size_t len = strcspn(words, " ");
		const char *w = k < n ? word_canonical(t[k].w) : "";
		char entry[48];
		size_t wide = strlen(w);

		if (k >= n || tok_punct(t + k) || len >= sizeof(entry))
			return 0;
		if (len > 2 && !memcmp(words + len - 2, "'s", 2)) { /* "doctor's": two tokens */
			if (strlen(t[k].w) != len - 2 || memcmp(t[k].w, words, len - 2) != 0 ||
			    k + 1 >= n || !tok_is(t + k + 1, "'s"))
				return 0;
			k += 2;
			words += len + (words[len] == ' ');
			continue;
		}
		if (len > 7 && !memcmp(words + len - 7, "-in-law", 7) && k + 2 < n &&
		    wide == len - 7 && !memcmp(words, w, wide) && tok_is(t + k + 1, "in") &&
		    tok_is(t + k + 2, "law")) { /* "mother in law" */
			k += 3;
			words += len + (words[len] == ' ');
			continue;
		}
		if (wide > len && strchr(w, ' ') && !strncasecmp(words, w, wide) &&
		    (!words[wide] || words[wide] == ' ')) {
			words += wide + (words[wide] == ' '); /* "bestie" for "best friend" */
			k++;
			continue;
		}
		memcpy(entry, words, len);
		entry[len] = 0;
		if (strcasecmp(word_canonical(entry), w) != 0)
			return 0;
		k++;
		words += len + (words[len] == ' ');
	}
	return k;
}

const char *noun_read(const struct reader *d, const struct tok *t, size_t n, size_t *used,
		      bool *plural)
{
	const char *best = NULL;
	char a = n ? t->w[0] : 0, b = n ? word_canonical(t->w)[0] : 0; /* nearly every noun begins otherwise */

	*used = 0;
	*plural = false;
	for (size_t i = 0; i < relations_count(d->r); i++) {
		const relation *x = relations_at(d->r, i);
		const char *noun = x->subject + 3;
		size_t k, len;

		if (strncmp(x->subject, "my ", 3) != 0 || (*noun != a && *noun != b) || (best && !strcmp(best, noun)))
			continue;
		k = match_words(t, n, noun);
		/* "my dogs" is a noun of its own, but in "my dogs name" it is the dog's */
		if (k < n && tok_is(t + k, "name") && !strcmp(x->name, "names"))
			continue;
		if (k > *used || (k == *used && *plural)) {
			*used = k;
			best = noun;
			*plural = false;
		}
		len = strlen(noun);
		if (!*used && n && strlen(t->w) == len + 1 && t->w[len] == 's' &&
		    !strncmp(t->w, noun, len)) {
			*used = 1;
			best = noun;
			*plural = true;
		}
	}
	if (!best && n && word_in(WORDS_PERSON, t->w)) {
		*used = 1;
		best = word_canonical(t->w);
	}
	return best;
}

/* Further words for relations of the shipped table. */
static const struct {
	const char *words, *name;
} aliases[] = {
	{ "plate number", "license plate" },
	{ "number plate", "license plate" },
	{ "insta handle", "instagram handle" },
	{ "instagram", "instagram handle" },
	{ "insta", "instagram handle" },
	{ "twitter", "twitter handle" },
	{ "github", "github username" },
	{ "sign", "zodiac sign" },
	{ "hobbies", "hobby" },
	{ "doctor's appointment", "doctor appointment" },
	{ "dentist's appointment", "dentist appointment" },
	{ "appointment with the dentist", "dentist appointment" },
	{ "appointment with the doctor", "doctor appointment" },
	{ "appointment at the dentist", "dentist appointment" },
	{ "vet's appointment", "vet appointment" },
	{ "appointment with the vet", "vet appointment" },
	{ "appointment at the vet", "vet appointment" },
	{ "appointment at the doctor", "doctor appointment" },
	{ "given name", "name" },
	{ "alarm", "wake-up time" },
	{ "locker code", "locker combination" },
	{ "front door code", "door code" },
	{ "gym locker number", "locker number" },
	{ "school locker number", "locker number" },
	{ "work locker number", "locker number" },
	{ "user name", "username" },
	{ "dob", "birthday" },
	{ "uni", "school" },
	{ "interview", "job interview" },
	{ "phone interview", "job interview" },
	{ "video interview", "job interview" },
	{ "final interview", "job interview" },
	{ "zip", "zip code" },
	{ "birth day", "birthday" },
	{ "job title", "job" },
	{ "ssn", "social security number" },
	{ "credit card number", "card number" },
	{ "credit card", "card number" },
	{ "visa card", "card number" },
	{ "debit card", "card number" },
	{ "passcode", "password" },
	{ "location", "home" },
	{ "phone phone number", "phone number" },
	{ "mother tongue", "language" },
	{ "native tongue", "language" },
	{ "home town", "hometown" },
	{ "site", "website" },
	{ "web site", "website" },
	{ "webpage", "website" },
	{ "web page", "website" },
	{ "second name", "middle name" },
	{ "line of work", "job" },
	{ "trade", "job" },
	{ "wake-up call", "wake-up time" },
	{ "dream", "goal" },
	{ "postal address", "address" },
	{ "home address", "address" },
	{ "holiday", "vacation" },
	{ "wi-fi password", "wifi password" },
	{ "employee id", "employee number" },
	{ "staff number", "employee number" },
	{ "student id", "student number" },
};

/* How many tokens at t[0] name x, by its own name, an alias or another word of the table; 0: none. */
static size_t attribute_match(const relation *x, const struct tok *t, size_t n)
{
	size_t best = match_words(t, n, x->name), m;

	for (size_t q = 0; q < sizeof(aliases) / sizeof(*aliases); q++) {
		if (aliases[q].name[0] != x->name[0] || strcmp(aliases[q].name, x->name) != 0)
			continue;
		m = match_words(t, n, aliases[q].words);
		best = m > best ? m : best;
	}
	for (size_t q = 0; q < x->n_same; q++) {
		m = match_words(t, n, x->same[q]);
		best = m > best ? m : best;
	}
	return best;
}

const relation *attribute_read(const struct reader *d, const char *subject, const struct tok *t,
			       size_t i, size_t n, size_t *used)
{
	static const char modifiers[] =
		" new current full first real personal main actual own full legal complete "
		"all-time all time absolute overall ";
	const relation *best = NULL;
	bool third = strcmp(subject, "I") != 0;

	*used = 0;
	for (size_t skip = 0; skip < 3 && i + skip < n && !best; skip++) {
		if (skip && !word_among(modifiers, t[i + skip - 1].w))
			break;
		if (tok_punct(t + i + skip) || (word_in(WORDS_FUNCTION, t[i + skip].w) && !word_among(modifiers, t[i + skip].w) && !tok_is(t + i + skip, "called")))
			break; /* no attribute begins with one */
		for (size_t k = 0; k < relations_count(d->r); k++) {
			const relation *x = relations_at(d->r, k);
			size_t m;

			if (third ? strcmp(x->subject, "*") != 0 && strcasecmp(x->subject, subject) != 0 : x->subject[0] != 'I' || x->subject[1])
				continue;
			m = attribute_match(x, t + i + skip, n - i - skip);
			if (m && m + skip > *used) {
				best = x;
				*used = m + skip;
			}
		}
	}
	return best;
}
