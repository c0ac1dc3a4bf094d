/* cli: commands of the command line that live in files of their own. Each returns an exit code. */
#ifndef TUI_CLI_H
#define TUI_CLI_H

#include "tui/app_int.h"

/* Learns every fact of a text now; progress on stderr. */
int cli_remember(app *a, const settings *s, const char *text, bool (*stopped)(void *arg));
/* imprint bench ... */
int cli_bench(const settings *s, int argc, char **argv);
int cli_speed(const settings *s);

#endif
