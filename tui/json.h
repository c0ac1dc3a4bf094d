/* json: the little that is needed to print one object per line. */
#ifndef TUI_JSON_H
#define TUI_JSON_H

#include <stdio.h>

void json_string(FILE *f, const char *s); /* quoted and escaped; bytes that are not UTF-8 become U+FFFD */
void json_key(FILE *f, const char *key);  /* "key": */
void json_number(FILE *f, double x);      /* null when not finite */

#endif
