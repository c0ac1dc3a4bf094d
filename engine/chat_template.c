/*
 * chat_template: dialogues to tokens for the known families of chat formats. A family is a handful
 * of strings in which {X} is the control token X, {?X} the control token X or, where the vocabulary
 * has none, the same characters, and $ the text of the turn. Everything between two control tokens
 * is encoded as one piece, as other engines do with the rendered text; but the text of a turn never
 * makes a control token, whatever it spells.
 */
#define _GNU_SOURCE 1
#include "engine_int.h"

#include <stdlib.h>
#include <string.h>

enum role { SYSTEM, USER, ASSISTANT, N_ROLES };

struct chat_template {
	const char *name;
	const char *turns[N_ROLES]; /* SYSTEM NULL: it goes before the next user's text */
	const char *open;           /* the header of a reply */
	const char *preface;        /* the form it has there */
	const char *think; /* stands before the text of the last reply: a thought left empty */
	bool trim;         /* white space around a turn's text is dropped */
	bool own_bos;      /* the turns have the beginning-of-text token in them */
};

/* After the templates published with Qwen2.5, Qwen3, Llama 3, Llama 2, Mistral 7B, Zephyr and
 * Gemma. Qwen's own one adds a default system turn; here there is none unless the caller gives it.
 */
static const chat_template families[] = {
	{
		.name = "chatml",
		.turns = { "{<|im_start|>}system\n${<|im_end|>}\n",
			   "{<|im_start|>}user\n${<|im_end|>}\n",
			   "{<|im_start|>}assistant\n${<|im_end|>}\n" },
		.open = "{<|im_start|>}assistant\n",
	},
	{
		.name = "qwen3",
		.turns = { "{<|im_start|>}system\n${<|im_end|>}\n",
			   "{<|im_start|>}user\n${<|im_end|>}\n",
			   "{<|im_start|>}assistant\n${<|im_end|>}\n" },
		.open = "{<|im_start|>}assistant\n",
		.think = "<think>\n\n</think>\n\n",
	},
	{
		.name = "llama-3",
		.turns = { "{<|start_header_id|>}system{<|end_header_id|>}\n\n${<|eot_id|>}",
			   "{<|start_header_id|>}user{<|end_header_id|>}\n\n${<|eot_id|>}",
			   "{<|start_header_id|>}assistant{<|end_header_id|>}\n\n${<|eot_id|>}" },
		.open = "{<|start_header_id|>}assistant{<|end_header_id|>}\n\n",
		.trim = true,
	},
	{
		.name = "llama-2",
		.turns = { NULL, "{<s>}[INST] $ [/INST]", " $ {</s>}" },
		.open = "",
		.preface = "<<SYS>>\n$\n<</SYS>>\n\n",
		.trim = true,
		.own_bos = true,
	},
	{
		.name = "mistral",
		.turns = { NULL, "{?[INST]} $ {?[/INST]}", " ${</s>}" },
		.open = "",
		.preface = "$\n\n",
		.trim = true,
	},
	{
		.name = "zephyr",
		.turns = { "{?<|system|>}\n${</s>}\n", "{?<|user|>}\n${</s>}\n",
			   "{?<|assistant|>}\n${</s>}\n" },
		.open = "{?<|assistant|>}\n",
	},
	{
		.name = "gemma",
		.turns = { NULL, "{<start_of_turn>}user\n${<end_of_turn>}\n",
			   "{<start_of_turn>}model\n${<end_of_turn>}\n" },
		.open = "{<start_of_turn>}model\n",
		.preface = "$\n\n",
		.trim = true,
	},
};

const chat_template *chat_template_named(const char *family)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (!strcmp(families[i].name, family))
			return &families[i];
	return NULL;
}

const char *chat_template_family(const chat_template *t)
{
	return t->name;
}

/* The family of a Jinja template by the marks that only its own kind has. */
const chat_template *chat_template_guess(const char *jinja, size_t len)
{
	static const struct {
		const char *name, *has, *also, *not ;
	} marks[] = {
		{ "qwen3", "<|im_start|>", "enable_thinking", NULL },
		{ "chatml", "<|im_start|>", NULL, NULL },
		{ "llama-3", "<|start_header_id|>", NULL, NULL },
		{ "gemma", "<start_of_turn>", NULL, NULL },
		{ "zephyr", "<|user|>", "eos_token", "<|end|>" },
		{ "llama-2", "[INST]", "<<SYS>>", NULL },
		{ "mistral", "[INST]", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *also = marks[i].also, *not = marks[i].not ;

		if (memmem(jinja, len, marks[i].has, strlen(marks[i].has)) &&
		    (!also || memmem(jinja, len, also, strlen(also))) &&
		    (!not || !memmem(jinja, len, not, strlen(not ))))
			return chat_template_named(marks[i].name);
	}
	return NULL;
}

bool chat_template_spaced(const chat_template *t)
{
	return t->turns[ASSISTANT][0] == ' ' && !t->open[0];
}

/* ---- writing ---- */

typedef struct writer {
	const chat_template *t;
	const vocab *v;

	char *text; /* since the last control token */
	size_t n_text, text_room;
	size_t mark; /* where in text the anchor's byte stands, SIZE_MAX: not in it */
	int32_t *ids;
	size_t n_ids, ids_room;
	size_t anchor; /* index into ids, SIZE_MAX: not met yet */

	char *err;
	size_t errlen;
} writer;

static int out_of_memory(writer *w)
{
	return fail(w->err, w->errlen, ENGINE_ENOMEM, "out of memory");
}

static int put_text(writer *w, const char *s, size_t n)
{
	if (n > SIZE_MAX / 4 - w->n_text)
		return out_of_memory(w);
	if (w->n_text + n > w->text_room) {
		size_t room = 2 * (w->n_text + n) + 256;
		char *p = realloc(w->text, room);

		if (!p)
			return out_of_memory(w);
		w->text = p;
		w->text_room = room;
	}
	if (n)
		memcpy(w->text + w->n_text, s, n);
	w->n_text += n;
	return 0;
}

static int reserve_ids(writer *w, size_t n)
{
	if (w->n_ids + n <= w->ids_room)
		return 0;
	size_t room = 2 * (w->n_ids + n) + 64;
	int32_t *p = room <= SIZE_MAX / sizeof(*p) ? realloc(w->ids, room * sizeof(*p)) : NULL;

	if (!p)
		return out_of_memory(w);
	w->ids = p;
	w->ids_room = room;
	return 0;
}

static int flush_text(writer *w)
{
	size_t room = w->n_text, anchor = SIZE_MAX;

	while (w->n_text) {
		int rc = reserve_ids(w, room);

		if (rc)
			return rc;
		int n = vocab_encode_marked(w->v, w->text, w->n_text, false, w->ids + w->n_ids,
					    room, w->mark, &anchor);

		if (n < 0)
			return n == ENGINE_ENOMEM ? out_of_memory(w)
						  : fail(w->err, w->errlen, n,
							 "cannot encode the text");
		if ((size_t)n > room) { /* more than a token a byte */
			room = (size_t)n;
			continue;
		}
		if (anchor != SIZE_MAX)
			w->anchor = w->n_ids + anchor;
		w->mark = SIZE_MAX;
		w->n_ids += (size_t)n;
		w->n_text = 0;
	}
	return 0;
}

static int put_id(writer *w, int32_t id)
{
	int rc = flush_text(w);

	if (!rc)
		rc = reserve_ids(w, 1);
	if (!rc)
		w->ids[w->n_ids++] = id;
	return rc;
}

/* name is what stands between braces. */
static int put_control(writer *w, const char *name, size_t len)
{
	char spelling[40];
	bool optional = len && name[0] == '?';

	name += optional;
	len -= optional;
	memcpy(spelling, name, len);
	spelling[len] = '\0';
	int32_t id = vocab_find(w->v, spelling);

	if (id >= 0)
		return put_id(w, id);
	if (optional)
		return put_text(w, name, len);
	return fail(w->err, w->errlen, ENGINE_EFORMAT,
		    "the model has no token %s, which the chat template \"%s\" needs; see "
		    "--chat-template",
		    spelling, w->t->name);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A turn's text, with the mark set when anchor_end (SIZE_MAX: none) points into it. */
static int put_turn_text(writer *w, const engine_turn *turn, size_t anchor_end)
{
	size_t from = 0, to = turn->len;

	while (w->t->trim && from < to && is_space(turn->text[from]))
		from++;
	while (w->t->trim && to > from && is_space(turn->text[to - 1]))
		to--;
	if (anchor_end != SIZE_MAX) {
		if (anchor_end <= from || anchor_end > to)
			return fail(w->err, w->errlen, ENGINE_EARG,
				    "the anchor is outside of the question");
		w->mark = w->n_text + anchor_end - 1 - from;
	}
	return put_text(w, turn->text + from, to - from);
}

/* Writes a form of the table. before (may be NULL) is the system turn that goes in front of the
 * text. */
static int put_form(writer *w, const char *form, const engine_turn *before, const engine_turn *turn,
		    const char *think, size_t anchor_end)
{
	int rc = 0;

	for (const char *p = form; !rc && *p;) {
		size_t n = strcspn(p, "{$");

		rc = put_text(w, p, n);
		p += n;
		if (rc || !*p)
			break;
		if (*p == '{') {
			n = strcspn(p, "}");
			rc = put_control(w, p + 1, n - 1);
			p += n + 1;
			continue;
		}
		if (before)
			rc = put_form(w, w->t->preface, NULL, before, NULL, SIZE_MAX);
		if (!rc && think)
			rc = put_text(w, think, strlen(think));
		if (!rc)
			rc = put_turn_text(w, turn, anchor_end);
		p++;
	}
	return rc;
}

static int role_of(const engine_turn *turn)
{
	static const char *const names[N_ROLES] = { "system", "user", "assistant" };

	for (int r = 0; r < N_ROLES; r++)
		if (turn->role && !strcmp(turn->role, names[r]))
			return r;
	return -1;
}

/* Last turn of a role, n if there is none. */
static size_t last_of(const engine_turn *turns, size_t n, int role)
{
	for (size_t i = n; i-- > 0;)
		if (role_of(&turns[i]) == role)
			return i;
	return n;
}

static int put_turns(writer *w, const engine_turn *turns, size_t n, bool open_reply,
		     size_t anchor_end)
{
	const chat_template *t = w->t;
	const engine_turn *before = NULL;
	size_t asked = last_of(turns, n, USER);
	int32_t bos = t->own_bos ? -1 : vocab_bos(w->v);
	int rc = bos >= 0 ? put_id(w, bos) : 0;

	if (anchor_end != SIZE_MAX && asked == n)
		return fail(w->err, w->errlen, ENGINE_EARG, "an anchor needs a user's turn");
	for (size_t i = 0; !rc && i < n; i++) {
		int role = role_of(&turns[i]);
		bool last_reply = role == ASSISTANT && i + 1 == n && !open_reply;

		if (role < 0)
			return fail(w->err, w->errlen, ENGINE_EARG, "unknown role \"%s\"",
				    turns[i].role ? turns[i].role : "");
		if (!t->turns[role]) {
			before = &turns[i];
			continue;
		}
		rc = put_form(w, t->turns[role], role == USER ? before : NULL, &turns[i],
			      last_reply ? t->think : NULL, i == asked ? anchor_end : SIZE_MAX);
		if (role == USER)
			before = NULL;
	}
	if (!rc && open_reply)
		rc = put_form(w, t->open, NULL, NULL, NULL, SIZE_MAX);
	if (!rc && open_reply && t->think)
		rc = put_text(w, t->think, strlen(t->think));
	return rc ? rc : flush_text(w);
}

int chat_template_tokens(const chat_template *t, const vocab *v, const engine_turn *turns, size_t n,
			 bool open_reply, size_t anchor_end, int32_t **out, size_t *n_out,
			 size_t *anchor, char *err, size_t errlen)
{
	writer w = {
		.t = t, .v = v, .mark = SIZE_MAX, .anchor = SIZE_MAX, .err = err, .errlen = errlen
	};
	int rc = put_turns(&w, turns, n, open_reply, anchor_end);

	if (!rc && anchor_end != SIZE_MAX && w.anchor == SIZE_MAX)
		rc = fail(err, errlen, ENGINE_EARG, "the anchor makes no token");
	if (!rc)
		rc = reserve_ids(&w, 1); /* *out is never NULL */
	free(w.text);
	if (rc) {
		free(w.ids);
		return rc;
	}
	*out = w.ids;
	*n_out = w.n_ids;
	if (anchor)
		*anchor = w.anchor;
	return 0;
}
