/* The slash commands: one table for help, completion, dispatch and the guard against mistyped ones. */
#include "tui/tui_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const command command_table[] = {
	{ "remember", NULL, "TEXT", "learn what TEXT says, even if it would not be noticed by itself", CMD_WORKER },
	{ "forget", NULL, "[--purge] ID|WORDS", "take a fact out of the weights again, exactly; --purge: and its words out of every file", CMD_WORKER },
	{ "facts", NULL, "[WORDS] [state:S] [since:DATE] [until:DATE] [last:N]", "what is known, with the state of each edit", CMD_WORKER },
	{ "queue", NULL, "[WORDS]", "edits waiting and running", CMD_WORKER },
	{ "history", NULL, "[N|WORDS]", "the last edits, with their figures; filters as for /facts", CMD_WORKER },
	{ "undo", NULL, "[ID]", "undo the last fact (or fact ID); what it replaced comes back", CMD_WORKER },
	{ "why", NULL, "ID", "where a fact comes from: your words, the rule, the edit", CMD_WORKER },
	{ "prove", NULL, "ID", "ask in a fresh context, base weights and edited weights side by side", CMD_WORKER },
	{ "verify", NULL, "", "ask for every fact again and report which hold", CMD_WORKER },
	{ "pause", NULL, "", "stop editing; facts are still noted", CMD_WORKER },
	{ "resume", NULL, "", "go on editing", CMD_WORKER },
	{ "retry", NULL, "ID", "try a failed or cancelled edit again", CMD_WORKER },
	{ "cancel", NULL, "ID", "take an edit out of the queue", CMD_WORKER },
	{ "new", "clear", "", "begin a new conversation; what was learned stays", CMD_WORKER },
	{ "stats", NULL, "", "the model, its speed, the ledger", CMD_WORKER },
	{ "export", NULL, "gguf|lora FILE", "write the edited model, or the edit as a LoRA adapter, for other programs; --force replaces FILE",
	  CMD_WORKER },
	{ "set", NULL, "[NAME VALUE]", "learn auto|ask|off, second-opinion on|off, theme dark|light|mono, temperature, top-k, top-p, min-p, repeat-penalty, seed; alone: shows them",
	  CMD_WORKER },
	{ "incognito", NULL, "[on|off]", "nothing is noticed, nothing is kept", CMD_WORKER },
	{ "find", NULL, "WORDS", "search the conversation on the screen; then n older, N newer, Esc ends", CMD_LOCAL },
	{ "help", "?", "[COMMAND]", "this list", CMD_LOCAL },
	{ "quit", "exit", "", "leave; edits go on at the next start", CMD_LOCAL },
	{ "bye", NULL, "", "leave", CMD_LOCAL },
};
const size_t command_count = sizeof(command_table) / sizeof(*command_table);

/* Edit distance of two short words, at most `most`. */
static size_t distance(const char *a, size_t n, const char *b, size_t most)
{
	size_t m = strlen(b), row[32];

	if (n >= 31 || m >= 31)
		return most + 1;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t cost = diagonal + (tolower((unsigned char)a[i - 1]) != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
		}
	}
	return row[m];
}

static bool same_word(const char *name, const char *word, size_t len)
{
	return name && strlen(name) == len && !strncasecmp(name, word, len);
}

const command *command_find(const char *word, size_t len, const char **nearest)
{
	size_t best = 3;

	if (nearest)
		*nearest = NULL;
	for (size_t i = 0; i < command_count; i++)
		if (same_word(command_table[i].name, word, len) || same_word(command_table[i].alias, word, len))
			return &command_table[i];
	for (size_t i = 0; nearest && i < command_count; i++) {
		size_t d = distance(word, len, command_table[i].name, best);

		if (d < best) {
			best = d;
			*nearest = command_table[i].name;
		}
	}
	return NULL;
}

static void help_line(FILE *f, const command *c)
{
	char left[48];

	snprintf(left, sizeof(left), "/%s %s", c->name, c->args);
	fprintf(f, "  %-24s %s", left, c->help);
	if (c->alias)
		fprintf(f, " (also /%s)", c->alias);
	fputc('\n', f);
}

char *command_help(const char *word)
{
	const command *c = word && *word ? command_find(word + (*word == '/'), strlen(word) - (*word == '/'), NULL) : NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (c) {
		help_line(f, c);
	} else {
		fputs("Tell imprint something about yourself and it learns it by changing its own weights.\n", f);
		for (size_t i = 0; i < command_count; i++)
			help_line(f, &command_table[i]);
		fputs("A message that begins with a slash: write it with two, //like this.\n", f);
	}
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

int command_classify(const char *line, const char **text)
{
	const char *s = line + strspn(line, " \t\r\n");
	const char *nearest;
	size_t len;

	*text = line;
	if (!*s)
		return LINE_EMPTY;
	if (*s != '/')
		return LINE_MESSAGE;
	if (s[1] == '/') {
		*text = s + 1;
		return LINE_MESSAGE;
	}
	*text = s + 1;
	len = strcspn(s + 1, " \t\n");
	/* A path such as /etc/hosts is a message; a word that is no command is more likely a slip. */
	if (!command_find(s + 1, len, &nearest) && memchr(s + 1, '/', len)) {
		*text = line;
		return LINE_MESSAGE;
	}
	return command_find(s + 1, len, NULL) && s == line ? LINE_COMMAND : LINE_GUARDED;
}

void command_guard(const char *line, char *out, size_t cap)
{
	const char *s = line + strspn(line, " \t\r\n") + 1, *nearest = NULL;
	size_t len = strcspn(s, " \t\n");
	int shown = len > 40 ? 40 : (int)len;

	if (command_find(s, len, &nearest))
		snprintf(out, cap, "begin the line with the slash to give a command, with two to send it");
	else if (nearest)
		snprintf(out, cap, "no command /%.*s: did you mean /%s? Two slashes send it as a message", shown, s, nearest);
	else
		snprintf(out, cap, "no command /%.*s: /help lists them; two slashes send it as a message", shown, s);
}
