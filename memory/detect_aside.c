/*
 * What is told in passing: facts that a clause takes for granted, whatever else it is. "Can I bring
 * my dog Rex?" asks, and yet the dog has a name; "as a nurse I would know" supposes something of a
 * nurse. Names of the user's people and pets, what the user is "as a ..." or as "someone who ...",
 * the make of "my Skoda Fabia", the place "where I live".
 */
#include "detect_read.h"

#include <stdio.h>
#include <string.h>

/* Is the one at "my" in t[i, i + used) no more, or no more the user's: "my late husband Walter", "we lost our dog Benji"? */
static bool of_the_past(const struct tok *t, size_t i, size_t used, size_t n)
{
	for (size_t k = i; k < i + used; k++)
		if (word_among(" late ex former old previous first deceased ", t[k].w))
			return true;
	for (size_t k = 0; k < n; k++)
		if (word_among(" died passed euthanized euthanised buried funeral mourning grieving grave ", t[k].w))
			return true;
	for (size_t k = 0; k + 2 < n; k++)
		if (tok_phrase(t + k, n - k, "would have been"))
			return true;
	return (i && word_among(" miss missed lost put ", t[i - 1].w)) || (i && tok_is(t + n - 1, "down"));
}

/* "I live with my wife Petra": a name in apposition further on. */
static bool companions_read(struct reading *c)
{
	bool found = false;

	for (size_t i = 0; i + 2 < c->n; i++) {
		struct subject s = { .noun = "" };
		size_t used;
		struct value v;

		/* "with Loki, my ferret, ..." */
		if (i > 1 && tok_is(c->t + i, ",") && tok_is(c->t + i + 1, "my") && (c->t[i - 1].flags & TOK_CAP) &&
		    word_among(" with for to of by about from and meet met told took take brought bring visit visited saw see asked gave ", c->t[i - 2].w)) {
			used = subject_my(c->d, c->t, i + 1, c->n, &s);
			if (used && !s.appended && (i + 1 + used >= c->n || tok_punct(c->t + i + 1 + used) || word_among(" from at in who ", c->t[i + 1 + used].w)) &&
			    value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, i - 1, i, &v) &&
			    reader_add(c->d, &s, "name", &v, DETECT_ADD, "companion", 0.8))
				found = true;
			continue;
		}

		if (!(tok_is(c->t + i, "my") || tok_is(c->t + i, "our")) ||
		    (i && word_among(" call calls calling name names naming named renaming called imagine pretend like than remember"
			" ", c->t[i - 1].w)))
			continue;
		used = subject_my(c->d, c->t, i, c->n, &s);
		if (!used || !s.appended || s.name.b == 0 || of_the_past(c->t, i, used, c->n) ||
		    (i + used < c->n ? tok_is(c->t + i + used, "or") : !i) || (tok_is(c->t + i + used - 1, ",") &&
		    !(c->t[i + used - 2].flags & TOK_CAP)))
			continue;
		if (relations_find(c->d->r, s.text, "names"))
			continue; /* names_apposed reads several */
		if (reader_add(c->d, &s, "name", &s.name, DETECT_ADD, "companion", 0.8)) {
			c->d->last = s;
			found = true;
		}
	}
	return found;
}

/* "leo, mira and anton": words that may be names up to an "and" and one more, half of them known as names at least. */
static bool names_lower(const struct reading *c, size_t i, struct value *v)
{
	size_t k = i, n = 0, known = 0;
	bool and = false;

	for (; k < c->n && n < 8; k++) {
		if (c->t[k].kind != TOK_WORD || (c->t[k].flags & (TOK_CAP | TOK_TAIL)) || !(word_in(WORDS_NAME, c->t[k].w) || word_may_name(c->t[k].w)))
			return false;
		known += word_in(WORDS_NAME, c->t[k].w);
		n++;
		if (and || k + 1 >= c->n)
			break;
		and = tok_is(c->t + k + 1, "and") || tok_is(c->t + k + 1, "&") || tok_is(c->t + k + 1, "n");
		if (!and && !tok_is(c->t + k + 1, ","))
			return false;
		k++;
	}
	if (!and || n < 2 || 2 * known < n)
		return false;
	*v = (struct value){ .a = c->t[i].a, .b = c->t[k].b, .next = k + 1, .titled = true };
	return true;
}

/* "with our two kids, Ebba and Nils", "mum to twins Alfie and Nell": names behind several of the user's. */
static bool several_named(struct reading *c)
{
	static const char before[] = " my our two three four five 2 3 4 5 to of with have got ";
	static const char theirs[] = " her his their your the those these a ";
	bool found = false;

	for (size_t i = 1; i + 3 < c->n; i++) {
		struct subject several = { .kind = SUBJECT_MY, .noun = "" };
		size_t k = i + 1 + (tok_punct(c->t + i + 1) && word_among(" , : ( ", c->t[i + 1].w));
		struct value v;

		bool low = names_lower(c, k, &v);

		if (c->t[i].kind != TOK_WORD || !word_among(before, c->t[i - 1].w) || (i > 1 && word_among(theirs, c->t[i - 2].w)) ||
		    snprintf(several.text, sizeof(several.text), "my %s", c->t[i].w) >= (int)sizeof(several.text) ||
		    !relations_find(c->d->r, several.text, "names") || !((c->t[k].flags & TOK_CAP) || low) || of_the_past(c->t, i - 1, 2, c->n))
			continue;
		if (!low && !read_value(c, "names", TRUST_HIGH, k, &v))
			continue;
		found = reader_add(c->d, &several, "names", &v, DETECT_ADD, "companion", 0.8) || found;
	}
	return found;
}

/* "..., as a paramedic I have shifts": what the user is, behind something else. */
static bool as_what(struct reading *c)
{
	static const char before[] = " that and but because since so me also well , obviously ";
	static const struct {
		const char *kind, *relation;
		double confidence;
	} rows[] = { { "diet", "diet", 0.8 }, { "job", "job", 0.75 } };
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 1; i + 2 < c->n; i++) {
		if (!tok_is(c->t + i, "as") || !word_among(" a an ", c->t[i + 1].w) || !word_among(before, c->t[i - 1].w))
			continue;
		for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++)
			if (read_value(c, rows[k].kind, TRUST_LOW, i + 2, &v) && strcmp(c->t[i + 2].w, "student") != 0 &&
			    (v.next >= c->n || tok_punct(c->t + v.next) || tok_is(c->t + v.next, "i")))
				return reader_add(c->d, &c->s, rows[k].relation, &v, c->op, "as-a", rows[k].confidence);
	}
	return false;
}

/* "... as someone who is allergic to nuts": read as "I am ..." */
static bool someone_who(struct reading *c)
{
	struct tok room[CLAUSE_TOKENS + 1] = { { .w = "i", .kind = TOK_WORD } };
	struct reading one = *c;

	for (size_t i = 0; i + 4 < c->n; i++) {
		size_t k = i + tok_phrases(c->t + i, c->n - i, "as someone who|as somebody who|as a person who|being someone who");

		if (k == i)
			continue;
		room[0].a = room[0].b = c->t[k].a;
		memcpy(room + 1, c->t + k, (c->n - k) * sizeof(*room));
		one.t = room;
		one.n = c->n - k + 1;
		subject_set_i(&one.s);
		return predicate_read(&one, 1);
	}
	return false;
}

/* "I, at 54, have decided", "and I, 43, still rent" */
static bool i_aged(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i + 3 < c->n; i++) {
		size_t k = i + 2;

		if (!tok_is(c->t + i, "i") || !tok_is(c->t + i + 1, ","))
			continue;
		k += word_among(" at aged now ", c->t[k].w);
		if (read_value(c, "age", TRUST_HIGH, k, &v) && age_end(c, v.next) && age_end(c, v.next) < c->n && tok_is(c->t + age_end(c, v.next), ","))
			return reader_add(c->d, &c->s, "age", &v, c->op, "apposition", 0.8);
	}
	return false;
}

/* "a question from a 33-year-old who ..." */
static bool from_aged(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 1; i + 2 < c->n; i++)
		if (tok_is(c->t + i, "from") && word_among(" question advice greetings help hello hi plea ", c->t[i - 1].w) &&
		    word_among(" a an ", c->t[i + 1].w) && aged_number(c, i + 2, &v))
			return reader_add(c->d, &c->s, "age", &v, c->op, "aged", 0.75);
	return false;
}

/* "with our three kids": how many there are. */
static bool children_counted(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i + 2 < c->n; i++)
		if (word_among(" my our ", c->t[i].w) && !tok_is(c->t + i + 1, "one") && read_value(c, "number", TRUST_HIGH, i + 1, &v) && v.next < c->n &&
		    word_among(" kids children ", c->t[v.next].w) && !(v.next + 1 < c->n && tok_is(c->t + v.next + 1, "'s")))
			return reader_add(c->d, &c->s, "children", &v, DETECT_ADD, "count", 0.8);
	return false;
}

/* "because of my new job at ASML", "the job at V I moved for" */
static bool job_at_aside(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i < c->n; i++)
		if (word_among(" left quit lost leaving quitting resigned leave lose old last ", c->t[i].w))
			return false;
	for (size_t i = 0; i + 3 < c->n; i++) {
		size_t k = i + 1 + word_among(" new current day ", c->t[i + 1].w);
		bool mine = tok_is(c->t + i, "my"), moved = tok_is(c->t + i, "the") && i > 1 && tok_is(c->t + i - 1, "for");

		if ((!mine && !(moved && tok_is(c->t, "i"))) || k + 2 >= c->n || !word_among(" job position role gig shift ", c->t[k].w) ||
		    !word_among(" at with ", c->t[k + 1].w) || !(c->t[k + 2].flags & TOK_CAP) || !read_value(c, "company", TRUST_HIGH, k + 2, &v))
			continue;
		return reader_add(c->d, &c->s, "employer", &v, DETECT_ADD, "job-at", 0.8);
	}
	return false;
}

/* "my 7 year old daughter Ines is shy" */
static bool aged_owned(struct reading *c)
{
	for (size_t i = 0; i + 3 < c->n; i++) {
		struct value v;

		if (!aged_value(c->t, i + 1, c->n, &v) || !word_among(" my our ", c->t[i].w) || !subject_my(c->d, c->t, i, c->n, &c->s) || !strcmp(c->s.noun, "car"))
			continue;
		return reader_add(c->d, &c->s, "age", &v, DETECT_ADD, "aged", 0.85);
	}
	return false;
}

/* "due to my peanut allergy", "my shellfish allergy is bad" */
static bool allergy_owned(struct reading *c)
{
	static const char none[] = " food skin seasonal new weird strange severe bad serious mild own old child's dog's worst only main ";

	subject_set_i(&c->s);
	for (size_t i = 0; i < c->n; i++)
		if (word_among(" grew outgrew outgrown cured lost ", c->t[i].w))
			return false; /* "I grew out of my peanut allergy" */
	for (size_t i = 0; i + 2 < c->n; i++) {
		size_t k = i + 1 + word_among(" severe bad mild serious ", c->t[i + 1].w);
		struct value v;

		if (!tok_is(c->t + i, "my") || k + 1 >= c->n || word_among(none, c->t[k].w) || c->t[k].kind != TOK_WORD ||
		    word_in(WORDS_FUNCTION, c->t[k].w))
			continue;
		v = (struct value){ .a = c->t[k].a, .b = c->t[k].b, .next = k + 1 };
		if (k + 2 < c->n && word_among(" bee tree egg cow ", c->t[k].w))
			v.b = c->t[++k].b; /* "my tree nut allergy" */
		if (word_among(" allergy allergies ", c->t[k + 1].w) && !subject_my(c->d, c->t, i, c->n, &c->s))
			return reader_add(c->d, &c->s, "allergy", &v, c->op, "my-allergy", 0.8);
		subject_set_i(&c->s);
	}
	return false;
}

/* "as someone with ADHD" */
static bool someone_with(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i + 3 < c->n; i++) {
		size_t k = tok_phrases(c->t + i, c->n - i, "as someone with|as somebody with|as a person with|being someone with");

		if (k && read_value(c, "condition", TRUST_LOW, i + k, &v))
			return reader_add(c->d, &c->s, "condition", &v, c->op, "as-a", 0.8);
	}
	return false;
}

/* "a friend of mine, Casimir, swears by it", "one of my friends, Lou, ..." */
static bool one_of_mine(struct reading *c)
{
	struct value v;

	for (size_t i = 0; i + 5 < c->n; i++) {
		struct tok window[2] = { { .w = "my", .kind = TOK_WORD }, c->t[i + 1] };
		size_t k = i + 4;

		if (!word_among(" a an ", c->t[i].w) || !tok_phrase(c->t + i + 2, c->n - i - 2, "of mine") || !subject_my(c->d, window, 0, 2, &c->s))
			continue;
		k += word_among(" , called named ", c->t[k].w);
		if (k == i + 4 || !(c->t[k].flags & TOK_CAP) || !read_value(c, "person", TRUST_HIGH, k, &v) ||
		    (tok_is(c->t + i + 4, ",") && v.next < c->n && !tok_is(c->t + v.next, ",")))
			continue;
		return reader_add(c->d, &c->s, "name", &v, DETECT_ADD, "companion", 0.8);
	}
	return false;
}

/* "living in Riga with a parrot called Admiral" */
static bool with_named(struct reading *c)
{
	bool found = false;

	if (!word_among(" i we living ", c->t->w))
		return false;
	for (size_t i = 2, k; i + 3 < c->n; i++) {
		if (!word_among(" a an ", c->t[i].w) || !word_among(" with and ", c->t[i - 1].w))
			continue;
		for (k = i + 2; k < c->n && k < i + 6 && !word_among(" called named ", c->t[k].w); k++)
			;
		if (k < c->n && k < i + 6)
			found = have_named(c, i + 1) || found;
	}
	return found;
}

/* "and I, a vegetarian, ate nothing" */
static bool i_who_am(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i + 4 < c->n; i++)
		if (tok_is(c->t + i, "i") && tok_is(c->t + i + 1, ",") && word_among(" a an ", c->t[i + 2].w)) {
			if (read_value(c, "diet", TRUST_LOW, i + 3, &v) && v.next < c->n && tok_is(c->t + v.next, ","))
				return reader_add(c->d, &c->s, "diet", &v, c->op, "apposition", 0.8);
			if (read_value(c, "job", TRUST_LOW, i + 2, &v) && v.next < c->n && tok_is(c->t + v.next, ","))
				return reader_add(c->d, &c->s, "job", &v, c->op, "apposition", 0.8);
		}
	return false;
}

/* "my last name, Featherstonehaugh, is", "my favorite band, Sigur Rós, plays": between commas, from "my" at i. */
static bool attribute_commas(struct reading *c, size_t i)
{
	size_t used, k = i + 2;
	struct value v;
	const relation *x;

	while (k + 1 < c->n && k < i + 5 && !tok_is(c->t + k, ","))
		k++;
	if (!tok_is(c->t + i, "my") || k + 1 >= c->n || !tok_is(c->t + k, ",") || !(c->t[k + 1].flags & TOK_CAP))
		return false;
	x = attribute_read(c->d, "I", c->t, i + 1, c->n, &used);

	if (!x || word_among(" company workplace ", c->t[i + 1].w) || (strncmp(x->name, "favorite ", 9) != 0 && !word_among(" hometown school employer team birthday nickname ", x->name) &&
		   strstr(" last name middle name ", x->name) == NULL))
		return false;
	k = i + 1 + used;
	return k + 2 < c->n && tok_is(c->t + k, ",") && (c->t[k + 1].flags & TOK_CAP) && !word_in(WORDS_FUNCTION, c->t[k + 1].w) &&
	       read_value(c, x->value, TRUST_HIGH, k + 1, &v) && v.next < c->n && tok_is(c->t + v.next, ",") &&
	       reader_add(c->d, &c->s, x->name, &v, c->op, "apposition", 0.8);
}

/* "my hometown Gaziantep was hit", "my employer, Acme Corp, is": the attribute's value in apposition. */
static bool attribute_apposed(struct reading *c)
{
	subject_set_i(&c->s);
	for (size_t i = 0; i + 3 < c->n; i++) {
		size_t k = i + 2;
		struct value v;
		const relation *x;

		if (tok_phrase(c->t + i, c->n - i, "my name ,") && i + 3 < c->n && (i + 4 >= c->n || tok_is(c->t + i + 4, ",")) &&
		    (c->t[i + 3].flags & TOK_CAP) &&
		    value_parse(c->d->x->text, "person", TRUST_HIGH, c->t, i + 3, i + 4, &v))
			return reader_add(c->d, &c->s, "name", &v, c->op, "apposition", 0.8); /* "because of my name, Fiorella, ..." */
		if (tok_phrase(c->t + i, c->n - i, "growing up in") && read_value(c, "place", TRUST_HIGH, i + 3, &v))
			return reader_add(c->d, &c->s, "hometown", &v, c->op, "grew-up", 0.8);
		if (attribute_commas(c, i))
			return true;
		if (!tok_is(c->t + i, "my") || !word_among(" hometown employer university uni college ", c->t[i + 1].w))
			continue;
		x = relations_find(c->d->r, "I", tok_is(c->t + i + 1, "hometown") ? "hometown" : tok_is(c->t + i + 1, "employer") ? "employer" : "school");
		k += tok_is(c->t + k, ",") || tok_is(c->t + k, "of");
		if (x && (c->t[k].flags & TOK_CAP) && read_value(c, x->value, TRUST_HIGH, k, &v) && (v.next >= c->n || !tok_is(c->t + v.next, "'s")))
			return reader_add(c->d, &c->s, x->name, &v, c->op, "apposition", 0.85);
	}
	return false;
}

/* "My car, a Peugeot 208, failed its inspection" */
static bool car_apposed(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i + 4 < c->n; i++)
		if (tok_is(c->t + i, "my") && tok_is(c->t + i + 1, "car") && tok_is(c->t + i + 2, ",") &&
		    read_value(c, "car", TRUST_LOW, i + 3, &v) &&
		    (v.next >= c->n || tok_punct(c->t + v.next)))
			return reader_add(c->d, &c->s, "car", &v, c->op, "apposition", 0.85);
	return false;
}

/* "metformin for my type 2 diabetes": what the user calls hers she has. Moods are left out. */
static bool condition_owned(struct reading *c)
{
	static const char moods[] = " anxiety depression insomnia cancer ms add syndrome disease disorder intolerance reflux hernia angina cataract cataracts hives ";
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i + 1 < c->n; i++)
		if (tok_is(c->t + i, "my") && read_value(c, "condition", TRUST_LOW, i + 1, &v) && !word_among(moods, c->t[v.next - 1].w) &&
		    (v.next >= c->n || !word_among(" 's awareness patient patients doctor nurse group ", c->t[v.next].w)))
			return reader_add(c->d, &c->s, "condition", &v, c->op, "my-condition", 0.75);
	return false;
}

/* "ship it to my address: V", "here's my website for reference: V" */
static bool contact_behind(struct reading *c)
{
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 1; i + 3 < c->n; i++) {
		size_t used, k;
		const relation *x = tok_is(c->t + i, "my") ? attribute_read(c->d, "I", c->t, i + 1, c->n, &used) : NULL;

		if (!x || !word_among(" email phone url street ", x->value))
			continue;
		for (k = i + 1 + used; k + 1 < c->n && k < i + 5 + used && !tok_punct(c->t + k); k++)
			;
		if (k + 1 < c->n && tok_is(c->t + k, ":") && read_value(c, x->value, TRUST_HIGH, k + 1, &v))
			return reader_add(c->d, &c->s, x->name, &v, c->op, "contact", 0.85);
	}
	return false;
}

/* "my Skoda Fabia won't start": a make with its model is the user's car. */
static bool car_owned(struct reading *c)
{
	static const char vans[] = " car van truck suv sedan pickup wagon hybrid convertible camper seat smart mini golf focus ram leaf model land "
				   "lincoln dodge jaguar accord genesis lotus mustang beetle fiesta up ";
	struct value v;

	subject_set_i(&c->s);
	for (size_t i = 0; i + 2 < c->n; i++) {
		size_t k = i + 1;

		if (!tok_is(c->t + i, "my"))
			continue;
		k += c->t[k].kind == TOK_NUM && strlen(c->t[k].w) == 4; /* "my 2012 Ford Focus" */
		if (k + 1 < c->n && word_in(WORDS_CAR, c->t[k].w) && !word_among(vans, c->t[k].w) && c->t[k + 1].kind != TOK_PUNCT &&
		    read_value(c, "car", TRUST_LOW, i + 1, &v) && v.next > k + 1 &&
		    !(v.next < c->n && word_among(" dealer dealership mechanic keys key app stock shares salesman insurance ", c->t[v.next].w)))
			return reader_add(c->d, &c->s, "car", &v, c->op, "my-car", 0.8);
	}
	return false;
}

bool asides_read(struct reader *d, const struct clause *cl)
{
	struct tok room[CLAUSE_TOKENS + 1];
	struct reading c = { .d = d, .op = DETECT_ADD, .t = cl->t, .n = cl->n, .room = room };
	bool named = companions_read(&c), several = several_named(&c), as = as_what(&c), who = someone_who(&c), car = car_owned(&c) ||
	    car_apposed(&c), am = i_who_am(&c);

	named = one_of_mine(&c) || named;
	named = with_named(&c) || named;
	several = children_counted(&c) || several;
	am = i_aged(&c) || from_aged(&c) || am;
	am = job_at_aside(&c) || someone_with(&c) || am;
	who = aged_owned(&c) || allergy_owned(&c) || who;
	return attribute_apposed(&c) || contact_behind(&c) || condition_owned(&c) || named || several || as || who || car || am;
}

/* "my sister's friend": another one than the sister. */
static bool owns_somebody(const struct reader *d, const struct clause *cl, size_t i)
{
	struct tok window[4] = { { .w = "my", .kind = TOK_WORD } };
	struct subject s = { .noun = "" };
	size_t m = cl->n > i ? cl->n - i : 0;

	m = m < 3 ? m : 3;
	memcpy(window + 1, cl->t + i, m * sizeof(*window));
	return subject_my(d, window, 0, m + 1, &s) > 0;
}

/* "We have two cats": "my cats", whose names "they are called ..." may tell. */
static bool several_had(const struct reader *d, const struct clause *cl, struct subject *s)
{
	struct tok window[4] = { { .w = "my", .kind = TOK_WORD } };
	const struct tok *t = cl->t;
	size_t i = 1, n;

	if (cl->n < 3 || !word_among(" i we just adopted got bought ", t->w))
		return false;
	while (i < 3 && word_among(" have got just also own adopted bought ", t[i].w))
		i++;
	if ((i == 1 && word_among(" i we just ", t->w)) || !(t[i].kind == TOK_NUM || word_in(WORDS_NUMBER, t[i].w) || word_among(" some several many few ", t[i].w)))
		return false;
	n = cl->n - ++i;
	memcpy(window + 1, t + i, (n < 3 ? n : 3) * sizeof(*window));
	return n && subject_my(d, window, 0, n < 3 ? n + 1 : 4, s) && relations_find(d->r, s->text, "names");
}

void mention_note(struct reader *d, const struct clause *cl, bool left_out)
{
	struct subject s = { .noun = "" }, one = { .noun = "" };
	size_t n = 0;

	if (!left_out && cl->n && (tok_is(cl->t, "my") || tok_is(cl->t, "our")))
		return; /* the subject, and read as such */
	if (d->last.kind == SUBJECT_NONE && several_had(d, cl, &s)) {
		s.appended = false;
		d->last = s;
		return;
	}
	for (size_t i = left_out ? 0 : 1; i + 1 < cl->n; i++) {
		size_t used = subject_my(d, cl->t, i, cl->n, &s);

		if (!used || of_the_past(cl->t, i, used, cl->n) || relations_find(d->r, s.text, "names") ||
		    (i + used < cl->n && tok_is(cl->t + i + used, "'s") && owns_somebody(d, cl, i + used + 1)))
			continue;
		one = s;
		n++;
	}
	if (n == 1 && d->last.kind != SUBJECT_MY) {
		one.appended = false;
		d->last = one;
	}
}

bool asides_survive(const char *reason)
{
	return word_among(" question plan past wish hearsay hypothetical comparison negation ", reason);
}

/* "Dublin, where I live": the place stands before the clause's comma. */
void where_read(struct reader *d, const struct clause *cl)
{
	const struct tok *t = cl->t;
	struct subject s = { .noun = "" };
	size_t used, k, i = 0, j, adjective = 0;
	const char *kind = NULL;
	struct value v;
	bool works;

	if (cl->n < 3 || !tok_is(t, "where") || !(used = subject_read(d, t, 1, cl->n, &s)))
		return;
	k = 1 + used;
	while (k < cl->n && word_in(WORDS_ADVERB, t[k].w))
		k++;
	if (tok_phrase(t + k, cl->n - k, "was born"))
		k++, kind = "birthplace";
	else if (tok_phrase(t + k, cl->n - k, "grew up"))
		k++, kind = "hometown";
	if (k >= cl->n || !word_among(" live lives work works born up ", t[k].w) ||
	    (k + 1 < cl->n && !tok_punct(t + k + 1) && !word_in(WORDS_TAIL, t[k + 1].w)))
		return;
	works = t[k].w[0] == 'w';
	kind = kind ? kind : works ? "employer" : "home";
	while (i < d->x->n && d->x->tok[i].a < t[0].a)
		i++;
	if (i < 2 || !tok_is(d->x->tok + i - 1, ","))
		return;
	for (j = --i; j && (d->x->tok[j - 1].flags & TOK_CAP) && i - j < 4; j--)
		;
	if (j > 1 && j < i && d->x->tok[j - 1].kind == TOK_WORD && !word_in(WORDS_FUNCTION, d->x->tok[j - 1].w))
		j--, adjective = 1; /* "rainy Bergen" */
	if (j + adjective == i || (j && !tok_punct(d->x->tok + j - 1) && !word_among(" in at from to near of for ", d->x->tok[j - 1].w)) ||
	    !value_parse(d->x->text, works ? "company" : "place", TRUST_HIGH, d->x->tok, j + adjective, i, &v))
		return;
	s.appended = false;
	reader_add(d, &s, kind, &v, DETECT_ADD, "where", 0.85);
}

