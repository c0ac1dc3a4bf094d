/* The slash commands: one table for help, completion, dispatch and the guard against mistyped ones. */
#include "tui/tui_int.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HELP_LEFT = 20, HELP_NARROW = 60 }; /* columns */

/* In the order of the help, which puts a heading over each group. */
const command command_table[] = {
	{ "remember", NULL, "[-n] TEXT", "learn what TEXT says, even if it would not be noticed by itself; -n: only say what that would be",
	  CMD_WORKER, "Facts" },
	{ "forget", NULL, "[--purge] ID|WORDS",
	  "take a fact out of the weights again, exactly; --purge: and its words out of every file", CMD_WORKER, NULL },
	{ "undo", NULL, "[ID]", "undo the last fact (or fact ID); what it replaced comes back", CMD_WORKER, NULL },
	{ "facts", NULL, "[WORDS] [state:S] [since:DATE] [until:DATE] [last:N]", "what is known, with the state of each edit", CMD_WORKER,
	  NULL },
	{ "why", NULL, "ID", "where a fact comes from: your words, the rule, the edit", CMD_WORKER, NULL },
	{ "prove", NULL, "ID", "ask in a fresh context, base weights and edited weights side by side", CMD_WORKER, NULL },
	{ "verify", NULL, "", "ask for every fact again and report which hold", CMD_WORKER, NULL },
	{ "queue", NULL, "[WORDS] | first|last|up|down ID", "edits waiting and running; or moves one that waits", CMD_WORKER,
	  "Learning" },
	{ "history", NULL, "[N|WORDS]", "the last edits, with their figures; filters as for /facts", CMD_WORKER, NULL },
	{ "pause", NULL, "", "stop editing; facts are still noted", CMD_WORKER, NULL },
	{ "resume", NULL, "", "go on editing", CMD_WORKER, NULL },
	{ "retry", NULL, "ID", "try a failed or cancelled edit again", CMD_WORKER, NULL },
	{ "cancel", NULL, "ID", "take an edit out of the queue", CMD_WORKER, NULL },
	{ "incognito", NULL, "[on|off]", "nothing is noticed, nothing is kept", CMD_WORKER, NULL },
	{ "new", "clear", "", "begin a new conversation; what was learned stays", CMD_WORKER, "Conversation" },
	{ "regen", NULL, "", "another reply to your last message", CMD_TURN, NULL },
	{ "edit", NULL, "[TEXT]", "your last message again, to be changed; TEXT takes its place", CMD_TURN, NULL },
	{ "sessions", NULL, "[WORDS]",
	  "earlier conversations, newest first; --rename ID TITLE gives one a title, --delete ID deletes one", CMD_WORKER, NULL },
	{ "load", NULL, "[ID]", "go on with an earlier conversation; without ID the last one", CMD_WORKER, NULL },
	{ "save", NULL, "[--force] FILE", "write the conversation to FILE: Markdown, or JSON lines where the name ends in .json", CMD_WORKER, NULL },
	{ "copy", NULL, "[all]", "the last reply (or all) to the clipboard, once /set clipboard on allows it", CMD_LOCAL, NULL },
	{ "find", NULL, "WORDS", "search the conversation on the screen; then n older, N newer, Esc ends", CMD_LOCAL, NULL },
	{ "context", NULL, "", "what the model has in view, and how full its context is", CMD_WORKER, NULL },
	{ "model", NULL, "[FILE]", "which model this is; FILE: talk with another one, which learns the facts anew", CMD_WORKER,
	  "Program" },
	{ "stats", NULL, "", "the model, its speed, the ledger", CMD_WORKER, NULL },
	{ "export", NULL, "gguf|lora FILE",
	  "write the edited model, or the edit as a LoRA adapter, for other programs; --force replaces FILE", CMD_WORKER, NULL },
	{ "set", NULL, "[NAME VALUE]",
	  "learn auto|ask|off, second-opinion on|off, theme dark|light|mono, clipboard on|off, temperature, top-k, top-p, min-p, repeat-penalty, seed; "
	  "alone: shows them",
	  CMD_WORKER, NULL },
	{ "help", "?", "[COMMAND]", "this list", CMD_LOCAL, NULL },
	{ "quit", "exit", "", "leave; edits go on at the next start", CMD_LOCAL, NULL },
	{ "bye", NULL, "", "leave", CMD_LOCAL, NULL },
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
	for (size_t i = 0; nearest && len > 1 && !*nearest && i < command_count; i++)
		if (!strncasecmp(command_table[i].name, word, len))
			*nearest = command_table[i].name;
	for (size_t i = 0; nearest && i < command_count; i++) {
		size_t d = distance(word, len, command_table[i].name, best);

		if (d < best) {
			best = d;
			*nearest = command_table[i].name;
		}
	}
	return NULL;
}

/* A row of the help: two columns, or one under the other where that is too narrow. */
static void help_row(FILE *f, const char *left, const char *right, const char *also, size_t columns)
{
	const size_t room = columns < HELP_NARROW ? 0 : HELP_LEFT;
	char tail[40] = "";

	if (also)
		snprintf(tail, sizeof(tail), " (also /%s)", also);
	if (room && strlen(left) <= room)
		fprintf(f, "  %-*s  %s%s\n", (int)room, left, right, tail);
	else
		fprintf(f, "  %s\n%*s%s%s\n", left, room ? (int)room + 4 : 4, "", right, tail);
}

static void help_command(FILE *f, const command *c, size_t columns)
{
	char left[96];

	snprintf(left, sizeof(left), "/%s%s%s", c->name, *c->args ? " " : "", c->args);
	help_row(f, left, c->help, c->alias, columns);
}

static void help_keys(FILE *f, size_t columns)
{
	static const char *const keys[][2] = {
		{ "Enter", "sends; while a reply is written the message waits for its end" },
		{ "Ctrl-J, Alt-Enter", "a new line" },
		{ "Esc, Ctrl-C", "stop a reply and keep its text; Ctrl-C clears the line, twice leaves" },
		{ "Ctrl-D", "leaves, on an empty line" },
		{ "PgUp, PgDn", "scroll; Ctrl-Home and Ctrl-End: beginning and end" },
		{ "Tab", "completes commands, what they take, numbers and values of facts" },
		{ "Up, Ctrl-R", "lines entered before; search in them" },
		{ "Ctrl-X Ctrl-E", "the line in your editor ($VISUAL, $EDITOR)" },
		{ "F1, F2, F3", "this help, facts, queue; F4: edit pane" },
		{ "Ctrl-L, Ctrl-Z", "draw again; suspend" },
	};

	fputs("Keys\n", f);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		help_row(f, keys[i][0], keys[i][1], NULL, columns);
	fputs("\nIn a list\n", f);
	help_row(f, "letters", "filter; arrows, PgUp and PgDn move, Enter opens, Esc goes back", NULL, columns);
	help_row(f, "p c r u f", "in an open row, or with Alt in the list: prove, cancel, retry, undo, forget", NULL, columns);
	help_row(f, "t l k j", "the same in the queue: first, last, up, down; also Alt-Up, Alt-Down", NULL, columns);
}

char *command_help(const char *word, bool keys, size_t columns)
{
	const command *c = word && *word ? command_find(word + (*word == '/'), strlen(word) - (*word == '/'), NULL) : NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (c) {
		help_command(f, c, columns);
	} else {
		if (word && *word)
			fprintf(f, "There is no command %s%s.\n", *word == '/' ? "" : "/", word);
		fputs("Tell imprint something about yourself and it learns it by changing its own weights.\n\n", f);
		if (keys) {
			help_keys(f, columns);
			fputc('\n', f);
		}
		for (size_t i = 0; i < command_count; i++) {
			if (command_table[i].group)
				fprintf(f, "%s%s\n", i ? "\n" : "", command_table[i].group);
			help_command(f, &command_table[i], columns);
		}
		fputs("\nA message that begins with a slash: write it with two, //like this.\n", f);
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

char command_answer(const char *keys, const char *line)
{
	static const char *const yes[] = { "y", "yes", "yes.", "yes!", "yeah", "yep", "sure", "ok", "okay" }, *const no[] = { "n", "no", "no.", "no!", "nope" };
	char word[8];
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, " \t\n");
	if (!*keys || !n || n >= sizeof(word) || line[n + strspn(line + n, " \t\n")])
		return 0;
	for (size_t i = 0; i <= n; i++)
		word[i] = i < n ? (char)tolower((unsigned char)line[i]) : 0;
	if (n == 1 && strchr(keys, *word))
		return *word;
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!strcmp(word, yes[i]))
			return *keys;
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (!strcmp(word, no[i]))
			return 'i';
	return 0;
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
