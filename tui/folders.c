/* folders: making those that a file is to lie in. */
#include "tui/tui_int.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

void folders_make(const char *path)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
		return;
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		mkdir(part, 0700);
		*at = '/';
	}
	mkdir(part, 0700);
}
