/*
 * keys: what a terminal sends, cut into characters, key sequences, pastes and the keys of the
 * program. Pure apart from the clock: it reads no file and draws nothing. Main thread only.
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	INPUT_TEXT,      /* one character, whole, or a control key */
	INPUT_SEQUENCE,  /* an escape sequence or Meta key of the editor's */
	INPUT_PASTE,     /* a bracketed paste: newlines as \n, no controls but \t; may be empty */
	INPUT_PASTE_CUT, /* follows a paste longer than PASTE_MAX */
	INPUT_ESCAPE, INPUT_INTERRUPT /* C-c */, INPUT_SUSPEND /* C-z */,
	INPUT_PAGE_UP, INPUT_PAGE_DOWN, INPUT_TOP /* C-Home */, INPUT_BOTTOM /* C-End */,
	INPUT_F1, INPUT_F2, INPUT_F3, INPUT_F4,
	INPUT_KEYS /* first free number */
};
enum { PASTE_MAX = 256 * 1024 }; /* bytes */

typedef struct keys keys;
/* bytes: the character, sequence or paste (ended by a zero byte), NULL for the plain keys. Valid
 * during the call. */
typedef void keys_fn(void *ctx, int key, const char *bytes, size_t len);

keys *keys_new(keys_fn *fn, void *ctx); /* NULL: no memory */
void keys_free(keys *k);
void keys_feed(keys *k, const char *bytes, size_t len);
/* Milliseconds until what is pending (a lone ESC) counts as complete, -1 when nothing is;
 * keys_expire then delivers it. */
int keys_timeout(const keys *k);
void keys_expire(keys *k);

#endif
