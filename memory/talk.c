/*
 * talk.c: conversations, kept so that one can be resumed. The editor never reads them.
 */
#include "memory_int.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

int memory_chat_begin(memory *m, int64_t *chat, char *err, size_t errlen)
{
	int64_t id = 0;
	int rc = tx_begin(m);

	if (!rc)
		rc = sql_run(m, "INSERT INTO chats(begun) VALUES (?)", "i", memory_now(m));
	if (!rc)
		id = sql_last_id(m);
	rc = tx_end(m, rc, err, errlen);
	if (!rc)
		*chat = id;
	return rc;
}

int memory_chat_add(memory *m, int64_t chat, const char *role, const char *text, char *err,
		    size_t errlen)
{
	int64_t there;
	int rc;

	if (!role || !*role || !text) {
		rc = sql_fail(m, MEMORY_EARG, "a message needs a role and a text");
		return sql_report(m, rc, err, errlen);
	}
	rc = tx_begin(m);
	if (!rc) {
		rc = sql_int(m, &there, "SELECT 1 FROM chats WHERE id = ?", "i", chat);
		if (rc == 0)
			rc = sql_fail(m, MEMORY_ENOENT, "there is no chat %lld", (long long)chat);
	}
	if (rc >= 0)
		rc = sql_run(m, "INSERT INTO messages(chat_id, at, role, text) VALUES (?, ?, ?, ?)",
			     "iiss", chat, memory_now(m), role, text);
	return tx_end(m, rc, err, errlen);
}

/* ---- reading them again ---- */

/* Words are found as SQLite's LIKE does: letter case aside for ASCII. % and _ in them stand for themselves. */
static char *like_pattern(const char *words)
{
	char *out = malloc(2 * strlen(words) + 3), *p = out;

	if (!out)
		return NULL;
	*p++ = '%';
	for (; *words; words++) {
		if (strchr("%_\\", *words))
			*p++ = '\\';
		*p++ = *words;
	}
	strcpy(p, "%");
	return out;
}

static int chat_row(memory *m, sqlite3_stmt *st, int (*fn)(void *arg, const chat_record *c), void *arg)
{
	chat_record c = { .id = sqlite3_column_int64(st, 0),
			  .begun = sqlite3_column_int64(st, 1),
			  .last = sqlite3_column_int64(st, 2),
			  .messages = (size_t)sqlite3_column_int64(st, 3) };
	char *title = NULL;
	int rc = sql_col_dup(m, st, 4, &title);

	if (!rc) {
		c.title = title ? title : "";
		rc = fn(arg, &c);
	}
	free(title);
	return rc;
}

int memory_each_chat(memory *m, const char *words, size_t limit, int (*fn)(void *arg, const chat_record *c), void *arg,
		     char *err, size_t errlen)
{
	char *like = like_pattern(words ? words : "");
	sqlite3_stmt *st = NULL;
	int rc;

	if (!like)
		return sql_report(m, sql_fail(m, MEMORY_ENOMEM, "out of memory"), err, errlen);
	rc = sql_query(m, &st,
		       "SELECT c.id, c.begun, max(g.at), count(*),"
		       "  coalesce(c.title, (SELECT text FROM messages WHERE chat_id = c.id ORDER BY id LIMIT 1))"
		       " FROM chats c JOIN messages g ON g.chat_id = c.id"
		       " WHERE c.title LIKE ?1 ESCAPE '\\'"
		       " OR EXISTS (SELECT 1 FROM messages w WHERE w.chat_id = c.id AND w.text LIKE ?1 ESCAPE '\\')"
		       " GROUP BY c.id ORDER BY max(g.id) DESC LIMIT ?2",
		       "si", like, limit ? (int64_t)limit : (int64_t)-1);
	while (!rc && (rc = sql_next(m, st)) == 1)
		rc = chat_row(m, st, fn, arg);
	sql_done(st);
	free(like);
	return sql_report(m, rc, err, errlen);
}

static int message_row(memory *m, sqlite3_stmt *st, int (*fn)(void *arg, const char *role, const char *text), void *arg)
{
	char role[16], *text = NULL;
	int rc;

	sql_col_text(st, 0, role, sizeof(role));
	rc = sql_col_dup(m, st, 1, &text);
	if (!rc)
		rc = fn(arg, role, text ? text : "");
	free(text);
	return rc;
}

int memory_chat_read(memory *m, int64_t chat, int (*fn)(void *arg, const char *role, const char *text), void *arg, char *err,
		     size_t errlen)
{
	sqlite3_stmt *st = NULL;
	size_t n = 0;
	int rc = sql_query(m, &st, "SELECT role, text FROM messages WHERE chat_id = ? ORDER BY id", "i", chat);

	for (; !rc && (rc = sql_next(m, st)) == 1; n++)
		rc = message_row(m, st, fn, arg);
	sql_done(st);
	if (!rc && !n)
		rc = sql_fail(m, MEMORY_ENOENT, "there is no conversation %lld: /sessions lists them", (long long)chat);
	return sql_report(m, rc, err, errlen);
}

int memory_each_told(memory *m, int64_t chat, const char *words, int (*fn)(void *arg, int64_t act, const fact *f), void *arg, char *err,
		     size_t errlen)
{
	sqlite3_stmt *st = NULL;
	int rc = sql_query(m, &st,
			   "SELECT " FACT_COLUMNS ", f.made_by FROM facts f WHERE f.source = ?2 AND f.status = 'active'"
			   " AND f.created >= (SELECT max(at) FROM messages WHERE chat_id = ?1) ORDER BY f.made_by",
			   "is", chat, words);

	while (!rc && (rc = sql_next(m, st)) == 1) {
		fact f;

		fact_row(st, 0, &f);
		rc = fn(arg, sqlite3_column_int64(st, FACT_N_COLUMNS), &f);
	}
	sql_done(st);
	return sql_report(m, rc, err, errlen);
}

int memory_chat_rename(memory *m, int64_t chat, const char *title, char *err, size_t errlen)
{
	int rc = tx_begin(m);

	if (!rc)
		rc = sql_run(m, "UPDATE chats SET title = ?2 WHERE id = ?1", "is", chat, title && *title ? title : NULL);
	if (!rc && !sql_changes(m))
		rc = sql_fail(m, MEMORY_ENOENT, "there is no conversation %lld: /sessions lists them", (long long)chat);
	return tx_end(m, rc, err, errlen);
}

int memory_chat_delete(memory *m, int64_t chat, char *err, size_t errlen)
{
	int rc = tx_begin(m);

	if (!rc)
		rc = sql_run(m, "DELETE FROM messages WHERE chat_id = ?", "i", chat);
	if (!rc)
		rc = sql_run(m, "DELETE FROM chats WHERE id = ?", "i", chat);
	if (!rc && !sql_changes(m))
		rc = sql_fail(m, MEMORY_ENOENT, "there is no conversation %lld: /sessions lists them", (long long)chat);
	return tx_end(m, rc, err, errlen);
}

int memory_chat_cut(memory *m, int64_t chat, size_t n, char *err, size_t errlen)
{
	int rc = tx_begin(m);

	if (!rc)
		rc = sql_run(m, "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE chat_id = ? ORDER BY id DESC LIMIT ?)",
			     "ii", chat, (int64_t)n);
	return tx_end(m, rc, err, errlen);
}
