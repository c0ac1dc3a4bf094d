/*
 * transcript: the conversation as a list of items, wrapped to any width, with a scroll position
 * that new text does not move. Main thread only. Texts are sanitised on the way in; what comes out
 * may be drawn as it is.
 */
#ifndef TUI_TRANSCRIPT_H
#define TUI_TRANSCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ITEM_WELCOME, ITEM_USER, ITEM_REPLY, ITEM_FACT, ITEM_NOTICE, ITEM_ERROR, ITEM_OUTPUT };
enum {
	FACT_IS_QUEUED,
	FACT_IS_LEARNING,
	FACT_IS_LEARNED,
	FACT_IS_NOT_LEARNED,
	FACT_IS_GONE,
	FACT_IS_KNOWN,
	FACT_IS_REPLACED, /* why: "#12" */
	FACT_IS_BACK
};
enum { ITEM_SPANS = 8 };

typedef struct transcript transcript;
typedef struct item item;

/* One visual line. text is valid until the transcript changes. */
typedef struct textline {
	int kind, state;          /* ITEM_*, FACT_IS_* (ITEM_FACT) */
	const char *text;
	size_t len;
	size_t indent;            /* columns before text */
	bool first, gap;          /* first line of its item; an empty line between items */
	bool open;                /* a reply still being written */
	size_t span[ITEM_SPANS][2]; /* bytes of text to underline */
	size_t n_span;
} textline;

transcript *transcript_new(void); /* NULL: no memory */
void transcript_free(transcript *t);
void transcript_clear(transcript *t);

/* Adds at the end. NULL when out of memory. The item belongs to the transcript and lives until it
 * is dropped: the oldest go when there are more than a few thousand, never the last hundred. */
item *transcript_add(transcript *t, int kind, const char *text, size_t len);
/* Appends to the reply; text may be cut anywhere between characters. */
void transcript_append(transcript *t, item *reply, const char *text, size_t len);
/* The reply has ended; note ("stopped") or NULL. */
void transcript_close(transcript *t, item *reply, const char *note);
/* A fact under the user's message `under` (or at the end): span is bytes of the message as it was
 * added. */
void transcript_fact(transcript *t, item *under, int64_t id, int state, const char *what,
		     const size_t span[2]);
/* Whether bytes span of the user's message, counted from `offset` on, are words of `what`. */
bool transcript_quotes(const item *message, size_t offset, const size_t span[2], const char *what);
bool transcript_has_fact(const transcript *t, int64_t id);
/* State of the newest line that shows this fact; why may be NULL. */
void transcript_fact_state(transcript *t, int64_t id, int state, const char *why);

/* The window of `rows` lines of `columns`. Call layout first, then read lines 0..rows-1; false past
 * the end. */
void transcript_layout(transcript *t, size_t columns, size_t rows);
bool transcript_line(const transcript *t, size_t row, textline *out);
/* < 0: towards older; reaching the end follows again. */
void transcript_scroll(transcript *t, long lines);
void transcript_top(transcript *t);
void transcript_follow(transcript *t);
/* Shows what was added since `first` (NULL: since the last item) from its beginning, where it is more than the window holds. */
void transcript_from(transcript *t, const item *first);
/* A note in brackets behind the reply, if it is there still. */
void transcript_mark(transcript *t, const item *reply, const char *note);
char *transcript_text(const transcript *t, bool all); /* the last reply, or all messages; malloc'd, NULL without memory */
/* Goes to the next place older (by < 0) or newer than the last one found that holds `words`, letter
 * case aside; from the end when there was none. Returns how many places there are; *at: which this
 * is, from 1 at the oldest. With 0 the window stays. */
size_t transcript_find(transcript *t, const char *words, int by, size_t *at);
void transcript_find_end(transcript *t);
size_t transcript_below(const transcript *t); /* lines hidden below the window */
bool transcript_news(const transcript *t);    /* something was added below the window */

#endif
