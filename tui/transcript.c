/*
 * transcript: items in an array, each with its line breaks for the width last laid out. The scroll
 * position is an item and a line in it, not a line number: text added above or below, or another
 * width, leaves it where it was.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/transcript.h"
#include "tui/tui_int.h"

enum { ITEMS_MAX = 4000, ITEMS_DROP = 500 };

typedef struct piece {
	size_t at, len; /* bytes of the item's text */
	size_t indent;  /* columns more than the item's own */
} piece;

struct item {
	int kind;
	bool open;

	char *text; /* sanitised */
	size_t len, cap;
	size_t span[ITEM_SPANS][2];
	size_t n_span;
	char *raw;  /* ITEM_USER: as given, to translate spans */
	size_t raw_len;

	int64_t id; /* ITEM_FACT */
	int state;
	char *what;

	size_t columns; /* width the pieces were cut for, 0 = cut again */
	piece *pieces;
	size_t n_piece, cap_piece;
	bool longer; /* text was appended: the pieces hold, those after n_piece are to be cut */
};

struct transcript {
	item **items;
	size_t n, cap;

	size_t columns, rows, total; /* of the last layout */
	bool follow, news;
	const item *from;            /* compared, never followed: to be shown from here on, if it does not fit */
	size_t top_item, top_line;   /* first visible line */
	const item *found;           /* compared, never followed: it may have been dropped */
	size_t found_at;             /* byte of its text */
};

transcript *transcript_new(void)
{
	transcript *t = calloc(1, sizeof *t);

	if (t)
		t->follow = true;
	return t;
}

static void item_free(item *it)
{
	free(it->text);
	free(it->raw);
	free(it->what);
	free(it->pieces);
	free(it);
}

void transcript_clear(transcript *t)
{
	for (size_t i = 0; i < t->n; i++)
		item_free(t->items[i]);
	t->n = t->top_item = t->top_line = 0;
	t->follow = true;
	t->news = false;
}

void transcript_free(transcript *t)
{
	if (!t)
		return;
	transcript_clear(t);
	free(t->items);
	free(t);
}

static void drop_oldest(transcript *t)
{
	for (size_t i = 0; i < ITEMS_DROP; i++)
		item_free(t->items[i]);
	t->n -= ITEMS_DROP;
	memmove(t->items, t->items + ITEMS_DROP, t->n * sizeof *t->items);
	if (t->top_item < ITEMS_DROP)
		t->top_item = t->top_line = 0;
	else
		t->top_item -= ITEMS_DROP;
}

/* Takes ownership of it, on failure too. */
static item *insert(transcript *t, size_t at, item *it)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		item **items = realloc(t->items, cap * sizeof *items);

		if (!items) {
			item_free(it);
			return NULL;
		}
		t->items = items;
		t->cap = cap;
	}
	memmove(t->items + at + 1, t->items + at, (t->n - at) * sizeof *t->items);
	t->items[at] = it;
	t->n++;
	if (!t->follow) {
		if (at <= t->top_item)
			t->top_item++;
		else
			t->news = true;
	}
	return it;
}

item *transcript_add(transcript *t, int kind, const char *text, size_t len)
{
	if (t->n >= ITEMS_MAX)
		drop_oldest(t);
	item *it = calloc(1, sizeof *it);

	if (!it)
		return NULL;
	it->kind = kind;
	it->open = kind == ITEM_REPLY;
	it->text = text_sanitise(text, len);
	if (!it->text) {
		item_free(it);
		return NULL;
	}
	it->len = strlen(it->text);
	it->cap = it->len + 1;
	while (kind != ITEM_USER && it->len && it->text[it->len - 1] == '\n')
		it->text[--it->len] = 0;
	if (kind == ITEM_USER && (it->raw = malloc(len + 1))) {
		memcpy(it->raw, text, len);
		it->raw[len] = 0;
		it->raw_len = len;
	}
	return insert(t, t->n, it);
}

void transcript_append(transcript *t, item *reply, const char *text, size_t len)
{
	char *clean = text_sanitise(text, len);
	const char *from = clean;

	if (!clean)
		return;
	if (!reply->len) /* a reply does not begin with blank space */
		while (*from == ' ' || *from == '\n')
			from++;
	size_t n = strlen(from), need = reply->len + n + 1;

	if (need > reply->cap) {
		char *grown = realloc(reply->text, need * 2);

		if (!grown) {
			free(clean);
			return;
		}
		reply->text = grown;
		reply->cap = need * 2;
	}
	memcpy(reply->text + reply->len, from, n + 1);
	reply->len += n;
	/* The last line goes on; those before it ended at text that stays. */
	reply->n_piece -= reply->n_piece > 0;
	reply->longer = true;
	free(clean);
	if (!t->follow)
		t->news = true;
}

void transcript_close(transcript *t, item *reply, const char *note)
{
	char tail[128];

	if (note) {
		snprintf(tail, sizeof tail, "%s[%s]", reply->len ? " " : "", note);
		transcript_append(t, reply, tail, strlen(tail));
	}
	while (reply->len && strchr(" \n", reply->text[reply->len - 1]))
		reply->text[--reply->len] = 0;
	reply->open = false;
	reply->columns = 0;
}

/* Offset in the sanitised text of byte `at` of what the user typed. */
static size_t translate(const item *it, size_t at)
{
	if (!it->raw || at > it->raw_len)
		return 0;
	char *before = text_sanitise(it->raw, at);
	size_t n = before ? strlen(before) : 0;

	free(before);
	return n < it->len ? n : it->len;
}

static void fact_text(item *it, const char *why)
{
	static const char *const states[] = { "queued",      "learning",  "learned",
					      "not learned", "forgotten", "already known", "replaced", "back" };
	size_t need = strlen(it->what) + (why ? strlen(why) : 0) + 96;
	char *text = malloc(need), undo[48] = "";

	if (!text)
		return;
	if (it->state <= FACT_IS_LEARNED)
		snprintf(undo, sizeof undo, " - /undo %" PRId64, it->id);
	snprintf(text, need, "noted #%" PRId64 ": %s (%s%s%s)%s", it->id, it->what,
		 states[it->state], !why || !*why ? "" : it->state == FACT_IS_REPLACED ? " by " : ": ", why ? why : "", undo);
	free(it->text);
	it->text = text;
	it->len = strlen(text);
	it->cap = need;
	it->columns = 0;
}

static size_t find(const transcript *t, const item *it)
{
	for (size_t i = t->n; i-- > 0;)
		if (t->items[i] == it)
			return i;
	return t->n;
}

static size_t find_fact(const transcript *t, int64_t id)
{
	for (size_t i = t->n; i-- > 0;)
		if (t->items[i]->kind == ITEM_FACT && t->items[i]->id == id)
			return i;
	return t->n;
}

bool transcript_has_fact(const transcript *t, int64_t id)
{
	return find_fact(t, id) < t->n;
}

void transcript_fact(transcript *t, item *under, int64_t id, int state, const char *what,
		     const size_t span[2])
{
	size_t at = under ? find(t, under) : t->n;
	item *it = calloc(1, sizeof *it);

	if (!it)
		return;
	it->kind = ITEM_FACT;
	it->id = id;
	it->state = state;
	it->what = text_sanitise(what, strlen(what));
	if (it->what)
		fact_text(it, NULL);
	if (!it->text) {
		item_free(it);
		return;
	}
	if (at < t->n) {
		size_t a = translate(under, span[0]), b = translate(under, span[1]);

		if (b > a && under->n_span < ITEM_SPANS) {
			under->span[under->n_span][0] = a;
			under->span[under->n_span++][1] = b;
		}
		for (at++; at < t->n && t->items[at]->kind == ITEM_FACT; at++)
			;
	}
	insert(t, at, it);
}

void transcript_fact_state(transcript *t, int64_t id, int state, const char *why)
{
	char *clean = why ? text_sanitise(why, strlen(why)) : NULL;

	for (char *p = clean; p && *p; p++)
		if (*p == '\n')
			*p = ' ';
	for (size_t i = 0; i < t->n; i++) /* it may stand under several messages */
		if (t->items[i]->kind == ITEM_FACT && t->items[i]->id == id) {
			t->items[i]->state = state;
			fact_text(t->items[i], clean);
		}
	free(clean);
}

bool transcript_quotes(const item *message, size_t offset, const size_t span[2], const char *what)
{
	size_t len = span[1] - span[0];

	if (!message->raw || span[1] <= span[0] || offset > message->raw_len ||
	    span[1] > message->raw_len - offset)
		return false;
	for (; strlen(what) >= len; what++)
		if (!strncasecmp(what, message->raw + offset + span[0], len))
			return true;
	return false;
}

/* ---- lines ---- */

static size_t item_indent(const item *it)
{
	if (it->kind == ITEM_FACT || it->kind == ITEM_NOTICE || it->kind == ITEM_ERROR)
		return 4;
	return it->kind == ITEM_WELCOME ? 0 : 2;
}

static bool item_gap(const transcript *t, size_t i)
{
	int kind = t->items[i]->kind;

	if (!i || kind == ITEM_FACT || kind == ITEM_REPLY)
		return false;
	if (kind == ITEM_NOTICE || kind == ITEM_ERROR)
		return t->items[i - 1]->kind == ITEM_WELCOME;
	if (kind == ITEM_OUTPUT) /* stands under its command, as a reply under its message */
		return t->items[i - 1]->kind != ITEM_USER && t->items[i - 1]->kind != ITEM_OUTPUT;
	return true;
}

static void item_cut(item *it, size_t columns)
{
	size_t indent = item_indent(it), at = 0, next, hang = 0;
	size_t room = columns > indent ? columns - indent : 1;

	if (it->columns == columns && !it->longer)
		return;
	if (it->columns != columns)
		it->n_piece = 0;
	else if (it->n_piece)
		at = it->pieces[it->n_piece].at; /* of the first one dropped */
	it->longer = false;
	it->columns = columns;
	do {
		if (it->n_piece == it->cap_piece) {
			size_t cap = it->cap_piece ? it->cap_piece * 2 : 8;
			piece *pieces = realloc(it->pieces, cap * sizeof *pieces);

			if (!pieces)
				return;
			it->pieces = pieces;
			it->cap_piece = cap;
		}
		size_t len = it->kind == ITEM_OUTPUT ? text_wrap_under(it->text, it->len, at, room, &next, &hang)
						     : text_wrap(it->text + at, it->len - at, room, &next);

		it->pieces[it->n_piece++] = (piece){ at, len, hang };
		at += next;
	} while (at < it->len);
}

static size_t item_rows(const transcript *t, size_t i)
{
	return t->items[i]->n_piece + item_gap(t, i);
}

/* What transcript_from asked for: the window stands there, and follows no longer. Returns the rows above it. */
static size_t show_from(transcript *t, size_t above)
{
	size_t i = t->n, rows = 0;

	if (!t->from)
		return above;
	while (i && t->items[i - 1] != t->from)
		rows += item_rows(t, --i);
	if (i && t->follow && rows + item_rows(t, i - 1) > t->rows) {
		t->follow = false;
		t->top_item = i - 1;
		t->top_line = item_gap(t, i - 1);
		for (above = 0, i = 0; i < t->top_item; i++)
			above += item_rows(t, i);
	}
	t->from = NULL;
	return above;
}

void transcript_layout(transcript *t, size_t columns, size_t rows)
{
	size_t above = 0;

	t->columns = columns;
	t->rows = rows;
	t->total = 0;
	for (size_t i = 0; i < t->n; i++) {
		item_cut(t->items[i], columns);
		if (i < t->top_item)
			above += item_rows(t, i);
		t->total += item_rows(t, i);
	}
	above = show_from(t, above);
	if (!t->follow && t->top_item < t->n) {
		size_t here = item_rows(t, t->top_item);

		if (t->top_line >= here)
			t->top_line = here ? here - 1 : 0;
		above += t->top_line;
	}
	if (t->follow || above + rows >= t->total) {
		t->follow = true;
		t->news = false;
		above = t->total > rows ? t->total - rows : 0;
	}
	for (t->top_item = 0; t->top_item < t->n && above >= item_rows(t, t->top_item);
	     t->top_item++)
		above -= item_rows(t, t->top_item);
	t->top_line = above;
}

bool transcript_line(const transcript *t, size_t row, textline *out)
{
	size_t i = t->top_item, at = t->top_line + row;

	while (i < t->n && at >= item_rows(t, i))
		at -= item_rows(t, i++);
	if (i >= t->n)
		return false;
	const item *it = t->items[i];

	*out = (textline){
		.kind = it->kind, .state = it->state, .open = it->open, .indent = item_indent(it)
	};
	if (item_gap(t, i) && at-- == 0) {
		out->gap = true;
		return true;
	}
	const piece *p = &it->pieces[at];

	out->indent += p->indent;
	out->text = it->text + p->at;
	out->len = p->len;
	out->first = at == 0;
	for (size_t s = 0; s < it->n_span; s++) {
		size_t a = it->span[s][0] > p->at ? it->span[s][0] - p->at : 0;
		size_t b = it->span[s][1] > p->at ? it->span[s][1] - p->at : 0;

		if (b > p->len)
			b = p->len;
		if (a < b) {
			out->span[out->n_span][0] = a;
			out->span[out->n_span++][1] = b;
		}
	}
	return true;
}

void transcript_scroll(transcript *t, long lines)
{
	size_t above = t->top_line;

	for (size_t i = 0; t->columns && i < t->n; i++)
		item_cut(t->items[i], t->columns); /* what came since the last frame counts */
	for (size_t i = 0; i < t->top_item && i < t->n; i++)
		above += item_rows(t, i);
	if (lines < 0)
		above = (size_t)-lines < above ? above - (size_t)-lines : 0;
	else
		above += (size_t)lines;
	if (lines < 0 && t->total <= t->rows)
		return;
	t->follow = false; /* layout follows again where the end is reached */
	for (t->top_item = 0; t->top_item < t->n && above >= item_rows(t, t->top_item);
	     t->top_item++)
		above -= item_rows(t, t->top_item);
	t->top_line = above;
	if (t->top_item >= t->n)
		t->follow = true;
	transcript_layout(t, t->columns, t->rows);
}

void transcript_top(transcript *t)
{
	transcript_scroll(t, -(long)t->total);
}

void transcript_follow(transcript *t)
{
	t->follow = true;
	t->news = false;
}

void transcript_from(transcript *t, const item *first)
{
	t->from = first ? first : t->n ? t->items[t->n - 1] : NULL;
}

static size_t last_reply(const transcript *t)
{
	size_t i = t->n;

	while (i && t->items[i - 1]->kind != ITEM_REPLY)
		i--;
	return i;
}

void transcript_mark(transcript *t, const item *reply, const char *note)
{
	for (size_t i = t->n; reply && i--;)
		if (t->items[i] == reply)
			transcript_close(t, t->items[i], note);
}

char *transcript_text(const transcript *t, bool all)
{
	size_t i = all ? 0 : last_reply(t);
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (!all && i)
		fputs(t->items[i - 1]->text, f);
	for (; all && i < t->n; i++)
		if (t->items[i]->kind == ITEM_USER || t->items[i]->kind == ITEM_REPLY)
			fprintf(f, "%s%s\n", t->items[i]->kind == ITEM_USER ? "> " : "", t->items[i]->text);
	fclose(f);
	return text;
}

/* Brings byte `at` of item i into the upper half of the window. */
static void show_place(transcript *t, size_t i, size_t at)
{
	const item *it = t->items[i];
	size_t line = item_gap(t, i), above = 0;

	for (size_t p = 0; p + 1 < it->n_piece && it->pieces[p + 1].at <= at; p++)
		line++;
	for (size_t k = 0; k < i; k++)
		above += item_rows(t, k);
	above += line;
	transcript_scroll(t, -(long)t->total);
	transcript_scroll(t, (long)(above > t->rows / 3 ? above - t->rows / 3 : 0));
}

typedef struct place {
	size_t item, at, number; /* number: from 1 */
} place;

size_t transcript_find(transcript *t, const char *words, int by, size_t *at)
{
	size_t n = 0, here = 0;
	place last = { 0 }, before = { 0 }, after = { 0 };

	if (!*words)
		return 0;
	for (size_t i = 0; i < t->n; i++) {
		const char *text = t->items[i]->text, *hit = text;

		for (; (hit = strcasestr(hit, words)); hit++) {
			place p = { i, (size_t)(hit - text), ++n };

			if (t->items[i] == t->found && p.at == t->found_at) {
				here = n;
				before = last;
			} else if (here && n == here + 1) {
				after = p;
			}
			last = p;
		}
	}
	if (!n)
		return 0;
	place to = !here ? last : by < 0 ? before : after;

	if (to.number) {
		t->found = t->items[to.item];
		t->found_at = to.at;
		show_place(t, to.item, to.at);
	}
	*at = to.number ? to.number : here; /* at either end it stays */
	return n;
}

void transcript_find_end(transcript *t)
{
	t->found = NULL;
}

size_t transcript_below(const transcript *t)
{
	size_t above = t->top_line;

	for (size_t i = 0; i < t->top_item; i++)
		above += item_rows(t, i);
	return t->total > above + t->rows ? t->total - above - t->rows : 0;
}

bool transcript_news(const transcript *t)
{
	return t->news;
}
