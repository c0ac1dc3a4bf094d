/* cache_file: a file appears whole or not at all, whatever others have left behind, and its checksum finds every changed byte. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cache_file.h"
#include "engine/engine_int.h"
#include "tests/gguf_build.h"
#include "tests/test.h"

static char path[512], dir[512];

static const cache_part parts[] = { { "one", 3 }, { NULL, 0 }, { " and two", 8 } };

/* Files whose names begin as that of path does. */
static size_t files_there(void)
{
	const char *name = strrchr(path, '/') + 1;
	DIR *d = opendir(dir);
	size_t n = 0;

	for (struct dirent *f; d && (f = readdir(d));)
		n += !strncmp(f->d_name, name, strlen(name));
	closedir(d);
	return n;
}

static bool holds(const char *want)
{
	char text[64] = "";
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

	if (f)
		fclose(f);
	return n == strlen(want) && !memcmp(text, want, n);
}

static void written_whole(void)
{
	struct stat st;

	cache_file_write(path, parts, 3);
	CHECK(holds("one and two"));
	CHECK(!stat(path, &st) && (st.st_mode & 0777) == 0600);
	cache_file_write(path, parts, 1); /* in the place of the old one */
	CHECK(holds("one"));
	CHECK_INT(files_there(), 1);
	unlink(path);
}

/* A process that was killed left its half file; this one may have the same number, as after a restart of a container. */
static void what_a_killed_process_left_is_no_obstacle(void)
{
	char left[640];
	FILE *f;

	snprintf(left, sizeof left, "%s.%ld.tmp", path, (long)getpid());
	f = fopen(left, "w");
	REQUIRE(f && !fclose(f));
	cache_file_write(path, parts, 3);
	CHECK(holds("one and two"));
	unlink(left);
	unlink(path);
}

static void nothing_is_left_of_what_failed(void)
{
	char nowhere[640];

	REQUIRE(!mkdir(path, 0700)); /* a folder where the file was to be */
	cache_file_write(path, parts, 3);
	CHECK_INT(files_there(), 1);
	CHECK(!rmdir(path));
	snprintf(nowhere, sizeof nowhere, "%s/none/file", dir);
	cache_file_write(nowhere, parts, 3);
	CHECK(access(nowhere, F_OK));
	struct rlimit all, few = { 4, 4 };

	REQUIRE(!getrlimit(RLIMIT_FSIZE, &all));
	few.rlim_max = all.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &few)); /* as a full disk: the first part goes, the last does not */
	cache_file_write(path, parts, 3);
	CHECK(!setrlimit(RLIMIT_FSIZE, &all));
	CHECK_INT(files_there(), 0);
}

static void a_changed_byte_shows(void)
{
	unsigned char x[75];
	uint64_t sum;

	for (size_t i = 0; i < sizeof x; i++)
		x[i] = (unsigned char)(i * 37);
	sum = cache_checksum_add(1, x, sizeof x);
	for (size_t i = 0; i < sizeof x; i++) {
		x[i] ^= 1;
		CHECK(cache_checksum_add(1, x, sizeof x) != sum);
		x[i] ^= 1;
		CHECK(cache_checksum_add(1, x, i) != sum);
	}
	CHECK(cache_checksum_add(1, x, sizeof x) == sum);
}

static void what_is_no_number_shows(void)
{
	float x[9] = { 0 };

	CHECK(floats_finite(x, 9) && floats_finite(x, 0));
	x[8] = INFINITY;
	CHECK(!floats_finite(x, 9) && floats_finite(x, 8));
	x[3] = NAN;
	CHECK(!floats_finite(x, 8));
}

int main(void)
{
	test_path(path, sizeof path, "cache-file.bin");
	snprintf(dir, sizeof dir, "%s", path);
	*strrchr(dir, '/') = '\0';
	TEST_RUN(written_whole);
	TEST_RUN(what_a_killed_process_left_is_no_obstacle);
	TEST_RUN(nothing_is_left_of_what_failed);
	TEST_RUN(a_changed_byte_shows);
	TEST_RUN(what_is_no_number_shows);
	return test_done();
}
