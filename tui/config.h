/* config: the configuration file, and the settings in force written as one. Main thread, before anything is opened. */
#ifndef TUI_CONFIG_H
#define TUI_CONFIG_H

#include <stdio.h>

#include "tui/tui_int.h"

/* Takes a setting; value stays until settings.config_text is freed. Non-zero with a few words in why: it is no good. */
typedef int config_fn(void *arg, const char *name, const char *value, char *why, size_t cap);

/* Gives set() each setting of the file. A missing file is an error only if it must be there. Returns 0 or an exit code, with
 * "FILE:LINE: what is wrong" in err. s->config_text is to be freed, on failure too. */
int config_read(settings *s, const char *path, bool must, config_fn *set, void *arg, char *err, size_t errlen);
bool config_knows(const char *name);
void config_dump(FILE *out, const settings *s);

#endif
