/* turn_chats: conversations kept in the ledger. The commands write their text to out; 0 or a MEMORY_E* with a sentence in err. */
#ifndef TUI_TURN_CHATS_H
#define TUI_TURN_CHATS_H

#include "tui/app_int.h"

#include <stdio.h>

/* Those with these words in them (NULL or "": all), the newest as a table or all as JSON lines; *n: how many. */
int chats_report(app *a, FILE *out, const char *words, bool json, size_t *n, char *err, size_t errlen);
int chats_rows(app *a, FILE *out, const char *words, char *err, size_t errlen); /* for the full-screen list */
int chats_command(app *a, FILE *out, const char *args, char *err, size_t errlen);
/* Makes conversation args, or the last one, the present one; emits EV_CLEARED and its messages as EV_PAST. */
int chats_load(app *a, FILE *out, const char *args, char *err, size_t errlen);
int chats_save(app *a, FILE *out, const char *args, char *err, size_t errlen);
int chats_context(app *a, FILE *out, const char *args, char *err, size_t errlen);

#endif
