/*
 * memory.c: opening and closing a ledger: its folder, its lock, the database behind it, the clock
 * and the audit.
 *
 * In DIR: ledger.db (with -wal and -shm while open) and `lock`, whose flock the one writing process
 * holds and which contains its pid. The kernel drops the flock when the process dies, however it
 * dies, so a lock is never stale.
 */
#include "memory_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- clock, audit, settings ---- */

static int64_t steady_now(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec;
}

int64_t memory_now(memory *m)
{
	int64_t now = (int64_t)time(NULL), steady = steady_now();

	if (now < m->last_time)
		now = m->last_time + (m->last_steady ? steady - m->last_steady : 0);
	m->last_time = now;
	m->last_steady = steady;
	return now;
}

int memory_event(memory *m, const char *kind, int64_t fact_id, int64_t edit_id, int64_t other_id)
{
	return sql_run(
		m,
		"INSERT INTO events(at, kind, fact_id, edit_id, other_id) VALUES (?, ?, ?, ?, ?)",
		"isiii", memory_now(m), kind, fact_id, edit_id, other_id);
}

bool memory_paused(memory *m)
{
	int64_t on = 0;

	return sql_int(m, &on, "SELECT value = '1' FROM settings WHERE key = 'paused'", "") == 1 &&
	       on;
}

int memory_pause(memory *m, bool paused, char *err, size_t errlen)
{
	int rc = tx_begin(m);

	if (!rc)
		rc = sql_run(m, "INSERT OR REPLACE INTO settings(key, value) VALUES ('paused', ?)",
			     "s", paused ? "1" : "0");
	if (!rc)
		rc = memory_event(m, paused ? "pause" : "resume", 0, 0, 0);
	return tx_end(m, rc, err, errlen);
}

int memory_begin(memory *m, char *err, size_t errlen)
{
	return sql_report(m, tx_begin(m), err, errlen);
}

int memory_end(memory *m, int rc, char *err, size_t errlen)
{
	return tx_end(m, rc, err, errlen);
}

/* ---- model ---- */

static bool model_valid(const char *hash)
{
	size_t n = strspn(hash, "0123456789abcdefABCDEF");

	return n > 0 && n < MODEL_MAX && !hash[n];
}

int memory_set_model(memory *m, const char *hash, char *err, size_t errlen)
{
	char before[MODEL_MAX];
	int queued = 0, rc;

	if (!hash || !model_valid(hash)) {
		rc = sql_fail(m, MEMORY_EARG,
			      "a model is named by the hexadecimal hash of its file");
		return sql_report(m, rc, err, errlen);
	}
	memcpy(before, m->model, sizeof(before));
	memcpy(m->model, hash, strlen(hash) + 1);
	if (m->read_only)
		return 0;
	rc = tx_begin(m);
	if (!rc)
		rc = queue_missing(m, &queued);
	rc = tx_end(m, rc, err, errlen);
	if (rc)
		memcpy(m->model, before, sizeof(before));
	return rc ? rc : queued;
}

/* ---- folder, lock, file ---- */

/* Makes DIR and what is missing above it, 0700. What exists already is left as it is: it is the
 * user's. */
static int dir_make(memory *m)
{
	char *part = strdup(m->dir);
	int rc = 0;

	if (!part)
		return sql_fail(m, MEMORY_ENOMEM, "out of memory");
	for (char *p = part + 1; !rc; p++) {
		bool last = !*p;

		if (!last && *p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0700) && errno != EEXIST) {
			int why = errno;

			if (access(part, F_OK))
				rc = sql_fail(m,
					      why == EACCES || why == EROFS ? MEMORY_EREADONLY
									    : MEMORY_ERR,
					      "cannot make the folder %s: %s", part, strerror(why));
		}
		if (last)
			break;
		*p = '/';
	}
	free(part);
	return rc;
}

static int dir_check(memory *m)
{
	struct stat st;

	if (stat(m->dir, &st))
		return sql_fail(m, errno == ENOENT ? MEMORY_ENOENT : MEMORY_ERR, "%s: %s", m->dir,
				errno == ENOENT ? "nothing has been learned here yet"
						: strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return sql_fail(m, MEMORY_ERR, "%s is not a folder", m->dir);
	if (!m->read_only && access(m->dir, W_OK | X_OK))
		return sql_fail(
			m, MEMORY_EREADONLY,
			"the folder %s cannot be written to (%s): choose another with --data-dir",
			m->dir, strerror(errno));
	return 0;
}

static int lock_refused(memory *m)
{
	char text[24] = "";
	ssize_t n = pread(m->lock_fd, text, sizeof(text) - 1, 0);
	long pid = n > 0 ? strtol(text, NULL, 10) : 0;

	if (pid == (long)getpid())
		return sql_fail(m, MEMORY_ELOCKED, "this imprint (pid %ld) is already using %s",
				pid, m->dir);
	if (pid > 0)
		return sql_fail(m, MEMORY_ELOCKED, "another imprint (pid %ld) is using %s", pid,
				m->dir);
	return sql_fail(m, MEMORY_ELOCKED, "another imprint is using %s", m->dir);
}

static int lock_take(memory *m)
{
	char path[4096], text[24];
	int n = snprintf(path, sizeof(path), "%s/lock", m->dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return sql_fail(m, MEMORY_EARG, "%s: the path is too long", m->dir);
	m->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (m->lock_fd < 0)
		return sql_fail(m,
				errno == EACCES || errno == EROFS ? MEMORY_EREADONLY : MEMORY_ERR,
				"cannot open %s: %s", path, strerror(errno));
	while (flock(m->lock_fd, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			return lock_refused(m);
		return sql_fail(m, MEMORY_ERR, "cannot lock %s: %s", path, strerror(errno));
	}
	/* The pid is only for the message another process shows; a full disk must not keep this one
	 * out. */
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (!ftruncate(m->lock_fd, 0) && pwrite(m->lock_fd, text, (size_t)n, 0) != n)
		(void)!ftruncate(m->lock_fd, 0);
	return 0;
}

/* The ledger exists afterwards and is for its owner only. SQLite gives -wal and -shm the mode of
 * the database. */
static int file_make(memory *m)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	int fd = open(m->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EEXIST)
		return sql_fail(m,
				errno == EACCES || errno == EROFS ? MEMORY_EREADONLY : MEMORY_ERR,
				"cannot make %s: %s", m->path, strerror(errno));
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		char path[4096];
		struct stat st;

		snprintf(path, sizeof(path), "%s%s", m->path, endings[i]);
		/* By name: closing a descriptor of the database would drop SQLite's POSIX locks on
		 * it. */
		if (!stat(path, &st) && S_ISREG(st.st_mode) && (st.st_mode & 077))
			(void)!chmod(path, 0600);
	}
	return 0;
}

/* ---- database ---- */

static int db_configure(memory *m)
{
	static const char *const settings[] = {
		"PRAGMA foreign_keys = ON",
		"PRAGMA secure_delete = ON", /* what is dropped leaves no bytes behind in free pages
					      */
		"PRAGMA trusted_schema = OFF",
		"PRAGMA temp_store = MEMORY", /* no facts in /tmp, not even for a moment */
		"PRAGMA journal_mode = WAL", /* where a file system cannot, the rollback journal
						stays: as safe */
		"PRAGMA synchronous = FULL", /* what was acknowledged survives a power cut */
	};
	size_t n = m->read_only ? 1 : sizeof(settings) / sizeof(*settings);

	sqlite3_extended_result_codes(m->db, 1);
	sqlite3_busy_timeout(m->db, BUSY_TIMEOUT_MS);
	for (size_t i = 0; i < n; i++) {
		int rc = sqlite3_exec(m->db, settings[i], NULL, NULL, NULL);

		if (rc != SQLITE_OK)
			return sql_error(m, rc);
	}
	return 0;
}

static int db_open_as(memory *m, const char *name, int flags)
{
	int rc = sqlite3_open_v2(name, &m->db, flags | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc == SQLITE_OK)
		rc = values_same_register(m->db);
	return rc == SQLITE_OK ? db_configure(m) : sql_error(m, rc);
}

static void db_close(memory *m)
{
	sql_cache_clear(m);
	sqlite3_close(m->db);
	m->db = NULL;
}

/* "file:" + path with what a URI reserves escaped, for a file that nobody can be writing. */
static int immutable_uri(const memory *m, char *out, size_t cap)
{
	static const char tail[] = "?immutable=1";
	size_t n = 5;

	memcpy(out, "file:", n);
	for (const char *p = m->path; *p; p++) {
		if (cap - n < 4 + sizeof(tail))
			return -1;
		if (strchr("?#%", *p))
			n += (size_t)snprintf(out + n, cap - n, "%%%02X",
					      (unsigned)(unsigned char)*p);
		else
			out[n++] = *p;
	}
	memcpy(out + n, tail, sizeof(tail));
	return 0;
}

/*
 * A reader of a WAL database needs the -shm beside it, which SQLite makes unless the folder cannot
 * be written to. Then, if no log is waiting to be read, the file by itself is the whole ledger.
 */
static int db_open_reader(memory *m)
{
	char uri[8192], wal[4096];
	struct stat st;
	int64_t version;
	int rc = db_open_as(m, m->path, SQLITE_OPEN_READONLY);

	if (!rc)
		rc = sql_int(m, &version, "PRAGMA user_version", "");
	if (rc >= 0)
		return 0;
	if (rc == MEMORY_ECORRUPT || rc == MEMORY_ENOMEM || rc == MEMORY_ELOCKED ||
	    !access(m->dir, W_OK) || access(m->path, R_OK))
		return rc;
	db_close(m);
	snprintf(wal, sizeof(wal), "%s-wal", m->path);
	if (!stat(wal, &st) && st.st_size > 0)
		return sql_fail(m, MEMORY_EREADONLY,
				"%s was not closed properly and its folder cannot be written to: "
				"start imprint once where it can",
				m->path);
	if (immutable_uri(m, uri, sizeof(uri)))
		return sql_fail(m, MEMORY_EARG, "%s: the path is too long", m->path);
	return db_open_as(m, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

static int db_open_writer(memory *m)
{
	int rc = db_open_as(m, m->path, SQLITE_OPEN_READWRITE);

	if (!rc && sqlite3_db_readonly(m->db, "main") == 1)
		rc = sql_error(m, SQLITE_READONLY);
	return rc;
}

/* ---- life ---- */

static int memory_paths(memory *m, const char *dir)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n == 0 || n > 3900)
		return sql_fail(m, MEMORY_EARG, "the folder's name is %s",
				n ? "too long" : "empty");
	m->dir = strndup(dir, n);
	m->path = malloc(n + sizeof("/ledger.db"));
	if (!m->dir || !m->path)
		return sql_fail(m, MEMORY_ENOMEM, "out of memory");
	memcpy(m->path, dir, n);
	memcpy(m->path + n, "/ledger.db", sizeof("/ledger.db"));
	return 0;
}

static int memory_open_reader(memory *m)
{
	struct stat st;
	int rc = dir_check(m);

	if (rc)
		return rc;
	if (stat(m->path, &st))
		return sql_fail(m, errno == ENOENT ? MEMORY_ENOENT : MEMORY_ERR, "%s: %s", m->path,
				errno == ENOENT ? "nothing has been learned here yet"
						: strerror(errno));
	rc = db_open_reader(m);
	return rc ? rc : schema_check(m, schema_n_steps);
}

static int memory_open_writer(memory *m)
{
	size_t copies = 0;
	int rc = dir_make(m);

	if (!rc)
		rc = dir_check(m);
	if (!rc)
		rc = lock_take(m);
	if (!rc)
		rc = file_make(m);
	if (!rc)
		rc = db_open_writer(m);
	if (!rc)
		rc = schema_check(m, schema_n_steps);
	if (!rc)
		rc = schema_migrate(m, schema_steps, schema_n_steps);
	if (!rc)
		rc = sql_int(m, &m->last_time, "SELECT at FROM events ORDER BY id DESC LIMIT 1",
			     "");
	if (rc < 0)
		return rc;
	rc = tx_begin(m);
	if (!rc)
		rc = queue_recover(m);
	rc = tx_end(m, rc, NULL, 0);
	if (!rc && purge_scrub(m, &copies) == MEMORY_ENOMEM)
		rc = MEMORY_ENOMEM; /* anything else waits for the next start: it is no reason to stay closed */
	return rc;
}

static memory *handle_new(char *err, size_t errlen)
{
	memory *m = calloc(1, sizeof(*m));

	if (m)
		m->lock_fd = -1;
	else
		error_put(err, errlen, "out of memory");
	return m;
}

/* Hands m out, or reports rc and closes it. */
static int handle_give(memory *m, int rc, memory **out, char *err, size_t errlen)
{
	if (rc < 0) {
		sql_report(m, rc, err, errlen);
		memory_close(m);
		return rc;
	}
	*out = m;
	return 0;
}

int memory_open(memory **out, const memory_options *opt, char *err, size_t errlen)
{
	memory *m = handle_new(err, errlen);
	int rc;

	if (!m)
		return MEMORY_ENOMEM;
	m->read_only = opt->read_only;
	rc = opt->dir ? memory_paths(m, opt->dir) : sql_fail(m, MEMORY_EARG, "no folder was given");
	if (!rc)
		rc = m->read_only ? memory_open_reader(m) : memory_open_writer(m);
	if (!rc && opt->model && *opt->model)
		rc = memory_set_model(m, opt->model, NULL, 0);
	return handle_give(m, rc, out, err, errlen);
}

int memory_lock(memory **out, const char *dir, char *err, size_t errlen)
{
	memory *m = handle_new(err, errlen);
	int rc;

	if (!m)
		return MEMORY_ENOMEM;
	rc = memory_paths(m, dir);
	if (!rc)
		rc = dir_check(m);
	if (!rc)
		rc = lock_take(m);
	return handle_give(m, rc, out, err, errlen);
}

void memory_close(memory *m)
{
	if (!m)
		return;
	db_close(m);
	if (m->lock_fd >= 0)
		close(m->lock_fd); /* last: the database is closed before another may open it */
	free(m->dir);
	free(m->path);
	free(m);
}

void memory_set_fault(memory *m, memory_fault_fn fn, void *arg)
{
	m->fault = fn;
	m->fault_arg = arg;
}
