/*
 * talk.c: conversations, kept so that one can be resumed. The editor never reads them.
 */
#include "memory_int.h"

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
