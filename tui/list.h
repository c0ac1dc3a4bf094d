/*
 * list: facts, queue, history or earlier conversations over the whole screen: a row each, a filter typed in place, and one
 * row opened as text. It holds what it was given and what was typed; chat_list.c asks the worker
 * and carries out the actions. Main thread only.
 */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include "tui/panes.h"
#include "tui/screen.h"

enum { LIST_FACTS, LIST_QUEUE, LIST_HISTORY, LIST_SESSIONS };
/* What a key asks for. */
enum {
	LIST_NOTHING,
	LIST_CLOSE,
	LIST_OPEN,   /* the fact `id`: list_detail is expected */
	LIST_PROVE,  /* the same, asked of the model */
	LIST_COMMAND, /* "/undo 12" in `line` */
	LIST_LOAD    /* the same, and the list closes */
};

typedef struct list_act {
	int what;
	int64_t id;
	char line[64];
} list_act;

typedef struct list list;

list *list_new(int kind, const char *filter); /* NULL: no memory */
void list_free(list *l);                      /* takes NULL */
const char *list_name(const list *l);         /* "facts", "queue", "history" */
int list_kind(const list *l);
const char *list_filter(const list *l);
int64_t list_opened(const list *l);           /* the fact that is open, 0 none */
/* Lines of "id\tstate\twhat\tfigures". The row under the cursor stays under it, if it is still there. */
void list_rows(list *l, const char *text);
bool list_typed_ahead(list *l); /* once: Enter came before the rows did */
void list_detail(list *l, int64_t id, const char *text);
void list_note(list *l, const char *text); /* the outcome of the last action */
/* bytes: of INPUT_RAW, NULL for the others. */
list_act list_key(list *l, int key, const char *bytes);
/* curve: the fact's last search, or NULL. */
void list_draw(list *l, screen *s, const edit_view *curve, int rows, int columns);

#endif
