/*
 * input: readline's callback interface between the decoder and the screen. Readline gets whole key
 * sequences through a byte queue: fed byte by byte it loops on a bracketed paste and breaks UTF-8
 * inside C-r. It draws nothing (its output goes to /dev/null); input_layout gives the line to the
 * screen.
 */
#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "tui/input.h"
#include "tui/linelog.h"
#include "tui/tui_int.h"

enum { HISTORY_MAX = 2000, QUEUE_MAX = 64, WORDS_MAX = 256 };

struct input {
	input_fn *fn;
	void *ctx;
	keys *keys;
	char hot[8];

	/* to readline and back */
	char queue[QUEUE_MAX];
	size_t queue_at, queue_len;
	char *line; /* entered, not delivered yet */
	bool want_editor;
	int want_key; /* of the program, -1 none */

	/* completion */
	char *words[WORDS_MAX];
	size_t n_words, next_match;
	const char *const *argument; /* what the command takes here, ended by NULL or at ten */

	/* history */
	char *path;
	bool private;
	bool raw, again; /* again: the program leaves the raw key to the line */

	/* drawing */
	int columns;
	char *shown;
	size_t *map;   /* byte of shown -> byte of the line */
	size_t *start;
	size_t room;
};

static input
	*current; /* readline's callbacks carry no context; readline itself is one per process */

/* ---- readline's side ---- */

static int queue_getc(FILE *f)
{
	(void)f;
	return current->queue_at < current->queue_len
		       ? (unsigned char)current->queue[current->queue_at++]
		       : EOF;
}

static int queue_waits(void)
{
	return current->queue_at < current->queue_len;
}

static void no_redisplay(void)
{
}

static void line_entered(char *text)
{
	if (!text)
		return; /* end of file: the program decides when to end */
	free(current->line);
	current->line = text;
}

/* Gives readline one whole key sequence and delivers the line if that entered one. */
static void pass(input *in, const char *bytes, size_t n)
{
	if (n > QUEUE_MAX)
		return;
	memcpy(in->queue, bytes, n);
	in->queue_at = 0;
	in->queue_len = n;
	while (queue_waits())
		rl_callback_read_char();
	if (in->line) {
		char *text = in->line;

		in->line = NULL;
		in->fn(in->ctx, INPUT_LINE, text);
		free(text);
	}
	if (in->want_editor) {
		in->want_editor = false;
		in->fn(in->ctx, INPUT_EDITOR, NULL);
	}
	if (in->want_key >= 0) {
		int key = in->want_key;

		in->want_key = -1;
		in->fn(in->ctx, key, NULL);
	}
}

static int key_newline(int count, int key)
{
	(void)key;
	while (count-- > 0)
		rl_insert_text("\n");
	return 0;
}

static int key_editor(int count, int key)
{
	(void)count, (void)key;
	current->want_editor = true;
	return 0;
}

/* Moves the cursor a row up or down; false at the edge. */
static bool move_row(input *in, int by)
{
	input_view v;
	uint32_t c;

	input_layout(in, &v);
	if ((by < 0 && !v.cursor_row) || (by > 0 && v.cursor_row + 1 >= v.rows))
		return false;
	size_t row = by < 0 ? v.cursor_row - 1 : v.cursor_row + 1, col = 0;
	size_t i = v.start[row], end = v.start[row + 1], last = i;

	while (i < end && v.text[i] != '\n') {
		size_t n = text_decode(v.text + i, end - i, &c);

		col += (size_t)text_char_width(c);
		if (col > v.cursor_col)
			break;
		last = i;
		i += n;
	}
	if (i == end && row + 1 < v.rows)
		i = last; /* the place after a full row is the next row's */
	rl_point = (int)in->map[i];
	return true;
}

static int key_up(int count, int key)
{
	return move_row(current, -1) ? 0 : rl_get_previous_history(count, key);
}

static int key_down(int count, int key)
{
	return move_row(current, 1) ? 0 : rl_get_next_history(count, key);
}

/* Replaces a default binding, not one from the user's .inputrc. */
static void rebind(Keymap map, const char *seq, rl_command_func_t *from, rl_command_func_t *to)
{
	rl_command_func_t *f = rl_function_of_keyseq(seq, map, NULL);

	if (!f || f == from)
		rl_bind_keyseq_in_map(seq, to, map);
}

/* What a key of the program does, for other keys: "\C-xq": show-queue. */
static int program_key(int key)
{
	current->want_key = key;
	return 0;
}

static int key_help(int count, int key)
{
	(void)count, (void)key;
	return program_key(INPUT_F1);
}

static int key_facts(int count, int key)
{
	(void)count, (void)key;
	return program_key(INPUT_F2);
}

static int key_queue(int count, int key)
{
	(void)count, (void)key;
	return program_key(INPUT_F3);
}

static int key_pane(int count, int key)
{
	(void)count, (void)key;
	return program_key(INPUT_F4);
}

static int key_page_up(int count, int key)
{
	(void)count, (void)key;
	return program_key(INPUT_PAGE_UP);
}

static int key_page_down(int count, int key)
{
	(void)count, (void)key;
	return program_key(INPUT_PAGE_DOWN);
}

/* Before .inputrc is read, which may name them. */
static void name_functions(void)
{
	rl_add_defun("insert-newline", key_newline, -1);
	rl_add_defun("edit-in-editor", key_editor, -1);
	rl_add_defun("row-up-or-history", key_up, -1);
	rl_add_defun("row-down-or-history", key_down, -1);
	rl_add_defun("show-help", key_help, -1);
	rl_add_defun("show-facts", key_facts, -1);
	rl_add_defun("show-queue", key_queue, -1);
	rl_add_defun("toggle-pane", key_pane, -1);
	rl_add_defun("page-up", key_page_up, -1);
	rl_add_defun("page-down", key_page_down, -1);
}

static void bind_keys(void)
{
	Keymap maps[2] = { emacs_standard_keymap, vi_insertion_keymap };

	for (int i = 0; i < 2; i++) {
		rebind(maps[i], "\n", rl_newline, key_newline);
		rebind(maps[i], "\030\005", NULL, key_editor);
		rebind(maps[i], "\033[A", rl_get_previous_history, key_up);
		rebind(maps[i], "\033OA", rl_get_previous_history, key_up);
		rebind(maps[i], "\033[B", rl_get_next_history, key_down);
		rebind(maps[i], "\033OB", rl_get_next_history, key_down);
	}
	rebind(emacs_standard_keymap, "\033\r", rl_vi_editing_mode, key_newline);
	rebind(emacs_standard_keymap, "\033[1;5C", NULL, rl_forward_word);
	rebind(emacs_standard_keymap, "\033[1;5D", NULL, rl_backward_word);
}

/* ---- completion ---- */

static char *match_command(const char *text, int state)
{
	size_t n = strlen(text) - 1;

	if (!state)
		current->next_match = 0;
	while (current->next_match < command_count) {
		const char *name = command_table[current->next_match++].name;
		char *s;

		if (strncmp(name, text + 1, n))
			continue;
		s = malloc(strlen(name) + 2);
		if (s) {
			*s = '/';
			strcpy(s + 1, name);
		}
		return s;
	}
	return NULL;
}

static char *match_word(const char *text, int state)
{
	if (!state)
		current->next_match = 0;
	while (current->next_match < current->n_words) {
		const char *w = current->words[current->next_match++];

		if (!strncasecmp(w, text, strlen(text)))
			return strdup(w);
	}
	return NULL;
}

/* Words that a command takes, by the line up to the word. */
static const struct {
	const char *line, *words[11];
} arguments[] = {
	{ "/set learn ", { "auto", "ask", "off" } },
	{ "/set second-opinion ", { "on", "off" } },
	{ "/set clipboard ", { "on", "off" } },
	{ "/set theme ", { "dark", "light", "mono" } },
	{ "/set ", { "learn", "second-opinion", "theme", "clipboard", "temperature", "top-k", "top-p", "min-p", "repeat-penalty",
		     "seed" } },
	{ "/incognito ", { "on", "off" } },
	{ "/export ", { "gguf", "lora" } },
	{ "/copy ", { "all" } },
	{ "/queue ", { "first", "last", "up", "down" } },
	{ "/sessions ", { "--rename", "--delete" } },
};

static const char *const *known_arguments(int start)
{
	for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++)
		if (strlen(arguments[i].line) == (size_t)start &&
		    !strncmp(rl_line_buffer, arguments[i].line, (size_t)start))
			return arguments[i].words;
	return NULL;
}

static char *match_argument(const char *text, int state)
{
	if (!state)
		current->next_match = 0;
	while (current->next_match < 10 && current->argument[current->next_match]) {
		const char *w = current->argument[current->next_match++];

		if (!strncmp(w, text, strlen(text)))
			return strdup(w);
	}
	return NULL;
}

/* "/help forg": the names without their slash. */
static char *match_name(const char *text, int state)
{
	if (!state)
		current->next_match = 0;
	while (current->next_match < command_count) {
		const char *name = command_table[current->next_match++].name;

		if (!strncmp(name, text, strlen(text)))
			return strdup(name);
	}
	return NULL;
}

/* Is the line up to the word one of these commands, each ended by a space? */
static bool begins_with(const char *const *commands, int start)
{
	for (; *commands; commands++)
		if ((int)strlen(*commands) == start && !strncmp(rl_line_buffer, *commands, (size_t)start))
			return true;
	return false;
}

static bool takes_file(int start)
{
	static const char *const commands[] = { "/model ", "/save ", "/save --force ", "/export gguf ", "/export lora ", NULL };

	return begins_with(commands, start);
}

/* Numbers there are not facts'. */
static bool takes_no_fact(void)
{
	static const char *const commands[] = { "/load ", "/sessions ", "/model ", "/save ", "/export ", "/set ", "/edit ", NULL };

	for (size_t i = 0; commands[i]; i++)
		if (!strncmp(rl_line_buffer, commands[i], strlen(commands[i])))
			return true;
	return false;
}

static char **complete(const char *text, int start, int end)
{
	(void)end;
	rl_attempted_completion_over = 1; /* file names only where one is meant */
	if (takes_file(start)) {
		rl_filename_completion_desired = 1;
		rl_filename_quoting_desired = 0;
		return rl_completion_matches(text, rl_filename_completion_function);
	}
	current->argument = known_arguments(start);
	if (current->argument) {
		char **found = rl_completion_matches(text, match_argument);

		if (found || strncmp(rl_line_buffer, "/queue ", 7)) /* whose words may be those of a fact */
			return found;
	}
	if (start == 6 && !strncmp(rl_line_buffer, "/help ", 6))
		return rl_completion_matches(text, match_name);
	if (start == 0 && *text == '/' && text[1] != '/')
		return rl_completion_matches(text, match_command);
	return rl_line_buffer[0] == '/' && !takes_no_fact() ? rl_completion_matches(text, match_word) : NULL;
}

static void show_matches(char **matches, int n, int longest)
{
	char list[512] = "";
	size_t at = 0;

	(void)longest;
	for (int i = 1; i <= n && at + strlen(matches[i]) + 3 < sizeof list; i++)
		at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", at ? "  " : "",
				       matches[i]);
	current->fn(current->ctx, INPUT_MATCHES, list);
}

void input_word(input *in, const char *word)
{
	for (size_t i = 0; i < in->n_words; i++)
		if (!strcmp(in->words[i], word))
			return;
	if (in->n_words == WORDS_MAX) {
		free(in->words[0]);
		memmove(in->words, in->words + 1, --in->n_words * sizeof *in->words);
	}
	if ((in->words[in->n_words] = strdup(word)))
		in->n_words++;
}

/* ---- history ---- */

static void history_keep(input *in, const char *text)
{
	using_history();
	HIST_ENTRY *last = previous_history();

	using_history();
	if (in->private || !*text || isspace((unsigned char)*text) ||
	    (last && !strcmp(last->line, text)))
		return;
	add_history(text);
	using_history();
	if (in->path)
		linelog_append(in->path,
			       text); /* a history that cannot be kept is no reason to stop */
}

void input_private(input *in, bool on)
{
	in->private = on;
}

void input_raw(input *in, bool on)
{
	in->raw = on;
}

void input_pass(input *in)
{
	in->again = true;
}

/* ---- from the decoder ---- */

/* Hands over a sequence if something is bound to it; an unbound one would leave its tail in the
 * line. */
static void pass_bound(input *in, const char *seq, size_t n)
{
	if (rl_function_of_keyseq(seq, NULL, NULL))
		pass(in, seq, n);
}

/* A paste goes in as one change. */
static void insert_paste(input *in, const char *text, size_t n)
{
	size_t room = PASTE_MAX > rl_end ? (size_t)(PASTE_MAX - rl_end) : 0;

	if (input_searching(in))
		pass(in, "\033", 1);
	if (n > room) {
		char *part = strndup(text, text_whole(text, room));

		if (part && *part)
			rl_insert_text(part);
		free(part);
		in->fn(in->ctx, INPUT_PASTE_CUT, NULL);
		return;
	}
	rl_begin_undo_group();
	rl_insert_text(text);
	rl_end_undo_group();
}

static void got_text(input *in, const char *bytes, size_t n)
{
	char hot[2] = { *bytes, 0 };

	if (*bytes == 0x0C && !input_searching(in))
		in->fn(in->ctx, INPUT_REDRAW, NULL);
	else if (*bytes == 0x04 && input_empty(in))
		in->fn(in->ctx, INPUT_EOF, NULL);
	else if (n == 1 && *in->hot && input_empty(in) && isalnum((unsigned char)*bytes) &&
		 strchr(in->hot, tolower((unsigned char)*bytes)))
		in->fn(in->ctx, INPUT_HOT, hot);
	else
		pass(in, bytes, n);
}

static void got_key(void *ctx, int key, const char *bytes, size_t n)
{
	input *in = ctx;

	if (in->raw && (key == INPUT_TEXT || key == INPUT_SEQUENCE || key == INPUT_PASTE)) {
		in->again = false;
		in->fn(in->ctx, INPUT_RAW, bytes);
		if (!in->again)
			return;
	}
	if (key == INPUT_TEXT)
		got_text(in, bytes, n);
	else if (key == INPUT_SEQUENCE)
		pass_bound(in, bytes, n);
	else if (key == INPUT_PASTE)
		insert_paste(in, bytes, n);
	else
		in->fn(in->ctx, key, NULL);
}

void input_feed(input *in, const char *bytes, size_t len)
{
	keys_feed(in->keys, bytes, len);
}

int input_timeout(const input *in)
{
	return keys_timeout(in->keys);
}

void input_expire(input *in)
{
	keys_expire(in->keys);
}

/* ---- the line ---- */

bool input_empty(const input *in)
{
	(void)in;
	return rl_end == 0 && !RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH);
}

bool input_searching(const input *in)
{
	(void)in;
	return RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH) != 0;
}

bool input_vi_escape(input *in)
{
	if (input_searching(in)) {
		pass(in, "\033", 1);
		return true;
	}
	if (rl_editing_mode || rl_get_keymap() != vi_insertion_keymap)
		return false;
	rl_vi_movement_mode(1, 033);
	return true;
}

void input_clear(input *in)
{
	(void)in;
	rl_callback_sigcleanup();
	rl_free_line_state();
	rl_clear_message();
	rl_replace_line("", 1);
	rl_point = rl_mark = 0;
	using_history(); /* the next search begins at the newest line */
	if (!rl_editing_mode)
		rl_vi_insertion_mode(1, 0);
}

const char *input_text(const input *in)
{
	(void)in;
	return rl_line_buffer;
}

void input_set(input *in, const char *text)
{
	input_clear(in);
	rl_insert_text(text);
}

void input_hot(input *in, const char *set)
{
	snprintf(in->hot, sizeof in->hot, "%s", set);
}

void input_size(input *in, int rows, int columns)
{
	in->columns = columns > 0 ? columns : 1;
	rl_set_screen_size(rows > 0 ? rows : 1, in->columns);
}

/* ---- drawing ---- */

static bool layout_room(input *in, size_t len)
{
	/* The worst growth is a tab; rows are at most one per byte. */
	size_t need = len * 8 + 8;

	if (need <= in->room)
		return true;
	char *shown = realloc(in->shown, need * 2);
	size_t *map = shown ? realloc(in->map, need * 2 * sizeof *map) : NULL;
	size_t *start = map ? realloc(in->start, need * 2 * sizeof *start) : NULL;

	if (shown)
		in->shown = shown;
	if (map)
		in->map = map;
	if (!start)
		return false;
	in->start = start;
	in->room = need * 2;
	return true;
}

typedef struct layout {
	size_t at, col, columns;
	input_view *v;
} layout;

static void new_row(input *in, layout *l)
{
	in->start[l->v->rows++] = l->at;
	l->col = 0;
}

static void show(input *in, layout *l, const char *s, size_t n, size_t width, size_t from)
{
	if (l->col + width > l->columns)
		new_row(in, l);
	for (size_t i = 0; i < n; i++) {
		in->map[l->at] = from;
		in->shown[l->at++] = s[i];
	}
	l->col += width;
}

/* text: prompt or line; offsets of the line go into the map. point: byte with the cursor, or
 * SIZE_MAX. */
static void show_text(input *in, layout *l, const char *text, size_t point)
{
	size_t len = strlen(text), n;
	uint32_t c;

	for (size_t i = 0; i < len; i += n) {
		n = text_decode(text + i, len - i, &c);
		char caret[2] = { '^', (char)(text[i] ^ 0x40) };
		size_t width = (size_t)text_char_width(c);
		bool at_point = point >= i && point < i + n;

		if (c == '\n') {
			if (at_point)
				l->v->cursor_row = l->v->rows - 1, l->v->cursor_col = l->col;
			in->map[l->at] = i;
			in->shown[l->at++] = '\n';
			new_row(in, l);
			continue;
		}
		if (c == '\001' || c == '\002' || c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F))
			continue; /* readline's marks around what has no width; what makes widths
				     disagree */
		if (c == '\t') /* as a pasted program has them */
			show(in, l, "        ", width = 8 - l->col % 8, 8 - l->col % 8, i);
		else if (c < 0x20 || c == 0x7F)
			show(in, l, caret, 2, width = 2, i);
		else if (c == 0xFFFD || text_hidden(c))
			show(in, l, "\xEF\xBF\xBD", 3, width = 1, i);
		else
			show(in, l, text + i, n, width, i);
		if (at_point)
			l->v->cursor_row = l->v->rows - 1, l->v->cursor_col = l->col - width;
	}
}

void input_layout(input *in, input_view *v)
{
	const char *prompt = rl_display_prompt ? rl_display_prompt : "";
	layout l = { .columns = (size_t)(in->columns > 0 ? in->columns : 80), .v = v };

	*v = (input_view){ .text = "" };
	if (!layout_room(in, strlen(prompt) + (size_t)rl_end + 1))
		return;
	new_row(in, &l);
	show_text(in, &l, prompt, SIZE_MAX);
	for (size_t i = 0; i < l.at; i++)
		in->map[i] = 0;
	show_text(in, &l, rl_line_buffer, (size_t)rl_point);
	in->shown[l.at] = 0;
	in->map[l.at] = (size_t)rl_end;
	if (rl_point >= rl_end) {
		if (l.col >= l.columns)
			new_row(in, &l);
		v->cursor_row = v->rows - 1;
		v->cursor_col = l.col;
	}
	in->start[v->rows] = l.at;
	v->text = in->shown;
	v->start = in->start;
}

/* ---- opening and closing ---- */

static void settings_of_readline(void)
{
	rl_readline_name = "imprint";
	rl_catch_signals = rl_catch_sigwinch = rl_change_environment = 0;
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = queue_getc;
	rl_input_available_hook = queue_waits;
	rl_redisplay_function = no_redisplay;
	rl_attempted_completion_function = complete;
	rl_completion_display_matches_hook = show_matches;
	rl_completer_word_break_characters = (char *)" \t\n";
	name_functions();
	rl_initialize();
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) { /* a C locale: it would drop what is not ASCII */
		rl_variable_bind("convert-meta", "off");
		rl_variable_bind("input-meta", "on");
		rl_variable_bind("output-meta", "on");
	}
	rl_variable_bind("enable-bracketed-paste", "off"); /* the decoder collects pastes */
	rl_variable_bind("blink-matching-paren",
			 "off"); /* it would wait for a key that cannot come */
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("echo-control-characters", "off");
	bind_keys();
}

/* The handler that keeps history sits before the program's. */
static void entered(char *text)
{
	if (text)
		history_keep(current, text);
	line_entered(text);
}

int input_open(input **out, const char *history, input_fn *fn, void *ctx, char *err, size_t errlen)
{
	input *in = calloc(1, sizeof *in);
	FILE *null = fopen("/dev/null", "r+e");

	if (in)
		in->path = history ? strdup(history) : NULL;
	if (in)
		in->keys = keys_new(got_key, in);
	if (!in || !null || !in->keys || (history && !in->path)) {
		snprintf(err, errlen, "cannot set up the input line: %s", strerror(errno));
		if (null)
			fclose(null);
		if (in) {
			keys_free(in->keys);
			free(in->path);
		}
		free(in);
		return -1;
	}
	in->fn = fn;
	in->ctx = ctx;
	in->columns = 80;
	in->want_key = -1;
	current = in;
	rl_instream = rl_outstream = null;
	settings_of_readline();
	using_history();
	stifle_history(HISTORY_MAX);
	if (in->path)
		linelog_read(in->path, HISTORY_MAX, add_history);
	rl_callback_handler_install("> ", entered);
	*out = in;
	return 0;
}

void input_close(input *in)
{
	if (!in)
		return;
	rl_callback_handler_remove();
	clear_history();
	if (rl_outstream)
		fclose(rl_outstream);
	rl_instream = rl_outstream = NULL;
	for (size_t i = 0; i < in->n_words; i++)
		free(in->words[i]);
	keys_free(in->keys);
	free(in->line);
	free(in->path);
	free(in->shown);
	free(in->map);
	free(in->start);
	free(in);
	current = NULL;
}
