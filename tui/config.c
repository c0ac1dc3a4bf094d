/*
 * The configuration file: a line a setting, its name and its value with spaces or "=" between, # begins a comment. The names
 * are those of the long options, and learn, second-opinion, theme and clipboard of /set. The command line comes after it and wins, as do
 * NO_COLOR and IMPRINT_MODEL.
 */
#include "tui/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_MAX = 64 * 1024 };

static const char *const names[] = { "model", "data-dir", "profile", "threads", "seed", "precision", "chat-template", "cpu-mask",
				     "temperature", "top-k", "top-p", "min-p", "repeat-penalty", "search", "phone", "color",
				     "learn", "second-opinion", "theme", "clipboard" };

bool config_knows(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The whole file, ended by a zero byte, with room for `more` behind each "~". */
static char *read_all(const char *path, size_t more, size_t *cap, bool *missing, char *err, size_t errlen)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(CONFIG_MAX + 1) : NULL;
	size_t n = text ? fread(text, 1, CONFIG_MAX + 1, f) : 0;

	*missing = !f && errno == ENOENT;
	if (!text || n > CONFIG_MAX || ferror(f) || memchr(text, 0, n)) {
		snprintf(err, errlen, "%s: %s", path,
			 !text ? strerror(errno) : n > CONFIG_MAX ? "more than 64 KiB" : ferror(f) ? "cannot be read" : "is no text");
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	if (!text)
		return NULL;
	text[n] = 0;
	*cap = n + 1;
	for (const char *p = text; *p; p++)
		*cap += *p == '~' ? more : 1;
	return text;
}

/* Copies a value, a home folder in the place of its "~". */
static char *keep(char *at, const char *value, const char *home)
{
	if (home && value[0] == '~' && (value[1] == '/' || !value[1]))
		at = stpcpy(at, home), value++;
	return stpcpy(at, value) + 1;
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	for (n = strlen(s); n && isspace((unsigned char)s[n - 1]);)
		s[--n] = 0;
	return s;
}

int config_read(settings *s, const char *path, bool must, config_fn *set, void *arg, char *err, size_t errlen)
{
	size_t home = s->home ? strlen(s->home) + 1 : 1, cap = 0;
	bool missing;
	char *text = read_all(path, home, &cap, &missing, err, errlen), *save = NULL, *at;
	int line = 0, rc = 0;

	if (!text)
		return missing && !must ? 0 : EXIT_USAGE;
	at = s->config_text = malloc(cap);
	for (char *next = text, *row; at && !rc && (row = next) != NULL;) {
		char *end = strchr(row, '\n'), *name, *value, why[256] = "";

		next = end ? end + 1 : NULL;
		if (end)
			*end = 0;
		line++;
		name = trim(row);
		if (!*name || *name == '#')
			continue;
		value = name + strcspn(name, " \t=");
		if (*value)
			*value++ = 0;
		value = trim(value);
		if (*value == '=')
			value = trim(value + 1);
		save = at;
		at = keep(at, value, s->home);
		if (!config_knows(name))
			snprintf(why, sizeof(why), "there is no setting '%.40s': imprint --dump-config shows all", name);
		else if (!*value)
			snprintf(why, sizeof(why), "%s has no value", name);
		if (*why || set(arg, name, save, why, sizeof(why))) {
			snprintf(err, errlen, "%s:%d: %s", path, line, why);
			rc = EXIT_USAGE;
		}
	}
	free(text);
	if (!at) {
		snprintf(err, errlen, "out of memory");
		return EXIT_RUNTIME;
	}
	return rc;
}

static void line_text(FILE *out, const char *name, const char *value)
{
	char *clean = value ? text_sanitise(value, strlen(value)) : NULL;

	fprintf(out, "%s%-14s %s\n", value ? "" : "# ", name, clean ? clean : "");
	free(clean);
}

void config_dump(FILE *out, const settings *s)
{
	static const char *const precisions[] = { "w8a16", "fp32" }, *const searches[] = { "fit", "gradient", "published" },
				 *const phones[] = { "k60", "k70", "oneplus13" }, *const colors[] = { "auto", "never", "always" },
				 *const learns[] = { "auto", "ask", "off" };

	fprintf(out, "# The settings in force, in the form of the configuration file%s%s; # means: not set\n", s->config ? " " : "",
		s->config ? s->config : "");
	line_text(out, "model", s->model);
	line_text(out, "data-dir", s->data_dir);
	line_text(out, "profile", NULL); /* it is part of data-dir by now */
	fprintf(out, "%-14s %d\n%-14s %llu\n", "threads", s->threads, "seed", (unsigned long long)s->seed);
	line_text(out, "precision", precisions[s->precision]);
	line_text(out, "chat-template", s->chat_template);
	line_text(out, "cpu-mask", s->cpu_names);
	line_text(out, "temperature", s->temperature);
	line_text(out, "top-k", s->top_k);
	line_text(out, "top-p", s->top_p);
	line_text(out, "min-p", s->min_p);
	line_text(out, "repeat-penalty", s->repeat_penalty);
	line_text(out, "search", searches[s->search]);
	line_text(out, "phone", phones[s->phone]);
	line_text(out, "color", colors[s->color + 1]);
	line_text(out, "learn", learns[s->learn_mode]);
	line_text(out, "second-opinion", s->second_opinion ? "on" : "off");
	line_text(out, "theme", s->theme);
	line_text(out, "clipboard", s->clipboard ? "on" : "off");
}
