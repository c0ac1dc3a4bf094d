/* turn_export: the weights as they are now, written for other programs. */
#ifndef TUI_TURN_EXPORT_H
#define TUI_TURN_EXPORT_H

#include "tui/app_int.h"

#include <stdio.h>

extern const char export_privacy[]; /* one line about a file just written */
/* Writes the file and says what it is. Returns engine_export()'s code, or the ledger's. */
int export_run(app *a, FILE *out, enum engine_export_as as, const char *path, bool overwrite, bool json, char *err,
	       size_t errlen);
/* A file name of a slash command: malloc'd, NULL without memory. */
char *export_file_name(const app *a, const char *s);
/* Gives write() a stream for a file that appears whole, mode 0600, or not at all; never the ledger. A MEMORY_E*, or write()'s. */
int export_text(const app *a, const char *path, bool replace, int (*write)(void *arg, FILE *out, char *err, size_t errlen),
		void *arg, char *err, size_t errlen);
/* "gguf FILE", "lora FILE"; --force before or after */
int export_command(app *a, FILE *out, const char *args, char *err, size_t errlen);

#endif
