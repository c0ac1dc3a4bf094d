/*
 * Replies of the program's own. The model does not know what becomes of a message: told "I don't live in Porto anymore" it may well
 * say "Got it: you live in Porto". So where a message consists of facts, and one of them ends something, takes another's place, is
 * to be asked about or is not kept, what is answered is made of the relations' texts. To all else the model answers.
 */
#include "tui/learn_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct own {
	const app *a;
	learn_foreseen f;
	FILE *out;
} own;

static size_t count(const own *o, int op)
{
	size_t n = 0;

	for (size_t i = 0; i < o->f.n; i++)
		n += o->f.fact[i].op == op;
	return n;
}

/* Was something taken back that is not known? */
static bool in_vain(const struct foreseen *f)
{
	return f->op == DETECT_NOOP && f->what.op == DETECT_RETRACT;
}

/* "you live in Porto and your dog's name is Rex", of those with one of the two ops; what ended is what was known. */
static void write_facts(const own *o, int op, int or_op, const char *joint)
{
	const char *between = "";

	for (size_t i = 0; i < o->f.n; i++) {
		const struct foreseen *f = &o->f.fact[i];
		char what[512], err[128];
		fact old;

		if (f->op != op && f->op != or_op)
			continue;
		if (op == DETECT_RETRACT && !memory_fact(o->a->memory, f->old, &old, err, sizeof(err))) {
			learn_describe(o->a, &old, what, sizeof(what));
			fact_release(&old);
		} else {
			learn_describe_claim(o->a, &f->what, what, sizeof(what));
		}
		fprintf(o->out, "%s%s", between, what);
		between = joint;
	}
}

static void write_ended(const own *o, bool brief)
{
	char what[512];

	if (count(o, DETECT_RETRACT)) {
		fputs("Okay, I'll forget that", o->out);
		if (!brief) {
			fputc(' ', o->out);
			write_facts(o, DETECT_RETRACT, DETECT_RETRACT, " and that ");
		}
		fputs(". ", o->out);
		return;
	}
	for (size_t i = 0; i < o->f.n; i++) {
		if (!in_vain(&o->f.fact[i]))
			continue;
		learn_describe_claim(o->a, &o->f.fact[i].what, what, sizeof(what));
		if (brief || !o->f.fact[i].what.value[0])
			fputs("Okay. I had noted nothing of that. ", o->out);
		else
			fprintf(o->out, "Okay. I had not noted that %s. ", what);
		return;
	}
}

static void write_done(const own *o, bool brief)
{
	if (o->f.ended)
		fputs("I'm sorry to hear that. What you told me stays unless you say otherwise. ", o->out);
	write_ended(o, brief);
	if (count(o, DETECT_ADD) + count(o, DETECT_SUPERSEDE)) {
		fputs("Got it: ", o->out);
		write_facts(o, DETECT_ADD, DETECT_SUPERSEDE, " and ");
		fputs(". ", o->out);
	}
	if (count(o, DETECT_ASK))
		fputs(count(o, DETECT_ASK) < o->f.n ? "One thing I'd like to ask about first. " : "Let me ask before I note that. ", o->out);
}

/* While nothing is learned. */
static void write_not_kept(const own *o)
{
	const char *why = o->a->incognito ? "this is incognito" : "learning is off";

	if (count(o, DETECT_RETRACT)) {
		fprintf(o->out, "Okay. What I have learned stays as it is: %s.", why);
		return;
	}
	fputs("Okay, for this conversation: ", o->out);
	write_facts(o, DETECT_ADD, DETECT_SUPERSEDE, " and ");
	fprintf(o->out, ". I won't keep it: %s.", why);
}

/* Ops as if nobody were asked. */
static void unasked(learn_foreseen *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->fact[i].op == DETECT_ASK)
			f->fact[i].op = f->fact[i].what.op == DETECT_RETRACT ? DETECT_RETRACT : DETECT_ADD;
}

static char *written(own *o, bool off, bool brief)
{
	char *text = NULL;
	size_t size = 0;

	o->out = open_memstream(&text, &size);
	if (!o->out)
		return NULL;
	if (off)
		write_not_kept(o);
	else
		write_done(o, brief);
	if (fclose(o->out))
		return text;
	while (size && text[size - 1] == ' ')
		text[--size] = 0;
	return text;
}

/* Is there anything that the model would say wrong? */
static bool wanted(own *o, bool off)
{
	bool vain = false;

	for (size_t i = 0; i < o->f.n; i++)
		vain |= in_vain(&o->f.fact[i]);
	if (off)
		return count(o, DETECT_NOOP) < o->f.n;
	return vain || o->f.ended || count(o, DETECT_ADD) + count(o, DETECT_NOOP) < o->f.n;
}

char *own_reply(app *a, const char *text, bool instead, char **brief)
{
	const bool off = a->incognito || a->learn_mode == LEARN_OFF;
	own o = { .a = a };
	char *shown = NULL;

	*brief = NULL;
	if (!learn_foresee(a, text, instead, &o.f))
		return NULL;
	if (off)
		unasked(&o.f);
	if (o.f.secret) {
		shown = strdup("I'd rather not keep that.");
		*brief = shown ? strdup(shown) : NULL;
	} else if (wanted(&o, off)) {
		shown = written(&o, off, false);
		*brief = shown ? written(&o, off, true) : NULL;
	}
	if (*brief)
		return shown;
	free(shown);
	return NULL;
}
