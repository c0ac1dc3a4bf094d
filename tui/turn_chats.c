/*
 * turn_chats: earlier conversations: listed, gone on with, named, deleted; the present one written to a file; what of it the model
 * has in view. Worker thread.
 */
#include "tui/learn_report.h"
#include "tui/turn_chats.h"
#include "tui/turn_export.h"
#include "tui/turn_forget.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tui/json.h"

enum { CHATS_SHOWN = 50, TITLE_COLUMNS = 60 };

static int need_ledger(const app *a, char *err, size_t errlen)
{
	if (a->memory)
		return 0;
	snprintf(err, errlen, "nothing is kept yet");
	return MEMORY_ENOENT;
}

/* ---- listing ---- */

typedef struct listing {
	FILE *out;
	int64_t now; /* the conversation in progress */
	size_t n;
	enum { AS_TABLE, AS_ROWS, AS_JSON } as;
} listing;

/* One line of text, cut: what stands in a title. */
static void put_title(FILE *out, const char *s, size_t columns)
{
	char *clean = text_sanitise(s, strlen(s));
	size_t next = 0, n;

	for (char *p = clean; p && *p; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	n = clean ? text_wrap(clean, strlen(clean), columns, &next) : 0;
	fprintf(out, "%.*s%s", (int)n, clean ? clean : "", clean && clean[next] ? "..." : "");
	free(clean);
}

static int put_chat(void *arg, const chat_record *c)
{
	listing *l = arg;
	char id[24];

	if (l->as == AS_TABLE && l->n == CHATS_SHOWN) {
		fputs("... and older ones: give words that were said in them\n", l->out);
		return 0;
	}
	l->n++;
	if (l->as == AS_JSON) {
		fprintf(l->out, "{\"id\":%lld,\"begun\":%lld,\"last\":%lld,\"messages\":%zu,\"title\":", (long long)c->id,
			(long long)c->begun, (long long)c->last, c->messages);
		json_string(l->out, c->title);
		fputs("}\n", l->out);
	} else if (l->as == AS_ROWS) {
		fprintf(l->out, "%lld\t%zu msgs\t%s", (long long)c->id, c->messages, c->id == l->now ? "(this one) " : "");
		put_title(l->out, c->title, 400);
		fputc('\t', l->out);
		report_date(l->out, c->last);
		fputc('\n', l->out);
	} else {
		snprintf(id, sizeof(id), "%lld", (long long)c->id);
		report_column(l->out, id, 4);
		report_date(l->out, c->last);
		fprintf(l->out, "  %3zu  ", c->messages);
		put_title(l->out, c->title, TITLE_COLUMNS);
		fputs(c->id == l->now ? "  (this one)\n" : "\n", l->out);
	}
	return 0;
}

int chats_report(app *a, FILE *out, const char *words, bool json, size_t *n, char *err, size_t errlen)
{
	listing l = { .out = out, .now = a->chat, .as = json ? AS_JSON : AS_TABLE };
	int rc = a->memory ? memory_each_chat(a->memory, words, json ? 0 : CHATS_SHOWN + 1, put_chat, &l, err, errlen) : 0;

	if (!rc && !l.n && !json)
		fputs(words && *words ? "no conversation has those words\n" : "no conversation is kept yet\n", out);
	*n = l.n;
	return rc;
}

int chats_rows(app *a, FILE *out, const char *words, char *err, size_t errlen)
{
	listing l = { .out = out, .now = a->chat, .as = AS_ROWS };

	return memory_each_chat(a->memory, words, 0, put_chat, &l, err, errlen);
}

static int parse_chat(const char *s, int64_t *id, char *err, size_t errlen)
{
	char *end;

	*id = strtoll(s + (*s == '#'), &end, 10);
	if (*id > 0 && !*end && isdigit((unsigned char)s[*s == '#']))
		return 0;
	snprintf(err, errlen, "give the number of a conversation, such as 3: /sessions lists them");
	return MEMORY_EARG;
}

static int delete_chat(app *a, FILE *out, const char *text, char *err, size_t errlen)
{
	int64_t id;
	int rc = parse_chat(text, &id, err, errlen);

	if (!rc)
		rc = memory_chat_delete(a->memory, id, err, errlen);
	if (rc)
		return rc;
	if (a->chat == id)
		a->chat = 0; /* what is said from now on begins another */
	fprintf(out, "conversation %lld is deleted; what was learned from it stays.\n", (long long)id);
	return 0;
}

/* "3 about dogs"; without a title it is listed by its first message again. */
static int rename_chat(app *a, FILE *out, const char *text, char *err, size_t errlen)
{
	size_t len = strcspn(text, " \t");
	const char *title = text + len + strspn(text + len, " \t");
	char number[24];
	int64_t id;
	int rc;

	snprintf(number, sizeof(number), "%.*s", len < sizeof(number) ? (int)len : 0, text);
	rc = parse_chat(number, &id, err, errlen);
	if (!rc)
		rc = memory_chat_rename(a->memory, id, title, err, errlen);
	if (rc)
		return rc;
	fprintf(out, "conversation %lld ", (long long)id);
	fputs(*title ? "is called: " : "has no title any more.", out);
	put_title(out, title, TITLE_COLUMNS);
	fputc('\n', out);
	return 0;
}

int chats_command(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	size_t n;
	int rc = need_ledger(a, err, errlen);

	if (rc)
		return rc;
	if (!strncmp(args, "--delete ", 9))
		return delete_chat(a, out, args + 9 + strspn(args + 9, " "), err, errlen);
	if (!strncmp(args, "--rename ", 9))
		return rename_chat(a, out, args + 9 + strspn(args + 9, " "), err, errlen);
	return chats_report(a, out, args, false, &n, err, errlen);
}

/* ---- going on with one ---- */

static int first_chat(void *arg, const chat_record *c)
{
	*(int64_t *)arg = c->id;
	return 0;
}

static int take_message(void *arg, const char *role, const char *text)
{
	app *a = arg;

	const bool reply = strcmp(role, "user") != 0;

	if (!a->talk.n) /* so there is one */
		app_emit(a, EV_CLEARED, 0, 0, NULL);
	if (dialogue_add(&a->talk, reply ? "assistant" : "user", text, strlen(text))) /* which keeps the pointer */
		return MEMORY_ENOMEM;
	app_emit(a, EV_PAST, reply, 0, text);
	return 0;
}

int chats_load(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	int64_t id = 0;
	int rc = need_ledger(a, err, errlen);

	if (!rc && a->incognito) {
		snprintf(err, errlen, "this is incognito: /incognito off first");
		rc = MEMORY_EARG;
	}
	if (!rc)
		rc = *args ? parse_chat(args, &id, err, errlen)
			   : memory_each_chat(a->memory, NULL, 1, first_chat, &id, err, errlen);
	if (!rc && !id) {
		snprintf(err, errlen, "no conversation is kept yet");
		rc = MEMORY_ENOENT;
	}
	if (rc)
		return rc;
	dialogue old = a->talk;

	a->talk = (dialogue){ 0 };
	rc = memory_chat_read(a->memory, id, take_message, a, err, errlen);
	if (rc) {
		dialogue_clear(&a->talk);
		a->talk = old;
		return rc;
	}
	dialogue_clear(&old);
	forget_ask_clear(a);
	a->chat = id;
	a->last_kept = true;
	learn_recall(a);
	fprintf(out, "conversation %lld goes on.\n", (long long)id);
	return 0;
}

/* ---- /save ---- */

typedef struct saving {
	app *a;
	FILE *f;
	bool json; /* a line a message, else Markdown */
} saving;

static int save_message(void *arg, const char *role, const char *text)
{
	const saving *s = arg;
	FILE *f = s->f;

	if (s->json) {
		fputs("{\"role\":", f);
		json_string(f, role);
		fputs(",\"text\":", f);
		json_string(f, text);
		fputs("}\n", f);
		return 0;
	}
	fprintf(f, "**%s**\n\n", !strcmp(role, "user") ? "You" : "imprint");
	fputs(text, f);
	fputs("\n\n", f);
	return 0;
}

static int write_chat(void *arg, FILE *f, char *err, size_t errlen)
{
	saving *s = arg;
	app *a = s->a;
	int rc = 0;

	s->f = f;
	if (a->chat && !a->incognito)
		return memory_chat_read(a->memory, a->chat, save_message, s, err, errlen);
	for (size_t i = 0; i < a->talk.n; i++)
		if (strcmp(a->talk.turns[i].role, "system") != 0)
			rc |= save_message(s, a->talk.turns[i].role, a->talk.turns[i].text);
	return rc;
}

int chats_save(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	bool force = !strncmp(args, "--force ", 8);
	char *path = export_file_name(a, force ? args + 8 + strspn(args + 8, " ") : args);
	const char *dot = path ? strrchr(path, '.') : NULL;
	saving s = { .a = a, .json = dot && !strncmp(dot, ".json", 5) };
	int rc = MEMORY_EARG;

	if (!path || !*path)
		snprintf(err, errlen, "/save FILE writes this conversation to FILE");
	else if (!a->talk.n)
		snprintf(err, errlen, "nothing has been said yet");
	else
		rc = export_text(a, path, force, write_chat, &s, err, errlen);
	if (!rc) {
		fputs("written: ", out);
		report_text(out, path);
		fputc('\n', out);
	}
	free(path);
	return rc;
}

/* ---- /context ---- */

int chats_context(app *a, FILE *out, const char *args, char *err, size_t errlen)
{
	const size_t size = engine_describe(a->engine)->n_ctx, used = session_length(a->session);
	const bool head = a->talk.n && !strcmp(a->talk.turns[0].role, "system");

	(void)args, (void)err, (void)errlen;
	fprintf(out, "context   %zu of %zu tokens (%.0f %%)\n", used, size, size ? 100.0 * (double)used / (double)size : 0.0);
	fprintf(out, "in view   %zu message%s of this conversation\n", a->talk.n - head, a->talk.n - head == 1 ? "" : "s");
	if (a->talk.dropped)
		fprintf(out, "dropped   %zu older ones, for room; what was learned from them stays\n", a->talk.dropped);
	if (a->talk.n > head) {
		fputs("oldest    ", out);
		put_title(out, a->talk.turns[head].text, TITLE_COLUMNS);
		fputc('\n', out);
	}
	fprintf(out, "facts     %s\n", a->in_context ? "in the prompt (--in-context)" : "none in the prompt: what is known is in the weights");
	return 0;
}
