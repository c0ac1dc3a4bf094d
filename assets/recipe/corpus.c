/*
 * corpus: makes the training documents of the built-in model.
 *
 *   corpus --relations FILE --grammar DIR --source DIR [--seed S] [--valid] [--kind NAME] [--exclude FILE...]
 *          --tokenizer TOK --out PREFIX --tokens N    writes PREFIX.tok .doc .inj .msk
 *          --text N                                   prints N documents for reading
 *          --raw BYTES                                prints text to train the tokenizer on
 *
 * --kind NAME: documents of this kind alone; --raw then prints them without the lists, as "imprint perplexity --special"
 * reads them.
 * --exclude FILE...: prompts that no document may hold, as evaluations use them; compared in lower case, without
 * punctuation.
 * --valid: the values are those that no training document holds.
 */
#include "corpus.h"

#include <stdlib.h>
#include <string.h>

struct options {
	const char *relations, *grammar, *source, *tokenizer, *out;
	size_t tokens, text, raw;
	uint64_t seed;
	int kind; /* -1: all */
	bool valid;
	char **exclude; /* n_exclude files */
	int n_exclude;
};

static int kind_find(const char *name)
{
	for (int i = 0; i < DOC_KINDS; i++)
		if (!strcmp(name, doc_kind_names[i]))
			return i;
	return -1;
}

static int parse(struct options *o, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;

		if (!strcmp(a, "--valid")) {
			o->valid = true;
			continue;
		}
		if (!strcmp(a, "--exclude")) {
			for (o->exclude = argv + i + 1; i + 1 < argc && argv[i + 1][0] != '-'; i++)
				o->n_exclude++;
			continue;
		}
		if (!v)
			return -1;
		i++;
		if (!strcmp(a, "--relations"))
			o->relations = v;
		else if (!strcmp(a, "--grammar"))
			o->grammar = v;
		else if (!strcmp(a, "--source"))
			o->source = v;
		else if (!strcmp(a, "--tokenizer"))
			o->tokenizer = v;
		else if (!strcmp(a, "--out"))
			o->out = v;
		else if (!strcmp(a, "--tokens"))
			o->tokens = strtoull(v, NULL, 10);
		else if (!strcmp(a, "--text"))
			o->text = strtoull(v, NULL, 10);
		else if (!strcmp(a, "--raw"))
			o->raw = strtoull(v, NULL, 10);
		else if (!strcmp(a, "--kind") && (o->kind = kind_find(v)) < 0)
			return -1;
		else if (!strcmp(a, "--kind"))
			continue;
		else if (!strcmp(a, "--seed"))
			o->seed = strtoull(v, NULL, 10);
		else
			return -1;
	}
	if (!o->relations || !o->grammar || !o->source)
		return -1;
	return o->text || o->raw || (o->tokenizer && o->out && o->tokens) ? 0 : -1;
}

/* Besides the documents the lists themselves, so that names are one to three tokens. */
static void print_raw(const scenes *s, rng *r, doc *d, size_t bytes, bool with_lists)
{
	static const struct { const char *name; int times; } lists[] = {
		{ "first", 100 },    { "own pet", 125 }, { "pet", 25 },      { "city", 37 },   { "last", 10 },
		{ "country", 75 },  { "own job", 100 }, { "job", 15 },       { "hobby", 50 },  { "color", 25 },
		{ "food", 20 },      { "fruit", 25 },   { "animal", 62 },   { "breed", 15 },   { "instrument", 50 },
		{ "sport", 50 },    { "music", 10 },    { "own company", 75 }, { "company", 7 }, { "own car", 75 },
		{ "own language", 75 }, { "own field", 75 }, { "own drink", 50 }, { "own school", 37 },
		{ "own team", 25 }, { "own flower", 37 }, { "own condition", 50 }, { "own diet", 75 },
		{ "own word", 50 }, { "own title", 15 }, { "book", 5 },
	};
	size_t done = 0;

	for (size_t i = 0; with_lists && i < sizeof(lists) / sizeof(*lists); i++) {
		const list *l = values_list(s->val, lists[i].name);

		for (int times = 0; times < lists[i].times; times++)
			for (size_t k = 0; l && k < l->n; k++)
				printf("x %s.", l->item[k]);
	}
	while (done < bytes) {
		scenes_make(s, r, d);
		doc_raw(stdout, d);
		done += d->len;
	}
}

static void write_corpus(const scenes *s, rng *r, doc *d, const struct options *o)
{
	char err[256];
	bpe_vocab *v;
	writer *w;

	if (bpe_vocab_load(&v, o->tokenizer, err, sizeof(err)))
		recipe_die("%s", err);
	w = writer_open(o->out, v);
	for (size_t n = 0; n < o->tokens;) {
		scenes_make(s, r, d);
		n += writer_add(w, d);
	}
	writer_close(w);
	bpe_vocab_free(v);
}

int main(int argc, char **argv)
{
	struct options o = { .seed = 1, .kind = -1 };
	relations *rel;
	asks *more;
	circle *around;
	comments *said;
	char err[256], path[512];
	scenes s;
	rng r;
	doc *d = calloc(1, sizeof(*d));

	if (!d || parse(&o, argc, argv)) {
		fputs("usage: corpus --relations FILE --grammar DIR --source DIR [--seed S] [--valid] [--kind NAME] [--exclude FILE...]\n"
		      "              --tokenizer TOK --out PREFIX --tokens N | --text N | --raw BYTES\n",
		      stderr);
		return 2;
	}
	if (relations_load(&rel, o.relations, err, sizeof(err)))
		recipe_die("%s", err);
	snprintf(path, sizeof(path), "%s/asks.txt", o.grammar);
	if (asks_load(&more, rel, path, err, sizeof(err)))
		recipe_die("%s", err);
	scenes_init(&s, rel, values_load(o.source, o.grammar), talk_load(o.source, o.grammar), o.valid ? 1 : 0);
	s.kind = o.kind;
	s.asks = more;
	s.events = events_load(o.grammar, "events.txt");
	s.circle = around = circle_load(o.grammar);
	s.comments = said = comments_load(o.grammar, "comments.txt");
	if (o.n_exclude) {
		s.exclude = exclusion_new();
		for (int i = 0; i < o.n_exclude; i++)
			exclusion_read(s.exclude, rel, o.exclude[i]);
		if (exclusion_kept(s.exclude))
			fprintf(stderr, "%zu excluded prompts are the relations' own questions and stay\n",
				exclusion_kept(s.exclude));
	}
	r.state = (2 * o.seed + o.valid) * 0xd1342543de82ef95u; /* not the step of rng_next: one stream, shifted */
	if (o.text) {
		for (size_t i = 0; i < o.text; i++) {
			scenes_make(&s, &r, d);
			doc_print(stdout, d);
		}
	} else if (o.raw) {
		print_raw(&s, &r, d, o.raw, o.kind < 0);
	} else {
		write_corpus(&s, &r, d, &o);
	}
	free(d);
	exclusion_free(s.exclude);
	circle_free(around);
	comments_free(said);
	asks_free(more);
	relations_free(rel);
	return 0;
}
