/*
 * kill -9 at random moments. A child learns, replaces, forgets, claims and stores without end and
 * tells through a pipe what has been committed, after each call has returned. It is killed; the
 * ledger is opened again and must hold everything the child was told is safe, nothing that was
 * never said, and no edit that is still running.
 */
#include "ledger_aid.h"
#include "memory/memory_int.h"
#include "test.h"

#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

enum { ROUNDS = 20, LATEST_MS = 25 };

/* What the child says after a commit: the fact and what is now true of it. */
struct note {
	int64_t id;
	int kind; /* 'l' learned, 'f' forgotten, 'v' verified */
	int number;
};

static void say(int fd, int64_t id, int kind, int number)
{
	struct note n = { .id = id, .kind = kind, .number = number };

	if (write(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		_exit(3);
}

/* Never returns. Fact number i has the value "hobby i" or lives in "town i", so that nothing can be
 * invented unseen. */
static void child_works(int fd, int start)
{
	memory *m = aid_open("kill", false, NULL);

	/* A killed process loses nothing the kernel has: without waiting for the disk more happens. */
	if (!m || sql_script(m, "PRAGMA synchronous = OFF"))
		_exit(2);
	for (int i = start;; i++) {
		bool town = i % 4 == 0;
		int64_t id = 0;
		char value[32];

		snprintf(value, sizeof(value), "%s %d", town ? "town" : "hobby", i);
		if (aid_learn(m, "I", town ? "home" : "hobby", value, DETECT_ADD, &id) < 0)
			_exit(4);
		say(fd, id, 'l', i);
		if (i % 2 == 0 && !aid_work(m, EDIT_VERIFIED, &id))
			say(fd, id, 'v', i);
		if (i % 3 == 0)
			(void)aid_work(m, EDIT_RUNNING, NULL); /* stored, and left so */
		if (i % 7 == 0) {
			if (aid_learn(m, "I", "hobby", "passing", DETECT_ADD, &id) < 0 ||
			    memory_forget(m, id, NULL, 0))
				_exit(5);
			say(fd, id, 'f', i);
		}
	}
}

static unsigned next_random(void)
{
	static uint64_t x = 0x2545f4914f6cdd1d;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned)(x >> 33);
}

/* One child, one death. Returns how many notes were read; *next is the number to start from next
 * time. */
static size_t round_run(struct note *notes, size_t cap, int *next)
{
	long us = (long)(next_random() % (LATEST_MS * 1000)) + 500;
	struct timespec wait = { .tv_nsec = us * 1000 };
	int fd[2], status = 0;
	size_t got = 0;
	pid_t child;

	if (pipe(fd))
		return 0;
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(fd[0]);
		child_works(fd[1], *next);
	}
	close(fd[1]);
	/* the first note shows that it is at work; then the moment is chance */
	if (read(fd[0], notes, sizeof(*notes)) == (ssize_t)sizeof(*notes))
		got = 1;
	nanosleep(&wait, NULL);
	CHECK(!kill(child, SIGKILL));
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (got < cap && read(fd[0], &notes[got], sizeof(*notes)) == (ssize_t)sizeof(*notes))
		got++;
	close(fd[0]);
	for (size_t i = 0; i < got; i++)
		if (notes[i].number >= *next)
			*next = notes[i].number + 1;
	return got;
}

static void check_note(memory *m, const struct note *n)
{
	char hobby[32], town[32];
	fact f;

	REQUIRE(!memory_fact(m, n->id, &f, aid_err, sizeof(aid_err)));
	snprintf(hobby, sizeof(hobby), "hobby %d", n->number);
	snprintf(town, sizeof(town), "town %d", n->number);
	if (n->kind == 'l') {
		CHECK_STR(f.value, n->number % 4 ? hobby : town);
		CHECK(f.status == FACT_ACTIVE ||
		      (n->number % 4 == 0 && f.status == FACT_SUPERSEDED));
	} else if (n->kind == 'f') {
		CHECK_STR(f.value, "passing");
		CHECK_INT(f.status, FACT_FORGOTTEN);
	} else {
		CHECK(f.edit_state == EDIT_VERIFIED || f.status != FACT_ACTIVE);
	}
	fact_release(&f);
}

static int64_t count(memory *m, const char *sql)
{
	int64_t n = 0;

	return sql_int(m, &n, sql, "") < 0 ? -1 : n;
}

static void check_ledger(memory *m, int next)
{
	int64_t newest = -1;

	sql_int(m, &newest,
		"SELECT max(CAST(substr(value, instr(value, ' ') + 1) AS INTEGER)) FROM facts", "");
	CHECK(newest <= next); /* at most one committed before the child could say so */
	CHECK_INT(count(m, "SELECT count(*) FROM facts WHERE value NOT GLOB 'hobby [0-9]*' "
			   "AND value NOT GLOB 'town [0-9]*' AND value <> 'passing'"),
		  0);
	CHECK_INT(count(m, "SELECT count(*) FROM edits WHERE state = 'running'"), 0);
	CHECK_INT(count(m, "SELECT count(*) FROM facts f WHERE status = 'active' AND NOT EXISTS "
			   "(SELECT 1 FROM edits e WHERE e.fact_id = f.id)"),
		  0);
	CHECK_INT(
		count(m,
		      "SELECT count(*) FROM facts WHERE status = 'active' AND relation = 'home'") >
			1,
		0);
	CHECK_INT(count(m, "SELECT count(*) FROM edits WHERE state = 'verified' AND id NOT IN "
			   "(SELECT edit_id FROM blobs)"),
		  0);
	CHECK_INT(
		count(m,
		      "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
		0);
	CHECK_INT(count(m, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	CHECK(aid_blobs(m, true) ==
	      (size_t)count(m, "SELECT count(*) FROM edits WHERE state = 'verified'"));
}

static void test_killed_at_random_moments(void)
{
	static struct note notes[20000];
	size_t total = 0;
	int next = 1;

	for (int i = 0; i < ROUNDS; i++) {
		size_t n = round_run(notes + total, sizeof(notes) / sizeof(*notes) - total, &next);
		memory *m = aid_open("kill", false, NULL);

		REQUIRE(m != NULL);
		CHECK(n > 0);
		total += n;
		for (size_t k = 0; k < total; k++)
			check_note(m, &notes[k]);
		check_ledger(m, next);
		next++; /* the number that may have been committed unsaid is not used again */
		memory_close(m);
		if (test_bad)
			break;
	}
	printf("# %d kills, %zu acknowledged changes\n", ROUNDS, total);
	CHECK(total > 2 * ROUNDS);
}

int main(void)
{
	if (!aid_init("imprint-kill"))
		return 1;
	TEST_RUN(test_killed_at_random_moments);
	aid_done();
	return test_done();
}
