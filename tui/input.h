/*
 * input: bytes from the terminal become edited lines (GNU readline) and keys of the program. Main
 * thread only, one at a time (readline has one line per process). Open it before the screen:
 * readline asks terminfo first.
 */
#ifndef TUI_INPUT_H
#define TUI_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/keys.h"

/* Besides the keys of keys.h (not TEXT, SEQUENCE and PASTE, which end in the line): */
enum {
	INPUT_LINE = INPUT_KEYS, /* text: a line was entered */
	INPUT_EOF,     /* C-d on an empty line */
	INPUT_REDRAW,  /* C-l */
	INPUT_EDITOR,  /* C-x C-e */
	INPUT_HOT,     /* text: one of the keys given to input_hot, in either case, typed on an empty line */
	INPUT_MATCHES, /* text: completions to choose from */
	INPUT_RAW,     /* after input_raw: bytes of a character, sequence or paste */
};

typedef struct input input;
/* key: INPUT_*; text is valid during the call, NULL for plain keys. */
typedef void input_fn(void *ctx, int key, const char *text);

/* history: path of the line history or NULL. Returns 0, or -1 with err. */
int input_open(input **out, const char *history, input_fn *fn, void *ctx, char *err, size_t errlen);
void input_close(input *in); /* takes NULL */
void input_feed(input *in, const char *bytes, size_t len);
/* Milliseconds until a lone ESC counts as the key, -1 when none is pending; input_expire then
 * delivers it. */
int input_timeout(const input *in);
void input_expire(input *in);
void input_size(input *in, int rows, int columns); /* columns for the text of the line */
void input_hot(input *in, const char *set);       /* "" none */
void input_word(input *in, const char *word);      /* completes this after a command */
void input_private(input *in, bool on);            /* keeps no history */
void input_raw(input *in, bool on); /* keys go to the program; the line stays as it is */
void input_pass(input *in);         /* during INPUT_RAW: the key is one for the line after all */

bool input_empty(const input *in);
bool input_searching(const input *in); /* in C-r */
/* Esc in vi insert mode or in C-r: does it, true; otherwise false. */
bool input_vi_escape(input *in);
void input_clear(input *in);       /* drops the line */
const char *input_text(const input *in);
void input_set(input *in, const char *text); /* replaces the line */

/* What to draw: the prompt and the line cut into rows of the columns set, and where the cursor
 * stands. */
typedef struct input_view {
	const char *text;    /* printable */
	const size_t *start; /* [rows + 1] byte where each row begins; it may end with \n */
	size_t rows, cursor_row, cursor_col;
} input_view;
void input_layout(input *in, input_view *v); /* valid until the next call */

#endif
