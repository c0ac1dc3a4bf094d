/* facts_file: facts as JSON lines, written for the user and read back as what anybody may have written. */
#ifndef TUI_FACTS_FILE_H
#define TUI_FACTS_FILE_H

#include "tui/app_int.h"

/* Writes what is known into a file, mode 0600, which is there when it is whole or not at all; "-" is stdout. replace: also in
 * the place of one that is there. *n: how many facts. */
int facts_export(app *a, const char *path, bool replace, size_t *n, char *err, size_t errlen);
/* Takes in all facts of the file ("-": stdin) or none: errors name the line. *secrets: how many of them weights cannot hide. */
int facts_import(app *a, const char *path, bool replace, memory_imported *done, size_t *secrets, char *err, size_t errlen);

#endif
